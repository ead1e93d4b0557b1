"""A decoded picture as a viewer shows it: upright, RGB, on white, in the colours of its profile."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageCms, ImageOps

_STRIP_PIXELS = 1 << 20


def strips(image: Image.Image) -> Iterator[slice]:
    """Rows that are worked on together: a large picture is never a whole one of floating-point numbers."""
    step = max(1, _STRIP_PIXELS // image.width)
    yield from (slice(top, top + step) for top in range(0, image.height, step))


def _parts(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    for rows in strips(image):
        yield rows.start, image.crop((0, rows.start, image.width, min(rows.stop, image.height)))


def as_seen(image: Image.Image) -> Image.Image:
    """RGB and upright, from a loaded picture in any mode; of a large one, only strips are ever held besides."""
    # A damaged EXIF block must not cost the picture.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)
    seen = Image.new("RGB", image.size)
    convert = _to_rgb(image)
    for top, part in _parts(image):
        seen.paste(convert(part), (0, top))
    return seen


def _to_rgb(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What makes RGB of any part of this picture."""
    if image.mode.startswith("I") or image.mode == "F":
        full = _full_scale(image)
        return lambda part: _scaled_to_8_bits(part, full)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        to_srgb = _to_srgb(image, "RGB")
        return lambda part: _on_white(part.convert("RGBA"), to_srgb)
    if image.mode in ("P", "1"):
        to_srgb = _to_srgb(image, "RGB")
        return lambda part: to_srgb(part.convert("RGB"))
    to_srgb = _to_srgb(image, image.mode)
    return lambda part: to_srgb(part).convert("RGB")


def _on_white(rgba: Image.Image, to_srgb: Callable[[Image.Image], Image.Image]) -> Image.Image:
    white = Image.new("RGB", rgba.size, "white")
    white.paste(to_srgb(rgba.convert("RGB")), mask=rgba.getchannel("A"))
    return white


def _full_scale(image: Image.Image) -> float:
    """The value that is white."""
    top = max(float(np.nan_to_num(np.asarray(part).astype(np.float64)).max()) for _, part in _parts(image))
    # Integers fill 16 bits (PNG, TIFF) unless they show that they do not; floats are 0..1 or 0..255 by convention.
    fulls = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
    return next((full for full in fulls if top <= full), top)


def _scaled_to_8_bits(image: Image.Image, full: float) -> Image.Image:
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    return Image.fromarray(np.clip(values / full * 255 + 0.5, 0, 255).astype(np.uint8)).convert("RGB")


def _to_srgb(image: Image.Image, mode: str) -> Callable[[Image.Image], Image.Image]:
    """What brings parts of this picture, in ``mode``, from the colours of its profile to sRGB."""
    profile = image.info.get("icc_profile")
    if profile and mode in ("RGB", "L", "CMYK"):
        # A profile that does not fit its picture: viewers ignore it too.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
            return lambda part: ImageCms.applyTransform(part, transform)
    return lambda part: part
