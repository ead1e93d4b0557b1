"""One trunk, many styles: Johnson et al. 2016's network with conditional instance normalisation (Dumoulin et al. 2017).

A style is a *code*: one scale and one shift for every normalised channel and for the output, and gains of the noise.
All else is shared. Pictures go in and come out as RGB in 0..1.

Differences from the published network, each for a reason:

- The picture is folded (space to depth) before the first convolution, so that none works at full size: the 9×9
  convolutions at full size are most of the published network's time on a CPU.
- Upsampling is nearest-neighbour followed by a convolution, which cannot make a checkerboard (Odena et al. 2016), but
  computed at the low resolution: see :class:`nst.networks.up_conv.UpConv`.
- Noise that follows from the place gives a clear sky something to begin with: see :mod:`nst.networks.noise_field`.
- Padding is by reflection everywhere. The output is bounded by a sigmoid.
- The photo joins the output through a gain that belongs to the code, so that one code reproduces the photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.errors import ConfigError
from nst.networks.conditional_norm import ConditionalNorm, Statistics
from nst.networks.noise_field import CELL, ConditionalNoise
from nst.networks.reflect import ReflectConv2d
from nst.networks.up_conv import UpConv

_EDGE = 1 / 512  # half a grey level: how close to black and white the photo's own logit goes


@dataclass(frozen=True)
class MultistyleConfig:
    """The shape of the network.

    Attributes:
        width: channels at half size; twice as many at quarter size.
        blocks: residual blocks at quarter size.
        fold: 1 starts at full size with a 9×9 convolution, as published; 2 and 4 fold that many pixels
            each way into channels first.
        noise: whether noise is added where the blocks begin.
    """

    width: int = 48
    blocks: int = 5
    fold: int = 2
    noise: bool = False

    def __post_init__(self) -> None:
        if self.fold not in (1, 2, 4):
            raise ConfigError("The fold of the network is 1, 2 or 4.")
        if not (1 <= self.width <= 256 and 1 <= self.blocks <= 32):
            raise ConfigError("The network needs a width of 1 to 256 and 1 to 32 blocks.")


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> ReflectConv2d:
    """Without a bias: a normalisation follows, which would remove it."""
    return ReflectConv2d(inputs, outputs, kernel, stride, bias=False)


class Residual(nn.Module):
    """Two convolutions, each normalised, around an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _conv(channels, channels, 3)
        self.norm1 = ConditionalNorm(channels)
        self.conv2 = _conv(channels, channels, 3)
        self.norm2 = ConditionalNorm(channels)

    def forward(self, x: Tensor, codes: list[Tensor], statistics: Statistics | None = None) -> Tensor:
        y = F.relu_(self.norm1(self.conv1(x), codes[0], statistics))
        return self.norm2(self.conv2(y), codes[1], statistics).add_(x)


class Multistyle(nn.Module):
    """The shared trunk. See the module's docstring."""

    multiple = 4  # sides must be multiples of this

    def __init__(self, config: MultistyleConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or MultistyleConfig()
        deep = 2 * config.width
        stem = {1: config.width // 2, 2: config.width, 4: deep}[config.fold]
        down, up = [], []
        for inputs in range({1: 2, 2: 1, 4: 0}[config.fold]):
            inputs = stem << inputs
            down += [_conv(inputs, 2 * inputs, 3, stride=2), ConditionalNorm(2 * inputs)]
            up = [UpConv(2 * inputs, inputs, 3, factor=2), ConditionalNorm(inputs), *up]
        self.stem = _conv(3 * config.fold**2, stem, {1: 9, 2: 5, 4: 3}[config.fold])
        self.stem_norm = ConditionalNorm(stem)
        self.down = nn.ModuleList(down)
        self.noise = ConditionalNoise(deep) if config.noise else None
        self.blocks = nn.ModuleList(Residual(deep) for _ in range(config.blocks))
        self.up = nn.ModuleList(up)
        self.out = UpConv(stem, 3, {1: 9, 2: 5, 4: 7}[config.fold], factor=config.fold)
        self._coded = {k: m.code_size for k, m in self.named_modules() if hasattr(m, "code_size") and m is not self}
        # Output: three scales of the network's logits, three shifts, three gains of the photo's own logits.
        self.code_size = sum(self._coded.values()) + 9

    @property
    def reach(self) -> int:
        """Pixels further away than this change nothing, but through the statistics; a multiple of :attr:`multiple`."""
        config = self.config
        reach, cell = config.fold * (self.stem.kernel_size[0] // 2) + config.fold - 1, config.fold
        for _ in self.down[::2]:
            reach, cell = reach + 2 * cell, 2 * cell  # to either side; an even side's last pixel sees one less
        reach += 2 * cell * config.blocks
        for conv in (*self.up[::2], self.out):
            reach, cell = reach + conv.pad * cell, cell // conv.factor
        return -(-reach // self.multiple) * self.multiple

    def new_codes(self, count: int) -> Tensor:
        """Codes of styles to begin training with, ``(count, code_size)``: plain normalisation, nothing of the photo.

        With some of the photo to begin with, styles stay weak: half of it made the objective a quarter worse after
        400 steps.
        """
        return torch.zeros(count, self.code_size)

    def learnt(self) -> Tensor:
        """Which entries of a style's code are learnt, ``(code_size,)`` of ones and zeros.

        All but the gain of the photo: with it, training lays the photo over the painting, which lowers the content loss
        and looks like a double exposure.
        """
        learnt = torch.ones(self.code_size)
        learnt[-3:] = 0
        return learnt

    def new_identity(self) -> Tensor:
        """The code ``(code_size,)`` from which reproducing the photo is learnt: all of the photo."""
        code = torch.zeros(self.code_size)
        code[-3:] = 1
        return code

    @torch.no_grad()
    def grow_from(self, smaller: Multistyle, codes: Tensor) -> Tensor:
        """Take over a network of fewer parts, and give its ``codes`` ``(N, smaller.code_size)`` for this one.

        Blocks that this network has more come after those of the other. What is new adds nothing yet, so that the
        pictures are the same, and is there for training to use.
        """
        self.load_state_dict(self.state_dict() | smaller.state_dict())
        known = dict(zip(smaller._coded, codes.split([*smaller._coded.values(), 9], 1), strict=False))
        grown = []
        for name, size in self._coded.items():
            part = known.get(name)
            if part is None:
                part = codes.new_zeros(len(codes), size)
                if name.endswith(".norm2"):
                    part[:, : size // 2] = -1  # a scale of zero
            grown.append(part)
        return torch.cat([*grown, codes[:, -9:]], 1)

    def forward(
        self,
        image: Tensor,
        code: Tensor,
        statistics: Statistics | None = None,
        origins: Sequence[tuple[int, int]] | None = None,
    ) -> Tensor:
        """Paint ``image`` ``(N, 3, H, W)`` in 0..1, sides multiples of :attr:`multiple`, with ``code``
        ``(N, code_size)``.

        With ``statistics`` the pictures of the batch are parts of one picture, of which those are. ``origins`` are
        their places (top, left) in the noise, in pixels.
        """
        *parts, out = code.split([*self._coded.values(), 9], 1)
        codes = iter(parts)
        x = F.pixel_unshuffle(image * 2 - 1, self.config.fold)
        x = x.contiguous(memory_format=torch.channels_last)  # twice as fast on CPUs, and cuDNN's own order
        x = F.relu_(self.stem_norm(self.stem(x), next(codes), statistics))
        for conv, norm in zip(self.down[::2], self.down[1::2], strict=True):
            x = F.relu_(norm(conv(x), next(codes), statistics))
        if self.noise is not None:
            cells = None if origins is None else [(top // CELL, left // CELL) for top, left in origins]
            x = self.noise(x, next(codes), cells)
        for block in self.blocks:
            x = block(x, [next(codes), next(codes)], statistics)
        for conv, norm in zip(self.up[::2], self.up[1::2], strict=True):
            x = F.relu_(norm(conv(x), next(codes), statistics))
        logits = self.out(x).float()
        scale, shift, gain = out.float()[:, :, None, None].chunk(3, 1)
        photo = torch.logit(image.float(), eps=_EDGE)
        return torch.sigmoid(logits * (1 + scale) + shift + gain * photo)
