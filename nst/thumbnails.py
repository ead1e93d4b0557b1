"""Thumbnails of styles: those that the network makes, and those from elsewhere, opened, bounded and written anew."""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from threading import Lock

import torch
from PIL import Image
from torch import Tensor

from nst.backbone_weights import ROOT
from nst.images import cover, open_image, to_image, to_tensor
from nst.trunks import Trunk, paint

MOST_BYTES = 1 << 20
_MOST_PIXELS = 2048 * 2048
_SIDE = 384  # pixels; a gallery shows less
_PAINTED = (384, 384)  # strokes look as they do in a painting …
_SMALL = (192, 192)  # … but a thumbnail is small, as its file should be

_folder_lock = Lock()


@torch.inference_mode()
def paint_thumbnail(trunk: Trunk, code: Tensor) -> Image.Image:
    """One of the project's photographs in the style: a picture that may be shared, unlike many paintings' photos."""
    photo = cover(open_image(ROOT / "examples" / "content" / "bridge.jpg"), _PAINTED)
    painted = to_image(paint(trunk.network, to_tensor(photo), code[None]))
    return painted.resize(_SMALL, Image.Resampling.LANCZOS)


def save_thumbnail(path: Path, thumbnail: Image.Image) -> None:
    """Write it as a small file."""
    thumbnail.save(path, quality=80, optimize=True)


def checked_thumbnail(source: Path) -> Path | None:
    """A small JPEG file of what ``source`` shows; None if that is no JPEG file, is damaged, or too large.

    The file is a new one, of pixels alone, in the system's folder for temporary files: an app may show what lies
    there, but not what lies in the cache of the Hub. It is deleted when the program ends.
    """
    try:
        if not 0 < source.stat().st_size <= MOST_BYTES:
            return None
        data = source.read_bytes()
        with _folder_lock:
            target = _folder() / f"{hashlib.sha256(data).hexdigest()[:32]}.jpg"
        if target.is_file():
            return target
        with Image.open(source, formats=["JPEG"]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            picture.load()
            small = picture.convert("RGB")
        small.thumbnail((_SIDE, _SIDE))
        part = target.with_suffix(f".{id(small)}.part")
        small.save(part, format="JPEG", quality=88)
        part.replace(target)
        return target
    except Exception:  # noqa: BLE001 - decoders fail in every way there is, and a style can do without
        return None


@functools.cache
def _folder() -> Path:
    folder, owner = Path(tempfile.mkdtemp(prefix="nst-thumbnails-")), os.getpid()

    def clear() -> None:
        if os.getpid() == owner:  # not where a forked worker ends
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(clear)
    return folder
