"""Make the example clip of this folder: `python examples/draw_clip.py [--out DIR]`.

A camera glides over one of the example photos and comes closer, to a soft chord: five seconds, H.264 and AAC.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image

_FOLDER = Path(__file__).resolve().parent
_WIDTH, _HEIGHT, _RATE, _SECONDS = 480, 270, 25, 5
_SOUND_RATE, _AAC_FRAME = 48_000, 1024
# Where the camera looks, in shares of the photo: centre x, centre y, width of the view.
_FROM, _TO = np.array([0.5, 0.62, 0.98]), np.array([0.44, 0.36, 0.5])
_CHORD = (220.0, 277.18, 329.63, 440.0)  # hertz: A major


def frames(photo: np.ndarray) -> Iterator[np.ndarray]:
    """The pictures, ``(270, 480, 3)`` uint8 RGB, of a photo ``(H, W, 3)``."""
    height, width = photo.shape[:2]
    for number in range(_RATE * _SECONDS):
        share = number / (_RATE * _SECONDS - 1)
        x, y, view = _FROM + (_TO - _FROM) * (3 - 2 * share) * share**2  # starts and ends at rest
        scale = view * width / (2 * _WIDTH)
        corner = x * width - scale * _WIDTH, y * height - scale * _HEIGHT
        matrix = np.array([[scale, 0, corner[0]], [0, scale, corner[1]]])
        twice = cv2.warpAffine(
            photo, matrix, (2 * _WIDTH, 2 * _HEIGHT), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )  # fmt: skip
        yield cv2.resize(twice, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)


def tone() -> np.ndarray:
    """The sound, float32 in -1..1: a chord whose notes swell one after the other and fade away."""
    time = np.arange(_SOUND_RATE * _SECONDS) / _SOUND_RATE
    sound = np.zeros_like(time)
    for number, pitch in enumerate(_CHORD):
        swell = np.clip((time - 0.5 * number) / 1.5, 0, 1) * np.clip((_SECONDS - time) / 2, 0, 1)
        tremble = 1 + 0.15 * np.sin(2 * np.pi * (4 + 0.3 * number) * time)
        sound += swell * tremble * (np.sin(2 * np.pi * pitch * time) + 0.2 * np.sin(4 * np.pi * pitch * time))
    return (0.08 * sound).astype(np.float32)


def write(path: Path, photo: np.ndarray) -> None:
    """Write the clip."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as clip:
        video = clip.add_stream("libx264", rate=_RATE, options={"preset": "slow", "crf": "23"})
        video.width, video.height, video.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        audio = clip.add_stream("aac", rate=_SOUND_RATE, layout="mono")
        audio.bit_rate = 64_000
        for picture in frames(photo):
            clip.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        clip.mux(video.encode(None))
        samples = tone()
        for start in range(0, len(samples), _AAC_FRAME):
            piece = av.AudioFrame.from_ndarray(samples[None, start : start + _AAC_FRAME], format="fltp", layout="mono")
            piece.sample_rate, piece.pts, piece.time_base = _SOUND_RATE, start, Fraction(1, _SOUND_RATE)
            clip.mux(audio.encode(piece))
        clip.mux(audio.encode(None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=_FOLDER / "clips", help="default: %(default)s")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    write(out / "pan.mp4", np.asarray(Image.open(_FOLDER / "content" / "bridge.jpg").convert("RGB")))


if __name__ == "__main__":
    main()
