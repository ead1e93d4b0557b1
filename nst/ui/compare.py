"""The Compare tab: fast and slow paintings of the same pair, unlabelled and in random order, and a vote."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import gradio as gr

from nst.ui.examples import FOLDER
from nst.ui.slow_run import line
from nst.ui.texts import language_of, tr, translated
from nst.votes import METHODS, BallotBox, configured_box, new_vote

_PAIRS = FOLDER / "compare" / "pairs.json"
_SIDES = ("A", "B")

_box_lock = Lock()


@dataclass(frozen=True)
class Pair:
    """Two paintings of one photo in one style."""

    id: str
    photo: str
    title: str
    files: dict[str, Path]  # by method


def pairs() -> list[Pair]:
    """What can be compared; empty if nothing is at hand."""
    if not _PAIRS.is_file():
        return []
    entries = json.loads(_PAIRS.read_text(encoding="utf-8"))["pairs"]
    return [
        Pair(entry["id"], entry["photo"], entry["title"], {m: _PAIRS.parent / entry[m] for m in METHODS})
        for entry in entries
    ]


def ballot_box() -> BallotBox:
    """The app's one."""
    with _box_lock:
        return _load_box()


@functools.cache
def _load_box() -> BallotBox:
    return configured_box()


class Round:
    """One visitor's way through the pairs, in a random order with random sides."""

    def __init__(self) -> None:
        self._left_to_see: list[tuple[Pair, tuple[str, str]]] | None = None
        self.choices: list[str] = []

    def now(self) -> tuple[Pair, tuple[str, str]] | None:
        """The pair on the page and the methods of A and B; None after the last."""
        if self._left_to_see is None:  # not in __init__: Gradio copies one Round for everybody
            order = pairs()
            random.shuffle(order)
            self._left_to_see = [(pair, tuple(random.sample(METHODS, 2))) for pair in order]
        return self._left_to_see[0] if self._left_to_see else None

    def summary(self) -> str:
        """What the visitor has chosen. Only in the end: whoever knows the methods apart votes for the method."""
        if self.now() is not None:
            return f"Thank you. {len(self._left_to_see)} to go."
        slow = self.choices.count("slow")
        return (
            f"That was the last pair. You chose slow mode, which optimises the pixels, {_times(slow)}, and fast mode, "
            f"one pass of a network, {_times(len(self.choices) - slow)}. Thank you!"
        )

    def over(self, pair_id: str) -> bool:
        """Go on to the next pair; whether that one was on the page, and not answered before."""
        now = self.now()
        if now is None or now[0].id != pair_id:
            return False
        self._left_to_see = self._left_to_see[1:]
        return True


def build(demo: gr.Blocks) -> None:
    """Lay out the tab inside the current ``gr.Blocks`` and wire it."""
    state = gr.State(Round())
    shown = gr.Textbox(visible=False)  # the pair on the page: a second click on a button must not vote for the next
    gr.Markdown(tr("compare.question"))
    about = gr.HTML(line(""), elem_id="compare-about")
    with gr.Row():
        images = [
            gr.Image(
                label=side, elem_id=f"compare-{side.lower()}", interactive=False, type="filepath", format="jpeg",
                buttons=["fullscreen"], alt_text=tr("compare.alt", side=side), min_width=260,
            )
            for side in _SIDES
        ]  # fmt: skip
    with gr.Row():
        votes = [
            gr.Button(tr("compare.vote", side=side), elem_id=f"compare-vote-{side.lower()}", min_width=100)
            for side in _SIDES
        ]
        skip = gr.Button(tr("compare.skip"), elem_id="compare-skip", min_width=80, scale=0)
    told = gr.HTML(line(""), elem_id="compare-told")
    tally = gr.HTML(line(""), elem_id="compare-tally")

    page = [state, shown, about, *images, *votes, skip]
    quiet = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
    demo.load(_first, state, [*page, tally], **quiet)
    for place, button in enumerate(votes):
        button.click(_vote_for(place), [state, shown], [*page, told, tally], trigger_mode="multiple", **quiet)
    skip.click(_skip, [state, shown], page, **quiet)


def _first(way: Round, request: gr.Request) -> list:
    language = language_of(request)
    return [*_page(way, language), _tally(language)]


def _tally(language: str) -> str:
    return line(translated(ballot_box().tally().sentence(), language))


def _page(way: Round, language: str) -> list:
    now = way.now()
    if now is None:
        off = gr.Button(interactive=False)
        return [way, "", line(translated(way.summary(), language)), None, None, off, off, off]
    pair, methods = now
    on = gr.Button(interactive=True)
    text = translated(f"{pair.photo} in the style of {pair.title}", language)
    return [way, pair.id, line(text), *(str(pair.files[method]) for method in methods), on, on, on]


def _vote_for(place: int) -> Callable[..., list]:
    def vote(way: Round, pair_id: str, request: gr.Request) -> list:  # not a partial: Gradio reads the annotations
        now = way.now()
        if not way.over(pair_id):
            return [gr.skip()] * 10
        _, methods = now
        way.choices.append(methods[place])
        ballot_box().add(new_vote(pair_id, methods[place], methods[0]))
        language = language_of(request)
        told = line(translated(way.summary(), language)) if way.now() else line("")
        return [*_page(way, language), told, _tally(language)]

    return vote


def _skip(way: Round, pair_id: str, request: gr.Request) -> list:
    return _page(way, language_of(request)) if way.over(pair_id) else [gr.skip()] * 8


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"
