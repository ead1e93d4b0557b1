"""Pictures of any size: painted in tiles that overlap and share the statistics of the whole picture.

What a tile's network needs of its surroundings is there (its reach on every side, a mirrored margin at the border of
the picture), so that tiles meet without a seam: with the same statistics, tiled and untiled are the same picture. The
statistics come from patches of the picture itself, at its own size, taken together; a thumbnail, as in Chen et al. 2022
("Towards Ultra-Resolution Neural Style Transfer via Thumbnail Instance Normalization"), has less fine detail than the
picture and so slightly other statistics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from nst.devices import free_memory, is_out_of_memory
from nst.images import to_image, to_tensor
from nst.networks.conditional_norm import Statistics
from nst.trunks import MARGIN

TILE = 768
"""Side of a tile, without its overlap: small enough for the caches of a CPU, large enough to waste little."""

LEAST_TILE = 128
_PATCH, _PATCHES_ALONG = 320, 4  # statistics come from at most 4×4 patches
_BYTES_PER_PIXEL = 700  # that painting takes at its peak, untiled, in float32 (measured: 560)
_SHARE_OF_MEMORY = 0.5  # of what is free, that a picture may take
_MOST_ON_A_CPU = 3_000_000
"""Pixels above which tiles are faster: in one piece each layer would be written to memory that the allocator has only
just asked for, page by page (measured at 3840×2160, in bfloat16: 8.1 s, in tiles 4.6 s)."""


def in_one_piece(width: int, height: int, device: torch.device) -> bool:
    """Whether a picture is better painted in one piece: it fits into memory, and that is not slower."""
    if device.type == "cpu" and width * height > _MOST_ON_A_CPU:
        return False
    return width * height * _BYTES_PER_PIXEL < free_memory(device) * _SHARE_OF_MEMORY


@torch.inference_mode()
def statistics_of(network: nn.Module, picture: Image.Image, code: Tensor) -> Statistics:
    """The statistics of a large picture in the style ``code`` ``(1, code_size)``, from evenly spread patches."""
    device = code.device
    sides = [min(_PATCH, side - side % network.multiple) for side in picture.size]
    places = [_spread(side, patch) for side, patch in zip(picture.size, sides, strict=True)]
    boxes = [(x, y, x + sides[0], y + sides[1]) for y in places[1] for x in places[0]]
    patches = torch.cat([to_tensor(picture.crop(box)) for box in boxes]).to(device)
    statistics = Statistics()
    network(patches, code.expand(len(patches), -1), statistics, [(y, x) for y in places[1] for x in places[0]])
    return statistics


def _spread(side: int, patch: int) -> list[int]:
    count = min(_PATCHES_ALONG, math.ceil(side / patch))
    return [round(i * (side - patch) / max(1, count - 1)) for i in range(count)]


def paint_tiles(
    network: nn.Module,
    picture: Image.Image,
    code: Tensor,
    statistics: Statistics,
    finish: Callable[[Tensor, Tensor], Tensor],
    tile: int = TILE,
) -> Iterator[tuple[tuple[int, int], Image.Image]]:
    """Paint tile by tile.

    Args:
        network: a :class:`nst.networks.multistyle.Multistyle`.
        picture: RGB.
        code: ``(1, code_size)``, on the network's device.
        statistics: of the whole picture.
        finish: from the tile of the photo and its painting to the result, both ``(1, 3, h, w)`` in 0..1.
        tile: side in pixels. Where the memory does not suffice, tiles are halved, down to :data:`LEAST_TILE`.

    Yields:
        Left upper corner and picture of each tile, which together make the painting.
    """
    pending = [
        (x, y, min(x + tile, picture.width), min(y + tile, picture.height))
        for y in range(0, picture.height, tile)
        for x in range(0, picture.width, tile)
    ]
    pending.reverse()
    while pending:
        box = pending.pop()
        try:
            yield box[:2], _paint_tile(network, picture, code, statistics, finish, box)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error) or max(box[2] - box[0], box[3] - box[1]) <= LEAST_TILE:
                raise
            if code.device.type == "cuda":
                torch.cuda.empty_cache()
            pending += reversed(_quarters(box, network.multiple))


def _quarters(box: tuple[int, int, int, int], multiple: int) -> list[tuple[int, int, int, int]]:
    left, top, right, bottom = box
    # Tiles begin at multiples of what the network folds together.
    across, down = (
        start + math.ceil(side / 2 / multiple) * multiple for start, side in ((left, right - left), (top, bottom - top))
    )
    parts = [(left, top, across, down), (across, top, right, down), (left, down, across, bottom)]
    parts.append((across, down, right, bottom))
    return [part for part in parts if part[0] < part[2] and part[1] < part[3]]


@torch.inference_mode()
def _paint_tile(
    network: nn.Module,
    picture: Image.Image,
    code: Tensor,
    statistics: Statistics,
    finish: Callable[[Tensor, Tensor], Tensor],
    box: tuple[int, int, int, int],
) -> Image.Image:
    reach, multiple = network.reach, network.multiple
    width, height = picture.size
    left, top = (max((start - reach) // multiple * multiple, -MARGIN) for start in box[:2])
    # To the right and below as far as an untiled picture would be padded, so that the network meets the same border.
    ends = (width + MARGIN + -width % multiple, height + MARGIN + -height % multiple)
    right, bottom = (min(stop + reach + -stop % multiple, end) for stop, end in zip(box[2:], ends, strict=True))
    photo = to_tensor(_mirrored(picture, (left, top, right, bottom))).to(code.device)
    # In one piece the noise begins where the margin does.
    painted = network(photo, code, statistics.begin(), [(top + MARGIN, left + MARGIN)])
    inner = (..., slice(box[1] - top, box[3] - top), slice(box[0] - left, box[2] - left))
    return to_image(finish(photo[inner], painted[inner]))


def _mirrored(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """A part of a picture, mirrored where it reaches beyond the border."""
    left, top, right, bottom = box
    inside = (max(left, 0), max(top, 0), min(right, picture.width), min(bottom, picture.height))
    part = picture.crop(inside)
    if inside == box:
        return part
    pads = ((inside[1] - top, bottom - inside[3]), (inside[0] - left, right - inside[2]), (0, 0))
    return Image.fromarray(np.pad(np.asarray(part), pads, mode="reflect"))
