"""Whose strokes are they: ``python train/evaluate.py --texture [--slow FOLDER]``.

For each style, how far the texture of its paintings is from the painting's own, level by level of the Laplacian
pyramid, over how far the photos themselves are; and how much one motif repeats where the photo says nothing. With
``--slow`` the same of slow mode, whose paintings take minutes each and are kept in that folder.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.gatys import optimize  # noqa: E402
from nst.gatys_config import preset  # noqa: E402
from nst.images import open_image, resize, save_image, to_image, to_tensor  # noqa: E402
from nst.losses import light_losses  # noqa: E402
from nst.styles import Style  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from nst.texture import LEVELS, bare_photo, pyramid_distances, repetition  # noqa: E402
from nst.training.paintings import painting_of  # noqa: E402

_SIDE = 512
_BARE = "bare"
_SLOW_PHOTOS = 3
_PRESET = "balanced"


def evaluate_texture(stylizer: Stylizer, chosen: list[Style], args: argparse.Namespace) -> dict[str, Any]:
    """The table, printed as it comes and returned for the JSON file."""
    files = sorted((args.data / "photos" / "eval").glob("*.jpg"))
    count = min(args.photos or len(files), len(files))
    photos = {f.stem: resize(open_image(f), _SIDE) for f in (files[i * len(files) // count] for i in range(count))}
    bare = to_image(bare_photo())
    few = dict(list(photos.items())[:: -(-len(photos) // _SLOW_PHOTOS)])
    table: dict[str, Any] = {}
    columns = [*(f"level {i}" for i in range(1, LEVELS + 1)), "repetition", "light"]
    print(f"| style | by | {' | '.join(columns)} |\n|{'---|' * (2 + len(columns))}")
    for style in chosen:
        painting = painting_of(style.info, args.data / "paintings")
        own = to_tensor(resize(painting, _SIDE))
        far = {name: pyramid_distances(own, to_tensor(photo)) for name, photo in photos.items()}
        row: dict[str, Any] = {"painting": {"repetition": repetition(own)}}
        row["fast"] = _row(own, far, photos, {n: stylizer.stylize(p, style.info.id) for n, p in photos.items()})
        row["fast"]["repetition"] = repetition(to_tensor(stylizer.stylize(bare, style.info.id)))
        if args.slow:
            slow = {n: _slow(args.slow, style.info.id, n, p, painting) for n, p in few.items()}
            row["slow"] = _row(own, far, photos, slow)
            row["slow"]["repetition"] = repetition(to_tensor(_slow(args.slow, style.info.id, _BARE, bare, painting)))
        table[style.info.id] = row
        for by, values in row.items():
            levels = [f"{x:.2f}" for x in values.get("levels", [])] or [""] * LEVELS
            light = f"{values['light']:.2f}" if "light" in values else ""
            print(
                f"| {style.info.id} | {by} | {' | '.join(levels)} | {values['repetition']:.2f} | {light} |", flush=True
            )
    for by in ("fast", "slow") if args.slow else ("fast",):
        means = [statistics.fmean(row[by]["levels"][i] for row in table.values()) for i in range(LEVELS)]
        print(f"| *mean* | {by} | {' | '.join(f'{x:.2f}' for x in means)} | | |")
    return {"side": _SIDE, "photos": list(photos), "slow_photos": list(few) if args.slow else [], "styles": table}


def _row(
    own: Tensor, far: dict[str, list[float]], photos: dict[str, Image.Image], painted: dict[str, Image.Image]
) -> dict[str, Any]:
    """Means over the paintings of the distances, each over that of its photo, and of what the light has lost."""
    ratios, light = [], []
    for name, picture in painted.items():
        near = pyramid_distances(own, to_tensor(picture))
        ratios.append([a / max(b, 1e-9) for a, b in zip(near, far[name], strict=True)])
        light.append(float(light_losses(to_tensor(picture), to_tensor(photos[name]))))
    return {
        "levels": [statistics.fmean(level) for level in zip(*ratios, strict=True)],
        "light": statistics.fmean(light),
    }


def _slow(folder: Path, style: str, name: str, photo: Image.Image, painting: Image.Image) -> Image.Image:
    """Slow mode's painting, from the folder if it is there."""
    path = folder / f"{style}-{name}.png"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        with torch.inference_mode(False):
            *_, last = optimize(photo, [painting], preset(_PRESET, size=max(photo.size)))
        save_image(last.image, path)
        print(f"{path.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return open_image(path)
