"""Uploads reach the package unopened, so that its own readers decide what they are."""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar

import gradio as gr
from gradio.data_classes import FileData, ImageData
from pydantic import ValidationError

from nst.errors import ImageError


class _Upload:
    """An upload, or a sentence for API clients that send something else, such as the bare path of a file."""

    sentence: ClassVar[str]

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> _Upload:
        try:
            return super().model_validate(obj, **options)
        except ValidationError:
            raise gr.Error(cls.sentence, print_exception=False) from None


class _Picture(_Upload, ImageData):
    sentence: ClassVar[str] = (
        "A picture is sent as an uploaded file; in Python: handle_file('photo.jpg') of gradio_client."
    )


class _Clip(_Upload, FileData):
    sentence: ClassVar[str] = (
        "A video is sent as an uploaded file; in Python: handle_file('clip.mp4') of gradio_client."
    )


def unopened(component: gr.Image | gr.Video) -> Any:
    """Make an input of pictures or clips hand over the path of the upload (or its bytes), whatever is in it.

    Gradio would open the file first, and answer a bad one with its decoder's message and the server's path.
    """
    component.preprocess = _source  # type: ignore[method-assign]
    component.data_model = _Clip if isinstance(component, gr.Video) else _Picture
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
