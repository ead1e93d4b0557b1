"""Components for the fields of a config dataclass, so that the app's choices and defaults are the package's."""

from __future__ import annotations

import os
from dataclasses import Field, fields
from typing import Any

import gradio as gr

from nst.errors import ConfigError
from nst.gatys_config import GatysConfig
from nst.ui.texts import choice, tr
from nst.weighted import format_weighted, parse_weighted

FIELDS: dict[str, Field] = {f.name: f for f in fields(GatysConfig)}
_SLIDERS = {"size": 32, "iterations": 1, "scales": 1, "style_scale": 0.1}

# What a public copy allows; a visitor of one machine must not take it from all others.
MAX_SIZE = int(os.environ.get("NST_MAX_SIZE", "2048"))
MAX_ITERATIONS = int(os.environ.get("NST_MAX_ITERATIONS", "2000"))


def component(name: str, value: Any) -> gr.components.Component:
    """An input for the field ``name``, showing ``value``."""
    f = FIELDS[name]
    label, info, elem_id = tr(f"setting.{name}"), tr(f"setting.{name}.info"), f"slow-{name.replace('_', '-')}"
    common = {"label": label, "info": info, "elem_id": elem_id, "interactive": True}
    value = shown(name, value)
    if choices := f.metadata.get("choices"):
        return gr.Dropdown([(choice(known), known) for known in choices], value=value, **common)
    if name in ("content_layers", "style_layers"):
        return gr.Textbox(value, placeholder="relu4_2:1, relu3_1:0.5", **common)
    if isinstance(f.default, bool):
        return gr.Checkbox(value, **common)
    low, high = f.metadata["range"]
    if name in _SLIDERS:
        return gr.Slider(
            low,
            {"size": MAX_SIZE, "iterations": min(MAX_ITERATIONS, 1000)}.get(name, high),
            value,
            step=_SLIDERS[name],
            **common,
        )
    return gr.Number(value, **common)


def shown(name: str, value: Any) -> Any:
    """The value of a field as its component shows it."""
    return format_weighted(value) if name in ("content_layers", "style_layers") else value


def from_components(values: dict[str, Any]) -> dict[str, Any]:
    """Field values from what the components (or an API client) hold; what is empty is left out.

    Raises:
        ConfigError: an unknown field, or a layer list that cannot be read.
    """
    settings: dict[str, Any] = {}
    for name, value in values.items():
        if name not in FIELDS:
            raise ConfigError(f"There is no setting '{name[:40]}': choose from {', '.join(FIELDS)}.")
        if value is None or value == "":
            continue
        if name in ("content_layers", "style_layers"):
            if not isinstance(value, str):
                raise ConfigError(f"The {name.replace('_', ' ')} are written as one text, such as relu4_2:1.")
            value = parse_weighted(value, name.replace("_", " ").removesuffix("s"))
        settings[name] = value
    return settings


def within_limits(config: GatysConfig) -> GatysConfig:
    """``config`` itself, if this copy of the app allows its size and number of steps.

    Raises:
        ConfigError: it does not.
    """
    for name, most in (("size", MAX_SIZE), ("iterations", MAX_ITERATIONS)):
        if getattr(config, name) > most:
            raise ConfigError(f"This app allows {name} up to {most}; run your own copy for more.")
    return config
