"""Uploads reach the package unopened, so that its own readers decide what they are.

Gradio would open a file first, and answer a bad one with its decoder's message and the server's path.
"""

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


class _PictureData(_Upload, ImageData):
    sentence: ClassVar[str] = (
        "A picture is sent as an uploaded file; in Python: handle_file('photo.jpg') of gradio_client."
    )


class _ClipData(_Upload, FileData):
    sentence: ClassVar[str] = (
        "A video is sent as an uploaded file; in Python: handle_file('clip.mp4') of gradio_client."
    )


class UnopenedImage(gr.Image):
    """Hands over the path of the upload (or its bytes), whatever is in it."""

    is_template = True  # shown as what it is made from
    data_model = _PictureData

    def preprocess(self, payload: Any) -> str | bytes | None:
        return _source(payload)


class UnopenedVideo(gr.Video):
    """Hands over the path of the upload, whatever is in it."""

    is_template = True
    data_model = _ClipData

    def preprocess(self, payload: Any) -> str | bytes | None:
        return _source(payload)


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
