"""Errors on their way to the visitor: our sentences as they are, everything else without its details."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from nst.errors import NSTError
from nst.ui.texts import ENGLISH, language_of, translated

_log = logging.getLogger("nst")
_UNEXPECTED = "Something went wrong here, not with your picture. Please try again, or with other settings."


def friendly(run: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Wrap a generator handler so that it raises nothing but ``gr.Error``.

    If it takes the request, which endpoints do not, that is in the language of the page.
    """

    @functools.wraps(run)
    def wrapped(*args: Any, **kwargs: Any) -> Iterator[Any]:
        language = next((language_of(value) for value in args if isinstance(value, gr.Request)), ENGLISH)
        try:
            yield from run(*args, **kwargs)
        except NSTError as error:
            raise refusal(str(error), language) from None
        except gr.Error as error:  # ours, from a ZeroGPU worker
            raise refusal(error.message, language) from None
        except Exception:  # noqa: BLE001 - whatever it is, the visitor gets a sentence
            _log.exception("unexpected error in %s", run.__name__)
            raise refusal(_UNEXPECTED, language) from None

    return wrapped


def refusal(sentence: str, language: str = ENGLISH) -> gr.Error:
    """An error as a visitor sees it."""
    return gr.Error(translated(sentence, language), print_exception=False)
