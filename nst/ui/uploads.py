"""Uploaded pictures reach the package unopened, so that :func:`nst.images.open_image` decides what they are."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from pydantic import ValidationError

from nst.errors import ImageError


class _Upload(ImageData):
    """An upload, or a sentence for API clients that send something else, such as the bare path of a file."""

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> _Upload:
        try:
            return super().model_validate(obj, **options)
        except ValidationError:
            text = "A picture is sent as an uploaded file; in Python: handle_file('photo.jpg') of gradio_client."
            raise gr.Error(text, print_exception=False) from None


def unopened(component: gr.Image) -> gr.Image:
    """Make an image input hand over the path of the upload (or its bytes), whatever is in it.

    Gradio would open the file first, and answer a bad one with its decoder's message and the server's path.
    """
    component.preprocess = _source  # type: ignore[method-assign]
    component.data_model = _Upload
    return component


def _source(payload: Any) -> str | bytes | None:
    if payload is None:
        return None
    url = getattr(payload, "url", None) or ""
    if url.startswith("data:"):
        try:
            return base64.b64decode(url.partition(",")[2], validate=True)
        except (binascii.Error, ValueError):
            raise gr.Error(str(ImageError("This data URL is not a picture.")), print_exception=False) from None
    return payload.path
