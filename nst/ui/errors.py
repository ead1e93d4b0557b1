"""Errors on their way to the visitor: our sentences as they are, everything else without its details."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from nst.errors import NSTError

_log = logging.getLogger("nst")
_UNEXPECTED = "Something went wrong here, not with your picture. Please try again, or with other settings."


def friendly(run: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Wrap a generator handler so that it raises nothing but ``gr.Error``."""

    @functools.wraps(run)
    def wrapped(*args: Any, **kwargs: Any) -> Iterator[Any]:
        try:
            yield from run(*args, **kwargs)
        except NSTError as error:
            raise gr.Error(str(error), print_exception=False) from None
        except gr.Error:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the visitor gets a sentence
            _log.exception("unexpected error in %s", run.__name__)
            raise gr.Error(_UNEXPECTED, print_exception=False) from None

    return wrapped
