"""``/optimize``: slow mode for API clients, who get what the tab shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import gradio as gr

from nst.errors import ConfigError
from nst.gatys import describe
from nst.gatys_config import PRESETS, preset
from nst.images import open_image
from nst.report_presets import REPORT_PRESETS
from nst.ui.errors import friendly
from nst.ui.fields import from_components, within_limits
from nst.ui.slow_run import Run, open_styles, paint
from nst.ui.uploads import UnopenedImage
from nst.weighted import parse_numbers


@friendly
def optimize(
    content: Any,
    styles: list[str] | None,
    weights: str = "",
    preset_name: str = "balanced",
    settings: str = "",
) -> Iterator[tuple]:
    """Paint a photo in the manner of one to eight paintings by optimising its pixels; streams progress.

    Args:
        content: the photo.
        styles: the paintings, one to eight picture files.
        weights: one number per painting, separated by commas; empty for equal weights.
        preset_name: quick, balanced or best, or one of the published presets such as report-b.
        settings: a JSON object of settings that differ from the preset, such as {"size": 384, "iterations": 100}.

    Returns:
        The picture now (JPEG), a status line, progress and the losses of every step as JSON, and with the last
        message the result as a PNG file with its settings embedded.
    """
    if content is None:
        raise ConfigError("No photo is given: send one as content.")
    paintings = list(styles or [])
    config = within_limits(preset(preset_name, **from_components(_json_object(settings))))
    pairs = open_styles(paintings, parse_numbers(weights, len(paintings), "style picture"))
    run = Run(open_image(content), pairs, config)
    for progress in paint(run.photo, pairs, run.config):
        run.take(progress)
        report = {
            "step": progress.step, "steps": progress.steps, "scale": progress.scale, "scales": progress.scales,
            "seconds": round(progress.seconds, 2), "eta": round(progress.eta, 2),
            "losses": progress.losses._asdict(), "note": progress.note, "done": progress.done,
            "trace": [{"step": step, **losses._asdict()} for step, losses in progress.trace],
        }  # fmt: skip
        if progress.done:
            report["settings"] = describe(config, pairs, progress)
        yield progress.image, run.status(), report, str(run.save_snapshot()) if progress.done else None


@friendly
def paint_like(photo: Any, painting: Any, preset_name: str = "quick") -> Iterator[str]:
    """Paint a photo in the manner of any one painting, by optimising its pixels; takes seconds to minutes.

    /stylize is much faster where one of its styles will do; /optimize takes several paintings and all settings.

    Args:
        photo: the photo.
        painting: a picture of the painting.
        preset_name: quick, balanced or best: the longer, the better.

    Returns:
        The painting, a PNG file with its settings embedded.
    """
    for name, picture in (("photo", photo), ("painting", painting)):
        if picture is None:
            raise ConfigError(f"No {name} is given: send one as {name}.")
    config = within_limits(preset(preset_name))
    pairs = open_styles([painting], [1.0])
    run = Run(open_image(photo), pairs, config)
    for progress in paint(run.photo, pairs, run.config):
        run.take(progress)
        yield str(run.save_snapshot()) if progress.done else gr.skip()


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ConfigError('The settings are a JSON object, such as {"size": 384, "iterations": 100}.')
    return value


def add_endpoint() -> None:
    """``/optimize`` and ``/paint_like`` for API clients; their components are not shown."""
    with gr.Row(visible=False):
        inputs = [
            UnopenedImage(label="content"),
            gr.File(label="styles", file_count="multiple", type="filepath"),
            gr.Textbox("", label="weights"),
            gr.Dropdown([*PRESETS, *REPORT_PRESETS], value="balanced", label="preset_name"),
            gr.Textbox("", label="settings"),
        ]
        outputs = [
            gr.Image(label="painting", format="jpeg"), gr.Textbox(label="status"), gr.JSON(label="progress"),
            gr.File(label="png"),
        ]  # fmt: skip
        gr.Button("optimize").click(
            optimize, inputs, outputs, api_name="optimize", concurrency_id="device", concurrency_limit=1
        )
        one = [
            UnopenedImage(label="photo"), UnopenedImage(label="painting"),
            gr.Dropdown([*PRESETS, *REPORT_PRESETS], value="quick", label="preset_name"),
        ]  # fmt: skip
        result = gr.Image(label="painting", format="png", type="filepath")
        gr.Button("paint_like").click(
            paint_like, one, result, api_name="paint_like", concurrency_id="device", concurrency_limit=1
        )
