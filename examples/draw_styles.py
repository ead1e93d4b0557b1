"""Draw the style pictures of this folder: `python examples/draw_styles.py [--out DIR] [--only ID]`.

Each picture is drawn at twice its final size (or a little more) from a fixed seed and then shrunk, so a second run
gives the same pixels.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

# `brushwork` lies beside this script; the split keeps import sorting the same from whichever folder a linter runs.
# isort: split
from brushwork import (
    Array,
    Colour,
    Points,
    at_points,
    border_distance,
    brush,
    dots,
    fill,
    finish,
    gradient,
    grid_xy,
    light_relief,
    line,
    middle_run,
    mix,
    noise,
    polygon,
    profile,
    ramp,
    scatter,
    smoothstep,
    spline,
    trace,
    warp,
)


def _breaker(
    rng: np.random.Generator, art: Array, ink: Array, origin: Points, scale: float, inks: list[Colour], flip: int
) -> None:
    """Draw one breaking wave: a striped body that narrows into the curl, and foam with claws along its lip."""
    tip = [(0.78, -0.7), (0.74, -0.42)]
    back = [(-3.1, 1.4), (-1.9, 0.45), (-1.25, -0.1), (-0.62, -0.78), (0.02, -1.12), (0.52, -1.02), *tip]
    face = [(2.7, 1.4), (1.5, 0.62), (0.86, 0.42), (0.36, 0.02), (0.2, -0.42), (0.36, -0.74), (0.6, -0.7), tip[1]]
    lean, stretch = rng.normal(0, 0.12), rng.normal(1, 0.1)
    shear = np.array([[flip, 0], [-lean * flip, stretch]]) * scale
    back, face = (spline(side, 24) @ shear + origin for side in (back, face))
    steps = np.linspace(0, 1, 15)
    steps[1:-1] += rng.uniform(-0.025, 0.025, 13)
    curves = [back + (face - back) * t for t in steps]
    pen = max(1.6, scale / 115)
    for i, (a, b) in enumerate(zip(curves, curves[1:], strict=False)):
        band = np.vstack([a, b[::-1]])
        fill(art, band, inks[i % len(inks)])
        fill(ink, band, 0)
    for i, (a, b) in enumerate(zip(curves, curves[1:], strict=False)):
        line(ink, a, 255, pen * (1.6 if i == 0 else 1))
        for t in (0.33, 0.62, 0.85) if scale > 120 else ():  # hairlines that start and stop inside each stripe
            start, stop = np.sort(rng.integers(0, len(a), 2))
            if stop - start > 12:
                line(ink, (a + (b - a) * (t + rng.normal(0, 0.05)))[start:stop], 190, pen * 0.6)
    line(ink, curves[-1], 255, pen * 1.6)
    # Foam is lumps along the lip, claws that reach out of it and spray thrown ahead. All of it is drawn in ink first
    # and then a pen's width smaller in white, which leaves one outline around the whole mass.
    n = len(back)
    centres: list[Array] = []
    radii: list[float] = []
    for i in np.linspace(0.36 * n, n - 1, 64).astype(int):
        t = max(0.0, (i / n - 0.36) / 0.64)
        centres.append(back[i] + rng.normal(0, scale * (0.012 + 0.028 * t), 2))
        radii.append(scale * (0.014 + 0.085 * t**1.3) * rng.uniform(0.6, 1.25))
    lumps = len(centres)
    for i in np.linspace(0.55 * n, n - 1, 30).astype(int):
        here, ahead = back[i], back[i] - back[i - 4]
        angle = np.arctan2(ahead[1], ahead[0]) + flip * rng.uniform(-1.5, 1.1)
        r, bend = scale * rng.uniform(0.036, 0.062), flip * rng.uniform(0.12, 0.34)
        for _ in range(11):
            centres.append(here)
            radii.append(r)
            here = here + np.array([np.cos(angle), np.sin(angle)]) * r * 0.85
            angle, r = angle + bend, r * 0.86
    for _ in range(70):
        throw = np.array([flip * rng.gamma(1.6, 0.13), 0.06 - rng.gamma(1.5, 0.13)])
        centres.append(back[rng.integers(n // 2, n)] + throw * scale)
        radii.append(scale * rng.uniform(0.005, 0.02))
    dots(ink, centres, np.add(radii, pen), 255)
    dots(ink, centres, radii, 0)
    dots(art, centres, np.add(radii, pen), (245, 238, 220))
    for (x, y), r in zip(centres[:lumps], radii[:lumps], strict=True):
        turn = rng.uniform(0, 1.4)
        for size, tint in ((0.72, (150, 186, 200)), (0.4, (92, 140, 172))):
            a = turn + np.linspace(0, 2.1, 9)
            arc = np.stack([x - 0.1 * flip * r + size * r * np.cos(a), y + 0.2 * r + size * r * np.sin(a)], 1)
            line(art, arc, tint, pen * 0.8)


def waves() -> Array:
    """Breaking waves under a red sun, printed like a woodblock: few inks, outlines, the grain of the block."""
    rng = np.random.default_rng(5)
    shape = height, width = 1280, 1664
    xs, ys = grid_xy(shape)
    # The clouds are steps of one smooth field, each edged in ink, over a gradation from blue to apricot.
    level = 10 * noise(rng, shape, (150, 1500), 3) + 1.6 * noise(rng, shape, (44, 260), 2)
    step = np.floor(level) % 4
    blue, apricot = (44, 84, 128), (222, 138, 106)
    fade = [(0, blue), (0.2, (116, 156, 170)), (0.45, (226, 212, 178)), (0.75, (240, 194, 146)), (1, apricot)]
    sky = ramp(ys / 700, fade)
    disc = np.hypot(xs - 1150, ys - 330) - 150
    sky = mix(sky, (205, 60, 42), smoothstep(2, -1, disc))
    sky = mix(sky, (246, 236, 212), 0.75 * (step == 1)) * np.where(step == 3, 0.93, 1)[..., None]
    edge = np.abs(level - np.round(level)) / (np.hypot(*gradient(level)) + 1e-5)  # pixels to the nearest step
    ink = np.uint8(255 * np.maximum(0.75 * smoothstep(2, 0.9, edge), smoothstep(3, 1.6, np.abs(disc))))
    art = np.uint8(np.clip(sky, 0, 255))
    deep, mid, pale, white = (20, 46, 96), (44, 96, 150), (128, 176, 192), (236, 232, 214)
    sets = [
        [deep, mid, deep, pale],
        [deep, deep, mid, white],
        [mid, deep, pale, deep, mid],
        [deep, white, mid, deep, mid],
    ]
    x = np.arange(-20, width + 21, 8)
    rows = (560, 46, 120), (610, 80, 190), (690, 120, 280), (800, 180, 400), (960, 250, 560), (1200, 350, 800)
    for base, scale, gap in rows:
        for i in range(9):  # plain ripples carry each row of breakers
            y = base + scale * (0.45 + 0.16 * i + 0.07 * np.sin(x / (scale * 0.5) + rng.uniform(0, 6)))
            crest = np.stack([x, y + 0.05 * scale * np.sin(x / (scale * 0.21) + rng.uniform(0, 6))], 1)
            body = np.vstack([crest, [(width + 20, height), (-20, height)]])
            fill(art, body, (mid, deep, pale, deep)[rng.integers(4)])
            fill(ink, body, 0)
            line(ink, crest, 255, max(2, scale / 110))
        for start in rng.permutation(np.arange(-gap * rng.uniform(0.1, 0.9), width + gap, gap)):
            spot = np.array([start + rng.normal(0, gap * 0.14), base + rng.normal(0, scale * 0.12)])
            flip = 1 if rng.random() < 0.8 else -1
            _breaker(rng, art, ink, spot, scale * rng.uniform(0.75, 1.25), sets[rng.integers(4)], flip)
    # Printing: the grain of the block, uneven ink, and colour plates a hair out of register with the line plate.
    grain = warp(noise(rng, shape, (7, 900), 3), 0, 26 * noise(rng, shape, (300, 700), 2))
    image = warp(art, 3, -2) * (0.86 + 0.16 * grain + 0.1 * noise(rng, shape, 240, 3))[..., None]
    bare = 0.22 * smoothstep(0.7, 1, noise(rng, shape, 5, 2)) + 0.1 * smoothstep(0.8, 0.95, grain)
    image = mix(image, (243, 232, 206), bare)
    worn = smoothstep(0.75, 0.95, noise(rng, shape, 14, 2))
    return finish(mix(image, (20, 24, 50), ink / 255 * (1 - 0.45 * worn)), (832, 640))


def stained_glass() -> Array:
    """A leaded window: sun and rays over hills, a river and irises, cut into panes of uneven coloured glass."""
    rng = np.random.default_rng(3)
    shape = height, width = 1600, 1280
    xs, ys = grid_xy(shape)
    region = np.zeros(shape, np.int64)  # number of the shape, times 1000, plus the number of a part in it
    broken = np.zeros(shape, bool)  # where the glass is also cut along a random net
    tints: list[list[Colour]] = [[(0, 0, 0)]]

    def add(mask: Array, colours: list[Colour], parts: Array | None = None) -> None:
        nonlocal region, broken
        region = np.where(mask, 1000 * len(tints) + (0 if parts is None else parts.astype(np.int64)), region)
        broken = np.where(mask, parts is None, broken)
        tints.append(colours)

    def leaf(points: Points, colours: list[Colour]) -> None:
        add(polygon(shape, spline([*points, points[0]], 12)) > 0.5, colours)

    radius, turn = np.hypot(xs - 640, ys - 520), np.arctan2(ys - 520, xs - 640)
    wave = radius + 9 * np.sin(turn * 16) + 6 * np.sin(turn * 5)
    ring = np.searchsorted([150, 235, 330, 415, 510, 620, 745, 890], wave)
    ray = (turn / (2 * np.pi) * 32 + 0.5 * (ring % 2) + 0.34 * np.sin(radius / 75)) % 32
    blues: list[Colour] = [(30, 66, 150), (48, 112, 190), (86, 160, 206), (120, 84, 168), (58, 46, 130)]
    add(radius >= 0, blues, ring * 32 + ray // 1)
    add(wave < 330, [(240, 150, 30), (250, 190, 50), (226, 96, 30)], ray)
    add(wave < 235, [(250, 206, 70), (255, 226, 120)], ray // 2)
    add(wave < 150, [(222, 60, 36), (240, 110, 40)], ray // 4)
    add(radius < 70, [(255, 236, 150)], radius * 0)
    hills: list[tuple[float, float, list[Colour]]] = [
        (900, 0.2, [(96, 60, 140), (130, 80, 160)]),
        (985, 1.9, [(28, 110, 110), (40, 140, 120)]),
        (1075, 3.9, [(36, 124, 60), (80, 156, 60), (20, 92, 64)]),
    ]
    for top, bend, colours in hills:
        add(ys > top + 70 * np.sin(xs / 190 + bend) + 30 * np.sin(xs / 83 + 2 * bend), colours)
    middle, half = 640 + 150 * np.sin(ys / 130 + 0.6) * (ys - 1000) / 500, 20 + (ys - 1010) * 0.26
    strand = np.floor(2 * (xs - middle) / np.maximum(half, 1) + 0.5 * np.sin(ys / 45)) + 3
    water: list[Colour] = [(60, 150, 206), (96, 180, 214), (40, 96, 180), (130, 196, 214)]
    flow = (ys + 47 * strand) // (70 + 9 * strand) + 40 * strand
    add((np.abs(xs - middle) < half) & (ys > 1040), water, flow)
    petals: list[list[Colour]] = [
        [(126, 50, 160), (160, 80, 190)],
        [(190, 50, 110), (214, 90, 140)],
        [(60, 60, 190), (96, 90, 210)],
    ]
    irises = [(180, 1180, 150, 30), (390, 1310, 120, -45), (1090, 1200, 150, -30), (905, 1330, 118, 36)]
    irises += [(60, 1400, 110, 30), (1215, 1420, 115, -30)]
    for i, (x, y, size, lean) in enumerate(irises):
        root = x + lean
        for side in (-1, 1):
            for spread, tall in ((0.9, 1.9), (1.7, 1.3)):
                bend = [(0.5 * spread, 2.2 - tall * 0.5), (spread, 2.4 - tall), (0.62 * spread, 2.3)]
                blade = [(root - 14 * side, 1640), *((x + side * size * u, y + size * v) for u, v in bend)]
                leaf([*blade, (root + 22 * side, 1640)], [(24, 110, 50), (60, 150, 50), (16, 80, 60)])
        leaf([(x - 9, y), (x + 9, y), (root + 12, 1640), (root - 12, 1640)], [(40, 130, 50)])
        for a in (-2.75, -0.39, 1.57, -1.57, -2.2, -0.94):
            axes = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) * size
            shell = [(0, 0), (0.3, 0.22), (0.72, 0.34), (1, 0.1), (1.02, -0.14), (0.7, -0.34), (0.3, -0.2)]
            leaf(np.array(shell) @ axes + (x, y), petals[(i + 2) % 3])
        leaf([(x + 0.18 * size * np.cos(a), y + 0.18 * size * np.sin(a)) for a in range(6)], [(250, 200, 60)])
    border = np.minimum(np.minimum(xs, width - xs), np.minimum(ys, height - ys))
    along = np.where((xs < 62) | (xs > width - 62), ys, xs)
    add(border < 62, [(170, 30, 50), (40, 60, 160), (220, 160, 50), (30, 120, 90)], along // 80)
    # The net: cells around scattered points, bent a little so that the cuts look hand made.
    seeds = np.full(shape, 255, np.uint8)
    for x, y in scatter(rng, shape, 98):
        if 0 <= x < width and 0 <= y < height:
            seeds[int(y), int(x)] = 0
    _, cells = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    bent = xs + 16 * (noise(rng, shape, 120, 2) - 0.5), ys + 16 * (noise(rng, shape, 120, 2) - 0.5)
    cells = cv2.remap(cells.astype(np.float32), *bent, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    keys, pane = np.unique(region * 4096 + np.where(broken, cells, 0).astype(np.int64), return_inverse=True)
    pane = pane.reshape(shape)
    choices = [tints[key // 4096 // 1000] for key in keys]
    tint = np.array([c[rng.integers(len(c))] for c in choices]) * rng.normal(1, 0.13, (len(keys), 1))
    tint = np.float32(np.clip(tint + rng.normal(0, 8, tint.shape), 8, 255))
    # Lead runs along every cut, and wider around the shapes of the design.
    inner = border_distance(pane)
    lead = np.minimum(inner - 5, border_distance(region // 1000) - 7.2) + 2.4 * (noise(rng, shape, 40, 2) - 0.5)
    # Glass: streaks with a direction of their own in every pane, brighter middles, seeds, sunlight from behind.
    angle = rng.uniform(0, np.pi, len(keys))[pane]
    fine = noise(rng, shape, 16, 3)
    streak = sum(warp(fine, 26 * t * np.cos(angle), 26 * t * np.sin(angle)) for t in np.linspace(-1, 1, 9)) / 9
    glow = np.exp(-((radius / 620) ** 2)) + 0.8 * np.exp(-(((ys - 1450) / 360) ** 2))
    light = (0.66 + 0.62 * smoothstep(0.25, 0.75, streak)) * (0.7 + 0.5 * np.clip(inner / 40, 0, 1))
    light *= (0.9 + 0.6 * glow) * (0.8 + 0.4 * noise(rng, shape, 420, 2))
    glass = light_relief(tint[pane] * light[..., None], 255 * noise(rng, shape, 26, 2), 0.3)
    glass *= (1 + 0.35 * smoothstep(0.86, 0.98, noise(rng, shape, 24, 2)))[..., None]
    metal = np.full((*shape, 3), (44, 42, 46), np.float32) + 18 * (fine - 0.5)[..., None]
    metal = light_relief(metal, 255 * np.sqrt(np.clip(-lead / 6, 0, 1)), 2.2, 0.25, 1.2)
    image = mix(glass, metal, smoothstep(0.8, -0.8, lead))
    return finish(image + 0.35 * cv2.GaussianBlur(np.clip(image - 110, 0, 255), (0, 0), 22), (640, 800))


def swirl() -> Array:
    """A night sky over a lake in thick oil strokes that follow a field of vortices; lamps glow in it."""
    rng = np.random.default_rng(11)
    shape = height, width = 1280, 1600
    xs, ys = grid_xy(shape)
    shore = 860 + 46 * np.sin(xs / 210 + 0.6) + 70 * (noise(rng, shape, 420, 3) - 0.5)
    water = ys > shore + 90 + 20 * np.sin(xs / 300)
    hills = (ys > shore) & ~water
    lamps = [(290, 250, 74), (760, 170, 46), (1210, 330, 92), (900, 520, 40), (500, 620, 34)]
    lamps += [(1460, 640, 38), (130, 600, 26)]
    # The strokes run along the level lines of a potential: a drift to the side, bent by vortices.
    potential = 0.55 * ys + 330 * noise(rng, shape, 420, 2)
    eddies = [(x, y, r * 3.1, 1 - 2 * (i % 2 == 0)) for i, (x, y, r) in enumerate(lamps)]
    for _ in range(7):
        eddies.append((rng.uniform(0, width), rng.uniform(60, 760), rng.uniform(110, 190), rng.choice([-1, 1])))
    for x, y, r, sense in eddies:
        potential += sense * 1.1 * r * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * r * r))
    slope_x, slope_y = gradient(potential, 5)
    flow = np.exp(1j * np.arctan2(-slope_x, slope_y))
    bands = 0.5 + 0.5 * np.sin(potential / 21 + 3 * noise(rng, shape, 260, 3))
    tone = 0.62 * bands + 0.38 * noise(rng, shape, 200, 3)
    night = [(0.0, (20, 16, 66)), (0.28, (36, 42, 128)), (0.5, (28, 96, 158)), (0.68, (34, 146, 160))]
    picture = ramp(tone, [*night, (0.86, (116, 196, 176)), (1.0, (206, 222, 176))])
    picture = mix(picture, (124, 50, 132), 0.7 * smoothstep(0.48, 0.8, noise(rng, shape, 330, 2)) * (1 - 0.6 * bands))
    picture = mix(picture, (240, 134, 98), 0.75 * smoothstep(520, 900, ys) * bands)
    detail = np.zeros(shape)
    for i, (x, y, r) in enumerate(lamps):
        d = np.hypot(xs - x, ys - y) / r
        near = np.exp(-((d / 2.6) ** 3))  # close to a lamp the strokes simply circle it
        ring = np.exp(1j * np.arctan2(xs - x, y - ys)) * (1 if i % 2 else -1)
        flow = flow * (1 - near) + ring * near
        gold = [(0, (255, 246, 196)), (0.75, (255, 222, 110)), (1.05, (246, 162, 50)), (1.6, (238, 196, 90))]
        halo = ramp(d, [*gold, (2.3, (150, 190, 140)), (3.2, (60, 130, 170))])
        picture = mix(picture, halo, np.clip(np.exp(-((d / 2.2) ** 2.4)) * (1.1 + 0.36 * np.cos(7.5 * d)), 0, 1))
        detail = np.maximum(detail, np.exp(-((d / 2.1) ** 1.7)))
    dark = [(0, (14, 12, 40)), (0.45, (24, 38, 70)), (0.7, (40, 74, 80)), (1, (110, 96, 84))]
    picture = np.where(hills[..., None], ramp(noise(rng, shape, (60, 200), 4), dark), picture)
    down = (ys - 900) / 380
    lake_tone = 0.6 * noise(rng, shape, (26, 190), 3) + 0.4 * down
    lake = ramp(lake_tone, [(0.1, (110, 170, 180)), (0.35, (30, 90, 142)), (0.6, (28, 44, 112)), (0.9, (18, 18, 62))])
    for x, _, r in lamps:
        wobble = 26 * np.sin(ys / 17 + x) + 60 * (noise(rng, shape, (30, 400), 2) - 0.5)
        beam = np.exp(-(((xs + wobble - x) / (r * (0.5 + 0.54 * np.maximum(down, 0)))) ** 2))
        beam *= (0.45 + 0.55 * np.sin(ys / 9 + x) ** 2) * r / 46
        embers = ramp(down, [(0, (255, 226, 130)), (0.5, (244, 166, 62)), (1, (196, 96, 52))])
        lake = mix(lake, embers, np.clip(beam, 0, 0.95))
    picture = np.where(water[..., None], lake, picture)
    angle = np.angle(flow)
    along_hills = np.arctan2(gradient(shore)[0], 1) + 1.4 * (noise(rng, shape, 150, 2) - 0.5)
    ripples = 0.12 * np.sin(xs / 60 + ys / 25) + 0.5 * (noise(rng, shape, (40, 160), 2) - 0.5)
    angle = np.where(water, ripples, np.where(hills, along_hills, angle))
    detail = np.maximum(detail, 0.7 * water + 0.45 * hills)
    canvas = np.uint8(np.clip(0.7 * cv2.GaussianBlur(picture, (0, 0), 6), 0, 255))
    relief = np.full(shape, 90, np.uint8)
    for spacing, length, thick, least in ((26, 190, 34, 0), (19, 140, 22, 0), (13, 84, 13, 0.35)):
        points = scatter(rng, shape, spacing)
        fine = at_points(detail, points)
        keep = fine + rng.uniform(0, 0.5, len(points)) >= least  # small strokes only where there is detail
        points, fine = points[keep], fine[keep]
        paths = trace(points, angle, length * rng.uniform(0.6, 1.2, len(points)) * (1 - 0.45 * fine))
        colours = at_points(picture, points) * rng.normal(1, 0.1, (len(points), 1)) + rng.normal(0, 9, (len(points), 3))
        brush(canvas, relief, rng, paths, colours, thick, 11)
    return finish(light_relief(canvas, relief, 0.9, 0.25), (800, 640))


def _river_scene(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Paint the smooth picture under `pointillism`: river, far bank, sails, meadow and a large tree."""
    height, width = shape
    xs, ys = grid_xy(shape)
    cloud = noise(rng, shape, (150, 420), 4)
    scene = ramp(ys / 560, [(0, (70, 128, 214)), (0.45, (142, 190, 232)), (0.8, (238, 222, 196)), (1, (252, 214, 160))])
    puff = smoothstep(0.55, 0.75, cloud - 0.12 * np.abs(ys - 230) / 230)
    scene = mix(scene, (255, 246, 226), puff)
    scene = mix(scene, (198, 170, 206), 0.75 * puff * smoothstep(0, 0.25, cloud - warp(cloud, 0, -46)))
    for base, swell, cell, far in (
        (575, 170, 500, ((150, 150, 214), (210, 196, 214))),
        (580, 95, 330, ((98, 132, 186), (196, 204, 160))),
    ):
        skyline = base - swell * profile(rng, width, cell)
        body = ramp(noise(rng, shape, (30, 120), 4) + (ys - skyline) / 400, [(0.1, far[0]), (1.3, far[1])])
        scene = np.where((ys > skyline)[..., None], body, scene)
    ragged = noise(rng, shape, 32, 2)
    greens = [(0, (26, 52, 96)), (0.4, (40, 108, 76)), (0.75, (134, 172, 60)), (1, (226, 214, 92))]
    for x in np.sort(rng.uniform(-40, width + 40, 60)):  # far bank: poplars, round trees and a few houses
        if 300 < x < 1500 and rng.random() < 0.14:
            wall = [(x - 36, 560), (x + 36, 560), (x + 36, 592), (x - 36, 592)]
            roof = [(x - 44, 560), (x - 34, 530), (x + 34, 530), (x + 44, 560)]
            scene = mix(mix(scene, (250, 226, 186), polygon(shape, wall)), (222, 92, 56), polygon(shape, roof))
            continue
        poplar = rng.random() < 0.4
        rx, ry = (rng.uniform(15, 24), rng.uniform(60, 120)) if poplar else (rng.uniform(36, 66), rng.uniform(30, 54))
        u, v = (xs - x) / rx, (ys - 590 + 0.9 * ry) / ry
        crown = ramp(0.5 - 0.5 * u - 0.3 * v, greens)
        scene = np.where((u * u + v * v + 0.9 * (ragged - 0.5) < 1)[..., None], crown, scene)
    # The river mirrors the bank, broken by ripples.
    down = np.maximum(ys - 592, 0)
    sway = 16 * np.sin(ys / 8) * np.clip(down / 200, 0, 1)
    river = warp(scene, sway, 2 * (592 - ys) + 8 * np.sin(ys / 5.5 + 3 * np.sin(xs / 90)))
    river = mix(river, (84, 150, 206), np.clip(0.25 + down / 1000, 0, 0.7))
    river = mix(river, (252, 232, 176), 0.7 * smoothstep(0.74, 0.95, noise(rng, shape, (9, 130), 2)))
    river = mix(river, (40, 70, 150), 0.5 * smoothstep(0.72, 0.95, noise(rng, shape, (12, 150), 2)))
    scene = np.where((ys > 592)[..., None], river, scene)
    for x, y, s in ((640, 760, 230), (935, 672, 110), (1290, 830, 330)):
        for reach, tint in ((0.5, (255, 240, 214)), (-0.3, (250, 196, 130))):
            sail = np.array([(x, y - s), (x + reach * s, y - 0.12 * s), (x, y - 0.1 * s)])
            scene = mix(scene, tint, polygon(shape, sail, 1))
            scene = mix(scene, tint, 0.6 * polygon(shape, sail * (1, -0.6) + (0, y * 1.6), 3))
        hull = np.array([(-0.4, -0.08), (0.55, -0.08), (0.4, 0.06), (-0.3, 0.06)]) * s + (x, y)
        scene = mix(scene, (120, 44, 60), polygon(shape, hull, 1))
    # Near bank: bands of sun and violet shade, flowers in drifts.
    bank = 960 - 150 * smoothstep(500, -200, xs) - 90 * smoothstep(1000, 1700, xs) + 24 * np.sin(xs / 130)
    sunlit = [(0.1, (58, 128, 70)), (0.45, (132, 178, 62)), (0.75, (214, 208, 84)), (1, (246, 226, 130))]
    shade = smoothstep(0.45, 0.6, noise(rng, shape, (70, 330), 3) + 0.35 * smoothstep(900, 100, xs) - 0.1)
    meadow = mix(ramp(noise(rng, shape, (50, 260), 3), sunlit), (48, 72, 140), 0.72 * shade)
    scene = np.ascontiguousarray(np.where((ys > bank)[..., None], meadow, scene))
    for tint in ((236, 70, 60), (250, 246, 230), (244, 160, 200), (250, 214, 60)):
        drift = noise(rng, shape, (90, 200), 2)
        spots = scatter(rng, shape, 24)
        spots = spots[(at_points(ys - bank, spots) > 26) & (at_points(drift, spots) > 0.62)]
        dots(scene, spots, 5 + (spots[:, 1] - 900) / 60, tint)
    trunk = [(196, 1150), (214, 900), (190, 640), (150, 400), (190, 390), (250, 620), (268, 900), (330, 1160)]
    bark = ramp(noise(rng, shape, (120, 18), 3), [(0, (40, 30, 70)), (0.6, (112, 66, 74)), (1, (226, 150, 90))])
    scene = mix(scene, bark, polygon(shape, spline(trunk), 1))
    lumps = noise(rng, shape, 130, 4)
    crown = 1.1 - ((xs - 170) / 420) ** 2 - ((ys - 250) / 330) ** 2 + (lumps - 0.5)
    lit = 0.42 + 1.1 * (lumps - warp(lumps, 10, 40)) + 0.5 * (noise(rng, shape, 40, 2) - 0.5)
    shadow, sun = [(0, (30, 34, 96)), (0.3, (26, 88, 84))], [(0.8, (176, 196, 62)), (1, (250, 226, 110))]
    leaves = [*shadow, (0.55, (60, 146, 66)), *sun]
    return mix(scene, ramp(lit, leaves), smoothstep(0, 0.06, crown))


def pointillism() -> Array:
    """A river on a summer afternoon in dots of almost pure pigment that mix in the eye."""
    rng = np.random.default_rng(21)
    shape = (1280, 1600)
    scene = cv2.GaussianBlur(_river_scene(rng, shape), (0, 0), 3)
    blues = [(24, 40, 130), (40, 90, 200), (90, 160, 226), (122, 60, 150), (176, 140, 206), (60, 40, 70)]
    greens = [(20, 120, 100), (70, 170, 80), (180, 206, 70)]
    warms = [(250, 222, 70), (250, 168, 50), (232, 84, 50), (196, 40, 80), (255, 248, 230), (252, 210, 180)]
    pigments = np.array(blues + greens + warms, np.float32)
    canvas = np.uint8(np.clip(mix(scene, (214, 186, 140), 0.45), 0, 255))
    # Every dot takes the pigment nearest to its target after a random push, and keeps a share of the target itself.
    layers = (11, 8.5, 22, 0.75), (10, 6.6, 34, 0.42), (9.5, 5.2, 44, 0.3), (24, 4.4, 80, 0.15)
    for spacing, size, push, share in layers:
        points = scatter(rng, shape, spacing)
        target = at_points(scene, points)
        pushed = target + rng.normal(0, push, target.shape)
        pigment = pigments[np.argmin(((pushed[:, None] - pigments) ** 2).sum(-1), 1)]
        colours = np.clip(share * target + (1 - share) * pigment + rng.normal(0, 6, target.shape), 0, 255)
        axes = 16 * size * rng.uniform(0.75, 1.2, (len(points), 1)) * (1.15, 0.9)
        for (x, y), (a, b), turn, colour in zip(points, axes, rng.uniform(0, 180, len(points)), colours, strict=True):
            centre, radii = (round(x * 16), round(y * 16)), (round(a), round(b))
            cv2.ellipse(canvas, centre, radii, turn, 0, 360, colour.tolist(), -1, cv2.LINE_AA, 4)
    return finish(canvas, (800, 640))


def hatching() -> Array:
    """A round tower on a crag by the sea, cross-hatched with a pen on warm paper."""
    rng = np.random.default_rng(8)
    shape = _, width = 1280, 1600
    xs, ys = grid_xy(shape)
    outline = np.zeros(shape, np.uint8)
    # Tone (0 black .. 1 paper) and the direction of the first set of lines, shape by shape from back to front.
    cloud = noise(rng, shape, (170, 420), 4)
    light = cloud - warp(cloud, -36, -30)
    tone = np.clip(0.56 + 1.5 * light + 0.36 * smoothstep(0.5, 0.8, cloud) + 0.16 * smoothstep(100, 560, ys), 0.16, 1)
    drift_x, drift_y = gradient(cv2.GaussianBlur(cloud, (0, 0), 14))
    angle = 0.6 * np.arctan(-drift_x / (np.abs(drift_y) + 1e-9) * np.sign(drift_y)) + 0.15

    def put(mask: Array, new_tone: Array | float, new_angle: Array | float) -> None:
        """Add a shape. A strip left bare around it sets it off from what lies behind."""
        nonlocal tone, angle
        tone = np.where(cv2.dilate(np.uint8(mask), np.ones((13, 13), np.uint8)) > 0, 1.2, tone)
        tone, angle = np.where(mask, new_tone, tone), np.where(mask, new_angle, angle)
        outline[mask] = 0
        rims, _ = cv2.findContours(np.uint8(mask), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(outline, rims, -1, 255, 3, cv2.LINE_AA)

    def rock(mask: Array, top: Array, cell: float, contrast: float, base: float) -> None:
        """Add creased rock, lit from the left, whose lines run down its slopes."""
        form = np.abs(noise(rng, shape, (cell * 1.3, cell), 5) - 0.5) * 2
        relief = base + contrast * (form - warp(form, -12, -9)) + 0.35 * (form - 0.5)
        slope_x, slope_y = gradient(cv2.GaussianBlur(form, (0, 0), 9))
        fall = 1.15 + 0.45 * np.sin(np.arctan2(slope_y, slope_x))
        put(mask, np.clip(relief - 0.12 * smoothstep(0, 500, ys - top), 0.02, 1), fall)

    peaks = 210 * np.exp(-(((xs - 1240) / 260) ** 2)) + 110 * np.exp(-(((xs - 880) / 180) ** 2))
    skyline = 560 - peaks - 26 * profile(rng, width, 90)
    rock((ys > skyline) & (ys < 640), skyline, 150, 1.7, 0.7)
    swell = np.sin(0.9 * np.maximum(ys - 640, 0) ** 0.75 + 2.5 * noise(rng, shape, (60, 300), 3) + xs / 300)
    sea = 0.62 + 0.34 * swell - 0.25 * smoothstep(700, 1100, ys) + 0.3 * np.exp(-(((xs - 1100) / 150) ** 2))
    put(ys > 640, np.clip(sea, 0.05, 1), 0.06 * np.sin(xs / 70 + ys / 30))
    crag = 1180 - 620 * smoothstep(1010, 420, xs) + 60 * profile(rng, width, 130) - 70 * smoothstep(620, 560, xs)
    rock(ys > crag, crag, 190, 2.0, 0.56)
    # Tower: round, so it darkens across its width; a broken crown, courses of stone, windows.
    u = (xs - 360) / 110 / (1 + 0.1 * smoothstep(150, 640, ys))
    bulge = np.sqrt(np.clip(1 - u * u, 0, 1))
    crown = 150 + 88 * (profile(rng, width, 60, 2) - 0.5) + 30 * (np.floor((xs + 10) / 37) % 2)
    row, column = np.floor((ys - 14 * bulge) / 34), np.arcsin(np.clip(u, -1, 1)) * 5
    stone = rng.random((64, 32))[row.astype(int) % 64, np.floor(column + 0.5 * (row % 2)).astype(int) % 32]
    wall = 0.95 - 0.72 * smoothstep(-0.6, 0.85, u) + 0.2 * (stone - 0.5) + 0.1 * (noise(rng, shape, 40, 3) - 0.5)
    put((np.abs(u) < 1) & (ys > crown) & (ys < 680 + 30 * bulge), np.clip(wall, 0.04, 1), 0.25 * u)
    for x, y, half, tall in ((330, 270, 17, 46), (372, 430, 19, 54), (318, 560, 16, 40)):
        arch = np.sqrt(np.clip(half**2 - (xs - x) ** 2, 0, None))
        tone = np.where((arch > 0) & (ys < y + tall) & (ys > y - arch), 0.03, tone)
    ink = outline * np.uint8(noise(rng, shape, 50, 2) > 0.22)
    # Each darker step of tone adds a set of lines, turned against those before. Lines of one set keep apart.
    sets = (0.97, 0, 10, 230), (0.72, 0.8, 9, 150), (0.5, -0.75, 8, 120), (0.3, 1.57, 7, 90), (0.14, 0.4, 6, 70)
    for limit, turn, gap, length in sets:
        taken = np.zeros(shape, np.uint8)
        points = scatter(rng, shape, gap)
        points = points[at_points(tone, points) < limit + rng.normal(0, 0.03, len(points))]
        for path in trace(points, angle + turn, length * rng.uniform(0.6, 1.2, len(points)), 12):
            free = (at_points(tone, path) < limit + 0.05) & (at_points(taken, path) == 0)
            (start,), (stop,) = middle_run(free[None])
            if stop - start < 5:
                continue
            shade = at_points(tone, path[12])
            cv2.polylines(taken, [np.int32(path[start:stop])], False, 255, round(gap * (0.9 + 1.1 * shade)))
            stroke = path[start:stop] + rng.normal(0, 0.35, (stop - start, 2))
            line(ink, stroke, 225)
            cut = max(1, len(stroke) // 5)  # the pen is pressed in the middle of its stroke
            line(ink, stroke[cut:-cut], 255, 1 + (shade < 0.78) + (shade < 0.34))
    for _ in range(9):  # gulls
        x, y, size = rng.uniform(560, 1000), rng.uniform(120, 480), rng.uniform(14, 34)
        for side in (-size, size):
            line(ink, spline([(x, y), (x + 0.4 * side, y - 0.45 * size), (x + side, y - 0.2 * size)]), 255, 3)
    stipple = scatter(rng, shape, 15)
    stipple = stipple[rng.random(len(stipple)) < 1.25 - at_points(tone, stipple)]
    dots(ink, stipple, rng.uniform(0.9, 2, len(stipple)), 255)
    fibre = 0.6 * noise(rng, shape, 400, 4) + 0.4 * noise(rng, shape, 6, 3)
    paper = ramp(fibre, [(0, (220, 190, 140)), (0.5, (236, 214, 170)), (1, (247, 232, 198))])
    return finish(mix(paper, (34, 24, 26), ink / 255 * (0.8 + 0.2 * noise(rng, shape, 12, 2))), (800, 640))


def _still_life(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Paint a plain still life (guitar, bottle, goblet, fruit, newspaper) for `facets` to take apart."""
    xs, ys = grid_xy(shape)
    scene = ramp(noise(rng, shape, 500, 3), [(0, (112, 88, 60)), (0.5, (176, 144, 96)), (1, (222, 194, 142))])

    def put(colour: Colour | Array, points: Points, mask: Array | float = 1, soft: float = 0) -> None:
        nonlocal scene
        scene = mix(scene, colour, polygon(shape, points, soft) * mask)

    scene = mix(scene, (58, 86, 108), 0.65 * ((xs // 90 + ys // 400) % 3 == 0) * (ys < 900))
    put((128, 72, 40), [(90, 1100), (1330, 960), (1420, 1664), (0, 1664)])
    put((230, 216, 184), [(160, 1220), (700, 1150), (800, 1540), (240, 1600)])
    for y in range(1190, 1600, 26):  # rows of type
        words = 0.7 * (noise(rng, shape, (60, 26), 1) > 0.42)
        put((70, 66, 62), [(210, y + 40), (690, y - 20), (692, y - 11), (212, y + 49)], words)
    body = [(560, 640), (680, 560), (860, 600), (930, 740), (880, 860), (900, 980), (1010, 1130), (960, 1330)]
    body += [(760, 1420), (540, 1350), (450, 1180), (500, 1010), (560, 900), (520, 760), (560, 640)]
    grain = noise(rng, shape, (300, 40), 3) + 0.35 * (xs - 700) / 500
    put((52, 32, 26), spline(body) * 1.03 - (4, 20), 1, 2)
    put(ramp(grain, [(0, (240, 190, 112)), (0.5, (210, 140, 62)), (1, (134, 72, 34))]), spline(body), 1, 1)
    hole = np.hypot(xs - 716, ys - 960)
    scene = mix(mix(scene, (236, 206, 150), smoothstep(112, 108, hole)), (40, 26, 24), smoothstep(92, 88, hole))
    put((58, 40, 34), [(664, 60), (752, 60), (764, 900), (668, 900)])
    put((74, 44, 30), [(610, 1240), (830, 1225), (832, 1270), (612, 1285)])
    for x in range(676, 754, 13):
        put((240, 226, 190), [(x, 60), (x + 4, 60), (x + 16, 1250), (x + 12, 1250)])
    for y in range(130, 830, 78):
        put((214, 190, 140), [(664, y), (760, y), (760, y + 6), (664, y + 6)])
    bottle = [(150, 1260), (140, 800), (200, 690), (216, 400), (300, 400), (316, 690), (376, 800), (366, 1260)]
    shine = [(0, (22, 44, 40)), (0.3, (60, 110, 90)), (0.42, (196, 214, 180)), (0.5, (50, 96, 80)), (1, (16, 30, 30))]
    put(ramp((xs - 140) / 236, shine), bottle, 1, 1)
    put((222, 200, 150), [(146, 900), (370, 900), (370, 1090), (146, 1090)])
    put((176, 60, 40), [(170, 960), (346, 960), (346, 1030), (170, 1030)])
    stem = [(1180, 900), (1176, 1060), (1260, 1100), (1070, 1100), (1150, 1060), (1148, 900)]
    goblet = [(1040, 620), (1290, 620), (1250, 850), *stem, (1080, 850)]
    silver = [(0, (210, 220, 214)), (0.4, (120, 146, 156)), (0.6, (230, 232, 220)), (1, (80, 100, 112))]
    put(ramp((xs - 1040) / 250, silver), goblet, 1, 1)
    put((140, 34, 40), [(1054, 710), (1276, 710), (1246, 850), (1180, 890), (1086, 850)], 1, 1)
    for x, y, r in ((1130, 1300, 110), (1290, 1360, 120), (1060, 1440, 100), (300, 1420, 96)):
        d = np.hypot(xs - x, (ys - y) * (1 - 0.22 * (ys < y)))
        skin = [(0, (250, 226, 130)), (0.5, (222, 168, 60)), (1.1, (150, 110, 50)), (1.6, (70, 60, 40))]
        fruit = ramp(np.hypot(xs - x + 0.4 * r, ys - y + 0.4 * r) / r, skin)
        scene = mix(scene, fruit, smoothstep(r, r - 3, d))
    return scene


def facets() -> Array:
    """A still life taken apart into tilted planes in earth colours."""
    rng = np.random.default_rng(17)
    shape = (1664, 1408)
    xs, ys = grid_xy(shape)
    # Cut the picture by a few long lines, then the largest pieces again and again; some of the cuts are arcs. The cuts
    # are made at half size, which is faster and just as good: lines will cover most of them.
    half_x, half_y = xs[::2, ::2], ys[::2, ::2]
    label = np.zeros(half_x.shape, np.int64)
    leanings = [0.35, 0.95, 1.4, 1.75, 2.3, 2.75]  # a few directions recur, which ties the planes together
    for turn in range(150):
        sizes = np.bincount(label.ravel())
        inside = label == np.argmax(sizes * rng.uniform(0.35, 1, len(sizes))) if turn >= 7 else label >= 0
        x, y = (v[inside][rng.integers(inside.sum(), size=5)].mean() for v in (half_x, half_y))
        a = rng.choice(leanings) + rng.normal(0, 0.12)
        side = (half_x - x) * np.sin(a) - (half_y - y) * np.cos(a)
        if rng.random() < 0.3:
            r = rng.uniform(160, 480)
            side = np.hypot(half_x - x - r * np.sin(a), half_y - y + r * np.cos(a)) - r
        cut = label * 2 + (inside & (side > 0))
        label = np.unique(cut, return_inverse=True)[1].reshape(label.shape)
    label = label.repeat(2, 0).repeat(2, 1)
    area = np.bincount(label.ravel())
    count = len(area)
    dx, dy = (v - (np.bincount(label.ravel(), v.ravel()) / area)[label] for v in (xs, ys))
    # Each plane shows the scene turned, scaled and shifted a little in its own way ...
    spin, zoom = rng.normal(0, 0.13, count)[label], rng.uniform(0.82, 1.12, count)[label]
    shift_x, shift_y = rng.normal(0, 26, (2, count))[:, label]
    move_x = (np.cos(spin) * dx - np.sin(spin) * dy) * zoom - dx + shift_x
    move_y = (np.sin(spin) * dx + np.cos(spin) * dy) * zoom - dy + shift_y
    plane = warp(_still_life(rng, shape), move_x, move_y)
    # ... leans towards one colour of the palette, and is lit from its own side.
    earths = [(214, 168, 96), (150, 92, 48), (92, 62, 44), (186, 172, 136), (104, 116, 108), (62, 86, 106)]
    palette = np.array([*earths, (234, 216, 176), (180, 76, 42), (120, 110, 76)], np.float32)
    tint = palette[rng.integers(0, len(palette), count)]
    plane = mix(plane, tint[label], rng.uniform(0.05, 0.4, count)[label])
    gaze = rng.uniform(0, 2 * np.pi, count)[label]
    slope = (dx * np.cos(gaze) + dy * np.sin(gaze)) / np.sqrt(area)[label]
    plane = np.clip(plane * (1.1 + 0.66 * np.tanh(1.8 * slope))[..., None], 6, 250)
    canvas, relief = plane.astype(np.uint8), np.full(shape, 100, np.uint8)
    angle = (rng.choice(leanings, count) + rng.normal(0, 0.2, count))[label] + 0.25 * (noise(rng, shape, 200, 2) - 0.5)
    for spacing, length, thick in ((18, 90, 22), (12, 52, 11)):
        points = scatter(rng, shape, spacing)
        paths = trace(points, angle, length * rng.uniform(0.6, 1.2, len(points)), 5)
        # A stroke never crosses into another plane: keep the stretch inside its own, cut into seven steps.
        start, stop = middle_run(at_points(label, paths) == at_points(label, points)[:, None])
        steps = np.rint(start[:, None] + (stop - 1 - start)[:, None] * np.linspace(0, 1, 7)).astype(int)
        keep = stop - start >= 4
        points, paths = points[keep], np.take_along_axis(paths[keep], steps[keep][..., None], 1)
        colours = at_points(plane, points) * rng.normal(1, 0.06, (len(points), 1)) + rng.normal(0, 4, (len(points), 3))
        brush(canvas, relief, rng, paths, colours, thick, 7)
    image = light_relief(mix(canvas.astype(np.float32), plane, 0.42), relief, 0.6)
    edge, press = border_distance(label), noise(rng, shape, 150, 3)  # charcoal lines that swell and fade out
    charcoal = smoothstep(0.2, 0.6, press) * smoothstep(1.5 + 4 * press, 0.5 + 2 * press, edge)
    image = mix(image, (30, 24, 24), 0.9 * charcoal)
    image *= (1 - 0.28 * np.exp(-edge / 16) * (slope > 0))[..., None]
    return finish(image * (0.92 + 0.16 * noise(rng, shape, 5, 2))[..., None], (704, 832))


def _pine(rng: np.random.Generator, mask: Array, x: float, foot: float, tall: float) -> None:
    """Draw a pine as ragged tiers into a uint8 mask."""
    tiers = int(9 + tall / 30)
    for i in range(tiers):
        y = foot - tall * (1 - (i / tiers) ** 0.9)
        half = tall * 0.24 * (i + 0.6) / tiers * rng.uniform(0.75, 1.2)
        drop = tall / tiers * rng.uniform(1.2, 1.9)
        right, left = half * rng.uniform(0.75, 1.1, 2)
        hem = [(right, drop), (half * 0.3, drop * 0.7), (-half * 0.3, drop * 0.7), (-left, drop)]
        fill(mask, np.array([(0, -drop * 0.3), *hem]) + (x, y), 255)
    line(mask, [(x, foot - tall), (x, foot + 12)], 255, 4)


def watercolour() -> Array:
    """Mountains, lake, pines and poppies in transparent washes with wet edges on rough paper."""
    rng = np.random.default_rng(29)
    shape = height, width = 1216, 1600
    xs, ys = grid_xy(shape)
    white = (250, 245, 234)
    tooth = 0.5 * noise(rng, shape, 7, 2) + 0.5 * noise(rng, shape, 14, 2)  # pigment settles in the paper's hollows
    image = np.full((*shape, 3), white, np.float32)

    def wash(
        mask: Array,
        colour: Colour,
        load: float,
        wobble: float = 5,
        wet: float = 0,
        fade: Array | float = 1,
        lift: float = 0,
    ) -> None:
        """Lay one wash with a ragged edge, `wet` pixels soft; `lift` takes that share of the paint below away first."""
        nonlocal image
        inside = np.uint8(mask > 0)
        field = cv2.distanceTransform(inside, cv2.DIST_L2, 3) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
        field += wobble * (noise(rng, shape, 90, 5) - 0.5)
        cover = smoothstep(-1.2 - wet, 1.2 + wet, field) * fade
        image = mix(image, white, cover * lift)
        # Pigment pools in clouds, gathers in fine rims of back-runs and at the edge of the wash, and grains.
        pool = noise(rng, shape, 240, 5)
        runs = np.exp(-(((pool - 0.62) / 0.018) ** 2)) * (pool > 0.62)
        runs += 0.6 * np.exp(-(((pool - 0.34) / 0.014) ** 2)) * (pool < 0.34)
        amount = 0.3 + 0.8 * pool + 0.3 * runs + 0.55 * (wet < 8) * np.exp(-np.maximum(field, 0) / 4)
        amount = np.clip(amount * (1 + 0.75 * (0.5 - tooth)) * cover * load, 0, 3)
        image *= (np.asarray(colour, np.float32) / 256) ** amount[..., None]

    def ridge(base: float, swell: float, cell: float, share: float = 0.65) -> Array:
        """Return a skyline with pointed peaks, large ones and small ones on them."""
        large, small = (1 - 2 * np.abs(profile(rng, width, c, 5) - 0.5) for c in (cell, cell / 3))
        return base - swell * (share * large + (1 - share) * 0.7 * small)

    for colour, cell, low, load in (
        ((254, 214, 130), 500, 0.4, 0.8),
        ((244, 150, 140), 420, 0.6, 0.7),
        ((104, 160, 222), 380, 0.5, 0.9),
        ((140, 116, 190), 360, 0.7, 0.6),
    ):
        cloud = noise(rng, shape, (cell * 0.5, cell), 4) + 0.25 * (colour[2] > 200) * smoothstep(400, 0, ys)
        wash((cloud > low) & (ys < 640), colour, load, 30, 34, smoothstep(700, 430, ys))
    ranges = (
        (520, 260, 420, (150, 176, 216), 0.64),
        (560, 300, 300, (112, 130, 190), 0.72),
        (600, 210, 260, (88, 120, 150), 0.8),
        (640, 150, 200, (64, 110, 118), 0.88),
    )
    for base, swell, cell, colour, load in ranges:
        top = ridge(base, swell, cell)
        wash((ys > top) & (ys < 690), colour, load, 8, 0, 0.2 + 0.8 * smoothstep(260, 10, ys - top), 0.8)
        shaded = (noise(rng, shape, (150, 90), 4) > 0.56) & (ys > top + 8) & (ys < 680)
        wash(shaded, colour, load * 0.7, 6, 0, smoothstep(260, 0, ys - top))
    lake = (
        ((120, 180, 214), 0.28, 0.8),
        ((70, 130, 180), 0.52, 0.9),
        ((238, 150, 120), 0.66, 0.6),
        ((44, 84, 120), 0.68, 0.9),
    )
    for colour, low, load in lake:  # flat strokes that leave the paper open between them
        stroke = noise(rng, shape, (34, 520), 4) > low
        wash(stroke & (ys > 672) & (ys < 960), colour, load, 6, 0, 0.5 + 0.5 * smoothstep(670, 900, ys))
    wash((ys > ridge(690, 60, 160, 0.2)) & (ys < 694 + 6 * np.sin(xs / 40)), (60, 104, 74), 0.9, lift=0.6)
    stands = (
        (26, 700, 90, (92, 140, 130), 0.56),
        (12, 800, 240, (60, 110, 90), 0.88),
        (7, 900, 430, (38, 80, 76), 1.04),
    )
    for count, foot, tall, colour, load in stands:
        stand = np.zeros(shape, np.uint8)
        for _ in range(count):
            near = rng.uniform(-30, 470) if rng.random() < 0.55 else rng.uniform(1190, width + 30)
            x = rng.uniform(-20, width + 20) if count > 20 else near
            _pine(rng, stand, x, foot + rng.normal(0, 16), tall * rng.uniform(0.65, 1.2))
        wash(stand, colour, load, lift=0.75)
        wash(np.roll(stand, 9, 1) & stand, colour, load * 0.6, 14)
    bank = 930 - 70 * smoothstep(560, 0, xs) - 60 * smoothstep(1000, 1600, xs)
    meadow = (
        ((206, 200, 96), 0.12, 0.6, 0),
        ((130, 170, 80), 0.4, 0.68, 10),
        ((70, 124, 76), 0.58, 0.75, 40),
        ((40, 84, 80), 0.7, 0.75, 110),
    )
    for colour, low, load, down in meadow:
        wash((noise(rng, shape, (90, 300), 5) > low) & (ys > bank + down), colour, load, 18, 3, 1, 0.55)
    for colour, count in (((84, 140, 70), 260), ((48, 92, 70), 200), ((150, 130, 60), 120)):
        blades = np.zeros(shape, np.uint8)
        for _ in range(count):
            x, y = rng.uniform(0, width), rng.uniform(1000, height + 60)
            tall, bend = rng.uniform(60, 190), rng.normal(0, 50)
            blade = spline([(x, y), (x + bend * 0.25, y - tall * 0.55), (x + bend, y - tall)], 10)
            for i in range(0, len(blade) - 3, 3):
                line(blades, blade[i : i + 4], 255, 6 * (1 - i / len(blade)))
        wash(blades, colour, 0.7, 3, lift=0.3)
    for colour in ((236, 72, 52), (244, 120, 60), (214, 56, 90), (240, 90, 60)):
        petals, hearts = np.zeros((2, *shape), np.uint8)
        for _ in range(22):
            x, y = rng.uniform(0, width), rng.uniform(925, height - 10)
            size = (12 + 40 * (y - 900) / 316) * rng.uniform(0.55, 1.25)
            squash, tilt = rng.uniform(0.45, 1), rng.normal(0, 0.3)  # flowers turn their faces different ways
            for a in rng.uniform(0, 6.28) + np.arange(5) * 1.26 + rng.normal(0, 0.16, 5):
                t = np.linspace(0, 2 * np.pi, 9)[:-1]
                r = size * rng.uniform(0.4, 0.58) * (1 + rng.normal(0, 0.1, 8))
                px, py = 0.6 * size * np.cos(a) + r * np.cos(t), 0.6 * size * np.sin(a) + r * np.sin(t)
                petal = np.stack([x + px - tilt * py * squash, y + py * squash + tilt * px], 1)
                fill(petals, spline([*petal, petal[0]], 4), 255)
            dots(hearts, [(x, y)], [max(2, 0.17 * size)], 255)
        wash(petals, colour, 0.9, 10, lift=0.9)
        wash(hearts, (60, 40, 66), 1.2, 4)
    for colour in ((70, 110, 170), (220, 90, 70), (70, 110, 80)):
        splash = np.zeros(shape, np.uint8)
        dots(splash, rng.uniform(0, 1, (70, 2)) * (width, height), 1 + rng.gamma(1.3, 1.8, 70), 255)
        wash(splash, colour, 0.8, 2)
    return finish(light_relief(image, tooth * 255, 0.13), (800, 608))


PICTURES: dict[str, Callable[[], Array]] = {
    "waves": waves,
    "stained-glass": stained_glass,
    "swirl": swirl,
    "pointillism": pointillism,
    "hatching": hatching,
    "facets": facets,
    "watercolour": watercolour,
}


def main(argv: list[str] | None = None) -> None:
    """Draw all pictures, or only one, as JPEG files into a folder."""
    parser = argparse.ArgumentParser(description="Draw the style pictures.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "styles", help="folder for the pictures")
    parser.add_argument("--only", choices=PICTURES, metavar="ID", help="draw one: " + ", ".join(PICTURES))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in [args.only] if args.only else PICTURES:
        path = args.out / f"{name}.jpg"
        # Full colour resolution: fine dots of pure colour are what some of these styles are about.
        Image.fromarray(PICTURES[name]()).save(path, quality=92, subsampling=0, optimize=True, progressive=True)
        print(path)


if __name__ == "__main__":
    main()
