"""Training photographs: from a folder, from tar files, or streamed from a Hub data set; cropped and varied.

Every random choice of a crop follows from (seed, step, rank, place in the batch) alone, so that a run continued from a
checkpoint sees what the unbroken run would have seen.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from nst.errors import ImageError, RecipeError
from nst.images import open_image, to_tensor
from nst.training.augment import shade
from nst.training.recipe import Data, Recipe

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_GENTLEST = 0.2  # strength; below, the app blends pixels
_LARGEST_VIEW = 2.0  # the crop shows at most this many times its own side of the photo
_SHUFFLE_BUFFER = 1000


class Source(Protocol):
    """Photographs by number, asked for in rising order."""

    def photos(self, numbers: Iterable[int]) -> Iterator[Image.Image]:
        """One photograph for each number."""


class Files:
    """Photographs in files or inside tar files, drawn at random with replacement."""

    def __init__(self, data: Data, seed: int) -> None:
        self._seed = seed
        root = Path(data.folder) if data.folder else Path(data.tars).parent
        self._entries: list[tuple[Path, int, int]] = []  # file, offset, length
        if data.folder:
            found = sorted(p for p in root.rglob("*") if p.suffix.lower() in _SUFFIXES)
            self._entries = [(path, 0, -1) for path in found]
        for tar in sorted(root.glob(Path(data.tars).name)) if data.tars else []:
            try:
                with tarfile.open(tar) as archive:
                    members = [m for m in archive if m.isfile() and Path(m.name).suffix.lower() in _SUFFIXES]
            except (tarfile.TarError, OSError):
                raise RecipeError(f"'{tar.name}' is not a tar file that can be read.") from None
            self._entries += [(tar, member.offset_data, member.size) for member in members]
        if not self._entries:
            raise RecipeError("There are no photographs where the recipe says: check data.folder or data.tars.")

    def __len__(self) -> int:
        return len(self._entries)

    def photos(self, numbers: Iterable[int]) -> Iterator[Image.Image]:
        for number in numbers:
            rng = np.random.default_rng([self._seed, number])
            for _ in range(100):  # damaged files are passed over
                path, offset, length = self._entries[rng.integers(len(self._entries))]
                try:
                    with path.open("rb") as file:
                        file.seek(offset)
                        yield open_image(file.read(length))
                    break
                except (ImageError, OSError):
                    continue
            else:
                raise RecipeError("A hundred photographs in a row cannot be read: check the data.")


class HubStream:
    """A data set on the Hugging Face Hub, streamed: nothing is stored, and photographs come in shuffled order."""

    def __init__(self, data: Data, seed: int) -> None:
        self._data = data
        self._seed = seed

    def photos(self, numbers: Iterable[int]) -> Iterator[Image.Image]:
        rows = self._rows(0)
        following = 0
        for number in numbers:
            if number > following + _SHUFFLE_BUFFER:
                rows, following = self._rows(number), number
            while following <= number:
                row = next(rows)
                following += 1
            yield _from_row(row[self._data.hub_column])

    def _rows(self, start: int) -> Iterator[dict[str, Any]]:
        """All rows from number ``start`` on, over and over, each round in another order."""
        try:
            from datasets import Image as ImageColumn
            from datasets import load_dataset
        except ImportError:
            raise RecipeError("Streaming from the Hub needs the package datasets: pip install datasets.") from None
        data = self._data
        try:
            rows = load_dataset(data.hub, data.hub_config or None, split=data.hub_split, streaming=True)
            rows = rows.cast_column(data.hub_column, ImageColumn(decode=False))
        except Exception as error:
            raise RecipeError(
                f"The data set '{data.hub}' cannot be streamed: check its name, split and column, and the network."
            ) from error
        epoch = 0
        while True:
            empty = True
            for row in rows.shuffle(seed=self._seed + epoch, buffer_size=_SHUFFLE_BUFFER):
                empty = False
                if start > 0:
                    start -= 1
                else:
                    yield row
            if empty:
                raise RecipeError(f"The data set '{data.hub}' has no rows.")
            epoch += 1


def _from_row(value: Any) -> Image.Image:
    if value.get("bytes"):
        return open_image(value["bytes"])
    return open_image(value["path"])


def open_source(data: Data, seed: int) -> Source:
    """The photographs that a recipe names.

    Raises:
        RecipeError: there are none.
    """
    return HubStream(data, seed) if data.hub else Files(data, seed)


class Crops(IterableDataset):
    """Training batches from step ``first`` on: crops ``(N, 3, S, S)`` in 0..1, styles and strengths ``(N,)``.

    Style ``len(recipe.paintings)`` stands for *reproduce the photo*. Batches follow the recipe's stages; ``rank`` of
    ``world`` is this process among those that train together.
    """

    def __init__(self, recipe: Recipe, source: Source, first: int = 0, rank: int = 0, world: int = 1) -> None:
        self.recipe, self.source = recipe, source
        self.first, self.rank, self.world = first, rank, world

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        worker = get_worker_info()
        offset, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        steps = range(self.first + offset, self.recipe.steps, stride)
        photos = self.source.photos(number for step in steps for number in self._numbers(step))
        for step in steps:
            stage = self.recipe.stage_at(step)
            samples = [self._sample(next(photos), stage.size, step, place) for place in range(stage.batch)]
            crops, styles, strengths = zip(*samples, strict=True)
            yield torch.stack(crops), torch.tensor(styles), torch.tensor(strengths)

    def _numbers(self, step: int) -> range:
        """Which photographs of the source this process needs for ``step``."""
        before, left = 0, step
        for stage in self.recipe.stages:
            done = min(left, stage.steps)
            before += done * stage.batch * self.world
            left -= done
        batch = self.recipe.stage_at(step).batch
        return range(before + self.rank * batch, before + (self.rank + 1) * batch)

    def _sample(self, photo: Image.Image, size: int, step: int, place: int) -> tuple[Tensor, int, float]:
        rng = np.random.default_rng([self.recipe.seed, step, self.rank, place])
        data, count = self.recipe.data, len(self.recipe.paintings)
        style = count if rng.random() < data.identity_share else int(rng.integers(count))
        crop = to_tensor(_crop(photo, size, rng))[0]
        if rng.random() < data.flat_share:
            crop = shade(crop, rng)
        gentle = style < count and rng.random() < data.gentle_share
        return crop, style, float(rng.uniform(_GENTLEST, 1)) if gentle else 1.0


def _crop(photo: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
    """A random square of the photo, randomly mirrored, at ``size`` pixels; enlarged only where the photo is small."""
    short = min(photo.size)
    side = rng.uniform(min(size, short), min(short, _LARGEST_VIEW * size))
    left, top = rng.uniform(0, photo.width - side), rng.uniform(0, photo.height - side)
    crop = photo.resize((size, size), Image.Resampling.BICUBIC, (left, top, left + side, top + side), reducing_gap=2.0)
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else crop
