"""Small clips of every kind, made on the spot, and what a player would find in a clip."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = (96, 64)
RATE = 48_000


def picture(number: int, size: tuple[int, int] = SIZE, scene: int = 0) -> np.ndarray:
    """Frame ``number``, RGB: shades with a bright square that moves, no two frames or corners alike."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    levels = np.stack([40 + x * 120 // width, 60 + y * 120 // height, np.full_like(x, 90)], 2).astype(np.uint8)
    left = 8 + 2 * number % (width - 32)
    levels[height // 4 : height // 2, left : left + 20] = (230, 210, 60)
    levels[-12:, -12:] = (200, 20, 20)
    return levels if not scene else 255 - np.roll(levels, (height // 2, width // 3), (0, 1))


def make_clip(
    path: Path,
    *,
    frames: int = 12,
    size: tuple[int, int] = SIZE,
    rate: int = 25,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    sound: str = "",
    times: list[int] | None = None,
    rotation: int = 0,
    scenes: int = 1,
    ratio: Fraction | None = None,
) -> Path:
    """Write a clip. ``times`` are the frames' times in milliseconds; ``sound`` is an encoder's name.

    The sound is as long as the pictures. ``rotation`` is that of the display, in degrees. ``ratio`` is the shape of a
    pixel.
    """
    times = times or [round(1000 * n / rate) for n in range(frames)]
    frames = len(times)
    with av.open(str(path), "w") as clip:
        options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        stream = clip.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.time_base = Fraction(1, 1000 if path.suffix != ".avi" else rate)
        if codec in ("libx264", "libx265"):
            stream.codec_context.options = {**options, "crf": "8"}
        if ratio:
            stream.codec_context.sample_aspect_ratio = ratio
        if rotation:
            stream.set_display_rotation(rotation)
        base = stream.codec_context.time_base
        noise = clip.add_stream(sound, rate=RATE, layout="mono") if sound else None
        if noise is not None:
            add_tone(clip, noise, times[-1] / 1000 + 1 / rate)
        for number, time in enumerate(times):
            shown = picture(number, size, scene=number * scenes // frames)
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = round(Fraction(time, 1000) / base), base
            clip.mux(stream.encode(frame))
        clip.mux(stream.encode(None))
    return path


def add_tone(clip: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    """Write 440 Hz."""
    count = round(seconds * RATE)
    wave = np.sin(2 * np.pi * 440 * np.arange(count) / RATE) * 0.3
    for start in range(0, count, 1024):
        samples = (wave[None, start : start + 1024] * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        clip.mux(stream.encode(frame))
    clip.mux(stream.encode(None))


@dataclass(frozen=True)
class Facts:
    """A clip as it decodes: times in seconds, frames as they are stored, sound in seconds and samples."""

    times: list[float]
    frames: list[np.ndarray]
    rotation: int
    video_codec: str
    sound_codec: str
    sound_seconds: float
    samples: np.ndarray
    duration: float
    comment: str

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.frames[0].shape[:2]
        return width, height


def facts(path: Path) -> Facts:
    """Decode all of a clip."""
    with av.open(str(path)) as clip:
        pictures = list(clip.decode(video=0))
        codec, comment = clip.streams.video[0].codec_context.name, clip.metadata.get("comment", "")
        times = [float(frame.pts * frame.time_base) for frame in pictures]
        duration = (clip.duration or 0) / av.time_base
    samples, sound_codec = np.zeros((1, 0), np.float32), ""
    with av.open(str(path)) as clip:
        if clip.streams.audio:
            sound_codec = clip.streams.audio[0].codec_context.name
            resampler = av.AudioResampler("fltp", "mono", RATE)
            pieces = [piece for frame in clip.decode(audio=0) for piece in resampler.resample(frame)]
            samples = np.concatenate([p.to_ndarray() for p in pieces], 1)
    return Facts(
        times, [frame.to_ndarray(format="rgb24") for frame in pictures], pictures[0].rotation, codec, sound_codec,
        samples.shape[1] / RATE, samples, duration, comment,
    )  # fmt: skip


def with_long_header(path: Path, seconds: int) -> Path:
    """The same Matroska file with a header that announces ``seconds``."""
    data = bytearray(path.read_bytes())
    duration = data.index(b"\x44\x89\x88")  # the element's id, and the size of a double
    struct.pack_into(">d", data, duration + 3, seconds * 1000)
    target = path.with_name(f"long-{path.name}")
    target.write_bytes(data)
    return target
