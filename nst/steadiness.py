"""Steady pictures: the last painting is carried along with the motion of the clip, wherever that motion is certain.

Painted on its own, every frame gets its strokes anew and the clip boils. Optical flow says where each pixel came from
(as in Ruder et al. 2016); where it holds, the painting of the frame before shows through, moved likewise. What strokes
lose where two paintings of them are laid over each other is given back to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_FLOW_SIDE = 640  # pixels, longer side: motion is smooth, so a smaller picture tells it
_SHARE = 0.85  # of the painting before, where the motion is certain; the rest is painted anew and keeps it sharp
_CUT_BELOW = 0.3  # share of the picture in which the motion must be certain; less is a cut to another scene
# Consistency of the flow with the flow back (Sundaram et al. 2010), in pixels squared.
_RELATIVE, _ABSOLUTE = 0.01, 0.5
_MATCH = 24.0  # grey levels by which a pixel and where it came from may differ
_BOUNDARY_RELATIVE, _BOUNDARY_ABSOLUTE = 0.01, 0.002  # change of the motion at the edge of what moves (the same)
_APART = 30.0  # grey levels between two paintings of a place from which the one before counts less; at twice, nothing
_STROKE = 1.0  # pixels, standard deviation: what is finer than this is what blending takes away
_AROUND = (15, 15)  # pixels over which its strength is compared
_MOST_GAIN = 2.0


@dataclass(frozen=True)
class Motion:
    """Where every pixel was one frame earlier.

    Attributes:
        source: ``(H, W, 2)`` float32, x and y in the frame before.
        trust: ``(H, W)`` float32, from 0 (it was hidden, or the flow is wrong) to 1.
    """

    source: np.ndarray
    trust: np.ndarray


class MotionEstimator:
    """Takes the frames of a clip in turn and tells how each came out of the one before."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._before: np.ndarray | None = None

    def __call__(self, image: np.ndarray) -> Motion | None:
        """The motion into ``image`` ``(H, W, 3)`` uint8; None for the first frame and after a cut."""
        height, width = image.shape[:2]
        scale = min(1.0, _FLOW_SIDE / max(height, width))
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        before, self._before = self._before, grey
        if before is None:
            return None
        back = self._flow.calc(grey, before, None)
        there = self._flow.calc(before, grey, None)
        trust = _trust(grey, before, back, there)
        if trust.mean() < _CUT_BELOW:
            return None
        if scale < 1:
            factor = np.array([width / grey.shape[1], height / grey.shape[0]], np.float32)
            back = cv2.resize(back, (width, height), interpolation=cv2.INTER_LINEAR) * factor
            trust = cv2.resize(trust, (width, height), interpolation=cv2.INTER_LINEAR)
        return Motion(back + _grid(height, width), trust)


def _trust(grey: np.ndarray, before: np.ndarray, back: np.ndarray, there: np.ndarray) -> np.ndarray:
    source = back + _grid(*grey.shape)
    there = cv2.remap(there, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    gap = np.square(back + there).sum(2)
    allowed = _RELATIVE * (np.square(back).sum(2) + np.square(there).sum(2)) + _ABSOLUTE
    moved = cv2.remap(before, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    difference = cv2.blur(cv2.absdiff(moved, grey), (3, 3))
    height, width = grey.shape
    x, y = source[..., 0], source[..., 1]
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    bend = np.zeros_like(back)
    bend[:, :-1] += np.square(np.diff(back, axis=1))
    bend[:-1] += np.square(np.diff(back, axis=0))
    smooth = bend.sum(2) <= _BOUNDARY_RELATIVE * np.square(back).sum(2) + _BOUNDARY_ABSOLUTE
    trust = ((gap <= allowed) & inside & smooth & (difference <= _MATCH)).astype(np.float32)
    return cv2.blur(cv2.erode(trust, np.ones((3, 3), np.uint8)), (5, 5))  # away from edges, and without a seam


def _grid(height: int, width: int) -> np.ndarray:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack([x, y], 2)


class Steadier:
    """Takes the paintings of a clip in turn and makes each follow from the one before."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None

    def __call__(self, painting: np.ndarray, motion: Motion | None) -> np.ndarray:
        """``painting`` ``(H, W, 3)`` uint8, steadied by the motion into it; as it is where there is none."""
        fresh = painting.astype(np.float32)
        if motion is None or self._before is None:
            self._before = fresh
            return painting
        # Cubic, because what is carried on is resampled again in every frame, and linear would blur it away.
        moved = cv2.remap(self._before, motion.source, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        change = moved - fresh
        # A trail that an object leaves behind differs far more than two paintings of the same thing.
        apart = cv2.blur(cv2.cvtColor(np.abs(change), cv2.COLOR_RGB2GRAY), (5, 5))
        share = _SHARE * motion.trust * np.clip(2 - apart / _APART, 0, 1)
        self._before = fresh + share[..., None] * change
        return np.clip(_crisp(self._before, fresh) + 0.5, 0, 255).astype(np.uint8)


def _crisp(steady: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """``steady`` with its finest detail as strong, from place to place, as in the painting ``fresh``. It is for the eye
    only: carried on, the gain would grow from frame to frame."""
    gain = cv2.sqrt((_detail(fresh) + 1) / (_detail(steady) + 1))
    fine = steady - cv2.GaussianBlur(steady, (0, 0), _STROKE)
    return steady + (np.clip(gain, 1, _MOST_GAIN) - 1)[..., None] * fine


def _detail(image: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.sqrBoxFilter(grey - cv2.GaussianBlur(grey, (0, 0), _STROKE), -1, _AROUND)
