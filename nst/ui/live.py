"""Live from the webcam: every picture that the camera has when the one before is painted. Those between are dropped."""

from __future__ import annotations

import base64
import io
import os
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.data_classes import Base64ImageData
from PIL import Image

from nst.devices import pick_device
from nst.stylize_config import StylizeConfig
from nst.ui.errors import friendly
from nst.ui.fast_run import paint
from nst.ui.slow_run import line
from nst.ui.style_fields import StyleFields, chosen
from nst.ui.texts import language_of, tr, translated
from nst.ui.uploads import UnopenedImage
from nst.ui.visit import Visit

SECONDS = int(os.environ.get("NST_MAX_LIVE_SECONDS", "60"))
"""How long one visitor has the camera painted before it is the next one's turn."""

_SIDE_CPU, _SIDE_GPU = 480, 960
_EVERY = 0.05  # seconds: the page asks so often whether the camera has something new
_PAUSE = 5  # seconds without a picture after which the rate is not told


class _PaintedFrame(gr.Image):
    """Goes to the page as it is, as frames come from there: files would pile up by the thousand."""

    is_template = True

    def postprocess(self, value: Image.Image | None) -> Base64ImageData | None:
        if value is None:
            return None
        buffer = io.BytesIO()
        value.save(buffer, "JPEG", quality=85)
        return Base64ImageData(url=f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}")


def offered() -> bool:
    """Whether it makes sense here: where GPUs are lent by the call, each picture would wait for one."""
    return not os.environ.get("SPACES_ZERO_GPU") and SECONDS > 0


def build(visit: gr.State, fields: StyleFields) -> None:
    """Lay it out in the current context, painting with the styles and settings of ``fields``."""
    last = gr.State(0.0)  # when the picture before was done
    with gr.Accordion(tr("fast.live"), open=False, elem_id="fast-live"):
        with gr.Row():
            camera = UnopenedImage(
                label=tr("fast.live.camera"), elem_id="fast-camera", sources=["webcam"], streaming=True, height=300,
                webcam_options=gr.WebcamOptions(mirror=True), buttons=[], alt_text=tr("fast.live.camera_alt"),
            )  # fmt: skip
            painted = _PaintedFrame(
                label=tr("fast.live.painted"), elem_id="fast-live-result", interactive=False, height=300,
                alt_text=tr("fast.live.painted_alt"), buttons=["fullscreen"],
            )  # fmt: skip
        status = gr.HTML(line(tr("fast.live.ready")), elem_id="fast-live-status", label=tr("status"))
    camera.stream(
        _frame, [visit, last, camera, *fields.inputs], [painted, status, last], stream_every=_EVERY,
        time_limit=SECONDS, concurrency_id="live", concurrency_limit=1, show_progress="hidden",
        api_visibility="private",
    )  # fmt: skip


@friendly
def _frame(request: gr.Request, visit: Visit, last: float, picture: Any, *rest: Any) -> Iterator[tuple]:
    if picture is None:
        yield gr.skip(), gr.skip(), gr.skip()
        return
    choice = chosen(rest)
    side = _SIDE_CPU if pick_device().type == "cpu" else _SIDE_GPU
    config = StylizeConfig(choice.mix, choice.strength, choice.keep_color, min(choice.max_side or side, side))
    painting = paint(picture, config, visit.library(), visit.network)
    now = time.monotonic()
    width, height = painting.image.size
    text = f"{width}×{height} pixels · {' + '.join(painting.titles)}"
    if 0 < now - last < _PAUSE:
        text = f"{1 / (now - last):.1f} pictures a second · {text}"
    yield painting.image, line(translated(text, language_of(request))), now
