"""Networks of one style beside the trunk: in the listing, under a client, on the page, on the command line."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from nst.backbone_weights import WEIGHTS
from nst.networks import build_network
from nst.trunks import load_trunk, save_trunk
from tests.browsing import open_accordion, open_page, wait_for_text
from tests.hub_child import make_style
from tests.live import running_app

SETTINGS = {"width": 8, "blocks": 1, "norm": "instance"}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The project's weights, and an untrained network of the style ``ink`` beside them."""
    folder = tmp_path_factory.mktemp("networks") / "weights"
    folder.mkdir()
    for name in ("multistyle", "vgg16"):
        (folder / name).symlink_to(WEIGHTS / name)
    (folder / "johnson" / "styles").mkdir(parents=True)
    torch.manual_seed(0)
    network = build_network("johnson", SETTINGS)
    about = {"kind": "trunk", "architecture": "johnson", "settings": SETTINGS}
    save_trunk(folder / "johnson" / "trunk.safetensors", network, network.new_identity(), about)
    trunk = load_trunk(folder / "johnson" / "trunk.safetensors")
    make_style(folder / "johnson", trunk, "ink", torch.zeros(0))
    return folder


@pytest.fixture(scope="module")
def url(root, weights, tmp_path_factory):
    with running_app(root, tmp_path_factory.mktemp("app"), NST_WEIGHTS=str(weights)) as address:
        yield address


@pytest.fixture
def cat(root):
    return root / "examples" / "content" / "cat.jpg"


def test_clients_choose_among_networks(url, cat, ids):
    client = Client(url, verbose=False)
    networks = client.predict(api_name="/networks")
    assert list(networks) == ["multistyle", "johnson"]
    assert networks["johnson"] == ["ink"] and sorted(networks["multistyle"]) == ids
    assert "ink" not in [style["id"] for style in client.predict(api_name="/styles")]

    def paint(style, **more):
        png = client.predict(handle_file(str(cat)), style, api_name="/stylize_with", max_side=128, **more)
        with Image.open(png) as image:
            return np.asarray(image, int), json.loads(image.text["nst"])

    full, settings = paint("ink", network="johnson")
    assert full.shape == (85, 128, 3) and settings["style"] == "ink"
    photo, _ = paint("ink", network="johnson", strength=0)
    half, _ = paint("ink", network="johnson", strength=0.5)
    assert np.abs(half - (full + photo) / 2).max() <= 1  # a blend of pixels
    for style, network in (("udnie", "johnson"), ("ink", "multistyle")):
        with pytest.raises(AppError, match=f"no style '{style}'"):
            paint(style, network=network)


@pytest.mark.browser
def test_the_page_shows_the_styles_of_the_chosen_network(browser, url, ids, shots):
    with open_page(browser, url, 1280) as page:
        open_accordion(page, "Settings")
        page.locator("#fast-network input").click()
        page.get_by_role("option", name="Johnson et al. 2016").click()
        page.wait_for_function("() => document.querySelectorAll('#fast-styles img').length === 1")
        page.get_by_role("button", name="Paint", exact=True).click()
        wait_for_text(page, "#fast-status", "Ink")
        page.screenshot(path=f"{shots}.png")
        page.locator("#fast-network input").click()
        page.get_by_role("option", name="One network for many styles").click()
        page.wait_for_function("n => document.querySelectorAll('#fast-styles img').length === n", arg=len(ids))
        page.locator("#fast-styles button:has(img)").nth(2).click()
        page.wait_for_function("() => !document.querySelector('#fast-status').innerText.includes('Ink')")


def test_the_command_line_lists_and_paints_with_it(root, weights, cat, tmp_path):
    env = {**os.environ, "NST_WEIGHTS": str(weights), "OMP_NUM_THREADS": "1"}

    def nst(*argv):
        return subprocess.run(
            [sys.executable, "-m", "nst", *map(str, argv)], cwd=root, env=env, capture_output=True, text=True
        )

    listed = nst("styles", "--json", "--network", "johnson")
    assert [style["id"] for style in json.loads(listed.stdout)] == ["ink"], listed.stderr
    done = nst("stylize", cat, "-o", tmp_path / "out.png", "--style", "ink", "--network", "johnson", "--max-side", 96)
    assert done.returncode == 0, done.stderr
    assert Image.open(tmp_path / "out.png").size == (96, 64)
    done = nst("styles", "--network", "../etc")
    assert done.returncode == 2 and "no network '../etc'" in done.stderr
