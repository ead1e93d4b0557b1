"""Visitors' files do not stay, whichever component they went through."""

import time

import gradio as gr
from gradio_client import Client, handle_file
from PIL import Image

from nst.ui.sweep import sweep


def test_old_files_go_and_what_the_page_needs_stays(tmp_path, monkeypatch, root):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    example = root / "examples" / "content" / "cat.jpg"

    def paint(photo):
        made = tmp_path / f"{time.monotonic_ns()}.png"
        Image.new("RGB", (40, 30)).save(made)
        yield str(made)
        yield gr.skip()  # from now on delete_cache is blind

    with gr.Blocks() as demo:
        photo, result = gr.Image(str(example), type="filepath"), gr.Image(type="filepath")
        gr.Button().click(paint, photo, result, api_name="paint")
    demo.launch(prevent_thread_lock=True, quiet=True)
    try:
        client = Client(demo.local_url, verbose=False)
        for _ in range(2):
            client.predict(handle_file(str(example)), api_name="/paint")
        kept = {path for block in demo.blocks.values() for path in block.keep_in_cache}
        files = {str(path) for path in (tmp_path / "cache").rglob("*") if path.is_file()}
        assert kept and kept < files
        assert sweep(demo, age=3600) == 0
        assert sweep(demo, age=-1) == len(files - kept)
        assert {str(path) for path in (tmp_path / "cache").rglob("*") if path.is_file()} == kept
        assert client.predict(handle_file(str(example)), api_name="/paint")  # and the app goes on
    finally:
        demo.close()
    assert (tmp_path / "cache").is_dir()
