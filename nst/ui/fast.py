"""The Fast tab: pick a painting, and the photo is painted like it in about a second."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from nst.errors import ConfigError
from nst.images import save_image
from nst.stylize_config import StylizeConfig
from nst.ui import batch_api, live
from nst.ui.errors import friendly
from nst.ui.examples import CONTENT, strip
from nst.ui.fast_api import add_endpoints
from nst.ui.fast_run import MAX_SIDE, Painting, contact_sheet, paint
from nst.ui.slow_run import line
from nst.ui.style_fields import StyleFields, caption, chosen, picked, show_choice, style_fields
from nst.ui.texts import language_of, tr, translated
from nst.ui.uploads import UnopenedImage
from nst.ui.visit import Visit

_NO_PHOTO = "No photo is given: upload one, or pick an example."
SIZES = (512, 768, 1024, 1536, 2048)
# On a phone the painting is below the button.
_INTO_VIEW = """() => {
    if (innerWidth <= 640)
        document.querySelector("#fast-result")?.scrollIntoView({ behavior: "smooth", block: "center" });
}"""
_STROKES = (384, 512, 768, 1024)


class FastTab(NamedTuple):
    """What other tabs take over from this one."""

    photo: gr.Image
    fields: StyleFields
    to_slow: gr.Button
    to_video: gr.Button
    link: gr.Button


def build(visit: gr.State) -> FastTab:
    """Lay out the tab inside the current ``gr.Blocks`` and wire it.

    Args:
        visit: holds a :class:`Visit`.
    """
    # A picked style is painted by a change of this: unlike the chooser's value it changes also when the same style
    # is picked again, and all that paints can share one event, of which the newest wins.
    wanted = gr.State(0)
    on_sheet = gr.State(())  # ids of its tiles
    with gr.Row(equal_height=False, elem_classes="sides"):
        with gr.Column(scale=4, min_width=300):
            photo = UnopenedImage(
                CONTENT[0]["file"], label=tr("photo"), elem_id="fast-photo", sources=["upload", "clipboard", "webcam"],
                height=260, buttons=["fullscreen"], alt_text=tr("fast.photo_alt"),
            )  # fmt: skip
            strip(CONTENT, photo, "example_photos", "fast")
            sizes = [side for side in SIZES if side <= MAX_SIDE]
            fields = style_fields("fast", sizes, "photo")
            with fields.settings, gr.Row():
                strokes = gr.Dropdown(
                    [(tr("fast.strokes.own"), 0), *((tr("fast.strokes.as_on", side=side), side) for side in _STROKES)],
                    value=0, label=tr("fast.strokes"), elem_id="fast-strokes", min_width=180,
                )  # fmt: skip
                fine = gr.Checkbox(StylizeConfig.fine, label=tr("fast.fine"), elem_id="fast-fine", min_width=180)
        with gr.Column(scale=6, min_width=320):
            with gr.Row():
                start = gr.Button(tr("paint"), variant="primary", elem_id="fast-start", min_width=120)
                try_all = gr.Button(tr("fast.try_all"), elem_id="fast-try-all", min_width=120)
            with gr.Accordion(tr("fast.sheet"), visible=False, elem_id="fast-sheet-frame") as frame:
                sheet_status = gr.HTML(line(""), elem_id="fast-sheet-status")
                sheet = gr.Gallery(
                    label=tr("fast.sheet"), show_label=False, elem_id="fast-sheet", columns=4,
                    height="auto", allow_preview=False, interactive=False, buttons=[],
                )  # fmt: skip
            result = gr.Image(
                label=tr("painting"), elem_id="fast-result", format="jpeg", interactive=False, height=460,
                type="filepath", alt_text=tr("fast.result_alt"), buttons=["fullscreen"],
            )  # fmt: skip
            status = gr.HTML(line(tr("fast.ready")), elem_id="fast-status", label=tr("status"))
            with gr.Row():
                png = gr.DownloadButton(
                    tr("download_png"), elem_id="fast-png", interactive=False, size="md", min_width=120
                )
                jpeg = gr.DownloadButton(
                    tr("fast.download_jpeg"), elem_id="fast-jpeg", interactive=False, size="md", min_width=120
                )
            with gr.Row():
                to_slow = gr.Button(tr("fast.to_slow"), elem_id="fast-to-slow", size="sm", min_width=120)
                to_video = gr.Button(tr("fast.to_video"), elem_id="fast-to-video", size="sm", min_width=120)
                link = gr.Button(tr("fast.link"), elem_id="fast-link", size="sm", min_width=120)
            with gr.Accordion(tr("before_after"), visible=False) as compare:
                slider = gr.ImageSlider(
                    label=tr("photo_and_painting"), elem_id="fast-slider", interactive=False, format="jpeg",
                    type="filepath", buttons=["fullscreen"],
                )  # fmt: skip

    if live.offered():
        live.build(visit, fields)

    # Through the queue, but not behind paintings: outside of it a changed state tells nobody. Every click counts, in
    # the order in which they came.
    quick = {
        "api_visibility": "private", "show_progress": "hidden", "trigger_mode": "multiple",
        "concurrency_id": "fast-pick", "concurrency_limit": 1,
    }  # fmt: skip
    fields.gallery.select(_pick, visit, [fields.choosers[0], wanted, visit], **quick)
    sheet.select(_pick_from_sheet, [visit, on_sheet], [fields.choosers[0], wanted, fields.gallery, frame], **quick)
    fields.choosers[0].input(show_choice, [visit, fields.choosers[0]], fields.gallery, **quick)
    # One event for all that paints. While one painting is under way only the newest request waits, and it takes the
    # settings as they are when its turn comes. Slow mode has a queue of its own: nobody waits a minute for a second.
    shared = {
        "api_visibility": "private", "trigger_mode": "always_last", "concurrency_id": "fast", "concurrency_limit": 1,
        "show_progress": "minimal", "show_progress_on": [result],
    }  # fmt: skip
    gr.on(
        [
            start.click, wanted.change, fields.strength.release, fields.keep_color.input, fields.size.input,
            strokes.input, fine.input,
            *(chooser.input for chooser in fields.choosers), *(weight.release for weight in fields.weights),
        ],
        _paint, [visit, photo, strokes, fine, *fields.inputs], [result, status, png, jpeg, compare, slider],
        **shared,
    )  # fmt: skip
    start.click(None, js=_INTO_VIEW, api_visibility="private")
    try_all.click(
        _try_all, [visit, photo, fields.strength, fields.keep_color], [frame, sheet, sheet_status, on_sheet], **shared
    )
    add_endpoints(visit)
    batch_api.add_endpoint(visit)
    return FastTab(photo, fields, to_slow, to_video, link)


def _pick(visit: Visit, event: gr.SelectData, request: gr.Request) -> tuple:
    # The visit goes out, too: Gradio counts the time until it forgets it from then on.
    return picked(visit, event, request), time.monotonic_ns(), visit


def _pick_from_sheet(visit: Visit, on_sheet: tuple[str, ...], event: gr.SelectData) -> tuple:
    """Choose the style; the sheet folds, so that the painting comes into view."""
    style = on_sheet[event.index]
    return style, time.monotonic_ns(), show_choice(visit, style), gr.Accordion(open=False)


@friendly
def _paint(
    request: gr.Request, event: gr.EventData, visit: Visit, photo: Any, strokes: int, fine: bool, *rest: Any
) -> Iterator[tuple]:
    if photo is None:
        if getattr(event.target, "elem_id", None) == "fast-start":
            raise ConfigError(_NO_PHOTO)
        yield (gr.skip(),) * 6  # a setting was changed: that needs no answer
        return
    choice = chosen(rest)
    config = StylizeConfig(choice.mix, choice.strength, choice.keep_color, choice.max_side, strokes=strokes, fine=fine)
    painting = paint(photo, config, visit.library(), visit.network)
    with tempfile.TemporaryDirectory(prefix="nst-") as name:
        yield _shown(painting, Path(name), language_of(request))
        # Compressing a large PNG can take longer than painting it, so it comes after the painting is on screen.
        png = painting.save(Path(name), ".png")
        yield *[gr.skip()] * 2, gr.DownloadButton(value=str(png), interactive=True), *[gr.skip()] * 3


def _shown(painting: Painting, folder: Path, language: str) -> tuple:
    jpeg, before = painting.save(folder, ".jpg"), folder / "photo.jpg"
    save_image(painting.photo, before)
    return (
        str(jpeg), line(translated(painting.status(), language)), gr.update(interactive=False),
        gr.DownloadButton(value=str(jpeg), interactive=True), gr.update(visible=True), (str(before), str(jpeg)),
    )  # fmt: skip


@friendly
def _try_all(request: gr.Request, visit: Visit, photo: Any, strength: float, keep: str) -> Iterator[tuple]:
    if photo is None:
        raise ConfigError(_NO_PHOTO)
    styles, language = visit.styles(), language_of(request)
    total, ids = len(styles), tuple(style.info.id for style in styles)
    config = StylizeConfig(ids[0], strength, keep)
    tiles: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="nst-") as folder:
        for style, image in contact_sheet(photo, config, styles, visit.network):
            path = Path(folder) / f"{len(tiles):03d}.jpg"
            save_image(image, path)
            tiles.append((str(path), caption(style, language)))
            text = (
                f"{len(tiles)} of {total} styles …" if len(tiles) < total else "Pick one: it is painted at full size."
            )
            opened = gr.Accordion(visible=True, open=True) if len(tiles) == 1 else gr.skip()
            yield opened, gr.Gallery(list(tiles), selected_index=None), line(translated(text, language)), ids
