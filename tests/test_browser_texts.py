"""The page in a German browser: German on every tab, before, during and after the work, and nothing cut off."""

import re

import pytest

from tests.browsing import fill_in, open_page, open_tab, remove_picture, wait_for_text
from tests.test_texts import ENGLISH_WORDS

pytestmark = pytest.mark.browser
TABS = {
    "Schnell": (
        "#fast-start", ["#fast-mix", "#fast-settings"],
        ["Foto", "Malen", "Alle probieren", "Stärke", "Keiner", "Farben des Fotos"],
    ),
    "Video": (
        "#video-start", ["#video-mix", "#video-settings"],
        ["Beginn (Sekunden)", "Ruhige Bilder", "25 Bilder pro Sekunde"],
    ),
    "Langsam": ("#slow-start", ["#slow-advanced"], ["Qualität", "Ausgewogen", "Ausgangsbild", "Läuft auf"]),
    "Beibringen": (
        "#teach-start", ["#teach-more", "#open-style", "#hub-styles", "#publish"],
        ["Name des Stils", "Mein Stil", "Gründlich", "Aufwand: ", "Nachsehen, was es gibt", "Veröffentlichen"],
    ),
    "Vergleichen": ("#compare-vote-a", [], ["Welches Gemälde ist besser?", "A ist besser", "im Stil von"]),
}  # fmt: skip
# What can be read, without the titles of paintings and the names of their painters, which stay as they are.
READ = """() => {
    const titles = [...document.querySelectorAll('#fast-styles img, #video-styles img')].map(i => i.alt);
    const visible = e => e.offsetParent !== null;
    const parts = [document.body.innerText];
    for (const e of document.querySelectorAll('input, textarea')) if (visible(e)) parts.push(e.value, e.placeholder);
    for (const e of document.querySelectorAll('img[alt]')) if (visible(e)) parts.push(e.alt);
    let text = parts.join('\\n');
    for (const title of titles) for (const part of [title, ...title.split(' · ')]) text = text.replaceAll(part, '');
    return text;
}"""
CUT_OFF = """() => [...document.querySelectorAll('button:not(.label-wrap), label > span, [role=tab]')]
    .filter(e => e.offsetParent && e.innerText && getComputedStyle(e).display !== 'inline')
    .filter(e => e.scrollWidth > e.clientWidth + 1)
    .map(e => e.innerText)"""


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def german(request, browser, url):
    with open_page(browser, url, request.param, locale="de-DE") as opened:
        yield opened


def english_left(page) -> list[str]:
    lines = re.sub("Neural Style Transfer|USER/nst-styles|„[^“]*“", "", page.evaluate(READ)).splitlines()
    return [line for line in lines if "__i18n__" in line or ENGLISH_WORDS.search(line)]


def test_every_tab_is_german(german, shots):
    for name, (holds, folded, words) in TABS.items():
        open_tab(german, name, holds)
        for accordion in folded:
            german.locator(f"{accordion} button").first.click()
        german.wait_for_timeout(500)
        text = german.evaluate(READ)
        assert all(word in text for word in words), (name, [word for word in words if word not in text])
        assert not english_left(german), name
        assert german.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name
        assert not german.evaluate(CUT_OFF), name
        german.screenshot(path=f"{shots}-{name}.png", full_page=True)


def test_the_work_is_told_in_german(german, shots):
    german.locator("#fast-start").click()
    assert "564×375 Pixel" in wait_for_text(german, "#fast-status", "Gemalt in")
    german.locator("#fast-try-all").click()
    wait_for_text(german, "#fast-sheet-status", "Such dir einen aus")
    german.screenshot(path=f"{shots}.png", full_page=True)
    remove_picture(german, "#fast-photo")
    german.locator("#fast-start").click()
    toast = german.locator(".toast-body", has_text="Es fehlt ein Foto")
    toast.wait_for()
    german.locator("#fast-link").click()
    german.get_by_role("button", name="Kopiert").wait_for()
    toast.get_by_role("button").last.click()
    toast.wait_for(state="detached")
    assert not english_left(german)


def test_slow_mode_tells_its_steps_in_german(browser, url, shots):
    with open_page(browser, url, 1280, locale="de-DE") as page:
        open_tab(page, "Langsam", "#slow-start")
        page.get_by_label("Schneller Blick").check()
        page.locator("#slow-advanced button").first.click()
        fill_in(page, "#slow-size", 64)
        fill_in(page, "#slow-iterations", 9)
        page.locator("#slow-start").click()
        text = wait_for_text(page, "#slow-status", "fertig")
        assert text.startswith("Schritt 9 von 9") and "Inhalt" in text
        page.locator("#slow-chart", has_text="Schritt").wait_for()
        page.locator("#slow-snapshots").get_by_text("Schritt 1", exact=True).wait_for()
        page.screenshot(path=f"{shots}.png", full_page=True)


def test_a_language_that_is_not_there_falls_back_to_english(browser, url):
    with open_page(browser, url, 1280, locale="fr-FR") as page:
        assert page.locator("#fast-start").inner_text() == "Paint"
        page.locator("#fast-start").click()
        wait_for_text(page, "#fast-status", "Painted in")
