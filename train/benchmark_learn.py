"""What teaching costs, in seconds and in quality: the part ``learn`` of ``train/benchmark.py``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.backbones import Backbone  # noqa: E402
from nst.gatys import prepare_backbone  # noqa: E402
from nst.images import cover, open_image, resize, to_tensor  # noqa: E402
from nst.styles import Style, StyleLibrary  # noqa: E402
from nst.training.perceptual import PerceptualLoss  # noqa: E402
from nst.training.recipe import Data, Painting, Recipe, make_recipe  # noqa: E402
from nst.training.teach import EXAMPLE_PHOTOS, Taught, TeachConfig, teach  # noqa: E402
from nst.trunks import load_trunk  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
ANEW = ("starry_night", "udnie", "great_wave")
"""Paintings that the trunk was trained with, taught as if it had never seen them."""

HELD_OUT = {
    "edtaonisl": "udnie",
    "egrets": "great_wave",
    "impression_sunrise": "water_lilies",
    "tower_of_babel": "shipwreck",
}
"""Paintings that no trunk has seen, each with the one of similar texture that it was trained with."""

_SIDE = 256


class Judge:
    """Objectives on the held-out photographs, means, by the loss of the training."""

    def __init__(self, library: StyleLibrary, data: Path) -> None:
        self.library, self.data = library, data
        self.recipe: Recipe = make_recipe(library.trunk.about["recipe"])
        self.backbone: Backbone = prepare_backbone(self.recipe.loss.objective(), torch.device("cpu"))
        files = sorted((data / "photos" / "eval").glob("*.jpg"))
        self.photos = [to_tensor(cover(open_image(path), (_SIDE, _SIDE))) for path in files]

    def painting(self, name: str) -> Image.Image:
        return open_image(self.data / "paintings" / f"{name}.jpg")

    @torch.inference_mode()
    def objective(self, code: torch.Tensor, name: str, size: int, style_weight: float) -> float:
        picture = to_tensor(resize(self.painting(name), size))
        loss, weights = PerceptualLoss(self.backbone, [[picture]], self.recipe.loss), torch.tensor([style_weight])
        network = self.library.trunk.network
        values = [float(loss(network(p, code[None]), p, [0], weights).total) for p in self.photos]
        return sum(values) / len(values)

    def taught(self, about: Painting, photos: Data, steps: int) -> Taught:
        """Without the style of that painting as a start, if there is one."""
        others = StyleLibrary(self.library.trunk, (style for style in self.library if style.info.id != about.id))
        *_, last = teach(others, self.painting(about.id), about, TeachConfig(steps=steps), photos)
        return last


def learn(args: argparse.Namespace) -> dict[str, Any]:
    """Both tables. Ratios over 1 mean that the taught style is that much further from its aim."""
    torch.set_num_threads(args.threads)
    judge = Judge(StyleLibrary.load(load_trunk()), args.data)
    return {"steps": args.steps, "anew": _anew(judge, args), "held_out": _held_out(judge, args)}


def _anew(judge: Judge, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    table = {}
    head = ("painting", "with the trunk", "taught by 5 photos", "by 2,699 photos", "5 over joint", "5 over 2,699", "s")
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|")
    many = Data(tars=str(args.data / "photos" / "train-*.tar"))
    for style_id in ANEW:
        style = judge.library[style_id]
        about = next(painting for painting in judge.recipe.paintings if painting.id == style_id)
        row = {"joint": _of(judge, style)}
        for name, photos in (("few", EXAMPLE_PHOTOS), ("many", many)):
            taught = judge.taught(about, photos, args.steps)
            row[name] = judge.objective(taught.code, style_id, about.size, style.info.style_weight)
            row[f"{name}_seconds"] = taught.seconds
        row |= {"ratio": row["few"] / row["joint"], "ratio_photos": row["few"] / row["many"]}
        table[style_id] = row
        cells = [f"{row[k]:.3f}" for k in ("joint", "few", "many")]
        cells += [f"{row['ratio']:.2f}", f"{row['ratio_photos']:.2f}", f"{row['few_seconds']:.0f}"]
        print(f"| {style_id} | {' | '.join(cells)} |", flush=True)
    return table


def _held_out(judge: Judge, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    table = {}
    print("\n| painting | taught | similar, with the trunk | its objective | ratio | s |\n" + "|---" * 6 + "|")
    for name, similar in HELD_OUT.items():
        about = Painting(name, "", name, "", "")
        taught = judge.taught(about, EXAMPLE_PHOTOS, args.steps)
        mine = judge.objective(taught.code, name, about.size, taught.style_weight)
        other = _of(judge, judge.library[similar])
        table[name] = {"taught": mine, similar: other, "ratio": mine / other, "seconds": taught.seconds}
        print(
            f"| {name} | {mine:.3f} | {similar} | {other:.3f} | {mine / other:.2f} | {taught.seconds:.0f} |", flush=True
        )
    return table


def _of(judge: Judge, style: Style) -> float:
    return judge.objective(style.code, style.info.id, style.info.size, style.info.style_weight)
