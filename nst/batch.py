"""Many picture files in, many out: which file is painted to which, and what became of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from PIL import Image

from nst.errors import ConfigError, NSTError
from nst.images import open_image, output_format, save_image
from nst.stages import Behind, ahead
from nst.stylize_config import StylizeConfig
from nst.stylizer import Stylizer

# What a folder's pictures are called; a file that is named outright may be called anything.
_JPEGS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})
_PICTURES = _JPEGS | {
    ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".jp2", ".avif", ".heic", ".heif",
}  # fmt: skip


_SLACK = 1  # pictures that are read ahead, and that wait to be written: large ones take memory


@dataclass(frozen=True)
class Job:
    """One picture to paint: its file, and the file to write."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a job: ``error`` is empty, or the sentence that says why there is no painting."""

    job: Job
    error: str = ""


def plan(inputs: Sequence[Path], output: Path) -> list[Job]:
    """Say what is written where.

    One file goes to ``output``, if that is no folder. Otherwise ``output`` is a folder: a folder among the inputs
    stands for its pictures (by name, without those of its subfolders), and every painting is named after its photo,
    ``.jpg`` for a JPEG and ``.png`` for anything else, with a number where the name is taken. No two paintings get
    the same name, and none that of a photo. A photo given twice is painted once.

    Raises:
        ConfigError: ``output`` cannot be what it has to be, or a folder holds no picture.
    """
    sources = list({_place(source): source for path in inputs for source in _sources(path)}.values())
    if len(inputs) == 1 and not inputs[0].is_dir() and not output.is_dir():
        output_format(output)
        if not output.absolute().parent.is_dir():
            raise ConfigError("The output's folder does not exist: create it first.")
        if _place(output) == _place(sources[0]):
            raise ConfigError("The output would overwrite the photo: give it another name.")
        return [Job(sources[0], output)]
    if (output.exists() and not output.is_dir()) or (not output.exists() and output.suffix.lower() in _PICTURES):
        raise ConfigError("Several pictures need a folder to go to: name one as the output.")
    taken = {_place(source) for source in sources}
    jobs = []
    for source in sources:
        target = _free_name(source, output, taken)
        taken.add(_place(target))
        jobs.append(Job(source, target))
    return jobs


def shard(jobs: Sequence[Job], text: str) -> list[Job]:
    """The jobs of shard ``I/N``, from 1: every N-th. All shards together are all jobs, and no two write the same file.

    Raises:
        ConfigError: that is no shard.
    """
    match = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", text)
    number, count = map(int, match.groups()) if match else (1, 0)
    if number > count:
        raise ConfigError("A shard is written I/N, such as 1/4 for the first of four.")
    return list(jobs[number - 1 :: count])


def paint_all(jobs: Sequence[Job], stylizer: Stylizer, config: StylizeConfig) -> Iterator[Outcome]:
    """Paint one job after the other; a file that fails does not stop the others.

    While one is painted, the next is read and the last is written. Closed early, what is being written is finished.
    """
    settings = config.describe(stylizer.trunk.fingerprint)
    done: SimpleQueue[Outcome] = SimpleQueue()

    def write(item: tuple[Job, Image.Image | NSTError]) -> None:
        job, painting = item
        try:
            if isinstance(painting, NSTError):
                raise painting
            save_image(painting, job.target, settings)
        except NSTError as error:
            done.put(Outcome(job, str(error)))
        else:
            done.put(Outcome(job))

    with ahead(_opened(jobs), _SLACK) as photos:
        writer = Behind(write, _SLACK)
        try:
            for job, photo in photos:
                writer.put((job, _painted(photo, stylizer, config)))
                while not done.empty():
                    yield done.get()
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
    while not done.empty():
        yield done.get()


def _opened(jobs: Sequence[Job]) -> Iterator[tuple[Job, Image.Image | NSTError]]:
    for job in jobs:
        try:
            yield job, open_image(job.source)
        except NSTError as error:
            yield job, error


def _painted(photo: Image.Image | NSTError, stylizer: Stylizer, config: StylizeConfig) -> Image.Image | NSTError:
    if isinstance(photo, NSTError):
        return photo
    try:
        return stylizer.stylize(
            photo, config.style, strength=config.strength, keep=config.keep_color, max_side=config.max_side,
            strokes=config.strokes, fine=config.fine,
        )  # fmt: skip
    except NSTError as error:
        return error


def _sources(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        found = [file for file in path.iterdir() if file.suffix.lower() in _PICTURES and file.is_file()]
    except OSError:
        raise ConfigError(f"The folder '{path}' cannot be read.") from None
    found = [file for file in found if not file.name.startswith(".")]
    if not found:
        raise ConfigError(f"There is no picture in the folder '{path}'.")
    return sorted(found)


def _place(path: Path) -> str:
    """Where a file lies; equal for names that some file systems take for the same."""
    return str(path.resolve()).casefold()


def _free_name(source: Path, folder: Path, taken: set[str]) -> Path:
    suffix = ".jpg" if source.suffix.lower() in _JPEGS else ".png"
    target, number = folder / f"{source.stem}{suffix}", 1
    while _place(target) in taken:
        number += 1
        target = folder / f"{source.stem}-{number}{suffix}"
    return target
