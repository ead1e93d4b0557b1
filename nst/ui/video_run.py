"""What the Video tab and its endpoint do: paint a clip, tell how far it is, and keep the part that is done."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from nst.clip_reader import ClipInfo, ClipReader
from nst.errors import NSTError
from nst.images import resize
from nst.styles import Style, StyleLibrary
from nst.trunks import MULTISTYLE
from nst.ui.fast_run import stylizer
from nst.ui.gpu import on_gpu
from nst.ui.slow_run import duration
from nst.ui.video_limits import MAX_SIDE, seconds, within_limits
from nst.video import stylize_video
from nst.video_config import VideoConfig, VideoProgress
from nst.weighted import parse_weighted

_SHOW_SECONDS = 0.5  # between two views of the work: often enough to watch, seldom enough to cost nothing
_SHOWN_SIDE = 480  # pixels
_GPU_START_SECONDS, _GPU_MOST_SECONDS = 20, 120
_GPU_SECONDS_PER_FRAME, _GPU_SECONDS_PER_MEGAPIXEL = 0.02, 0.06
_GPU_LEFT_SECONDS = 8  # of a borrowed GPU's time, in which the file is finished


@dataclass(frozen=True)
class Job:
    """A clip to paint.

    Attributes:
        target: where the result goes.
        stop: ends the work, with what is done, as soon as there is a file of that name.
        styles: those that ``config`` names. They travel with the job because a ZeroGPU worker would not know one that
            the app has learnt since the worker was started.
        network: what paints.
        info: of the chosen part.
        reduced: whether the clip is larger than this app paints, and nobody asked for less.
    """

    source: Path
    target: Path
    stop: Path
    config: VideoConfig
    styles: tuple[Style, ...]
    network: str
    info: ClipInfo
    reduced: bool


@dataclass(frozen=True)
class View:
    """A job at one moment.

    Attributes:
        before, after: the frame last painted, small.
        note: what the visitor should know; usually empty.
        done: nothing more will come. The result is in its place.
        stopped: it is a part of what was asked for.
    """

    frame: int
    frames: int
    seconds: float
    fps: float
    eta: float
    before: Image.Image
    after: Image.Image
    note: str = ""
    done: bool = False
    stopped: bool = False

    def report(self) -> dict[str, Any]:
        """The numbers as plain JSON values."""
        return {
            "frame": self.frame, "frames": self.frames, "fps": round(self.fps, 2),
            "eta": round(self.eta, 1) if math.isfinite(self.eta) else None, "done": self.done, "note": self.note,
        }  # fmt: skip


def plan(
    source: Any,
    config: VideoConfig,
    folder: Path,
    library: StyleLibrary,
    stop: Path | None = None,
    network: str = MULTISTYLE,
) -> Job:
    """Look at a clip and at the limits of this app, and say what is to be done with styles of ``library``.

    Raises:
        VideoError: no clip. ConfigError: an unknown style, or a part that is too long.
    """
    ids = [style_id for style_id, _ in parse_weighted(config.style, "style")]
    styles = tuple(library[style_id] for style_id in ids)
    info = ClipReader(Path(source), config.start, config.length).info
    allowed = within_limits(config, info)
    target = folder / f"painting-{'-'.join(ids)[:80]}.mp4"
    return Job(Path(source), target, stop or folder / "stop", allowed, styles, network, info, allowed is not config)


def _gpu_seconds(job: Job, *_: Any, **__: Any) -> int:
    width, height = job.info.width, job.info.height
    scale = min(1.0, (job.config.max_side or MAX_SIDE) / max(width, height))
    each = _GPU_SECONDS_PER_FRAME + _GPU_SECONDS_PER_MEGAPIXEL * width * height * scale**2 / 1e6
    return min(_GPU_MOST_SECONDS, math.ceil(_GPU_START_SECONDS + each * job.info.frames))


@on_gpu(_gpu_seconds)
def paint(job: Job) -> Iterator[View]:
    """Paint a clip on whatever device there is; on ZeroGPU in a borrowed worker.

    The last view is ``done``; the file is in its place then. Our sentences leave it as ``gr.Error``: of any other
    exception a ZeroGPU worker passes on the name only.
    """
    end = time.monotonic() + _gpu_seconds(job) - _GPU_LEFT_SECONDS if _is_lent() else math.inf
    shown = -math.inf
    try:
        network = stylizer(job.network)
        known = StyleLibrary(network.trunk, job.styles)
        steps = stylize_video(job.source, job.target, network, job.config, known)
        try:
            for progress in steps:
                now = time.monotonic()
                if not progress.done and (now > end or job.stop.exists()):
                    steps.close()  # writes the file
                    yield _stopped(job, progress, "" if job.stop.exists() else "The time on the GPU is used up.")
                    return
                if progress.done or now - shown >= _SHOW_SECONDS:
                    shown = now
                    yield _view(progress)
        finally:
            steps.close()
    except NSTError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _is_lent() -> bool:
    return bool(os.environ.get("SPACES_ZERO_GPU"))


def _view(progress: VideoProgress) -> View:
    fps = progress.frame / progress.seconds if progress.done else progress.fps
    return View(
        progress.frame, progress.frames, progress.seconds, fps, progress.eta, *_small(progress), progress.note,
        progress.done,
    )  # fmt: skip


def _stopped(job: Job, progress: VideoProgress, note: str) -> View:
    written = ClipReader(job.target).info.frames  # some were under way
    fps = written / progress.seconds
    return View(written, progress.frames, progress.seconds, fps, 0.0, *_small(progress), note, done=True, stopped=True)


def _small(progress: VideoProgress) -> tuple[Image.Image, Image.Image]:
    before, after = Image.fromarray(progress.before), Image.fromarray(progress.after)
    side = min(_SHOWN_SIDE, max(after.size))
    return resize(before, side), resize(after, side)


def status(job: Job, view: View) -> str:
    """One line of text: where a job is."""
    if not view.done:
        parts = [f"Frame {view.frame} of {view.frames}", f"{view.fps:.1f} frames a second"]
        if math.isfinite(view.eta):
            parts.append(f"about {duration(view.eta)} to go")
        return " · ".join(parts)
    info = ClipReader(job.target).info
    if view.stopped:
        parts = [f"Stopped: {view.frame} of {view.frames} frames are painted, {seconds(info.seconds)}; they are yours"]
    else:
        took = f"{view.seconds:.1f} s" if view.seconds < 10 else duration(view.seconds)
        parts = [f"Painted {view.frame} frames in {took}, {view.fps:.1f} a second", seconds(info.seconds)]
    parts += [f"{info.width}×{info.height} pixels", "with sound" if info.sound else "without sound"]
    if job.reduced:
        parts.append(f"your clip is larger, and this app paints up to {MAX_SIDE} pixels")
    return " · ".join([*parts, *filter(None, [view.note])])
