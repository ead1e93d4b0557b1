"""The whole page: header, tabs, credits."""

from __future__ import annotations

import os
from pathlib import Path

import gradio as gr
import torch

from nst.devices import native_bfloat16, pick_device
from nst.ui import compare, fast, links, slow, sweep, teach, video
from nst.ui.gate import app_options
from nst.ui.page import Page
from nst.ui.shelves import HubLine, Shelves
from nst.ui.video_limits import UPLOAD_LIMIT
from nst.ui.visit import Visit, sources

TITLE = "Neural Style Transfer"
CSS = Path(__file__).with_name("style.css")
THEME = gr.themes.Soft(primary_hue="orange", neutral_hue="stone")

_CREDITS = """
Fast: Johnson, Alahi and Fei-Fei, *Perceptual Losses for Real-Time Style Transfer and Super-Resolution*, ECCV 2016;
Dumoulin, Shlens and Kudlur, *A Learned Representation for Artistic Style*, ICLR 2017. The paintings are in the public
domain.
Video: Ruder, Dosovitskiy and Brox, *Artistic Style Transfer for Videos*, GCPR 2016.
Slow: Gatys, Ecker and Bethge, *Image Style Transfer Using Convolutional Neural Networks*, CVPR 2016.
The features: VGG-16, Simonyan and Zisserman, 2015 (Oxford VGG group, CC BY 4.0).
The example styles and the example clip are made by this project; the example photos are in the public domain or CC0
(cat: Stéfan van der Walt; coffee: Rachel Michetti; astronaut: NASA; bridge: Derek Jensen; bee: John Severns).
"""


def build() -> gr.Blocks:
    """The app, ready to ``launch(**launch_options())``."""
    with Page(title=TITLE, analytics_enabled=False, delete_cache=(sweep.EVERY_SECONDS, sweep.AGE_SECONDS)) as demo:
        gr.Markdown(f"# {TITLE}\nBring a photo or a clip, leave with a painting.", elem_id="header")
        visit = gr.State(Visit())
        hub_line = HubLine()
        with gr.Tabs() as tabs:
            with gr.Tab("Fast", id="fast"):
                fast_tab = fast.build(visit)
            with gr.Tab("Video", id="video"):
                video_styles = video.build(visit)
            shelves = Shelves(visit, (fast_tab.fields, video_styles))
            with gr.Tab("Slow", id="slow"):
                slow_photo = slow.build(device_note())
            with gr.Tab("Teach", id="teach"):
                teach.build(visit, shelves, teach_note())
            if compare.pairs():
                with gr.Tab("Compare", id="compare"):
                    compare.build(demo)
        links.wire(demo, tabs, visit, fast_tab, video_styles, slow_photo)
        shelves.wire()
        hub_line.wire(demo, shelves)
        with gr.Accordion("Credits and citation", open=False):
            gr.Markdown(_CREDITS)
    demo.queue(max_size=20, default_concurrency_limit=2)
    return demo


def launch_options() -> dict:
    """Arguments of ``launch`` that belong to the page."""
    return {
        "theme": THEME, "css_paths": [CSS], "footer_links": ["api"], "show_error": False,
        "max_file_size": UPLOAD_LIMIT, "state_session_capacity": 1000, "app_kwargs": app_options(),
        "run_history": False, "enable_monitoring": False,  # visitors are not watched, not even by one another
    }  # fmt: skip


def device_note() -> str:
    """One line on what computes, and what to expect."""
    if os.environ.get("SPACES_ZERO_GPU"):
        return "Runs on a shared GPU (ZeroGPU). The time to go is shown once the painting has begun."
    device = pick_device()
    if device.type != "cpu":
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else "this Mac's GPU"
        return f"Runs on {name}. The time to go is shown once the painting has begun."
    cores = torch.get_num_threads()
    quick, balanced = ("10 seconds", "a minute") if native_bfloat16(device) else ("half a minute", "two minutes")
    plural = "core" if cores == 1 else "cores"
    return f"Runs on the CPU ({cores} {plural}): about {quick} for Quick look, {balanced} for Balanced."


def teach_note() -> str:
    """One line on how long it takes to learn a style."""
    if os.environ.get("SPACES_ZERO_GPU") or pick_device().type != "cpu":
        return "Effort: a minute at most on a GPU."
    return "Effort: Quick takes about half a minute on this machine's CPU, Normal a minute or two, Thorough five."


def start_background(demo: gr.Blocks) -> None:
    """Ask the Hub for styles and votes, and delete old files; whatever comes of it, the app is there at once."""
    sources().start()
    compare.ballot_box().start()
    sweep.start(demo)
