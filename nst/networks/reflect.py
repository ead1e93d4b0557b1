"""Convolution with reflection padding, which frames a picture with itself instead of with black."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def reflect(x: Tensor, reach: int) -> Tensor:
    """Pad ``x`` ``(N, C, H, W)`` by ``reach`` on every side, in its own dtype.

    PyTorch's autocast would pad in float32 on a CPU: to and fro, a third of the time of a whole picture in bfloat16.
    """
    with torch.autocast(x.device.type, enabled=False):
        return F.pad(x, [reach] * 4, mode="reflect")


class ReflectConv2d(nn.Conv2d):
    """A convolution whose result has its input's size (divided by ``stride``, rounded up); ``kernel`` is odd."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, *, bias: bool = True) -> None:
        super().__init__(inputs, outputs, kernel, stride, bias=bias)
        self.reach = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(reflect(x, self.reach))
