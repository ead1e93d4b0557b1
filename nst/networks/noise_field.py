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


def noise_field(
    height: int, width: int, origins: Sequence[tuple[int, int]] = ((0, 0),), device: torch.device | None = None
) -> Tensor:
    """Noise of about unit variance ``(N, OCTAVES, height, width)``: the cells from each origin ``(top, left)`` on."""
    starts = torch.tensor(origins, device=device)
    y = starts[:, :1] + torch.arange(height, device=device)
    x = starts[:, 1:] + torch.arange(width, device=device)
    return torch.stack([_octave(k, y, x) for k in range(OCTAVES)], 1)


def _octave(octave: int, y: Tensor, x: Tensor) -> Tensor:
    """Values on a lattice of 2^octave cells, and between them on straight lines, at rows ``(N, H)`` and columns
    ``(N, W)``."""
    if octave == 0:
        return _hash(y, x, octave)
    step = 1 << octave
    (rows, lattice_y), (columns, lattice_x) = (_lattice(axis, step) for axis in (y, x))
    values = _hash(lattice_y, lattice_x, octave)
    picture = torch.arange(len(y), device=y.device)[:, None, None]
    down, across = (y % step / step)[:, :, None], (x % step / step)[:, None, :]
    every = torch.arange(values.shape[2], device=y.device)
    above, below = (values[picture, rows[:, :, None] + i, every] for i in (0, 1))
    between = torch.lerp(above, below, down)
    row = torch.arange(y.shape[1], device=y.device)[:, None]
    left, right = (between[picture, row, columns[:, None, :] + i] for i in (0, 1))
    return torch.lerp(left, right, across) * 1.5  # a mean of neighbours varies less


def _lattice(axis: Tensor, step: int) -> tuple[Tensor, Tensor]:
    """Of cells ``(N, L)`` which lattice point is before each, ``(N, L)``; and the lattice's own numbers ``(N, …)``."""
    points = torch.div(axis, step, rounding_mode="floor")
    first = points[:, :1]
    return points - first, first + torch.arange((axis.shape[1] - 1) // step + 3, device=axis.device)


def _hash(y: Tensor, x: Tensor, octave: int) -> Tensor:
    """Uniform numbers ``(N, H, W)`` of mean 0 and variance 1 for integers ``(N, H)`` and ``(N, W)``, by mixing 32-bit
    words."""
    h = (x[:, None, :] * 0x9E3779B1 + y[:, :, None] * 0x85EBCA77 + (octave + 1) * 0xC2B2AE3D) & _WORD
    h = ((h ^ (h >> 15)) * 0x2C1B3C6D) & _WORD
    h = ((h ^ (h >> 12)) * 0x297A2D39) & _WORD
    h = h ^ (h >> 15)
    return (h.float() / 2**31 - 1) * 3**0.5


@lru_cache(maxsize=16)
def _kept_field(height: int, width: int, origin: tuple[int, int], device: torch.device) -> Tensor:
    return noise_field(height, width, (origin,), device)


class ConditionalNoise(nn.Module):
    """Adds the noise field to a map, each octave by a gain for each channel that comes with the style."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.code_size = OCTAVES * channels

    def forward(self, x: Tensor, code: Tensor, origins: Sequence[tuple[int, int]] | None = None) -> Tensor:
        """``x`` is ``(N, C, H, W)``, ``code`` ``(N, OCTAVES · C)``, ``origins`` the first cell (top, left) of each
        picture of the batch; of all ``(0, 0)`` if None."""
        n, c, h, w = x.shape
        if origins is None or len(origins) == 1:
            field = _kept_field(h, w, tuple(origins[0]) if origins else (0, 0), x.device)
        else:
            field = noise_field(h, w, origins, x.device)
        gains, field = code.view(n, c, OCTAVES).to(x.dtype), field.to(x.dtype)
        if n == 1 or code.stride(0) == 0:  # one code, perhaps for many pictures
            return x + nn.functional.conv2d(field, gains[0, :, :, None, None])
        field = field.expand(n, -1, -1, -1)
        added = torch.bmm(gains, field.flatten(2)).view(n, c, h, w)
        return x + added
