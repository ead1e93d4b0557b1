"""Pictures in and out: open anything, show what the user saw, keep the aspect, keep the colours.

Every public function speaks ``PIL.Image`` (RGB, upright) or float32 tensors ``(1, 3, H, W)``, RGB, 0..1.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from nst.errors import ConfigError, ImageError
from nst.rgb import as_seen, strips

KeepColor = Literal["off", "luminance", "linear"]

MIN_SIDE = 32  # pixels: below this the deep layers of the backbones see nothing
MAX_PIXELS = 100_000_000
_HUNGRY = ("WEBP", "JPEG2000", "AVIF", "HEIF")  # formats whose decoders take several times the memory of the picture
_MOST_OF_HUNGRY = 50_000_000
_MOST_PASSED = 3_000_000_000  # pixels over all passes of a JPEG: thirty of the largest; encoders write about ten
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")  # of a JPEG: those that are followed by a length, and its end

# Formats that hold pictures; left out are those that need a helper program or carry programs (EPS, PDF, SVG).
_FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF", "HEIF"]
_SUFFIXES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_UMASK = os.umask(0o022)  # it can only be read by setting it, which threads must not do
os.umask(_UMASK)
FILE_MODE = 0o666 & ~_UMASK
"""Permissions of a new file; those that are written under a temporary name begin with fewer."""
_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as in JPEG


@functools.cache
def _formats() -> list[str]:
    Image.init()
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    return [name for name in _FORMATS if name in Image.OPEN]  # Pillow may have been built without some


def open_image(source: str | Path | bytes | BinaryIO) -> Image.Image:
    """Open a picture as RGB, upright, just as a viewer shows it.

    Handles EXIF orientation, transparency (on white), palettes, greyscale, 16 bits (scaled), CMYK, colour
    profiles (to sRGB), and takes the first frame of an animation.

    Raises:
        ImageError: no such file, not a picture, damaged, under 32 pixels on its shorter side, or over 100
            megapixels (50 as WebP, JPEG 2000, AVIF or HEIC).
    """
    try:
        data = io.BytesIO(source) if isinstance(source, bytes) else source
        with Image.open(data, formats=_formats()) as image:
            _check_size(*image.size, _MOST_OF_HUNGRY if image.format in _HUNGRY else MAX_PIXELS)
            _check_passes(image)
            image.load()
            return as_seen(image)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(_too_large()) from None
    except UnidentifiedImageError:
        raise ImageError(_unidentified(source)) from None
    except MemoryError:
        raise ImageError("This picture needs more memory than there is: use a smaller one.") from None
    except Exception as error:  # noqa: BLE001 - decoders fail in every way there is
        if isinstance(error, OSError) and error.errno is not None:  # the system's, not the decoder's
            raise ImageError("There is no picture file of that name that can be read: check the path.") from None
        raise ImageError(
            "This picture is damaged or cut short, so it cannot be read: save it again or use another."
        ) from None


def _unidentified(source: str | Path | bytes | BinaryIO) -> str:
    empty = (
        not source if isinstance(source, bytes) else isinstance(source, str | Path) and not Path(source).stat().st_size
    )
    if empty:
        return "This file is empty: choose a picture."
    return "This file is not a picture that can be read: use JPEG, PNG, WebP, HEIC, TIFF, BMP or GIF."


def _too_large(most: int = MAX_PIXELS) -> str:
    kind = "" if most == MAX_PIXELS else ", too many for its format"
    return f"This picture has more than {most // 1_000_000} megapixels{kind}: make it smaller first."


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise ImageError(_too_large(most))
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"This picture is too small ({width}×{height} pixels): both sides need at least {MIN_SIDE} pixels."
        )


def _check_passes(image: Image.Image) -> None:
    """Refuse a JPEG that has its decoder go over all of its pixels more often than any camera or program asks for."""
    if image.format not in ("JPEG", "MPO"):
        return
    place = image.fp.tell()
    image.fp.seek(0)
    data = image.fp.read()
    image.fp.seek(place)
    passes, at = 0, 2
    while (marker := _MARKER.search(data, at)) and marker[0] != b"\xff\xd9":
        passes += marker[0] == b"\xff\xda"
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    if passes * image.width * image.height > _MOST_PASSED:
        raise ImageError("This picture is stored in too many passes to be opened here: save it again as a usual JPEG.")


def fitted_size(width: int, height: int, long_side: int) -> tuple[int, int]:
    """(width, height) scaled so that the longer one is ``long_side``; the aspect is kept to the nearest pixel."""
    scale = long_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def resize(image: Image.Image, long_side: int) -> Image.Image:
    """Scale so that the longer side is ``long_side`` pixels, with the aspect kept."""
    size = fitted_size(*image.size, long_side)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def crop(image: Image.Image, part: tuple[float, float, float, float]) -> Image.Image:
    """The part ``(left, top, right, bottom)`` of the picture, as shares of its sides."""
    left, top, right, bottom = part
    width, height = image.size
    box = round(left * width), round(top * height), round(right * width), round(bottom * height)
    return image if box == (0, 0, width, height) else image.crop(box)


def cover(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale and crop about the centre to exactly ``size`` (width, height), with the aspect kept."""
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def to_tensor(image: Image.Image) -> Tensor:
    """RGB picture → float32 ``(1, 3, H, W)`` in 0..1."""
    array = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(array).permute(2, 0, 1).unsqueeze(0).contiguous()


def to_image(tensor: Tensor) -> Image.Image:
    """``(1, 3, H, W)`` or ``(3, H, W)`` in 0..1 (clamped) → RGB picture, rounded to the nearest of 256 levels."""
    tensor = tensor.detach().reshape(3, *tensor.shape[-2:])
    levels = tensor.float().clamp(0, 1).mul(255).add(0.5).to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())


def keep_color(result: Image.Image, content: Image.Image, mode: KeepColor) -> Image.Image:
    """Give ``result`` the colours of ``content`` (Gatys et al. 2017, "Controlling perceptual factors").

    ``luminance`` keeps the result's brightness and takes the photo's chroma; ``linear`` moves the result's colours
    so that their mean and covariance are the photo's; ``off`` changes nothing.
    """
    if mode == "off":
        return result
    if mode == "linear":
        return match_color(result, content)
    if mode != "luminance":
        raise ConfigError(f"There is no keep-colour mode '{str(mode)[:40]}': choose off, luminance or linear.")
    if content.size != result.size:
        content = content.resize(result.size, Image.Resampling.LANCZOS)
    ours, theirs = np.asarray(result), np.asarray(content)
    kept = np.empty_like(ours)
    for rows in strips(result):
        ours_here, theirs_here = (pixels[rows].astype(np.float32) for pixels in (ours, theirs))
        # Adding the same amount to R, G and B changes brightness and leaves chroma (the differences to Y) alone.
        shifted = theirs_here + ((ours_here - theirs_here) @ _LUMA.astype(np.float32))[..., None]
        kept[rows] = np.clip(shifted + 0.5, 0, 255)
    return Image.fromarray(kept)


def add_detail(result: Image.Image, photo: Image.Image, coarse: Image.Image) -> Image.Image:
    """``result`` with what the brightness of ``photo`` has beyond that of ``coarse``; all of one size."""
    pixels, ours, theirs = (np.asarray(picture) for picture in (result, photo, coarse))
    made, luma = np.empty_like(pixels), _LUMA.astype(np.float32)
    for rows in strips(result):
        detail = (ours[rows].astype(np.float32) - theirs[rows]) @ luma
        made[rows] = np.clip(pixels[rows] + detail[..., None] + 0.5, 0, 255)
    return Image.fromarray(made)


def match_color(image: Image.Image, reference: Image.Image) -> Image.Image:
    """Move the colours of ``image`` linearly so that their mean and covariance are those of ``reference``.

    The map is the optimal transport between the two Gaussians, the one that changes colours least.
    """
    (mean_s, cov_s), (mean_t, cov_t) = (_colors(picture) for picture in (image, reference))
    root, inverse = _power(cov_s, 0.5), _power(cov_s, -0.5)
    transport = inverse @ _power(root @ cov_t @ root, 0.5) @ inverse
    pixels = np.asarray(image)
    moved = np.empty_like(pixels)
    for rows in strips(image):
        moved[rows] = np.clip((pixels[rows] - mean_s) @ transport + mean_t + 0.5, 0, 255)
    return Image.fromarray(moved)


def _colors(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the pixels."""
    pixels, count = np.asarray(image), image.width * image.height
    mean = sum(pixels[rows].sum((0, 1), dtype=np.float64) for rows in strips(image)) / count
    squares = np.zeros((3, 3))
    for rows in strips(image):
        away = (pixels[rows] - mean).reshape(-1, 3)
        squares += away.T @ away
    # A little variance in every direction keeps the map defined for grey and for single-coloured pictures.
    return mean, squares / count + 0.25 * np.eye(3)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T


def output_format(path: Path) -> str:
    """The picture format that a file name asks for.

    Raises:
        ConfigError: its ending is none of .png, .jpg, .jpeg, .webp.
    """
    try:
        return _SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise ConfigError("The output's name must end in .png, .jpg or .webp.") from None


def save_image(image: Image.Image, path: Path, settings: dict[str, Any] | None = None) -> None:
    """Write a picture whole or not at all, with the settings that made it embedded as JSON.

    PNG carries them in a text chunk named ``nst``, JPEG in its comment, WebP in its EXIF user comment.

    Raises:
        ConfigError: the name's ending is not known, or the file cannot be written.
    """
    kind = output_format(path)
    text = json.dumps(settings, ensure_ascii=True, sort_keys=True) if settings else ""
    options: dict[str, Any] = {}
    if kind == "PNG" and text:
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("nst", text)
    elif kind == "JPEG":
        options = {"quality": 95, "subsampling": 0, "comment": text.encode()}
    elif kind == "WEBP":
        exif = Image.Exif()
        if text:
            exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + text.encode()
        options = {"quality": 95, "method": 4, "exif": exif}
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=path.suffix, delete=False) as file:
            temporary = Path(file.name)
            image.save(file, kind, **options)
        temporary.chmod(FILE_MODE)
        temporary.replace(path)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise ConfigError(
                f"'{path.name}' cannot be written there: check that the folder exists and has room."
            ) from None
        if isinstance(error, OSError | ValueError):
            raise ConfigError(f"This picture is too large for {kind}: use a name that ends in .png.") from None
        raise
