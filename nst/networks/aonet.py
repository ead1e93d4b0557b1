"""AONet, a residual network that works at a quarter of the size from its second convolution on.

Of one of the reports that this project grew from, which names its parts: strong down-sampling from 3 to 128 channels,
five residual blocks of 128, up-sampling or deconvolution back to 3, instance normalisation. What it leaves open is
chosen here: two convolutions of stride 2 (9×9 to 32 channels, 3×3 to 128), and the same backwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.errors import ConfigError
from nst.networks.reflect import ReflectConv2d
from nst.networks.single import SingleStyle, check_norm, norm

UPSAMPLINGS = ("nearest", "deconvolution")


@dataclass(frozen=True)
class AONetConfig:
    """Channels of the residual blocks, their number, the way back up, and the normalisation."""

    width: int = 128
    blocks: int = 5
    upsampling: str = "nearest"
    norm: str = "instance"

    def __post_init__(self) -> None:
        if not (4 <= self.width <= 512 and self.width % 4 == 0 and 1 <= self.blocks <= 32):
            raise ConfigError("The network needs a width of 4 to 512, a multiple of 4, and 1 to 32 blocks.")
        if self.upsampling not in UPSAMPLINGS:
            raise ConfigError(f"The upsampling is one of {', '.join(UPSAMPLINGS)}.")
        check_norm(self.norm)


class _Up(nn.Module):
    """Twice the size."""

    def __init__(self, inputs: int, outputs: int, kernel: int, upsampling: str) -> None:
        super().__init__()
        self.nearest = upsampling == "nearest"
        if self.nearest:
            self.conv: nn.Module = ReflectConv2d(inputs, outputs, kernel)
        else:
            self.conv = nn.ConvTranspose2d(inputs, outputs, kernel, 2, padding=kernel // 2, output_padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest") if self.nearest else x)


class _Block(nn.Module):
    def __init__(self, channels: int, kind: str) -> None:
        super().__init__()
        self.conv1, self.norm1 = ReflectConv2d(channels, channels, 3), norm(kind, channels)
        self.conv2, self.norm2 = ReflectConv2d(channels, channels, 3), norm(kind, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))


class AONet(SingleStyle):
    """See the module's docstring."""

    def __init__(self, config: AONetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or AONetConfig()
        deep, shallow = config.width, config.width // 4
        self.conv1, self.norm1 = ReflectConv2d(3, shallow, 9, 2), norm(config.norm, shallow)
        self.conv2, self.norm2 = ReflectConv2d(shallow, deep, 3, 2), norm(config.norm, deep)
        self.blocks = nn.ModuleList(_Block(deep, config.norm) for _ in range(config.blocks))
        self.up1, self.norm3 = _Up(deep, shallow, 3, config.upsampling), norm(config.norm, shallow)
        self.up2 = _Up(shallow, 3, 9, config.upsampling)

    def paint(self, image: Tensor) -> Tensor:
        """Paint ``image`` ``(N, 3, H, W)`` in 0..1, sides multiples of 4."""
        x = F.relu(self.norm1(self.conv1(image * 2 - 1)))
        x = F.relu(self.norm2(self.conv2(x)))
        for block in self.blocks:
            x = block(x)
        x = F.relu(self.norm3(self.up1(x)))
        return torch.sigmoid(self.up2(x).float())
