"""The loss of a batch of paintings: :mod:`nst.losses` against many photos and many styles at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from nst.backbones import Backbone
from nst.losses import (
    content_losses,
    gram_matrix,
    light_losses,
    palette,
    palette_losses,
    style_losses,
    total_variation,
)
from nst.training.recipe import Loss
from nst.weighted import parse_weighted

_IDENTITY_PIXELS = 50.0  # weight of the squared difference of pixels where the photo is to be reproduced


class BatchLosses(NamedTuple):
    """Unweighted content and style losses of each picture, ``(N,)``; how far each has moved from its photo, by content
    and light with their weights; and the weighted mean to minimise."""

    content: Tensor
    style: Tensor
    moved: Tensor
    total: Tensor


class PerceptualLoss:
    """Content and style losses with the paintings' statistics computed once.

    Args:
        backbone: on the device and in the dtype that features should be computed in.
        paintings: of each, one or more pictures ``(1, 3, h, w)`` in 0..1, on the same device; several count equally.
        loss: the recipe's; layer weights are normalised to sum to one, as in slow mode. The style loss is the mean over
            ``pyramid`` sizes of picture and painting, each half of the one before (Ulyanov et al.'s pyramid loss).
    """

    def __init__(self, backbone: Backbone, paintings: Sequence[Sequence[Tensor]], loss: Loss) -> None:
        self.backbone = backbone
        self.content_weight, self.tv_weight, self._balance = loss.content_weight, loss.tv_weight, loss.balance
        self.light_weight, self.palette_weight = loss.light_weight, loss.palette_weight
        self._content_layers = _shares(loss.content_layers)
        self._style_layers = _shares(loss.style_layers)
        self._pyramid, self._mean_weight = loss.pyramid, loss.style_weight
        self._count = len(paintings)
        with torch.no_grad():
            self._palettes = torch.cat([sum(map(palette, pictures)) / len(pictures) for pictures in paintings])
            found = [self._mean_grams(pictures) for pictures in paintings]
            self._grams = [
                {name: torch.cat([grams[scale][name] for grams in found]) for name in self._style_layers}
                for scale in range(loss.pyramid)
            ]

    def __call__(
        self, image: Tensor, photo: Tensor, styles: Sequence[int], weights: Tensor, strengths: Tensor | None = None
    ) -> BatchLosses:
        """Losses of ``image`` against ``photo``, both ``(N, 3, H, W)`` in 0..1.

        ``styles`` has the number of each picture's painting; the one after the last stands for reproducing
        the photo. ``weights`` ``(S,)`` are the paintings' style weights. ``strengths`` ``(N,)`` in 0..1 tell how gently
        each is painted; the style counts by their squares.
        """
        with torch.no_grad():
            targets = self._features(photo, self._content_layers)
        features = self._features(image, [*self._content_layers, *self._style_layers])
        numbers = torch.as_tensor(styles, device=image.device)
        content = sum(
            w * content_losses(features[k], targets[k], self._balance) for k, w in self._content_layers.items()
        )
        moved = self.content_weight * content
        if self.light_weight:
            moved = moved + self.light_weight * light_losses(image, photo)
        total, style = moved, torch.zeros_like(content)
        copied = numbers == self._count
        if bool(copied.any()):
            difference = (image - photo).square().mean((1, 2, 3))
            total = total + torch.where(copied, _IDENTITY_PIXELS * difference, 0.0)
        painted = (~copied).nonzero()[:, 0]
        if len(painted):
            numbers = numbers[painted]
            losses: Tensor | float = 0.0
            for scale in range(self._pyramid):
                if scale:
                    features = self._features(_reduced(image, scale), self._style_layers)
                # All at once: picked one by one, each picture would leave a gradient as large as the batch.
                kept = features if len(painted) == len(image) else {k: f[painted] for k, f in features.items()}
                losses = losses + sum(
                    w * style_losses(gram_matrix(kept[k]), self._grams[scale][k][numbers], self._balance)
                    for k, w in self._style_layers.items()
                )
            losses = losses / self._pyramid
            style = style.index_put((painted,), losses)
            if self.palette_weight:
                share = self.palette_weight / self._mean_weight
                losses = losses + share * palette_losses(image[painted], self._palettes[numbers])
            shares = weights.to(losses.device)[numbers]
            if strengths is not None:
                shares = shares * strengths.to(losses.device)[painted].square()
            total = total.index_add(0, painted, shares * losses)
        mean = total.mean()
        if self.tv_weight:
            mean = mean + self.tv_weight * total_variation(image)
        return BatchLosses(content.detach(), style.detach(), moved.detach(), mean)

    def _mean_grams(self, pictures: Sequence[Tensor]) -> list[dict[str, Tensor]]:
        """At each scale, the Gram matrices ``(1, C, C)`` of the style layers."""
        scales = []
        for scale in range(self._pyramid):
            each = [self._features(_reduced(picture, scale), self._style_layers) for picture in pictures]
            means = {name: torch.cat([gram_matrix(f[name]) for f in each]).mean(0, True) for name in self._style_layers}
            scales.append(means)
        return scales

    def _features(self, image: Tensor, layers: Sequence[str] | dict[str, float]) -> dict[str, Tensor]:
        if image.device.type != "mps":
            image = image.contiguous(memory_format=torch.channels_last)
        return self.backbone(image, layers)


def _reduced(image: Tensor, scale: int) -> Tensor:
    """The picture at half its size, ``scale`` times over."""
    return F.avg_pool2d(image, 1 << scale) if scale else image


def _shares(layers: str) -> dict[str, float]:
    pairs = parse_weighted(layers, "layer")
    total = sum(weight for _, weight in pairs)
    return {name: weight / total for name, weight in pairs}


class StyleBalance:
    """A style weight for each painting, found while training, so that all styles end equally strong: so that each moves
    the photo equally far, by :attr:`BatchLosses.moved`.

    Style losses themselves would not do: relative to their Gram matrices, some paintings (pale ones, detailed ones) are
    always further away than others. Nor would the content loss alone: it hardly notices that a painting of little
    contrast has swallowed its subject. A style that has moved less than the mean gets a little more weight, one that
    has moved more a little less; the weights' geometric mean stays that of the recipe. With a ``target`` each is held
    to that instead.
    """

    _MEMORY = 0.98  # of the running loss, per time the painting comes up
    _RATE = 0.01
    _LIMIT = math.log(2.5)  # no weight drifts further than this factor

    def __init__(self, count: int, mean_weight: float, target: float | None = None) -> None:
        self.mean_weight = mean_weight
        self._target = target
        self.state = torch.zeros(2, count)  # logarithm of the weight's factor; running mean, 0 before the first

    def weights(self) -> Tensor:
        """Style weights ``(S,)``."""
        return self.mean_weight * self.state[0].exp()

    def start(self, number: int, weight: float, moved: float) -> None:
        """Begin for one painting with the style weight and the running mean that an earlier run ended with."""
        self.state[0, number] = max(-self._LIMIT, min(self._LIMIT, math.log(weight / self.mean_weight)))
        self.state[1, number] = moved

    def update(self, sums: Tensor, counts: Tensor) -> None:
        """Take in the sums of how far each painting has moved its photos in a step, ``(S,)``, and their numbers."""
        factor, running = self.state
        seen = counts > 0
        mean = sums / counts.clamp_min(1)
        running[seen] = torch.where(running[seen] > 0, running[seen].lerp(mean[seen], 1 - self._MEMORY), mean[seen])
        if not bool((running > 0).all()):
            return
        common = running.log().mean() if self._target is None else math.log(self._target)
        factor += self._RATE * (common - running.log()).clamp(-1, 1) * counts
        if self._target is None:
            factor -= factor.mean()
        factor.clamp_(-self._LIMIT, self._LIMIT)
