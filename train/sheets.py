"""Draw the pictures of the README and of docs/styles.md: ``python train/sheets.py``.

Every style on the project's own five photographs, and one photograph in all styles.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont, ImageOps

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.images import cover, open_image, resize  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402

PHOTOS = ("astronaut", "bridge", "cat", "coffee", "bee")  # a face, night and architecture, an animal, food, a flower
_PAINTED = 512  # pixels, at which the strokes are as in the app
_CELL = (232, 174)
_LARGE = (496, 330)
_LABEL = 18
_ROWS_A_SHEET = 9
_FONT = ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), 12)
_QUALITY = 78
_FOUR = (("cat", "stained_glass"), ("bridge", "swirl"), ("astronaut", "edtaonisl"), ("bee", "composition_vii"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--weights", type=Path, help="folder with trunk.safetensors and styles/ instead of the shipped")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--photos", type=Path, nargs="*", help="others than the project's own")
    args = parser.parse_args()
    stylizer = Stylizer(args.weights / "trunk.safetensors", args.weights / "styles") if args.weights else Stylizer()
    files = args.photos or [ROOT / "examples" / "content" / f"{name}.jpg" for name in PHOTOS]
    photos = [resize(open_image(file), _PAINTED) for file in files]
    styles = [style.info for style in stylizer.library]
    args.out.mkdir(parents=True, exist_ok=True)
    painted = {info.id: [stylizer.stylize(photo, info.id) for photo in photos] for info in styles}
    for number, first in enumerate(range(0, len(styles), _ROWS_A_SHEET), 1):
        rows = styles[first : first + _ROWS_A_SHEET]
        _save(_sheet([(info.title, painted[info.id]) for info in rows]), args.out / f"styles-{number}.jpg")
    _save(_overview(photos[1], [(info.title, painted[info.id][1]) for info in styles]), args.out / "styles.jpg")
    if not args.photos:
        four = [ImageOps.fit(painted[style][PHOTOS.index(photo)], _LARGE, centering=(0.5, 0)) for photo, style in _FOUR]
        _save(_two_by_two(four), args.out / "paintings.jpg")


def _save(picture: Image.Image, path: Path) -> None:
    picture.save(path, quality=_QUALITY, optimize=True)


def _two_by_two(pictures: list[Image.Image]) -> Image.Image:
    """Four paintings, the first screen of the README."""
    (width, height), gap = _LARGE, 8
    sheet = Image.new("RGB", (2 * width + gap, 2 * height + gap), "white")
    for i, picture in enumerate(pictures):
        sheet.paste(picture, (i % 2 * (width + gap), i // 2 * (height + gap)))
    return sheet


def _sheet(rows: list[tuple[str, list[Image.Image]]]) -> Image.Image:
    """A row of paintings for each style, with its title above."""
    width, height = _CELL
    sheet = Image.new("RGB", (len(rows[0][1]) * width, len(rows) * (height + _LABEL)), "white")
    for y, (title, pictures) in enumerate(rows):
        top = y * (height + _LABEL)
        ImageDraw.Draw(sheet).text((4, top + 2), title, fill="black", font=_FONT)
        for x, picture in enumerate(pictures):
            sheet.paste(cover(picture, (width - 4, height - 2)), (x * width, top + _LABEL))
    return sheet


def _overview(photo: Image.Image, painted: list[tuple[str, Image.Image]]) -> Image.Image:
    """The photo and all its paintings, each with its title."""
    cells = [("The photo", photo), *painted]
    width, height = _CELL
    columns = 5
    sheet = Image.new("RGB", (columns * width, -(-len(cells) // columns) * (height + _LABEL)), "white")
    for i, (title, picture) in enumerate(cells):
        left, top = i % columns * width, i // columns * (height + _LABEL)
        sheet.paste(cover(picture, (width - 4, height - 2)), (left, top))
        ImageDraw.Draw(sheet).text((left + 2, top + height - 1), title[:36], fill="black", font=_FONT)
    return sheet


if __name__ == "__main__":
    main()
