"""How far fast mode is from what the cores can do: the part ``limits`` of ``train/benchmark.py``."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.devices import native_bfloat16  # noqa: E402
from nst.images import cover, open_image, to_tensor  # noqa: E402
from nst.networks.up_conv import UpConv  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from nst.trunks import paint  # noqa: E402

_SIDE = 2048  # of the matrices: their product is bound by arithmetic
_STYLE = "udnie"


def limits(args: argparse.Namespace) -> dict[str, Any]:
    """Arithmetic a second: of a large matrix product, of the network's convolutions alone, of the whole network."""
    torch.set_num_threads(args.threads)
    stylizer = Stylizer(device="cpu")
    network, code = stylizer.trunk.network, stylizer.library[_STYLE].code[None]
    dtypes = [torch.float32, *([torch.bfloat16] if native_bfloat16(stylizer.device) else [])]
    rows = []
    head = ("pixels", "arithmetic", "GFLOP", "ms", "GFLOP/s", "of the convolutions alone", "of a matrix product")
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|")
    for size in args.sizes:
        photo = to_tensor(cover(open_image(ROOT / "examples" / "content" / "bridge.jpg"), (size, size)))
        for dtype in dtypes:
            half = torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16)
            with torch.inference_mode(), half:
                flops, convolutions = _convolutions(network, lambda photo=photo: paint(network, photo, code))
                seconds = _median(lambda photo=photo: paint(network, photo, code), args.repeats)
                bare = sum(_median(run, args.repeats) for run in convolutions)
            a = torch.randn(_SIDE, _SIDE).to(dtype)
            product = 2 * _SIDE**3 / _median(lambda a=a: a @ a, args.repeats)
            speed = flops / seconds
            row = {
                "size": size, "dtype": str(dtype).removeprefix("torch."), "gflop": flops / 1e9, "ms": 1000 * seconds,
                "gflops": speed / 1e9, "of_convolutions": bare / seconds, "of_product": speed / product,
                "product_gflops": product / 1e9,
            }  # fmt: skip
            rows.append(row)
            cells = f"{row['gflop']:.1f} | {row['ms']:.1f} | {row['gflops']:.0f}"
            shares = f"{row['of_convolutions']:.2f} | {row['of_product']:.2f} of {row['product_gflops']:.0f} GFLOP/s"
            print(f"| {size} | {row['dtype']} | {cells} | {shares} |", flush=True)
    return {"rows": rows}


def _convolutions(network: nn.Module, run: Callable[[], object]) -> tuple[float, list[Callable[[], object]]]:
    """Operations of all convolutions of one pass, and each of them by itself on what it was given."""
    flops, again, hooks = 0.0, [], []

    def seen(module: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        nonlocal flops
        x = inputs[0].clone()
        if isinstance(module, UpConv):  # computed at the low resolution, with several kernels in one
            taps = (2 * module.pad + 1) ** 2
            flops += 2.0 * taps * module.weight.shape[1] * output.numel()
        else:
            flops += 2.0 * module.weight[0].numel() * output.numel()
        again.append(lambda: module(x))

    for module in network.modules():
        if isinstance(module, nn.Conv2d | UpConv):
            hooks.append(module.register_forward_hook(seen))
    run()
    for hook in hooks:
        hook.remove()
    return flops, again


def _median(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats + 2):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times[2:])
