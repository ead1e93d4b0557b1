"""One run of slow mode as the tab shows it: live frames, chart, snapshots, time-lapse, downloads."""

from __future__ import annotations

import html
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import gradio as gr
import pandas as pd
from PIL import Image

from nst.errors import ConfigError, NSTError
from nst.gatys import MAX_STYLES, Progress, describe, optimize
from nst.gatys_config import GatysConfig
from nst.images import open_image, resize, save_image
from nst.timelapse import TimeLapse
from nst.ui.gpu import on_gpu
from nst.weighted import check_weights

_SNAPSHOTS = 8
_CHART_FLOOR = 1e-3  # the content loss of the photo itself is zero
_CHART_POINTS = 150  # per series; more cost the page time and show nothing
_GPU_SECONDS_PER_MEGAPIXEL_STEP = 0.12
_GPU_START_SECONDS, _GPU_MOST_SECONDS = 10, 120
_MOST_STYLE_PIXELS = 16_000_000  # no result needs more, and eight are held at a time
_SERIES = ("content", "style", "total")

Styles = list[tuple[Image.Image, float]]


def _gpu_seconds(photo: Image.Image, styles: Styles, config: GatysConfig, *_: Any, **__: Any) -> int:
    share = min(photo.size) / max(photo.size)
    steps = config.iterations / len(config.sizes())
    pixels = sum(size * size * share for size in config.sizes()) / 1e6
    return min(_GPU_MOST_SECONDS, math.ceil(_GPU_START_SECONDS + _GPU_SECONDS_PER_MEGAPIXEL_STEP * steps * pixels))


@on_gpu(_gpu_seconds)
def paint(photo: Image.Image, styles: Styles, config: GatysConfig) -> Iterator[Progress]:
    """Slow mode on whatever device there is; on ZeroGPU in a borrowed worker.

    Our sentences leave it as ``gr.Error``: of any other exception a ZeroGPU worker passes on the name only.
    """
    try:
        yield from optimize(photo, styles, config)
    except NSTError as error:
        raise gr.Error(str(error), print_exception=False) from None


@dataclass
class Run:
    """What a run has produced so far. The generator fills it; Stop and the snapshot strip read it."""

    photo: Image.Image
    styles: Styles
    config: GatysConfig
    progress: Progress | None = None
    stopped: bool = False
    ended: bool = False  # the generator is closed: done, cancelled or failed
    rows: list[tuple[int, str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    snapshots: list[tuple[Path, str]] = field(default_factory=list)
    lapse: TimeLapse = field(default_factory=TimeLapse)
    lock: Lock = field(default_factory=Lock)  # Stop saves a snapshot while the generator may be saving one
    folder: tempfile.TemporaryDirectory = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="nst-", ignore_cleanup_errors=True)
    )

    def take(self, progress: Progress) -> None:
        """Note a progress: chart rows, a frame of the time-lapse, a snapshot when one is due."""
        if self.stopped:  # a step that was under way: status line and download stay those of one step
            return
        self.progress = progress
        self.lapse.add(progress.image)
        if progress.note:
            self.notes.append(progress.note)
        for step, losses in progress.trace:
            self.rows += [(step, name, getattr(losses, name)) for name in _SERIES]
        due = progress.step * _SNAPSHOTS >= len(self.snapshots) * progress.steps
        if due or progress.done:
            self.save_snapshot()

    def save_snapshot(self) -> Path:
        """Write the picture now as PNG with its settings; returns its path. Done once a step."""
        with self.lock:
            progress = self.progress
            path = Path(self.folder.name) / f"painting-step-{progress.step:04d}.png"
            if not path.exists():
                save_image(progress.image, path, describe(self.config, self.styles, progress))
                self.snapshots.append((path, f"Step {progress.step}"))
            return path

    def before(self, like: Image.Image) -> Image.Image:
        """The photo at the size of ``like``, for the comparison."""
        return self.photo.resize(like.size, Image.Resampling.LANCZOS)

    def chart(self) -> pd.DataFrame:
        """Losses on a log scale: columns step, loss (its name), log10."""
        stride = max(1, len(self.rows) // len(_SERIES) // _CHART_POINTS)
        steps = sorted({step for step, _, _ in self.rows})
        kept = set(steps[::stride]) | set(steps[-1:])
        return chart_table([row for row in self.rows if row[0] in kept])

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.stopped or (self.progress is not None and self.progress.done)

    def status(self) -> str:
        """One line of text: where the run is and what it costs."""
        p = self.progress
        width, height = p.size
        parts = [f"Step {p.step} of {p.steps}", f"{width}×{height}"]
        if p.scales > 1:
            parts.append(f"scale {p.scale} of {p.scales}")
        parts.append(f"{p.seconds:.0f} s")
        if p.done:
            parts.append("done")
        elif self.stopped:
            parts.append("stopped; this picture is yours")
        else:
            parts.append(f"about {duration(p.eta)} to go")
        parts.append(f"content {p.losses.content:.3g}, style {p.losses.style:.3g}")
        return " · ".join(parts + self.notes[-1:])

    def film(self) -> Path | None:
        """Write the time-lapse; None if it cannot be made."""
        path = Path(self.folder.name) / "time-lapse.mp4"
        try:
            self.lapse.write(path, self.progress.image)
        except NSTError:
            return None  # a missing encoder must not cost the picture
        return path


def chart_table(rows: list[tuple[int, str, float]]) -> pd.DataFrame:
    """(step, loss, value) rows as the chart wants them; the types are told even when there are no rows yet."""
    rows = [row for row in rows if math.isfinite(row[2])]
    logs = [math.log10(max(value, _CHART_FLOOR)) for _, _, value in rows]
    return pd.DataFrame(
        {
            "step": pd.Series([step for step, _, _ in rows], dtype="int64"),
            "loss": pd.Series([name for _, name, _ in rows], dtype="string"),
            "log10": pd.Series(logs, dtype="float64"),
        }
    )


def open_styles(sources: list[Any], weights: list[float]) -> Styles:
    """Open the uploads that are there, each with its weight.

    Raises:
        ImageError: one that is no picture. ConfigError: none at all, too many, or weights that cannot work.
    """
    pairs = [(source, weight) for source, weight in zip(sources, weights, strict=True) if source is not None]
    if not pairs:
        raise ConfigError("No style picture is given: add at least one painting.")
    if len(pairs) > MAX_STYLES:
        raise ConfigError(f"That is too many style pictures: use at most {MAX_STYLES}.")
    check_weights([weight for _, weight in pairs], "style picture")
    return [(_held(open_image(source)), weight) for source, weight in pairs]


def _held(painting: Image.Image) -> Image.Image:
    excess = painting.width * painting.height / _MOST_STYLE_PIXELS
    return painting if excess <= 1 else resize(painting, round(max(painting.size) / excess**0.5))


def duration(seconds: float) -> str:
    """``75`` → ``1 min 15 s``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def line(text: str) -> str:
    """A status line that screen readers announce. Quotes stay: they stand in the markers of texts."""
    return f'<p role="status" aria-live="polite">{html.escape(text, quote=False)}</p>'
