"""Where an app's styles come from: embedded, repos on the Hub, repos that a visitor adds, styles taught in a session.

Of several styles with one id the later wins, in this order. What is on the machine is there at once; the Hub is asked
in the background, and whatever it does costs the start nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nst.errors import HubError, NoRepoError, NSTError
from nst.hub import SECONDS, Pull, cached_styles, forget, note, pull_styles
from nst.hub_client import Token
from nst.hub_repos import HubRepo, configured_repos, parse_repo, visitors_token
from nst.styles import EMBEDDED, Style, StyleLibrary
from nst.trunks import Trunk

_MOST_ADDED = 64  # repos that visitors have added and that are kept in memory, about 100 kB each


@dataclass(frozen=True)
class SourcesStatus:
    """How the sources are.

    Attributes:
        busy: the Hub is being asked.
        notes: one sentence for each repo with which something is wrong; empty if all is well.
        version: grows whenever the styles have changed.
    """

    busy: bool
    notes: tuple[str, ...]
    version: int

    @property
    def text(self) -> str:
        """One quiet line, empty if there is nothing to say."""
        return "Looking for styles on the Hub …" if self.busy else " ".join(self.notes)


class StyleSources:
    """All styles that fit a trunk. Build it once, use it from any thread.

    Building it reads the embedded styles and the cache, and asks nobody; :meth:`start` asks the Hub.

    Args:
        trunk: what the styles must fit.
        repos: on the Hub, in order; None for those that NST_HUB_REPOS names.
        embedded: folder of the styles that are always there.
        seconds: how long a repo may take.

    Raises:
        WeightsError: there are embedded styles, and none of them fits.
    """

    def __init__(
        self,
        trunk: Trunk,
        repos: Iterable[HubRepo] | None = None,
        embedded: Path = EMBEDDED,
        seconds: float = SECONDS,
    ) -> None:
        self.trunk, self._seconds = trunk, seconds
        self._repos, unread = configured_repos() if repos is None else (list(repos), [])
        self._unread = tuple(unread)
        self._embedded = StyleLibrary.load(trunk, embedded)
        self._changed = threading.Condition()  # guards all that follows
        cached = {repo: cached_styles(repo, trunk) for repo in self._repos}
        self._pulls: dict[HubRepo, Pull] = {repo: pull for repo, pull in cached.items() if pull is not None}
        self._errors: dict[HubRepo, str] = {}
        self._added: OrderedDict[HubRepo, Pull] = OrderedDict()
        self._asking = self._version = 0
        self._library = self._merged()

    def library(self, added: Iterable[HubRepo] = (), taught: Iterable[Style] = ()) -> StyleLibrary:
        """The styles for one visitor.

        Args:
            added: what :meth:`add` returned for repos that this visitor has added.
            taught: styles that this visitor has taught, or brought as files.
        """
        with self._changed:
            library = self._library
            more = [style for repo in added if repo in self._added for style in self._added[repo].styles]
        more += taught
        return StyleLibrary(self.trunk, [*library, *more]) if more else library

    def add(self, name: str, token: Token = None) -> tuple[HubRepo, str]:
        """Pull the repo ``USER/NAME[@REVISION]`` for a visitor.

        On a Space it is asked for without a token, so that no visitor sees what only the owner may. Elsewhere, if the
        Hub cannot be asked, what was pulled earlier is there.

        Returns:
            The repo, for :meth:`library`, and a line about what was left out of it, which may be empty.

        Raises:
            HubError: there is no such repo, it cannot be pulled, or none of its styles fits.
        """
        repo = parse_repo(name)
        asked = visitors_token() if token is None else token
        try:
            pull = pull_styles(repo, self.trunk, asked, self._seconds)
        except HubError:
            cached = cached_styles(repo, self.trunk) if asked is not False else None
            if cached is None:
                raise
            pull = cached
        if not pull.styles:
            raise HubError(note(pull) or f"'{repo}' holds no styles.")
        with self._changed:
            self._added[repo] = pull
            self._added.move_to_end(repo)
            gone = [self._added.popitem(last=False)[0] for _ in range(len(self._added) - _MOST_ADDED)]
            kept = {known.name for known in (*self._repos, *self._added)}
        if asked is False:  # whoever comes by must not fill the disk; on a laptop the cache is its owner's
            for old in gone:
                if old.name not in kept:
                    forget(old)
        return repo, note(pull)

    def start(self) -> None:
        """Ask the Hub in the background, each repo in a thread of its own; returns at once.

        Does nothing while it is being asked already.
        """
        with self._changed:
            if self._asking or not self._repos:
                return
            self._asking = len(self._repos)
        for repo in self._repos:
            threading.Thread(target=self._refresh, args=(repo,), daemon=True, name=f"styles of {repo}").start()

    retry = start

    def wait(self, seconds: float) -> bool:
        """Wait until the Hub has answered about every repo; whether it has within ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._asking, seconds)

    def status(self) -> SourcesStatus:
        """What there is to say, at this moment."""
        with self._changed:
            pulls = [self._pulls[repo] for repo in self._repos if repo in self._pulls]
            errors = [self._errors[repo] for repo in self._repos if repo in self._errors]
            notes = [*self._unread, *errors, *filter(None, map(note, pulls))]
            return SourcesStatus(self._asking > 0, tuple(notes), self._version)

    def _refresh(self, repo: HubRepo) -> None:
        pull, error = None, ""
        try:
            pull = pull_styles(repo, self.trunk, None, self._seconds)
        except NSTError as wrong:
            if not (repo.optional and isinstance(wrong, NoRepoError)):
                error = str(wrong)
        except Exception as wrong:  # noqa: BLE001 - a background thread must come to its end, and say so
            error = f"The styles of '{repo}' could not be read ({type(wrong).__name__})."
        with self._changed:
            self._errors.pop(repo, None)
            if error:
                self._errors[repo] = error
            # A pull that was cut short must not take away what an earlier one brought.
            before = self._pulls.get(repo)
            if pull is not None and before is not None and not pull.complete:
                self._errors[repo] = note(pull)
            elif pull is not None:
                self._pulls[repo] = pull
                if before is None or _contents(before) != _contents(pull):
                    self._library = self._merged()
                    self._version += 1
            self._asking -= 1
            self._changed.notify_all()

    def _merged(self) -> StyleLibrary:
        pulled = [style for repo in self._repos if repo in self._pulls for style in self._pulls[repo].styles]
        return StyleLibrary(self.trunk, [*self._embedded, *pulled])


def _contents(pull: Pull) -> tuple[str, tuple[str, ...]]:
    return pull.commit, tuple(style.info.id for style in pull.styles)
