"""What the Fast tab and its endpoint do: paint one photo, or every style on one photo."""

from __future__ import annotations

import functools
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import gradio as gr
from PIL import Image
from torch import Tensor

from nst.errors import ConfigError, NSTError
from nst.images import MIN_SIDE, fitted_size, open_image, resize, save_image
from nst.styles import Style, StyleLibrary
from nst.stylize_config import StylizeConfig
from nst.stylizer import Stylizer
from nst.trunks import MULTISTYLE
from nst.ui.gpu import on_gpu
from nst.weighted import parse_weighted

# What a public copy allows; a visitor of one machine must not take it from all others.
MAX_SIDE = int(os.environ.get("NST_MAX_SIZE_FAST", "2048"))
SHEET_SIDE = 320  # pixels: enough to choose by, and all styles take seconds on a CPU
_GPU_SECONDS, _GPU_SHEET_SECONDS = 10, 30  # mostly for the first call, which loads the network

_stylizer_lock = Lock()


def stylizer(network: str = MULTISTYLE) -> Stylizer:
    """A network on its device, loaded once.

    Asked for in GPU functions only: a ZeroGPU worker is a process of its own, and the only one that may touch CUDA.
    """
    with _stylizer_lock:
        return _load_stylizer(network)


@functools.cache
def _load_stylizer(network: str) -> Stylizer:
    return Stylizer.of(network)


# Styles reach the GPU as codes: a ZeroGPU worker would not know one that the app has learnt since it was started.
@on_gpu(lambda *_, **__: _GPU_SECONDS)
def _paint(photo: Image.Image, code: Tensor, config: StylizeConfig, network: str) -> Image.Image:
    return _painted(photo, code, config, network)


@on_gpu(lambda *_, **__: _GPU_SHEET_SECONDS)
def _paint_each(photo: Image.Image, codes: list[Tensor], config: StylizeConfig, network: str) -> Iterator[Image.Image]:
    for code in codes:
        yield _painted(photo, code, config, network)


def _painted(photo: Image.Image, code: Tensor, config: StylizeConfig, network: str) -> Image.Image:
    try:
        return stylizer(network).stylize(
            photo, code, strength=config.strength, keep=config.keep_color, strokes=config.strokes, fine=config.fine
        )
    except NSTError as error:  # of any other exception than gr.Error a ZeroGPU worker passes on the name only
        raise gr.Error(str(error), print_exception=False) from None


@dataclass(frozen=True)
class Painting:
    """A painted photo, and what there is to say about it.

    Attributes:
        photo: what was painted, at the size of the painting.
        titles: of the styles that count.
        trunk: its fingerprint.
        reduced: whether the photo is larger than this app paints, and nobody asked for less.
    """

    photo: Image.Image
    image: Image.Image
    config: StylizeConfig
    titles: tuple[str, ...]
    trunk: str
    seconds: float
    reduced: bool

    def status(self) -> str:
        """One line of text: how long it took, what came out."""
        width, height = self.image.size
        parts = [f"Painted in {self.seconds:.1f} s", f"{width}×{height} pixels", " + ".join(self.titles)]
        if self.reduced:
            parts.append(f"your photo is larger, and this app paints up to {MAX_SIDE} pixels")
        return " · ".join(parts)

    def save(self, folder: Path, suffix: str, name: str = "painting") -> Path:
        """Write the painting with its settings embedded; returns its path, ``name`` and its styles."""
        ids = "-".join(style_id for style_id, _ in parse_weighted(self.config.style, "style"))
        path = folder / f"{name[:80]}-{ids[:80]}{suffix}"
        save_image(self.image, path, self.config.describe(self.trunk))
        return path


def paint(source: Any, config: StylizeConfig, library: StyleLibrary, network: str = MULTISTYLE) -> Painting:
    """Open a photo and paint it with styles of ``library``, which are ``network``'s, no larger than this app allows.

    Raises:
        ImageError: no picture. ConfigError: an unknown style, or a photo that is too thin at this size.
    """
    started = time.perf_counter()
    code = library.mix(config.style)
    shares = parse_weighted(config.style, "style")
    titles = tuple(library[style_id].info.title for style_id, weight in shares if weight > 0)
    photo = open_image(source)
    own = max(photo.size)
    side = min(own, config.max_side or own, MAX_SIDE)
    _check_room(photo, side)
    photo = resize(photo, side)
    image = _paint(photo, code, config, network)
    reduced = side == MAX_SIDE < min(own, config.max_side or own)
    seconds = time.perf_counter() - started
    return Painting(photo, image, config, titles, library.trunk.fingerprint, seconds, reduced)


def contact_sheet(
    source: Any, config: StylizeConfig, styles: Sequence[Style], network: str = MULTISTYLE
) -> Iterator[tuple[Style, Image.Image]]:
    """Paint a photo in every one of ``styles``, small; yields ``(style, painting)``.

    Raises:
        ImageError: no picture.
    """
    photo = open_image(source)
    aspect = max(photo.size) / min(photo.size)
    side = min(max(photo.size), MAX_SIDE, max(SHEET_SIDE, math.ceil(MIN_SIDE * aspect)))
    _check_room(photo, side)
    paintings = _paint_each(resize(photo, side), [style.code for style in styles], config, network)
    yield from zip(styles, paintings, strict=True)


def _check_room(photo: Image.Image, side: int) -> None:
    if min(fitted_size(*photo.size, side)) >= MIN_SIDE:
        return
    least = math.ceil(MIN_SIDE * max(photo.size) / min(photo.size))
    if least > MAX_SIDE:
        raise ConfigError("This photo is too long and thin for a painting: crop it.")
    raise ConfigError(f"At {side} pixels this photo has no room for a painting: use {least} or more.")
