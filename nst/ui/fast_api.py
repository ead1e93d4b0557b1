"""``/stylize`` and ``/styles``: fast mode for API clients."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from nst.errors import ConfigError
from nst.stylize_config import KEEP_COLOR, StylizeConfig
from nst.trunks import MULTISTYLE
from nst.ui.errors import friendly
from nst.ui.fast_run import MAX_SIDE, paint
from nst.ui.uploads import UnopenedImage
from nst.ui.visit import Visit


@friendly
def stylize(
    visit: Visit,
    image: Any,
    style: str,
    strength: float = 1.0,
    keep_color: str = "off",
    max_side: float | None = 0,
    network: str = MULTISTYLE,
) -> Iterator[str]:
    """Paint a photo with one of the app's styles or your own, or a mix of them.

    Args:
        image: the photo.
        style: ID[:W][,ID[:W]...], the ids of /styles with weights of the mix, such as "udnie:2,the_scream".
        strength: from 0 (the photo) to 1 (the full style).
        keep_color: keep the photo's colours: off, luminance or linear.
        max_side: longer side of the result in pixels, if the photo is larger; 0 for the photo's own size.
        network: what paints; each has styles of its own.

    Returns:
        The painting, a PNG file with its settings embedded.
    """
    if image is None:
        raise ConfigError("No photo is given: send one as image.")
    config = StylizeConfig(style, strength, keep_color, max_side)
    if config.max_side and config.max_side > MAX_SIDE:
        raise ConfigError(f"This app paints up to {MAX_SIDE} pixels: use a smaller max_side, or run your own copy.")
    painting = paint(image, config, visit.library(network), network)
    with tempfile.TemporaryDirectory(prefix="nst-") as folder:
        yield str(painting.save(Path(folder), ".png"))  # Gradio has copied it when it asks for the next one


@friendly
def styles(visit: Visit, network: str = MULTISTYLE) -> Iterator[list[dict[str, Any]]]:
    """List the styles: id, title, artist, year, licence, where each is from, and the size at which it was learnt.

    Args:
        network: whose styles.
    """
    yield visit.library(network).listing()


def add_endpoints(visit: gr.State) -> None:
    """``/stylize`` and ``/styles`` for API clients; their components are not shown."""
    with gr.Row(visible=False):
        inputs = [
            UnopenedImage(label="image"),
            gr.Textbox(None, label="style"),
            gr.Number(StylizeConfig.strength, label="strength"),
            gr.Dropdown(list(KEEP_COLOR), value=StylizeConfig.keep_color, label="keep_color"),
            gr.Number(0, label="max_side"),
            gr.Textbox(MULTISTYLE, label="network"),
        ]
        painting = gr.Image(label="painting", format="png", type="filepath")
        gr.Button("stylize").click(
            stylize, [visit, *inputs], painting, api_name="stylize", concurrency_id="fast", concurrency_limit=1
        )
        network, listing = gr.Textbox(MULTISTYLE, label="network"), gr.JSON(label="styles")
        # Not behind the paintings of others.
        gr.Button("styles").click(styles, [visit, network], listing, api_name="styles", queue=False)
