"""How steady painted clips are: ``python train/evaluate.py --video``.

The measure is the warping error (E_warp) between consecutive pictures, brought onto each other by the *true* motion: of
two rendered scenes of MPI-Sintel, and of clips made from the held-out photographs by a camera whose motion is known
exactly. A blurred clip is steady too, so the sharpness that is left stands beside it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.images import open_image, to_image, to_tensor  # noqa: E402
from nst.metrics import sharpness, warping_error  # noqa: E402
from nst.steadiness import Motion, MotionEstimator, Steadier  # noqa: E402
from nst.styles import Style  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402

SINTEL = ("sintel_easy", "sintel_hard")
SYNTHETIC = "synthetic"
_FRAMES, _SIDE = 8, 320
_FLOW_MAGIC = 202021.25  # the first four bytes of a .flo file, as a float
_MARGIN = 0.84  # share of a photo's sides that a clip begins with; the rest is room for the camera to move in
_GRAIN = 1.0  # grey levels of a camera's noise
_EXACT = 1e-3  # pixels to which the motion is solved for


@dataclass(frozen=True)
class Moved:
    """How frame ``index`` of a clip becomes the next: flow ``(1, 2, H, W)`` in pixels, and what of it the next frame
    shows, ``(H, W)`` bool."""

    index: int
    flow: Tensor
    visible: Tensor


@dataclass(frozen=True)
class Clip:
    """Frames ``(H, W, 3)`` uint8, and the true motion between some of them."""

    frames: list[np.ndarray]
    moves: list[Moved]


def read_flow(path: Path) -> Tensor:
    """The motion in a Middlebury ``.flo`` file, ``(1, 2, H, W)`` in pixels to the right and down.

    Raises:
        ValueError: not such a file, or not a whole one.
    """
    data = path.read_bytes()
    if len(data) < 12 or np.frombuffer(data, "<f4", 1)[0] != np.float32(_FLOW_MAGIC):
        raise ValueError(f"{path.name} is not a .flo file.")
    width, height = np.frombuffer(data, "<i4", 2, 4)
    if min(width, height) < 1 or len(data) != 12 + 8 * int(width) * int(height):
        raise ValueError(f"{path.name} is damaged.")
    flow = np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2)
    return torch.from_numpy(flow.astype(np.float32)).permute(2, 0, 1)[None].contiguous()


def sintel_clip(folder: Path) -> Clip:
    """Frames 1 to 3 of a scene, with the motion from the second to the third.

    The masks name pixels of frame 2: those that frame 3 hides, and those whose flow is not valid.
    """
    frames = [np.asarray(open_image(folder / f"frame_{number:04}.png")) for number in (1, 2, 3)]
    hidden, invalid = (
        torch.from_numpy(np.asarray(Image.open(folder / "gt" / mask / "frame_0002.png").convert("L")) > 0)
        for mask in ("occlusions", "invalid")
    )
    return Clip(frames, [Moved(1, read_flow(folder / "gt" / "frame_0002.flo"), ~(hidden | invalid))])


class _Camera:
    """A camera that pans, zooms, turns and tilts over a photograph, through air that shimmers a little, at steady speed
    from one end of its way to the other: where each pixel of a frame looks, in pixels of the photo."""

    def __init__(self, photo: tuple[int, int], size: tuple[int, int], rng: np.random.Generator) -> None:
        self._middle, self._centre = np.array(photo) / 2 - 0.5, np.array(size) / 2 - 0.5
        self._scale = photo[0] * _MARGIN / size[0]
        angle = rng.uniform(0, 2 * np.pi)
        self._pan = rng.uniform(1, 3) * np.array([np.cos(angle), np.sin(angle)])  # pixels a frame
        self._turn = rng.choice([-1, 1]) * rng.uniform(0.002, 0.006)  # radians a frame
        self._zoom = rng.choice([-1, 1]) * rng.uniform(0.002, 0.007)
        self._tilt = rng.uniform(-1, 1, 2) * 0.01 / max(size)
        self._waves = rng.uniform(-1, 1, (3, 2)) * 2 * np.pi / max(size)  # less than one over the frame
        self._heights = rng.uniform(-0.25, 0.25, (3, 2))  # pixels a frame
        self._phases = rng.uniform(0, 2 * np.pi, 3)

    def __call__(self, points: np.ndarray, time: float) -> np.ndarray:
        """``points`` ``(…, 2)`` x, y in the frame at ``time`` (0 in the middle of the clip) → in the photo."""
        u = points - self._centre
        swell = np.sin(u @ self._waves.T + self._phases) @ self._heights * time
        u = u / (1 + (u @ self._tilt * time))[..., None] @ self._rotation(time).T
        return self._middle + self._scale * (np.exp(self._zoom * time) * u + self._pan * time + swell)

    def find(self, places: np.ndarray, time: float) -> np.ndarray:
        """The inverse: which points of the frame look at ``places``; Newton's method with the affine part's slope."""
        points = np.broadcast_to(self._centre, places.shape)
        back = self._rotation(-time).T / (self._scale * np.exp(self._zoom * time))
        for _ in range(20):
            error = places - self(points, time)
            if np.abs(error).max() < _EXACT * self._scale:
                return points
            points = points + error @ back
        raise ValueError("The motion cannot be inverted.")

    def _rotation(self, time: float) -> np.ndarray:
        angle = self._turn * time
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def synthetic_clip(photo: Image.Image, seed: int) -> Clip:
    """A clip that a moving camera takes of a photograph. Every frame is rendered from the photo itself, which is
    larger, so that none is blurrier than another."""
    rng = np.random.default_rng(seed)
    source = np.asarray(photo)
    scale = _SIDE / max(photo.size)
    width, height = (round(side * scale) for side in photo.size)
    camera = _Camera(photo.size, (width, height), rng)
    times = np.arange(_FRAMES) - (_FRAMES - 1) / 2
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float64)
    frames, moves = [], []
    for index, time in enumerate(times):
        looks = [camera(grid + (dx, dy), time).astype(np.float32) for dx in (-0.25, 0.25) for dy in (-0.25, 0.25)]
        rendered = np.mean(
            [cv2.remap(source, at, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT) for at in looks],
            0, dtype=np.float32,
        )  # fmt: skip
        noisy = rendered + _GRAIN * rng.standard_normal(rendered.shape, np.float32)
        frames.append(np.clip(noisy + 0.5, 0, 255).astype(np.uint8))
        if index + 1 < _FRAMES:
            flow = camera.find(camera(grid, time), times[index + 1]) - grid
            flow = torch.from_numpy(flow.astype(np.float32)).permute(2, 0, 1)[None].contiguous()
            moves.append(Moved(index, flow, torch.ones(height, width, dtype=torch.bool)))
    return Clip(frames, moves)


def motions(clip: Clip) -> list[Motion | None]:
    """What the app takes for the motion into each frame."""
    estimate = MotionEstimator()
    return [estimate(frame) for frame in clip.frames]


def painted(stylizer: Stylizer, style: Style, clip: Clip) -> list[np.ndarray]:
    """Every frame painted on its own."""
    return [np.asarray(to_image(stylizer.paint(to_tensor(Image.fromarray(x)), style.code[None]))) for x in clip.frames]


def steadied(paintings: Iterable[np.ndarray], motion: Iterable[Motion | None]) -> list[np.ndarray]:
    """The paintings as the app makes them follow from each other."""
    steady = Steadier()
    return [steady(painting, into) for painting, into in zip(paintings, motion, strict=True)]


def clip_error(pictures: Sequence[np.ndarray], clip: Clip) -> float:
    """E_warp ×1000, mean over the pairs of frames whose true motion is known."""
    tensors = [to_tensor(Image.fromarray(picture)) for picture in pictures]
    return statistics.mean(
        warping_error(tensors[move.index], tensors[move.index + 1], move.flow, move.visible) for move in clip.moves
    )


def clips_error(pictures: Sequence[Sequence[np.ndarray]], clips: Sequence[Clip]) -> float:
    """Mean of :func:`clip_error` over clips, each as its pictures."""
    return statistics.mean(clip_error(*pair) for pair in zip(pictures, clips, strict=True))


def sharpness_kept(steady: Sequence[np.ndarray], paintings: Sequence[np.ndarray]) -> float:
    """Sharpness of the last steadied frame, where most has been blended, over that of its painting."""
    last, painting = (sharpness(to_tensor(Image.fromarray(pictures[-1]))) for pictures in (steady, paintings))
    return last / painting


def style_rows(
    stylizer: Stylizer, style: Style, clips: Sequence[Clip], motion: Sequence[Sequence[Motion | None]]
) -> dict[str, float]:
    """One style's E_warp frame by frame and with flow, their ratio, and the sharpness kept; means over the clips."""
    paintings = [painted(stylizer, style, clip) for clip in clips]
    steady = [steadied(*pair) for pair in zip(paintings, motion, strict=True)]
    frames, flow = clips_error(paintings, clips), clips_error(steady, clips)
    kept = statistics.mean(sharpness_kept(*pair) for pair in zip(steady, paintings, strict=True))
    return {"frames": frames, "flow": flow, "ratio": flow / frames, "sharpness": kept}


def evaluate_video(stylizer: Stylizer, styles: Sequence[Style], args: argparse.Namespace) -> dict[str, Any]:
    """The table, printed as it comes and returned for the JSON file: for each row, a value for each set of clips."""
    sets = _sets(args)
    motion = {name: [motions(clip) for clip in clips] for name, clips in sets.items()}
    print("| E_warp ×1000 | " + " | ".join(sets) + " |\n" + "|---" * (len(sets) + 1) + "|")
    table: dict[str, dict[str, float]] = {}

    def add(row: str, label: str, values: dict[str, float]) -> None:
        table[row] = values
        _print(label, values)

    add("input", "the clips themselves", {k: clips_error([c.frames for c in v], v) for k, v in sets.items()})
    if args.without_stability:
        before = Stylizer(args.without_stability / "trunk.safetensors", args.without_stability / "styles", args.device)
        same = [before.library[style.info.id] for style in styles]
        errors = {
            name: statistics.mean(clips_error([painted(before, style, c) for c in clips], clips) for style in same)
            for name, clips in sets.items()
        }
        add("without_stability", "frame by frame, without temporal training", errors)
    by_style: dict[str, dict[str, dict[str, float]]] = {}
    for style in styles:
        rows = {name: style_rows(stylizer, style, clips, motion[name]) for name, clips in sets.items()}
        by_style[style.info.id] = rows
        _print(f"{style.info.id}: with flow / frame by frame", {name: row["ratio"] for name, row in rows.items()})
    for row, label, average in (
        ("frames", "**frame by frame**, mean", statistics.mean),
        ("flow", "**with flow**, mean", statistics.mean),
        ("ratio", "with flow / frame by frame, median", statistics.median),
        ("sharpness", "sharpness kept, median", statistics.median),
    ):
        add(row, label, {name: average(rows[name][row] for rows in by_style.values()) for name in sets})
    return {"clip_frames": _FRAMES, "side": _SIDE, "photos": len(sets[SYNTHETIC]), **table, "styles": by_style}


def _sets(args: argparse.Namespace) -> dict[str, list[Clip]]:
    files = sorted((args.data / "photos" / "eval").glob("*.jpg"))
    count = min(args.photos or len(files), len(files))
    photos = (open_image(files[i * len(files) // count]) for i in range(count))
    sintel = {name: [sintel_clip(args.data / "video" / name)] for name in SINTEL}
    return {**sintel, SYNTHETIC: [synthetic_clip(photo, seed) for seed, photo in enumerate(photos)]}


def _print(name: str, row: dict[str, float]) -> None:
    print(f"| {name} | {' | '.join(f'{value:.3g}' for value in row.values())} |", flush=True)
