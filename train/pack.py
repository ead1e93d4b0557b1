"""Pack what a recipe trains on for a machine that has nothing but a GPU: ``python train/pack.py RECIPE.toml OUT``.

The photographs are scaled and encoded anew, as many as there is room for; the paintings are scaled. ``OUT/packed.toml``
is the recipe for what lies in ``OUT``, to be run from the root of a checkout. See docs/gpu.md.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.errors import NSTError  # noqa: E402
from nst.images import open_image, resize  # noqa: E402
from nst.training.photos import open_source  # noqa: E402
from nst.training.recipe import Painting, Recipe, read_recipe  # noqa: E402

_PAINTING_SIDE = 720


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--mebibytes", type=float, default=9.0, help="room for the photographs (default 9)")
    parser.add_argument("--side", type=int, default=256, help="shorter side of a photograph, in pixels (default 256)")
    parser.add_argument("--quality", type=int, default=45, help="of a photograph, as WebP (default 45)")
    parser.add_argument("--batch", type=int, default=16, help="of every stage (default 16)")
    parser.add_argument("--workers", type=int, default=12, help="processes that read photographs (default 12)")
    args = parser.parse_args(argv)
    try:
        recipe = read_recipe(args.recipe)
        args.out.mkdir(parents=True, exist_ok=True)
        count = _pack_photos(recipe, args)
        packed = replace(
            recipe,
            paintings=tuple(_pack_painting(painting, args.out) for painting in recipe.paintings),
            data=replace(recipe.data, folder="", hub="", tars=str(args.out / "photos.tar"), workers=args.workers),
            stages=tuple(replace(stage, batch=args.batch) for stage in recipe.stages),
        )
        (args.out / "packed.toml").write_text(_toml(packed.as_dict()), encoding="utf-8")
    except NSTError as error:
        print(f"pack: {error}", file=sys.stderr)
        return 2
    print(f"{count} photographs and {len(packed.paintings)} paintings are in {args.out}.")
    return 0


def _pack_photos(recipe: Recipe, args: argparse.Namespace) -> int:
    """Different photographs of the recipe's source in random order, until the room is used up."""
    room, count, seen = int(args.mebibytes * 2**20), 0, set()
    source = open_source(recipe.data, recipe.seed)
    most = len(source) if hasattr(source, "__len__") else None
    with tarfile.open(args.out / "photos.tar", "w") as tar, tqdm(total=room, unit="B", unit_scale=True) as bar:
        for photo in source.photos(range(20 * most if most else sys.maxsize)):
            short = min(photo.size)
            if short > args.side:
                photo = resize(photo, round(max(photo.size) * args.side / short))
            data = io.BytesIO()
            photo.save(data, "WEBP", quality=args.quality, method=6)
            if hash(data.getvalue()) in seen:  # the source draws with replacement
                continue
            seen.add(hash(data.getvalue()))
            room -= -(-len(data.getvalue()) // 512) * 512 + 512  # as tar stores it
            if room < 0:
                break
            entry = tarfile.TarInfo(f"{count:05}.webp")
            entry.size = len(data.getvalue())
            data.seek(0)
            tar.addfile(entry, data)
            count += 1
            bar.update(entry.size)
            if count == most:
                break
    return count


def _pack_painting(painting: Painting, out: Path) -> Painting:
    """At most a little larger than it is looked at; under the name of its file, which its style will name."""
    picture = open_image(painting.file)
    side = max(_PAINTING_SIDE, painting.size)
    picture = resize(picture, side) if max(picture.size) > side else picture
    path = out / Path(painting.file).with_suffix(".jpg").name
    picture.convert("RGB").save(path, quality=85, optimize=True)
    return replace(painting, file=str(path))


def _toml(table: Mapping[str, Any]) -> str:
    """A recipe's plain values as TOML."""
    lines, parts = [], []
    for key, value in table.items():
        if isinstance(value, Mapping):
            parts.append(f"\n[{key}]\n{_toml(value)}")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            parts += [f"\n[[{key}]]\n{_toml(entry)}" for entry in value]
        else:
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(lines) + "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
