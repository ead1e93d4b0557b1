"""``/stylize_batch``: many photos in one request."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from nst.errors import ConfigError, NSTError
from nst.stylize_config import KEEP_COLOR, StylizeConfig
from nst.trunks import MULTISTYLE
from nst.ui.errors import friendly
from nst.ui.fast_api import check_side
from nst.ui.fast_run import paint
from nst.ui.visit import Visit

MOST_FILES = int(os.environ.get("NST_MAX_FILES", "50"))


@friendly
def stylize_batch(
    visit: Visit,
    files: list[str] | None,
    style: str,
    strength: float = 1.0,
    keep_color: str = "off",
    max_side: float | None = 0,
) -> Iterator[tuple]:
    """Paint many photos as /stylize paints one; streams progress. What is no picture is passed over and reported.

    Args:
        files: the photos.
        style: ID[:W][,ID[:W]...], the ids of /styles with weights of the mix, such as "udnie:2,the_scream".
        strength: from 0 (the photo) to 1 (the full style).
        keep_color: keep the photos' colours: off, luminance or linear.
        max_side: longer side of the results in pixels, where a photo is larger; 0 for its own size.

    Returns:
        A status line, progress as JSON (done, of, and failed: number of the file and the reason), and with the last
        message the paintings as PNG files with their settings embedded, in the order of the photos.
    """
    files = list(files or [])
    if not files:
        raise ConfigError("No photos are given: send them as files.")
    if len(files) > MOST_FILES:
        raise ConfigError(f"This app paints up to {MOST_FILES} photos at a time: send fewer, or run your own copy.")
    config = StylizeConfig(style, strength, keep_color, max_side)
    check_side(max_side)
    library = visit.library(MULTISTYLE)
    library.mix(style)  # a style that does not exist is not each photo's fault
    failed: list[dict] = []
    with tempfile.TemporaryDirectory(prefix="nst-") as name:
        paintings: list[str] = []
        for number, file in enumerate(files):
            try:
                folder = Path(name) / str(number)  # photos may be called the same
                folder.mkdir()
                paintings.append(str(paint(file, config, library).save(folder, ".png", Path(file).stem)))
            except (NSTError, gr.Error) as error:
                failed.append({"file": number, "error": str(getattr(error, "message", error))})
            done = number + 1
            status = f"{done} of {len(files)} photos" + (f", {len(failed)} of them no picture" if failed else "")
            # Gradio has copied the files when it asks for what comes after them.
            last = paintings if done == len(files) else None
            yield status, {"done": done, "of": len(files), "failed": failed}, last


def add_endpoint(visit: gr.State) -> None:
    """``/stylize_batch`` for API clients; its components are not shown."""
    with gr.Row(visible=False):
        inputs = [
            gr.File(label="files", file_count="multiple", type="filepath"),
            gr.Textbox(None, label="style"),
            gr.Number(StylizeConfig.strength, label="strength"),
            gr.Dropdown(list(KEEP_COLOR), value=StylizeConfig.keep_color, label="keep_color"),
            gr.Number(0, label="max_side"),
        ]
        outputs = [gr.Textbox(label="status"), gr.JSON(label="progress"), gr.File(label="paintings")]
        gr.Button("batch").click(
            stylize_batch, [visit, *inputs], outputs, api_name="stylize_batch", concurrency_id="batch",
            concurrency_limit=1,
        )  # fmt: skip
