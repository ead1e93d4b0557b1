"""Styles that travel over HTTP into a running app: pushed by the script, pulled by the app, painted under a client."""

import shutil
import time

import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from nst.images import open_image
from nst.styles import StyleLibrary
from nst.stylizer import Stylizer
from nst.trunks import TRUNK, load_trunk
from tests.browsing import open_page, open_tab, wait_for_text
from tests.hub_child import files_of, make_style, run
from tests.live import running_app
from tests.pictures import good_jpeg, written

REPO = "owner/travelling"
IDS = ["ash", "elm", "fir"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The app's trunk, with three styles between those that it ships."""
    folder = tmp_path_factory.mktemp("travelling")
    (folder / "styles").mkdir()
    shutil.copy(TRUNK, folder / "trunk.safetensors")
    trunk = load_trunk()
    shipped = [style.code for style in StyleLibrary.load(trunk)]
    for n, style_id in enumerate(IDS):
        make_style(folder, trunk, style_id, (shipped[n] + shipped[n + 1]) / 2)
    return folder


@pytest.fixture
def photo(tmp_path):
    return written(tmp_path, "photo.jpg", good_jpeg())


def app_with_hub(root, folder, url: str, home, **more: str):
    """The app with ``REPO``, on the cache under ``home``."""
    settings = {
        "HF_ENDPOINT": url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1", "NST_HUB_REPOS": REPO, "OMP_NUM_THREADS": str(torch.get_num_threads()),
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    return running_app(root, folder, **{**settings, **more})


def origins(client) -> dict[str, str]:
    return {style["id"]: style["origin"] for style in client.predict(api_name="/styles")}


def wait_for_styles(client) -> dict[str, str]:
    """Once the Hub has answered."""
    deadline = time.monotonic() + 60
    while "ash" not in origins(client):
        assert time.monotonic() < deadline, "the styles do not come"
        time.sleep(0.2)
    return origins(client)


def painted(client, photo, style: str) -> np.ndarray:
    return np.asarray(Image.open(client.predict(handle_file(str(photo)), style, api_name="/stylize")))


def test_pushed_pulled_and_painted_pixel_for_pixel(hub, root, home, weights, photo, tmp_path, refused, ids):
    push = ["train/push.py", "--repo", REPO, "--weights", weights, "--force"]
    sent = run(push, hub.url, tmp_path / "pusher", HF_TOKEN="hf_owner")
    assert sent.returncode == 0, sent.stderr
    local = Stylizer(TRUNK, weights / "styles", device="cpu")
    expected = {i: np.asarray(local.stylize(open_image(photo), i)) for i in IDS}

    with app_with_hub(root, tmp_path / "first", hub.url, home) as url:
        client = Client(url, verbose=False)
        found = wait_for_styles(client)
        assert found == {**dict.fromkeys(ids, "built in"), **dict.fromkeys(IDS, REPO)}
        for style_id in IDS:
            assert (painted(client, photo, style_id) == expected[style_id]).all()
        # The same file brought by the visitor gives the same picture, in this session only.
        copy = tmp_path / "mine.safetensors"
        shutil.copy(weights / "styles" / "elm.safetensors", copy)
        assert client.predict(handle_file(str(copy)), api_name="/add_style") == "elm"
        assert origins(client)["elm"] == "yours"
        assert (painted(client, photo, "elm") == expected["elm"]).all()
        assert origins(Client(url, verbose=False))["elm"] == REPO

    # Offline from the cache, and where nobody listens.
    for name, more in (("offline", {"HF_HUB_OFFLINE": "1"}), ("refused", {})):
        with app_with_hub(root, tmp_path / name, refused, home, **more) as url:
            client = Client(url, verbose=False)
            assert {i: origins(client)[i] for i in IDS} == dict.fromkeys(IDS, REPO)
            assert (painted(client, photo, "ash") == expected["ash"]).all()

    # A second push changes one style and only that.
    trunk = load_trunk()
    make_style(weights, trunk, "fir", StyleLibrary.load(trunk)[ids[0]].code)
    sent = run([*push, "--styles", "fir"], hub.url, tmp_path / "pusher", HF_TOKEN="hf_owner")
    assert sent.stdout.startswith("Files: 1 sent"), sent.stdout + sent.stderr
    with app_with_hub(root, tmp_path / "second", hub.url, home) as url:
        client = Client(url, verbose=False)
        wait_for_styles(client)
        deadline = time.monotonic() + 60
        while (painted(client, photo, "fir") == expected["fir"]).all():
            assert time.monotonic() < deadline, "the new style does not come"
        assert (painted(client, photo, "fir") == painted(client, photo, ids[0])).all()
        assert (painted(client, photo, "ash") == expected["ash"]).all()


def test_bad_style_files_get_their_sentence(root, tmp_path, photo, small_weights, names_a_folder):
    folder = tmp_path / "app"
    folder.mkdir()
    foreign = small_weights / "styles" / "wave.safetensors"
    pickle = written(tmp_path, "evil.safetensors", b"\x80\x04\x95" + b"x" * 200)
    with running_app(root, folder) as url:
        client = Client(url, verbose=False)
        for file, words in ((foreign, "another trunk"), (pickle, "only safetensors are read"), (photo, "damaged")):
            with pytest.raises(AppError) as caught:
                client.predict(handle_file(str(file)), api_name="/add_style")
            assert words in str(caught.value) and not names_a_folder(str(caught.value))
        assert set(origins(client).values()) == {"built in"}


@pytest.mark.browser
def test_a_hub_in_trouble_is_one_quiet_line_until_it_is_well(hub, browser, root, home, weights, tmp_path, shots, ids):
    hub.put(REPO, files_of(weights))
    hub.put("owner/more", {"README.md": b"---\ntags: [nst-style]\n---\n", **files_of(weights)})
    hub.faults[REPO] = 500
    with app_with_hub(root, tmp_path / "shaky", hub.url, home) as url, open_page(browser, url, 1280) as page:
        assert REPO in wait_for_text(page, "#hub-status", "trouble of its own (500)")
        page.screenshot(path=f"{shots}.png")
        assert page.locator("#fast-styles img").count() == len(ids)
        del hub.faults[REPO]
        page.locator("#hub-retry").click()
        page.wait_for_function("n => document.querySelectorAll('#fast-styles img').length === n", arg=len(ids) + 3)
        page.wait_for_function("() => !document.querySelector('#hub-row')?.offsetParent")
        assert page.locator(f"#fast-styles img[alt*='{REPO}']").count() == 3

        open_tab(page, "Teach", "#teach-start")
        page.get_by_role("button", name="Styles on the Hub").click()
        page.locator("#hub-look").click()
        page.locator("#hub-found").get_by_text("owner/more").click()
        page.wait_for_function("() => document.querySelector('#hub-repo textarea').value === 'owner/more'")
        page.locator("#hub-add").click()
        wait_for_text(page, "#hub-told", "The styles of owner/more are now in the galleries")
        page.screenshot(path=f"{shots}-added.png", full_page=True)
        open_tab(page, "Fast", "#fast-start")
        page.wait_for_function("() => document.querySelectorAll(\"#fast-styles img[alt*='owner/more']\").length === 3")
        page.locator("#fast-styles img[alt*='owner/more']").first.click()
        wait_for_text(page, "#fast-status", "Ash")


@pytest.mark.browser
def test_publishing_from_the_page(hub, browser, root, home, weights, tmp_path, names_a_folder):
    more = {"HF_TOKEN": "hf_owner", "NST_HUB_REPOS": ""}
    with app_with_hub(root, tmp_path / "own", hub.url, home, **more) as url, open_page(browser, url, 1280) as page:
        open_tab(page, "Teach", "#teach-start")
        page.get_by_role("button", name="Open a style file").click()
        page.locator("#style-file input[type=file]").set_input_files(weights / "styles" / "ash.safetensors")
        wait_for_text(page, "#style-file-status", "“Ash” is now in the galleries")
        page.get_by_role("button", name="Publish your styles").click()
        page.locator("#publish-styles").get_by_text("Ash").wait_for()
        page.locator("#publish-start").click()
        text = wait_for_text(page, "#publish-status", "Published:")
        assert "owner/nst-styles" in text and "hf_" not in text
        files = hub.repos["model", "owner/nst-styles"].files
        assert {"styles/ash.safetensors", "styles/ash.jpg", "README.md"} <= set(files)
        page.locator("#publish-start").click()
        wait_for_text(page, "#publish-status", "Nothing has changed")
        page.locator("#publish-repo textarea").fill("other/nst-styles")
        page.locator("#publish-start").click()
        toast = page.locator(".toast-body", has_text="(403)").first
        toast.wait_for()
        assert not names_a_folder(toast.inner_text()) and "hf_" not in toast.inner_text()
    assert "hf_owner" not in (tmp_path / "own" / "app.log").read_text()
