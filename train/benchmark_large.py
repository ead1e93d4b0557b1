"""Pictures of any size: the part ``large`` of ``train/benchmark.py``: memory, time per pixel, and what tiles change."""

from __future__ import annotations

import argparse
import functools
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from gradio_client import Client, handle_file
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst import stylizer as stylizer_module  # noqa: E402
from nst.images import cover, open_image, save_image  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from nst.tiles import TILE, paint_tiles  # noqa: E402
from tests.live import running_process  # noqa: E402

_STYLE = "starry_night"
_SIZES = ((1024, 1024), (3840, 2160), (7680, 4320), (12_000, 8_000))
_COMPARED = 4096


def large(args: argparse.Namespace) -> dict[str, Any]:
    """Each size in a process of its own, which tells its peak memory above that of the idle package."""
    rows = []
    print("| pixels | seconds | µs a pixel | over 1024² | peak memory above idle, MiB |\n|---|---|---|---|---|")
    for width, height in _SIZES:
        command = [sys.executable, __file__, str(width), str(height), str(args.threads), str(args.large_repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        row = json.loads(done.stdout.splitlines()[-1])
        row["micros"] = 1e6 * row["seconds"] / (width * height)
        row["ratio"] = row["micros"] / (rows[0]["micros"] if rows else row["micros"])
        rows.append(row)
        print(
            f"| {width}×{height} | {row['seconds']:.2f} | {row['micros']:.3f} | {row['ratio']:.2f} | {row['mib']:.0f} |"
        )
    tiled = _tiled_against_untiled(args)
    return {"style": _STYLE, "tile": TILE, "rows": rows, "tiled": tiled, "app": _in_the_app(*_SIZES[-1])}


def _in_the_app(width: int, height: int) -> dict[str, float]:
    """The largest picture through the app, from upload to PNG."""
    with tempfile.TemporaryDirectory(prefix="nst-large-") as name:
        folder = Path(name)
        small, large = (folder / f"{size}.jpg" for size in ("small", "large"))
        save_image(_photo(256, 256), small)
        save_image(_photo(width, height), large)
        (folder / "server").mkdir()
        with running_process(ROOT, folder / "server", NST_MAX_SIZE_FAST=str(width)) as (url, pid):
            client = Client(url, verbose=False, download_files=str(folder / "results"))
            client.predict(handle_file(str(small)), _STYLE, api_name="/stylize")
            time.sleep(10)  # the app gives back what it does not need
            idle, started = _of_process(pid, "VmRSS"), time.perf_counter()
            result = client.predict(handle_file(str(large)), _STYLE, api_name="/stylize")
            told = {"idle_mib": idle, "mib": _of_process(pid, "VmHWM") - idle, "seconds": time.perf_counter() - started}
            if (size := open_image(result).size) != (width, height):
                raise RuntimeError(f"The app gave {size} back.")
    print(
        f"{width}×{height} through the app, with upload, download and PNG: {told['seconds']:.0f} s, "
        f"{told['mib']:.0f} MiB above the idle app's {told['idle_mib']:.0f}"
    )
    return told


def _of_process(pid: int, what: str) -> float:
    """MiB, of a line of Linux' ``status``."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def _tiled_against_untiled(args: argparse.Namespace) -> dict[str, Any]:
    """With the same statistics; with its own, as an untiled picture has them; and at the seams."""
    torch.set_num_threads(args.threads)
    stylizer, photo = Stylizer(device="cpu"), _photo(_COMPARED, _COMPARED)
    ways = {"untiled": (True, TILE), "tiled": (False, TILE), "one tile": (False, _COMPARED)}
    pictures = {}
    for name, (whole, tile) in ways.items():
        with (
            mock.patch.object(stylizer_module, "in_one_piece", lambda *_, whole=whole: whole),
            mock.patch.object(stylizer_module, "paint_tiles", functools.partial(paint_tiles, tile=tile)),
        ):
            pictures[name] = np.asarray(stylizer.stylize(photo, _STYLE)).astype(int)
    same = np.abs(pictures["tiled"] - pictures.pop("one tile"))
    difference = np.abs(pictures["tiled"] - pictures["untiled"]).mean(2)
    jumps = np.abs(np.diff(pictures["tiled"].mean(2), axis=1))
    seams = jumps[:, TILE - 1 :: TILE]
    told = {
        "same_mean": float(same.mean()), "same_largest": int(same.max()),
        "mean": float(difference.mean()), "largest": int(difference.max()),
        "step_at_seams": float(seams.mean()), "step_elsewhere": float(jumps.mean()),
    }  # fmt: skip
    print(
        f"{_COMPARED}×{_COMPARED}, tiled against untiled with the same statistics: mean difference "
        f"{told['same_mean']:.3f} of 255, largest {told['same_largest']}; with its own: mean {told['mean']:.2f}; "
        f"brightness steps at seams {told['step_at_seams']:.2f}, elsewhere {told['step_elsewhere']:.2f}"
    )
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
        for name, pixels in pictures.items():
            save_image(Image.fromarray(pixels.astype(np.uint8)), args.pictures / f"{name}.jpg")
    return told


def _photo(width: int, height: int) -> Image.Image:
    return cover(open_image(ROOT / "examples" / "content" / "bridge.jpg"), (width, height))


def _measure(width: int, height: int, threads: int, repeats: int) -> dict[str, float]:
    torch.set_num_threads(threads)
    stylizer = Stylizer(device="cpu")
    stylizer.stylize(_photo(256, 256), _STYLE)
    idle = _peak()
    photo, times = _photo(width, height), []
    for _ in range(repeats):
        started = time.perf_counter()
        stylizer.stylize(photo, _STYLE)
        times.append(time.perf_counter() - started)
    return {"width": width, "height": height, "seconds": statistics.median(times), "mib": _peak() - idle}


def _peak() -> float:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    print(json.dumps(_measure(*map(int, sys.argv[1:]))))
