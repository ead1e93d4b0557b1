"""The Slow tab in a real browser, as a visitor uses it. Screenshots go to artifacts/, which git ignores."""

import json
import re

import av
import pytest
from PIL import Image

from tests.browsing import LONG, fill_in, open_page, open_tab, remove_picture, size_shown, wait_for_text
from tests.pictures import REFUSED, good_jpeg, written

pytestmark = pytest.mark.browser


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(request, browser, url):
    with open_page(browser, url, request.param) as opened:
        open_tab(opened, "Slow", "#slow-start")
        yield opened


def settings(page, size: int, iterations: int, scales: int = 1) -> None:
    """Fill in three of the advanced settings."""
    page.get_by_role("button", name="Advanced settings").click()
    for name, value in (("size", size), ("iterations", iterations), ("scales", scales)):
        fill_in(page, f"#slow-{name}", value)


def wait_for_status(page, words: str) -> str:
    return wait_for_text(page, "#slow-status", words)


def step_shown(page) -> int:
    found = re.search(r"Step (\d+) of", page.locator("#slow-status").inner_text())
    return int(found[1]) if found else 0


def test_one_click_paints_live_and_ends_with_everything(page, tmp_path, shots):
    settings(page, 96, 40)
    page.get_by_role("button", name="Paint", exact=True).click()
    wait_for_status(page, "done")
    picture = page.locator("#slow-result img")
    picture.wait_for()
    assert picture.get_attribute("alt")
    assert size_shown(page, "#slow-result") == [96, 64]  # the cat's aspect, not squashed

    page.locator("#slow-slider").scroll_into_view_if_needed()  # its pictures load when they are seen
    page.wait_for_function(
        "() => [...document.querySelectorAll('#slow-slider img')].filter(i => i.complete && i.naturalWidth).length >= 2"
    )
    page.locator("#slow-chart canvas, #slow-chart svg").first.wait_for()
    page.wait_for_function("() => document.querySelectorAll('#slow-snapshots img').length >= 2")
    page.screenshot(path=f"{shots}.png", full_page=True)

    with page.expect_download() as download:
        page.locator("#slow-png").click()
    png = tmp_path / "result.png"
    download.value.save_as(png)
    with Image.open(png) as image:
        embedded = json.loads(image.text["nst"])
        assert image.size == (96, 64)
    assert embedded["iterations"] == 40 and embedded["step"] == 40 and embedded["size"] == 96

    clip = page.locator("#slow-film video")
    clip.wait_for()
    page.wait_for_function("() => document.querySelector('#slow-film video').readyState >= 2", timeout=LONG)
    saved = tmp_path / "lapse.mp4"
    saved.write_bytes(page.request.get(clip.get_attribute("src")).body())
    with av.open(saved) as video:
        assert sum(1 for _ in video.decode(video=0)) > 10

    # A snapshot is a way back: picture and download become that step's.
    page.locator("#slow-snapshots button:has(img)").first.click()
    wait_for_status(page, "Step 1 of 40 is shown")
    with page.expect_download() as download:
        page.locator("#slow-png").click()
    download.value.save_as(png)
    with Image.open(png) as image:
        assert json.loads(image.text["nst"])["step"] == 1


def test_stop_keeps_what_is_on_screen(page, shots):
    settings(page, 128, 1000)
    page.get_by_role("button", name="Paint", exact=True).click()
    page.wait_for_function("() => /Step (\\d+) of/.exec(document.querySelector('#slow-status').innerText)?.[1] > 3")
    first = step_shown(page)
    page.wait_for_function(
        "first => /Step (\\d+) of/.exec(document.querySelector('#slow-status').innerText)?.[1] > first", arg=first
    )  # live: it moves by itself
    page.get_by_role("button", name="Stop").click()
    text = wait_for_status(page, "stopped; this picture is yours")
    stopped_at = step_shown(page)
    assert 3 < stopped_at < 1000, text
    assert size_shown(page, "#slow-result")[0] == 128
    page.wait_for_function("() => !document.querySelector('#slow-start').disabled")
    with page.expect_download() as download:
        page.locator("#slow-png").click()
    with Image.open(download.value.path()) as image:
        assert abs(json.loads(image.text["nst"])["step"] - stopped_at) <= 1
    page.screenshot(path=f"{shots}.png", full_page=True)
    # The worker is free: the next run starts at once.
    page.get_by_role("button", name="Paint", exact=True).click()
    wait_for_status(page, "to go")
    page.get_by_role("button", name="Stop").click()
    wait_for_status(page, "stopped")


@pytest.mark.parametrize("case", ["text renamed", "half a JPEG", "zero bytes", "one pixel high", "a bomb"])
def test_a_bad_photo_gets_its_sentence_and_loses_nothing(page, tmp_path, names_a_folder, case):
    name, data, words = REFUSED[case]
    remove_picture(page, "#slow-photo")
    page.locator("#slow-photo input[type=file]").set_input_files(written(tmp_path, name, data))
    page.wait_for_timeout(500)  # the upload has no visible end for a file that is no picture
    page.get_by_role("button", name="Paint", exact=True).click()
    toast = page.locator(".toast-body").first
    toast.wait_for()
    text = toast.inner_text()
    assert words in text and not names_a_folder(text)
    assert page.locator("#slow-style-1 img").count() == 1  # the style is still there
    page.wait_for_function("() => !document.querySelector('#slow-start').disabled")


def test_an_example_is_one_click_and_leaves_uploads_checked(page, tmp_path, names_a_folder):
    page.locator("#slow-example-photos img").nth(3).click()
    page.wait_for_function("() => document.querySelector('#slow-photo img')?.src.includes('coffee')")
    settings(page, 64, 3)
    page.get_by_role("button", name="Paint", exact=True).click()
    wait_for_status(page, "done")
    assert size_shown(page, "#slow-result") == [64, 43]
    name, data, words = REFUSED["text renamed"]
    remove_picture(page, "#slow-photo")
    page.locator("#slow-photo input[type=file]").set_input_files(written(tmp_path, name, data))
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Paint", exact=True).click()
    toast = page.locator(".toast-body", has_text=words)
    toast.wait_for()
    assert not names_a_folder(toast.inner_text())
    # The earlier painting is still there, with its download.
    wait_for_status(page, "done")
    assert page.locator("#slow-result img").count() == 1
    assert page.locator("#slow-png").is_enabled()


def test_presets_fill_in_the_advanced_settings(page):
    page.get_by_role("button", name="Advanced settings").click()
    page.locator("#slow-quality input[value=quick]").check()
    page.wait_for_function("() => document.querySelector('#slow-size input[type=number]').value === '320'")
    page.locator("#slow-quality input[value=best]").check()
    page.wait_for_function("() => document.querySelector('#slow-size input[type=number]').value === '1024'")


def test_without_a_style_or_with_an_unknown_layer_it_says_so(page, tmp_path):
    settings(page, 64, 3)
    page.get_by_role("tab", name="Weights").click()
    layers = page.locator("#slow-style-layers textarea, #slow-style-layers input").first
    layers.fill("relu9_9")
    layers.press("Tab")
    page.get_by_role("button", name="Paint", exact=True).click()
    page.locator(".toast-body", has_text="no layer 'relu9_9'").wait_for()
    remove_picture(page, "#slow-style-1")
    layers.fill("relu1_1")
    layers.press("Tab")
    page.get_by_role("button", name="Paint", exact=True).click()
    page.locator(".toast-body", has_text="No style picture is given").wait_for()


def test_a_style_of_weight_zero_alone_is_refused(page):
    page.get_by_role("button", name="Mix in more styles").click()
    fill_in(page, "#slow-weight-1", 0)
    page.get_by_role("button", name="Paint", exact=True).click()
    page.locator(".toast-body", has_text="sum to zero").wait_for()


def test_two_styles_mix(page, tmp_path, root):
    settings(page, 64, 3)
    page.get_by_role("button", name="Mix in more styles").click()
    page.locator("#slow-style-2 input[type=file]").set_input_files(root / "examples" / "styles" / "facets.jpg")
    page.locator("#slow-style-2 img").wait_for()
    remove_picture(page, "#slow-photo")
    page.locator("#slow-photo input[type=file]").set_input_files(written(tmp_path, "photo.jpg", good_jpeg()))
    page.locator("#slow-photo img").wait_for()
    page.get_by_role("button", name="Paint", exact=True).click()
    wait_for_status(page, "done")
    assert size_shown(page, "#slow-result") == [64, 43]
