"""Measure what the README claims: ``python train/benchmark.py PART [--json FILE]``, a part such as slow, fast or serve.

Every table comes from one run on one machine and quotes ratios; the runs that are compared take turns in short
slices, so that a machine whose speed drifts slows all of them alike.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from benchmark_backends import backends
from benchmark_fast import fast
from benchmark_folder import folder
from benchmark_kept import kept
from benchmark_large import large
from benchmark_learn import DATA, TeachConfig, learn
from benchmark_limits import limits
from benchmark_serve import serve
from benchmark_slow import PAIRS, memory, slow
from benchmark_start import start
from benchmark_video import video, video_memory


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next(
            (x.split(":")[1].strip() for x in info.read_text().splitlines() if x.startswith("model name")), model
        )
    return {
        "cpu": model,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
        "slow": slow,
        "fast": fast,
        "video": video,
        "learn": learn,
        "large": large,
        "limits": limits,
        "backends": backends,
        "kept": kept,
        "folder": folder,
        "serve": serve,
        "start": start,
        "memory": memory,
        "video-memory": video_memory,
    }
    parser.add_argument("part", choices=parts)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    group = parser.add_argument_group("slow mode")
    group.add_argument("--size", type=int, default=384)
    group.add_argument("--iterations", type=int, default=200)
    group.add_argument("--pairs", type=int, default=len(PAIRS))
    group.add_argument("--memory-sizes", type=int, nargs="*", default=[512, 1024])
    group.add_argument("--precision", default="auto", help="of the memory part")
    group = parser.add_argument_group("fast mode")
    group.add_argument("--sizes", type=int, nargs="*", default=[256, 512, 1024])
    group.add_argument("--repeats", type=int, default=20)
    group = parser.add_argument_group("video mode")
    group.add_argument("--seconds", type=float, default=3.0, help="of the clip")
    group.add_argument("--turns", type=int, default=5)
    group.add_argument("--clip", type=Path, help="of the part video-memory")
    group = parser.add_argument_group("learning a style")
    group.add_argument("--steps", type=int, default=TeachConfig.steps)
    group.add_argument("--data", type=Path, default=DATA, help="folder with photos and paintings")
    group = parser.add_argument_group("large pictures")
    group.add_argument("--large-repeats", type=int, default=5)
    group.add_argument("--pictures", type=Path, metavar="FOLDER", help="where the compared pictures are written")
    group = parser.add_argument_group("a folder")
    group.add_argument("--photos", type=int, default=100)
    group = parser.add_argument_group("the app under load")
    group.add_argument("--clients", type=int, default=50)
    group.add_argument("--minutes", type=float, default=5)
    group.add_argument("--requests", type=int, default=1000, help="in a row")
    args = parser.parse_args()
    result = parts[args.part](args)
    if args.part not in ("memory", "video-memory"):  # those print JSON for the others
        print(", ".join(f"{key} {value}" for key, value in machine().items()))
    if args.json:
        args.json.write_text(json.dumps({"part": args.part, "machine": machine(), **result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
