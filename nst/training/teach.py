"""A new style from one painting: the trunk stays as it is, only the style's scales and shifts are learnt."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader

from nst.backbone_weights import ROOT
from nst.devices import autocast
from nst.errors import RecipeError, WeightsError
from nst.gatys import prepare_backbone
from nst.images import cover, open_image, resize, to_image, to_tensor
from nst.styles import StyleLibrary
from nst.training.augment import places
from nst.training.perceptual import PerceptualLoss, StyleBalance
from nst.training.photos import Crops, open_source
from nst.training.recipe import Data, Optimizer, Painting, Recipe, Stage, make_recipe
from nst.trunks import paint

EXAMPLE_PHOTOS = Data(folder=str(ROOT / "examples" / "content"))
"""The project's own photographs: few, but enough for the few numbers of a style, and always there."""

_AVERAGED = 0.2  # of the steps, at the end: the mean of their codes is the style
_PROBES = 3  # photographs on which existing styles are tried as a start
_PROBE_SIDE = 128


@dataclass(frozen=True)
class TeachConfig:
    """How long and how: the crops' side and number, and Adam's rate, which falls to zero linearly."""

    steps: int = 300
    size: int = 128
    batch: int = 4
    rate: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.size < 32 or self.size % 4 or not 0 < self.rate < 1:
            raise RecipeError(
                "Teaching needs steps and a batch of at least 1, a size from 32 that is a multiple of 4, and a rate "
                "between 0 and 1."
            )


@dataclass(frozen=True)
class Taught:
    """How far the teaching is: losses (unweighted) of the last step, a picture of what the style does now.

    ``code`` ``(code_size,)`` and ``style_weight`` are the style so far; the last ones, with ``done``, are the result.
    """

    step: int
    steps: int
    seconds: float
    eta: float
    content: float
    style: float
    code: Tensor
    style_weight: float
    image: Image.Image | None
    done: bool


def teach(
    library: StyleLibrary,
    painting: Image.Image | Sequence[Image.Image],
    about: Painting,
    config: TeachConfig | None = None,
    photos: Data = EXAMPLE_PHOTOS,
    *,
    frame_seconds: float = 2.0,
) -> Iterator[Taught]:
    """Learn ``painting`` as a style of the library's trunk; yields after every step, a picture every few seconds.

    Several pictures are taken as parts of one painting: the style is their mean.

    The loss is the one that the trunk was trained with. The weight of the style is found on the way, so that the style
    ends as strong as those of the trunk.

    Raises:
        RecipeError: there are no photographs, or the loss is not a number.
        WeightsError: the trunk does not say how it was trained.
    """
    config = config or TeachConfig()
    trunk = library.trunk
    try:
        loss_settings = make_recipe(trunk.about["recipe"]).loss
        target = float(trunk.about["content_loss"])
    except (KeyError, TypeError, ValueError):
        raise WeightsError("This trunk does not say how it was trained, so it cannot be taught.") from None
    recipe = Recipe(
        name=about.id,
        paintings=(about,),
        stages=(Stage(config.steps, config.size, config.batch),),
        data=replace(photos, identity_share=0.0),
        loss=loss_settings,
        optimizer=Optimizer(rate=config.rate),
        seed=config.seed,
    )
    network = trunk.network
    device = next(network.parameters()).device
    paintings = [painting] if isinstance(painting, Image.Image) else painting
    pictures = [to_tensor(resize(picture, about.size)).to(device) for picture in paintings]
    loss = PerceptualLoss(prepare_backbone(loss_settings.objective(), device), [pictures], loss_settings)
    source = open_source(recipe.data, config.seed)
    return _run(
        library, loss, recipe, config, DataLoader(Crops(recipe, source), batch_size=None), target, frame_seconds
    )


def _run(
    library: StyleLibrary,
    loss: PerceptualLoss,
    recipe: Recipe,
    config: TeachConfig,
    crops: DataLoader,
    target: float,
    frame_seconds: float,
) -> Iterator[Taught]:
    started = shown = time.perf_counter()
    network = library.trunk.network
    device = next(network.parameters()).device
    balance = StyleBalance(1, recipe.loss.style_weight, target)
    code = _best_start(library, loss, balance.weights()).to(device).requires_grad_()
    learnt = network.learnt().to(device)
    mean = code.detach().clone()
    optimizer = torch.optim.Adam([code], lr=config.rate)
    probe = to_tensor(cover(open_image(ROOT / "examples" / "content" / "bridge.jpg"), (256, 256))).to(device)
    begun = time.perf_counter()  # what goes before is done once, and says nothing about how long a step takes
    for step, (photo, styles, _) in enumerate(crops, 1):
        for group in optimizer.param_groups:
            group["lr"] = config.rate * min(1.0, 2 * (1 - (step - 1) / config.steps))
        photo = photo.to(device)
        with autocast(device):
            where = places(network, len(photo), np.random.default_rng([config.seed, step]))
            many = code.expand(len(photo), -1)
            painted = network(photo, many, origins=where) if where else network(photo, many)
        losses = loss(painted, photo, styles.tolist(), balance.weights())
        if not math.isfinite(float(losses.total.detach())):
            raise RecipeError("The loss is not a number: this painting cannot be learnt. Try another picture of it.")
        optimizer.zero_grad(set_to_none=True)
        losses.total.backward()
        code.grad *= learnt
        optimizer.step()
        if step <= config.steps // 2:
            balance.update(losses.moved.sum()[None].cpu(), torch.tensor([float(len(photo))]))
        averaged = step - int(config.steps * (1 - _AVERAGED))
        mean = code.detach().clone() if averaged <= 1 else torch.lerp(mean, code.detach(), 1 / averaged)
        now, done = time.perf_counter(), step == config.steps
        show = done or step == 1 or now - shown >= frame_seconds
        image = None
        if show:
            with torch.no_grad():
                image = to_image(paint(network, probe, mean[None]))
            shown = now
        yield Taught(
            step=step,
            steps=config.steps,
            seconds=now - started,
            eta=(now - begun) / step * (config.steps - step),
            content=float(losses.content.mean()),
            style=float(losses.style.mean()),
            code=mean.cpu(),
            style_weight=float(balance.weights()),
            image=image,
            done=done,
        )


@torch.no_grad()
def _best_start(library: StyleLibrary, loss: PerceptualLoss, weights: Tensor) -> Tensor:
    """The code of the known style that comes closest to the new painting, or plain normalisation if there is none."""
    network = library.trunk.network
    device = next(network.parameters()).device
    codes = [style.code for style in library] or [network.new_codes(1)[0]]
    paths = sorted((ROOT / "examples" / "content").glob("*.jpg"))[:_PROBES]
    photos = torch.cat([to_tensor(cover(open_image(p), (_PROBE_SIDE, _PROBE_SIDE))) for p in paths]).to(device)
    numbers = [0] * len(photos)
    totals = [
        float(loss(network(photos, code.to(device).expand(len(photos), -1)), photos, numbers, weights).total)
        for code in codes
    ]
    return codes[min(range(len(codes)), key=lambda i: totals[i] if math.isfinite(totals[i]) else math.inf)].clone()
