"""Memory back to the machine when nothing is painted: glibc keeps what is freed, for each of a server's threads."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable

_EVERY_SECONDS = 3
_IDLE = 0.1  # of a core, in the mean since the look before


def start() -> None:
    """Look from time to time, in the background, as long as the program runs. Nothing to do without glibc."""
    if sys.platform != "linux":  # on Windows there is nothing that could be asked
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        threading.Thread(target=_watch, args=(trim,), daemon=True, name="idle-memory").start()


def _watch(trim: Callable[[int], int]) -> None:
    worked, given = time.process_time(), True
    while True:
        time.sleep(_EVERY_SECONDS)
        before, worked = worked, time.process_time()
        idle = worked - before < _IDLE * _EVERY_SECONDS
        if idle and not given:  # once after each piece of work
            trim(0)
        given = idle
