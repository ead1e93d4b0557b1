"""What networks of a single style have in common: the interface of one with codes, and a choice of normalisation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.errors import ConfigError

NORMS = ("batch", "instance")


class SingleStyle(nn.Module):
    """A network that paints in one style. Its style's code is empty, so that it is saved, loaded, trained and used as
    one with codes; strength is a blend of pixels.
    """

    multiple = 4  # sides must be multiples of this
    code_size = 0

    def new_codes(self, count: int) -> Tensor:
        """Empty codes, ``(count, 0)``."""
        return torch.zeros(count, 0)

    def learnt(self) -> Tensor:
        """Nothing of an empty code, ``(0,)``."""
        return torch.ones(0)

    def new_identity(self) -> Tensor:
        """An empty code, ``(0,)``: such a network cannot reproduce the photo."""
        return torch.zeros(0)

    def forward(self, image: Tensor, code: Tensor | None = None) -> Tensor:
        """Paint ``image`` ``(N, 3, H, W)`` in 0..1, whatever the code."""
        return self.paint(image)

    def paint(self, image: Tensor) -> Tensor:
        raise NotImplementedError


class BatchNorm(nn.Module):
    """Batch normalisation (Ioffe and Szegedy 2015) as in ``nn.BatchNorm2d``, without its count of batches, so that all
    of its state are floating-point numbers.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, training=self.training, momentum=0.02
        )


def norm(kind: str, channels: int) -> nn.Module:
    """A normalisation of ``channels``: ``batch``, as published in 2016, or ``instance`` (Ulyanov et al. 2016)."""
    return BatchNorm(channels) if kind == "batch" else nn.InstanceNorm2d(channels, affine=True)


def check_norm(kind: str) -> None:
    """Raises ConfigError unless there is such a normalisation."""
    if kind not in NORMS:
        raise ConfigError(f"There is no normalisation '{str(kind)[:40]}': choose from {', '.join(NORMS)}.")
