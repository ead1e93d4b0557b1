"""The README's examples for clients, run as they stand against a live app; only the port is another."""

import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from tests.clips import make_clip
from tests.live import running_app


@pytest.fixture(scope="module")
def url(root, tmp_path_factory):
    with running_app(root, tmp_path_factory.mktemp("clients")) as address:
        yield address


@pytest.fixture
def folder(root, tmp_path):
    """What the examples name: a photo, two paintings, a clip."""
    content, styles = root / "examples" / "content", root / "examples" / "styles"
    for source, name in (
        (content / "cat.jpg", "photo"),
        (styles / "waves.jpg", "painting"),
        (styles / "swirl.jpg", "mine"),
    ):
        with Image.open(source) as image:
            image.convert("RGB").resize((160, 128)).save(tmp_path / f"{name}.jpg")
    make_clip(tmp_path / "clip.mp4")
    return tmp_path


def example(root, language: str, holds: str, url: str) -> str:
    readme = (root / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
    (text,) = [block for block in blocks if holds in block]
    return text.replace("http://127.0.0.1:7860", url.rstrip("/"))


def run(command: list[str], folder) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_python(root, url, folder):
    output = run([sys.executable, "-c", example(root, "python", "gradio_client", url)], folder)
    assert "frame" in output.lower() and "done" in output


def test_curl(root, url, folder):
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    run(["sh", "-e", "-c", example(root, "sh", "call/v2/stylize", url)], folder)
    with Image.open(folder / "painted.png") as image:
        assert image.size == (160, 128) and "starry_night" in image.text["nst"]


def test_javascript(root, url, folder):
    if shutil.which("npm") is None:
        pytest.skip("needs Node.js with npm")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "@gradio/client@2.7.0"]
    if subprocess.run(install, cwd=folder, capture_output=True, timeout=300).returncode:
        pytest.skip("needs @gradio/client from npm")
    (folder / "example.mjs").write_text(example(root, "js", "@gradio/client", url))
    output = run(["node", "example.mjs"], folder)
    assert "done" in output
    with Image.open(folder / "painted.png") as image:
        assert image.size == (160, 128) and '"strength": 0.8' in image.text["nst"]
