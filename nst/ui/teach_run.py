"""What the teach tab and its endpoint do: learn a style from a picture, tell how far it is, keep what is learnt."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import torch
from PIL import Image

from nst.errors import ConfigError, NSTError
from nst.images import open_image, resize
from nst.styles import BUILT_IN, Style, StyleInfo, StyleLibrary, load_style, save_style
from nst.thumbnails import paint_thumbnail, save_thumbnail
from nst.training.recipe import Painting
from nst.training.teach import Taught, TeachConfig
from nst.training.teach import teach as learn
from nst.trunks import MULTISTYLE
from nst.ui.fast_run import stylizer
from nst.ui.gpu import on_gpu
from nst.ui.slow_run import duration
from nst.ui.visit import YOURS, Visit, sources

BRUSHES = {"fine": 256, "medium": 384, "bold": 640}
"""Pixels of the painting's longer side: the larger it is looked at, the larger the strokes become."""

EFFORTS = {"quick": 100, "normal": TeachConfig.steps, "thorough": 900}
"""Steps."""

_MOST_TITLE = 80
_SHOW_SECONDS = 1.0
# No more than a visitor without an account has on a day, whatever the GPU's factor: a lesson cut short is a lesson.
_GPU_START_SECONDS, _GPU_SECONDS_PER_STEP, _GPU_MOST_SECONDS = 20, 0.08, 75
_MOST_STARTS = 24  # styles to begin from: each is tried, which takes time
_GPU_LEFT_SECONDS = 5


@dataclass(frozen=True)
class Lesson:
    """A style to learn.

    Attributes:
        pictures: of the painting, not larger than they are looked at.
        known: the styles to begin from. They travel with the lesson, as a ZeroGPU worker may not know them.
        stop: ends the lesson, with what is learnt, as soon as there is a file of that name.
    """

    pictures: tuple[Image.Image, ...]
    about: Painting
    config: TeachConfig
    known: tuple[Style, ...]
    stop: Path


@dataclass(frozen=True)
class View:
    """A lesson at one moment; the last one is ``done``, and ``stopped`` if it was cut short.

    ``code`` is the style so far, ``image`` a photograph of the project in it; losses are unweighted.
    """

    step: int
    steps: int
    seconds: float
    eta: float
    content: float
    style: float
    image: Image.Image
    code: np.ndarray
    style_weight: float
    done: bool
    stopped: bool = False

    def report(self) -> dict[str, Any]:
        """The numbers as plain JSON values."""
        return {
            "step": self.step, "steps": self.steps, "seconds": round(self.seconds, 1), "eta": round(self.eta, 1),
            "content": round(self.content, 4), "style": round(self.style, 4), "done": self.done,
        }  # fmt: skip

    def status(self, title: str) -> str:
        """One line of text."""
        if not self.done:
            return f"Step {self.step} of {self.steps} · about {duration(self.eta)} to go"
        if self.stopped:
            return f"Stopped after {self.step} of {self.steps} steps: “{title}” is in the galleries as far as it is."
        return f"Learnt in {duration(self.seconds)}: “{title}” is now in the galleries of Fast and Video."


def plan(
    visit: Visit,
    painting: Any,
    title: str | None,
    artist: str | None,
    brush: str,
    effort: str,
    detail: Any,
    stop: Path,
) -> Lesson:
    """Open the pictures and say what is to be learnt.

    Args:
        painting: path or bytes of the picture.
        detail: the same of a second one, which may be None.

    Raises:
        ImageError: no picture. ConfigError: a name that is too long, an unknown brush or effort.
    """
    if painting is None:
        raise ConfigError("No painting is given: upload a picture, or pick an example.")
    if brush not in BRUSHES:
        raise ConfigError(f"There is no brush '{str(brush)[:40]}': choose from {', '.join(BRUSHES)}.")
    if effort not in EFFORTS:
        raise ConfigError(f"There is no effort '{str(effort)[:40]}': choose from {', '.join(EFFORTS)}.")
    title, artist = (" ".join(str(text or "").split()) for text in (title, artist))
    if max(len(title), len(artist)) > _MOST_TITLE:
        raise ConfigError(f"The title and the artist's name may have {_MOST_TITLE} characters each.")
    title = title or "My style"
    size = BRUSHES[brush]
    pictures = tuple(_fitting(picture, size) for picture in (painting, detail) if picture is not None)
    about = Painting(visit.new_id(title), "", title, artist, "", size, licence="unknown")
    visit.check_room(about.id)
    known = [style for style in visit.library(MULTISTYLE) if style.origin in (BUILT_IN, YOURS)]
    return Lesson(pictures, about, TeachConfig(steps=EFFORTS[effort]), tuple(known[-_MOST_STARTS:]), stop)


def _fitting(source: Any, size: int) -> Image.Image:
    picture = open_image(source)
    if max(picture.size) > 4 * min(picture.size):
        raise ConfigError("This picture is too long and thin to learn from: crop it.")
    return resize(picture, size)


def _gpu_seconds(lesson: Lesson, *_: Any, **__: Any) -> int:
    return min(_GPU_MOST_SECONDS, math.ceil(_GPU_START_SECONDS + _GPU_SECONDS_PER_STEP * lesson.config.steps))


@on_gpu(_gpu_seconds)
def teach(lesson: Lesson) -> Iterator[View]:
    """Learn on whatever device there is; on ZeroGPU in a borrowed worker, and in its time.

    Our sentences leave it as ``gr.Error``: of any other exception a ZeroGPU worker passes on the name only.
    """
    lent = bool(os.environ.get("SPACES_ZERO_GPU"))
    end = time.monotonic() + _gpu_seconds(lesson) - _GPU_LEFT_SECONDS if lent else math.inf
    try:
        library = StyleLibrary(stylizer().trunk, lesson.known)
        image: Image.Image | None = None
        for taught in learn(library, lesson.pictures, lesson.about, lesson.config, frame_seconds=_SHOW_SECONDS):
            stopped = not taught.done and (lesson.stop.exists() or time.monotonic() > end)
            image = taught.image or image
            if taught.image is not None or stopped:
                yield _view(taught, image, stopped)
            if stopped:
                return
    except NSTError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _view(taught: Taught, image: Image.Image, stopped: bool) -> View:
    return View(
        taught.step, taught.steps, taught.seconds, taught.eta, taught.content, taught.style, image,
        taught.code.numpy(), taught.style_weight, taught.done or stopped, stopped,
    )  # fmt: skip


def finished(lesson: Lesson, view: View) -> Style:
    """The style of the last view."""
    trunk, about = sources().trunk, lesson.about
    info = StyleInfo(
        about.id, about.title, about.artist, about.year, about.licence, trunk.fingerprint, about.size,
        round(view.style_weight, 3), {"with": "the app, on the frozen trunk", "steps": view.step},
    )  # fmt: skip
    code = torch.from_numpy(view.code)
    return Style(info, code, paint_thumbnail(trunk, code), YOURS)


def brought(path: Path) -> Style:
    """A style that the visitor has as a file.

    Raises:
        WeightsError: it is none, or one of another trunk.
    """
    style = load_style(path, sources().trunk, YOURS)
    return Style(style.info, style.code, paint_thumbnail(sources().trunk, style.code), YOURS)


def save(style: Style, folder: Path) -> Path:
    """Write a style of the visitor's own as a file, with its thumbnail beside it; returns the file."""
    path = folder / f"{style.info.id}.safetensors"
    save_style(path, style.info, style.code)
    if isinstance(style.thumbnail, Image.Image):
        save_thumbnail(path.with_suffix(".jpg"), style.thumbnail)
    return path
