"""How good is a painting: what losses do not say, and what they are worth in iterations of slow mode."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from nst.descent import Descent
from nst.gatys_config import GatysConfig
from nst.objective import Objective
from nst.training.augment import motion, warp

Painter = Callable[[Tensor], Tensor]
"""Photo ``(1, 3, H, W)`` in 0..1 → painting of the same shape."""

_BAND = 16  # pixels next to the border
_BLOCK = 32
_SPECTRUM_BLOCK = 64


def descent_curve(objective: Objective, config: GatysConfig, start: Tensor, until: float, limit: int) -> list[float]:
    """The objective after 0, 1, 2, … L-BFGS iterations of slow mode, at a single scale.

    Args:
        objective: the loss.
        config: slow mode's settings.
        start: picture to begin at, ``(1, 3, H, W)`` in 0..1: noise, or the photo.
        until: stop once the objective is this or less.
        limit: stop after so many iterations.
    """
    descent = Descent(start, objective, config, limit)
    curve: list[float] = []
    while len(curve) <= limit and (not curve or curve[-1] > until):
        curve.append(descent.step()[0].total)  # a step's losses are those before it
    return curve


def equivalent_iterations(curve: list[float], target: float) -> int | None:
    """k*: how many iterations reach the objective ``target`` of a feed-forward painting (Johnson et al. 2016,
    figure 5), from :func:`descent_curve`; None if the curve ends before.
    """
    return next((k for k, value in enumerate(curve) if value <= target), None)


def noise_picture(height: int, width: int, seed: int = 0) -> Tensor:
    """White noise ``(1, 3, H, W)`` in 0..1, as slow mode begins with."""
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def flat_patch_variance(paint: Painter, size: int = 256, seed: int = 0) -> float:
    """Standard deviation of the painting of a grey wall, in grey levels of 255, mean over blocks of 32 pixels.

    The wall has the grain of a camera (a standard deviation of one level); a painter that blows it up leaves blotches.
    """
    generator = torch.Generator().manual_seed(seed)
    wall = 0.5 + torch.randn(1, 3, size, size, generator=generator) / 255
    painted = paint(wall.clamp(0, 1)).float().cpu()
    blocks = F.unfold(painted, _BLOCK, stride=_BLOCK).view(3, _BLOCK**2, -1)
    return float(blocks.std(1).mean() * 255)


def checkerboard_energy(image: Tensor) -> float:
    """How far grids of 2 and 4 pixels stand out in ``(1, 3, H, W)``: 1 means not at all.

    Mean power of the brightness at the frequencies of such grids (½ and ¼ of the sampling rate, along each axis),
    over the mean power of the neighbouring frequencies, on tapered blocks of 64 pixels.
    """
    grey = image.float().cpu().mean(1, keepdim=True)
    side = _SPECTRUM_BLOCK
    blocks = F.unfold(grey, side, stride=side // 2)[0].T.reshape(-1, side, side)
    window = torch.hann_window(side, periodic=False)
    blocks = (blocks - blocks.mean((1, 2), keepdim=True)) * window[:, None] * window[None, :]
    power = torch.fft.fft2(blocks).abs().square().mean(0)
    grid = [0, side // 4, side // 2]
    ratios = []
    for y in grid:
        for x in grid:
            if y == x == 0:
                continue
            # Frequencies within two of the grid's are its own lobe; those within six are its neighbours.
            near = _frequencies(power, y, x, 2)
            around = (_frequencies(power, y, x, 6).sum() - near.sum()) / (13**2 - 5**2)
            ratios.append(float(near.mean() / around.clamp_min(1e-20)))
    return float(np.mean(ratios))


def _frequencies(power: Tensor, y: int, x: int, reach: int) -> Tensor:
    rows = torch.arange(y - reach, y + reach + 1) % power.shape[0]
    columns = torch.arange(x - reach, x + reach + 1) % power.shape[1]
    return power[rows][:, columns]


def border_ratio(painting: Tensor, photo: Tensor) -> float:
    """Gradients in the outer 16 pixels over those inside, in the painting relative to the photo; 1 is best.

    A frame or bands along the border raise it, a washed-out border lowers it.
    """
    return _border(painting) / _border(photo)


def _border(image: Tensor) -> float:
    grey = image.float().cpu().mean(1)[0]
    across = (grey[1:, 1:] - grey[1:, :-1]).abs() + (grey[1:, 1:] - grey[:-1, 1:]).abs()
    inside = across[_BAND:-_BAND, _BAND:-_BAND]
    total, inner = across.sum(), inside.sum()
    return float((total - inner) / (across.numel() - inside.numel()) / (inner / inside.numel()).clamp_min(1e-9))


@torch.no_grad()
def temporal_error(paint: Painter, photo: Tensor, seed: int = 0) -> float:
    """Warping error on synthetic motion: mean squared difference, ×1000, between the painting of the moved photo and
    the moved painting, for a square photo ``(1, 3, S, S)``. The motion is smooth and known exactly.
    """
    grid = motion(photo.shape[-1], 1, np.random.default_rng(seed)).to(photo.device)
    first, second = paint(photo), paint(warp(photo, grid))
    visible = (grid.abs() <= 0.98).all(-1)  # what comes in from beyond the border has no past
    return float((second - warp(first, grid)).square().mean(1)[visible].mean() * 1000)


@torch.no_grad()
def warping_error(first: Tensor, second: Tensor, flow: Tensor, visible: Tensor) -> float:
    """E_warp of two consecutive pictures (Lai et al. 2018): mean squared difference, ×1000, between the first and the
    second brought back to it by the motion, over the pixels that both show; 0 is perfectly steady.

    Args:
        first, second: ``(1, 3, H, W)`` in 0..1.
        flow: ``(1, 2, H, W)``: how far each pixel of the first moves, in pixels to the right and down.
        visible: ``(H, W)`` bool: which pixels of the first the second shows too. Those that leave the picture, and
            those at a jump in the motion, where bilinear sampling mixes what moves apart, are left out besides.

    Raises:
        ValueError: no pixel is left to compare.
    """
    height, width = first.shape[-2:]
    x, y = torch.arange(width) + flow[0, 0].cpu(), torch.arange(height)[:, None] + flow[0, 1].cpu()
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    kept = visible.cpu() & inside & ~_jumps(flow.cpu())
    if not kept.any():
        raise ValueError("The two pictures have no pixel in common.")
    grid = torch.stack([x / (width - 1), y / (height - 1)], -1) * 2 - 1
    back = F.grid_sample(second.float().cpu(), grid[None], mode="bilinear", align_corners=True)
    return float((first.float().cpu() - back).square().mean(1)[0][kept].mean() * 1000)


def _jumps(flow: Tensor) -> Tensor:
    """Where the motion ``(1, 2, H, W)`` changes abruptly, as ``(H, W)`` bool; bounds of Sundaram et al. 2010."""
    across, down = torch.zeros_like(flow), torch.zeros_like(flow)
    across[..., :-1], down[..., :-1, :] = flow.diff(dim=-1), flow.diff(dim=-2)
    change = (across.square() + down.square()).sum(1)
    return (change > 0.01 * flow.square().sum(1) + 0.002)[0]


def sharpness(image: Tensor) -> float:
    """Mean size of the brightness's gradient in ``(1, 3, H, W)`` in 0..1, per pixel; what blur takes away."""
    grey = image.float().cpu().mean(1)
    across, down = grey[:, :-1].diff(dim=-1), grey[..., :-1].diff(dim=-2)
    return float(torch.hypot(across, down).mean())


def similarity(painting: Tensor, photo: Tensor) -> float:
    """Structural similarity (SSIM, Wang et al. 2004) of the brightness, 1 for the photo itself."""
    from skimage.metrics import structural_similarity

    first, second = (x.float().cpu().mean(1)[0].numpy() for x in (painting, photo))
    return float(
        structural_similarity(
            first, second, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )
