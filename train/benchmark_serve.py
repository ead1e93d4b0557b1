"""The app under load: the part ``serve`` of ``train/benchmark.py``."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from gradio_client.client import Job
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.images import open_image  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from tests.live import running_app  # noqa: E402

_STYLE = "udnie"
_KINDS = {"fast": 0.75, "slow": 0.15, "cancelled": 0.10}
_SLOW = json.dumps({"size": 64, "iterations": 5})
_LONG = json.dumps({"size": 128, "iterations": 500})
_SAME = 2.0  # grey levels of difference, in the mean, up to which a picture is the expected one


class _Visitor:
    """One client with a photo of its own, and the painting that it must get."""

    def __init__(self, number: int, url: str, folder: Path, stylizer: Stylizer) -> None:
        rng = np.random.default_rng(number)
        coarse = Image.fromarray(rng.integers(0, 256, (5, 6, 3), np.uint8))
        photo = coarse.resize((192, 160), Image.Resampling.BICUBIC)
        self.path = folder / f"photo-{number}.png"
        photo.save(self.path)
        self.photo = np.asarray(photo, float)
        self.painting = np.asarray(stylizer.stylize(photo, _STYLE), float)
        self.client = Client(url, verbose=False, download_files=str(folder / f"client-{number}"))
        self.random = random.Random(number)

    def ask(self, kind: str) -> str:
        """One request; returns what came of it: done, refused (the queue is full), or what is wrong."""
        try:
            getattr(self, kind)()
        except AssertionError as error:
            return f"wrong: {error}"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            text = f"{type(error).__name__}: {error}"
            return "refused" if "queue is full" in text.lower() else text[:200]
        return "done"

    def fast(self) -> None:
        file = self.client.predict(handle_file(str(self.path)), _STYLE, api_name="/stylize")
        self._check(file, self.painting, _SAME)

    def slow(self) -> None:
        photo = handle_file(str(self.path))
        *_, png = self.client.predict(photo, [photo], settings=_SLOW, api_name="/optimize")
        with Image.open(png) as image:  # five steps from the photo do not lead far away
            small = Image.fromarray(self.photo.astype(np.uint8)).resize(image.size, Image.Resampling.LANCZOS)
        self._check(png, np.asarray(small, float), 25)

    def cancelled(self) -> None:
        photo = handle_file(str(self.path))
        job = self.client.submit(photo, [photo], settings=_LONG, api_name="/optimize")
        _wait_for_output(job)
        job.cancel()

    @staticmethod
    def _check(file: str, expected: np.ndarray, most: float) -> None:
        got = np.asarray(open_image(file), float)
        assert got.shape == expected.shape, "the size of another picture"
        assert np.abs(got - expected).mean() < most, "another picture"


def serve(args: argparse.Namespace) -> dict[str, Any]:
    """Many clients at once, then many requests in a row, then a client that goes away."""
    with tempfile.TemporaryDirectory(prefix="nst-serve-") as name:
        folder = Path(name)
        (folder / "server").mkdir()
        with running_app(ROOT, folder / "server") as url:
            stylizer = Stylizer()
            print(f"{args.clients} clients …", flush=True)
            visitors = [_Visitor(n, url, folder, stylizer) for n in range(args.clients)]
            del stylizer
            visitors[0].ask("fast"), visitors[0].ask("slow")  # what is loaded once is loaded before it counts
            result = {
                "crowd": _crowd(visitors, args.minutes * 60, folder / "server"),
                "row": _in_a_row(visitors, args.requests),
                "alone": [_first_picture(visitors[1]) for _ in range(3)],
                "gone": [_gone(visitors[0], visitors[1]) for _ in range(3)],
            }
    print(f"A client goes away mid-run: the next one has its first picture after {result['gone']} s (three times), and")
    print(f"after {result['alone']} s where nobody was before")
    return result


def _wait_for_output(job: Job) -> None:
    """Not by iterating over the job: of one that is refused the client's iterator has no end."""
    while not job.outputs():
        if job.done():
            job.result()  # raises what the refusal says
            return
        time.sleep(0.01)


def _crowd(visitors: list[_Visitor], seconds: float, folder: Path) -> dict[str, Any]:
    before, files = _resident(), _files(folder)
    outcomes: dict[str, Counter] = defaultdict(Counter)
    times: dict[str, list[float]] = defaultdict(list)
    end = time.monotonic() + seconds

    def visit(visitor: _Visitor) -> None:
        while time.monotonic() < end:
            (kind,) = visitor.random.choices(list(_KINDS), list(_KINDS.values()))
            started = time.monotonic()
            outcome = visitor.ask(kind)
            outcomes[kind][outcome] += 1
            if outcome == "done":
                times[kind].append(time.monotonic() - started)
            else:
                time.sleep(visitor.random.uniform(0.5, 2))  # as a visitor would, before another try

    threads = [threading.Thread(target=visit, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(10)
    after, left = _resident(), _files(folder) - files
    print("| request | done | refused: queue full | anything else | p50, s | p95, s |\n|---|---|---|---|---|---|")
    rows = {}
    for kind, counts in outcomes.items():
        done, refused = counts.pop("done", 0), counts.pop("refused", 0)
        p50, p95 = (float(np.percentile(times[kind], q)) if times[kind] else float("nan") for q in (50, 95))
        rows[kind] = {"done": done, "refused": refused, "else": dict(counts), "p50": p50, "p95": p95}
        print(f"| {kind} | {done} | {refused} | {dict(counts) or 0} | {p50:.2f} | {p95:.2f} |")
    print(f"Resident memory {before:.0f} MiB before, {after:.0f} MiB after; {len(left)} files left behind")
    return {"rows": rows, "mib_before": before, "mib_after": after, "left": sorted(map(str, left))}


def _in_a_row(visitors: list[_Visitor], requests: int) -> dict[str, Any]:
    before = _resident()
    outcomes = Counter(visitors[n % len(visitors)].ask("fast") for n in range(requests))
    time.sleep(5)
    after = _resident()
    print(f"{requests} requests in a row: {dict(outcomes)}; resident memory grew by {after - before:.0f} MiB")
    return {"requests": requests, "outcomes": dict(outcomes), "mib": after - before}


def _gone(visitor: _Visitor, other: _Visitor) -> float:
    """Seconds from when a client in the middle of a long run goes away to the first picture of the next one."""
    photo = handle_file(str(visitor.path))
    client = Client(visitor.client.src, verbose=False)
    job = client.submit(photo, [photo], settings=_LONG, api_name="/optimize")
    _wait_for_output(job)
    started = time.monotonic()
    job.cancel()
    client.close()
    cancelled = time.monotonic() - started
    return round(cancelled + _first_picture(other), 2)


def _first_picture(visitor: _Visitor) -> float:
    """Seconds until the first picture of a run of slow mode, which is then waited for."""
    started = time.monotonic()
    photo = handle_file(str(visitor.path))
    job = visitor.client.submit(photo, [photo], settings=_SLOW, api_name="/optimize")
    _wait_for_output(job)
    seconds = round(time.monotonic() - started, 2)
    job.result()
    return seconds


def _files(folder: Path) -> set[Path]:
    """Files and folders but those in Gradio's cache, which is swept by age."""
    return {path for path in folder.rglob("*") if "gradio" not in path.relative_to(folder).parts[:1]}


def _resident() -> float:
    """MiB of the server and what it started: all processes below this one."""
    parents, sizes = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                text = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(text[1])
                sizes[int(entry.name)] = int(text[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    below = {os.getpid()}
    for _ in range(4):
        below |= {pid for pid, parent in parents.items() if parent in below}
    return sum(sizes[pid] for pid in below - {os.getpid()} if pid in sizes)
