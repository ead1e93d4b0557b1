"""The network of Johnson, Alahi and Fei-Fei 2016 in the form in which it is best known, that of pytorch/examples.

Three changes to the paper became customary: instance instead of batch normalisation (Ulyanov et al. 2016), reflection
padding, and nearest-neighbour upsampling instead of transposed convolutions (Odena et al. 2016). It is the reference
that the project's own trunk is measured against, so it is built just as it is commonly run.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.errors import ConfigError
from nst.networks.single import SingleStyle


@dataclass(frozen=True)
class PytorchExamplesConfig:
    """Channels at full size (32 as published), and residual blocks."""

    width: int = 32
    blocks: int = 5

    def __post_init__(self) -> None:
        if not (1 <= self.width <= 256 and 1 <= self.blocks <= 32):
            raise ConfigError("The network needs a width of 1 to 256 and 1 to 32 blocks.")


class _Layer(nn.Module):
    """Reflection padding and a convolution, after nearest-neighbour upsampling where ``upsample`` is not 1."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, upsample: int = 1) -> None:
        super().__init__()
        self.upsample = upsample
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.c = nn.Conv2d(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        if self.upsample > 1:
            x = F.interpolate(x, scale_factor=self.upsample, mode="nearest")
        return self.c(self.pad(x))


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _Layer(channels, channels, 3)
        self.in1 = nn.InstanceNorm2d(channels, affine=True)
        self.conv2 = _Layer(channels, channels, 3)
        self.in2 = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.in2(self.conv2(F.relu(self.in1(self.conv1(x)))))


class PytorchExamples(SingleStyle):
    """Pictures go in and come out as RGB in 0..1; inside, they are 0..255."""

    def __init__(self, config: PytorchExamplesConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or PytorchExamplesConfig()
        width = config.width
        self.conv1 = _Layer(3, width, 9)
        self.in1 = nn.InstanceNorm2d(width, affine=True)
        self.conv2 = _Layer(width, 2 * width, 3, stride=2)
        self.in2 = nn.InstanceNorm2d(2 * width, affine=True)
        self.conv3 = _Layer(2 * width, 4 * width, 3, stride=2)
        self.in3 = nn.InstanceNorm2d(4 * width, affine=True)
        for i in range(1, config.blocks + 1):
            self.add_module(f"res{i}", _Block(4 * width))
        self.deconv1 = _Layer(4 * width, 2 * width, 3, upsample=2)
        self.in4 = nn.InstanceNorm2d(2 * width, affine=True)
        self.deconv2 = _Layer(2 * width, width, 3, upsample=2)
        self.in5 = nn.InstanceNorm2d(width, affine=True)
        self.deconv3 = _Layer(width, 3, 9)

    def paint(self, image: Tensor) -> Tensor:
        """Paint ``image`` ``(N, 3, H, W)`` in 0..1, sides multiples of 4."""
        x = F.relu(self.in1(self.conv1(image * 255)))
        x = F.relu(self.in2(self.conv2(x)))
        x = F.relu(self.in3(self.conv3(x)))
        for i in range(1, self.config.blocks + 1):
            x = self.get_submodule(f"res{i}")(x)
        x = F.relu(self.in4(self.deconv1(x)))
        x = F.relu(self.in5(self.deconv2(x)))
        return torch.clamp(self.deconv3(x) / 255, 0, 1)
