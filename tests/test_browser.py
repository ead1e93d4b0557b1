"""The page in a real browser, as a visitor uses it. Screenshots go to artifacts/, which git ignores."""

import json
import re
import shutil
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.live import running_app
from tests.pictures import REFUSED, good_jpeg, written

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
LONG = 60_000  # ms; a contended machine may need it, a quiet one takes seconds


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def url(root, tmp_path_factory, browser):
    with running_app(root, tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(request, browser, url):
    context = browser.new_context(viewport={"width": request.param, "height": 900}, accept_downloads=True)
    context.set_default_timeout(LONG)
    opened = context.new_page()
    outside: list[str] = []
    opened.on("request", lambda r: outside.append(r.url) if not r.url.startswith((url, "data:", "blob:")) else None)
    opened.goto(url, wait_until="domcontentloaded")
    opened.get_by_role("button", name="Paint", exact=True).wait_for()
    yield opened
    assert not outside, "the page works without the outside world"
    context.close()


@pytest.fixture
def shots(root, request) -> Path:
    folder = root / "artifacts" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / re.sub(r"\W+", "-", request.node.name).strip("-")


def fill_in(page, component: str, value: float) -> None:
    """Set a slider by its number box."""
    box, slider = (page.locator(f"{component} input[type={kind}]") for kind in ("number", "range"))
    for _ in range(20):  # faster than any hand: the first fill can come before an accordion has settled
        box.fill(str(value))
        box.press("Tab")
        page.wait_for_timeout(100)
        if slider.input_value() == box.input_value() == str(value):
            return
    raise AssertionError(f"{component} does not take {value}")


def settings(page, size: int, iterations: int, scales: int = 1) -> None:
    """Fill in three of the advanced settings."""
    page.get_by_role("button", name="Advanced settings").click()
    for name, value in (("size", size), ("iterations", iterations), ("scales", scales)):
        fill_in(page, f"#slow-{name}", value)


def remove_picture(page, component: str) -> None:
    page.locator(component).get_by_role("button", name="Remove Image").click()


def wait_for_status(page, words: str) -> str:
    page.wait_for_function(
        "words => document.querySelector('#slow-status').innerText.includes(words)", arg=words, timeout=LONG
    )
    return page.locator("#slow-status").inner_text()


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
    assert picture.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [96, 64]  # the cat's aspect, not squashed

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
    assert page.locator("#slow-result img").evaluate("i => i.naturalWidth") == 128
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
def test_a_bad_photo_gets_its_sentence_and_loses_nothing(page, tmp_path, folder_free, case):
    name, data, words = REFUSED[case]
    remove_picture(page, "#slow-photo")
    page.locator("#slow-photo input[type=file]").set_input_files(written(tmp_path, name, data))
    page.wait_for_timeout(500)  # the upload has no visible end for a file that is no picture
    page.get_by_role("button", name="Paint", exact=True).click()
    toast = page.locator(".toast-body").first
    toast.wait_for()
    text = toast.inner_text()
    assert words in text and not folder_free(text)
    assert page.locator("#slow-style-1 img").count() == 1  # the style is still there
    page.wait_for_function("() => !document.querySelector('#slow-start').disabled")


@pytest.fixture
def folder_free():
    """Whether a text names a folder of the server."""
    return lambda text: re.search(r"/(tmp|home|root|work|usr)/", text)


def test_an_example_is_one_click_and_leaves_uploads_checked(page, tmp_path, folder_free):
    page.locator("#slow-example-photos img").nth(3).click()
    page.wait_for_function("() => document.querySelector('#slow-photo img')?.src.includes('coffee')")
    settings(page, 64, 3)
    page.get_by_role("button", name="Paint", exact=True).click()
    wait_for_status(page, "done")
    assert page.locator("#slow-result img").evaluate("i => [i.naturalWidth, i.naturalHeight]") == [64, 43]
    name, data, words = REFUSED["text renamed"]
    remove_picture(page, "#slow-photo")
    page.locator("#slow-photo input[type=file]").set_input_files(written(tmp_path, name, data))
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Paint", exact=True).click()
    toast = page.locator(".toast-body", has_text=words)
    toast.wait_for()
    assert not folder_free(toast.inner_text())
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
    assert page.locator("#slow-result img").evaluate("i => [i.naturalWidth, i.naturalHeight]") == [64, 43]
