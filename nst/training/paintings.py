"""The paintings as a style is learnt from them: cropped, at the size at which their strokes should be seen."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from nst.backbone_weights import ROOT
from nst.errors import RecipeError
from nst.images import crop, open_image, resize
from nst.styles import StyleInfo
from nst.training.recipe import Painting

DRAWN = ROOT / "examples" / "styles"
"""The styles that the project draws itself."""


def open_painting(painting: Painting) -> Image.Image:
    """What the recipe says to look at, at the size that it says."""
    return resize(crop(open_image(painting.file), painting.crop), painting.size)


def painting_of(style: StyleInfo, folder: Path) -> Image.Image:
    """The painting that a style was learnt from, as it was looked at, from ``folder`` or among those drawn here.

    Raises:
        RecipeError: it is in neither, or the style does not say what it was learnt from.
    """
    name = str(style.made.get("painting", ""))
    path = next((at / name for at in (folder, DRAWN) if name and (at / name).is_file()), None)
    if path is None:
        raise RecipeError(f"The painting of the style '{style.id}' is not in '{folder.name}': fetch it first.")
    part = style.made.get("crop", (0, 0, 1, 1))
    return resize(crop(open_image(path), part), style.size)
