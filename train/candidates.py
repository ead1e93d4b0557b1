"""Compare shapes of the trunk before a long run: ``python train/candidates.py RECIPE.toml --steps 700``.

Each is trained for the same number of steps on the same crops, then judged on held-out photographs by the recipe's own
loss. The figure shows that loss against the time of one 512 px painting on this machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from accelerate import Accelerator  # noqa: E402

from nst.images import cover, open_image, to_tensor  # noqa: E402
from nst.training.recipe import Recipe, Stage, read_recipe  # noqa: E402
from nst.training.trainer import Trainer  # noqa: E402

SHAPES = [(32, 5, 1), (32, 5, 2), (48, 5, 2), (64, 5, 2), (32, 5, 4), (48, 5, 4)]
"""Width, residual blocks, fold. The first has the published geometry at half width."""
_SIDE = 256


def train(recipe: Recipe, shape: tuple[int, int, int], folder: Path) -> Trainer:
    """Train one shape for all steps of ``recipe``."""
    settings = dict(zip(("width", "blocks", "fold"), shape, strict=True))
    recipe = replace(recipe, name="x".join(map(str, shape)), network_settings=settings)
    torch.manual_seed(recipe.seed)
    trainer = Trainer(recipe, folder, Accelerator(cpu=True))
    for progress in trainer.run():
        if progress.step % 200 == 0:
            print(f"{shape} {progress.step}/{progress.steps} {progress.images_per_second:.1f} images/s", flush=True)
    return trainer


@torch.inference_mode()
def judge(trainer: Trainer, photos: Path) -> dict[str, float]:
    """Mean content and style loss over held-out photos (centre squares) and all styles, and seconds at 512 px."""
    count = len(trainer.recipe.paintings)
    weights = torch.full((count,), trainer.recipe.loss.style_weight)
    sums = torch.zeros(2)
    paths = sorted(photos.glob("*.jpg"))
    for path in paths:
        photo = to_tensor(cover(open_image(path), (_SIDE, _SIDE)))
        for style in range(count):
            losses = trainer.loss(trainer.ema(photo, torch.tensor([style])), photo, [style], weights)
            sums += torch.stack([losses.content.mean(), losses.style.mean()])
    content, style = (sums / (len(paths) * count)).tolist()
    times = []
    for _ in range(8):
        started = time.perf_counter()
        trainer.ema(torch.rand(1, 3, 512, 512), torch.tensor([0]))
        times.append(time.perf_counter() - started)
    parameters = sum(p.numel() for p in trainer.ema.network.parameters())
    return {"content": content, "style": style, "seconds": sorted(times)[2], "parameters": parameters}


def draw(results: dict[str, dict[str, float]], style_weight: float, path: Path) -> None:
    """The figure: objective against time, a point for each shape."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name, r in results.items():
        x, y = r["seconds"] * 1000, r["content"] + style_weight * r["style"]
        axes.scatter(x, y, s=r["parameters"] / 8000, alpha=0.6)
        axes.annotate(f"{name}\n{r['parameters'] / 1000:.0f} k", (x, y), xytext=(8, 4), textcoords="offset points")
    axes.set_xlabel("time of one 512 px painting, two CPU threads, float32 [ms]")
    axes.set_ylabel("objective on held-out photos, 256 px")
    axes.set_title("Shape of the trunk: width × residual blocks × fold")
    axes.margins(0.15)
    figure.savefig(path, dpi=110, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--photos", type=Path, default=ROOT.parent / "shared" / "data" / "photos" / "eval")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "candidates")
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "candidates.png")
    args = parser.parse_args()
    torch.set_num_threads(2)
    recipe = read_recipe(args.recipe)
    recipe = replace(recipe, stages=(Stage(args.steps, 128, 4),), loss=replace(recipe.loss, stability=0.0))
    results = {}
    for shape in SHAPES:
        name = "×".join(map(str, shape))
        folder = args.runs / name
        folder.mkdir(parents=True, exist_ok=True)
        results[name] = judge(train(recipe, shape, folder), args.photos)
        print(name, json.dumps(results[name]), flush=True)
        args.figure.with_suffix(".json").write_text(json.dumps(results, indent=2) + "\n")
    draw(results, recipe.loss.style_weight, args.figure)


if __name__ == "__main__":
    main()
