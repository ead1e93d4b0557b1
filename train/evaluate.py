"""How good are the shipped styles: ``python train/evaluate.py [--json FILE]``, on held-out photographs.

k* is the number of L-BFGS iterations of slow mode that reach the network's objective (Johnson et al. 2016, figure 5):
same loss, same weights, single scale, pixels kept in 0..1, from white noise and, much harder, from the photo. Rows for
the photo itself and for a published network of the same painting stand beside ours. ``--video`` measures clips
instead, ``--texture`` strokes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from evaluate_texture import evaluate_texture
from evaluate_video import evaluate_video
from safetensors.torch import load_file
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.backbones import Backbone  # noqa: E402
from nst.gatys import prepare_backbone  # noqa: E402
from nst.gatys_config import GatysConfig  # noqa: E402
from nst.images import cover, open_image, resize, to_tensor  # noqa: E402
from nst.metrics import (  # noqa: E402
    Painter,
    border_ratio,
    checkerboard_energy,
    descent_curve,
    equivalent_iterations,
    flat_patch_variance,
    noise_picture,
    similarity,
    temporal_error,
)
from nst.networks import build_network  # noqa: E402
from nst.objective import Objective  # noqa: E402
from nst.styles import Style  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from nst.training.paintings import painting_of  # noqa: E402
from nst.training.recipe import Loss, make_recipe  # noqa: E402
from nst.trunks import TRUNK  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
PEER = "udnie"  # the painting that the published network was trained on
_PEER_WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the style loss, times ours, to find where the peer fares best
_PICTURE_SIDE = 512  # for what does not depend on the size


class Evaluation:
    """Photos, paintings and the loss that all are judged by."""

    def __init__(self, stylizer: Stylizer, args: argparse.Namespace) -> None:
        self.stylizer, self.limit = stylizer, args.limit
        self.loss: Loss = make_recipe(stylizer.trunk.about["recipe"]).loss
        self.paintings: Path = args.data / "paintings"
        files = sorted((args.data / "photos" / "eval").glob("*.jpg"))
        count = min(args.photos or len(files), len(files))
        self.photos = [open_image(files[i * len(files) // count]) for i in range(count)]
        self.config = replace(self.loss.objective(), iterations=max(args.limit, 1))
        self.backbone: Backbone = prepare_backbone(self.config, stylizer.device)

    def config_for(self, style_weight: float) -> GatysConfig:
        return replace(self.config, style_weight=style_weight)

    def objective(self, photo: Tensor, style: Style, style_weight: float) -> Objective:
        painting = to_tensor(painting_of(style.info, self.paintings))
        device = self.stylizer.device
        return Objective(self.backbone, photo.to(device), [(painting.to(device), 1.0)], self.config_for(style_weight))

    def equivalence(
        self, style: Style, painters: dict[str, Painter], size: int, style_weight: float, from_photo: bool
    ) -> dict[str, dict[str, Any]]:
        """For each painter: medians over the photos of its losses and of k* from noise (and from the photo)."""
        rows: dict[str, list[dict[str, float]]] = {name: [] for name in painters}
        for photo in self.photos:
            tensor = to_tensor(resize(photo, size)).to(self.stylizer.device)
            objective = self.objective(tensor, style, style_weight)
            config = self.config_for(style_weight)
            for name, painter in painters.items():
                with torch.no_grad():
                    losses = objective(painter(tensor).to(tensor.device))
                total = float(losses.total)
                row = {"content": float(losses.content), "style": float(losses.style) / style_weight, "total": total}
                rows[name].append(row)
            least = min(rows[name][-1]["total"] for name in painters)
            noise = noise_picture(*tensor.shape[-2:]).to(tensor.device)
            curve = descent_curve(objective, config, noise, least, self.limit)
            for name in painters:
                rows[name][-1]["k_noise"] = _or_limit(equivalent_iterations(curve, rows[name][-1]["total"]), self.limit)
            if from_photo:
                curve = descent_curve(objective, config, tensor, least, self.limit)
                for name in painters:
                    k = equivalent_iterations(curve, rows[name][-1]["total"])
                    rows[name][-1]["k_photo"] = _or_limit(k, self.limit)
        return {name: _medians(entries) for name, entries in rows.items()}

    def looks(self, painter: Painter) -> dict[str, float]:
        """What losses do not say, medians over the photos."""
        rows = []
        for photo in self.photos:
            tensor = to_tensor(resize(photo, _PICTURE_SIDE)).to(self.stylizer.device)
            square = to_tensor(cover(photo, (256, 256))).to(self.stylizer.device)
            painted = painter(tensor)
            rows.append(
                {
                    "ssim": similarity(painted, tensor),
                    "checkerboard": checkerboard_energy(painted),
                    "border": border_ratio(painted, tensor),
                    "temporal": temporal_error(painter, square),
                }
            )
        return {**_medians(rows), "flat": flat_patch_variance(painter)}


def _or_limit(k: int | None, limit: int) -> int:
    return limit if k is None else k


def _medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def peer_painter(folder: Path) -> Painter:
    """The published network for Udnie."""
    network = build_network("pytorch_examples", {})
    tensors = load_file(folder / "pytorch_examples_udnie.safetensors")
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    network.eval()

    @torch.inference_mode()
    def paint(image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        padded = torch.nn.functional.pad(image, (0, -width % 4, 0, -height % 4), mode="reflect")
        return network(padded)[..., :height, :width]

    return paint


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """All tables, printed as they come and returned for the JSON file."""
    folder = args.weights
    stylizer = Stylizer(folder / "trunk.safetensors", folder / "styles", device=args.device)
    evaluation = Evaluation(stylizer, args)
    peer = peer_painter(args.data / "peers")
    chosen = [style for style in stylizer.library if not args.styles or style.info.id in args.styles]
    painters: dict[str, Painter] = {style.info.id: _painter(stylizer, style) for style in chosen}
    result: dict[str, Any] = {
        "trunk": _trunk(stylizer),
        "photos": len(evaluation.photos),
        "limit": args.limit,
        "precision": str(next(evaluation.backbone.convs.parameters()).dtype).removeprefix("torch."),
        "sizes": {str(size): _sizes_table(evaluation, chosen, painters, peer, size, args) for size in args.sizes},
        "looks": {},
    }
    names = ("ssim", "checkerboard", "border", "temporal", "flat")
    print(f"\n| {_PICTURE_SIDE} px | SSIM | checkerboard | border | temporal error ×1000 | grey wall, levels |")
    print("|---" * 6 + "|")
    for name, painter in {**painters, "peer (udnie)": peer, "identity": _identity}.items():
        looks = result["looks"][name] = evaluation.looks(painter)
        print(f"| {name} | {' | '.join(f'{looks[key]:.3g}' for key in names)} |", flush=True)
    return result


def evaluate_strokes(args: argparse.Namespace) -> dict[str, Any]:
    """Whose strokes they are, in the form of :func:`evaluate`'s result."""
    stylizer = Stylizer(args.weights / "trunk.safetensors", args.weights / "styles", device=args.device)
    chosen = [style for style in stylizer.library if not args.styles or style.info.id in args.styles]
    return {"trunk": _trunk(stylizer), "texture": evaluate_texture(stylizer, chosen, args)}


def evaluate_clips(args: argparse.Namespace) -> dict[str, Any]:
    """How steady clips are, in the form of :func:`evaluate`'s result."""
    stylizer = Stylizer(args.weights / "trunk.safetensors", args.weights / "styles", device=args.device)
    chosen = [style for style in stylizer.library if not args.styles or style.info.id in args.styles]
    return {"trunk": _trunk(stylizer), "video": evaluate_video(stylizer, chosen, args)}


def _trunk(stylizer: Stylizer) -> dict[str, Any]:
    about = stylizer.trunk.about
    return {"fingerprint": stylizer.trunk.fingerprint, "commit": about.get("commit"), "steps": about.get("steps")}


def _sizes_table(
    evaluation: Evaluation,
    styles: list[Style],
    painters: dict[str, Painter],
    peer: Painter,
    size: int,
    args: argparse.Namespace,
) -> dict[str, Any]:
    started = time.perf_counter()
    table: dict[str, Any] = {}
    print(f"\n| {size} px | content | style | k* from noise | k* from the photo | identity: k* from noise |")
    print("|---" * 6 + "|")
    for style in styles:
        both = {"ours": painters[style.info.id], "identity": _identity}
        row = table[style.info.id] = evaluation.equivalence(style, both, size, style.info.style_weight, from_photo=True)
        ours, identity = row["ours"], row["identity"]
        cells = [f"{ours[key]:.3f}" for key in ("content", "style")]
        cells += [f"{ours['k_noise']:g}", f"{ours['k_photo']:g}", f"{identity['k_noise']:g}"]
        print(f"| {style.info.id} | {' | '.join(cells)} |", flush=True)
    medians = {key: statistics.median(table[s.info.id]["ours"][key] for s in styles) for key in ("k_noise", "k_photo")}
    print(f"median over the styles: k* {medians['k_noise']:g} from noise, {medians['k_photo']:g} from the photo")
    if PEER in table and not args.no_peer:
        ours = table[PEER]["ours"]["k_noise"]
        best = table["peer"] = _best_for_peer(evaluation, evaluation.stylizer.library[PEER], peer, size)
        print(
            f"the published network for {PEER}, at its best style weight {best['style_weight']:.3g}: "
            f"k* {best['k_noise']:g}; ours {ours / max(best['k_noise'], 1):.2f} times that"
        )
    table["median"] = medians
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    return table


def _identity(image: Tensor) -> Tensor:
    return image


def _painter(stylizer: Stylizer, style: Style) -> Painter:
    return lambda image: stylizer.paint(image, style.code[None])


def _best_for_peer(evaluation: Evaluation, style: Style, peer: Painter, size: int) -> dict[str, float]:
    """The peer was trained with other weights: judge it at the style weight at which it fares best."""
    rows = []
    for factor in _PEER_WEIGHTS:
        weight = style.info.style_weight * factor
        row = evaluation.equivalence(style, {"peer": peer}, size, weight, from_photo=False)["peer"]
        rows.append({**row, "style_weight": weight})
        print(f"  the published network at style weight {weight:.3g}: k* {row['k_noise']:g} from noise", flush=True)
    return max(rows, key=lambda row: row["k_noise"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=TRUNK.parent, help="folder with trunk.safetensors and styles/")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with photos/eval, paintings and peers")
    parser.add_argument("--styles", nargs="*", default=[], metavar="ID")
    parser.add_argument("--sizes", type=int, nargs="*", default=[256, 512])
    parser.add_argument("--photos", type=int, default=0, help="how many photographs; 0 is all")
    parser.add_argument("--limit", type=int, default=300, help="iterations after which k* is not looked for further")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--video", action="store_true", help="only how steady clips are")
    parser.add_argument("--texture", action="store_true", help="only whether the strokes are the painter's")
    parser.add_argument("--slow", type=Path, metavar="FOLDER", help="with --texture: slow mode beside it, kept there")
    parser.add_argument(
        "--without-stability", type=Path, metavar="WEIGHTS",
        help="folder with a trunk that has had no temporal training and its styles, to compare clips with",
    )  # fmt: skip
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    result = (evaluate_clips if args.video else evaluate_strokes if args.texture else evaluate)(args)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
