"""VGG-16 as an encoder, partly frozen, and a decoder that is learnt.

Of one of the reports that this project grew from: the first 20 layers of VGG-16 (as torchvision counts them, up to
conv4_2) stay as they are, the poolings after them become instance normalisation, and a decoder brings 512 channels back
to 3, here by three times nearest-neighbour upsampling and a convolution.

The frozen layers are those that the project embeds, and are not saved again.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.backbones import Backbone, load_backbone
from nst.errors import ConfigError
from nst.networks.reflect import ReflectConv2d
from nst.networks.single import SingleStyle, check_norm, norm

# Convolutions by their number among torchvision's layers.
_CONVS = {
    0: "1_1", 2: "1_2", 5: "2_1", 7: "2_2", 10: "3_1", 12: "3_2", 14: "3_3",
    17: "4_1", 19: "4_2", 21: "4_3", 24: "5_1", 26: "5_2", 28: "5_3",
}  # fmt: skip
_NAMES = tuple(_CONVS.values())
_POOLS = ("1_2", "2_2", "3_3")  # those that remain poolings
_NORMALISED = ("4_3", "5_3")  # after these, what were poolings


@dataclass(frozen=True)
class Vgg16DecoderConfig:
    """How many of VGG-16's layers are frozen (20 as reported; 0 to train it all), and the normalisation."""

    frozen: int = 20
    norm: str = "instance"

    def __post_init__(self) -> None:
        if not 0 <= self.frozen <= 31:
            raise ConfigError("VGG-16 has 31 layers, of which 0 to 31 can be frozen.")
        check_norm(self.norm)


class Vgg16Decoder(SingleStyle):
    """See the module's docstring."""

    multiple = 8

    def __init__(self, config: Vgg16DecoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or Vgg16DecoderConfig()
        self._frozen = [name for number, name in _CONVS.items() if number < config.frozen]
        learnt = [name for name in _CONVS.values() if name not in self._frozen]
        # In a list, which hides it from state and parameters: it is no part of what is learnt.
        self._backbone: list[Backbone] = []
        self.encoder = nn.ModuleDict()
        for name in learnt:
            inputs, outputs = _channels(name)
            self.encoder[name] = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norms = nn.ModuleDict({name: norm(config.norm, 512) for name in _NORMALISED})
        sides = ((512, 256), (256, 128), (128, 64))
        self.ups = nn.ModuleList(ReflectConv2d(i, o, 3) for i, o in sides)
        self.up_norms = nn.ModuleList(norm(config.norm, o) for _, o in sides)
        self.out = ReflectConv2d(64, 3, 3)
        if self.out.weight.device.type != "meta":  # learning begins from VGG-16 itself
            for name, conv in self.encoder.items():
                conv.load_state_dict(self._vgg("cpu").convs[name].state_dict())

    def paint(self, image: Tensor) -> Tensor:
        """Paint ``image`` ``(N, 3, H, W)`` in 0..1, sides multiples of 8."""
        backbone = self._vgg(image.device)
        x = (image - backbone.mean) / backbone.std
        # Before the first thing that is learnt nothing needs a gradient: that is what freezing saves.
        untouched = list(itertools.takewhile(lambda name: name in self._frozen and name not in _NORMALISED, _NAMES))
        with torch.no_grad():
            for name in untouched:
                x = self._encode(x, name, backbone)
        for name in _NAMES[len(untouched) :]:
            x = self._encode(x, name, backbone)
        for up, normalise in zip(self.ups, self.up_norms, strict=True):
            x = F.relu(normalise(up(F.interpolate(x, scale_factor=2, mode="nearest"))))
        return torch.sigmoid(self.out(x).float())

    def _encode(self, x: Tensor, name: str, backbone: Backbone) -> Tensor:
        conv = self.encoder[name] if name in self.encoder else backbone.convs[name]
        x = F.relu(conv(x))
        if name in _POOLS:
            return F.max_pool2d(x, 2)
        return self.norms[name](x) if name in _NORMALISED else x

    def _vgg(self, device: torch.device | str) -> Backbone:
        if not self._backbone:
            self._backbone.append(load_backbone("vgg16"))
        return self._backbone[0].to(device)


def _channels(name: str) -> tuple[int, int]:
    widths = {"1": 64, "2": 128, "3": 256, "4": 512, "5": 512}
    stage, number = name.split("_")
    before = {"1": 3, "2": 64, "3": 128, "4": 256, "5": 512}[stage]
    return (before if number == "1" else widths[stage]), widths[stage]
