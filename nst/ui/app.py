"""The whole page: header, tabs, credits."""

from __future__ import annotations

import os
from pathlib import Path

import gradio as gr
import torch

from nst.devices import native_bfloat16, pick_device
from nst.ui import agents, compare, fast, idle_memory, links, slow, sweep, teach, video
from nst.ui.gate import app_options
from nst.ui.page import Page
from nst.ui.shelves import HubLine, Shelves
from nst.ui.texts import made, tr, translations
from nst.ui.video_limits import UPLOAD_LIMIT
from nst.ui.visit import Visit, sources

TITLE = "Neural Style Transfer"
CSS = Path(__file__).with_name("style.css")
MOST_WAITING = int(os.environ.get("NST_MAX_QUEUE", "40"))
SCRIPT = Path(__file__).with_name("accessible.js")
# Orange as Soft has it is too light to read: text on it and in it is darker, or lighter in the dark.
THEME = gr.themes.Soft(primary_hue="orange", neutral_hue="stone").set(
    block_label_text_color="*primary_800", block_label_text_color_dark="*primary_200",
    block_title_text_color="*primary_800", block_title_text_color_dark="*primary_200",
    block_label_background_fill_dark="*primary_900", block_title_background_fill_dark="*primary_900",
    block_info_text_color="*neutral_600", block_info_text_color_dark="*neutral_300",
    button_primary_background_fill="*primary_700", button_primary_background_fill_dark="*primary_700",
    button_primary_background_fill_hover="*primary_800", button_primary_background_fill_hover_dark="*primary_800",
    checkbox_label_background_fill_selected="*primary_700", checkbox_label_background_fill_selected_dark="*primary_700",
    body_text_color_subdued="*neutral_600", body_text_color_subdued_dark="*neutral_300",
    color_accent="*primary_700",
)  # fmt: skip


def build() -> gr.Blocks:
    """The app, ready to ``launch(**launch_options())``."""
    sweep.forget_earlier_files()
    with Page(title=TITLE, analytics_enabled=False, delete_cache=(sweep.EVERY_SECONDS, sweep.AGE_SECONDS)) as demo:
        gr.Markdown(tr("header"), elem_id="header")
        visit = gr.State(Visit())
        hub_line = HubLine()
        with gr.Tabs() as tabs:
            with gr.Tab(tr("tab.fast"), id="fast"):
                fast_tab = fast.build(visit)
            with gr.Tab(tr("tab.video"), id="video"):
                video_styles = video.build(visit)
            shelves = Shelves(visit, (fast_tab.fields, video_styles))
            with gr.Tab(tr("tab.slow"), id="slow"):
                slow_photo = slow.build(made(device_note()))
            with gr.Tab(tr("tab.teach"), id="teach"):
                teach.build(visit, shelves, made(teach_note()))
            if compare.pairs():
                with gr.Tab(tr("tab.compare"), id="compare"):
                    compare.build(demo)
        links.wire(demo, tabs, visit, fast_tab, video_styles, slow_photo)
        shelves.wire()
        hub_line.wire(demo, shelves)
        with gr.Accordion(tr("credits"), open=False):
            gr.Markdown(tr("credits.text"))
    demo.queue(max_size=MOST_WAITING, default_concurrency_limit=2)
    return demo


def launch_options() -> dict:
    """Arguments of ``launch`` that belong to the page, which has been built."""
    return {
        "theme": THEME, "css_paths": [CSS], "js": SCRIPT.read_text(encoding="utf-8"), "footer_links": ["api"],
        "show_error": False,
        "max_file_size": UPLOAD_LIMIT, "state_session_capacity": 1000, "i18n": translations(),
        "app_kwargs": app_options(agents.only_tools), "mcp_server": agents.offered(),
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
    """Ask the Hub for styles and votes, delete old files, give memory back.

    Whatever comes of it, the app is there at once.
    """
    sources().start()
    compare.ballot_box().start()
    sweep.start(demo)
    idle_memory.start()
