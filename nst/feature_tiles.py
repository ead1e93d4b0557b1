"""A large picture's features part by part, for where those of the whole do not fit into memory.

Each part is looked at with so much around it that its features are those of the whole picture: only a picture's own
border is padded. Parts begin where all layers' grids have a point, so that they fit together without a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from nst.backbones import ARCHITECTURES, Backbone, Pool
from nst.devices import free_memory

TILE = 512
"""Side of a part, without what is around it: half the memory of 1024, and no slower."""

_BYTES_PER_PIXEL = 700  # of all features and their gradients, for each byte of a number (measured: 650 and 680)
_SHARE_OF_MEMORY = 0.5  # of what is free, that a picture may take


@dataclass(frozen=True)
class FeatureTile:
    """A part of a picture.

    Attributes:
        outer: rows and columns to look at.
        inner: those that are the part's own; together these make the picture.
    """

    outer: tuple[slice, slice]
    inner: tuple[slice, slice]

    def cut(self, image: Tensor) -> Tensor:
        """What to look at, of ``image`` ``(N, 3, H, W)``."""
        return image[..., self.outer[0], self.outer[1]]

    def own(self, features: Tensor, stride: int) -> Tensor:
        """The part's own among the features of what was looked at, at a layer with ``stride`` pixels to a position."""
        return features[(..., *(self._at(stride, outer.start, i) for i, outer in enumerate(self.outer)))]

    def of_whole(self, features: Tensor, stride: int) -> Tensor:
        """The same positions among the features of the whole picture."""
        return features[(..., *(self._at(stride, 0, i) for i in range(2)))]

    def _at(self, stride: int, origin: int, axis: int) -> slice:
        inner, outer = self.inner[axis], self.outer[axis]
        ends = inner.stop == outer.stop  # the picture's own end, where a pooling may leave pixels over
        return slice((inner.start - origin) // stride, None if ends else (inner.stop - origin) // stride)


class FeatureGrid:
    """How the layers of a backbone lie on a picture.

    Args:
        backbone: key of :data:`nst.backbones.ARCHITECTURES`.
        layers: those that are looked at.

    Attributes:
        strides: pixels from one position to the next, by layer.
        reach: pixels around a part that its features depend on.
    """

    def __init__(self, backbone: str, layers: Iterable[str]) -> None:
        self.strides: dict[str, int] = {}
        wanted, stride, reach, self.reach = set(layers), 1, 0, 0
        for layer in ARCHITECTURES[backbone]:
            reach += (layer.kernel // 2 if not isinstance(layer, Pool) else layer.kernel - 1) * stride
            stride *= layer.stride
            names = [f"pool{layer.name}"] if isinstance(layer, Pool) else [f"conv{layer.name}", f"relu{layer.name}"]
            for name in wanted.intersection(names):
                self.strides[name], self.reach = stride, reach
        self._step = max(self.strides.values(), default=1)

    def tiles(self, height: int, width: int, side: int | None) -> list[FeatureTile]:
        """Parts of about ``side`` pixels each way; with None the whole picture as one."""
        axes = [self._axis(length, side or length) for length in (height, width)]
        pairs = [(rows, columns) for rows in axes[0] for columns in axes[1]]
        return [FeatureTile((r[0], c[0]), (r[1], c[1])) for r, c in pairs]

    def _axis(self, length: int, side: int) -> list[tuple[slice, slice]]:
        """Outer and inner ranges along one axis, all about equally long."""
        step, reach = self._step, math.ceil(self.reach / self._step) * self._step
        each = math.ceil(length / math.ceil(length / side) / step) * step
        starts = range(0, max(1, length - step + 1), each)  # the last one has a position at every layer
        inner = [slice(a, b) for a, b in zip(starts, [*starts[1:], length], strict=True)]
        return [(slice(max(0, i.start - reach), min(length, i.stop + reach)), i) for i in inner]


def tile_side(width: int, height: int, backbone: Backbone, device: torch.device) -> int | None:
    """The side of the parts in which a picture should be worked on, or None for in one piece.

    AlexNet always works in one piece: its grids do not nest, and its features are small.
    """
    nested = all(layer.kernel == layer.stride if isinstance(layer, Pool) else layer.stride == 1
                 for layer in backbone.layers)  # fmt: skip
    wide = next(iter(backbone.convs.values())).weight.element_size()
    fits = width * height * wide * _BYTES_PER_PIXEL < free_memory(device) * _SHARE_OF_MEMORY
    return TILE if nested and not fits else None
