"""The Video tab: a clip is painted frame by frame, keeps its sound, and can be watched while it comes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from nst.clip_reader import open_clip, picture_stream
from nst.errors import ConfigError, NSTError
from nst.ui.errors import friendly
from nst.ui.examples import CLIPS, strip
from nst.ui.slow_run import line
from nst.ui.stops import Stage, Stops
from nst.ui.style_fields import StyleFields, chosen, picked, show_choice, style_fields
from nst.ui.texts import ENGLISH, language_of, made, tr, translated
from nst.ui.uploads import UnopenedVideo
from nst.ui.video_api import add_endpoint
from nst.ui.video_limits import MAX_SIDE, first_look, note
from nst.ui.video_run import Job, View, paint, plan, status
from nst.ui.visit import Visit
from nst.video_config import VideoConfig

_SIZES = (256, 384, 512, 768, 1024, 1280, 1920)
_IDLE = (gr.Button(interactive=True), gr.Button(interactive=False))  # Paint and Stop when nothing runs
_PLAYED = {"h264", "vp8", "vp9", "av1"}


class _Unconverted(gr.Video):
    """Without Gradio's conversion to a format that browsers play, which can take minutes."""

    is_template = True  # shown as what it is made from

    def postprocess(self, value: str | None) -> FileData | None:
        return None if value is None else FileData(path=value, orig_name=Path(value).name)


def build(visit: gr.State) -> StyleFields:
    """Lay out the tab inside the current ``gr.Blocks`` and wire it; returns the choice of styles.

    Args:
        visit: holds a :class:`Visit`.
    """
    stops = Stops()
    # In the page, not in a gr.State, which is read when a run's turn comes, and would be that of the newest.
    ticket = gr.Textbox(visible=False)
    with gr.Row(equal_height=False, elem_classes="sides"):
        with gr.Column(scale=4, min_width=300):
            clip = UnopenedVideo(
                CLIPS[0]["file"], label=tr("video.clip"), elem_id="video-clip", sources=["upload"], height=260
            )
            about = gr.HTML(line(made(_look(Path(CLIPS[0]["file"]))[0])), elem_id="video-about")
            gr.Markdown(made(note()), elem_classes="note", elem_id="video-limits")
            strip(CLIPS, clip, "example_clip", "video")
            with gr.Row():
                start = gr.Number(0, label=tr("video.start_at"), elem_id="video-start-at", minimum=0, min_width=120)
                length = gr.Number(
                    None, label=tr("video.length"), elem_id="video-length", minimum=0, min_width=120,
                    placeholder=tr("video.length.empty"),
                )  # fmt: skip
            fields = style_fields("video", [side for side in _SIZES if side <= MAX_SIDE], "clip")
            with fields.settings:
                temporal = gr.Checkbox(
                    VideoConfig.temporal, label=tr("video.temporal"), elem_id="video-temporal",
                    info=tr("video.temporal.info"),
                )  # fmt: skip
                morph = gr.Checkbox(
                    VideoConfig.morph, label=tr("video.morph"), elem_id="video-morph",
                    info=tr("video.morph.info"),
                )  # fmt: skip
        with gr.Column(scale=6, min_width=320):
            with gr.Row():
                go = gr.Button(tr("paint"), variant="primary", elem_id="video-start", min_width=120)
                stop = gr.Button(tr("stop"), variant="stop", elem_id="video-stop", interactive=False, min_width=120)
            state = gr.HTML(line(tr("video.ready")), elem_id="video-status", label=tr("status"))
            with gr.Row(visible=False) as live:
                before, after = (
                    gr.Image(
                        label=tr(f"video.{name}"), elem_id=f"video-{name}", format="jpeg", interactive=False,
                        type="pil", alt_text=tr(f"video.{name}_alt"), buttons=["fullscreen"], min_width=220,
                    )
                    for name in ("before", "after")
                )  # fmt: skip
            with gr.Row(visible=False) as players:
                original = _Unconverted(
                    label=tr("video.original"), elem_id="video-original", interactive=False, buttons=[], min_width=280
                )
                result = gr.Video(
                    label=tr("painting"), elem_id="video-result", interactive=False, buttons=["download"], min_width=280
                )
            mp4 = gr.DownloadButton(tr("video.download"), elem_id="video-mp4", interactive=False, size="md")

    private = {"api_visibility": "private", "show_progress": "hidden"}
    outputs = [state, live, before, after, players, original, result, mp4, go, stop]

    def wait() -> tuple:
        return stops.ticket(), line(tr("waiting")), gr.Button(interactive=False), gr.Button(interactive=True)

    def ask(of: str) -> tuple:
        stage = stops.ask(of)
        if stage is Stage.RUNNING:  # the run itself tells how it ended
            return line(tr("video.stopping")), gr.skip(), gr.Button(interactive=False)
        return (line(tr("stopped_waiting")), *_IDLE) if stage is Stage.WAITING else (gr.skip(),) * 3

    @friendly
    def work(request: gr.Request, of: str, *values: Any) -> Iterator[tuple]:
        flag = stops.begin(of)
        if flag is None:
            yield (gr.skip(),) * len(outputs)
            return
        try:
            yield from _paint(flag, *values, language=language_of(request))
        finally:
            stops.end(of)

    # Not behind the minutes of slow mode, nor these behind a clip: each has a turn of its own.
    event = go.click(wait, None, [ticket, state, go, stop], queue=False, **private).success(
        work, [ticket, visit, clip, start, length, temporal, morph, *fields.inputs], outputs,
        concurrency_id="video", concurrency_limit=1, trigger_mode="multiple", **private,
    )  # fmt: skip
    event.failure(_after_failure, None, [state, live, go, stop], queue=False, **private)
    stop.click(ask, ticket, [state, go, stop], queue=False, **private)
    clip.change(_about, clip, [about, start, length], queue=False, **private)
    # When the page is loaded: it shows a number that begins without a value as 0.
    gr.on(None, lambda: None, None, length, queue=False, **private)
    fields.gallery.select(picked, visit, fields.choosers[0], queue=False, **private)
    fields.choosers[0].input(show_choice, [visit, fields.choosers[0]], fields.gallery, queue=False, **private)
    morph.input(lambda on: gr.Accordion(open=True) if on else gr.skip(), morph, fields.mix, queue=False, **private)
    add_endpoint(visit)
    return fields


def _about(clip: str | None, request: gr.Request | None = None) -> tuple[str, float, float | None]:
    """What there is to say about a clip, and the part of it to begin with."""
    text, length = _look(Path(clip)) if clip else ("", None)
    return line(translated(text, language_of(request))), 0, length


def _look(clip: Path) -> tuple[str, float | None]:
    try:
        text, length = first_look(clip)
    except NSTError as error:
        return str(error), None
    if not _plays(clip):
        text += " This browser may not play it, but it can be painted."
    return text, length


def _paint(
    flag: Path, visit: Visit, clip: str | None, start: float | None, length: float | None, temporal: bool, morph: bool,
    *rest: Any, language: str = ENGLISH,
) -> Iterator[tuple]:  # fmt: skip
    if clip is None:
        raise ConfigError("No clip is given: upload one, or pick the example.")
    choice = chosen(rest)
    if morph and len(choice.styles) < 2:
        raise ConfigError("To change from style to style, choose a second style under Mix styles.")
    config = VideoConfig(
        ",".join(choice.styles) if morph else choice.mix, choice.strength, choice.keep_color, choice.max_side,
        temporal, morph, start or 0.0, length,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="nst-", ignore_cleanup_errors=True) as folder:
        job = plan(clip, config, Path(folder), visit.library(), flag, visit.network)
        first = True
        for view in paint(job):
            text = line(translated(status(job, view), language))
            yield _final(job, text) if view.done else _live(view, text, first)
            first = False


def _live(view: View, text: str, first: bool) -> tuple:
    """Updates of every output while the work goes on; the first one clears what an earlier run left."""
    shown, hidden, off = (
        (gr.update(visible=True), gr.update(visible=False), gr.update(interactive=False)) if first else (gr.skip(),) * 3
    )
    empty = None if first else gr.skip()
    return (
        text, shown, view.before, view.after, hidden, empty, empty, off, *[gr.skip()] * 2
    )  # fmt: skip


def _final(job: Job, text: str) -> tuple:
    """Updates when the work has ended: the result beside the original."""
    plays = _plays(job.source)
    original = gr.update(
        value=str(job.source) if plays else None, visible=plays, playback_position=job.config.start
    )  # fmt: skip
    return (
        text, gr.update(visible=False), gr.skip(), gr.skip(), gr.update(visible=True), original,
        str(job.target), gr.DownloadButton(value=str(job.target), interactive=True), *_IDLE,
    )  # fmt: skip


def _after_failure() -> tuple:
    return line(tr("video.failed")), gr.update(visible=False), *_IDLE


def _plays(path: Path) -> bool:
    """Whether browsers can be expected to play that file."""
    with open_clip(path) as clip:
        container = clip.format.name.startswith("mov") or path.suffix.lower() == ".webm"
        return container and picture_stream(clip).codec_context.name in _PLAYED
