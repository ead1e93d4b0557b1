"""A folder of photographs against the bare network: the part ``folder`` of ``train/benchmark.py``."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageEnhance

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.batch import paint_all, plan  # noqa: E402
from nst.images import cover, open_image, save_image, to_tensor  # noqa: E402
from nst.stylize_config import StylizeConfig  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402

_SIZE = (640, 480)
_STYLE = "udnie"


def folder(args: argparse.Namespace) -> dict[str, Any]:
    """Photos a second from files to files, against the network on pictures that are in memory; in turns."""
    torch.set_num_threads(args.threads)
    stylizer = Stylizer(device="cpu")
    with tempfile.TemporaryDirectory() as name:
        photos, painted = Path(name) / "photos", Path(name) / "painted"
        photos.mkdir()
        pictures = _photos(args.photos)
        for n, picture in enumerate(pictures):
            save_image(picture, photos / f"{n:04d}.jpg")
        runs: dict[str, Callable[[], None]] = {
            "bare network": lambda: _network(stylizer, pictures),
            "folder": lambda: _folder(stylizer, photos, painted),
            "folder, one step after the other": lambda: _one_by_one(stylizer, photos, painted),
        }
        _network(stylizer, pictures[:2])  # warm up
        times: dict[str, list[float]] = {label: [] for label in runs}
        for _ in range(args.turns):
            for label, run in runs.items():
                started = time.perf_counter()
                run()
                times[label].append(time.perf_counter() - started)
    rates = {label: len(pictures) / statistics.median(values) for label, values in times.items()}
    print(f"| {args.photos} photos of {_SIZE[0]}×{_SIZE[1]} | a second | of the bare network |\n|---|---|---|")
    for label, rate in rates.items():
        print(f"| {label} | {rate:.2f} | {rate / rates['bare network']:.2f} |")
    return {"photos": args.photos, "size": list(_SIZE), "turns": args.turns, "rates": rates}


def _photos(count: int) -> list[Image.Image]:
    """The example photos, each a little brighter or darker than the one before."""
    examples = [cover(open_image(p), _SIZE) for p in sorted((ROOT / "examples" / "content").glob("*.jpg"))]
    return [ImageEnhance.Brightness(examples[n % len(examples)]).enhance(0.7 + 0.6 * n / count) for n in range(count)]


def _network(stylizer: Stylizer, pictures: Sequence[Image.Image]) -> None:
    code = stylizer.library.mix(_STYLE)[None]
    for picture in pictures:
        stylizer.paint(to_tensor(picture), code)


def _folder(stylizer: Stylizer, photos: Path, painted: Path) -> None:
    painted.mkdir(exist_ok=True)
    for outcome in paint_all(plan([photos], painted), stylizer, StylizeConfig(_STYLE)):
        if outcome.error:
            raise RuntimeError(outcome.error)


def _one_by_one(stylizer: Stylizer, photos: Path, painted: Path) -> None:
    """Without what runs side by side."""
    painted.mkdir(exist_ok=True)
    for path in sorted(photos.iterdir()):
        save_image(stylizer.stylize(open_image(path), _STYLE), painted / path.name)
