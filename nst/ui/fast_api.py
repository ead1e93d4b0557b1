"""``/stylize`` and ``/styles``: fast mode for API clients."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from nst.errors import ConfigError
from nst.stylize_config import KEEP_COLOR, StylizeConfig
from nst.trunks import MULTISTYLE, installed_networks
from nst.ui.errors import friendly
from nst.ui.fast_run import MAX_SIDE, paint
from nst.ui.uploads import UnopenedImage
from nst.ui.visit import Visit


@friendly
def stylize(
    visit: Visit, image: Any, style: str, strength: float = 1.0, keep_color: str = "off", max_side: float | None = 0
) -> Iterator[str]:
    """Paint a photo with one of the app's styles or your own, or a mix of them.

    Args:
        image: the photo.
        style: ID[:W][,ID[:W]...], the ids of /styles with weights of the mix, such as "udnie:2,the_scream".
        strength: from 0 (the photo) to 1 (the full style).
        keep_color: keep the photo's colours: off, luminance or linear.
        max_side: longer side of the result in pixels, if the photo is larger; 0 for the photo's own size.

    Returns:
        The painting, a PNG file with its settings embedded.
    """
    yield from _painted(visit, image, MULTISTYLE, StylizeConfig(style, strength, keep_color, max_side))


@friendly
def stylize_with(
    visit: Visit,
    image: Any,
    style: str,
    strength: float = 1.0,
    keep_color: str = "off",
    max_side: float | None = 0,
    network: str = MULTISTYLE,
    strokes: float | None = 0,
    fine: bool = False,
) -> Iterator[str]:
    """Paint a photo as /stylize does, with the choice of the network and of the size of the strokes.

    Args:
        image: the photo.
        style: ID[:W][,ID[:W]...], the ids that /networks lists for the network.
        strength: from 0 (the photo) to 1 (the full style).
        keep_color: keep the photo's colours: off, luminance or linear.
        max_side: longer side of the result in pixels, if the photo is larger; 0 for the photo's own size.
        network: what paints; each has styles of its own.
        strokes: longer side in pixels at which the strokes are painted, if the result is larger; 0 for its own size.
        fine: with strokes, keep the photo's fine detail.

    Returns:
        The painting, a PNG file with its settings embedded.
    """
    config = StylizeConfig(style, strength, keep_color, max_side, strokes=strokes, fine=fine)
    yield from _painted(visit, image, network, config)


def check_side(max_side: float | None) -> None:
    """Whether this app paints so large.

    Raises:
        ConfigError: it does not.
    """
    if max_side and max_side > MAX_SIDE:
        raise ConfigError(f"This app paints up to {MAX_SIDE} pixels: use a smaller max_side, or run your own copy.")


def _painted(visit: Visit, image: Any, network: str, config: StylizeConfig) -> Iterator[str]:
    if image is None:
        raise ConfigError("No photo is given: send one as image.")
    check_side(config.max_side)
    painting = paint(image, config, visit.library(network), network)
    with tempfile.TemporaryDirectory(prefix="nst-") as folder:
        yield str(painting.save(Path(folder), ".png"))  # Gradio has copied it when it asks for the next one


def styles(visit: Visit) -> list[dict[str, Any]]:
    """List the styles: id, title, artist, year, licence, where each is from, and the size at which it was learnt."""
    return visit.library(MULTISTYLE).listing()


def networks(visit: Visit) -> dict[str, list[str]]:
    """List the networks, each with the ids of its styles."""
    return {name: [style.info.id for style in visit.library(name)] for name in installed_networks()}


def add_endpoints(visit: gr.State) -> None:
    """``/stylize``, ``/stylize_with``, ``/styles`` and ``/networks``; their components are not shown."""
    queue = {"concurrency_id": "fast", "concurrency_limit": 1}
    with gr.Row(visible=False):
        inputs = [
            UnopenedImage(label="image"),
            gr.Textbox(None, label="style"),
            gr.Number(StylizeConfig.strength, label="strength"),
            gr.Dropdown(list(KEEP_COLOR), value=StylizeConfig.keep_color, label="keep_color"),
            gr.Number(0, label="max_side"),
        ]
        more = [
            gr.Textbox(MULTISTYLE, label="network"),
            gr.Number(0, label="strokes"),
            gr.Checkbox(StylizeConfig.fine, label="fine"),
        ]
        painting = gr.Image(label="painting", format="png", type="filepath")
        gr.Button("stylize").click(stylize, [visit, *inputs], painting, api_name="stylize", **queue)
        gr.Button("with").click(stylize_with, [visit, *inputs, *more], painting, api_name="stylize_with", **queue)
        listings = [gr.JSON(label="styles"), gr.JSON(label="networks")]
        # Not behind the paintings of others.
        gr.Button("styles").click(styles, visit, listings[0], api_name="styles", queue=False)
        gr.Button("networks").click(networks, visit, listings[1], api_name="networks", queue=False)
