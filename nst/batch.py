"""Many picture files in, many out: which file is painted to which, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst.errors import ConfigError, NSTError
from nst.images import open_image, output_format, save_image
from nst.stylize_config import StylizeConfig
from nst.stylizer import Stylizer

# What a folder's pictures are called; a file that is named outright may be called anything.
_JPEGS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})
_PICTURES = _JPEGS | {
    ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".jp2", ".avif", ".heic", ".heif",
}  # fmt: skip


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


def paint_all(jobs: Sequence[Job], stylizer: Stylizer, config: StylizeConfig) -> Iterator[Outcome]:
    """Paint one job after the other; a file that fails does not stop the others."""
    settings = config.describe(stylizer.trunk.fingerprint)
    for job in jobs:
        try:
            painting = stylizer.stylize(
                open_image(job.source), config.style,
                strength=config.strength, keep=config.keep_color, max_side=config.max_side,
            )  # fmt: skip
            save_image(painting, job.target, settings)
        except NSTError as error:
            yield Outcome(job, str(error))
        else:
            yield Outcome(job)


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
