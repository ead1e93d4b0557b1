"""Pictures that are cut, misnamed, or bombs in their pixels, frames or metadata, made on the spot."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from tests.pictures import good_jpeg

Bad = tuple[str, "Callable[[], bytes] | bytes", "str | None"]
"""File name, bytes, and words of the refusal; None if a result is as good as any sentence."""

UNREADABLE = "not a picture"
DAMAGED = "damaged or cut short"
LARGE = "megapixels"
SMALL = "too small"


@cache
def picture(kind: str, size: tuple[int, int] = (96, 64), mode: str = "RGB") -> bytes:
    """A good picture with some noise in it, so that its data is not all in its first bytes."""
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*extra: bytes, width: int = 96, height: int = 64, bits: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    """A PNG with chunks of one's own between header and data; without ``data`` it is black."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rows = data or zlib.compress(bytes(height * (1 + width * channels * bits // 8)), 1)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def claims(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds hardly any data."""
    return png(width=width, height=height, data=zlib.compress(bytes(100)))


def zeros(megabytes: int) -> bytes:
    """So many megabytes of zeros, compressed."""
    return zlib.compress(bytes(megabytes << 20), 9)


def png_bounds(data: bytes) -> Iterator[tuple[str, int]]:
    """Where a PNG can be cut, in words."""
    yield from (("in its signature", 4), ("after its signature", 8))
    at = 8
    while at < len(data):
        (length,), name = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8].decode()
        yield f"in the head of {name}", at + 6
        if length:
            yield f"after the head of {name}", at + 8
            yield f"in the data of {name}", at + 8 + length // 2
        yield f"before the checksum of {name}", at + 8 + length
        at += 12 + length


def jpeg_bounds(data: bytes) -> Iterator[tuple[str, int]]:
    """Where a JPEG can be cut, in words."""
    yield from (("in its first marker", 1), ("after its first marker", 2))
    at, number = 2, 0
    while data[at + 1] != 0xDA:
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        yield f"in marker {data[at + 1]:X} number {number}", at + 3
        yield f"in the data of {data[at + 1]:X} number {number}", at + 4 + (length - 2) // 2
        at, number = at + 2 + length, number + 1
    yield from (("before the scan", at), ("in the head of the scan", at + 6), ("after the head of the scan", at + 14))
    yield from (("in the scan", (at + len(data)) // 2), ("before its end", len(data) - 2))


_BOUNDS = {
    "WEBP": (4, 8, 12, 16, 20, 25, 0.5, -1),
    "GIF": (3, 6, 10, 13, 400, 0.9, -1),
    "BMP": (1, 2, 14, 30, 54, 0.5, -1),
    "TIFF": (2, 4, 8, 100, 0.5, -40, -4),
    "PPM": (2, 5, 12, 0.5),
    "JPEG2000": (6, 12, 40, 90, 0.5),
    "AVIF": (8, 24, 100, 0.5, -3),
}


def _cut_pictures() -> Iterator[Bad]:
    for kind, bounds in (("PNG", png_bounds), ("JPEG", jpeg_bounds)):
        data = picture(kind)
        for place, at in bounds(data):
            yield f"{kind} cut {place}.{kind.lower()}", data[:at], None
    for kind, places in _BOUNDS.items():
        data = picture(kind)
        for place in places:
            at = place % len(data) if isinstance(place, int) else int(place * len(data))
            yield f"{kind} cut at {place}.{kind.lower()}", data[:at], None


def _named_wrongly() -> Iterator[Bad]:
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        yield f"{kind} with a wrong first byte.png", b"\x00" + picture(kind)[1:], UNREADABLE
    yield "a GIF called.jpg", picture("GIF"), None
    yield "a PNG without an ending", picture("PNG"), None
    yield "text.png", b"Dear visitor, this is not a picture.\n" * 20, UNREADABLE
    yield "nothing.png", b"", "empty"
    yield "one byte.png", b"\x89", UNREADABLE
    yield "zeros.jpg", bytes(10_000), UNREADABLE
    yield "an archive.jpg", b"PK\x03\x04" + bytes(500), UNREADABLE
    yield "a program.png", b"\x7fELF" + bytes(500), UNREADABLE
    yield "a script.png", b"#!/bin/sh\ncurl http://127.0.0.1/ | sh\n", UNREADABLE
    yield "a document.jpg", b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n", UNREADABLE
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 96 64\n(/etc/passwd) (r) file\n%%EOF\n"
    yield "a PostScript program.png", postscript, UNREADABLE
    yield "a PostScript program.eps", postscript, UNREADABLE
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><script>alert(1)</script></svg>'
    yield "a script in an.svg", svg, UNREADABLE
    yield "an svg called.png", svg, UNREADABLE
    yield "a packed.svgz", gzip.compress(svg), UNREADABLE
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    yield "entities.svg", f"{entities}]><svg>&j;</svg>".encode(), UNREADABLE
    yield "outside.svg", b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><svg>&f;</svg>', UNREADABLE
    yield "a page.html", b"<!doctype html><script>alert(1)</script>", UNREADABLE
    yield "a pickle.jpg", pickle.dumps({"a": 1}), UNREADABLE
    yield "a picture and a script behind it.gif", picture("GIF") + b";alert(1)//", None
    yield "a playlist.jpg", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", UNREADABLE
    yield "a font.woff2", b"wOF2" + bytes(300), UNREADABLE
    yield "a cursor.ico", b"\0\0\1\0\1\0" + bytes(100), UNREADABLE
    yield "FITS.fits", b"SIMPLE  =                    T" + bytes(3000), UNREADABLE
    yield "Windows metafile.wmf", b"\xd7\xcd\xc6\x9a" + bytes(100), UNREADABLE


def bmp(width: int, height: int) -> bytes:
    """The head of a BMP."""
    return (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 1000, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(90)
    )


def gif(width: int, height: int) -> bytes:
    """A GIF that claims a size."""
    sizes = struct.pack("<HH", width, height)
    return b"GIF89a" + sizes + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + b"," + bytes(4) + sizes + b"\0\x02\x02D\x01\0;"


def webp(width: int, height: int) -> bytes:
    """A WebP of the extended kind that claims a canvas."""
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + canvas + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(width: int, height: int) -> bytes:
    """A TIFF that claims a size."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: 100}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(200)


def jpeg_sized(width: int, height: int) -> bytes:
    """A small JPEG whose header claims another size."""
    data = bytearray(picture("JPEG"))
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, height, width)
    return bytes(data)


def _bombs_in_pixels() -> Iterator[Bad]:
    yield "60,000 pixels a side.png", claims(60_000, 60_000), LARGE
    yield "2 billion pixels a side.png", claims((1 << 31) - 1, (1 << 31) - 1), None
    yield "4 billion pixels a side.png", claims((1 << 32) - 1, (1 << 32) - 1), None
    yield "as long as a PNG can be.png", claims((1 << 31) - 1, 1), None
    yield "no width.png", claims(0, 64), None
    yield "no height.png", claims(96, 0), None
    yield "60,000 pixels a side.bmp", bmp(60_000, 60_000), LARGE
    yield "upside down, 60,000 pixels a side.bmp", bmp(60_000, -60_000), LARGE
    yield "negative.bmp", bmp(-96, 64), None
    yield "65,535 pixels a side.gif", gif(65_535, 65_535), LARGE
    yield "16,777,216 pixels a side.webp", webp(1 << 24, 1 << 24), None
    yield (
        "7,100 pixels a side.webp",
        lambda: _flat((7_100, 7_100), "RGB", "WEBP", lossless=True, quality=0, method=0),
        LARGE,
    )
    yield "60,000 pixels a side.tiff", tiff(60_000, 60_000), LARGE
    yield "4 billion pixels a side.tiff", tiff((1 << 32) - 1, (1 << 32) - 1), None
    yield "65,500 pixels a side.jpg", jpeg_sized(65_500, 65_500), LARGE
    yield "no size.jpg", jpeg_sized(0, 0), None
    yield "60,000 pixels a side.ppm", b"P6 60000 60000 255\n" + bytes(100), LARGE
    yield "digits without end.ppm", b"P6 " + b"9" * 100_000, None
    yield "a wide line.png", png(width=60_000, height=1), SMALL
    yield "31 pixels.png", png(width=31, height=31), SMALL
    yield "long and thin.png", png(width=30_000, height=32), "long, thin|no room|too long and thin"
    yield "more data than it says.png", png(data=zeros(200)), None


def _animated(kind: str, frames: int) -> bytes:
    images = [Image.new("P" if kind == "GIF" else "RGB", (32, 32), n % 255) for n in range(frames)]
    buffer = io.BytesIO()
    images[0].save(buffer, kind, save_all=True, append_images=images[1:], duration=10)
    return buffer.getvalue()


def _gif_of_large_frames() -> bytes:
    return gif(9000, 9000)[:-1] + gif(9000, 9000)[19:-1] * 5000 + b";"


def _bombs_in_frames() -> Iterator[Bad]:
    yield "2,000 frames.gif", lambda: _animated("GIF", 2000), None
    yield "500 frames.webp", lambda: _animated("WEBP", 500), None
    yield "500 frames.png", lambda: _animated("PNG", 500), None
    yield "5,000 large frames.gif", _gif_of_large_frames, None
    control = struct.pack(">IIIIIHHBB", 0, 1 << 30, 1 << 30, 0, 0, 1, 1, 0, 0)
    yield (
        "a frame larger than its picture.png",
        png(chunk(b"acTL", struct.pack(">II", 1, 0)), chunk(b"fcTL", control)),
        None,
    )
    yield "4 billion frames.png", png(chunk(b"acTL", struct.pack(">II", (1 << 32) - 1, 0))), None


def segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def with_segments(*segments: bytes) -> bytes:
    """A good JPEG with segments of one's own in front."""
    return good_jpeg()[:2] + b"".join(segments) + good_jpeg()[2:]


def _loop_of_directories() -> bytes:
    """EXIF whose directories name each other."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 8)


def _exif_of(tag: int, kind: int, count: int, value: int) -> bytes:
    entry = struct.pack("<HHII", tag, kind, count, value)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + bytes(4)


def _bombs_in_metadata() -> Iterator[Bad]:
    yield "packed text.png", lambda: png(chunk(b"zTXt", b"nst\0\0" + zeros(200))), None
    yield "packed text 20 times.png", lambda: png(*[chunk(b"zTXt", b"nst\0\0" + zeros(1))] * 200), None
    yield "packed international text.png", lambda: png(chunk(b"iTXt", b"nst\0\1\0\0\0" + zeros(200))), None
    yield "a packed profile.png", lambda: png(chunk(b"iCCP", b"nst\0\0" + zeros(200))), None
    yield "100,000 texts.png", lambda: png(chunk(b"tEXt", b"nst\0x") * 100_000), None
    yield "a text of 10 megabytes.png", lambda: png(chunk(b"tEXt", b"nst\0" + b"x" * (10 << 20))), None
    yield "EXIF that is none.png", png(chunk(b"eXIf", b"\xff" * 5000)), None
    yield "EXIF in a loop.png", png(chunk(b"eXIf", _loop_of_directories()[6:])), None
    yield "a palette too long.png", png(chunk(b"PLTE", bytes(3000))), None
    yield "a chunk of 2 gigabytes.png", png(struct.pack(">I", (1 << 31) - 1) + b"tEXt"), None
    yield "a wrong checksum.png", png().replace(b"IHDR", b"IHDR", 1)[:-20] + bytes(20), None
    yield "EXIF in a loop.jpg", with_segments(segment(0xE1, _loop_of_directories())), None
    yield "EXIF turned by 99.jpg", with_segments(segment(0xE1, _exif_of(0x0112, 3, 1, 99))), None
    yield "EXIF of 4 billion values.jpg", with_segments(segment(0xE1, _exif_of(0x0112, 4, (1 << 32) - 1, 8))), None
    yield "EXIF turned by a text.jpg", with_segments(segment(0xE1, _exif_of(0x0112, 2, 4, 0x41414141))), None
    yield "EXIF of 6 megabytes.jpg", with_segments(*[segment(0xE1, b"Exif\0\0" + bytes(65_000))] * 100), None
    yield "comments.jpg", with_segments(*[segment(0xFE, b"x" * 65_000)] * 100), None
    profile = [segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(60_000)) for n in range(1, 256)]
    yield "a profile of 15 megabytes.jpg", lambda: with_segments(*profile), None
    yield "a profile that is none.jpg", with_segments(segment(0xE2, b"ICC_PROFILE\0\1\1" + b"\xff" * 500)), None
    yield (
        "XMP of nested tags.jpg",
        with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<x>" * 20_000)),
        None,
    )
    tags = b"".join(struct.pack("<HHII", n % 65_536, 2, 4, 0) for n in range(65_535))
    yield "65,535 tags.tiff", b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 65_535) + tags + bytes(4), None
    loop = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 0) + struct.pack("<I", 8)
    yield "directories in a loop.tiff", loop, None


def _flat(size: tuple[int, int], mode: str, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


def _flat_webp(side: int) -> bytes:
    return _flat((side, side), "RGB", "WEBP", lossless=True, quality=0, method=0)


def _scans(size: tuple[int, int], count: int) -> bytes:
    """A progressive JPEG whose few bytes tell the decoder to go over all of its pixels, time and again."""
    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + data[-2:]


_MOST = (9_990, 9_990)


def large_pictures() -> Iterator[Bad]:
    """As large as they may be, in what costs most memory, and pictures that take a decoder long."""
    yield "RGBA.png", lambda: png(width=9_990, height=9_990, colour=6), None
    yield "16 bits.png", lambda: png(width=9_990, height=9_990, bits=16, colour=0), None
    see_through = [chunk(b"PLTE", bytes(768)), chunk(b"tRNS", bytes(256))]
    yield "a palette with transparency.png", lambda: png(*see_through, width=9_990, height=9_990, colour=3), None
    yield "CMYK.jpg", lambda: _flat(_MOST, "CMYK", "JPEG"), None
    yield "32 bits.tiff", lambda: _flat(_MOST, "F", "TIFF", compression="tiff_lzw"), None
    yield "a profile.jpg", lambda: _flat(_MOST, "RGB", "JPEG", icc_profile=_profile()), None
    yield "lossless.webp", lambda: _flat_webp(7_000), None
    yield "500 scans.jpg", lambda: _scans(_MOST, 500), "too many passes"


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def pictures() -> Iterator[Bad]:
    """All that are not heavy: file name, bytes, words."""
    yield from _cut_pictures()
    yield from _named_wrongly()
    yield from _bombs_in_pixels()
    yield from _bombs_in_frames()
    yield from _bombs_in_metadata()
