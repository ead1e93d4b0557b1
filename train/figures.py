"""Draw the figures of the README from the example pictures: ``python train/figures.py styles``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.gatys import optimize  # noqa: E402
from nst.gatys_config import GatysConfig  # noqa: E402
from nst.images import cover, open_image, resize  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402

_GAP, _LABEL = 12, 40
_TILE = 320
_LONGEST = 32  # letters above a tile


def side_by_side(panels: list[tuple[str, Image.Image]], font: int = 22) -> Image.Image:
    """Pictures of one size in a row, each with its label above."""
    width, height = panels[0][1].size
    sheet = Image.new("RGB", (len(panels) * (width + _GAP) - _GAP, height + _LABEL), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (label, picture) in enumerate(panels):
        left = i * (width + _GAP)
        draw.text((left + 4, 8), label, fill="black", font=_font(font))
        sheet.paste(picture, (left, _LABEL))
    return sheet


def _font(size: int) -> ImageFont.FreeTypeFont:
    """A font that knows accents, unlike Pillow's own; it comes with matplotlib."""
    from matplotlib.font_manager import findfont

    return ImageFont.truetype(findfont("DejaVu Sans"), size)


def coarse_to_fine() -> Image.Image:
    """One photo at 768 px, single scale against three scales, for about the same computing time."""
    photo = open_image(ROOT / "examples" / "content" / "bridge.jpg")
    style = open_image(ROOT / "examples" / "styles" / "swirl.jpg")
    panels = []
    # A step at half the size costs a quarter: 3 × 100 steps on three scales cost about 131 steps at full size.
    for label, config in (
        ("single scale", GatysConfig(size=768, iterations=131)),
        ("three scales", GatysConfig(size=768, iterations=300, scales=3)),
    ):
        started = time.perf_counter()
        *_, last = optimize(photo, [style], config)
        seconds = time.perf_counter() - started
        print(f"{label}: {config.iterations} steps, {seconds:.0f} s, loss {last.losses.total:.4f}", flush=True)
        panels.append((f"{label}, {config.iterations} steps", resize(last.image, 720)))
    return side_by_side(panels)


def styles() -> Image.Image:
    """One photo in every style that the project ships."""
    photo = cover(open_image(ROOT / "examples" / "content" / "cat.jpg"), (_TILE, _TILE * 3 // 4))
    stylizer = Stylizer()
    panels = [("the photo", photo)]
    panels += [(_short(style.info.title), stylizer.stylize(photo, style.info.id)) for style in stylizer.library]
    rows = [side_by_side(panels[i : i + 4], font=15) for i in range(0, len(panels), 4)]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height + _GAP for row in rows) - _GAP), "white")
    for i, row in enumerate(rows):
        sheet.paste(row, (0, i * (row.height + _GAP)))
    return sheet


def _short(title: str) -> str:
    title = title.split(" (")[0]
    return title if len(title) <= _LONGEST else title[: _LONGEST - 2] + " …"


def strength() -> Image.Image:
    """One photo in one style at rising strength."""
    photo = cover(open_image(ROOT / "examples" / "content" / "astronaut.jpg"), (_TILE, _TILE))
    stylizer = Stylizer()
    steps = (0, 0.25, 0.5, 0.75, 1)
    return side_by_side(
        [(f"strength {s:g}", stylizer.stylize(photo, "great_wave", strength=s)) for s in steps], font=15
    )


FIGURES = {"coarse-to-fine": coarse_to_fine, "styles": styles, "strength": strength}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figure", choices=FIGURES)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    args = parser.parse_args()
    torch.set_num_threads(2)
    FIGURES[args.figure]().save(args.out / f"{args.figure}.jpg", quality=90)


if __name__ == "__main__":
    main()
