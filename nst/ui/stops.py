"""Requests to stop a job, as files: whoever works on it may be another process (a ZeroGPU worker)."""

from __future__ import annotations

import tempfile
from enum import Enum
from pathlib import Path
from threading import Lock
from uuid import uuid4


class Stage(Enum):
    """Where a job is."""

    WAITING = "waiting for its turn"
    RUNNING = "running"
    OVER = "ended, or unknown"


class Stops:
    """Which jobs are to stop. A job has a ticket, which travels through the page, from the click that asks for it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nst-stops-", ignore_cleanup_errors=True)
        self._jobs: dict[str, Stage] = {}
        self._lock = Lock()

    def ticket(self) -> str:
        """A ticket for a new job."""
        ticket = uuid4().hex
        with self._lock:
            self._jobs[ticket] = Stage.WAITING
        return ticket

    def begin(self, ticket: str) -> Path | None:
        """The file that appears when the job is to stop; None if it is not to begin at all."""
        with self._lock:
            if self._jobs.get(ticket) is not Stage.WAITING:
                return None
            self._jobs[ticket] = Stage.RUNNING
            return self._file(ticket)

    def ask(self, ticket: str) -> Stage:
        """Ask a job to stop; returns where it was. One that waits will not begin."""
        with self._lock:
            stage = self._jobs.get(ticket, Stage.OVER)
            if stage is Stage.WAITING:
                del self._jobs[ticket]
            elif stage is Stage.RUNNING:
                self._file(ticket).touch()
            return stage

    def end(self, ticket: str) -> None:
        """Forget a job that has begun."""
        with self._lock:
            del self._jobs[ticket]
            self._file(ticket).unlink(missing_ok=True)

    def _file(self, ticket: str) -> Path:
        return Path(self._folder.name) / ticket  # only of tickets that were made here, whatever the page sends
