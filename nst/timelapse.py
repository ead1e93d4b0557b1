"""A short clip of a picture coming into being."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from nst.errors import ConfigError

_FPS = 12
_HOLD_SECONDS = 1.5  # the finished picture stays on screen
_LONG_SIDE = 720
_MOST_FRAMES = 180


class TimeLapse:
    """Collects frames in little memory (JPEG; every second one is dropped when there are many) and writes a clip."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._stride = 1
        self._seen = 0

    def add(self, image: Image.Image) -> None:
        """Take a frame; its size may differ from that of the others (coarse scales are enlarged)."""
        if self._seen % self._stride == 0:
            small = image.copy()
            small.thumbnail((_LONG_SIDE, _LONG_SIDE))
            buffer = io.BytesIO()
            small.save(buffer, "JPEG", quality=92)
            self._frames.append(buffer.getvalue())
            if len(self._frames) >= _MOST_FRAMES:
                self._frames = self._frames[::2]
                self._stride *= 2
        self._seen += 1

    def write(self, path: Path, last: Image.Image) -> None:
        """Write an H.264 clip that any browser plays; ends on ``last``, held for a moment.

        Raises:
            ConfigError: it cannot be written; nothing is left behind then.
        """
        temporary = path.with_name(f".{path.name}.part")
        try:
            self._encode(temporary, last)
            temporary.replace(path)
        except (OSError, ValueError, av.error.FFmpegError):
            temporary.unlink(missing_ok=True)
            raise ConfigError(f"'{path.name}' cannot be written: check that the folder has room.") from None

    def _encode(self, path: Path, last: Image.Image) -> None:
        end = last.copy()
        end.thumbnail((_LONG_SIDE, _LONG_SIDE))
        width, height = (side - side % 2 for side in end.size)  # yuv420p has no odd sizes
        with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as clip:
            stream = clip.add_stream("libx264", rate=_FPS, options={"crf": "20", "preset": "veryfast"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.time_base = Fraction(1, _FPS)
            pictures = [Image.open(io.BytesIO(data)) for data in self._frames] + [end] * round(_HOLD_SECONDS * _FPS)
            for number, picture in enumerate(pictures):
                frame = av.VideoFrame.from_image(
                    picture.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
                )
                frame.pts, frame.time_base = number, Fraction(1, _FPS)
                clip.mux(stream.encode(frame))
            clip.mux(stream.encode(None))
