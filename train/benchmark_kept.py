"""What each optimisation gives: the part ``kept`` of ``train/benchmark.py``, which takes them away one by one."""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

import torch
import torch.nn.functional as F
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst import losses  # noqa: E402
from nst import objective as objective_module  # noqa: E402
from nst import stylizer as stylizer_module  # noqa: E402
from nst.devices import native_bfloat16  # noqa: E402
from nst.gatys import prepare_backbone, style_picture  # noqa: E402
from nst.gatys_config import GatysConfig  # noqa: E402
from nst.images import cover, open_image, to_tensor  # noqa: E402
from nst.networks import conditional_norm, reflect, up_conv  # noqa: E402
from nst.networks.conditional_norm import ConditionalNorm  # noqa: E402
from nst.networks.multistyle import Multistyle, MultistyleConfig  # noqa: E402
from nst.networks.up_conv import UpConv  # noqa: E402
from nst.objective import Objective  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from nst.trunks import paint  # noqa: E402

_STYLE = "udnie"
_WARM_UP = 2
_CPU = torch.device("cpu")
_LARGE = (3840, 2160)

Run = Callable[[], object]


def kept(args: argparse.Namespace) -> dict[str, Any]:
    """Medians of runs that take turns: all of it, and all but one."""
    torch.set_num_threads(args.threads)
    rows = []
    print("| what | without | ms with it | ms without | gain |\n|---|---|---|---|---|")
    for size in args.sizes:
        rows += _compare(f"fast, {size} px", _fast(size), args.repeats)
    rows += _compare(f"fast, {_LARGE[0]}×{_LARGE[1]}", _large(), max(5, args.repeats // 4))
    rows += _compare(f"a step of slow mode, {args.size} px", _slow(args.size), args.repeats)
    return {"rows": rows}


def _compare(what: str, runs: dict[str, Run], repeats: int) -> list[dict[str, Any]]:
    """The first is with everything."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(_WARM_UP + repeats):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            if turn >= _WARM_UP:
                times[name].append(1000 * (time.perf_counter() - started))
    medians = {name: statistics.median(values) for name, values in times.items()}
    whole, *others = medians
    rows = []
    for name in others:
        rows.append({"what": what, "without": name, "ms_with": medians[whole], "ms_without": medians[name]})
        print(
            f"| {what} | {name} | {medians[whole]:.1f} | {medians[name]:.1f} | {medians[name] / medians[whole]:.2f}× |",
            flush=True,
        )
    return rows


# Fast mode


def _fast(size: int) -> dict[str, Run]:
    stylizer = Stylizer(device="cpu")
    network, code = stylizer.trunk.network, stylizer.library[_STYLE].code[None]
    photo = to_tensor(cover(_photo(), (size, size)))
    half = native_bfloat16(_CPU)
    contiguous = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    contiguous.stem.register_forward_pre_hook(lambda module, inputs: (inputs[0].contiguous(),))
    full_size = Multistyle(MultistyleConfig(**{**asdict(network.config), "fold": 1})).eval().requires_grad_(False)
    full_size.to(memory_format=torch.channels_last)
    full_code = torch.zeros(1, full_size.code_size)

    def run(*changes: Any, network: Multistyle = network, code: Tensor = code, half: bool = half) -> Run:
        def painted() -> None:
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half), _all(changes):
                paint(network, photo, code)

        return painted

    runs = {"": run()}
    if half:
        runs["bfloat16"] = run(half=False)
        runs["padding in bfloat16 (autocast pads in float32)"] = run(
            (reflect, "reflect", _plain_padding), (up_conv, "reflect", _plain_padding)
        )
    return runs | {
        "scale and shift in the normalisation's own pass": run((ConditionalNorm, "forward", _normalised_then_scaled)),
        "the group-norm kernel (instance_norm instead)": run((ConditionalNorm, "forward", _instance_norm)),
        "channels last": run(network=contiguous),
        "upsampling computed at the low resolution": run((UpConv, "forward", _upsampled_first)),
        "folding (convolutions at full size, as published)": run(network=full_size, code=full_code),
    }


@contextmanager
def _all(changes: tuple[tuple[Any, str, Any], ...]) -> Iterator[None]:
    with mock.patch.object(*changes[0]) if changes else nullcontext():
        if len(changes) > 1:
            with _all(changes[1:]):
                yield
        else:
            yield


def _plain_padding(x: Tensor, reach: int) -> Tensor:
    return F.pad(x, [reach] * 4, mode="reflect")


def _normalised_then_scaled(self: ConditionalNorm, x: Tensor, code: Tensor, statistics: None = None) -> Tensor:
    scale, shift = code.to(x.dtype)[:, :, None, None].chunk(2, 1)
    return torch.addcmul(shift, conditional_norm._normalise(x)[0], 1 + scale)


def _instance_norm(self: ConditionalNorm, x: Tensor, code: Tensor, statistics: None = None) -> Tensor:
    scale, shift = code[0].to(x.dtype).chunk(2)
    return F.instance_norm(x, weight=1 + scale, bias=shift, eps=conditional_norm._EPS)


def _upsampled_first(self: UpConv, x: Tensor) -> Tensor:
    x = F.interpolate(x, scale_factor=self.factor, mode="nearest")
    return F.conv2d(reflect.reflect(x, self.weight.shape[-1] // 2), self.weight)


def _large() -> dict[str, Run]:
    stylizer, photo = Stylizer(device="cpu"), cover(_photo(), _LARGE)

    def run(whole: bool) -> Run:
        def painted() -> None:
            with mock.patch.object(stylizer_module, "in_one_piece", lambda *_: whole):
                stylizer.stylize(photo, _STYLE)

        return painted

    return {"": run(whole=False), "tiles (in one piece)": run(whole=True)}


# Slow mode


def _slow(size: int) -> dict[str, Run]:
    painting = open_image(ROOT / "examples" / "styles" / "swirl.jpg")
    photo = to_tensor(cover(_photo(), (size, size)))
    style = to_tensor(style_picture(painting, cover(_photo(), (size, size)), size, 1.0))

    def run(*changes: Any, precision: str = "auto", channels_last: bool = True, deepest: bool = True) -> Run:
        config = GatysConfig(size=size, precision=precision)
        backbone = prepare_backbone(config, _CPU)
        if not channels_last:
            backbone.convs.to(memory_format=torch.contiguous_format)
        if not deepest:
            forward = backbone.forward

            def all_layers(image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
                found = forward(image, [*layers, "pool5"])
                return {name: found[name] for name in layers}

            backbone.forward = all_layers
        objective = Objective(backbone, photo, [(style, 1.0)], config)
        objective._channels_last = channels_last

        def step() -> None:
            image = photo.clone().requires_grad_()
            with _all(changes):
                objective(image).total.backward()

        return step

    runs = {"": run()}
    if native_bfloat16(_CPU):
        runs["bfloat16"] = run(precision="float32")
    return runs | {
        "channels last": run(channels_last=False),
        "a Gram matrix with its own gradient (autograd's instead)": run((objective_module, "gram_matrix", _plain_gram)),
        "the stop at the deepest layer": run(deepest=False),
        "targets computed once (the photo's and the painting's again in each step)": _targets_again(photo, style, size),
    }


def _plain_gram(features: Tensor) -> Tensor:
    flat = losses._at_least_float32(features).flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[-1]


def _targets_again(photo: Tensor, style: Tensor, size: int) -> Run:
    config = GatysConfig(size=size)
    backbone = prepare_backbone(config, _CPU)

    def step() -> None:
        image = photo.clone().requires_grad_()
        Objective(backbone, photo, [(style, 1.0)], config)(image).total.backward()

    return step


def _photo() -> Any:
    return open_image(ROOT / "examples" / "content" / "bridge.jpg")
