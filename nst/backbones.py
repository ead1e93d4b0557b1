"""Feature extractors by layer name: VGG-16, VGG-19 and AlexNet.

Pictures go in as RGB in 0..1; each backbone normalises inside itself. Layers are named as in the papers:
``relu4_2`` is the second convolution of the fourth stage after its ReLU, ``conv4_2`` the same before it,
``pool4`` the pooling that ends the stage. AlexNet's five convolutions are named in the same spirit:
``relu1_1``, ``relu2_1``, ``relu3_1``, ``relu3_2``, ``relu3_3``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.backbone_weights import BackboneWeights, calibration_images, does_not_fit, read_weights
from nst.errors import ConfigError

Pooling = Literal["max", "average"]


@dataclass(frozen=True)
class Conv:
    """One convolution with its ReLU: channels out, kernel, stride and padding."""

    name: str  # "4_2"
    channels: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1


@dataclass(frozen=True)
class Pool:
    """One pooling: its window and stride."""

    name: str  # "4"
    kernel: int = 2
    stride: int = 2


def _vgg(*convs_per_stage: int) -> tuple[Conv | Pool, ...]:
    layers: list[Conv | Pool] = []
    for stage, (count, channels) in enumerate(zip(convs_per_stage, (64, 128, 256, 512, 512), strict=True), 1):
        layers += [Conv(f"{stage}_{i}", channels) for i in range(1, count + 1)]
        layers.append(Pool(str(stage)))
    return tuple(layers)


ARCHITECTURES: dict[str, tuple[Conv | Pool, ...]] = {
    "vgg16": _vgg(2, 2, 3, 3, 3),
    "vgg19": _vgg(2, 2, 4, 4, 4),
    "alexnet": (
        Conv("1_1", 64, kernel=11, stride=4, padding=2),
        Pool("1", kernel=3),
        Conv("2_1", 192, kernel=5, padding=2),
        Pool("2", kernel=3),
        Conv("3_1", 384),
        Conv("3_2", 256),
        Conv("3_3", 256),
    ),
}
"""Every backbone as a plain list of layers; the one place that knows their shapes."""


def layer_names(backbone: str) -> list[str]:
    """Every layer that can be asked of ``backbone``, from shallow to deep."""
    if backbone not in ARCHITECTURES:
        raise ConfigError(f"There is no backbone '{backbone[:40]}': choose one of {', '.join(ARCHITECTURES)}.")
    names: list[str] = []
    for layer in ARCHITECTURES[backbone]:
        names += [f"pool{layer.name}"] if isinstance(layer, Pool) else [f"conv{layer.name}", f"relu{layer.name}"]
    return names


def check_layers(backbone: str, layers: Iterable[str]) -> None:
    """Refuse a layer that ``backbone`` does not have, naming those that it has.

    Raises:
        ConfigError: unknown backbone or layer, or no layer at all.
    """
    known = layer_names(backbone)
    layers = list(layers)
    if not layers:
        raise ConfigError("No layer is given: name at least one, such as relu4_2.")
    for name in layers:
        if name not in known:
            relus = [n for n in known if n.startswith("relu")]
            raise ConfigError(f"{backbone} has no layer '{name[:40]}': choose from {', '.join(relus)}.")


class Backbone(nn.Module):
    """A frozen convolutional network that returns the features of named layers.

    Args:
        name: a key of :data:`ARCHITECTURES`.
        weights: its convolutions, as :func:`nst.backbone_weights.read_weights` gives them.
        pooling: ``max`` as trained, or ``average`` (Gatys et al. 2016 found it smoother), with a gain per
            pooling that keeps the mean activation at what max pooling gives.
    """

    def __init__(self, name: str, weights: BackboneWeights, pooling: Pooling = "max") -> None:
        super().__init__()
        if pooling not in ("max", "average"):
            raise ConfigError(f"There is no pooling '{str(pooling)[:40]}': choose max or average.")
        self.name = name
        self.pooling = pooling
        self.layers = ARCHITECTURES[name]
        self.pool_gains: Mapping[str, float] = weights.pool_gains
        self.register_buffer("mean", torch.tensor(weights.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(weights.std).view(1, 3, 1, 1))
        self.convs = nn.ModuleDict()
        channels = 3
        for layer in self.layers:
            if isinstance(layer, Pool) or f"conv{layer.name}.weight" not in weights.tensors:
                continue
            conv = nn.Conv2d(channels, layer.channels, layer.kernel, layer.stride, layer.padding)
            try:
                conv.weight.data.copy_(weights.tensors[f"conv{layer.name}.weight"])
                conv.bias.data.copy_(weights.tensors[f"conv{layer.name}.bias"])
            except (KeyError, RuntimeError):
                raise does_not_fit(name) from None
            self.convs[layer.name] = conv
            channels = layer.channels
        self.eval().requires_grad_(False)

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Features of ``layers`` for ``image`` ``(N, 3, H, W)`` in 0..1; nothing deeper is computed.

        The features come in the dtype of the network's weights.
        """
        wanted = set(layers)
        check_layers(self.name, wanted)
        found: dict[str, Tensor] = {}
        first = next(iter(self.convs.values()))
        x = ((image - self.mean) / self.std).to(first.weight.dtype)
        for layer in self.layers:
            if isinstance(layer, Pool):
                x = self._pool(x, layer)
                found.update({f"pool{layer.name}": x} if f"pool{layer.name}" in wanted else {})
            else:
                x = self.convs[layer.name](x)
                if f"conv{layer.name}" in wanted:
                    found[f"conv{layer.name}"] = x
                    x = F.relu(x)
                else:
                    x = F.relu_(x)  # in place: nothing else needs the value before the ReLU
                if f"relu{layer.name}" in wanted:
                    found[f"relu{layer.name}"] = x
            if len(found) == len(wanted):
                break
        return found

    def _pool(self, x: Tensor, pool: Pool) -> Tensor:
        if self.pooling == "max":
            return F.max_pool2d(x, pool.kernel, pool.stride)
        return F.avg_pool2d(x, pool.kernel, pool.stride) * self.pool_gains.get(pool.name, 1.0)

    @torch.no_grad()
    def mean_activations(self, images: Iterable[Tensor]) -> dict[str, Tensor]:
        """Mean activation of each filter after its ReLU, over ``images`` (each ``(1, 3, H, W)``) and positions."""
        relus = [f"relu{name}" for name in self.convs]
        sums: dict[str, Tensor] = {}
        positions = dict.fromkeys(relus, 0)
        for image in images:
            for relu, features in self(image, relus).items():
                total = features.double().sum((0, 2, 3))
                sums[relu] = sums[relu] + total if relu in sums else total
                positions[relu] += features.shape[0] * features.shape[2] * features.shape[3]
        return {relu: sums[relu] / positions[relu] for relu in relus}

    def normalize_(self, means: Mapping[str, Tensor]) -> Backbone:
        """Scale each filter so that its mean activation becomes one, in place (Gatys et al. 2016).

        The next convolution's weights are divided by the same factors, so that every layer computes what it
        did before, up to its own scale (ReLU and both poolings pass a positive factor through).
        A filter that is silent on every picture (mean under 1e-6 of its layer's) is left as it is.
        """
        factors: Tensor | None = None
        for name, conv in self.convs.items():
            if factors is not None:
                conv.weight.data *= (1 / factors).to(conv.weight.dtype).view(1, -1, 1, 1)
            mean = means[f"relu{name}"].to(conv.weight.device, torch.float32)
            factors = torch.where(mean > 1e-6 * mean.mean(), 1 / mean.clamp_min(1e-30), torch.ones_like(mean))
            conv.weight.data *= factors.to(conv.weight.dtype).view(-1, 1, 1, 1)
            conv.bias.data *= factors.to(conv.bias.dtype)
        return self


@torch.no_grad()
def measure_pool_gains(name: str, weights: BackboneWeights, images: Iterable[Tensor]) -> dict[str, float]:
    """Gains that keep the mean after each average pooling at that of the network with max pooling.

    Measured from shallow to deep over ``images`` (each ``(1, 3, H, W)``), with the gains found so far in force: what
    average pooling changes in one stage changes the next.
    """
    images = list(images)
    trained = Backbone(name, weights)
    gains: dict[str, float] = {}
    for pool in ARCHITECTURES[name]:
        layer = f"pool{pool.name}"
        if not isinstance(pool, Pool) or not any(conv.startswith(f"{pool.name}_") for conv in trained.convs):
            continue
        averaging = Backbone(name, replace(weights, pool_gains=gains), "average")
        means = [sum(net(image, [layer])[layer].double().mean() for image in images) for net in (trained, averaging)]
        gains[pool.name] = float(means[0] / means[1])
    return gains


def load_backbone(
    name: str = "vgg16",
    *,
    pooling: Pooling = "max",
    normalized: bool = False,
    weights: BackboneWeights | None = None,
) -> Backbone:
    """Build a backbone with its ImageNet weights, in float32 on the CPU.

    VGG-16 is embedded in the project; VGG-19 and AlexNet come from torchvision's weight registry, cached.

    Args:
        pooling: ``max`` or ``average``.
        normalized: scale the filters to a mean activation of one, see :meth:`Backbone.normalize_`.
        weights: use these instead of the published ones.

    Raises:
        ConfigError: there is no such backbone or pooling.
        BackboneError: its weights are not here and cannot be fetched.
    """
    layer_names(name)
    weights = weights if weights is not None else read_weights(name)
    if pooling == "average" and not weights.pool_gains:
        gains = measure_pool_gains(name, weights, calibration_images())
        weights = replace(weights, pool_gains=gains)
    backbone = Backbone(name, weights, pooling)
    if normalized:
        means = weights.mean_activations.get(pooling)
        backbone.normalize_(means if means is not None else backbone.mean_activations(calibration_images()))
    return backbone
