"""The loss of a picture against one photo and one style: what slow mode minimises and evaluation quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from nst.backbones import Backbone
from nst.feature_tiles import FeatureGrid, FeatureTile
from nst.gatys_config import GatysConfig
from nst.losses import (
    content_loss,
    covariance,
    gram_matrix,
    light_losses,
    palette,
    palette_losses,
    raw_moments,
    rms,
    sqrtm,
    style_loss,
    total_variation,
    wasserstein2,
)

_LEAST_SIDE = 16
"""Pixels below which a picture has no features at the deepest layers; the pyramid ends there."""


_ONCE = ("content_weight", "tv_weight", "light_weight", "palette_weight")
"""Weights of what is compared at full size alone."""


class Losses(NamedTuple):
    """Weighted shares and their sum, each a scalar tensor; the content's has that of the light, the style's
    that of the palette."""

    content: Tensor
    style: Tensor
    tv: Tensor
    total: Tensor


Raw = tuple[Tensor, ...]
"""What describes a style layer and can be averaged over pictures and parts: the Gram matrix, or the raw moments."""


class _Known(torch.autograd.Function):
    """``value``, a function of ``image`` with a gradient that is known already."""

    @staticmethod
    def forward(ctx, image: Tensor, value: Tensor, gradient: Tensor) -> Tensor:  # noqa: ANN001
        ctx.save_for_backward(gradient)
        return value.clone()

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN001
        return ctx.saved_tensors[0] * grad, None, None


class Objective:
    """Content, style and total variation losses of a picture, with the targets computed once.

    Args:
        backbone: on the device and in the dtype that the features should be computed in.
        content: the photo, ``(1, 3, H, W)`` in 0..1, on the same device.
        styles: paintings, each ``(1, 3, h, w)`` at the size at which its strokes should be seen, with weights that
            sum to a positive number. Their statistics are averaged, not their losses: with Gram matrices and squares
            the two differ by a constant, and one comparison is cheaper.
        config: layers, weights and kinds of loss. Layer weights are normalised to sum to one under the ``relative``
            balance, and used as they are under the published ones.
        tile: None, or the side of the parts in which features are computed, so that their memory does not grow with
            the picture. Losses and gradients are the same, for half as much arithmetic again and what overlaps.
    """

    def __init__(
        self,
        backbone: Backbone,
        content: Tensor,
        styles: Sequence[tuple[Tensor, float]],
        config: GatysConfig,
        tile: int | None = None,
    ) -> None:
        self.backbone = backbone
        self.config = config
        relative = config.balance == "relative"
        self._content_layers = _normalised(config.content_layers) if relative else dict(config.content_layers)
        self._style_layers = _normalised(config.style_layers) if relative else dict(config.style_layers)
        if config.content_weight == 0:
            self._content_layers = {}
        if config.style_weight == 0:
            self._style_layers = {}
        self._layers = [*self._content_layers, *self._style_layers]
        self._grid = FeatureGrid(backbone.name, self._layers)
        self._tile = tile
        self._channels_last = content.device.type != "mps"  # a quarter faster on CPUs, and cuDNN's own order
        with torch.no_grad():
            self._contents = self._content_targets(content)
            self._scales = {name: rms(features) for name, features in self._contents.items()}
            self._styles = self._style_targets(styles)
        self._photo = content if config.light_weight else None
        self._palette = None
        if config.palette_weight:
            weight = sum(share for _, share in styles)
            self._palette = sum(palette(painting) * (share / weight) for painting, share in styles)
        self._half: Objective | None = None
        smallest = min(side for image in (content, *(image for image, _ in styles)) for side in image.shape[-2:])
        self._sizes = config.pyramid if config.style_weight > 0 and smallest >= 2 * _LEAST_SIDE else 1
        if self._sizes > 1:
            rest = replace(config, **dict.fromkeys(_ONCE, 0.0), pyramid=config.pyramid - 1)
            halved = [(F.avg_pool2d(image, 2), weight) for image, weight in styles]
            self._half = Objective(backbone, F.avg_pool2d(content, 2), halved, rest, tile)

    def __call__(self, image: Tensor) -> Losses:
        """Losses of ``image`` ``(1, 3, H, W)`` in 0..1, of the photo's size; the total is differentiable."""
        tiles = self._grid.tiles(*image.shape[-2:], self._tile)
        if len(tiles) == 1:
            content, seen = self._seen(image, tiles[0])
            content, style = self._weighted(content, seen)
            total = content + style
        else:
            content, style, gradient = self._in_tiles(image.detach(), tiles)
            total = _Known.apply(image, content + style, gradient)
        if self._half is not None:
            half = self._half(F.avg_pool2d(image, 2)).total * (1 - 1 / self._sizes)  # of which all is style
            style, total = style + half, total + half
        if self._photo is not None:
            light = self.config.light_weight * light_losses(image, self._photo)[0]
            content, total = content + light, total + light
        if self._palette is not None:
            colours = self.config.palette_weight * palette_losses(image, self._palette)[0]
            style, total = style + colours, total + colours
        tv = self.config.tv_weight * total_variation(image) if self.config.tv_weight else image.new_zeros(())
        return Losses(content, style, tv, total + tv)

    def _in_tiles(self, image: Tensor, tiles: list[FeatureTile]) -> tuple[Tensor, Tensor, Tensor]:
        """Content and style losses, and the gradient of their sum.

        The style loss needs the statistics of the whole picture, so every part is looked at once for these, and
        once more for its gradient, when it is known how the loss depends on them.
        """
        content, sums = image.new_zeros(()), {}
        with torch.no_grad():
            for tile in tiles:
                part, seen = self._seen(tile.cut(image), tile)
                content = content + part
                _add(sums, seen)
        areas = {name: area for name, (area, _) in sums.items()}
        means = {name: tuple((x / area).requires_grad_() for x in raw) for name, (area, raw) in sums.items()}
        with torch.enable_grad():
            content, style = self._weighted(content, {name: (areas[name], raw) for name, raw in means.items()})
            leaves = [x for raw in means.values() for x in raw]
            pulls = dict(zip(leaves, torch.autograd.grad(style, leaves), strict=True)) if leaves else {}
        gradient = torch.zeros_like(image)
        for tile in tiles:
            with torch.enable_grad():
                part = tile.cut(image).clone().requires_grad_()
                loss, seen = self._seen(part, tile)
                loss = self.config.content_weight * loss
                for name, (area, raw) in seen.items():
                    for x, mean in zip(raw, means[name], strict=True):
                        loss = loss + (x * pulls[mean]).sum() * (area / areas[name])
            tile.cut(gradient).add_(torch.autograd.grad(loss, part)[0])
        return content.detach(), style.detach(), gradient

    def _seen(self, part: Tensor, tile: FeatureTile) -> tuple[Tensor, dict[str, tuple[int, Raw]]]:
        """What a part adds to the content loss; and of each style layer its positions and what describes them."""
        features = self._features(part, tile, self._layers)
        content, config = part.new_zeros(()), self.config
        for name, weight in self._content_layers.items():
            whole = self._contents[name]
            target = tile.of_whole(whole, self._grid.strides[name])
            content = content + weight * content_loss(
                features[name], target, config.criterion, config.balance,
                scale=self._scales[name], share=target.numel() / whole.numel(),
            )  # fmt: skip
        return content, {name: self._described(features[name]) for name in self._style_layers}

    def _weighted(self, content: Tensor, described: dict[str, tuple[int, Raw]]) -> tuple[Tensor, Tensor]:
        """Content and style losses with their weights, of which this size has its share of the style's."""
        config, style = self.config, content.new_zeros(())
        for name, (area, raw) in described.items():
            target = self._styles[name]
            if config.statistic == "wasserstein":
                loss = wasserstein2(raw[0], covariance(*raw), *target)
            else:
                loss = style_loss(raw[0], target[0], area, config.criterion, config.balance)
            style = style + self._style_layers[name] * loss
        return config.content_weight * content, config.style_weight / self._sizes * style

    def _features(self, part: Tensor, tile: FeatureTile, layers: Sequence[str] | dict[str, float]) -> dict[str, Tensor]:
        """The part's own features."""
        if not layers:
            return {}
        if self._channels_last:
            part = part.contiguous(memory_format=torch.channels_last)
        return {name: tile.own(x, self._grid.strides[name]) for name, x in self.backbone(part, layers).items()}

    def _described(self, features: Tensor) -> tuple[int, Raw]:
        area = features.shape[-2] * features.shape[-1]
        return area, raw_moments(features) if self.config.statistic == "wasserstein" else (gram_matrix(features),)

    def _content_targets(self, content: Tensor) -> dict[str, Tensor]:
        height, width = content.shape[-2:]
        tiles, targets = self._grid.tiles(height, width, self._tile), {}
        for tile in tiles:
            for name, x in self._features(tile.cut(content), tile, self._content_layers).items():
                if len(tiles) == 1:
                    targets[name] = x.float()
                    continue
                stride = self._grid.strides[name]
                if name not in targets:
                    targets[name] = x.new_empty(1, x.shape[1], height // stride, width // stride, dtype=torch.float32)
                tile.of_whole(targets[name], stride).copy_(x)
        return targets

    def _style_targets(self, styles: Sequence[tuple[Tensor, float]]) -> dict[str, tuple[Tensor, ...]]:
        if not self._style_layers:
            return {}
        total = sum(weight for _, weight in styles)
        means: dict[str, list[Tensor]] = {}
        for image, weight in styles:
            sums: dict[str, tuple[int, Raw]] = {}
            for tile in self._grid.tiles(*image.shape[-2:], self._tile):
                features = self._features(tile.cut(image), tile, self._style_layers)
                _add(sums, {name: self._described(x) for name, x in features.items()})
            for name, (area, raw) in sums.items():
                parts = [x * (weight / total / area) for x in raw]
                means[name] = [a + b for a, b in zip(means[name], parts, strict=True)] if name in means else parts
        if self.config.statistic != "wasserstein":
            return {name: (gram,) for name, (gram,) in means.items()}
        targets = {}
        for name, (mean, second) in means.items():
            cov = covariance(mean, second)
            targets[name] = (mean, cov, sqrtm(cov))
        return targets


def _add(sums: dict[str, tuple[int, Raw]], seen: dict[str, tuple[int, Raw]]) -> None:
    """Add sums over the positions of a part, given as means."""
    for name, (area, raw) in seen.items():
        before, sofar = sums.get(name, (0, (0.0,) * len(raw)))
        sums[name] = (before + area, tuple(a + b * area for a, b in zip(sofar, raw, strict=True)))


def _normalised(layers: tuple[tuple[str, float], ...]) -> dict[str, float]:
    total = sum(weight for _, weight in layers)
    return {name: weight / total for name, weight in layers if weight > 0}
