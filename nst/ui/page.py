"""The page as a server of requests: what cannot be read is answered with a sentence, and no address is opened."""

from __future__ import annotations

import logging
import re
from typing import Any

import gradio as gr

_log = logging.getLogger("nst")
_UNREADABLE = (
    "This request cannot be read: send every argument in its order, and a file as an upload; in Python: "
    "handle_file('photo.jpg') of gradio_client."
)
_NO_ADDRESSES = "Files are uploaded here: this app opens no addresses for its visitors. Send the file itself."
_CHOICE = re.compile(r"Value: .* is not in the list of choices: \[(.*)\]", re.DOTALL)
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]*:/", re.IGNORECASE)


class Page(gr.Blocks):
    """Blocks whose errors on the way to a handler are sentences, too.

    Gradio would tell nothing but that there was an error, or repeat what was sent, whatever it is; and it would fetch
    what a file's path names if that is an address, of any size.
    """

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The arguments of a handler.

        Raises:
            gr.Error: always with a sentence.
        """
        try:
            if _names_an_address(inputs):
                raise gr.Error(_NO_ADDRESSES, print_exception=False)
            return await super().preprocess_data(block_fn, inputs, *args, **kwargs)
        except gr.Error as error:
            if not (choice := _CHOICE.fullmatch(str(error.message))):
                raise
            raise gr.Error(f"There is no such choice: choose from {choice[1]}.", print_exception=False) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, the visitor gets a sentence
            _log.info("a request cannot be read: %s", type(error).__name__)
            raise gr.Error(_UNREADABLE, print_exception=False) from None


def _names_an_address(inputs: list[Any]) -> bool:
    """Whether there is a file among the arguments, however deep, that would have to be fetched."""
    left = [inputs]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left += value
        elif isinstance(value, dict):
            path = value.get("path")
            if isinstance(path, str) and _ADDRESS.match(path):
                return True
            left += value.values()
    return False
