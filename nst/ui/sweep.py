"""Old files in Gradio's cache, deleted: visitors' photos and what was made of them do not stay.

``delete_cache`` deletes only files of components as the page was built. An update, even ``gr.skip()``, replaces a
component in its session, and what the replacement caches is never deleted. So the folder itself is swept.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from pathlib import Path

import gradio as gr
from gradio import processing_utils

EVERY_SECONDS, AGE_SECONDS = 1800, 7200
"""How often, and how old a file is then."""


def forget_earlier_files() -> None:
    """Name cached files in a way of this process. To be called before the page is built.

    Gradio names a copy after a hash of what is in the file, and takes one that is there as it is; a program that was
    killed while it wrote one would have left half of it for the next.
    """
    processing_utils.hash_seed = uuid.uuid4().bytes


def sweep(demo: gr.Blocks, age: float = AGE_SECONDS) -> int:
    """Delete what is older than ``age`` seconds and not part of the page as it was built; returns how many files."""
    kept = {Path(path) for block in demo.blocks.values() for path in block.keep_in_cache}
    now, deleted = time.time(), 0
    folder = Path(demo.GRADIO_CACHE)
    for path in sorted(folder.rglob("*"), reverse=True):  # files before their folders
        with contextlib.suppress(OSError):  # gone already, or a folder that is not empty
            if path.is_dir():
                path.rmdir()
            elif path not in kept and now - path.lstat().st_ctime > age:
                path.unlink()
                deleted += 1
    return deleted


def start(demo: gr.Blocks) -> None:
    """Sweep from time to time, in the background, as long as the program runs."""

    def run() -> None:
        while True:
            time.sleep(EVERY_SECONDS)
            sweep(demo)

    threading.Thread(target=run, daemon=True, name="sweep").start()
