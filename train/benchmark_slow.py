"""Slow mode against plain L-BFGS, and its memory: the parts ``slow`` and ``memory`` of ``train/benchmark.py``."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.backbones import load_backbone  # noqa: E402
from nst.descent import Descent  # noqa: E402
from nst.gatys import optimize, prepare_backbone, style_picture  # noqa: E402
from nst.gatys_config import GatysConfig  # noqa: E402
from nst.images import open_image, resize, to_tensor  # noqa: E402
from nst.losses import content_loss, style_loss, total_variation  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
PAIRS = [
    ("06_boat", "great_wave"),
    ("12_church", "starry_night"),
    ("11_portrait", "the_scream"),
    ("13_elephant", "udnie"),
    ("07_beach", "composition_vii"),
]
_SLICE = 20  # steps that one run takes before it is the next one's turn; the tutorial's LBFGS takes 20 a call
_CHECK_EVERY = 5  # steps between looks at our objective
_EXTRA = 80  # steps that we may take beyond the baseline's


class PlainGatys:
    """The recipe of the PyTorch tutorial with our layers: single scale, from the photo, contiguous float32, PyTorch's
    L-BFGS with its defaults, clamped in the closure. Also the float32 referee for everybody's pictures."""

    def __init__(self, photo: Tensor, painting: Tensor, config: GatysConfig) -> None:
        self.config = config
        self.backbone = load_backbone(config.backbone)
        self.content_layers, self.style_layers = (
            [n for n, _ in config.content_layers],
            [n for n, _ in config.style_layers],
        )
        with torch.no_grad():
            self.contents = self.backbone(photo, self.content_layers)
            self.grams = {name: _gram(f) for name, f in self.backbone(painting, self.style_layers).items()}
        self.image = photo.clone().requires_grad_()
        self.optimizer = torch.optim.LBFGS([self.image])
        self.totals: list[float] = []

    def loss(self, image: Tensor) -> Tensor:
        """The objective, written out plainly."""
        features = self.backbone(image, self.content_layers + self.style_layers)
        content = sum(content_loss(features[n], self.contents[n]) for n in self.content_layers)
        style = sum(style_loss(_gram(features[n]), self.grams[n], 1) for n in self.style_layers)
        style = style / len(self.style_layers)
        config = self.config
        return config.content_weight * content + config.style_weight * style + config.tv_weight * total_variation(image)

    def slice(self) -> None:
        """Twenty iterations."""

        def closure() -> Tensor:
            with torch.no_grad():
                self.image.clamp_(0, 1)
            self.optimizer.zero_grad()
            total = self.loss(self.image)
            total.backward()
            self.totals.append(total.item())
            return total

        self.optimizer.step(closure)


def _gram(features: Tensor) -> Tensor:
    n, c, h, w = features.shape
    flat = features.view(n, c, h * w)
    return torch.bmm(flat, flat.transpose(1, 2)) / (h * w)


class Ours:
    """Slow mode's own descent, with the clock stopped while the referee looks at its picture."""

    def __init__(self, photo: Tensor, painting: Tensor, config: GatysConfig, referee: PlainGatys) -> None:
        from nst.objective import Objective

        started = time.perf_counter()
        backbone = prepare_backbone(config, torch.device("cpu"))
        objective = Objective(backbone, photo, [(painting, 1.0)], config)
        self.descent = Descent(photo, objective, config, config.iterations)
        self.referee = referee
        self.seconds = time.perf_counter() - started
        self.steps = 0
        self.seen: list[tuple[int, float, float]] = []  # steps, seconds, objective

    def slice(self) -> None:
        """Twenty steps."""
        for _ in range(_SLICE):
            started = time.perf_counter()
            self.descent.step()
            picture = self.descent.picture()
            self.seconds += time.perf_counter() - started
            self.steps += 1
            if self.steps % _CHECK_EVERY == 0:
                with torch.no_grad():
                    self.seen.append((self.steps, self.seconds, self.referee.loss(picture).item()))

    def reached(self, target: float) -> tuple[int, float] | None:
        """Steps and seconds to the first picture that is as good as ``target``."""
        return next(((steps, seconds) for steps, seconds, loss in self.seen if loss <= target), None)


def slow_pair(photo_id: str, painting_id: str, size: int, iterations: int, config: GatysConfig) -> dict[str, Any]:
    """Time to the baseline's objective for one photo and painting."""
    photo_image = open_image(DATA / "photos" / "eval" / f"{photo_id}.jpg")
    painting_image = open_image(DATA / "paintings" / f"{painting_id}.jpg")
    photo = to_tensor(resize(photo_image, size))
    painting = to_tensor(style_picture(painting_image, photo_image, size, config.style_scale))
    started = time.perf_counter()
    baseline = PlainGatys(photo, painting, config)
    baseline_seconds = time.perf_counter() - started
    ours = {
        "float32": Ours(photo, painting, replace(config, precision="float32"), baseline),
        "auto": Ours(photo, painting, config, baseline),
    }
    while True:
        if len(baseline.totals) < iterations:
            started = time.perf_counter()
            baseline.slice()
            baseline_seconds += time.perf_counter() - started
        target = min(baseline.totals)
        finished = len(baseline.totals) >= iterations
        for run in ours.values():
            if run.steps < iterations + _EXTRA and not (finished and run.reached(target)):
                run.slice()
        if finished and all(run.reached(target) or run.steps >= iterations + _EXTRA for run in ours.values()):
            break
    row: dict[str, Any] = {
        "pair": f"{photo_id} × {painting_id}",
        "target": target,
        "baseline_iterations": len(baseline.totals),
        "baseline_seconds": baseline_seconds,
    }
    for name, run in ours.items():
        hit = run.reached(target)
        row[name] = {
            "steps": hit[0] if hit else None,
            "seconds": hit[1] if hit else None,
            "speedup": baseline_seconds / hit[1] if hit else None,
            "per_step_speedup": (baseline_seconds / len(baseline.totals)) / (run.seconds / run.steps),
            "best": min(loss for _, _, loss in run.seen),
        }
    return row


def slow(args: argparse.Namespace) -> dict[str, Any]:
    """How much sooner slow mode reaches what plain L-BFGS reaches, and how much memory 1024 px take."""
    torch.set_num_threads(args.threads)
    config = GatysConfig(size=args.size, iterations=args.iterations)
    rows = []
    print(f"| pair | objective | plain L-BFGS, {args.iterations} iterations | ours, float32 | ours, auto |")
    print("| --- | --- | --- | --- | --- |")
    for photo_id, painting_id in PAIRS[: args.pairs]:
        row = slow_pair(photo_id, painting_id, args.size, args.iterations, config)
        rows.append(row)
        cells = [_cell(row[name]) for name in ("float32", "auto")]
        print(
            f"| {row['pair']} | {row['target']:.4f} | {row['baseline_seconds']:.1f} s | {' | '.join(cells)} |",
            flush=True,
        )
    medians = {}
    for name in ("float32", "auto"):
        speedups = [row[name]["speedup"] or 0.0 for row in rows]  # not reached counts as no speed at all
        medians[name] = statistics.median(speedups)
    print(f"| **median speed-up** | | 1 | **{medians['float32']:.2f}×** | **{medians['auto']:.2f}×** |")
    memory = [_memory(size, args.threads, kind) for size in args.memory_sizes for kind in ("float32", "auto")]
    for entry in memory:
        what = f"{entry['width']}×{entry['height']}, {entry['precision']}"
        print(f"{what}: peak resident {entry['peak_gib']:.2f} GiB, {entry['seconds_per_step']:.2f} s a step")
    return {"rows": rows, "median_speedup": medians, "memory": memory}


def _cell(result: dict[str, Any]) -> str:
    if result["steps"] is None:
        return f"not reached ({result['best']:.4f})"
    return f"{result['seconds']:.1f} s, {result['steps']} steps, {result['speedup']:.2f}×"


def _memory(size: int, threads: int, precision: str) -> dict[str, Any]:
    """Peak resident memory of a fresh process that paints at ``size`` until L-BFGS's memory is full (at 1024 px)."""
    command = [
        sys.executable,
        str(ROOT / "train" / "benchmark.py"),
        "memory",
        "--size",
        str(size),
        "--threads",
        str(threads),
    ]
    command += ["--precision", precision]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def memory(args: argparse.Namespace) -> dict[str, Any]:
    """Peak memory of one single-scale run; prints JSON for :func:`slow`."""
    torch.set_num_threads(args.threads)
    content = open_image(ROOT / "examples" / "content" / "astronaut.jpg")
    style = open_image(ROOT / "examples" / "styles" / "swirl.jpg")
    config = GatysConfig(size=args.size, iterations=25, precision=args.precision)
    *_, progress = optimize(content, [style], config, device="cpu")
    # Not ru_maxrss: that of a child starts from its parent's peak.
    peak = next(int(x.split()[1]) for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    peak /= 2**20  # from kB
    width, height = progress.image.size
    result = {"width": width, "height": height, "precision": args.precision, "steps": 25, "peak_gib": peak,
              "seconds_per_step": progress.seconds / 25}  # fmt: skip
    print(json.dumps(result))
    return result
