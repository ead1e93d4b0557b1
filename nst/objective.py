"""The loss of a picture against one photo and one style: what slow mode minimises and evaluation quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nst.backbones import Backbone
from nst.gatys_config import GatysConfig
from nst.losses import content_loss, gram_matrix, moments, sqrtm, style_loss, total_variation, wasserstein2


class Losses(NamedTuple):
    """Weighted shares and their sum, each a scalar tensor."""

    content: Tensor
    style: Tensor
    tv: Tensor
    total: Tensor


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
    """

    def __init__(
        self, backbone: Backbone, content: Tensor, styles: Sequence[tuple[Tensor, float]], config: GatysConfig
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
        self._channels_last = content.device.type != "mps"  # a quarter faster on CPUs, and cuDNN's own order
        with torch.no_grad():
            self._contents = {k: v.float() for k, v in self._features(content, self._content_layers).items()}
            self._styles = self._style_targets(styles)

    def __call__(self, image: Tensor) -> Losses:
        """Losses of ``image`` ``(1, 3, H, W)`` in 0..1, of the photo's size; differentiable."""
        config = self.config
        features = self._features(image, self._layers)
        content = style = image.new_zeros(())
        for name, weight in self._content_layers.items():
            loss = content_loss(features[name], self._contents[name], config.criterion, config.balance)
            content = content + weight * loss
        for name, weight in self._style_layers.items():
            style = style + weight * self._style_distance(features[name], self._styles[name])
        content, style = config.content_weight * content, config.style_weight * style
        tv = config.tv_weight * total_variation(image) if config.tv_weight else image.new_zeros(())
        return Losses(content, style, tv, content + style + tv)

    def _features(self, image: Tensor, layers: Sequence[str] | dict[str, float]) -> dict[str, Tensor]:
        if not layers:
            return {}
        if self._channels_last:
            image = image.contiguous(memory_format=torch.channels_last)
        return self.backbone(image, layers)

    def _style_distance(self, features: Tensor, target: tuple[Tensor, ...]) -> Tensor:
        if self.config.statistic == "wasserstein":
            return wasserstein2(*moments(features), *target)
        area = features.shape[-2] * features.shape[-1]
        return style_loss(gram_matrix(features), target[0], area, self.config.criterion, self.config.balance)

    def _style_targets(self, styles: Sequence[tuple[Tensor, float]]) -> dict[str, tuple[Tensor, ...]]:
        if not self._style_layers:
            return {}
        total = sum(weight for _, weight in styles)
        sums: dict[str, list[Tensor]] = {}
        for image, weight in styles:
            for name, features in self._features(image, self._style_layers).items():
                if self.config.statistic == "wasserstein":
                    mean, cov = moments(features)
                    parts = [mean, cov + torch.outer(mean, mean)]  # raw moments average, covariances do not
                else:
                    parts = [gram_matrix(features)]
                parts = [part * (weight / total) for part in parts]
                sums[name] = [a + b for a, b in zip(sums[name], parts, strict=True)] if name in sums else parts
        if self.config.statistic != "wasserstein":
            return {name: (gram,) for name, (gram,) in sums.items()}
        targets = {}
        for name, (mean, second) in sums.items():
            cov = second - torch.outer(mean, mean)
            targets[name] = (mean, cov, sqrtm(cov))
        return targets


def _normalised(layers: tuple[tuple[str, float], ...]) -> dict[str, float]:
    total = sum(weight for _, weight in layers)
    return {name: weight / total for name, weight in layers if weight > 0}
