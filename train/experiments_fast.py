"""Experiments on the feed-forward networks: speed, training, normalisation, architectures."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from lab import Lab, SlowRun
from PIL import Image
from torch import Tensor

from nst.errors import BackboneError, RecipeError
from nst.gatys import prepare_backbone
from nst.gatys_config import GatysConfig
from nst.images import cover, resize, to_tensor
from nst.metrics import descent_curve, equivalent_iterations, noise_picture
from nst.networks import build_network
from nst.objective import Objective
from nst.stylizer import Stylizer
from nst.training.paintings import painting_of
from nst.training.recipe import make_recipe
from nst.trunks import installed_networks

ARCHITECTURES = ("multistyle", "johnson", "aonet", "vgg16_decoder")
_SLOW_ITERATIONS = 500  # what the reports and Johnson et al. quote


def speed(lab: Lab) -> None:
    """Slow against fast, seconds a picture. Slow mode's 500 iterations are counted from a few."""
    rows = []
    measured = lab.pick(3, 10)
    stylizer = Stylizer()
    for size in lab.pick((128, 256), (256, 512, 1024)):
        row: dict[str, Any] = {"pixels": f"{size}×{size}"}
        photo = cover(lab.photo(), (size, size))
        for label, backbone in (("VGG-19", "vgg19"), ("VGG-16", "vgg16"), ("AlexNet", "alexnet")):
            try:
                row[f"slow {label}, s"] = _slow_seconds(lab, size, backbone, measured)
            except BackboneError:
                row[f"slow {label}, s"] = "weights not here"
        row["fast, s"] = _seconds(lambda photo=photo: stylizer.stylize(photo, "udnie"), lab.pick(3, 7))
        for label in ("VGG-19", "VGG-16", "AlexNet"):
            slow = row[f"slow {label}, s"]
            row[f"× {label}"] = slow / row["fast, s"] if isinstance(slow, float) else ""
        rows.append(row)
    if not lab.quick:
        large = cover(lab.photo(), (3840, 2160))
        fast = _seconds(lambda: stylizer.stylize(large, "udnie"), 3)
        rows.append({**dict.fromkeys(rows[0], ""), "pixels": "3840×2160", "fast, s": fast})
    lab.table("speed", rows, slow_iterations=_SLOW_ITERATIONS, measured_iterations=measured)
    values = {row["pixels"]: {k: row[k] for k in ("slow VGG-16, s", "fast, s")} for row in rows if row["× VGG-16"]}
    lab.bars("speed", f"Seconds a picture ({_SLOW_ITERATIONS} iterations of slow mode)", values, "seconds", log=True)
    ratios = [row["× VGG-16"] for row in rows if row["× VGG-16"]]
    lab.say(
        "speed", f"Fast mode is {min(ratios):.0f} to {max(ratios):.0f} times as fast as 500 iterations with VGG-16."
    )


def _slow_seconds(lab: Lab, size: int, backbone: str, measured: int) -> float:
    layers: dict[str, Any] = {}
    if backbone == "alexnet":
        layers = {"content_layers": (("relu3_2", 1.0),), "style_layers": (("relu1_1", 1.0), ("relu3_3", 1.0))}
    _, one, some = (  # the first for what is loaded once
        lab.slow(GatysConfig(size=size, iterations=n, backbone=backbone, **layers)).seconds
        for n in (1, 1, 1 + measured)
    )
    return (some - one) / measured * _SLOW_ITERATIONS


def _seconds(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def iterations(lab: Lab) -> None:
    """One photo as the network learns."""
    stops = lab.pick((30, 60, 90, 120), (10_000, 11_000, 12_000, 13_000))
    training = lab.train("multistyle", lab.pick({"width": 16, "blocks": 2}, {}), stops[-1], lab.pick(64, 256), 4)
    photo, pictures, rows = resize(lab.photo(), lab.pick(192, 512)), {}, []
    recent: list[float] = []
    for progress in training.trainer.run():
        recent = [*recent[-24:], progress.total]
        if progress.step in stops:
            pictures[f"{progress.step} steps"] = training.painted(photo)
            rows.append({"step": progress.step, "objective": statistics.mean(recent)})
    lab.table("iterations", rows)
    lab.pictures("iterations", "The same photo as training goes on", {"": pictures})
    first, last = rows[0]["objective"], rows[-1]["objective"]
    lab.say(
        "iterations",
        f"From {stops[0]} to {stops[-1]} steps the objective falls by another {100 * (1 - last / first):.0f} per cent.",
    )


def loss_ratio(lab: Lab) -> None:
    """Content's and style's share of the objective, for both algorithms."""
    slow: SlowRun = lab.slow(GatysConfig(size=lab.pick(128, 384), iterations=lab.pick(60, 300), tv_weight=0.0))
    steps = lab.pick(100, 2000)
    training = lab.train("multistyle", lab.pick({"width": 16, "blocks": 2}, {}), steps, lab.pick(64, 128), 4)
    weight = training.recipe.loss.style_weight
    shares: dict[str, list[tuple[float, float]]] = {"slow: content": [], "slow: style": []}
    for i, losses in enumerate(slow.trace, 1):
        total = losses.content + losses.style
        shares["slow: content"].append((i / len(slow.trace), losses.content / total))
        shares["slow: style"].append((i / len(slow.trace), losses.style / total))
    shares |= {"fast: content": [], "fast: style": []}
    for progress in training.run():
        style = weight * progress.style
        total = progress.content + style
        shares["fast: content"].append((progress.step / steps, progress.content / total))
        shares["fast: style"].append((progress.step / steps, style / total))
    last = {label: statistics.mean(share for _, share in values[-20:]) for label, values in shares.items()}
    lab.table("loss-ratio", [{"series": label, "share_in_the_end": share} for label, share in last.items()])
    lab.chart(
        "loss-ratio", "Shares of the objective", shares, "part of the run", "share of content plus style", log=False
    )
    apart = {kind: abs(last[f"{kind}: content"] - last[f"{kind}: style"]) for kind in ("slow", "fast")}
    lab.say(
        "loss-ratio",
        f"In the end content and style are {apart['fast']:.2f} apart for the fast network, "
        f"{apart['slow']:.2f} for slow mode.",
    )


def normalisation(lab: Lab) -> None:
    """Batch against instance normalisation in the network of Johnson et al. 2016."""
    photo, pictures, series, rows = resize(lab.photo(), lab.pick(192, 384)), {}, {}, []
    for kind in ("batch", "instance"):
        settings = {"norm": kind, **lab.pick({"width": 8, "blocks": 2}, {})}
        training = lab.train("johnson", settings, lab.pick(120, 2000), lab.pick(64, 128), 4)
        totals = [progress.total for progress in training.run()]
        series[kind] = [(i, statistics.mean(totals[max(0, i - 10) : i])) for i in range(1, len(totals) + 1)]
        pictures[kind] = training.painted(photo)
        rows.append({"normalisation": kind, "objective": statistics.mean(totals[-20:])})
    lab.table("normalisation", rows)
    lab.chart("normalisation", "Normalisation of the network", series, "step", "objective (mean of ten)")
    lab.pictures("normalisation-pictures", "Normalisation of the network", {"": pictures})
    batch, instance = (row["objective"] for row in rows)
    lab.say(
        "normalisation",
        f"Instance normalisation ends at {instance:.3f}, batch normalisation at {batch:.3f}: "
        f"{instance / batch:.2f} times that.",
    )


def architectures(lab: Lab) -> None:
    """Objective, k*, time, parameters and memory of the four networks."""
    size, rows, pictures = lab.pick(128, 256), [], {}
    photo = cover(lab.photo(), (size, size))
    tensor = to_tensor(photo)
    variants: list[tuple[str, str, dict[str, Any]]] = [(name, name, {}) for name in ARCHITECTURES]
    variants.append(("vgg16_decoder, nothing frozen", "vgg16_decoder", {"frozen": 0}))
    for label, name, settings in variants:
        network = build_network(name, settings).eval()
        code = network.new_codes(1)
        with torch.inference_mode():
            seconds = _seconds(lambda network=network, code=code: network(tensor, code), lab.pick(3, 9))
        row = {
            "network": label, "parameters": sum(p.numel() for p in network.parameters()), "ms": 1000 * seconds,
            "training_memory_mb": _training_bytes(network, tensor, code) / 1e6, "style": "", "objective": "", "k*": "",
        }  # fmt: skip
        folder = installed_networks().get(label)
        if folder is not None:
            stylizer = Stylizer(folder / "trunk.safetensors", folder / "styles", "cpu")
            painted, found = _judged(lab, stylizer, tensor)
            if found:
                row |= found
                pictures[f"{label}: {found['style']}"] = painted
        rows.append(row)
    lab.table("architectures", rows, pixels=size)
    values = {
        row["network"]: {"milliseconds": row["ms"], "training memory, MB": row["training_memory_mb"]} for row in rows
    }
    lab.bars("architectures", f"Networks at {size}×{size} pixels", values, "ms, MB", log=True)
    if pictures:
        lab.pictures("architectures-pictures", "What the shipped networks paint", {"": pictures})
    frozen, free = (
        next(r["training_memory_mb"] for r in rows if r["network"] == n) for n in (variants[3][0], variants[4][0])
    )
    lab.say(
        "architectures",
        f"Freezing 20 layers of VGG-16 saves {100 * (1 - frozen / free):.0f} per cent of a step's memory.",
    )


def _training_bytes(network: torch.nn.Module, image: Tensor, code: Tensor) -> int:
    """What a training step of one picture keeps: activations for the gradient, gradients, and Adam's two moments."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    network.train()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network(image, code.requires_grad_(code.numel() > 0))
    network.eval()
    learnt = sum(p.numel() * p.element_size() for p in network.parameters())
    own = {p.untyped_storage().data_ptr() for p in network.parameters()}
    return sum(size for pointer, size in kept.items() if pointer not in own) + 4 * learnt


def _judged(lab: Lab, stylizer: Stylizer, photo: Tensor) -> tuple[Image.Image | None, dict[str, Any]]:
    """The painting of a network's first style (or Udnie), its objective and k*, where the painting is at hand."""
    from nst.images import to_image

    styles = list(stylizer.library)
    style = next((s for s in styles if s.info.id == "udnie"), styles[0])
    painted = stylizer.paint(photo, style.code[None])
    try:
        painting = to_tensor(painting_of(style.info, lab.paintings))
    except RecipeError:
        return to_image(painted), {}
    loss = make_recipe(stylizer.trunk.about["recipe"]).loss.objective(style.info.style_weight)
    backbone = prepare_backbone(loss, torch.device("cpu"))
    objective = Objective(backbone, photo, [(painting, 1.0)], loss)
    with torch.no_grad():
        total = float(objective(painted).total)
    limit = lab.pick(30, 200)
    curve = descent_curve(objective, loss, noise_picture(*photo.shape[-2:]), total, limit)
    k = equivalent_iterations(curve, total)
    return to_image(painted), {"style": style.info.id, "objective": total, "k*": f"over {limit}" if k is None else k}
