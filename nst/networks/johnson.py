"""The network of Johnson, Alahi and Fei-Fei 2016, exactly as the table of its supplementary material has it.

The photo gets a wide reflected border; the residual blocks use none, so that each eats some of it, and the painting has
the photo's size in the end without having seen any padding in its deep layers. For 256×256 pixels::

    reflection padding 40        336×336    five residual blocks of 128    80, 76, 72, 68, 64
    32 of 9×9, stride 1          336×336    64 of 3×3, stride 1/2          128×128
    64 of 3×3, stride 2          168×168    32 of 3×3, stride 1/2          256×256
    128 of 3×3, stride 2           84×84    3 of 9×9, stride 1, tanh       256×256
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.errors import ConfigError
from nst.networks.single import SingleStyle, check_norm, norm


@dataclass(frozen=True)
class JohnsonConfig:
    """Channels at full size (32 as published), residual blocks, and the normalisation (``batch`` as published)."""

    width: int = 32
    blocks: int = 5
    norm: str = "batch"

    def __post_init__(self) -> None:
        if not (1 <= self.width <= 256 and 1 <= self.blocks <= 32):
            raise ConfigError("The network needs a width of 1 to 256 and 1 to 32 blocks.")
        check_norm(self.norm)


class _Block(nn.Module):
    """Two convolutions without padding, and the middle of the input."""

    def __init__(self, channels: int, kind: str) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(channels, channels, 3), norm(kind, channels)
        self.conv2, self.norm2 = nn.Conv2d(channels, channels, 3), norm(kind, channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return x[..., 2:-2, 2:-2] + y


class Johnson(SingleStyle):
    """See the module's docstring."""

    def __init__(self, config: JohnsonConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or JohnsonConfig()
        full, half, quarter = (config.width << n for n in range(3))
        self.border = 8 * config.blocks  # what the blocks eat, at full size
        self.convs = nn.ModuleList(
            [
                nn.Conv2d(3, full, 9, padding=4),
                nn.Conv2d(full, half, 3, stride=2, padding=1),
                nn.Conv2d(half, quarter, 3, stride=2, padding=1),
            ]
        )
        self.norms = nn.ModuleList(norm(config.norm, channels) for channels in (full, half, quarter))
        self.blocks = nn.ModuleList(_Block(quarter, config.norm) for _ in range(config.blocks))
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(inputs, inputs // 2, 3, stride=2, padding=1, output_padding=1)
            for inputs in (quarter, half)
        )
        self.up_norms = nn.ModuleList(norm(config.norm, channels) for channels in (half, full))
        self.out = nn.Conv2d(full, 3, 9, padding=4)

    def paint(self, image: Tensor) -> Tensor:
        """Paint ``image`` ``(N, 3, H, W)`` in 0..1, sides multiples of 4."""
        x = _reflect(image, self.border)
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = F.relu(normalise(conv(x)))
        for block in self.blocks:
            x = block(x)
        for up, normalise in zip(self.ups, self.up_norms, strict=True):
            x = F.relu(normalise(up(x)))
        return (torch.tanh(self.out(x).float()) + 1) / 2


def _reflect(image: Tensor, border: int) -> Tensor:
    """Reflection padding, in several steps where the picture is smaller than its border."""
    while border:
        step = min(border, min(image.shape[-2:]) - 1)
        image = F.pad(image, [step] * 4, mode="reflect")
        border -= step
    return image
