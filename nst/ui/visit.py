"""The styles that one visitor has: the app's, those of repos on the Hub that they have added, and their own."""

from __future__ import annotations

import functools
import re
import unicodedata
from threading import Lock

from nst.errors import ConfigError
from nst.hub_repos import HubRepo
from nst.style_sources import StyleSources
from nst.styles import Style, StyleLibrary
from nst.trunks import MULTISTYLE, load_trunk

YOURS = "yours"
"""The origin of styles that the visitor has taught or brought."""

_PRESELECTED = "composition_vii"  # strong colours, and another picture at first sight
MOST_OWN = 24  # about 150 kB each, kept for an hour after the page is closed
MOST_REPOS = 8
_MOST_ID = 48

_sources_lock, _visits_lock = Lock(), Lock()


def sources() -> StyleSources:
    """Where the app's styles come from; loaded once, on the CPU, wherever the painting is done."""
    with _sources_lock:
        return _load_sources()


@functools.cache
def _load_sources() -> StyleSources:
    return StyleSources(load_trunk())


@functools.cache
def _library_of(network: str) -> StyleLibrary:
    """The styles of a network other than that of many styles."""
    return StyleLibrary.of(network)


class Visit:
    """What belongs to one visitor, in a ``gr.State``, which copies it for each session.

    Handlers change it in place: a style that took a minute to learn must not undo what was added in the meantime.

    Attributes:
        network: what the visitor paints with on the page; the visitor's own styles are of that with many styles.
        shown: the ids in the galleries, in their order: a click tells a number only.
    """

    def __init__(self) -> None:
        self.network = MULTISTYLE
        self._added: tuple[HubRepo, ...] = ()
        self._own: dict[str, Style] = {}
        self.shown: tuple[str, ...] = ()
        self._seen: tuple[tuple[str, str, int], ...] = ()
        self.catch_up()

    def library(self, network: str | None = None) -> StyleLibrary:
        """All styles of a network (None for the one chosen), in the order in which they are shown: one's own first.

        Raises:
            ConfigError: there is no such network.
        """
        network = network or self.network
        if network != MULTISTYLE:
            return _library_of(network)
        library = sources().library(self._added, self._own.values())
        if not self._own:
            return library
        return StyleLibrary(library.trunk, sorted(library, key=lambda style: style.info.id not in self._own))

    def styles(self) -> list[Style]:
        """The same as a list."""
        return list(self.library())

    def catch_up(self) -> bool:
        """Take note that all styles of now are shown; whether there were others before."""
        pictured = [style for style in self.styles() if style.thumbnail]
        seen = tuple((s.info.id, s.origin, hash(s.code.numpy().tobytes())) for s in pictured)
        changed, self._seen = seen != self._seen, seen
        self.shown = tuple(style.info.id for style in pictured)
        return changed

    @property
    def first(self) -> str:
        """The id of the style that is chosen before the visitor chooses one."""
        return _PRESELECTED if _PRESELECTED in self.shown else self.shown[0]

    @property
    def own(self) -> list[Style]:
        """What the visitor has taught or brought, the newest first."""
        return list(self._own.values())

    def add(self, style: Style) -> None:
        """Add a style of the visitor's own. It replaces one of the same id.

        Raises:
            ConfigError: there are too many.
        """
        with _visits_lock:
            self.check_room(style.info.id)
            self._own = {style.info.id: style, **{i: s for i, s in self._own.items() if i != style.info.id}}

    def check_room(self, style_id: str) -> None:
        """Whether a style of that id could be added.

        Raises:
            ConfigError: it could not.
        """
        if style_id not in self._own and len(self._own) >= MOST_OWN:
            raise ConfigError(
                f"You have {MOST_OWN} styles of your own here, and there is no room for more: download them, and load "
                "the page anew."
            )

    def add_repo(self, repo: HubRepo) -> None:
        """Add a repo that the sources have pulled. It wins over those added before, the oldest of which may go."""
        with _visits_lock:
            self._added = (*(known for known in self._added if known != repo), repo)[-MOST_REPOS:]

    def new_id(self, title: str) -> str:
        """An id that no style has yet, made of a title."""
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "_", plain)[:_MOST_ID].strip("_") or "style"
        taken = {style.info.id for style in self.library(MULTISTYLE)}
        return next(i for i in (name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))) if i not in taken)
