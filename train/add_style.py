"""Teach the trunk one painting: ``python train/add_style.py PAINTING --id ID --title T --artist A``.

The trunk stays as it is; a few thousand numbers are learnt, in minutes on a CPU. The style is there at once for the app
and the command line.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tqdm import tqdm  # noqa: E402

from nst.errors import ConfigError, NSTError  # noqa: E402
from nst.images import open_image  # noqa: E402
from nst.styles import EMBEDDED, StyleLibrary, check_id  # noqa: E402
from nst.training.export import commit, export_style  # noqa: E402
from nst.training.recipe import Data, Painting  # noqa: E402
from nst.training.teach import EXAMPLE_PHOTOS, TeachConfig, teach  # noqa: E402
from nst.trunks import TRUNK, load_trunk  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("painting", type=Path, metavar="PAINTING")
    parser.add_argument("--id", required=True, help="what the command line and the API will call it")
    parser.add_argument("--title", required=True)
    parser.add_argument("--artist", default="")
    parser.add_argument("--year", default="")
    parser.add_argument("--licence", default="unknown", help="of the painting")
    parser.add_argument("--painting-size", type=int, default=Painting.size, help="its longer side in pixels")
    parser.add_argument("--photos", default="", help="a folder, or a pattern of tar files; the examples if not given")
    parser.add_argument("--trunk", type=Path, default=TRUNK)
    parser.add_argument("--styles", type=Path, default=EMBEDDED, help="folder that the style is written to")
    parser.add_argument("--force", action="store_true", help="replace a style of that id")
    for f in fields(TeachConfig):
        kind = int if isinstance(f.default, int) else float
        parser.add_argument(f"--{f.name}", type=kind, default=f.default, help=f"default {f.default}")
    args = parser.parse_args(argv)
    try:
        _add(args)
    except NSTError as error:
        print(f"add_style: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("add_style: stopped; nothing was written", file=sys.stderr)
        return 130
    return 0


def _add(args: argparse.Namespace) -> None:
    check_id(args.id)
    if (args.styles / f"{args.id}.safetensors").exists() and not args.force:
        raise ConfigError(f"There is already a style '{args.id}': choose another id, or replace it with --force.")
    painting = open_image(args.painting)
    about = Painting(
        id=args.id,
        file=args.painting.name,
        title=args.title,
        artist=args.artist,
        year=args.year,
        size=args.painting_size,
        licence=args.licence,
    )
    photos = EXAMPLE_PHOTOS
    if args.photos:
        photos = Data(tars=args.photos) if args.photos.endswith(".tar") else Data(folder=args.photos)
    trunk = load_trunk(args.trunk)
    args.styles.mkdir(parents=True, exist_ok=True)
    library = StyleLibrary.load(trunk, args.styles)
    config = TeachConfig(**{f.name: getattr(args, f.name) for f in fields(TeachConfig)})
    with tqdm(total=config.steps, unit="step", dynamic_ncols=True) as bar:
        for taught in teach(library, painting, about, config, photos):
            bar.update()
            bar.set_postfix_str(f"content {taught.content:.3f} style {taught.style:.3f}")
    made = {"with": "add_style, on the frozen trunk", "commit": commit(), "steps": config.steps}
    export_style(args.styles, trunk, about, taught.code, taught.style_weight, made)
    print(f"'{about.title}' is now the style '{about.id}', learnt in {taught.seconds:.0f} s.")


if __name__ == "__main__":
    sys.exit(main())
