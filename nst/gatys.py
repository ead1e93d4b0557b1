"""Slow mode: optimise the pixels of a photo until it is a painting (Gatys, Ecker and Bethge, 2016)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from nst.backbones import Backbone, load_backbone
from nst.descent import Descent, StepLosses
from nst.devices import memory_errors, native_bfloat16, pick_device
from nst.errors import ConfigError
from nst.feature_tiles import tile_side
from nst.gatys_config import MAX_SIZE, GatysConfig
from nst.images import MIN_SIDE, cover, fitted_size, keep_color, match_color, resize, to_image, to_tensor
from nst.objective import Objective
from nst.weighted import check_weights

MAX_STYLES = 8
_MAX_STYLE_PIXELS = 4_000_000  # a painting's statistics do not change beyond, its features' memory does


@dataclass(frozen=True)
class Progress:
    """How far the work is, and what the picture looks like.

    Attributes:
        step, steps: steps done and planned, over all scales.
        scale, scales: which size is worked on, from 1 (coarsest), and how many there are.
        size: (width, height) in pixels at this scale.
        seconds: since the start. eta: seconds still to go.
        losses: weighted content, style, tv and total loss of the last step.
        trace: ``(step, losses)`` of every step since the last progress, for a chart.
        image: the picture now; the last one is the result.
        note: what had to be mended since the last progress, else empty.
        done: whether this is the result.
    """

    step: int
    steps: int
    scale: int
    scales: int
    size: tuple[int, int]
    seconds: float
    eta: float
    losses: StepLosses
    trace: tuple[tuple[int, StepLosses], ...]
    image: Image.Image
    note: str = ""
    done: bool = False


def optimize(
    content: Image.Image,
    styles: Sequence[Image.Image | tuple[Image.Image, float]],
    config: GatysConfig | None = None,
    *,
    device: str | None = None,
    frame_seconds: float = 1.0,
) -> Iterator[Progress]:
    """Paint ``content`` in the manner of ``styles``; yields progress about once in ``frame_seconds``.

    Arguments are checked at once; the work begins with the first ``next()``. Closing the generator stops the work
    and frees its memory. The same arguments on the same device give the same picture.

    Args:
        content: the photo, RGB.
        styles: one or more paintings, each alone or with its weight.
        config: see :class:`GatysConfig`.
        device: ``cuda``, ``mps``, ``cpu``, or None for the best there is.

    Raises:
        ConfigError: no style, weights that sum to zero, an unknown device, a photo too thin for the size.
        BackboneError: the backbone's weights are missing.
    """
    config = config or GatysConfig()
    pairs = [style if isinstance(style, tuple) else (style, 1.0) for style in styles]
    if not pairs:
        raise ConfigError("No style picture is given: add at least one painting.")
    if len(pairs) > MAX_STYLES:
        raise ConfigError(f"That is too many style pictures: use at most {MAX_STYLES}.")
    check_weights([weight for _, weight in pairs], "style picture")
    pairs = [(image, weight) for image, weight in pairs if weight > 0]
    sizes = [size for size in config.sizes() if min(fitted_size(*content.size, size)) >= MIN_SIDE]
    if config.size not in sizes:
        least = math.ceil(MIN_SIDE * max(content.size) / min(content.size))
        advice = f"use {least} or more" if least <= MAX_SIZE else "crop it"
        raise ConfigError(f"At size {config.size} this long, thin photo has no room for a painting: {advice}.")
    return _with_memory_errors(_run(content, pairs, config, sizes, pick_device(device), frame_seconds))


def describe(config: GatysConfig, styles: Sequence[tuple[Image.Image, float]], progress: Progress) -> dict[str, Any]:
    """The settings as plain JSON values, for embedding in the picture of ``progress``."""
    weights = [weight for _, weight in styles]
    return {"mode": "optimize", **asdict(config), "style_weights": weights, "step": progress.step}


def prepare_backbone(config: GatysConfig, device: torch.device) -> Backbone:
    """The backbone that ``config`` asks for, on ``device`` in the precision in force."""
    backbone = load_backbone(config.backbone, pooling=config.pooling, normalized=config.normalized)
    half = config.precision == "bfloat16" or (config.precision == "auto" and native_bfloat16(device))
    backbone.convs.to(torch.bfloat16 if half else torch.float32)
    if device.type != "mps":
        backbone.convs.to(memory_format=torch.channels_last)
    return backbone.to(device)


def style_picture(style: Image.Image, content: Image.Image, size: int, scale: float) -> Image.Image:
    """``style`` at the size at which its strokes suit a result of longer side ``size``.

    At scale 1 painting and result cover the same number of pixels; the painting's aspect is kept.
    """
    width, height = fitted_size(*content.size, size)
    area = width * height * scale**2
    area = min(area, max(width * height, _MAX_STYLE_PIXELS))
    aspect = max(style.size) / min(style.size)
    return resize(style, max(round((area * aspect) ** 0.5), math.ceil(MIN_SIDE * aspect)))


def _run(
    content: Image.Image,
    styles: list[tuple[Image.Image, float]],
    config: GatysConfig,
    sizes: list[int],
    device: torch.device,
    frame_seconds: float,
) -> Iterator[Progress]:
    started = time.perf_counter()
    backbone = prepare_backbone(config, device)
    plan = [config.iterations * (i + 1) // len(sizes) - config.iterations * i // len(sizes) for i in range(len(sizes))]
    pixels: Tensor | None = None
    moments: list[Tensor] | None = None
    trace: list[tuple[int, StepLosses]] = []
    notes: list[str] = []
    done_before, shown = 0, time.perf_counter()
    for scale, (size, steps) in enumerate(zip(sizes, plan, strict=True), 1):
        photo = resize(content, size)
        target = to_tensor(photo).to(device)
        paintings = [(_painting(style, content, photo, config).to(device), weight) for style, weight in styles]
        objective = Objective(backbone, target, paintings, config, tile_side(*photo.size, backbone, device))
        start = _first_picture(photo, styles[0][0], config).to(device) if pixels is None else _upsample(pixels, target)
        descent = Descent(start, objective, config, steps, moments)
        del paintings, target
        scale_started = time.perf_counter()
        for step in range(1, steps + 1):
            losses, note = descent.step()
            trace.append((done_before + step, losses))
            notes += [f"step {done_before + step}: {note}"] if note else []
            last = done_before + step == config.iterations
            now = time.perf_counter()
            if last or step == 1 or now - shown >= frame_seconds:
                yield Progress(
                    step=done_before + step,
                    steps=config.iterations,
                    scale=scale,
                    scales=len(sizes),
                    size=photo.size,
                    seconds=now - started,
                    eta=_remaining((now - scale_started) / step, step, scale, sizes, plan),
                    losses=losses,
                    trace=tuple(trace),
                    image=_shown(descent.picture(), photo, config),
                    note="; ".join(notes),
                    done=last,
                )
                trace.clear()
                notes.clear()
                shown = time.perf_counter()
        done_before += steps
        pixels, moments = descent.picture(), descent.carry()
        del objective, descent


def _with_memory_errors(run: Iterator[Progress]) -> Iterator[Progress]:
    """Turn "out of memory" on any device into a sentence."""
    with memory_errors("choose a smaller size or brush size"):
        yield from run


def _remaining(per_step: float, step: int, scale: int, sizes: list[int], plan: list[int]) -> float:
    """Seconds to go, with the cost of a step proportional to the number of pixels."""
    return sum(
        per_step * (size / sizes[scale - 1]) ** 2 * (steps - (step if i == scale - 1 else 0))
        for i, (size, steps) in enumerate(zip(sizes, plan, strict=True))
        if i >= scale - 1
    )


def _painting(style: Image.Image, content: Image.Image, photo: Image.Image, config: GatysConfig) -> Tensor:
    painting = style_picture(style, content, max(photo.size), config.style_scale)
    return to_tensor(match_color(painting, photo) if config.keep_color == "linear" else painting)


def _first_picture(photo: Image.Image, style: Image.Image, config: GatysConfig) -> Tensor:
    if config.init == "noise":
        generator = torch.Generator().manual_seed(config.seed)
        return torch.rand(1, 3, photo.height, photo.width, generator=generator)
    return to_tensor(photo if config.init == "content" else cover(style, photo.size))


def _upsample(pixels: Tensor, like: Tensor) -> Tensor:
    return torch.nn.functional.interpolate(pixels, like.shape[-2:], mode="bicubic", align_corners=False).clamp(0, 1)


def _shown(pixels: Tensor, photo: Image.Image, config: GatysConfig) -> Image.Image:
    picture = to_image(pixels)
    return keep_color(picture, photo, "luminance") if config.keep_color == "luminance" else picture
