"""From one tab to another, and from one browser to another: what is chosen goes along."""

from __future__ import annotations

import contextlib
import math
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from nst.errors import ConfigError
from nst.stylize_config import KEEP_COLOR
from nst.ui.fast import SIZES, FastTab
from nst.ui.style_fields import STYLES, StyleFields, chosen, show_choice
from nst.ui.texts import tr
from nst.ui.visit import Visit
from nst.weighted import parse_weighted

_COPY = """(query) => {
    const url = new URL(window.location.href); url.search = query;
    window.history.replaceState(null, "", url);
    navigator.clipboard?.writeText(url.href);
}"""


def wire(
    demo: gr.Blocks, tabs: gr.Tabs, visit: gr.State, fast: FastTab, video: StyleFields, slow_photo: gr.Image
) -> None:
    """Connect the buttons, and read the link with which the page was opened."""
    private = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
    fast.to_slow.click(lambda photo: (photo, gr.Tabs(selected="slow")), fast.photo, [slow_photo, tabs], **private)
    choice = [*fast.fields.choosers, *fast.fields.weights, fast.fields.strength, fast.fields.keep_color]
    same = [*video.choosers, *video.weights, video.strength, video.keep_color]
    fast.to_video.click(
        lambda visit, *values: (*values, show_choice(visit, values[0]), gr.Tabs(selected="video")),
        [visit, *choice], [*same, video.gallery, tabs], **private,
    )  # fmt: skip
    query = gr.Textbox(visible=False)
    copied = fast.link.click(_query, fast.fields.inputs, query, **private)
    copied = copied.then(None, query, None, js=_COPY, api_visibility="private")
    copied.then(lambda: gr.Button(tr("fast.link.copied")), None, fast.link, **private)
    demo.load(_opened, visit, [*fast.fields.inputs, fast.fields.gallery], **private)


def _query(*values: Any) -> str:
    picked = chosen(values)
    settings = {"style": picked.mix, "strength": picked.strength, "keep_color": picked.keep_color}
    return urlencode({**settings, **({"max_side": picked.max_side} if picked.max_side else {})})


def _opened(visit: Visit, request: gr.Request) -> list[Any]:
    """The fields of the Fast tab as the link says; what makes no sense in it is passed over."""
    asked = dict(request.query_params)
    updates: list[Any] = [gr.skip()] * (2 * STYLES + 4)
    with contextlib.suppress(ConfigError):
        pairs = parse_weighted(asked.get("style", ""), "style")[:STYLES]
        known = {style.info.id for style in visit.library()}
        if all(style_id in known and 0 <= weight <= 1 for style_id, weight in pairs):
            styles = [style_id for style_id, _ in pairs]
            weights = [weight for _, weight in pairs]
            updates[:STYLES] = [*styles, *[""] * (STYLES - len(pairs))]
            updates[STYLES : 2 * STYLES] = [*weights, *[1] * (STYLES - len(pairs))]
            updates[-1] = show_choice(visit, styles[0])
    with contextlib.suppress(KeyError, ValueError):
        strength = float(asked["strength"])
        if math.isfinite(strength) and 0 <= strength <= 1:
            updates[2 * STYLES] = strength
    if asked.get("keep_color") in KEEP_COLOR:
        updates[2 * STYLES + 1] = asked["keep_color"]
    with contextlib.suppress(KeyError, ValueError):
        side = int(asked["max_side"])
        if side in SIZES:
            updates[2 * STYLES + 2] = side
    return updates
