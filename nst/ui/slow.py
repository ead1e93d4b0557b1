"""The Slow tab: watch a photo become a painting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from nst.errors import ConfigError
from nst.gatys import describe
from nst.gatys_config import PRESETS, GatysConfig, preset
from nst.images import open_image
from nst.report_presets import REPORT_PRESETS
from nst.ui.errors import friendly
from nst.ui.examples import CONTENT, STYLES
from nst.ui.fields import FIELDS, component, from_components, shown
from nst.ui.slow_run import Run, Styles, line, paint
from nst.ui.uploads import unopened
from nst.weighted import check_weights, parse_numbers

_START = "balanced"
_PRESET_LABELS = [("Quick look", "quick"), ("Balanced", "balanced"), ("Best", "best")]
_READY = "Press Paint: the picture appears here and improves step by step."
# Fields outside the advanced accordion's three groups would be missing from the tab: a test compares them.
GROUPS: dict[str, tuple[str, ...]] = {
    "Result": ("size", "iterations", "scales", "style_scale", "keep_color", "init", "seed"),
    "Weights": ("content_weight", "style_weight", "tv_weight", "content_layers", "style_layers"),
    "Method": (
        "backbone", "pooling", "normalized", "statistic", "balance", "criterion",
        "optimizer", "learning_rate", "precision",
    ),
}  # fmt: skip


def build(device_note: str) -> None:
    """Lay out the tab inside the current ``gr.Blocks`` and wire it."""
    run_state = gr.State(None, time_to_live=3600)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            photo = unopened(_picture("Photo", "slow-photo", CONTENT[0]["file"], height=260))
            with gr.Row():
                style_inputs, weight_inputs = [], []
                style_inputs.append(unopened(_picture("Style", "slow-style-1", STYLES[0]["file"], height=200)))
            with gr.Accordion("Mix in more styles", open=False):
                with gr.Row():
                    for n in (2, 3):
                        style_inputs.append(unopened(_picture(f"Style {n}", f"slow-style-{n}", None, height=160)))
                with gr.Row():
                    for n in (1, 2, 3):
                        label = f"Weight of style {n}"
                        weight = gr.Slider(0, 1, 1, step=0.05, label=label, elem_id=f"slow-weight-{n}", min_width=120)
                        weight_inputs.append(weight)
            quality = gr.Radio(_PRESET_LABELS, value=_START, label="Quality", elem_id="slow-quality")
            with gr.Row():
                start = gr.Button("Paint", variant="primary", elem_id="slow-start")
                stop = gr.Button("Stop", variant="stop", elem_id="slow-stop", interactive=False)
            gr.Markdown(device_note, elem_classes="note")
            advanced, published = _advanced()
        with gr.Column(scale=6, min_width=320):
            result = gr.Image(
                label="Painting", elem_id="slow-result", format="jpeg", interactive=False, height=460,
                alt_text="The painting as it is now", buttons=["fullscreen"], type="pil",
            )  # fmt: skip
            status = gr.HTML(line(_READY), elem_id="slow-status", label="Status")
            with gr.Row():
                png = gr.DownloadButton("Download PNG", elem_id="slow-png", interactive=False)
            snapshots = gr.Gallery(
                label="Snapshots: pick one to go back to it", elem_id="slow-snapshots", columns=4, rows=2, height=320,
                allow_preview=False, interactive=False, visible=False, buttons=[],
            )  # fmt: skip
            with gr.Accordion("Before and after", open=True, visible=False) as compare:
                slider = gr.ImageSlider(label="Photo and painting", elem_id="slow-slider", interactive=False,
                                        format="jpeg", type="pil", buttons=["fullscreen"])  # fmt: skip
            chart = gr.LinePlot(
                None, x="step", y="log10", color="loss", height=320,
                visible=False,
                label="Losses on a log scale", x_title="step", y_title="log₁₀ of the loss", elem_id="slow-chart",
                color_map={"content": "#2f7ed8", "style": "#c2410c", "total": "#6b7280"}, buttons=[],
            )  # fmt: skip
            film = gr.Video(
                label="Time-lapse",
                elem_id="slow-film",
                height=360,
                interactive=False,
                visible=False,
                buttons=["download"],
            )
    _examples(photo, style_inputs[0])

    outputs = [run_state, result, status, chart, snapshots, png, compare, slider, film, start, stop]
    inputs = [photo, *style_inputs, *weight_inputs, *advanced.values()]
    event = start.click(
        _paint_live, inputs, outputs, concurrency_id="device", concurrency_limit=1, show_progress="hidden",
        api_visibility="private",
    )  # fmt: skip
    stop.click(_stop, [run_state], outputs, cancels=[event], show_progress="hidden", api_visibility="private")
    # A refused run leaves the buttons as they were before it.
    event.failure(lambda: (gr.Button(interactive=True), gr.Button(interactive=False)), None, [start, stop],
                  show_progress="hidden", api_visibility="private")  # fmt: skip
    snapshots.select(
        _go_back, [run_state], [result, slider, png, status], show_progress="hidden", api_visibility="private"
    )
    for chooser in (quality, published):
        chooser.input(_fill_in, chooser, list(advanced.values()), show_progress="hidden", api_visibility="private")
    _endpoint()


def _fill_in(name: str) -> list[Any]:
    """What the advanced inputs show for a preset."""
    names = [field for group in GROUPS.values() for field in group]
    return [shown(field, getattr(preset(name), field)) if name else gr.skip() for field in names]


def _picture(label: str, elem_id: str, value: str | None, height: int) -> gr.Image:
    return gr.Image(
        value, label=label, elem_id=elem_id, type="filepath", sources=["upload", "clipboard"], height=height,
        image_mode=None, buttons=["fullscreen"],
    )  # fmt: skip


def _advanced() -> tuple[dict[str, gr.components.Component], gr.Dropdown]:
    defaults = preset(_START)
    made: dict[str, gr.components.Component] = {}
    with gr.Accordion("Advanced settings", open=False, elem_id="slow-advanced"):
        published = gr.Dropdown(
            [("", ""), *((name, name) for name in REPORT_PRESETS)], value="", elem_id="slow-published",
            label="Published settings", info="fills in the settings of a paper or report",
        )  # fmt: skip
        for title, names in GROUPS.items():
            with gr.Tab(title):
                for name in names:
                    made[name] = component(name, getattr(defaults, name))
    return made, published


def _examples(photo: gr.Image, style: gr.Image) -> None:
    with gr.Row():
        for target, entries, label in ((photo, CONTENT, "Example photos"), (style, STYLES, "Example styles")):
            gr.Examples(
                [[entry["file"]] for entry in entries],
                [target],
                label=label,
                elem_id=f"slow-{label.lower().replace(' ', '-')}",
                api_visibility="private",
            )


def _open_styles(sources: list[Any], weights: list[float]) -> Styles:
    pairs = [(source, weight) for source, weight in zip(sources, weights, strict=True) if source is not None]
    if not pairs:
        raise ConfigError("No style picture is given: add at least one painting.")
    check_weights([weight for _, weight in pairs], "style picture")
    return [(open_image(source), weight) for source, weight in pairs]


@friendly
def _paint_live(photo: Any, style_1: Any, style_2: Any, style_3: Any, *rest: Any) -> Iterator[tuple]:
    if photo is None:
        raise ConfigError("No photo is given: upload one, or pick an example below.")
    names = [name for group in GROUPS.values() for name in group]
    config = GatysConfig(**from_components(dict(zip(names, rest[3:], strict=True))))
    styles = _open_styles([style_1, style_2, style_3], list(rest[:3]))
    run = Run(open_image(photo), config)
    yield _view(run, "Preparing …", fresh=True)
    for progress in paint(run.photo, styles, config):
        run.take(progress)
        yield _view(run, run.status()) if not progress.done else _final(run)


def _view(run: Run, text: str, fresh: bool = False) -> tuple:
    """Updates of every output while the work goes on."""
    image = gr.skip() if fresh else run.progress.image
    gallery = gr.Gallery(_gallery(run), visible=bool(run.snapshots))
    hidden = gr.update(visible=False) if fresh else gr.skip()
    buttons = (gr.Button(interactive=False), gr.Button(interactive=True))
    png = gr.update(interactive=False) if fresh else gr.skip()
    chart = gr.skip() if fresh else _chart(run)
    return (run, image, line(text), chart, gallery, png, hidden, gr.skip(), hidden, *buttons)


def _final(run: Run) -> tuple:
    """Updates when the work has ended or was stopped."""
    png = run.save_snapshot()
    film = run.film()
    before = run.photo.resize(run.progress.image.size, Image.Resampling.LANCZOS)
    return (
        run, run.progress.image, line(run.status()), _chart(run), gr.Gallery(_gallery(run), visible=True),
        gr.DownloadButton(value=str(png), interactive=True), gr.update(visible=True), (before, run.progress.image),
        gr.Video(str(film) if film else None, visible=film is not None),
        gr.Button(interactive=True), gr.Button(interactive=False),
    )  # fmt: skip


def _chart(run: Run) -> gr.LinePlot:
    # A chart that has once been drawn without rows never shows a line: it appears with the first of them.
    return gr.LinePlot(run.chart(), visible=True)


def _gallery(run: Run) -> list[tuple[str, str]]:
    return [(str(path), caption) for path, caption in run.snapshots]


def _stop(run: Run | None) -> tuple:
    """Keep what is on screen. The run itself was cancelled by the event."""
    if run is None or run.progress is None:
        return (*[gr.skip()] * 2, line("Stopped before the first picture."), *[gr.skip()] * 6,
                gr.Button(interactive=True), gr.Button(interactive=False))  # fmt: skip
    run.stopped = True
    return _final(run)


def _go_back(run: Run | None, event: gr.SelectData) -> tuple:
    if run is None or event.index >= len(run.snapshots):
        return (gr.skip(),) * 4
    path, caption = run.snapshots[event.index]
    image = open_image(path)
    before = run.photo.resize(image.size, Image.Resampling.LANCZOS)
    text = f"{caption} of {run.progress.steps} is shown, and is what the download holds."
    return image, (before, image), gr.DownloadButton(value=str(path), interactive=True), line(text)


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
        The picture now, a status line, losses and progress as JSON, and with the last message the PNG file
        with its settings embedded.
    """
    if content is None:
        raise ConfigError("No photo is given: send one as content.")
    paintings = list(styles or [])
    run = Run(open_image(content), preset(preset_name, **from_components(_json_object(settings))))
    pairs = _open_styles(paintings, parse_numbers(weights, len(paintings), "style picture"))
    for progress in paint(run.photo, pairs, run.config):
        run.take(progress)
        report = {
            "step": progress.step, "steps": progress.steps, "scale": progress.scale, "scales": progress.scales,
            "seconds": round(progress.seconds, 2), "eta": None if progress.eta is None else round(progress.eta, 2),
            "losses": progress.losses._asdict(), "note": progress.note, "done": progress.done,
        }  # fmt: skip
        if progress.done:
            report["settings"] = describe(run.config)
        yield progress.image, run.status(), report, str(run.save_snapshot()) if progress.done else None


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ConfigError('The settings are a JSON object, such as {"size": 384, "iterations": 100}.')
    return value


def _endpoint() -> None:
    """``/optimize`` for API clients; its components are not shown."""
    with gr.Row(visible=False):
        inputs = [
            unopened(gr.Image(label="content", type="filepath", image_mode=None)),
            gr.File(label="styles", file_count="multiple", type="filepath"),
            gr.Textbox("", label="weights"),
            gr.Dropdown([*PRESETS, *REPORT_PRESETS], value="balanced", label="preset_name"),
            gr.Textbox("", label="settings"),
        ]
        outputs = [
            gr.Image(label="painting", format="png"), gr.Textbox(label="status"), gr.JSON(label="progress"),
            gr.File(label="png"),
        ]  # fmt: skip
        gr.Button("optimize").click(
            optimize, inputs, outputs, api_name="optimize", concurrency_id="device", concurrency_limit=1
        )


assert {name for group in GROUPS.values() for name in group} == set(FIELDS), "a setting is missing from the tab"
