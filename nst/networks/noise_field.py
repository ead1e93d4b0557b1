"""Noise that belongs to a place: what a painter's hand varies where the photo says nothing.

A network that sees a clear sky sees the same everywhere, so it paints the same everywhere: nothing, or one small motif
again and again. With noise to start from, strokes differ (Ulyanov et al. 2016 and Karras et al. 2019 use it so). It
follows from the pixel's position alone, so that the same photo gives the same painting, and tiles fit each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn

OCTAVES = 4
"""Maps of noise: independent at every cell, and smooth over 2, 4 and 8 cells."""

CELL = 4  # pixels
_WORD = 0xFFFFFFFF


def noise_field(height: int, width: int, top: int = 0, left: int = 0) -> Tensor:
    """Noise of about unit variance ``(1, OCTAVES, height, width)`` for the cells from ``top`` and ``left`` on."""
    return torch.stack([_octave(k, height, width, top, left) for k in range(OCTAVES)])[None]


def _octave(octave: int, height: int, width: int, top: int, left: int) -> Tensor:
    """Values on a lattice of 2^octave cells, with straight lines between them."""
    step = 1 << octave
    y, x = torch.arange(top, top + height), torch.arange(left, left + width)
    first = y[0] // step, x[0] // step
    lattice = _hash(
        torch.arange(int(first[0]), int(y[-1]) // step + 2), torch.arange(int(first[1]), int(x[-1]) // step + 2), octave
    )
    rows, columns = y // step - first[0], x // step - first[1]
    down, across = (y % step / step)[:, None], (x % step / step)[None]
    lattice = torch.lerp(lattice[rows], lattice[rows + 1], down)
    smooth = torch.lerp(lattice[:, columns], lattice[:, columns + 1], across)
    return smooth * (1.0 if octave == 0 else 1.5)  # a mean of neighbours varies less


def _hash(y: Tensor, x: Tensor, octave: int) -> Tensor:
    """Uniform numbers of mean 0 and variance 1 for integers, by mixing 32-bit words."""
    h = (x[None] * 0x9E3779B1 + y[:, None] * 0x85EBCA77 + (octave + 1) * 0xC2B2AE3D) & _WORD
    h = ((h ^ (h >> 15)) * 0x2C1B3C6D) & _WORD
    h = ((h ^ (h >> 12)) * 0x297A2D39) & _WORD
    h = h ^ (h >> 15)
    return ((h.double() / 2**31 - 1) * 3**0.5).float()


@lru_cache(maxsize=8)
def _kept_field(height: int, width: int, top: int, left: int, device: torch.device) -> Tensor:
    return noise_field(height, width, top, left).to(device)


class ConditionalNoise(nn.Module):
    """Adds the noise field to a map, each octave by a gain for each channel that comes with the style."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.code_size = OCTAVES * channels

    def forward(self, x: Tensor, code: Tensor, origins: Sequence[tuple[int, int]] | None = None) -> Tensor:
        """``x`` is ``(N, C, H, W)``, ``code`` ``(N, OCTAVES · C)``, ``origins`` the first cell (top, left) of each
        picture of the batch; of all ``(0, 0)`` if None."""
        n, c, h, w = x.shape
        fields = [_kept_field(h, w, top, left, x.device) for top, left in (origins or [(0, 0)])]
        gains = code.view(n, c, OCTAVES).to(x.dtype)
        if len(fields) == 1 and (n == 1 or code.stride(0) == 0):  # one code, perhaps for many pictures
            return x + nn.functional.conv2d(fields[0].to(x.dtype), gains[0, :, :, None, None])
        field = torch.cat(fields).expand(n, -1, -1, -1).to(x.dtype)
        added = torch.bmm(gains, field.flatten(2)).view(n, c, h, w)
        return x + added
