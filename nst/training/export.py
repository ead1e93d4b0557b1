"""From a training run to the files that the app loads: a trunk, its styles, a thumbnail for each."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nst.backbone_weights import ROOT
from nst.errors import RecipeError
from nst.networks import build_network
from nst.styles import StyleInfo, save_style
from nst.thumbnails import paint_thumbnail, save_thumbnail
from nst.training.checkpoint import load_checkpoint
from nst.training.recipe import Painting, make_recipe
from nst.trunks import Trunk, load_trunk, save_trunk


def export_run(checkpoint: Path, folder: Path, strength: float = 1.0) -> list[str]:
    """Write the averaged weights of a run to ``folder``. Returns the styles' ids.

    ``strength`` in 0..1 is how far from the photo's code to the trained ones the styles are: for a run whose styles
    have become stronger than they should be, and which has learnt to paint gently (``data.gentle_share``).

    Raises:
        RecipeError: there is no checkpoint, it is damaged, or the strength is none.
    """
    if not 0 < strength <= 1:
        raise RecipeError("The strength to export is a number above 0, at most 1.")
    tensors, about = load_checkpoint(checkpoint)
    recipe = make_recipe(about["recipe"])
    network = build_network(recipe.network, recipe.network_settings)
    part = "ema.network."
    network.load_state_dict({k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)})
    codes = tensors["ema.codes"]
    made = {"commit": commit(), "steps": about["step"], "of_steps": recipe.steps, "processes": about["processes"]}
    made |= {"strength": strength} if strength < 1 else {}
    (folder / "styles").mkdir(parents=True, exist_ok=True)
    path = folder / "trunk.safetensors"
    facts = {"architecture": recipe.network, "settings": dict(recipe.network_settings), "seed": recipe.seed}
    # How far its styles move a photo, by content and light: what a new style is held to.
    facts["content_loss"] = round(strength * float(tensors["balance"][1].log().mean().exp()), 4)
    save_trunk(path, network, codes[-1], {"kind": "trunk", **facts, "recipe": recipe.as_dict(), **made})
    trunk = load_trunk(path)
    codes[:-1] = torch.lerp(codes[-1:].expand_as(codes[:-1]), codes[:-1], strength)
    # Gentle paintings are trained with the square of their strength, see PerceptualLoss.
    weights = (recipe.loss.style_weight * strength**2 * tensors["balance"][0].exp()).tolist()
    for painting, code, weight in zip(recipe.paintings, codes, weights, strict=False):
        export_style(folder / "styles", trunk, painting, code, weight, {"with": "the trunk", **made})
    return [painting.id for painting in recipe.paintings]


def export_style(
    folder: Path, trunk: Trunk, painting: Painting, code: Tensor, style_weight: float, made: dict[str, Any]
) -> None:
    """Write one style and the thumbnail that the network makes of it."""
    info = StyleInfo(
        id=painting.id,
        title=painting.title,
        artist=painting.artist,
        year=painting.year,
        licence=painting.licence,
        trunk=trunk.fingerprint,
        size=painting.size,
        style_weight=round(style_weight, 3),
        made={"painting": Path(painting.file).name, "crop": list(painting.crop), **made},
    )
    path = folder / f"{painting.id}.safetensors"
    save_style(path, info, code)
    save_thumbnail(path.with_suffix(".jpg"), paint_thumbnail(trunk, code))


def commit() -> str:
    """The commit of the code that runs, empty outside a checkout; ``+`` marks uncommitted changes."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return described.stdout.strip()
