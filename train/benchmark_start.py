"""How soon there is something to use: the part ``start`` of ``train/benchmark.py``."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

_CLOCK = "import time; started = time.perf_counter()"
_TELL = "print(time.perf_counter() - started, flush=True)"
_APP = """
import urllib.request
from nst.ui.app import build, launch_options, start_background
demo = build()
start_background(demo)
url = demo.launch(**launch_options(), prevent_thread_lock=True, quiet=True)[1]
urllib.request.urlopen(url).read()
"""
_MEASURED = {
    "import torch": ("", "import torch"),
    "import nst, after torch": ("import torch", "import nst"),
    "from nst import Stylizer, optimize, after torch": ("import torch", "from nst import Stylizer, optimize"),
    "import torch, gradio": ("", "import torch, gradio"),
    "app answers, after torch and gradio": ("import torch, gradio", _APP),
}
"""What is measured, by its name: what comes before, and what is timed."""


def start(args: argparse.Namespace) -> dict[str, Any]:
    """Seconds, medians over fresh processes that take turns."""
    times: dict[str, list[float]] = {name: [] for name in _MEASURED}
    for _ in range(args.turns):
        for name, (before, timed) in _MEASURED.items():
            code = "\n".join(
                [before, _CLOCK, timed, _TELL, "import os; os._exit(0)"]
            )  # not waiting for the app's threads
            env = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True
            )
            times[name].append(float(done.stdout.splitlines()[-1]))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print("| what | seconds |\n|---|---|")
    for name, value in medians.items():
        print(f"| {name} | {value:.3f} |")
    return {"seconds": medians, "turns": args.turns}
