"""``/learn_style``: a new style for API clients, who can paint with it in the same session and keep its file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from nst.errors import ConfigError
from nst.ui.errors import friendly
from nst.ui.teach_run import BRUSHES, EFFORTS, brought, finished, plan, save, teach
from nst.ui.uploads import UnopenedImage
from nst.ui.visit import Visit


@friendly
def learn_style(
    visit: Visit,
    painting: Any,
    title: str = "",
    artist: str = "",
    brush: str = "medium",
    effort: str = "normal",
    detail: Any = None,
) -> Iterator[tuple]:
    """Learn a painting as a style; streams progress. /stylize and /stylize_video of the same session know it then.

    Args:
        painting: the picture.
        title: what the style is to be called; its id is made of it.
        artist: who painted it.
        brush: how large the strokes become: fine, medium or bold.
        effort: quick, normal or thorough: the longer, the closer.
        detail: a second picture of the same painting, such as a detail.

    Returns:
        A photo in the style so far (JPEG), a status line, progress as JSON (step, steps, seconds, eta, losses, done,
        and with the last message the id of the style), and with the last message the style as a file.
    """
    with tempfile.TemporaryDirectory(prefix="nst-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        lesson = plan(visit, painting, title, artist, brush, effort, detail, folder / "stop")
        for view in teach(lesson):
            report, file = view.report(), None
            if view.done:
                style = finished(lesson, view)
                visit.add(style)
                report["id"], file = style.info.id, str(save(style, folder))
            # Gradio has copied the file when it asks for what comes after it.
            yield view.image, view.status(lesson.about.title), report, file, visit


@friendly
def add_style(visit: Visit, file: Any) -> Iterator[tuple]:
    """Bring a style file, such as /learn_style returns, into this session. Returns the id of the style."""
    if file is None:
        raise ConfigError("No style is given: send its file.")
    style = brought(Path(file))
    visit.add(style)
    yield style.info.id, visit


def add_endpoint(visit: gr.State) -> None:
    """``/learn_style`` and ``/add_style`` for API clients; their components are not shown."""
    with gr.Row(visible=False):
        inputs = [
            UnopenedImage(label="painting"),
            gr.Textbox("", label="title"),
            gr.Textbox("", label="artist"),
            gr.Dropdown(list(BRUSHES), value="medium", label="brush"),
            gr.Dropdown(list(EFFORTS), value="normal", label="effort"),
            UnopenedImage(label="detail"),
        ]
        outputs = [
            gr.Image(label="preview", format="jpeg"), gr.Textbox(label="status"), gr.JSON(label="progress"),
            gr.File(label="style"), visit,
        ]  # fmt: skip
        gr.Button("learn_style").click(
            learn_style, [visit, *inputs], outputs, api_name="learn_style", concurrency_id="teach", concurrency_limit=1
        )
        file, style_id = gr.File(label="file", type="filepath"), gr.Textbox(label="id")
        gr.Button("add_style").click(add_style, [visit, file], [style_id, visit], api_name="add_style")
