"""Drawing tools shared by the style pictures: noise, colour ramps, flow lines, brush strokes, relief.

Colours are RGB in 0..255; images are float32 arrays (height, width, 3) unless a function says otherwise. Every random
choice comes from the generator handed in, so a picture is a pure function of its seed.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

Array = np.ndarray
Colour = Sequence[float]
Points = Array | Sequence[Sequence[float]]
Shape = tuple[int, int]


def noise(rng: np.random.Generator, shape: Shape, cell: float | tuple[float, float], octaves: int = 4) -> Array:
    """Return smooth fractal noise in 0..1 whose largest blobs are about `cell` pixels (or (high, wide))."""
    height, width = shape
    cell_y, cell_x = cell if isinstance(cell, tuple) else (cell, cell)
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        rows, cols = (max(2, round(n * 2**octave / c)) + 3 for n, c in ((height, cell_y), (width, cell_x)))
        grid = rng.standard_normal((rows, cols)).astype(np.float32)
        # The grid is drawn a little too large and then cropped: resizing flattens its outermost cells.
        dy, dx = height // (rows - 2) + 1, width // (cols - 2) + 1
        big = cv2.resize(grid, (width + 2 * dx, height + 2 * dy), interpolation=cv2.INTER_CUBIC)
        total += big[dy : dy + height, dx : dx + width] * 0.5**octave
    # The values are close to normal; a logistic curve spreads them almost evenly over 0..1.
    return 1 / (1 + np.exp(-1.7 * (total - total.mean()) / (total.std() + 1e-6)))


def profile(rng: np.random.Generator, width: int, cell: float, octaves: int = 4) -> Array:
    """Return one row of noise, shape (1, width), for skylines."""
    return noise(rng, (3, width), (3, cell), octaves)[1:2]


def grid_xy(shape: Shape) -> tuple[Array, Array]:
    """Return the x and y coordinate of every pixel."""
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    return xs, ys


def smoothstep(low: float, high: float, values: Array) -> Array:
    """Rise from 0 at `low` to 1 at `high` without corners (`low` may be the larger one)."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def ramp(values: Array, stops: Sequence[tuple[float, Colour]]) -> Array:
    """Map values to colours by straight interpolation between (value, colour) stops."""
    at = [value for value, _ in stops]
    return np.stack([np.interp(values, at, [c[i] for _, c in stops]) for i in range(3)], -1).astype(np.float32)


def mix(under: Array, over: Array | Colour, mask: Array | float) -> Array:
    """Lay `over` (an image or one colour) on `under` where `mask` (0..1) says so."""
    return under + (np.asarray(over, np.float32) - under) * np.asarray(mask, np.float32)[..., None]


def warp(image: Array, dx: Array | float, dy: Array | float) -> Array:
    """Sample `image` at every pixel shifted by (dx, dy)."""
    xs, ys = grid_xy(image.shape[:2])
    return cv2.remap(
        image.astype(np.float32),
        np.float32(xs + dx),
        np.float32(ys + dy),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )


def gradient(field: Array, size: int = 3) -> tuple[Array, Array]:
    """Return the slope of a field along x and y."""
    return tuple(
        cv2.Sobel(np.float32(field), cv2.CV_32F, i, 1 - i, ksize=size, scale=2.0 ** (3 - 2 * size)) for i in (1, 0)
    )


def at_points(field: Array, points: Array) -> Array:
    """Read a field at (x, y) points, clamped to its border."""
    x = np.clip(points[..., 0], 0, field.shape[1] - 1).astype(np.intp)
    y = np.clip(points[..., 1], 0, field.shape[0] - 1).astype(np.intp)
    return field[y, x]


def scatter(rng: np.random.Generator, shape: Shape, spacing: float) -> Array:
    """Return shuffled (x, y) points, one somewhere in each square cell, so that they cover the picture evenly."""
    ys, xs = np.mgrid[-spacing : shape[0] + spacing : spacing, -spacing : shape[1] + spacing : spacing]
    return rng.permutation(np.stack([xs.ravel(), ys.ravel()], 1) + rng.uniform(0, spacing, (xs.size, 2)))


def spline(points: Points, steps: int = 16) -> Array:
    """Return a smooth curve (Catmull-Rom) through the points, `steps` samples a span."""
    p = np.asarray(points, np.float64)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None] for i in range(4))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.vstack([curve.reshape(-1, 2), p[-2:-1]])


def _fixed(points: Points) -> list[Array]:
    """Points as OpenCV wants them for drawing with sub-pixel precision (4 fractional bits)."""
    return [np.round(np.asarray(points) * 16).astype(np.int32)]


def fill(target: Array, points: Points, colour: Colour | float) -> None:
    """Fill a polygon in a uint8 image."""
    cv2.fillPoly(target, _fixed(points), colour, cv2.LINE_AA, 4)


def line(target: Array, points: Points, colour: Colour | float, thick: float = 1) -> None:
    """Draw an open curve into a uint8 image."""
    cv2.polylines(target, _fixed(points), False, colour, max(1, round(thick)), cv2.LINE_AA, 4)


def dots(target: Array, centres: Points, radii: Sequence[float] | Array, colour: Colour | float) -> None:
    """Fill circles in an image."""
    for (x, y), r in zip(centres, radii, strict=True):
        cv2.circle(target, (round(x * 16), round(y * 16)), round(r * 16), colour, -1, cv2.LINE_AA, 4)


def polygon(shape: Shape, points: Points, soft: float = 0) -> Array:
    """Return a 0..1 mask of a filled polygon, blurred by `soft` pixels."""
    mask = np.zeros(shape, np.uint8)
    fill(mask, points, 255)
    return (cv2.GaussianBlur(mask, (0, 0), soft) if soft else mask).astype(np.float32) / 255


def border_distance(numbers: Array) -> Array:
    """Return how far every pixel is from the nearest place where the numbers change."""
    same = np.ones(numbers.shape, np.uint8)
    same[1:] &= numbers[1:] == numbers[:-1]
    same[:, 1:] &= numbers[:, 1:] == numbers[:, :-1]
    return cv2.distanceTransform(same, cv2.DIST_L2, 5)


def trace(points: Array, angle: Array, lengths: Array, steps: int = 8) -> Array:
    """Follow a direction field from each point both ways; return paths of shape (points, 2 * steps + 1, 2)."""
    halves = []
    for sign in (-1, 1):
        here, heading, path = points, None, []
        for _ in range(steps):
            a = at_points(angle, here)
            step = np.stack([np.cos(a), np.sin(a)], 1) * sign
            if heading is not None:  # an angle and its opposite mean the same line: never turn back
                step *= np.where((step * heading).sum(1) < 0, -1, 1)[:, None]
            heading, here = step, here + step * (lengths / (2 * steps))[:, None]
            path.append(here)
        halves.append(path)
    return np.stack([*halves[0][::-1], points, *halves[1]], 1)


def middle_run(free: Array) -> tuple[Array, Array]:
    """For each row of booleans return the run of True around its middle as [start, stop); empty if stop <= start."""
    centre = free.shape[1] // 2
    start = centre + 1 - np.argmin(np.pad(free[:, centre::-1], ((0, 0), (0, 1))), 1)
    return start, centre + np.argmin(np.pad(free[:, centre:], ((0, 0), (0, 1))), 1)


def brush(
    canvas: Array, relief: Array, rng: np.random.Generator, paths: Array, colours: Array, width: float, streak: float
) -> None:
    """Paint strokes in place: each is a bundle of hairs that differ in colour (by `streak`) and in paint thickness.

    `canvas` and `relief` are uint8; `relief` receives the thickness, for `light_relief`.
    """
    hairs = round(5 + width / 5)
    thick = max(1, round(1.7 * width / hairs))
    across = np.linspace(-0.5, 0.5, hairs)
    along = np.gradient(paths, axis=1)
    normal = np.stack([-along[..., 1], along[..., 0]], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-6
    length = paths.shape[1]
    for path, side, colour in zip(paths, normal, colours, strict=True):
        # The hairs start and stop raggedly, and paint piles up a little along both edges of the stroke.
        start = rng.integers(0, max(1, length // 4), hairs)
        stop = length - rng.integers(0, max(1, length // 4), hairs)
        tint = np.clip(colour + rng.normal(0, streak, (hairs, 1)) + rng.normal(0, streak / 3, (hairs, 3)), 0, 255)
        body = np.clip(rng.normal(118, 12) + 40 * np.abs(across) + rng.normal(0, 26, hairs), 0, 255)
        for h in rng.permutation(hairs):
            hair = path[start[h] : stop[h]] + side[start[h] : stop[h]] * (across[h] * width)
            line(canvas, hair, tint[h].tolist(), thick)
            line(relief, hair, float(body[h]), thick)


def light_relief(image: Array, relief: Array, strength: float, shine: float = 0, soft: float = 0.8) -> Array:
    """Light a thickness map from the upper left: its ridges catch light and throw small shadows."""
    slope = sum(gradient(cv2.GaussianBlur(np.float32(relief), (0, 0), soft))) / 32
    lit = image * (1 + np.clip(slope * strength, -0.45, 0.45))[..., None]
    return lit + 255 * shine * np.clip(slope - 0.35, 0, 1)[..., None]


def finish(image: Array, size: tuple[int, int]) -> Array:
    """Shrink an oversized drawing to `size` (width, height) and return it as uint8."""
    small = cv2.resize(np.clip(image, 0, 255).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)
