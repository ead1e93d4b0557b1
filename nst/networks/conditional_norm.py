"""Instance normalisation whose scales and shifts come with a style (Dumoulin et al. 2017), and its statistics."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_EPS = 1e-3  # of the variance; larger than usual, so that the noise of a flat sky is not blown up


def _normalise(x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Instance normalisation of ``(N, C, H, W)``, with means and inverse deviations ``(N, C)``.

    ``scale`` and ``shift`` ``(C,)`` in float32 are applied in the same pass over memory.
    """
    n, c, h, w = x.shape
    if scale is not None and x.device.type != "cpu":  # only there may the dtypes differ
        scale, shift = scale.to(x.dtype), shift.to(x.dtype)
    # A group per channel is instance normalisation; of the kernels on CPUs this one is the fastest by far.
    return torch.native_group_norm(x, scale, shift, n, c, h * w, c, _EPS)


class _Normalise(torch.autograd.Function):
    """:func:`_normalise` with a gradient that on CPUs takes a fifth of the time of PyTorch's for channels-last maps."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:  # noqa: ANN001
        y, _, inverse = _normalise(x)
        ctx.save_for_backward(y, inverse)
        return y

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:  # noqa: ANN001
        y, inverse = ctx.saved_tensors
        mean = grad.mean((2, 3), keepdim=True)
        along = (grad * y).mean((2, 3), keepdim=True)
        return torch.addcmul(grad - mean, y, along, value=-1).mul_(inverse[:, :, None, None].to(grad.dtype))


class Statistics:
    """Means and inverse deviations ``(1, C, 1, 1)`` of all normalisations of one pass, to be used in other passes.

    A tile of a picture has other statistics than the whole, and so would get other colours; with those of the whole,
    tiles fit each other (thumbnail instance normalisation, Chen et al. 2022). A batch is taken as parts of one picture.
    """

    def __init__(self) -> None:
        self._found: list[tuple[Tensor, Tensor]] = []
        self._next = 0
        self._complete = False

    def begin(self) -> Statistics:
        """For the next pass, by whichever thread."""
        again = Statistics()
        again._found, again._complete = self._found, True
        return again

    def normalise(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """Normalise, scale and shift ``x``: the first time by its own statistics, which are kept.

        ``scale`` and ``shift`` are ``(C,)``.
        """
        if not self._complete:
            tall = x.movedim(1, -1).flatten(0, 1)[None].movedim(-1, 1)  # the batch as one picture, in the same memory
            tall = tall if x.device.type == "cpu" else tall.float()  # which on CPUs gives statistics in float32 anyway
            y, mean, inverse = _normalise(tall, 1 + scale.float(), shift.float())
            self._found.append((mean.view(1, -1, 1, 1), inverse.view(1, -1, 1, 1)))
            return y.to(x.dtype).movedim(1, -1).view(len(x), *x.shape[2:], -1).movedim(-1, 1)
        mean, inverse = self._found[self._next]
        self._next += 1
        gain = inverse * (1 + scale.float()[:, None, None])
        return torch.addcmul((shift.float()[:, None, None] - mean * gain).to(x.dtype), x, gain.to(x.dtype))


class ConditionalNorm(nn.Module):
    """Instance normalisation; scale and shift come with the code, one pair for each picture of the batch."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.code_size = 2 * channels

    def forward(self, x: Tensor, code: Tensor, statistics: Statistics | None = None) -> Tensor:
        """``x`` is ``(N, C, H, W)``, ``code`` ``(N, 2 C)``: deviations of the scales from one, then the shifts."""
        if statistics is not None:
            return statistics.normalise(x, *code[0].chunk(2))
        if torch.is_grad_enabled():
            scale, shift = code.to(x.dtype)[:, :, None, None].chunk(2, 1)
            return torch.addcmul(shift, _Normalise.apply(x), 1 + scale)
        if len(code) == 1 or code.stride(0) == 0:  # one code, perhaps for many pictures
            scale, shift = code[0].float().chunk(2)
            return _normalise(x, 1 + scale, shift)[0]
        return torch.cat([self(*each) for each in zip(x.split(1), code.split(1), strict=True)])
