"""The teach tab: a picture becomes a style, watched while it is learnt; styles also come from files and the Hub."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from nst.ui import collection
from nst.ui.errors import friendly
from nst.ui.examples import STYLES, strip
from nst.ui.shelves import Shelves
from nst.ui.slow_run import line
from nst.ui.stops import Stage, Stops
from nst.ui.teach_api import add_endpoint
from nst.ui.teach_run import BRUSHES, EFFORTS, finished, plan, save, teach
from nst.ui.texts import language_of, tr, translated
from nst.ui.uploads import UnopenedImage
from nst.ui.visit import Visit

_IDLE = (gr.Button(interactive=True), gr.Button(interactive=False))  # Teach and Stop when nothing runs


def build(visit: gr.State, shelves: Shelves, note: str) -> None:
    """Lay out the tab inside the current ``gr.Blocks`` and wire it.

    Args:
        visit: holds a :class:`Visit`.
        shelves: the choices of styles that a new one is added to.
        note: one line on how long it takes.
    """
    stops = Stops()
    ticket = gr.Textbox(visible=False)  # in the page: see the Video tab
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            painting = UnopenedImage(
                STYLES[0]["file"], label=tr("painting"), elem_id="teach-painting",
                sources=["upload", "clipboard", "webcam"], height=260, buttons=["fullscreen"],
                alt_text=tr("teach.painting_alt"),
            )  # fmt: skip
            strip(STYLES, painting, "example_paintings", "teach")
            title = gr.Textbox(
                label=tr("teach.title"), elem_id="teach-title", placeholder=tr("teach.title.empty"), max_length=80
            )
            with gr.Row():
                brush = gr.Radio(
                    [(tr(f"teach.brush.{name}"), name) for name in BRUSHES], value="medium", label=tr("teach.brush"),
                    elem_id="teach-brush", min_width=200,
                )  # fmt: skip
                effort = gr.Radio(
                    [(tr(f"teach.effort.{name}"), name) for name in EFFORTS], value="normal", label=tr("teach.effort"),
                    elem_id="teach-effort", min_width=200,
                )  # fmt: skip
            gr.Markdown(note, elem_classes="note")
            with gr.Accordion(tr("teach.more"), open=False, elem_id="teach-more"):
                artist = gr.Textbox(label=tr("teach.artist"), elem_id="teach-artist", max_length=80)
                detail = UnopenedImage(
                    label=tr("teach.detail"), elem_id="teach-detail",
                    sources=["upload", "clipboard"], height=200, buttons=[],
                )  # fmt: skip
        with gr.Column(scale=6, min_width=320):
            with gr.Row():
                go = gr.Button(tr("teach.start"), variant="primary", elem_id="teach-start", min_width=120)
                stop = gr.Button(tr("stop"), variant="stop", elem_id="teach-stop", interactive=False, min_width=120)
            state = gr.HTML(line(tr("teach.ready")), elem_id="teach-status", label=tr("status"))
            preview = gr.Image(
                label=tr("teach.preview"), elem_id="teach-preview", format="jpeg", interactive=False, type="pil",
                height=400, alt_text=tr("teach.preview_alt"), buttons=["fullscreen"],
            )  # fmt: skip
            download = gr.DownloadButton(tr("teach.download"), elem_id="teach-file", interactive=False, size="md")
            gr.Markdown(tr("teach.yours"), elem_classes="note")
            mine = collection.build(visit, shelves)

    private = {"api_visibility": "private", "show_progress": "hidden"}
    outputs = [state, preview, download, go, stop]

    def wait() -> tuple:
        return stops.ticket(), line(tr("waiting")), gr.Button(interactive=False), gr.Button(interactive=True)

    def ask(of: str) -> tuple:
        stage = stops.ask(of)
        if stage is Stage.RUNNING:  # the lesson itself tells how it ended
            return line(tr("teach.stopping")), gr.skip(), gr.Button(interactive=False)
        return (line(tr("stopped_waiting")), *_IDLE) if stage is Stage.WAITING else (gr.skip(),) * 3

    @friendly
    def work(request: gr.Request, of: str, *values: Any) -> Iterator[tuple]:
        flag = stops.begin(of)
        if flag is None:
            yield (gr.skip(),) * len(outputs)
            return
        try:
            yield from _teach(language_of(request), flag, *values)
        finally:
            stops.end(of)

    event = go.click(wait, None, [ticket, state, go, stop], queue=False, **private).success(
        work, [ticket, visit, painting, title, artist, brush, effort, detail], outputs,
        concurrency_id="teach", concurrency_limit=1, trigger_mode="multiple", **private,
    )  # fmt: skip
    event.success(shelves.show, shelves.inputs, shelves.outputs, queue=False, **private).then(
        collection.own_choices, visit, mine, queue=False, **private
    )
    event.failure(_after_failure, None, [state, go, stop], queue=False, **private)
    stop.click(ask, ticket, [state, go, stop], queue=False, **private)
    add_endpoint(visit)


def _teach(
    language: str, flag: Path, visit: Visit, painting: Any, title: str, artist: str, *rest: Any
) -> Iterator[tuple]:
    brush, effort, detail = rest
    lesson = plan(visit, painting, title, artist, brush, effort, detail, flag)
    name, off = lesson.about.title, gr.update(interactive=False)
    for view in teach(lesson):
        if not view.done:
            yield line(translated(view.status(name), language)), view.image, off, *[gr.skip()] * 2
            off = gr.skip()
            continue
        style = finished(lesson, view)
        visit.add(style)
        with tempfile.TemporaryDirectory(prefix="nst-", ignore_cleanup_errors=True) as folder:
            file = gr.DownloadButton(value=str(save(style, Path(folder))), interactive=True)
            yield line(translated(view.status(name), language)), view.image, file, *_IDLE


def _after_failure() -> tuple:
    return line(tr("teach.failed")), *_IDLE
