"""Every choice of painting a clip in one frozen dataclass, and what became of it so far."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nst.errors import ConfigError
from nst.stylize_config import StylizeConfig
from nst.weighted import parse_weighted

_MOST_SECONDS = 1e9  # no clip is longer; NaN and infinity are not less either


@dataclass(frozen=True)
class VideoConfig(StylizeConfig):
    """How to paint a clip: as a picture is painted, see :class:`nst.stylize_config.StylizeConfig`, and besides

    Attributes:
        temporal: carry the painting along with the motion, so that it does not flicker; False paints each frame on
            its own.
        morph: go through the styles one after the other, evenly over the clip, instead of mixing them.
        start: seconds of the clip to leave out at its beginning.
        length: seconds of it to paint; None (or 0) for all that follows.

    Raises:
        ConfigError: a value that cannot work; the sentence says which.
    """

    temporal: bool = True
    morph: bool = False
    start: float = 0.0
    length: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.strokes or self.fine:
            raise ConfigError("The settings strokes and fine are for pictures: a clip is painted at its own size.")
        for name in ("temporal", "morph"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"The setting {name} is either true or false.")
        if self.morph:
            styles = parse_weighted(self.style, "style")
            if len(styles) < 2:
                raise ConfigError("A morph goes from style to style: name at least two, such as udnie,the_scream.")
            if any(weight != 1 for _, weight in styles):
                raise ConfigError("The styles of a morph have no weights: each has its moment.")
        if not _seconds(self.start) or self.start < 0:
            raise ConfigError("The start is a number of seconds, 0 or more.")
        if self.length is not None and (not _seconds(self.length) or self.length < 0):
            raise ConfigError("The length is a number of seconds, or 0 for all that follows the start.")
        object.__setattr__(self, "start", float(self.start))
        object.__setattr__(self, "length", float(self.length) if self.length else None)

    def describe(self, trunk: str) -> dict[str, Any]:
        settings = {name: value for name, value in asdict(self).items() if name not in ("strokes", "fine")}
        return {**settings, "mode": "video", "trunk": trunk}


def _seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST_SECONDS


@dataclass(frozen=True)
class VideoProgress:
    """Where a clip is.

    Attributes:
        frame, frames: painted and written so far, of so many; the total is what the file announces, and may turn out
            smaller where the file is damaged.
        seconds: since the start.
        fps: frames painted a second, over the last few seconds.
        eta: seconds to go.
        before, after: the last frame written, ``(H, W, 3)`` uint8, as it was and painted.
        note: what the user should know, such as that a part of the file could not be read; usually empty.
        done: the file is whole and in its place.
    """

    frame: int
    frames: int
    seconds: float
    fps: float
    eta: float
    before: np.ndarray
    after: np.ndarray
    note: str = ""
    done: bool = False
