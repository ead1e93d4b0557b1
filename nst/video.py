"""Video: a clip in, the painting of it out, with its sound; reading, painting and writing go on side by side."""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nst.clip_reader import ClipReader, Frame
from nst.clip_writer import ClipWriter, check_target
from nst.devices import memory_errors
from nst.errors import VideoError
from nst.images import keep_color
from nst.soundtrack import Soundtrack
from nst.stages import Behind, ahead
from nst.steadiness import Motion, MotionEstimator, Steadier
from nst.styles import StyleLibrary
from nst.stylizer import Stylizer
from nst.video_config import VideoConfig, VideoProgress
from nst.weighted import parse_weighted

_BATCH = {"cuda": 8}  # frames at a time; a CPU is no faster with many
_SLACK = 4  # frames that a stage may be ahead of the next; they, and a batch, are all that is held
_RATE_SECONDS = 5.0  # over which the speed is told
_DAMAGED = "A part of this video could not be read; the painting holds the rest."


def stylize_video(
    source: Path, target: Path, stylizer: Stylizer, config: VideoConfig, library: StyleLibrary | None = None
) -> Iterator[VideoProgress]:
    """Paint a clip.

    The result has the frames, the times and the sound of the source (or of the chosen part), and its size unless
    ``config.max_side`` or evenness says otherwise. It appears as ``target`` when the generator is exhausted; closed
    (or interrupted by Ctrl-C) before that, it holds what has been painted until then. After an error nothing is left
    behind. Memory does not depend on the length of the clip. ``library`` holds the styles that ``config`` names; the
    stylizer's own by default.

    Raises:
        VideoError: no clip, or one that cannot be read; the target cannot be written. ConfigError: unknown styles,
            settings that cannot work, not enough memory.
    """
    check_target(target)
    if target.exists() and source.exists() and target.samefile(source):
        raise VideoError("The output would overwrite the clip: give it another name.")
    code_at = _codes(library or stylizer.library, config)
    reader = ClipReader(source, config.start, config.length, config.max_side)
    finisher = _Finisher(reader, target, config, stylizer.trunk.fingerprint)
    size = _BATCH.get(stylizer.device.type, 1)
    clock = _Clock(reader.info.frames)
    with ahead(_with_motion(reader, config.temporal), _SLACK + size) as frames:
        behind = Behind(finisher.take, _SLACK + size)
        try:
            while batch := list(islice(frames, size)):
                moments = [float(frame.pts * reader.time_base) / reader.info.seconds for frame, _ in batch]
                paintings = _paint(stylizer, [frame for frame, _ in batch], map(code_at, moments), config.strength)
                for (frame, motion), painting in zip(batch, paintings, strict=True):
                    behind.put(_Painted(frame, motion, painting))
                if finisher.last:
                    yield clock.progress(finisher)
            behind.finish()
            finisher.finish(whole=True)
        except (GeneratorExit, KeyboardInterrupt):
            behind.finish()
            finisher.finish(whole=False)
            raise
        except BaseException:
            behind.abandon()
            finisher.discard()
            raise
    yield clock.progress(finisher, done=True)


def _codes(library: StyleLibrary, config: VideoConfig) -> Callable[[float], Tensor]:
    """The style's code at each moment of the clip, from 0 to 1."""
    if not config.morph:
        code = library.mix(config.style)
        return lambda moment: code
    stops = [library.mix(style_id) for style_id, _ in parse_weighted(config.style, "style")]

    def between(moment: float) -> Tensor:
        place = min(max(moment, 0.0), 1.0) * (len(stops) - 1)
        first = min(int(place), len(stops) - 2)
        return torch.lerp(stops[first], stops[first + 1], place - first)

    return between


def _with_motion(reader: ClipReader, temporal: bool) -> Iterator[tuple[Frame, Motion | None]]:
    estimate = MotionEstimator() if temporal else None
    for frame in reader.frames():
        yield frame, estimate(frame.image) if estimate else None


def _paint(stylizer: Stylizer, frames: list[Frame], codes: Iterable[Tensor], strength: float) -> np.ndarray:
    """Paintings ``(N, H, W, 3)`` uint8."""
    images = torch.from_numpy(np.stack([frame.image for frame in frames])).to(stylizer.device)
    with memory_errors("choose a smaller size"):
        painted = stylizer.paint(images.permute(0, 3, 1, 2).float() / 255, torch.stack(list(codes)), strength)
        levels = painted.clamp(0, 1).mul_(255).add_(0.5).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


class _Painted(NamedTuple):
    frame: Frame
    motion: Motion | None
    painting: np.ndarray


class _Finisher:
    """What follows painting, frame by frame: steadying, colours, writing."""

    def __init__(self, reader: ClipReader, target: Path, config: VideoConfig, trunk: str) -> None:
        self._reader, self._target, self._config = reader, target, config
        self._comment = json.dumps(config.describe(trunk), sort_keys=True)
        self._steadier = Steadier()
        self._writer: ClipWriter | None = None
        self._end = 0.0  # of the last frame, in seconds
        self.last: tuple[np.ndarray, np.ndarray] | None = None
        """The last frame written, before and after."""
        self.frames = 0
        """Frames written."""

    @property
    def damaged(self) -> bool:
        """Whether a part of the source could not be read."""
        return self._reader.damaged

    def take(self, item: _Painted) -> None:
        """Finish one frame."""
        image, painting = item.frame.image, item.painting
        if self._config.temporal:
            painting = self._steadier(painting, item.motion)
        if self._config.keep_color != "off":
            kept = keep_color(Image.fromarray(painting), Image.fromarray(image), self._config.keep_color)
            painting = np.asarray(kept)
        self._writer = self._writer or self._open()  # not before: the sound begins with the first frame
        self._writer.add(painting, item.frame.pts, item.frame.duration)
        self._end = float((item.frame.pts + item.frame.duration) * self._reader.time_base)
        self.frames += 1
        self.last = image, painting

    def finish(self, *, whole: bool) -> None:
        """Put the file in its place, with all of the sound or as much as there are pictures."""
        if self._writer is None:
            if whole:
                raise VideoError("No picture of this video can be read: it is damaged, or uses an unknown codec.")
            return
        self._writer.finish(math.inf if whole and not self._reader.cut else self._end)

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._writer is not None:
            self._writer.discard()

    def _open(self) -> ClipWriter:
        reader = self._reader
        sound = Soundtrack(reader.path, reader.begin, cut=reader.cut)
        return ClipWriter(self._target, reader.size, reader.time_base, reader.info.fps, sound, self._comment)


class _Clock:
    """How fast it goes."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._start = time.perf_counter()
        self._marks = deque([(self._start, 0)])

    def progress(self, finisher: _Finisher, *, done: bool = False) -> VideoProgress:
        now, written = time.perf_counter(), finisher.frames
        self._marks.append((now, written))
        while len(self._marks) > 2 and now - self._marks[1][0] > _RATE_SECONDS:
            self._marks.popleft()
        then, before = self._marks[0]
        fps = (written - before) / (now - then)
        frames = written if done else max(self._frames, written)
        return VideoProgress(
            frame=written, frames=frames, seconds=now - self._start, fps=fps,
            eta=(frames - written) / fps if fps else math.inf,
            before=finisher.last[0], after=finisher.last[1],
            note=_DAMAGED if done and finisher.damaged else "", done=done,
        )  # fmt: skip
