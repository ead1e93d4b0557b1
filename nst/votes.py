"""Votes of visitors: which of two paintings of the same photo in the same style they like better.

Every process appends to a JSON-lines file of its own in a folder; on a Space that folder is committed to a data set on
the Hub every few minutes, as the Space's own disk does not last.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from nst.backbone_weights import ROOT
from nst.hub_repos import check_name

if TYPE_CHECKING:
    from huggingface_hub import CommitScheduler

METHODS = ("slow", "fast")
FOLDER_VARIABLE, REPO_VARIABLE = "NST_VOTES_FOLDER", "NST_VOTES_REPO"

_EVERY_MINUTES = 5.0
_MOST_FILES, _MOST_BYTES = 500, 1 << 20  # that are read back
_IN_REPO = "votes"
_Z = 1.959964  # of a normal distribution: 95 per cent lie within

_log = logging.getLogger("nst")


@dataclass(frozen=True)
class Vote:
    """A vote.

    Attributes:
        pair: what was compared.
        choice: ``slow`` or ``fast``.
        left: which of them was on the left.
        time: seconds since 1970.
    """

    pair: str
    choice: str
    left: str
    time: float


@dataclass(frozen=True)
class Tally:
    """Votes for each method."""

    slow: int = 0
    fast: int = 0

    def interval(self) -> tuple[float, float]:
        """Between which shares of slow mode the truth lies with 95 per cent confidence (Wilson 1927)."""
        n = self.slow + self.fast
        if not n:
            return 0.0, 1.0
        share, z2 = self.slow / n, _Z**2
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        reach = _Z / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n**2)) ** 0.5
        return max(0.0, centre - reach), min(1.0, centre + reach)

    def sentence(self) -> str:
        """For people."""
        n = self.slow + self.fast
        if not n:
            return "Nobody has voted yet."
        low, high = self.interval()
        return (
            f"{n} {'vote' if n == 1 else 'votes'} so far: {self.slow} for slow mode, {self.fast} for fast mode. "
            f"Slow mode is preferred by {100 * self.slow / n:.0f} % "
            f"(95 % interval: {100 * low:.0f} to {100 * high:.0f} %)."
        )


class BallotBox:
    """Where votes go and are counted; safe to use from any thread.

    Args:
        folder: of the files.
        repo: a data set on the Hub, ``USER/NAME``, that the folder is committed to; None for none.
    """

    def __init__(self, folder: Path, repo: str | None = None) -> None:
        self._folder, self._repo = folder, check_name(repo) if repo else None
        self._file = folder / f"votes-{uuid4().hex[:12]}.jsonl"
        self._lock = threading.Lock()
        self._scheduler: CommitScheduler | None = None
        self._votes: dict[str, list[Vote]] = {}  # by file, so that none counts twice
        self._read(folder.glob("*.jsonl"))

    def add(self, vote: Vote) -> None:
        """Keep a vote. If it cannot be written, it counts as long as the program runs."""
        with self._lock:
            self._votes.setdefault(self._file.name, []).append(vote)
            try:
                with self._scheduler.lock if self._scheduler else threading.Lock():
                    self._folder.mkdir(parents=True, exist_ok=True)
                    with self._file.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(vote)) + "\n")
            except OSError as error:
                _log.warning("a vote could not be written: %s", type(error).__name__)

    def tally(self) -> Tally:
        """All votes so far."""
        with self._lock:
            choices = [vote.choice for votes in self._votes.values() for vote in votes]
        return Tally(choices.count("slow"), choices.count("fast"))

    def start(self) -> None:
        """Begin to commit the folder to the repo, and count what is there, in the background; returns at once."""
        if self._repo is not None:
            threading.Thread(target=self._connect, args=(self._repo,), daemon=True, name="votes").start()

    def _connect(self, repo: str) -> None:
        from huggingface_hub import CommitScheduler, HfApi, hf_hub_download

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._scheduler = CommitScheduler(
                repo_id=repo, repo_type="dataset", folder_path=self._folder, path_in_repo=_IN_REPO, every=_EVERY_MINUTES
            )
            names = [n for n in HfApi().list_repo_files(repo, repo_type="dataset") if n.startswith(f"{_IN_REPO}/")]
            files = (hf_hub_download(repo, name, repo_type="dataset") for name in names[-_MOST_FILES:])
            self._read(map(Path, files))
        except Exception as error:  # noqa: BLE001 - votes go on without the Hub, whatever it has
            _log.warning("the Hub has no place for votes: %s", type(error).__name__)

    def _read(self, files: Iterable[Path]) -> None:
        for path in files:
            votes = _votes_in(path)
            with self._lock:
                if path.name != self._file.name:
                    self._votes[path.name] = votes


def _votes_in(path: Path) -> list[Vote]:
    """The votes of a file; lines that are none are passed over, as a program may have ended in the middle of one."""
    votes = []
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                vote = Vote(**json.loads(line))
            except (ValueError, TypeError):
                continue
            if vote.choice in METHODS:
                votes.append(vote)
    except (OSError, UnicodeDecodeError):
        return []
    return votes


def configured_box() -> BallotBox:
    """The box that the environment asks for: a folder, and on a Space perhaps a data set."""
    folder = Path(os.environ.get(FOLDER_VARIABLE) or ROOT / "votes")
    return BallotBox(folder, os.environ.get(REPO_VARIABLE) or None)


def new_vote(pair: str, choice: str, left: str) -> Vote:
    """A vote of this moment."""
    return Vote(pair, choice, left, round(time.time(), 1))
