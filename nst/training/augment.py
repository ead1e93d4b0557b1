"""What photographs alone do not teach: flat areas without blotches, and steadiness under small motion."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.networks.noise_field import CELL

GRAIN = 1 / 255  # standard deviation of the noise that a camera leaves in a flat area
_SHIFT = 0.03  # of the side: how far the synthetic motion goes
_FRAME_NOISE = 0.02
_FIELD = 1 << 16  # cells


def shade(crop: Tensor, rng: np.random.Generator) -> Tensor:
    """Cover the crop ``(3, S, S)``, wholly or from one edge to a random line, with a gentle gradient and some grain.

    Skies and walls are where feed-forward networks leave blotches; small sets of photographs have too few.
    """
    size = crop.shape[-1]
    first, second = (torch.from_numpy(rng.random(3).astype(np.float32))[:, None, None] for _ in range(2))
    strength = rng.random() * 0.4  # flat at 0
    ramp = torch.linspace(0, 1, size)[None, :, None].expand(1, size, size) * strength
    grain = torch.from_numpy(rng.standard_normal((3, size, size), dtype=np.float32)) * GRAIN
    area = (torch.lerp(first, second, ramp) + grain).clamp(0, 1)
    line = size if rng.random() < 0.25 else int(rng.integers(size // 4, size))
    covered = crop.clone()
    covered[:, :line] = area[:, :line]
    return torch.rot90(covered, int(rng.integers(4)), (1, 2)) if line == size else covered


def motion(size: int, count: int, rng: np.random.Generator) -> Tensor:
    """Smooth random motion as sampling grids ``(N, S, S, 2)`` for :func:`warp`, at most a few per cent of the side."""
    coarse = torch.from_numpy(rng.uniform(-1, 1, (count, 2, 4, 4)).astype(np.float32))
    shift = torch.from_numpy(rng.uniform(-1, 1, (count, 2, 1, 1)).astype(np.float32))
    flow = F.interpolate(coarse * 0.5 + shift, (size, size), mode="bicubic", align_corners=True) * 2 * _SHIFT
    axis = (torch.arange(size) * 2 + 1) / size - 1
    still = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1)
    return still + flow.permute(0, 2, 3, 1)


def warp(image: Tensor, grid: Tensor) -> Tensor:
    """``image`` ``(N, C, S, S)`` seen through ``grid``; beyond its border it is mirrored."""
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def places(network: nn.Module, count: int, rng: np.random.Generator) -> list[tuple[int, int]] | None:
    """Where in the noise field to paint each crop: anywhere, so that no part of it is learnt by heart.

    None for a network without noise.
    """
    if getattr(network, "noise", None) is None:
        return None
    return [tuple(place) for place in (rng.integers(0, _FIELD, (count, 2)) * CELL).tolist()]


def noise(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Like a camera's frames: noise of a random strength, the same for all of the batch."""
    grain = torch.from_numpy(rng.standard_normal(image.shape, dtype=np.float32)).to(image.device)
    return (image + grain * (_FRAME_NOISE * rng.random())).clamp(0, 1)
