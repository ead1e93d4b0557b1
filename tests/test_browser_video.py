"""The Video tab in a real browser, as a visitor uses it. Screenshots go to artifacts/, which git ignores."""

import json
import re

import pytest

from tests.browsing import fill_in_number, open_accordion, open_page, open_tab, wait_for_text
from tests.clips import facts, make_clip
from tests.live import running_app
from tests.pictures import written

pytestmark = pytest.mark.browser
LIMIT = 60  # seconds of a clip
MINUTES = 600_000  # ms; a quiet machine takes seconds
MANY, RATE = 1500, 25  # frames, and frames a second: painting them all takes longer than any test


@pytest.fixture(scope="module")
def url(root, tmp_path_factory, browser):
    with running_app(root, tmp_path_factory.mktemp("browser"), NST_MAX_VIDEO_SECONDS=str(LIMIT)) as address:
        yield address


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return make_clip(
        tmp_path_factory.mktemp("clips") / "many.mp4", frames=MANY, rate=RATE, size=(256, 160), sound="aac"
    )


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(request, browser, url):
    with open_page(browser, url, request.param) as opened:
        open_tab(opened, "Video", "#video-start")
        yield opened


@pytest.fixture
def desktop(browser, url):
    with open_page(browser, url, 1280) as opened:
        open_tab(opened, "Video", "#video-start")
        yield opened


def clear(page) -> None:
    page.locator("#video-clip").get_by_role("button", name="Clear").click()
    page.locator("#video-clip input[type=file]").wait_for(state="attached")


def upload(page, path, words: str) -> str:
    """Choose a clip; returns what is said of it, which must contain ``words``."""
    clear(page)
    page.locator("#video-clip input[type=file]").set_input_files(path)
    return wait_for_text(page, "#video-about", words)


def paint(page) -> None:
    page.get_by_role("button", name="Paint", exact=True).click()


def status(page, words: str) -> str:
    """Wait for a status line that contains ``words``; returns the line."""
    page.wait_for_function(
        "words => document.querySelector('#video-status').innerText.includes(words)", arg=words, timeout=MINUTES
    )
    return page.locator("#video-status").inner_text()


def played(page) -> dict:
    """Play the result from its beginning; returns what the browser says of it."""
    page.wait_for_function("() => document.querySelector('#video-result video')?.readyState >= 3")
    video = page.locator("#video-result video")
    assert video.evaluate("v => v.paused")  # until somebody wants it
    video.evaluate("v => v.play()")
    page.wait_for_function("() => document.querySelector('#video-result video').currentTime > 0.05")
    return video.evaluate(
        "v => ({width: v.videoWidth, height: v.videoHeight, seconds: v.duration, sound: v.webkitAudioDecodedByteCount})"
    )


def downloaded(page, folder):
    """The facts of the file behind the download button, and its name."""
    with page.expect_download() as download:
        page.locator("#video-mp4").click()
    path = folder / "downloaded.mp4"
    download.value.save_as(path)
    return facts(path), download.value.suggested_filename


def frame_shown(page) -> int:
    found = re.search(r"Frame (\d+) of", page.locator("#video-status").inner_text())
    return int(found[1]) if found else 0


def scrolls_sideways(page) -> bool:
    return page.evaluate("() => document.documentElement.scrollWidth > innerWidth")


def test_upload_paint_and_play(page, tmp_path, shots):
    source = make_clip(tmp_path / "mine.mp4", frames=20, rate=10, sound="aac")
    assert upload(page, source, "2 seconds") == "2 seconds · 10 frames a second · 96×64 pixels · with sound."
    assert f"Up to {LIMIT} seconds" in page.locator("#video-limits").inner_text()
    paint(page)
    text = status(page, "Painted 20 frames")
    assert "2 seconds · 96×64 pixels · with sound" in text
    heard = played(page)
    assert (heard["width"], heard["height"]) == (96, 64) and heard["seconds"] == pytest.approx(2, abs=0.1)
    assert heard["sound"] > 0
    page.wait_for_function("() => document.querySelector('#video-original video')?.readyState >= 2")
    result, name = downloaded(page, tmp_path)
    assert len(result.frames) == 20 and result.times == pytest.approx(facts(source).times)
    assert name.startswith("painting-") and name.endswith(".mp4")
    settings = json.loads(result.comment)
    assert settings["temporal"] and not settings["morph"] and settings["length"] is None
    assert page.locator("#video-start").is_enabled() and page.locator("#video-stop").is_disabled()
    assert not scrolls_sideways(page)
    page.screenshot(path=f"{shots}.png", full_page=True)


def test_it_is_painted_live_and_stop_keeps_a_clip_that_plays(page, many, tmp_path, shots):
    upload(page, many, "60 seconds")
    paint(page)
    status(page, "Frame")
    page.wait_for_function("() => document.querySelector('#video-after img')?.naturalWidth")
    first, picture = frame_shown(page), page.locator("#video-after img").get_attribute("src")
    page.wait_for_function("src => document.querySelector('#video-after img').src !== src", arg=picture)
    page.wait_for_function(
        "first => /Frame (\\d+) of/.exec(document.querySelector('#video-status').innerText)?.[1] > first", arg=first
    )
    assert re.search(rf"Frame \d+ of {MANY} · [\d.]+ frames a second · about .* to go", status(page, "to go"))
    assert page.locator("#video-start").is_disabled()
    assert not scrolls_sideways(page)
    page.screenshot(path=f"{shots}.png", full_page=True)
    page.get_by_role("button", name="Stop").click()
    text = status(page, "Stopped:")
    frames = int(re.search(rf"Stopped: (\d+) of {MANY}", text)[1])
    assert first < frames < MANY
    assert played(page)["sound"] > 0
    result, _ = downloaded(page, tmp_path)
    assert len(result.frames) == frames and result.sound_seconds == pytest.approx(frames / RATE, abs=0.1)
    assert page.locator("#video-start").is_enabled() and page.locator("#video-stop").is_disabled()


def test_stop_while_waiting_for_a_turn(desktop, browser, url, many):
    upload(desktop, many, "60 seconds")
    paint(desktop)
    status(desktop, "Frame")
    with open_page(browser, url, 1280) as second:
        open_tab(second, "Video", "#video-start")
        paint(second)
        status(second, "Waiting")
        second.get_by_role("button", name="Stop").click()
        status(second, "Stopped before its turn came")
        paint(second)  # again, and this time it is wanted
        status(second, "Waiting")
        desktop.get_by_role("button", name="Stop").click()
        status(desktop, "Stopped:")
        status(second, "Frame")
        second.get_by_role("button", name="Stop").click()
        status(second, "Stopped:")


def test_leaving_the_page_stops_the_work(desktop, browser, url, many, tmp_path):
    with open_page(browser, url, 1280) as first:
        open_tab(first, "Video", "#video-start")
        upload(first, many, "60 seconds")
        paint(first)
        eta = re.search(r"about (?:(\d+) min )?(\d+) s to go", status(first, "to go"))
    upload(desktop, make_clip(tmp_path / "few.mp4", frames=2), "0.1 seconds")
    paint(desktop)
    seconds = 60 * int(eta[1] or 0) + int(eta[2])
    desktop.wait_for_function(
        "() => document.querySelector('#video-status').innerText.includes('Painted 2 frames')", timeout=seconds * 900
    )


def test_a_clip_that_is_too_long_is_trimmed_to_what_is_allowed(desktop, tmp_path):
    long = make_clip(tmp_path / "long.mp4", frames=62, rate=1)
    text = upload(desktop, long, "This clip is 62 seconds long")
    assert "this app paints up to 60: the first 60 are chosen. Move the start to paint another part." in text
    assert desktop.locator("#video-length input").input_value() == "60"
    fill_in_number(desktop, "#video-start-at", 50)
    paint(desktop)
    status(desktop, "Painted 12 frames")
    desktop.wait_for_function("() => document.querySelector('#video-original video')?.currentTime === 50")
    fill_in_number(desktop, "#video-length", 2.5)
    paint(desktop)
    status(desktop, "Painted 3 frames")
    fill_in_number(desktop, "#video-length", 62)
    fill_in_number(desktop, "#video-start-at", 0)
    paint(desktop)
    toast = desktop.locator(".toast-body", has_text="up to 60 at a time").first
    toast.wait_for()


@pytest.fixture
def tolerant(browser, url):
    """A page whose player may complain: it asks for a part of a file that has none."""
    with open_page(browser, url, 1280, ("Failed to load resource: the server responded with a status of 416",)) as page:
        open_tab(page, "Video", "#video-start")
        yield page


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("letter.mp4", b"Dear visitor, this is not a clip.\n" * 20, "not a video"),
        ("empty.mp4", b"", "This file is empty"),
    ],
)
def test_a_bad_clip_gets_its_sentence_and_loses_nothing(tolerant, tmp_path, names_a_folder, name, data, words):
    page = tolerant
    upload(page, make_clip(tmp_path / "mine.mp4", frames=4), "0.2 seconds")
    paint(page)
    status(page, "Painted 4 frames")
    shown = page.locator("#video-result video").get_attribute("src")
    assert not names_a_folder(upload(page, written(tmp_path, name, data), words))
    paint(page)
    toast = page.locator(".toast-body", has_text=words).first
    toast.wait_for()
    assert not names_a_folder(toast.inner_text())
    status(page, "Nothing more was painted")
    assert page.locator("#video-start").is_enabled() and page.locator("#video-stop").is_disabled()
    assert page.locator("#video-result video").get_attribute("src") == shown
    assert not page.locator("#video-result").get_by_text("Error").is_visible()
    assert len(downloaded(page, tmp_path)[0].frames) == 4


def test_without_a_clip_it_asks_for_one_and_the_example_is_one(desktop):
    clear(desktop)
    wait_for_text(desktop, "#video-about", "")
    paint(desktop)
    desktop.locator(".toast-body", has_text="No clip is given").first.wait_for()
    desktop.locator("#video-example-clip button").click()
    wait_for_text(desktop, "#video-about", "5 seconds · 25 frames a second · 480×270 pixels · with sound")
    desktop.wait_for_function("() => document.querySelector('#video-clip video')?.readyState >= 2")
    fill_in_number(desktop, "#video-length", 0.2)
    paint(desktop)
    status(desktop, "Painted 5 frames")


def test_every_setting_counts(desktop, tmp_path):
    upload(desktop, make_clip(tmp_path / "mine.mp4", frames=4, size=(320, 200)), "0.2 seconds")
    titles = [
        alt.rsplit(" · ", 1)[0]
        for alt in desktop.locator("#video-styles img").evaluate_all("images => images.map(i => i.alt)")
    ]
    desktop.locator("#video-styles button:has(img)").nth(2).click()
    open_accordion(desktop, "Settings")
    desktop.locator("#video-morph input").check()
    paint(desktop)
    toast = desktop.locator(".toast-body", has_text="choose a second style under Mix styles").first
    toast.wait_for()
    toast.get_by_role("button").last.click()
    desktop.locator("#video-style-2 input").click()  # the accordion has opened by itself
    assert desktop.locator("#video-style-1 input").input_value() == titles[2]
    desktop.get_by_role("option", name=titles[4]).click()
    desktop.locator("#video-temporal input").uncheck()
    desktop.locator("#video-keep-color input[value=luminance]").check()
    desktop.locator("#video-size input").click()
    desktop.get_by_role("option", name="256 px").click()
    paint(desktop)
    status(desktop, "256×160 pixels")
    result, _ = downloaded(desktop, tmp_path)
    settings = json.loads(result.comment)
    assert settings["morph"] and not settings["temporal"]
    assert settings["keep_color"] == "luminance" and settings["max_side"] == 256
    assert len(settings["style"].split(",")) == 2 and ":" not in settings["style"]


def test_a_real_clip_keeps_its_frames_its_times_and_its_sound(desktop, shared, tmp_path, shots):
    bunny = shared / "video" / "bigbuckbunny.mp4"
    upload(desktop, bunny, "5.3 seconds · 25 frames a second · 1280×720 pixels · with sound")
    open_accordion(desktop, "Settings")
    desktop.locator("#video-size input").click()
    desktop.get_by_role("option", name="256 px").click()
    paint(desktop)
    status(desktop, "Painted")
    assert played(desktop)["sound"] > 0
    source, (result, _) = facts(bunny), downloaded(desktop, tmp_path)
    assert len(result.frames) == len(source.frames) and result.size == (256, 144)
    assert result.times == pytest.approx(source.times, abs=0.001)
    assert result.duration == pytest.approx(source.duration, abs=1 / 25)
    assert result.sound_seconds == pytest.approx(source.sound_seconds, abs=1 / 25)
    desktop.screenshot(path=f"{shots}.png", full_page=True)
