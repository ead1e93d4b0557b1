"""The choice of a style as the Fast and Video tabs show it: gallery, mix, strength, colours, size."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from nst.images import open_image
from nst.styles import BUILT_IN, Style
from nst.stylize_config import KEEP_COLOR, StylizeConfig
from nst.trunks import installed_networks
from nst.ui.errors import refusal
from nst.ui.texts import ENGLISH, language_of, tr, translated
from nst.ui.visit import YOURS, Visit

STYLES = 3
"""How many styles can be mixed."""

_NETWORKS = {
    "multistyle": tr("styles.network.multistyle"), "johnson": "Johnson et al. 2016", "aonet": "AONet",
    "vgg16_decoder": tr("styles.network.vgg16_decoder"),
}  # fmt: skip


class Choice(NamedTuple):
    """What a visitor has chosen: ids of styles with their weights, and how to paint with them."""

    styles: tuple[str, ...]
    weights: tuple[float, ...]
    strength: float
    keep_color: str
    max_side: int

    @property
    def mix(self) -> str:
        """``ID:W,ID:W…``."""
        return ",".join(f"{style}:{weight}" for style, weight in zip(self.styles, self.weights, strict=True))


@dataclass(frozen=True)
class StyleFields:
    """The components of one tab."""

    network: gr.Dropdown
    gallery: gr.Gallery
    strength: gr.Slider
    size: gr.Dropdown
    keep_color: gr.Radio
    settings: gr.Accordion
    mix: gr.Accordion
    choosers: list[gr.Dropdown]
    weights: list[gr.Slider]

    @property
    def lists(self) -> list[gr.components.Component]:
        """What shows which styles there are: the outputs for :func:`listed`."""
        return [self.network, self.gallery, *self.choosers]

    @property
    def inputs(self) -> list[gr.components.Component]:
        """What an event hands over for :func:`chosen`."""
        return [*self.choosers, *self.weights, self.strength, self.keep_color, self.size]


def style_fields(tab: str, sizes: Iterable[int], subject: str) -> StyleFields:
    """Lay out the fields in the current context.

    Args:
        tab: the beginning of every ``elem_id``.
        sizes: longer sides in pixels to choose from, besides the own one.
        subject: what is painted, ``photo`` or ``clip``.
    """
    visit = Visit()  # as every visitor begins
    networks = installed_networks()
    gr.Markdown(tr("styles.pick"), elem_classes="note")
    gallery = gr.Gallery(
        _tiles(visit), format="jpeg", label=tr("styles.gallery"), show_label=False, elem_id=f"{tab}-styles", columns=4,
        height=460, allow_preview=False, interactive=False, buttons=[], selected_index=_place(visit, visit.first),
    )  # fmt: skip
    with gr.Column(elem_classes="settings"):
        strength = gr.Slider(
            0, 1, StylizeConfig.strength, step=0.05, label=tr("styles.strength"), elem_id=f"{tab}-strength"
        )
        mix, choosers, weights = _mix(tab, visit)
        with gr.Accordion(tr("styles.settings"), open=False, elem_id=f"{tab}-settings") as settings:
            keep = gr.Radio(
                [(tr(f"styles.keep.{name}"), name) for name in KEEP_COLOR], value=StylizeConfig.keep_color,
                label=tr(f"styles.keep.{subject}"), elem_id=f"{tab}-keep-color",
            )  # fmt: skip
            with gr.Row():
                size = gr.Dropdown(
                    [(tr("styles.size.own"), 0), *((f"{side} px", side) for side in sizes)], value=0,
                    label=tr("styles.size"), elem_id=f"{tab}-size", min_width=140,
                )  # fmt: skip
                network = gr.Dropdown(
                    [(_NETWORKS.get(name, name), name) for name in networks], value=visit.network,
                    label=tr("styles.network"), elem_id=f"{tab}-network", visible=len(networks) > 1, filterable=False,
                    min_width=140,
                )  # fmt: skip
    return StyleFields(network, gallery, strength, size, keep, settings, mix, choosers, weights)


def chosen(values: Sequence[Any]) -> Choice:
    """What the values of :attr:`StyleFields.inputs` mean. Places without a style are left out."""
    styles, weights, rest = values[:STYLES], values[STYLES : 2 * STYLES], values[2 * STYLES :]
    pairs = [(style, weight) for style, weight in zip(styles, weights, strict=True) if style]
    return Choice(tuple(style for style, _ in pairs), tuple(weight for _, weight in pairs), *rest)


def caption(style: Style, language: str = ENGLISH) -> str:
    """Title, artist, and where the style is from unless it came with the app."""
    origin = "" if style.origin == BUILT_IN else style.origin
    if origin == YOURS:
        origin = translated(YOURS, language)
    return " · ".join(filter(None, (style.info.title, style.info.artist, origin)))


def picked(visit: Visit, event: gr.SelectData, request: gr.Request) -> str:
    """The id of the style that was picked in the gallery."""
    style_id = visit.shown[event.index] if event.index < len(visit.shown) else ""
    told = event.value.get("caption") if isinstance(event.value, dict) else None
    language = language_of(request)
    if told != caption(visit.library()[style_id], language):  # the visit was forgotten while the page stayed open
        raise refusal("The list of styles has changed since you opened the page: load it anew.", language)
    return style_id


def show_choice(visit: Visit, style_id: str) -> gr.Gallery:
    """The gallery with that style marked."""
    return gr.Gallery(selected_index=_place(visit, style_id))


def listed(visit: Visit, choice: str, language: str) -> list[Any]:
    """Updates of :attr:`StyleFields.lists` for the styles that the visitor has now, where ``choice`` is chosen.

    If that is none of them, the visit's first one is.
    """
    titles, first = _titles(visit), visit.first
    known = choice in {style_id for _, style_id in titles}
    choosers: list[Any] = [gr.Dropdown(_choices(titles, n)) for n in range(1, STYLES + 1)]
    if not known:
        values = [first, *[""] * (STYLES - 1)]
        choosers = [gr.Dropdown(_choices(titles, n), value=value) for n, value in enumerate(values, 1)]
    gallery = gr.Gallery(_tiles(visit, language), selected_index=_place(visit, choice if known else first))
    return [gr.update(value=visit.network), gallery, *choosers]


def _tiles(visit: Visit, language: str = ENGLISH) -> list[tuple[Any, str]]:
    pictures = ((style, style.thumbnail) for style in visit.styles() if style.thumbnail)
    return [(_opened(p) if isinstance(p, Path) else p, caption(style, language)) for style, p in pictures]


@functools.lru_cache(maxsize=256)
def _opened(path: Path) -> Image.Image:
    """Gradio takes files from few folders only, and NST_WEIGHTS may be any."""
    return open_image(path)


def _place(visit: Visit, style_id: str) -> int | None:
    return visit.shown.index(style_id) if style_id in visit.shown else None


def _titles(visit: Visit) -> list[tuple[str, str]]:
    return [(style.info.title, style.info.id) for style in visit.styles()]


def _choices(titles: list[tuple[str, str]], number: int) -> list[tuple[str, str]]:
    return titles if number == 1 else [(tr("styles.none"), ""), *titles]


def _mix(tab: str, visit: Visit) -> tuple[gr.Accordion, list[gr.Dropdown], list[gr.Slider]]:
    titles = _titles(visit)
    choosers, weights = [], []
    with gr.Accordion(tr("styles.mix"), open=False, elem_id=f"{tab}-mix") as frame:
        for n in range(1, STYLES + 1):
            with gr.Row():
                choosers.append(
                    gr.Dropdown(
                        _choices(titles, n), value=visit.first if n == 1 else "", label=tr("styles.style", n=n),
                        elem_id=f"{tab}-style-{n}", min_width=200,
                    )
                )  # fmt: skip
                weights.append(
                    gr.Slider(
                        0, 1, 1, step=0.05, label=tr("styles.weight", n=n), elem_id=f"{tab}-weight-{n}", min_width=150
                    )
                )
    return frame, choosers, weights
