"""``/stylize_video``: clips for API clients, who get what the tab shows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from nst.errors import ConfigError
from nst.stylize_config import KEEP_COLOR
from nst.trunks import MULTISTYLE
from nst.ui.errors import friendly
from nst.ui.uploads import UnopenedVideo
from nst.ui.video_limits import MAX_SIDE
from nst.ui.video_run import paint, plan, status
from nst.ui.visit import Visit
from nst.video_config import VideoConfig

_SWITCH = {"on": True, "off": False}


@friendly
def stylize_video(
    visit: Visit,
    video: Any,
    style: str,
    strength: float = 1.0,
    temporal: str = "on",
    max_side: float | None = 0,
    keep_color: str = "off",
    morph: bool = False,
    start: float | None = 0,
    length: float | None = 0,
) -> Iterator[tuple]:
    """Paint a clip with one of the app's styles or your own, or a mix of them; its sound is kept. Streams progress.

    Args:
        video: the clip.
        style: ID[:W][,ID[:W]...], the ids of /styles with weights of the mix, such as "udnie:2,the_scream".
        strength: from 0 (the clip) to 1 (the full style).
        temporal: on carries the painting along with the motion, so that it does not flicker; off paints every frame
            on its own.
        max_side: longer side of the result in pixels, if the clip is larger; 0 for the clip's own size.
        keep_color: keep the clip's colours: off, luminance or linear.
        morph: go from style to style over the clip, in their order and without weights, instead of mixing them.
        start: seconds to leave out at the beginning.
        length: seconds to paint; 0 for all that follows the start.

    Returns:
        The frame last painted (JPEG), a status line, progress as JSON (frame, frames, fps, eta in seconds, done, note),
        and with the last message the result as an MP4 file.
    """
    if video is None:
        raise ConfigError("No video is given: send one as video.")
    if temporal not in _SWITCH:
        raise ConfigError("There is no such choice of temporal: choose from on, off.")
    config = VideoConfig(
        style, strength, keep_color, max_side, _SWITCH[temporal], morph,
        0.0 if start is None else start, length,
    )  # fmt: skip
    if config.max_side and config.max_side > MAX_SIDE:
        raise ConfigError(f"This app paints up to {MAX_SIDE} pixels: use a smaller max_side, or run your own copy.")
    with tempfile.TemporaryDirectory(prefix="nst-", ignore_cleanup_errors=True) as folder:
        job = plan(video, config, Path(folder), visit.library(MULTISTYLE))
        for view in paint(job):
            # Gradio has copied the file when it asks for what comes after it.
            yield view.after, status(job, view), view.report(), str(job.target) if view.done else None


def add_endpoint(visit: gr.State) -> None:
    """``/stylize_video`` for API clients; its components are not shown."""
    with gr.Row(visible=False):
        inputs = [
            UnopenedVideo(label="video", sources=["upload"]),
            gr.Textbox(None, label="style"),
            gr.Number(VideoConfig.strength, label="strength"),
            gr.Dropdown(list(_SWITCH), value="on" if VideoConfig.temporal else "off", label="temporal"),
            gr.Number(0, label="max_side"),
            gr.Dropdown(list(KEEP_COLOR), value=VideoConfig.keep_color, label="keep_color"),
            gr.Checkbox(VideoConfig.morph, label="morph"),
            gr.Number(VideoConfig.start, label="start"),
            gr.Number(0, label="length"),
        ]
        outputs = [
            gr.Image(label="frame", format="jpeg"), gr.Textbox(label="status"), gr.JSON(label="progress"),
            gr.File(label="mp4"),
        ]  # fmt: skip
        gr.Button("stylize_video").click(
            stylize_video, [visit, *inputs], outputs, api_name="stylize_video",
            concurrency_id="video", concurrency_limit=1,
        )  # fmt: skip
