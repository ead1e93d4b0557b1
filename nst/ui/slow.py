"""The Slow tab: watch a photo become a painting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from nst.errors import ConfigError
from nst.gatys_config import GatysConfig, preset
from nst.images import open_image
from nst.report_presets import REPORT_PRESETS
from nst.ui.errors import friendly
from nst.ui.examples import CONTENT, STYLES, strip
from nst.ui.fields import FIELDS, component, from_components, shown, within_limits
from nst.ui.slow_api import add_endpoint
from nst.ui.slow_run import Run, line, open_styles, paint
from nst.ui.texts import language_of, tr, translated
from nst.ui.uploads import UnopenedImage

_START = "balanced"
_PRESET_LABELS = [(tr(f"slow.quality.{name}"), name) for name in ("quick", "balanced", "best")]
_IDLE = (gr.Button(interactive=True), gr.Button(interactive=False))  # Paint and Stop when nothing runs
_READY = tr("slow.ready")
_COLOURS = {"content": "#2f7ed8", "style": "#c2410c", "total": "#6b7280"}  # of the losses on the chart
GROUPS: dict[str, tuple[str, ...]] = {
    "result": ("size", "iterations", "scales", "style_scale", "keep_color", "init", "seed"),
    "weights": (
        "content_weight", "style_weight", "light_weight", "palette_weight", "tv_weight",
        "content_layers", "style_layers", "pyramid",
    ),
    "method": (
        "backbone", "pooling", "normalized", "statistic", "balance", "criterion",
        "optimizer", "learning_rate", "precision",
    ),
}  # fmt: skip
_NAMES = [name for group in GROUPS.values() for name in group]  # in the order of the advanced inputs
assert set(_NAMES) == set(FIELDS), "a setting is missing from the tab"


def build(device_note: str) -> gr.Image:
    """Lay out the tab inside the current ``gr.Blocks`` and wire it; returns the photo."""
    run_state = gr.State(None, time_to_live=900)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            photo = _picture(tr("photo"), "slow-photo", CONTENT[0]["file"], height=260)
            with gr.Row():
                style_inputs, weight_inputs = [], []
                style_inputs.append(_picture(tr("slow.style"), "slow-style-1", STYLES[0]["file"], height=200))
            with gr.Accordion(tr("slow.mix"), open=False):
                with gr.Row():
                    for n in (2, 3):
                        style_inputs.append(_picture(tr("slow.style_n", n=n), f"slow-style-{n}", None, height=160))
                with gr.Row():
                    for n in (1, 2, 3):
                        label = tr("slow.weight_n", n=n)
                        weight = gr.Slider(0, 1, 1, step=0.05, label=label, elem_id=f"slow-weight-{n}", min_width=120)
                        weight_inputs.append(weight)
            quality = gr.Radio(_PRESET_LABELS, value=_START, label=tr("slow.quality"), elem_id="slow-quality")
            with gr.Row():
                start = gr.Button(tr("paint"), variant="primary", elem_id="slow-start")
                stop = gr.Button(tr("stop"), variant="stop", elem_id="slow-stop", interactive=False)
            gr.Markdown(device_note, elem_classes="note")
            advanced, published = _advanced()
        with gr.Column(scale=6, min_width=320):
            result = gr.Image(
                label=tr("painting"), elem_id="slow-result", format="jpeg", interactive=False, height=460,
                alt_text=tr("slow.result_alt"), buttons=["fullscreen"], type="pil",
            )  # fmt: skip
            status = gr.HTML(line(_READY), elem_id="slow-status", label=tr("status"))
            with gr.Row():
                png = gr.DownloadButton(tr("download_png"), elem_id="slow-png", interactive=False)
            snapshots = gr.Gallery(
                label=tr("slow.snapshots"), elem_id="slow-snapshots", columns=4, rows=2, height=320,
                allow_preview=False, interactive=False, visible=False, buttons=[],
            )  # fmt: skip
            with gr.Accordion(tr("before_after"), open=True, visible=False) as compare:
                slider = gr.ImageSlider(label=tr("photo_and_painting"), elem_id="slow-slider", interactive=False,
                                        format="jpeg", type="pil", buttons=["fullscreen"])  # fmt: skip
            chart = gr.LinePlot(
                None, x="step", y="log10", color="loss", height=320, visible=False, elem_id="slow-chart",
                label=tr("slow.chart"), color_map=_COLOURS, buttons=[],
            )  # fmt: skip
            film = gr.Video(
                label=tr("slow.film"),
                elem_id="slow-film",
                height=360,
                interactive=False,
                visible=False,
                buttons=["download"],
            )
    with gr.Row():
        strip(CONTENT, photo, "example_photos", "slow")
        strip(STYLES, style_inputs[0], "example_styles", "slow")

    outputs = [run_state, result, status, chart, snapshots, png, compare, slider, film, start, stop]
    inputs = [photo, *style_inputs, *weight_inputs, *advanced.values()]
    private = {"api_visibility": "private", "show_progress": "hidden"}
    # Not "once": after a cancel the page counts the old run as pending for a while, and would drop the click.
    event = start.click(_waiting, None, [status, start, stop], queue=False, **private).success(
        _paint_live, inputs, outputs, concurrency_id="device", concurrency_limit=1, trigger_mode="multiple", **private
    )
    stop.click(_keep, [run_state], outputs, cancels=[event], **private)
    event.failure(_after_failure, [run_state], outputs, **private)
    snapshots.select(_go_back, [run_state], [result, slider, png, status], **private)
    quality.input(_fill_in, quality, [*advanced.values(), published], **private)
    published.input(_fill_in, published, [*advanced.values(), quality], **private)
    add_endpoint()
    return photo


def _fill_in(name: str) -> list[Any]:
    """What the advanced inputs show for a preset; the other chooser of presets is emptied."""
    if not name:
        return [gr.skip()] * (len(_NAMES) + 1)
    return [*(shown(field, getattr(preset(name), field)) for field in _NAMES), None]


def _picture(label: str, elem_id: str, value: str | None, height: int) -> gr.Image:
    return UnopenedImage(
        value, label=label, elem_id=elem_id, sources=["upload", "clipboard"], height=height, buttons=["fullscreen"]
    )


def _advanced() -> tuple[dict[str, gr.components.Component], gr.Dropdown]:
    defaults = preset(_START)
    made: dict[str, gr.components.Component] = {}
    with gr.Accordion(tr("slow.advanced"), open=False, elem_id="slow-advanced"):
        published = gr.Dropdown(
            [("", ""), *((name, name) for name in REPORT_PRESETS)], value="", elem_id="slow-published",
            label=tr("slow.published"), info=tr("slow.published.info"),
        )  # fmt: skip
        for group, names in GROUPS.items():
            with gr.Tab(tr(f"slow.group.{group}")):
                for name in names:
                    made[name] = component(name, getattr(defaults, name))
    return made, published


@friendly
def _paint_live(
    request: gr.Request, photo: Any, style_1: Any, style_2: Any, style_3: Any, *rest: Any
) -> Iterator[tuple]:
    if photo is None:
        raise ConfigError("No photo is given: upload one, or pick an example below.")
    config = within_limits(GatysConfig(**from_components(dict(zip(_NAMES, rest[3:], strict=True)))))
    styles = open_styles([style_1, style_2, style_3], list(rest[:3]))
    run, language = Run(open_image(photo), styles, config), language_of(request)
    try:
        for progress in paint(run.photo, styles, config):
            known = len(run.snapshots)
            run.take(progress)
            fresh = len(run.snapshots) > known
            yield _final(run, language) if progress.done else _view(run, language, known == 0, fresh)
    finally:
        run.ended = True


def _view(run: Run, language: str, first: bool, new_snapshot: bool) -> tuple:
    """Updates of every output while the work goes on; the first one clears what an earlier run left."""
    gallery = gr.Gallery(_gallery(run, language), visible=True) if new_snapshot else gr.skip()
    hidden = gr.update(visible=False) if first else gr.skip()
    png = gr.update(interactive=False) if first else gr.skip()
    buttons = (gr.Button(interactive=False), gr.Button(interactive=True))
    return (
        run, run.progress.image, line(translated(run.status(), language)), _chart(run, language), gallery, png, hidden,
        gr.skip(), hidden, *buttons,
    )  # fmt: skip


def _final(run: Run, language: str) -> tuple:
    """Updates when the work has ended or was stopped."""
    png = run.save_snapshot()
    image = open_image(png)  # not run.progress.image, which a step that is still under way may replace
    film = run.film()
    return (
        run, image, line(translated(run.status(), language)), _chart(run, language),
        gr.Gallery(_gallery(run, language), visible=True), gr.DownloadButton(value=str(png), interactive=True),
        gr.update(visible=True), (run.before(image), image),
        gr.Video(str(film) if film else None, visible=film is not None), *_IDLE,
    )  # fmt: skip


def _waiting() -> tuple:
    return line(tr("slow.waiting")), gr.Button(interactive=False), gr.Button(interactive=True)


def _chart(run: Run, language: str) -> gr.LinePlot:
    # A chart that has once been drawn without rows never shows a line: it appears with the first of them.
    table, names = run.chart(), {name: translated(name, language) for name in _COLOURS}
    return gr.LinePlot(
        table.assign(loss=table["loss"].map(names)), visible=True,
        x_title=translated("step", language), y_title=translated("log₁₀ of the loss", language),
        color_title=translated("loss", language), color_map={names[name]: _COLOURS[name] for name in names},
    )  # fmt: skip


def _gallery(run: Run, language: str) -> list[tuple[str, str]]:
    return [(str(path), translated(caption, language)) for path, caption in run.snapshots]


def _keep(run: Run | None, request: gr.Request) -> tuple:
    """Keep what is on screen after Stop or an error. The work itself has been cancelled, or has failed."""
    if run is None or run.finished:  # the new run has shown nothing yet; what is on screen is an earlier one's
        text = translated(run.status(), language_of(request)) if run else _READY
        return (*[gr.skip()] * 2, line(text), *[gr.skip()] * 6, *_IDLE)
    run.stopped = True
    return _final(run, language_of(request))


def _after_failure(run: Run | None, request: gr.Request) -> tuple:
    # A cancelled run counts as failed, too, and the word of it can come when the next one is under way.
    return (gr.skip(),) * 11 if run is not None and not run.ended else _keep(run, request)


def _go_back(run: Run | None, event: gr.SelectData, request: gr.Request) -> tuple:
    if run is None or event.index >= len(run.snapshots):
        return (gr.skip(),) * 4
    path, caption = run.snapshots[event.index]
    image = open_image(path)
    text = f"{caption} of {run.progress.steps} is shown, and is what the download holds."
    return (
        image,
        (run.before(image), image),
        gr.DownloadButton(value=str(path), interactive=True),
        line(translated(text, language_of(request))),
    )
