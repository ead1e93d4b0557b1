"""Clips out: H.264 in an MP4 that plays everywhere, with the sound of another clip; whole under its name, or absent."""

from __future__ import annotations

import math
import tempfile
from collections import deque
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from nst.errors import ConfigError, VideoError
from nst.images import FILE_MODE
from nst.soundtrack import Soundtrack

# Near-transparent. Without B-frames: with them, FFmpeg announces clips of uneven frame rate as too short, and players
# drop their end.
_OPTIONS = {"preset": "veryfast", "crf": "17", "bf": "0"}
_BT709 = 1  # primaries, transfer and matrix of HDTV, which players assume


def check_target(path: Path) -> None:
    """Whether a clip can go there.

    Raises:
        ConfigError: its ending is not .mp4, or its folder does not exist.
    """
    if path.suffix.lower() != ".mp4":
        raise ConfigError("The output's name must end in .mp4.")
    if not path.absolute().parent.is_dir():
        raise ConfigError("The output's folder does not exist: create it first.")


class ClipWriter:
    """Writes one clip. Call :meth:`finish` for it to appear under its name, or :meth:`discard`.

    Args:
        path: where it goes.
        size: (width, height), even.
        time_base: unit of the frames' times, in seconds.
        rate: frames a second, roughly.
        sound: from where the sound comes.
        comment: goes into the file's metadata.

    Raises:
        VideoError: the file cannot be written.
    """

    def __init__(
        self, path: Path, size: tuple[int, int], time_base: Fraction, rate: float, sound: Soundtrack, comment: str = ""
    ) -> None:
        self._path, self._sound, self._time_base = path, sound, time_base
        self._clip = None
        self._durations: deque[int] = deque()  # of the frames in the encoder
        try:
            file = tempfile.NamedTemporaryFile(dir=path.absolute().parent, prefix=".", suffix=".part", delete=False)  # noqa: SIM115
        except OSError:
            raise _unwritable(path) from None
        file.close()
        self._part = Path(file.name)
        try:
            self._clip = av.open(str(self._part), "w", format="mp4", options={"movflags": "+faststart"})
            self._clip.metadata["comment"] = comment
            self._stream = self._clip.add_stream("libx264", rate=_rounded(rate), options=_OPTIONS)
            self._stream.width, self._stream.height = size
            self._stream.pix_fmt = "yuv420p"
            self._stream.profile = "High"
            self._stream.time_base = self._stream.codec_context.time_base = time_base
            context = self._stream.codec_context
            context.color_primaries = context.color_trc = context.colorspace = _BT709
            context.color_range = ColorRange.MPEG
            sound.attach(self._clip)
        except BaseException as error:
            self.discard()
            if isinstance(error, OSError | ValueError | av.error.FFmpegError):
                raise _unwritable(path) from None
            raise

    def add(self, image: np.ndarray, pts: int, duration: int) -> None:
        """Write a frame ``(H, W, 3)`` uint8 RGB, shown for so long from then on, and the sound until then.

        Raises:
            VideoError: the file cannot be written.
        """
        picture = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts, picture.time_base = pts, self._time_base
        self._durations.append(duration)
        try:
            self._sound.write_until(float(pts * self._time_base))
            self._mux(self._stream.encode(picture))
        except (OSError, av.error.FFmpegError):
            raise _unwritable(self._path) from None

    def finish(self, sound_until: float = math.inf) -> None:
        """Write what is left, with the sound until that moment, and give the file its name.

        Raises:
            VideoError: the file cannot be written; nothing is left of it then.
        """
        try:
            self._mux(self._stream.encode(None))
            self._sound.write_until(sound_until)
            self._sound.close()
            self._clip.close()
            self._part.chmod(FILE_MODE)
            self._part.replace(self._path)
        except BaseException as error:
            self.discard()
            if isinstance(error, OSError | av.error.FFmpegError):
                raise _unwritable(self._path) from None
            raise

    def _mux(self, packets: list[av.Packet]) -> None:
        for packet in packets:
            packet.duration = self._durations.popleft()  # the encoder forgets it, and that of the last frame counts
            self._clip.mux_one(packet)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._sound.close()
        try:
            if self._clip is not None:
                self._clip.close()
        except (OSError, ValueError, av.error.FFmpegError):
            pass  # the end of a file that is thrown away
        finally:
            self._part.unlink(missing_ok=True)


def _rounded(rate: float) -> Fraction:
    return Fraction(min(max(rate, 1), 240)).limit_denominator(1001)


def _unwritable(path: Path) -> VideoError:
    return VideoError(f"'{path.name}' cannot be written there: check that the folder exists and has room.")
