"""The Fast tab in a real browser, as a visitor uses it. Screenshots go to artifacts/, which git ignores."""

import io
import json
import re

import pytest
from PIL import Image

from tests.browsing import fill_in, open_accordion, open_page, remove_picture, size_shown, wait_for_text
from tests.pictures import REFUSED, good_jpeg, written

pytestmark = pytest.mark.browser
PAINTED_IN = 5  # seconds for a small photo; a quiet machine takes a tenth of one


def upload(page, path) -> None:
    remove_picture(page, "#fast-photo")
    page.locator("#fast-photo input[type=file]").set_input_files(path)
    page.locator("#fast-photo img").wait_for()


def paint(page, words: str = "Painted in") -> str:
    page.get_by_role("button", name="Paint", exact=True).click()
    return painted(page, words)


def painted(page, words: str) -> str:
    """Wait for a painting whose status line contains ``words``, with its downloads; returns the line."""
    text = wait_for_text(page, "#fast-status", words)
    page.wait_for_function("() => !document.querySelector('#fast-png').disabled")
    return text


def picture_shown(page) -> str:
    return page.locator("#fast-result img").get_attribute("src")


def wait_for_another_picture(page, than: str) -> None:
    page.wait_for_function("than => document.querySelector('#fast-result img').src !== than", arg=than)
    page.wait_for_function("() => !document.querySelector('#fast-png').disabled")


def downloaded(page, button: str) -> tuple[Image.Image, dict, str]:
    with page.expect_download() as download:
        page.locator(button).click()
    image = Image.open(io.BytesIO(download.value.path().read_bytes()))
    text = image.text["nst"] if image.format == "PNG" else image.info["comment"]
    return image, json.loads(text), download.value.suggested_filename


def tile(page, gallery: str, number: int):
    return page.locator(f"{gallery} button:has(img)").nth(number)


def scrolls_sideways(page) -> bool:
    return page.evaluate("() => document.documentElement.scrollWidth > innerWidth")


def styles(page) -> list[str]:
    """Titles of the styles, in the order of the gallery, from the alternative texts of its pictures."""
    page.wait_for_function("() => document.querySelectorAll('#fast-styles img').length > 1")
    texts = page.locator("#fast-styles img").evaluate_all("images => images.map(i => i.alt)")
    return [text.rsplit(" · ", 1)[0] for text in texts]


def preselected(page) -> str:
    """The title of the style that is chosen when the page opens."""
    return page.locator("#fast-styles .selected img").get_attribute("alt").rsplit(" · ", 1)[0]


def test_the_first_painting_takes_one_click_and_no_scrolling(page):
    style = preselected(page)
    box = page.get_by_role("button", name="Paint", exact=True).bounding_box()
    assert box["y"] + box["height"] <= page.viewport_size["height"]
    assert style in paint(page)
    page.wait_for_function(
        "() => { const box = document.querySelector('#fast-result').getBoundingClientRect();"
        " return box.top >= 0 && box.bottom <= innerHeight; }"
    )


def test_upload_and_paint(page, tmp_path, shots):
    style = preselected(page)
    upload(page, written(tmp_path, "mine.jpg", good_jpeg()))
    text = paint(page)
    assert size_shown(page, "#fast-result") == [96, 64]  # the photo's own size, and so its aspect
    assert "96×64 pixels" in text and style in text
    assert float(re.search(r"Painted in ([\d.]+) s", text)[1]) < PAINTED_IN
    box = page.locator("#fast-result img").bounding_box()
    assert page.locator("#fast-result img").evaluate("i => getComputedStyle(i).objectFit") == "contain"
    assert box["width"] > 250
    assert page.locator("#fast-result img").get_attribute("alt")
    page.locator("#fast-slider").scroll_into_view_if_needed()
    page.wait_for_function(
        "() => [...document.querySelectorAll('#fast-slider img')].filter(i => i.complete && i.naturalWidth).length >= 2"
    )
    sides = page.locator("#fast-slider img").evaluate_all(
        "images => images.map(i => [i.naturalWidth, i.naturalHeight])"
    )
    assert sides[0] == sides[1] == [96, 64]
    assert not scrolls_sideways(page)
    page.screenshot(path=f"{shots}.png", full_page=True)


def test_the_downloads_hold_the_painting_and_its_settings(desktop):
    paint(desktop)
    for button, kind in (("#fast-png", "PNG"), ("#fast-jpeg", "JPEG")):
        image, settings, name = downloaded(desktop, button)
        assert image.format == kind and image.size == (564, 375)
        assert settings["mode"] == "stylize" and settings["strength"] == 1 and len(settings["trunk"]) == 16
        assert settings["style"].split(":")[0] in name


def test_picking_a_style_paints_at_once(page):
    titles = styles(page)
    tile(page, "#fast-styles", 3).click()
    painted(page, titles[3])
    tile(page, "#fast-styles", 5).click()
    painted(page, titles[5])
    assert page.locator("#fast-styles .selected img").get_attribute("alt").startswith(titles[5])
    shown = picture_shown(page)
    page.locator("#fast-example-photos img").nth(4).click()
    page.wait_for_function("() => document.querySelector('#fast-photo img')?.src.includes('bee')")
    tile(page, "#fast-styles", 5).click()  # the same again: another photo waits
    wait_for_another_picture(page, shown)


def test_every_setting_paints_again_at_once(desktop):
    paint(desktop)
    shown = picture_shown(desktop)
    fill_in(desktop, "#fast-strength", 0.5)
    wait_for_another_picture(desktop, shown)
    assert downloaded(desktop, "#fast-png")[1]["strength"] == 0.5

    shown = picture_shown(desktop)
    open_accordion(desktop, "Settings")
    desktop.locator("#fast-keep-color input[value=linear]").check()
    wait_for_another_picture(desktop, shown)
    assert downloaded(desktop, "#fast-png")[1]["keep_color"] == "linear"

    desktop.locator("#fast-size input").click()
    desktop.get_by_role("option", name="512 px").click()
    assert "512×340 pixels" in painted(desktop, "512×340")

    desktop.get_by_role("button", name="Mix styles").click()
    desktop.locator("#fast-style-2 input").click()
    second = styles(desktop)[4]
    desktop.get_by_role("option", name=second).click()
    assert painted(desktop, f"+ {second}")
    shown = picture_shown(desktop)
    fill_in(desktop, "#fast-weight-2", 0.25)
    wait_for_another_picture(desktop, shown)
    assert downloaded(desktop, "#fast-png")[1]["style"].endswith(":0.25")


def test_dragging_the_strength_paints_when_it_is_let_go(desktop):
    paint(desktop)
    shown, requests = picture_shown(desktop), []
    desktop.on("request", lambda r: requests.append(r.url) if "queue/join" in r.url else None)
    slider = desktop.locator("#fast-strength input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    desktop.mouse.move(box["x"] + box["width"] * 0.5, middle)
    desktop.mouse.down()
    for share in (0.45, 0.4, 0.3, 0.2):
        desktop.mouse.move(box["x"] + box["width"] * share, middle)
    assert not requests  # not while it moves
    desktop.mouse.up()
    wait_for_another_picture(desktop, shown)
    assert len(requests) == 1


def test_requests_do_not_pile_up_and_the_newest_wins(desktop, tmp_path):
    titles = styles(desktop)
    large = tmp_path / "large.jpg"
    Image.open(io.BytesIO(good_jpeg())).resize((900, 600)).save(large)
    upload(desktop, large)
    paint(desktop)
    requests = []
    desktop.on("request", lambda r: requests.append(r.post_data) if "queue/join" in r.url else None)
    picks = [1, 3, 5, 7, 6, 5, 4, 3, 1, 2]
    for number in picks:
        tile(desktop, "#fast-styles", number).click()
    painted(desktop, titles[2])
    desktop.wait_for_timeout(1000)  # nothing that was asked for earlier comes after it
    assert titles[2] in desktop.locator("#fast-status").inner_text()
    paintings = [data for data in requests if json.loads(data)["event_data"] is None]
    assert len(requests) == len(picks) + len(paintings)
    assert 1 <= len(paintings) <= len(picks) // 2


def test_try_all_and_paint_the_one_that_is_picked(page, shots):
    titles = styles(page)
    page.get_by_role("button", name="Try all").click()
    page.wait_for_function(
        "total => { const n = document.querySelectorAll('#fast-sheet img').length; return n > 0 && n < total }",
        arg=len(titles),
    )  # they come one by one
    wait_for_text(page, "#fast-sheet-status", "Pick one")
    page.wait_for_function("n => document.querySelectorAll('#fast-sheet img').length === n", arg=len(titles))
    for i in range(len(titles)):  # a browser loads what is far below only when it comes near
        page.locator("#fast-sheet img").nth(i).scroll_into_view_if_needed()
    page.wait_for_function(
        "() => [...document.querySelectorAll('#fast-sheet img')].every(i => i.complete && i.naturalWidth)"
    )
    boxes = page.locator("#fast-sheet img").evaluate_all(
        "images => images.map(i => [i.naturalWidth / i.naturalHeight, i.clientWidth / i.clientHeight, i.alt])"
    )
    for natural, shown, alt in boxes:
        assert natural == pytest.approx(564 / 375, rel=0.01) and shown == pytest.approx(natural, rel=0.03) and alt
    assert not scrolls_sideways(page)
    page.screenshot(path=f"{shots}.png", full_page=True)
    tile(page, "#fast-sheet", 2).click()
    text = painted(page, titles[2])
    assert "564×375 pixels" in text and size_shown(page, "#fast-result") == [564, 375]
    page.wait_for_function("() => !document.querySelector('#fast-sheet')?.offsetParent")  # folded: the painting shows
    assert page.locator("#fast-styles .selected img").get_attribute("alt").startswith(titles[2])


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_photo_gets_its_sentence_and_loses_nothing(desktop, tmp_path, names_a_folder, case):
    line, shown = paint(desktop), picture_shown(desktop)
    name, data, words = REFUSED[case]
    remove_picture(desktop, "#fast-photo")
    desktop.locator("#fast-photo input[type=file]").set_input_files(written(tmp_path, name, data))
    desktop.wait_for_timeout(500)  # the upload has no visible end for a file that is no picture
    for button in ("Paint", "Try all"):
        desktop.get_by_role("button", name=button, exact=True).click()
        toast = desktop.locator(".toast-body", has_text=words).first
        toast.wait_for()
        assert not names_a_folder(toast.inner_text())
        toast.get_by_role("button").last.click()
        toast.wait_for(state="detached")
    assert desktop.locator("#fast-status").inner_text() == line and picture_shown(desktop) == shown
    assert not desktop.locator("#fast-result").get_by_text("Error").is_visible()
    assert downloaded(desktop, "#fast-png")[0].size == (564, 375)


def test_without_a_photo_only_the_buttons_ask_for_one(desktop):
    titles = styles(desktop)
    remove_picture(desktop, "#fast-photo")
    tile(desktop, "#fast-styles", 1).click()
    desktop.wait_for_timeout(1000)
    assert desktop.locator(".toast-body").count() == 0
    for button in ("Paint", "Try all"):
        desktop.get_by_role("button", name=button, exact=True).click()
        toast = desktop.locator(".toast-body", has_text="No photo is given").first
        toast.wait_for()
        toast.get_by_role("button").last.click()
        toast.wait_for(state="detached")
    desktop.locator("#fast-example-photos img").nth(3).click()
    desktop.wait_for_function("() => document.querySelector('#fast-photo img')?.src.includes('coffee')")
    assert "640×427 pixels" in paint(desktop, titles[1])


def test_one_style_twice_in_a_mix_is_refused(desktop):
    first = preselected(desktop)
    desktop.get_by_role("button", name="Mix styles").click()
    desktop.locator("#fast-style-2 input").click()
    desktop.get_by_role("option", name=first).click()
    desktop.locator(".toast-body", has_text="given twice").wait_for()


def test_a_picture_from_the_camera(desktop):
    remove_picture(desktop, "#fast-photo")
    desktop.get_by_role("button", name="Capture from camera").click()
    desktop.get_by_text("Click to Access Webcam").click()
    desktop.wait_for_function("() => document.querySelector('#fast-photo video')?.readyState >= 3")
    desktop.get_by_role("button", name="capture photo").click()
    desktop.locator("#fast-photo img").wait_for()
    open_accordion(desktop, "Settings")
    desktop.locator("#fast-size input").click()
    desktop.get_by_role("option", name="512 px").click()
    width, height = map(int, re.search(r"(\d+)×(\d+) pixels", painted(desktop, "Painted"))[0].split(" ")[0].split("×"))
    assert width == 512 and height in (288, 384)


def test_keyboard_alone_picks_and_paints(desktop):
    titles = styles(desktop)
    tile(desktop, "#fast-styles", 6).focus()
    desktop.keyboard.press("Enter")
    painted(desktop, titles[6])


def test_what_is_chosen_goes_along_to_other_tabs_and_other_browsers(desktop, browser, url):
    titles = styles(desktop)
    desktop.locator("#fast-example-photos img").nth(3).click()
    desktop.wait_for_function("() => document.querySelector('#fast-photo img')?.src.includes('coffee')")
    tile(desktop, "#fast-styles", 4).click()
    painted(desktop, titles[4])
    fill_in(desktop, "#fast-strength", 0.6)
    desktop.locator("#fast-link").click()
    desktop.wait_for_function("() => location.search.includes('strength=0.6')")
    address = desktop.evaluate("() => location.href")

    desktop.locator("#fast-to-video").click()
    desktop.wait_for_function("() => document.querySelector('#video-start')?.offsetParent")
    desktop.wait_for_function(
        "title => document.querySelector('#video-styles .selected img')?.alt.startsWith(title)", arg=titles[4]
    )
    assert desktop.locator("#video-strength input[type=number]").input_value() == "0.6"
    desktop.get_by_role("tab", name="Fast").click()
    desktop.locator("#fast-to-slow").click()
    desktop.wait_for_function("() => document.querySelector('#slow-photo img')?.src.includes('coffee')")

    with open_page(browser, address, 1280) as other:
        other.wait_for_function(
            "title => document.querySelector('#fast-styles .selected img')?.alt.startsWith(title)", arg=titles[4]
        )
        other.wait_for_function("() => document.querySelector('#fast-strength input[type=number]').value === '0.6'")
        assert paint(other, titles[4])
    nonsense = "?style=../../etc:7,nosuch&strength=NaN&keep_color=rainbow&max_side=1e9"
    with open_page(browser, url + nonsense, 1280) as other:
        assert paint(other, preselected(other))


def test_the_camera_is_painted_live_and_nothing_of_it_stays(page, app_folder, shots):
    page.get_by_role("button", name="Live from the webcam").click()
    files = {*app_folder.rglob("*.*")}
    camera = page.locator("#fast-camera")
    camera.get_by_title("grant webcam access").click()
    camera.get_by_role("button", name="capture photo").click()
    for _ in range(2):
        wait_for_text(page, "#fast-live-status", "pictures a second")
        shown = page.locator("#fast-live-result img").get_attribute("src")
        page.wait_for_function("was => document.querySelector('#fast-live-result img').src !== was", arg=shown)
    width, height = size_shown(page, "#fast-live-result")
    assert f"{width}×{height} pixels" in wait_for_text(page, "#fast-live-status", "pixels") and width == 480
    titles = styles(page)
    tile(page, "#fast-styles", 4).click()  # what is chosen holds from the next frame on
    wait_for_text(page, "#fast-live-status", titles[4])
    page.screenshot(path=f"{shots}.png", full_page=True)
    camera.get_by_role("button", name="capture photo").click()
    status = page.locator("#fast-live-status")
    for _ in range(20):
        before = status.inner_text()
        page.wait_for_timeout(1000)
        if status.inner_text() == before:
            break
    else:
        raise AssertionError("it goes on after the end")
    new = {path.name for path in {*app_folder.rglob("*.*")} - files}
    assert not [name for name in new if name.startswith(("image", "webcam"))], "frames are kept nowhere"
    assert not scrolls_sideways(page)
