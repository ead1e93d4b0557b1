"""Is it the painter's texture: strokes at every scale, and whether one motif is stamped again and again."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from nst.training.augment import GRAIN

LEVELS = 5
_PATCH = 7
_PATCHES = 8192
_DIRECTIONS = 256
_BLUR = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16

_NEAREST, _FARTHEST = 6, 60  # pixels at which a stamp repeats


def laplacian_pyramid(image: Tensor, levels: int = LEVELS) -> list[Tensor]:
    """Bands of ``(1, 3, H, W)``, the finest first; the last is what is left, mostly colour (Burt & Adelson 1983)."""
    bands = []
    for _ in range(levels - 1):
        smaller = _blur(image)[..., ::2, ::2]
        back = F.interpolate(smaller, image.shape[-2:], mode="bilinear", align_corners=False)
        bands.append(image - back)
        image = smaller
    return [*bands, image]


def _blur(image: Tensor) -> Tensor:
    channels = image.shape[1]
    down = _BLUR.view(1, 1, 5, 1).expand(channels, 1, 5, 1)
    image = F.conv2d(F.pad(image, (2, 2, 2, 2), mode="reflect"), down, groups=channels)
    return F.conv2d(image, down.transpose(2, 3), groups=channels)


@torch.no_grad()
def pyramid_distances(painting: Tensor, picture: Tensor, seed: int = 0) -> list[float]:
    """How far the textures of two pictures ``(1, 3, H, W)`` in 0..1 are apart, for each of :data:`LEVELS` bands.

    Sliced Wasserstein distance between the 7×7 patches of a band of the Laplacian pyramid (Karras et al. 2018,
    section 5), standardised by the painting's mean and deviation of each channel. 0 is the same texture. What a
    painting is worth is its distance over that of the photo; both at the size at which one looks at them.
    """
    generator = torch.Generator().manual_seed(seed)
    found = []
    for own, other in zip(laplacian_pyramid(painting.cpu()), laplacian_pyramid(picture.cpu()), strict=True):
        mean, deviation = own.mean((2, 3), keepdim=True), own.std((2, 3), keepdim=True).clamp_min(1e-6)
        patches = [_some_patches((x - mean) / deviation, generator) for x in (own, other)]
        directions = F.normalize(torch.randn(patches[0].shape[1], _DIRECTIONS, generator=generator), dim=0)
        first, second = ((p @ directions).sort(0).values for p in patches)
        found.append(float((first - second).abs().mean()))
    return found


def _some_patches(band: Tensor, generator: torch.Generator) -> Tensor:
    """``(_PATCHES, 3·7·7)``, anywhere in ``band``, with replacement."""
    height, width = band.shape[-2] - _PATCH + 1, band.shape[-1] - _PATCH + 1
    top = torch.randint(height, (_PATCHES,), generator=generator)
    left = torch.randint(width, (_PATCHES,), generator=generator)
    reach = torch.arange(_PATCH)
    rows, columns = top[:, None, None] + reach[:, None], left[:, None, None] + reach
    return band[0][:, rows, columns].transpose(0, 1).flatten(1)


def bare_photo(size: int = 256, seed: int = 0) -> Tensor:
    """What gives a painter nothing to go by, ``(1, 3, size, size)`` in 0..1: above a plain wall, below a shaded one,
    with the grain of a camera."""
    generator = torch.Generator().manual_seed(seed)
    photo = torch.full((3, size, size), 0.55)
    half = size // 2
    across, down = torch.linspace(0, 0.35, size), torch.linspace(-0.05, 0.05, size - half)[:, None]
    photo[:, half:] += across + down - 0.175
    photo[2] += 0.05
    return (photo + torch.randn(3, size, size, generator=generator) * GRAIN).clamp(0, 1)[None]


@torch.no_grad()
def repetition(image: Tensor) -> float:
    """How much one motif repeats in ``(1, 3, H, W)``: the highest peak of the brightness's autocorrelation at 6 to 60
    pixels, in 0..1; the mean of squares of 128 pixels.

    Only a local maximum counts, as every smooth picture is like itself a few pixels on.
    """
    grey = image.float().cpu().mean(1)[0]
    side = min(128, *grey.shape)
    tops = range(0, grey.shape[0] - side + 1, side)
    lefts = range(0, grey.shape[1] - side + 1, side)
    peaks = [_highest_peak(grey[top : top + side, left : left + side]) for top in tops for left in lefts]
    return sum(peaks) / len(peaks)


def _highest_peak(square: Tensor) -> float:
    side = square.shape[-1]
    square = _without_slope(square)
    if float(square.std()) < 0.5 / 255:  # nothing is painted there
        return 0.0
    # Zeros around, so that what wraps is counted out; divided by what overlaps.
    spectrum = torch.fft.rfft2(square, (2 * side, 2 * side))
    overlap = torch.fft.rfft2(torch.ones_like(square), (2 * side, 2 * side))
    correlation = torch.fft.irfft2(spectrum.abs().square()) / torch.fft.irfft2(overlap.abs().square()).clamp_min(1)
    correlation = torch.fft.fftshift(correlation / correlation[0, 0])
    reach = min(_FARTHEST, side // 2 - 2)
    middle = correlation[side - reach - 1 : side + reach + 2, side - reach - 1 : side + reach + 2]
    local = F.max_pool2d(middle[None, None], 3, 1)[0, 0]
    inner = middle[1:-1, 1:-1]
    axis = torch.arange(-reach, reach + 1)
    distance = torch.hypot(axis[:, None].float(), axis[None].float())
    peaks = inner[(inner >= local) & (distance >= _NEAREST) & (distance <= reach)]
    return float(peaks.max().clamp_min(0)) if len(peaks) else 0.0


def _without_slope(square: Tensor) -> Tensor:
    """The square less the plane that fits it best: shading is no motif."""
    axis = torch.linspace(-1, 1, square.shape[-1])
    square = square - square.mean()
    for ramp in (axis[None, :].expand_as(square), axis[:, None].expand_as(square)):
        square = square - ramp * (square * ramp).sum() / ramp.square().sum()
    return square
