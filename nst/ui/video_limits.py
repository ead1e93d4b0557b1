"""How long and how large a clip this copy of the app paints, and the sentences that tell it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from nst.clip_reader import ClipInfo, ClipReader
from nst.errors import ConfigError
from nst.video_config import VideoConfig

_SHARED = bool(os.environ.get("SPACE_ID"))  # a Space: a visitor must not take the machine from all others
MAX_SECONDS = float(os.environ.get("NST_MAX_VIDEO_SECONDS") or (30 if _SHARED else 0))
"""Seconds of a clip that are painted at a time; 0 for no limit."""
_MOST_FPS = 120  # where seconds are limited: a second can hold any number of frames
MAX_SIDE = int(os.environ.get("NST_MAX_SIZE_VIDEO") or (1280 if _SHARED else 2048))
"""Longer side in pixels."""
UPLOAD_LIMIT = "500mb"


def note() -> str:
    """What a visitor should know before the upload."""
    length = f"Up to {seconds(MAX_SECONDS)}; of a longer clip a part" if MAX_SECONDS else "A clip of any length"
    return (
        f"{length}, with its sound. Pictures over {MAX_SIDE} pixels are made smaller. "
        f"MP4, MOV, WebM, MKV or AVI, up to {UPLOAD_LIMIT.removesuffix('mb')} MB."
    )


def first_look(path: Path) -> tuple[str, float | None]:
    """What there is to say about a clip that was just given, and the seconds to begin with (None: all).

    Raises:
        VideoError: it is none.
    """
    info = ClipReader(path).info
    parts = [facts(info)]
    if max(info.width, info.height) > MAX_SIDE:
        parts.append(f"Its pictures are made smaller, to {MAX_SIDE} pixels.")
    if not _too_long(info):
        return " ".join(parts), None
    parts.append(
        f"This clip is {seconds(info.seconds)} long, and this app paints up to {MAX_SECONDS:g}: the first "
        f"{MAX_SECONDS:g} are chosen. Move the start to paint another part."
    )
    return " ".join(parts), MAX_SECONDS


def facts(info: ClipInfo) -> str:
    """``5.3 seconds · 25 frames a second · 1280×720 pixels · with sound.``"""
    rate = f"{info.fps:.2f}".rstrip("0").rstrip(".")
    sound = "with sound" if info.sound else "without sound"
    return f"{seconds(info.seconds)} · {rate} frames a second · {info.width}×{info.height} pixels · {sound}."


def seconds(number: float) -> str:
    """``5.28`` → ``5.3 seconds``."""
    text = f"{number:.1f}".removesuffix(".0")
    return f"{text} second{'' if text == '1' else 's'}"


def within_limits(config: VideoConfig, info: ClipInfo) -> VideoConfig:
    """``config`` as this app carries it out: with a smaller size for a chosen part that is larger than allowed.

    Raises:
        ConfigError: the chosen part is too long, or has too many frames.
    """
    if _too_long(info):
        what = "The chosen part" if config.start or config.length else "This clip"
        raise ConfigError(
            f"{what} is {seconds(info.seconds)} long, and this app paints up to {MAX_SECONDS:g} at a time: choose a "
            f"part of it with start and length (a length of {MAX_SECONDS:g} or less), or run your own copy."
        )
    if MAX_SECONDS and info.frames > MAX_SECONDS * _MOST_FPS:
        raise ConfigError(
            f"There are {info.frames} frames to paint, and this app paints up to {MAX_SECONDS * _MOST_FPS:.0f} at a "
            "time: choose a shorter part with start and length, or run your own copy."
        )
    own = max(info.width, info.height)
    return replace(config, max_side=MAX_SIDE) if min(own, config.max_side or own) > MAX_SIDE else config


def _too_long(info: ClipInfo) -> bool:
    return bool(MAX_SECONDS) and info.seconds > MAX_SECONDS + 1 / info.fps  # the last frame may stand out
