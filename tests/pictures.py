"""Bad and odd picture files, made on the spot, each with the words that its refusal must contain."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def _gradient(width: int = 96, height: int = 64) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    levels = np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], 2)
    return Image.fromarray(levels.astype(np.uint8))


def _saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds hardly any data."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def good_jpeg() -> bytes:
    """An ordinary small photo, 96×64."""
    return _saved(_gradient(), "JPEG", quality=95)


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "text renamed": ("letter.jpg", b"Dear visitor, this is not a picture.\n" * 20, "not a picture"),
    "half a JPEG": ("half.jpg", good_jpeg()[: len(good_jpeg()) // 2], "damaged or cut short"),
    "zero bytes": ("empty.png", b"", "empty"),
    "one pixel high": ("line.png", _saved(Image.new("RGB", (5000, 1)), "PNG"), "too small"),
    "a bomb": ("bomb.png", _png_header(60_000, 60_000), "megapixels"),
}
"""Name → (file name, bytes, words of the refusal)."""


def _animated() -> bytes:
    frames = [_gradient().convert("P"), Image.new("P", (96, 64))]
    return _saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


def _sixteen_bits() -> bytes:
    ramp = np.linspace(0, 65535, 96 * 64).reshape(64, 96).astype(np.uint16)
    return _saved(Image.fromarray(ramp), "PNG")


def _rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: shown as 64×96
    return _saved(_gradient(), "JPEG", exif=exif, quality=95)


ODD: dict[str, tuple[str, bytes, tuple[int, int]]] = {
    "animated GIF": ("dance.gif", _animated(), (96, 64)),
    "16-bit PNG": ("deep.png", _sixteen_bits(), (96, 64)),
    "CMYK JPEG": ("print.jpg", _saved(_gradient().convert("CMYK"), "JPEG"), (96, 64)),
    "RGBA": ("clear.png", _saved(_gradient().convert("RGBA"), "PNG"), (96, 64)),
    "rotated EXIF": ("phone.jpg", _rotated(), (64, 96)),
}
"""Name → (file name, bytes, the size that a viewer shows)."""


def written(folder: Path, name: str, data: bytes) -> Path:
    """The file on disk."""
    path = folder / name
    path.write_bytes(data)
    return path
