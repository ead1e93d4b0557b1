"""What makes a picture good: content, style and smoothness losses.

Slow mode, training and evaluation all call this module, so that their numbers are on one scale.
Features are ``(N, C, H, W)``; second moments are computed in float32 or better whatever the features are in.

References: Gatys, Ecker, Bethge 2016 (Gram loss); Johnson, Alahi, Fei-Fei 2016 (its normalisation);
Huang & Belongie 2017 and Kolkin et al. 2019 discuss better statistics; the Wasserstein-2 distance between
Gaussians is the one that Crowson's style-transfer-pytorch uses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv2d_weight

Criterion = Literal["mse", "l1", "smooth_l1", "huber"]
Balance = Literal["relative", "gatys", "johnson"]

_HUBER_DELTA = 1.0
_SMOOTH_L1_BETA = 1.0
_TINY = 1e-12
_LIGHT_CELL = 8  # pixels
_PALETTE_CELL = 4  # pixels
_QUANTILES = 64
_DIRECTIONS = F.normalize(torch.randn(16, 3, generator=torch.Generator().manual_seed(0)), dim=1)
_FLAT_LIGHT = 0.05  # a standard deviation of the brightness that counts as little

CRITERIA: dict[str, Callable[[Tensor], Tensor]] = {
    "mse": torch.square,
    "l1": torch.abs,
    "smooth_l1": lambda d: F.smooth_l1_loss(d, torch.zeros_like(d), reduction="none", beta=_SMOOTH_L1_BETA),
    "huber": lambda d: F.huber_loss(d, torch.zeros_like(d), reduction="none", delta=_HUBER_DELTA),
}
"""Pointwise penalties of a difference; ``mse`` is the plain square, as in the papers."""


def _at_least_float32(x: Tensor) -> Tensor:
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


class _Gram(torch.autograd.Function):
    """F·Fᵀ / (H·W) of one picture on a CPU, with a hand-written gradient: one product instead of the two of autograd,
    and in the features' own dtype, which for half precision is several times faster and as exact as the features.

    The product is asked of the convolution library, as the gradient of the weights of a 1×1 convolution (which is just
    the sum of outer products): it multiplies two to three times faster than the BLAS."""

    @staticmethod
    def forward(ctx, features: Tensor) -> Tensor:  # noqa: ANN001
        ctx.save_for_backward(features)
        _, c, h, w = features.shape
        wide = _at_least_float32(features)
        return conv2d_weight(wide, (c, c, 1, 1), wide).view(1, c, c) / (h * w)

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:  # noqa: ANN001
        (features,) = ctx.saved_tensors
        symmetric = (grad + grad.transpose(1, 2)) / (features.shape[-2] * features.shape[-1])
        return F.conv2d(features, symmetric[0, :, :, None, None].to(features.dtype))


class _BatchGram(torch.autograd.Function):
    """The same of a whole batch on a GPU, where the convolution library would multiply in TF32."""

    @staticmethod
    def forward(ctx, features: Tensor) -> Tensor:  # noqa: ANN001
        ctx.save_for_backward(features)
        flat = _at_least_float32(features).flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:  # noqa: ANN001
        (features,) = ctx.saved_tensors
        flat = features.flatten(2)
        symmetric = (grad + grad.transpose(1, 2)) / flat.shape[2]
        return (symmetric.to(features.dtype) @ flat).view_as(features)


def gram_matrix(features: Tensor) -> Tensor:
    """Mean outer product of the feature vectors, ``(N, C, C)``: F·Fᵀ / (H·W), in float32 or better.

    Both published normalisations are multiples of it, see :func:`style_loss`.
    """
    if features.device.type != "cpu":
        return _BatchGram.apply(features)
    return torch.cat([_Gram.apply(one) for one in features.split(1)])


def rms(features: Tensor) -> Tensor:
    """Root mean square of features, never quite zero; what the relative content loss is divided by."""
    return _at_least_float32(features).square().mean().sqrt().clamp_min(_TINY)


def content_loss(
    features: Tensor,
    target: Tensor,
    criterion: Criterion = "mse",
    balance: Balance = "relative",
    *,
    scale: Tensor | None = None,
    share: float = 1.0,
) -> Tensor:
    """Distance between the features of the picture and of the photo, both ``(N, C, H, W)``.

    ``balance`` picks the normalisation:

    - ``gatys``: ½ Σ ρ(F − P), as in Gatys et al. 2016, equation 1.
    - ``johnson``: Σ ρ(F − P) / (C·H·W), as in Johnson et al. 2016, equation 2.
    - ``relative``: mean of ρ((F − P) / rms(P)): 0 for the photo itself, about 1 for an unrelated picture,
      whatever the layer, the size and the backbone.

    ρ is the criterion; the loss is summed over the batch (``relative``: averaged).

    Where both are of a part of the picture only, ``scale`` is the :func:`rms` of the whole photo's and ``share`` what
    share of its positions the part has: the losses of all parts then sum up to that of the whole.
    """
    features, target = _at_least_float32(features), _at_least_float32(target)
    rho = CRITERIA[criterion]
    if balance == "gatys":
        return 0.5 * rho(features - target).sum()
    if balance == "johnson":
        return rho(features - target).sum() / features[0].numel() * share
    return rho((features - target) / (rms(target) if scale is None else scale)).mean() * share


def content_losses(features: Tensor, target: Tensor, balance: Balance = "relative") -> Tensor:
    """:func:`content_loss` of squares of each picture by itself, ``(N,)``."""
    features, target = _at_least_float32(features), _at_least_float32(target)
    each = _mean_squares(features - target)
    if balance == "gatys":
        return 0.5 * features[0].numel() * each
    return each if balance == "johnson" else each / _mean_squares(target).clamp_min(_TINY**2)


def _mean_squares(x: Tensor) -> Tensor:
    return x.square().flatten(1).mean(1)


def style_loss(
    gram: Tensor, target: Tensor, area: int, criterion: Criterion = "mse", balance: Balance = "relative"
) -> Tensor:
    """Distance between two Gram matrices from :func:`gram_matrix`, both ``(N, C, C)``.

    Args:
        gram, target: mean-normalised Gram matrices of the picture and of the painting.
        area: M = H·W, the number of positions of the picture's layer; only ``gatys`` needs it, because
            its Gram matrices are sums over positions (the painting's is taken at the picture's M, so that
            the two may differ in size).
        balance: ``gatys`` is 1/(4 N² M²) Σ ρ(G − A) on summed Gram matrices (N channels); ``johnson`` is
            Σ ρ(G − A) on Gram matrices divided by C·H·W; ``relative`` is the mean of ρ((G − A) / rms(A)),
            0 for the painting itself.
    """
    rho = CRITERIA[criterion]
    channels = gram.shape[-1]
    if balance == "gatys":
        return rho((gram - target) * area).sum() / (4 * channels**2 * area**2)
    if balance == "johnson":
        return rho((gram - target) / channels).sum()
    return rho((gram - target) / rms(target)).mean()


def style_losses(gram: Tensor, target: Tensor, balance: Balance = "relative") -> Tensor:
    """:func:`style_loss` of squares of each picture by itself, ``(N,)``; both matrices ``(N, C, C)``.

    That of ``gatys`` does not depend on the area, as its square is divided out.
    """
    each = _mean_squares(gram - target)
    if balance == "gatys":
        return each / 4
    return each if balance == "johnson" else each / _mean_squares(target).clamp_min(_TINY**2)


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean ``(C,)`` and covariance ``(C, C)`` of the feature vectors of one picture, ``(1, C, H, W)``."""
    flat = _at_least_float32(features)[0].flatten(1)
    mean = flat.mean(1)
    centred = flat - mean[:, None]
    return mean, centred @ centred.T / flat.shape[1]


def raw_moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean ``(C,)`` and mean outer product ``(C, C)`` of one picture's feature vectors, in float64.

    Unlike covariances these can be averaged, over paintings or over the parts of a picture, and in float64 the
    covariance is not lost when :func:`covariance` takes it back out.
    """
    mean, cov = (_float64(x) for x in moments(features))
    return mean, cov + torch.outer(mean, mean)


def covariance(mean: Tensor, second: Tensor) -> Tensor:
    """Covariance ``(C, C)`` from :func:`raw_moments`."""
    return second - torch.outer(mean, mean)


def sqrtm(matrix: Tensor) -> Tensor:
    """Square root of a symmetric positive semi-definite matrix ``(C, C)``, in float64; no gradient flows through it."""
    values, vectors = torch.linalg.eigh(_float64(matrix.detach()))
    return (vectors * values.clamp_min(0).sqrt()) @ vectors.T


def _float64(x: Tensor) -> Tensor:
    return (x.cpu() if x.device.type == "mps" else x).double()  # Apple's GPUs have no float64


class _TraceSqrt(torch.autograd.Function):
    """tr(M^½) of a symmetric matrix. Its gradient, ½ M^-½, needs no differences of eigenvalues, so that it
    stays finite where the gradient of ``eigh`` itself does not (equal eigenvalues)."""

    @staticmethod
    def forward(ctx, matrix: Tensor) -> Tensor:  # noqa: ANN001
        values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
        values = values.clamp_min(0)
        # Directions in which the picture has (numerically) no variance would get an unbounded pull.
        ctx.save_for_backward(values.clamp_min(values[-1] * 1e-12 + _TINY).sqrt(), vectors)
        return values.sqrt().sum()

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:  # noqa: ANN001
        roots, vectors = ctx.saved_tensors
        return grad * 0.5 * (vectors / roots) @ vectors.T


def wasserstein2(mean: Tensor, cov: Tensor, target_mean: Tensor, target_cov: Tensor, target_root: Tensor) -> Tensor:
    """Squared Wasserstein-2 distance between two Gaussians of feature vectors, relative to the target's spread.

    ‖μ−ν‖² + tr(Σ + T − 2 (T^½ Σ T^½)^½), divided by ‖ν‖² + tr T: 0 when the first two moments agree, 1 for
    a picture without any features. ``target_root`` is ``sqrtm(target_cov)``, computed once for a painting. Evaluated in
    float64, because the product squares the range of the eigenvalues.
    """
    mean, cov, target_mean, target_cov = (_float64(x) for x in (mean, cov, target_mean, target_cov))
    cross = _TraceSqrt.apply(target_root @ cov @ target_root)
    distance = (mean - target_mean).square().sum() + cov.trace() + target_cov.trace() - 2 * cross
    relative = distance.clamp_min(0) / (target_mean.square().sum() + target_cov.trace()).clamp_min(_TINY)
    return relative


def light_losses(image: Tensor, photo: Tensor) -> Tensor:
    """How far light and dark lie elsewhere than in the photo, ``(N,)``; both ``(N, 3, H, W)`` in 0..1.

    Brightness is averaged over squares of 8 pixels and standardised, so that a painting may be paler, darker, or of
    more contrast than its photo: 0 if its light is the photo's in these terms, 1 if it has nothing to do with it, 2 if
    it is the negative. Deep features say little about it: a black cat may come out white.
    """
    seen, wanted = (_standard_light(x) for x in (image, photo))
    return (seen - wanted).square().mean((1, 2)) / 2


def _standard_light(image: Tensor) -> Tensor:
    red, green, blue = _at_least_float32(image).unbind(1)
    light = F.avg_pool2d(0.299 * red + 0.587 * green + 0.114 * blue, min(_LIGHT_CELL, *image.shape[-2:]))
    light = light - light.mean((1, 2), keepdim=True)
    # What is nearly flat is not blown up.
    return light / (light.square().mean((1, 2), keepdim=True) + _FLAT_LIGHT**2).sqrt()


def palette(image: Tensor) -> Tensor:
    """Which colours a picture has and how much of each, ``(N, 3, H, W)`` → ``(N, directions, quantiles)``.

    Quantiles of the colours, averaged over squares of 4 pixels, along fixed directions of RGB. Means of palettes are
    palettes, too.
    """
    small = F.avg_pool2d(_at_least_float32(image), min(_PALETTE_CELL, *image.shape[-2:])).flatten(2)
    along = torch.einsum("dc,nci->ndi", _DIRECTIONS.to(small), small)
    return F.adaptive_avg_pool1d(along.sort(-1).values, _QUANTILES)


def palette_losses(image: Tensor, target: Tensor) -> Tensor:
    """Sliced Wasserstein distance between the colours of ``image`` ``(N, 3, H, W)`` and a :func:`palette`, ``(N,)``.

    Squared, over the palette's own variance: 0 for the same colours, 1 for a picture all in their mean. Gram matrices
    hardly tell: a picture in two of a painting's colours has nearly the painting's.
    """
    spread = target.var(-1, unbiased=False).mean(-1)
    return (palette(image) - target).square().mean((1, 2)) / spread.clamp_min(_TINY)


def total_variation(image: Tensor) -> Tensor:
    """Anisotropic total variation of ``(N, 3, H, W)``, in units that do not depend on the resolution.

    Σ (|Δx| + |Δy|) / (C √(H·W)) per picture: a differences shrink with the pixel and the number of pixels grows, so
    that the same picture at twice the size has the same value. A black-and-white edge across a square
    picture counts 1; so does a ramp from black to white.
    """
    n, c, h, w = image.shape
    image = _at_least_float32(image)
    down = (image[:, :, 1:, :] - image[:, :, :-1, :]).abs().sum()
    across = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().sum()
    return (down + across) / (n * c * (h * w) ** 0.5)
