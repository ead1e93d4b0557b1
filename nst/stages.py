"""Work side by side: a thread that runs ahead of its caller, and one that follows behind; each holds a few items."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.05  # how soon a stage notices that the others have ended
_NICENESS = 15
_END = object()


@contextmanager
def ahead(items: Iterable[T], most: int) -> Iterator[Iterator[T]]:
    """Iterate over ``items`` in a thread of its own, up to ``most`` items ahead; its errors are raised here."""
    queue: Queue = Queue(most)
    stop = threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        _step_back()
        try:
            for item in items:
                if not _put(queue, item, stop):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again where the items are taken
            errors.append(error)
        _put(queue, _END, stop)

    def taken() -> Iterator[T]:
        while (item := queue.get()) is not _END:
            yield item
        if errors:
            raise errors[0]

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield taken()
    finally:
        stop.set()
        thread.join()


class Behind(Generic[T]):
    """Calls ``consume`` for one item after the other in a thread of its own, up to ``most`` items behind."""

    def __init__(self, consume: Callable[[T], None], most: int) -> None:
        self._consume, self._queue = consume, Queue(most)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand over an item; waits while there is no room. Raises what ``consume`` has raised."""
        if not _put(self._queue, item, self._stop):
            raise self._error

    def finish(self) -> None:
        """Wait until all is consumed. Raises what ``consume`` has raised."""
        _put(self._queue, _END, self._stop)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """Let the item under way be the last."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        _step_back()
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=_POLL_SECONDS)
            except Empty:
                continue
            if item is _END:
                return
            try:
                self._consume(item)
            except BaseException as error:  # noqa: BLE001 - raised again where the items come from
                self._error = error
                self._stop.set()


def _step_back() -> None:
    """Let the caller's own threads go first. A network's threads wait for each other many times in a picture: where one
    of them has to share its core, all do nothing meanwhile."""
    if sys.platform == "linux":  # elsewhere a thread has no priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _put(queue: Queue, item: object, stop: threading.Event) -> bool:
    while not stop.is_set():
        try:
            queue.put(item, timeout=_POLL_SECONDS)
            return True
        except Full:
            continue
    return False
