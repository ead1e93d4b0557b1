"""Clips in: frame after frame, upright, each with its own time; nothing is held that has been handed over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from nst.errors import VideoError
from nst.images import MIN_SIDE, fitted_size

# Containers that hold a clip in one file. The list keeps out playlists, which would make the reader fetch what they
# name (other files of this machine, other machines), and still pictures.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,mpegts,mpeg,mpegvideo,ogg,flv,asf,mxf,dv,h264,hevc,m4v,ivf,"
    "yuv4mpegpipe"
)
_UNREADABLE = "This file is not a video that can be read: use MP4, MOV, WebM, MKV, AVI or GIF."
_HD = 720  # lines from which an untagged clip is taken to be in the colours of HDTV, as players do
_WHITE = 255
_MOST_PIXELS = 36_000_000  # 8K; decoders hold many frames at a time
_STRIP_PIXELS = 1 << 20
_INSTANT = 1e-6  # seconds: times of frames and what a user asks for differ by rounding


@dataclass(frozen=True)
class Frame:
    """One picture of a clip: ``(H, W, 3)`` uint8 RGB, its time and how long it is shown, in units of ``time_base``."""

    image: np.ndarray
    pts: int
    duration: int


@dataclass(frozen=True)
class ClipInfo:
    """What a clip (or the chosen part of it) holds.

    Attributes:
        width, height: as it is seen: upright, with square pixels.
        frames: their number, counted in the file rather than taken from its header.
        seconds: from the first frame to the end of the last.
        sound: whether it has any.
    """

    width: int
    height: int
    frames: int
    seconds: float
    sound: bool

    @property
    def fps(self) -> float:
        """Frames a second, on average."""
        return self.frames / self.seconds


@contextmanager
def open_clip(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a file for reading, without following anything that it refers to.

    Raises:
        VideoError: no such file, or none that holds a clip.
    """
    try:
        if not path.is_file():
            raise FileNotFoundError
        if not path.stat().st_size:
            raise VideoError("This file is empty: choose a video.")
        clip = av.open(
            f"file:{path.absolute()}", options={"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
        )
    except OSError as error:
        if isinstance(error, av.error.FFmpegError):  # some of its errors are the system's, too
            raise VideoError(_UNREADABLE) from None
        raise VideoError("There is no video file of that name that can be read: check the path.") from None
    except (av.error.FFmpegError, ValueError, UnicodeError):
        raise VideoError(_UNREADABLE) from None
    with clip:
        yield clip


class ClipReader:
    """The frames of a clip, or of a part of it.

    Args:
        path: the file.
        start: seconds to leave out at the beginning.
        length: seconds to read; None for all that follows.
        max_side: longer side in pixels, if the clip is larger. Frames are scaled down to it, and cropped by a pixel
            where a side is odd, which H.264 does not know.

    Raises:
        VideoError: not a clip, damaged beyond use, nothing in the chosen part, too small, or too large.
    """

    def __init__(
        self, path: Path, start: float = 0.0, length: float | None = None, max_side: int | None = None
    ) -> None:
        self.path, self.start = path, start
        self.cut = bool(start) or length is not None
        """Whether it is a part of the clip only."""
        self._from, self._until = start - _INSTANT, math.inf if length is None else start + length - _INSTANT
        self.damaged = False
        """Whether some of the file could not be read; known once the frames have been."""
        with open_clip(path) as clip:
            stream = picture_stream(clip)
            self.time_base: Fraction = stream.time_base
            self.origin = Fraction(max(0, clip.start_time or 0), av.time_base)
            self.begin = self.origin
            """Seconds by the file's own clock that have become 0; of a part, known with its first frame."""
            first = next(self._decoded(clip, stream), None)
            if first is None:
                raise VideoError("No picture of this video can be read: it is damaged, or uses an unknown codec.")
            width, height = _seen_size(first, stream)
            sound = any(s.type == "audio" for s in clip.streams)
        self.info = ClipInfo(width, height, *self._count(), sound)
        self.size = _painted_size(width, height, max_side)
        """(width, height) of the frames."""

    def frames(self) -> Iterator[Frame]:
        """The frames of the chosen part, in order; times begin at the clip's start, or at that of the part."""
        with open_clip(self.path) as clip:
            stream = picture_stream(clip)
            stream.thread_type = "AUTO"
            if self.start:
                seek(clip, self.start + float(self.origin))
            usual = max(1, round(1 / (self.info.fps * self.time_base)))
            shift, previous = None if self.cut else round(self.origin / self.time_base), -1
            for frame in self._decoded(clip, stream):
                time = self._time(frame.pts)
                if time is not None and time < self._from:
                    continue
                if time is not None and time >= self._until:
                    break
                if shift is None:
                    shift = frame.pts or 0
                self.begin = shift * self.time_base
                pts = max(previous + 1, previous + 1 if frame.pts is None else frame.pts - shift)
                previous = pts
                yield Frame(self._image(frame), pts, frame.duration or usual)

    def _time(self, pts: int | None) -> float | None:
        return None if pts is None else float(pts * self.time_base - self.origin)

    def _decoded(self, clip: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
        """What can be decoded. A damaged file ends early, or lacks frames; that is noted."""
        for packet in self._packets(clip, stream):
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                self.damaged = True

    def _packets(self, clip: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.Packet]:
        try:
            yield from clip.demux(stream)
        except av.error.FFmpegError:
            self.damaged = True

    def _count(self) -> tuple[int, float]:
        """Number of frames and seconds in the chosen part, from the packets alone."""
        inside, first, last, end = 0, None, 0.0, 0.0
        with open_clip(self.path) as clip:
            stream = picture_stream(clip)
            rate = float(stream.average_rate or 25)
            for number, packet in enumerate(self._packets(clip, stream)):
                if packet.size == 0 or packet.is_discard:
                    continue
                time = self._time(packet.pts if packet.pts is not None else packet.dts)
                time = number / rate if time is None else time
                step = float((packet.duration or 0) * self.time_base) or 1 / rate
                end = max(end, time + step)
                if self._from <= time < self._until:
                    inside += 1
                    first = time if first is None else min(first, time)
                    last = max(last, time + step)
        if first is None:
            if not end:
                raise VideoError("No picture of this video can be read: it is damaged, or uses an unknown codec.")
            raise VideoError(f"The chosen part has no pictures: this clip is {end:.1f} seconds long.")
        self.damaged = False  # to be found out again by reading the frames
        return inside, last - first

    def _image(self, frame: av.VideoFrame) -> np.ndarray:
        if any(component.is_alpha for component in frame.format.components) or frame.format.has_palette:
            image = _on_white(frame.to_ndarray(format="rgba"))
        else:
            options = {"src_colorspace": "ITU709"} if _untagged_hd(frame) else {}
            image = frame.to_ndarray(format="rgb24", **options)
        width, height = self.size
        if frame.rotation:
            image = np.rot90(image, frame.rotation // 90)
        if abs(image.shape[1] - width) <= 1 and abs(image.shape[0] - height) <= 1:
            image = image[:height, :width]
        if image.shape[:2] != (height, width):
            image = cv2.resize(image, self.size, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(image)


def picture_stream(clip: av.container.InputContainer) -> av.VideoStream:
    """The stream with the moving pictures.

    Raises:
        VideoError: there is none that can be decoded, or it is too large.
    """
    for stream in clip.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:  # the cover of a song
            if stream.codec_context is None:
                break
            # Before the first frame is decoded, whose size may still be another.
            _check_pixels(stream.codec_context.width, stream.codec_context.height)
            stream.codec_context.options = {"max_pixels": str(_MOST_PIXELS)}
            return stream
    raise VideoError("This file has no moving pictures: choose a video.")


def _seen_size(frame: av.VideoFrame, stream: av.VideoStream) -> tuple[int, int]:
    width, height = frame.width, frame.height
    ratio = stream.sample_aspect_ratio
    if ratio and 0.1 < ratio < 10:  # pixels that are not square, as on tape and DVD
        width = max(1, round(width * ratio))
    return (height, width) if frame.rotation % 180 else (width, height)


def _painted_size(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    _check_pixels(width, height)
    if max_side is not None and max_side < max(width, height):
        width, height = fitted_size(width, height, max_side)
    width, height = width - width % 2, height - height % 2
    if min(width, height) < MIN_SIDE:
        raise VideoError(
            f"This video would be {width}×{height} pixels: both sides need at least {MIN_SIDE}. "
            "Choose a larger size, or a clip that is less long and thin."
        )
    return width, height


def _check_pixels(width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        raise VideoError(f"This video has more than {_MOST_PIXELS // 1_000_000} megapixels: make it smaller first.")


def _on_white(rgba: np.ndarray) -> np.ndarray:
    """RGB of the same; a few rows at a time, as they are floating-point numbers in between."""
    image = np.empty((*rgba.shape[:2], 3), np.uint8)
    step = max(1, _STRIP_PIXELS // rgba.shape[1])
    for rows in (slice(top, top + step) for top in range(0, len(rgba), step)):
        alpha = rgba[rows, :, 3:].astype(np.float32) / _WHITE
        image[rows] = rgba[rows, :, :3] * alpha + _WHITE * (1 - alpha) + 0.5
    return image


def _untagged_hd(frame: av.VideoFrame) -> bool:
    return frame.format.name.startswith("yuv") and frame.colorspace == 2 and min(frame.width, frame.height) >= _HD


def seek(clip: av.container.InputContainer, seconds: float) -> None:
    """Go to a place at or before that moment by the clip's clock, where the container knows how."""
    try:
        clip.seek(int(seconds * av.time_base))
    except av.error.FFmpegError:
        return  # without an index it is read from the start
