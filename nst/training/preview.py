"""What the network paints now, as one picture: photographs down, styles across."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image

from nst.backbone_weights import ROOT
from nst.images import cover, open_image, save_image, to_image, to_tensor
from nst.trunks import paint

if TYPE_CHECKING:
    from nst.training.trainer import Trainer

_SIDE = 192


@torch.no_grad()
def draw_preview(trainer: Trainer, path: Path) -> None:
    """Write a grid of the example photographs, each as it is and in every style, by the averaged weights."""
    photos = [cover(open_image(p), (_SIDE, _SIDE)) for p in sorted((ROOT / "examples" / "content").glob("*.jpg"))]
    count = len(trainer.recipe.paintings)
    grid = Image.new("RGB", (_SIDE * (count + 2), _SIDE * len(photos)))
    device = trainer.accelerator.device
    for row, photo in enumerate(photos):
        grid.paste(photo, (0, row * _SIDE))
        for style in range(count + 1):
            painted = paint(trainer.ema.network, to_tensor(photo).to(device), trainer.ema.codes[style, None])
            grid.paste(to_image(painted), ((style + 1) * _SIDE, row * _SIDE))
    save_image(grid, path)
