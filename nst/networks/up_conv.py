"""Upsampling that cannot make a checkerboard (Odena et al. 2016), computed at the low resolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.networks.reflect import reflect


class UpConv(nn.Module):
    """Nearest-neighbour upsampling by ``factor``, then a convolution, computed at the low resolution.

    Each of the factor² pixels that grow out of one sees a few low-resolution neighbours only, through sums of the
    kernel's weights. Those sums make an ordinary convolution with factor² times the outputs, whose result is
    unfolded (depth to space). The picture is the same, apart from its border; the large map is never made.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, factor: int) -> None:
        super().__init__()
        conv = nn.Conv2d(inputs, outputs, kernel, bias=False)
        self.weight = conv.weight
        self.factor = factor
        reach = kernel // 2
        self.pad = -(-reach // factor)
        # taps[phase, low-resolution neighbour, tap of the kernel]
        taps = torch.zeros(factor, 2 * self.pad + 1, kernel)
        for phase in range(factor):
            for tap in range(kernel):
                taps[phase, (phase + tap - reach) // factor + self.pad, tap] = 1
        self.register_buffer("taps", taps, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.factor == 1:
            return F.conv2d(reflect(x, self.pad), self.weight)
        f, low = self.factor, 2 * self.pad + 1
        outputs, inputs = self.weight.shape[:2]
        weight = torch.einsum("ayi,bxj,ocij->oabcyx", self.taps, self.taps, self.weight)
        weight = weight.reshape(outputs * f * f, inputs, low, low)
        return F.pixel_shuffle(F.conv2d(reflect(x, self.pad), weight), f)
