"""Teaching in a real browser: learn, paint, download, reload, drop the file in. Screenshots go to artifacts/."""

import io

import pytest
from PIL import Image

from tests.browsing import LONG, open_tab, remove_picture, wait_for_text
from tests.pictures import REFUSED, good_jpeg, written

pytestmark = pytest.mark.browser
TEACH_MS = 3 * LONG  # a hundred steps on a busy machine


def enabled(page, component: str, timeout: float = LONG) -> None:
    page.wait_for_function("of => !document.querySelector(of).disabled", arg=component, timeout=timeout)


def teach(page, title: str, *, until_step: int | None = None) -> str:
    """Teach with a small budget, or until a step; returns the status line."""
    open_tab(page, "Teach", "#teach-start")
    page.locator("#teach-title textarea").fill(title)
    page.locator("#teach-effort input[value=quick]").check()
    page.locator("#teach-start").click()
    page.locator("#teach-preview img").wait_for()
    if until_step:
        page.wait_for_function(
            "n => Number(document.querySelector('#teach-status').innerText.match(/Step (\\d+)/)?.[1]) >= n",
            arg=until_step,
        )
        page.locator("#teach-stop").click()
    page.wait_for_function(
        "() => document.querySelector('#teach-status').innerText.includes('in the galleries')", timeout=TEACH_MS
    )
    enabled(page, "#teach-file")
    return page.locator("#teach-status").inner_text()


def downloaded(page, button: str) -> tuple[bytes, str]:
    enabled(page, button)
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.path().read_bytes(), download.value.suggested_filename


def gallery(page, tab: str) -> list[str]:
    return page.locator(f"#{tab}-styles img").evaluate_all("images => images.map(i => i.alt)")


def paint_with_the_first(page, title: str) -> bytes:
    """Pick the first style of the Fast tab; returns the PNG."""
    open_tab(page, "Fast", "#fast-start")
    page.wait_for_function(
        "title => document.querySelector('#fast-styles img')?.alt.startsWith(title)", arg=f"{title} · yours"
    )
    page.locator("#fast-styles button:has(img)").first.click()
    wait_for_text(page, "#fast-status", title)
    return downloaded(page, "#fast-png")[0]


def test_teach_paint_download_reload_and_drop_in(desktop, tmp_path, shots):
    before = gallery(desktop, "fast")
    line = teach(desktop, "My Swirl")
    assert line.startswith("Learnt in")
    desktop.screenshot(path=f"{shots}.png", full_page=True)
    data, name = downloaded(desktop, "#teach-file")
    assert name == "my_swirl.safetensors" and len(data) < 20_000
    painting = paint_with_the_first(desktop, "My Swirl")
    assert gallery(desktop, "fast") == ["My Swirl · yours", *before]
    open_tab(desktop, "Video", "#video-start")
    assert gallery(desktop, "video")[0] == "My Swirl · yours"
    desktop.screenshot(path=f"{shots}-video.png", full_page=True)

    desktop.reload(wait_until="domcontentloaded")
    desktop.wait_for_function("n => document.querySelectorAll('#fast-styles img').length === n", arg=len(before))
    assert gallery(desktop, "fast") == before  # another visit
    open_tab(desktop, "Teach", "#teach-start")
    desktop.get_by_role("button", name="Open a style file").click()
    desktop.locator("#style-file input[type=file]").set_input_files(written(tmp_path, name, data))
    wait_for_text(desktop, "#style-file-status", "“My Swirl” is now in the galleries")
    again = paint_with_the_first(desktop, "My Swirl")
    assert Image.open(io.BytesIO(again)).tobytes() == Image.open(io.BytesIO(painting)).tobytes()


def test_stopped_it_keeps_what_is_learnt_and_it_mixes(page, shots):
    line = teach(page, "Half a swirl", until_step=4)
    assert line.startswith("Stopped after")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=f"{shots}.png", full_page=True)
    paint_with_the_first(page, "Half a swirl")
    page.get_by_role("button", name="Mix styles").click()
    page.locator("#fast-style-2 input").click()
    page.get_by_role("option", name="Udnie").click()
    assert "Half a swirl + Udnie" in wait_for_text(page, "#fast-status", "+ Udnie")


def test_bad_input_gets_its_sentence(desktop, tmp_path, names_a_folder):
    open_tab(desktop, "Teach", "#teach-start")

    def told(words: str) -> None:
        toast = desktop.locator(".toast-body", has_text=words).first
        toast.wait_for()
        assert not names_a_folder(toast.inner_text())
        toast.get_by_role("button").last.click()
        toast.wait_for(state="detached")

    remove_picture(desktop, "#teach-painting")
    desktop.locator("#teach-start").click()
    told("No painting is given")
    wait_for_text(desktop, "#teach-status", "Nothing was learnt")
    name, data, words = next(iter(REFUSED.values()))
    desktop.locator("#teach-painting input[type=file]").set_input_files(written(tmp_path, name, data))
    desktop.wait_for_timeout(500)
    desktop.locator("#teach-start").click()
    told(words)

    desktop.get_by_role("button", name="Open a style file").click()
    for name, data in (("style.safetensors", b"x" * 500), ("photo.safetensors", good_jpeg())):
        desktop.locator("#style-file input[type=file]").set_input_files(written(tmp_path, name, data))
        told("is not a safetensors file")

    desktop.get_by_role("button", name="Styles on the Hub").click()
    desktop.locator("#hub-add").click()
    told("No repo is named")
    desktop.locator("#hub-repo textarea").fill("../../etc")
    desktop.locator("#hub-add").click()
    told("is written USER/NAME")
    desktop.locator("#hub-look").click()
    told("HF_HUB_OFFLINE is set")
    desktop.get_by_role("button", name="Publish your styles").click()
    desktop.locator("#publish-start").click()
    told("No style of yours is chosen")
