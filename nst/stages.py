"""Work side by side: a thread that runs ahead of its caller, and one that follows behind; each holds a few items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.05  # how soon a stage notices that the others have ended
_END = object()


@contextmanager
def ahead(items: Iterable[T], most: int) -> Iterator[Iterator[T]]:
    """Iterate over ``items`` in a thread of its own, up to ``most`` items ahead; its errors are raised here."""
    queue: Queue = Queue(most)
    stop = Event()
    errors: list[BaseException] = []

    def run() -> None:
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

    thread = Thread(target=run, daemon=True)
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
        self._stop = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
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


def _put(queue: Queue, item: object, stop: Event) -> bool:
    while not stop.is_set():
        try:
            queue.put(item, timeout=_POLL_SECONDS)
            return True
        except Full:
            continue
    return False
