"""The app's page in Chromium: how to open it, what to wait for, and what must not happen on the way."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
LONG = 60_000  # ms; a contended machine may need it, a quiet one takes seconds
_HARMLESS = ("Method not implemented",)  # Gradio's own, on pages without any app code


@contextmanager
def open_page(browser, url: str, width: int, expected: tuple[str, ...] = (), locale: str = "en-US") -> Iterator:
    """The page at a width in pixels, in a browser of some language.

    In the end nothing may have come from outside, nor any error from its scripts but those that begin as ``expected``.
    """
    context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True, locale=locale)
    context.set_default_timeout(LONG)
    page = context.new_page()
    outside: list[str] = []
    errors: list[str] = []
    inside = (url.partition("?")[0], "data:", "blob:")
    page.on("request", lambda r: outside.append(r.url) if not r.url.startswith(inside) else None)
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(url, wait_until="domcontentloaded")
    page.locator("#fast-start").wait_for()
    yield page
    assert not outside, "the page works without the outside world"
    unexpected = [text for text in errors if not text.startswith((*_HARMLESS, *expected))]
    assert not unexpected, unexpected
    context.close()


def open_tab(page, name: str, holds: str) -> None:
    """Show the tab whose label begins with ``name``, which ``holds`` a component; on a phone it is behind the dots."""
    tab, dots = page.get_by_role("tab").filter(has_text=name), page.get_by_role("button", name="More tabs")
    behind = page.locator(".overflow-dropdown button").filter(has_text=name)
    for _ in range(100):  # the page measures its tabs after it has shown them, and may move one away
        if tab.is_visible():
            tab.click()
        elif behind.is_visible():
            behind.click()
        elif dots.is_visible():
            dots.click()
        page.wait_for_timeout(200)
        if page.locator(holds).is_visible():
            return
    raise AssertionError(f"the tab {name} does not open")


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


def fill_in_number(page, component: str, value: float) -> None:
    """Set a number box."""
    box = page.locator(f"{component} input")
    box.fill(f"{value:g}")
    box.press("Tab")


def open_accordion(page, name: str) -> None:
    """Unfold what is called that on the tab that is open."""
    page.locator("button.label-wrap:not(.open):visible", has_text=name).first.click()


def remove_picture(page, component: str) -> None:
    """Empty a picture input."""
    page.locator(component).get_by_role("button", name="Remove Image").click()


def wait_for_text(page, component: str, words: str) -> str:
    """Wait until a component's text contains ``words``; returns the text."""
    page.wait_for_function(
        "([component, words]) => document.querySelector(component)?.innerText.includes(words)",
        arg=[component, words],
        timeout=LONG,
    )
    return page.locator(component).inner_text()


def size_shown(page, component: str) -> list[int]:
    """Width and height of the picture that a component shows, once it has come."""
    page.wait_for_function("of => document.querySelector(of + ' img')?.naturalWidth", arg=component)
    return page.locator(f"{component} img").evaluate("i => [i.naturalWidth, i.naturalHeight]")
