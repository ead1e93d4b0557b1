"""What teaching costs in quality: ``python train/evaluate_taught.py [ID ...]``.

Paintings that the trunk was trained with are taught anew, as if it had never seen them, from the project's own five
photographs. Both styles are judged on held-out photographs by the loss of the training, at the weight of the first.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.gatys import prepare_backbone  # noqa: E402
from nst.images import cover, open_image, resize, to_tensor  # noqa: E402
from nst.styles import Style, StyleLibrary  # noqa: E402
from nst.training.perceptual import PerceptualLoss  # noqa: E402
from nst.training.recipe import Painting, make_recipe  # noqa: E402
from nst.training.teach import TeachConfig, teach  # noqa: E402
from nst.trunks import load_trunk  # noqa: E402

DATA = ROOT.parent / "shared" / "data"


def compare(library: StyleLibrary, style: Style, args: argparse.Namespace) -> dict[str, Any]:
    """Teach one painting with the others' styles as possible starts; losses of both codes."""
    recipe = make_recipe(library.trunk.about["recipe"])
    about = next(painting for painting in recipe.paintings if painting.id == style.info.id)
    painting = open_image(args.data / "paintings" / Path(about.file).name)
    others = StyleLibrary(library.trunk, (other for other in library if other is not style))
    config = TeachConfig(steps=args.steps)
    *_, taught = teach(others, painting, Painting(**vars(about)), config)
    picture = to_tensor(resize(painting, about.size))
    backbone = prepare_backbone(recipe.loss.objective(), torch.device("cpu"))
    loss = PerceptualLoss(backbone, [picture], recipe.loss)
    weights = torch.tensor([style.info.style_weight])
    totals = {}
    for name, code in (("joint", style.code), ("taught", taught.code)):
        values = []
        for path in sorted((args.data / "photos" / "eval").glob("*.jpg")):
            photo = to_tensor(cover(open_image(path), (256, 256)))
            with torch.inference_mode():
                values.append(float(loss(library.trunk.network(photo, code[None]), photo, [0], weights).total))
        totals[name] = sum(values) / len(values)
    return {**totals, "ratio": totals["taught"] / totals["joint"], "seconds": taught.seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("styles", nargs="*", default=["starry_night", "udnie", "great_wave"], metavar="ID")
    parser.add_argument("--steps", type=int, default=TeachConfig.steps)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    library = StyleLibrary.load(load_trunk())
    results = {}
    print(
        "| painting | objective, trained with the trunk | taught afterwards | ratio | seconds |\n|---|---|---|---|---|"
    )
    for style_id in args.styles:
        r = results[style_id] = compare(library, library[style_id], args)
        cells = f"{r['joint']:.3f} | {r['taught']:.3f} | {r['ratio']:.2f} | {r['seconds']:.0f}"
        print(f"| {style_id} | {cells} |", flush=True)
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
