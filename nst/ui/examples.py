"""The example pictures and clips, as ``examples/examples.json`` lists them."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from nst.ui.texts import tr

FOLDER = Path(__file__).resolve().parents[2] / "examples"


def _load(kind: str) -> list[dict[str, str]]:
    entries = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))[kind]
    return [{**entry, "file": str(FOLDER / entry["file"])} for entry in entries]


CONTENT = _load("content")
STYLES = _load("styles")
CLIPS = _load("clips")


def strip(entries: list[dict[str, str]], target: gr.Image | gr.Video, name: str, tab: str) -> gr.Dataset:
    """A row of thumbnails, called as the text ``name`` says; a click puts the picture or clip into ``target``.

    Not ``gr.Examples``: its update would replace ``target`` by a fresh component, which opens uploads by itself.
    """
    is_picture = isinstance(target, gr.Image)
    with gr.Column():
        shown = gr.Dataset(
            components=[gr.Image(type="filepath", visible=False) if is_picture else gr.Video(visible=False)],
            samples=[[entry["file"]] for entry in entries],
            type="index",
            label=tr(name),
            elem_id=f"{tab}-{name.replace('_', '-')}",
        )
        shown.click(
            lambda index: entries[index]["file"], shown, target, show_progress="hidden", api_visibility="private"
        )
    return shown
