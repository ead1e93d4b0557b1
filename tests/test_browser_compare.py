"""The Compare tab in a real browser: pairs come unlabelled, votes count once, and the methods show in the end."""

import json

import pytest

from nst.ui import compare
from tests.browsing import open_page, open_tab, wait_for_text
from tests.live import running_app

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def votes(tmp_path_factory):
    return tmp_path_factory.mktemp("votes")


@pytest.fixture(scope="module")
def url(root, tmp_path_factory, browser, votes):
    with running_app(root, tmp_path_factory.mktemp("compare"), NST_VOTES_FOLDER=str(votes)) as address:
        yield address


def sources(page) -> list[str]:
    page.wait_for_function(
        "() => ['a', 'b'].every(s => document.querySelector(`#compare-${s} img`)?.naturalWidth)"
    )  # fmt: skip
    return [page.locator(f"#compare-{side} img").get_attribute("src") for side in "ab"]


@pytest.mark.parametrize("width", [1280, 390])
def test_every_pair_is_voted_on_once(browser, url, votes, shots, width):
    before = sum(len(path.read_text().splitlines()) for path in votes.glob("*.jsonl"))
    total = len(compare.pairs())
    with open_page(browser, url, width) as page:
        open_tab(page, "Compare", "#compare-vote-a")
        assert len(set(sources(page))) == 2
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=f"{shots}.png", full_page=True)
        page.locator("#compare-skip").click()
        wait_for_text(page, "#compare-about", "in the style of")
        for left in range(total - 2, 0, -1):
            shown = sources(page)
            page.locator("#compare-vote-b").dblclick()  # counts once
            wait_for_text(page, "#compare-told", f"{left} to go")
            page.wait_for_function("src => document.querySelector('#compare-a img').src !== src", arg=shown[0])
        page.locator("#compare-vote-a").click()
        text = wait_for_text(page, "#compare-about", "That was the last pair")
        assert "slow mode" in text and "fast mode" in text
        wait_for_text(page, "#compare-tally", f"{before + total - 1} votes so far")
    lines = [json.loads(line) for path in votes.glob("*.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == before + total - 1
    assert len({line["pair"] for line in lines[before:]}) == total - 1
