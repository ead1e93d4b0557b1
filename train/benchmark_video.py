"""Video mode against the bare network, and its memory: the parts ``video`` and ``video-memory`` of
``train/benchmark.py``."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.clip_reader import ClipReader  # noqa: E402
from nst.clip_writer import ClipWriter  # noqa: E402
from nst.images import open_image  # noqa: E402
from nst.soundtrack import Soundtrack  # noqa: E402
from nst.steadiness import MotionEstimator, Steadier  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from nst.video import stylize_video  # noqa: E402
from nst.video_config import VideoConfig  # noqa: E402

_SIZE, _RATE = (640, 360), 25
_SMALL_SIZE, _SMALL_RATE = (320, 180), 10  # of the clips whose memory is measured: a minute of it must be affordable
_SHORT, _LONG = 6, 60  # seconds of those
_SOUND_RATE = 48_000
_GRAIN = 2.0  # grey levels: a camera's noise, which encoders have to work for
_MOST_STAGE_FRAMES = 25


def make_clip(path: Path, size: tuple[int, int], rate: int, seconds: float) -> Path:
    """Write an H.264 clip with sound: a camera circles over a photograph and comes closer, with a camera's noise."""
    photo = np.asarray(open_image(ROOT / "examples" / "content" / "bridge.jpg"))
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as clip:
        video = clip.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "20"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = clip.add_stream("aac", rate=_SOUND_RATE, layout="mono")
        for number in range(round(seconds * rate)):
            view = _view(photo, size, number / rate) + _GRAIN * rng.standard_normal((*size[::-1], 3), np.float32)
            frame = av.VideoFrame.from_ndarray(np.clip(view + 0.5, 0, 255).astype(np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            clip.mux(video.encode(frame))
            noise = 0.1 * rng.standard_normal((1, _SOUND_RATE // rate), np.float32)
            sound = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
            sound.sample_rate, sound.time_base = _SOUND_RATE, Fraction(1, _SOUND_RATE)
            sound.pts = number * (_SOUND_RATE // rate)
            clip.mux(audio.encode(sound))
        clip.mux(video.encode(None))
        clip.mux(audio.encode(None))
    return path


def _view(photo: np.ndarray, size: tuple[int, int], time: float) -> np.ndarray:
    height, width = photo.shape[:2]
    # Pixels of the photo for one of the frame; the circles are narrow enough to stay on the photo.
    scale = min(width / size[0], height / size[1]) * (0.7 + 0.1 * np.cos(time))
    reach = np.array([width - scale * size[0], height - scale * size[1]]) / 2
    x, y = reach * (1 + np.array([np.cos(0.7 * time), np.sin(0.9 * time)]))
    matrix = np.array([[scale, 0, x], [0, scale, y]])
    return cv2.warpAffine(
        photo, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )


def video(args: argparse.Namespace) -> dict[str, Any]:
    """Frames a second from file to file against those of the bare network, and memory that does not grow."""
    torch.set_num_threads(args.threads)
    stylizer = Stylizer(device="cpu")
    style = next(iter(stylizer.library)).info.id
    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder) / "clip.mp4", _SIZE, _RATE, args.seconds)
        frames = [frame.image for frame in ClipReader(clip).frames()]
        target = Path(folder) / "painted.mp4"
        runs: dict[str, Callable[[], None]] = {
            "network": lambda: _network(stylizer, style, frames),
            "flow_off": lambda: _end_to_end(clip, target, stylizer, style, temporal=False),
            "flow_on": lambda: _end_to_end(clip, target, stylizer, style, temporal=True),
        }
        _network(stylizer, style, frames[:2])  # warm up
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(args.turns):
            for name, run in runs.items():
                started = time.perf_counter()
                run()
                times[name].append(time.perf_counter() - started)
        rates = {name: len(frames) / statistics.median(values) for name, values in times.items()}
        print(f"| {_SIZE[0]}×{_SIZE[1]} | frames a second | of the bare network |\n|---|---|---|")
        labels = {"network": "bare network", "flow_off": "file to file", "flow_on": "file to file, with flow"}
        for name, label in labels.items():
            print(f"| {label} | {rates[name]:.2f} | {rates[name] / rates['network']:.2f} |", flush=True)
        stages = _stages(clip, Path(folder) / "stages.mp4", stylizer, style)
        print("milliseconds of CPU a frame: " + ", ".join(f"{k} {v:.1f}" for k, v in stages.items()), flush=True)
        memory = _memories(Path(folder), args.threads)
    return {
        "size": list(_SIZE), "frames": len(frames), "turns": args.turns, "fps": rates,
        "ratio": {name: rates[name] / rates["network"] for name in ("flow_off", "flow_on")},
        "cpu_milliseconds": stages, "memory": memory,
    }  # fmt: skip


def _network(stylizer: Stylizer, style: str, frames: list[np.ndarray]) -> None:
    """What painting alone takes: pictures are in memory, and stay there."""
    code = stylizer.library.mix(style)[None]
    for frame in frames:
        stylizer.paint(_tensor(frame), code)


def _tensor(frame: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255


def _end_to_end(clip: Path, target: Path, stylizer: Stylizer, style: str, *, temporal: bool) -> None:
    for _ in stylize_video(clip, target, stylizer, VideoConfig(style, temporal=temporal)):
        pass


def _stages(clip: Path, target: Path, stylizer: Stylizer, style: str) -> dict[str, float]:
    """CPU time of each stage on its own, all of its threads together, in milliseconds a frame."""
    reader = ClipReader(clip)
    frames, decode = _timed(reader.frames())
    frames = frames[:_MOST_STAGE_FRAMES]
    code = stylizer.library.mix(style)[None]
    paintings, network = _timed(stylizer.paint(_tensor(frame.image), code) for frame in frames)
    pictures = [(x[0].permute(1, 2, 0) * 255 + 0.5).to(torch.uint8).numpy() for x in paintings]
    estimate, steadier = MotionEstimator(), Steadier()
    motions, flow = _timed(estimate(frame.image) for frame in frames)
    steady, steadying = _timed(steadier(picture, motion) for picture, motion in zip(pictures, motions, strict=True))
    writer = ClipWriter(target, reader.size, reader.time_base, _RATE, Soundtrack(clip, reader.begin, cut=False))
    started = time.process_time()
    for frame, picture in zip(frames, steady, strict=True):
        writer.add(picture, frame.pts, frame.duration)
    writer.finish()
    encode = 1000 * (time.process_time() - started) / len(frames)
    return {"decode": decode, "network": network, "flow": flow, "steady": steadying, "encode": encode}


def _timed(items: Iterator[Any]) -> tuple[list[Any], float]:
    started = time.process_time()
    made = list(items)
    return made, 1000 * (time.process_time() - started) / len(made)


def _memories(folder: Path, threads: int) -> dict[str, Any]:
    """Peak resident memory, in MiB, of fresh processes that paint a short clip and one ten times as long."""
    peaks = {}
    for seconds in (_SHORT, _LONG):
        clip = make_clip(folder / f"{seconds}.mp4", _SMALL_SIZE, _SMALL_RATE, seconds)
        command = [sys.executable, str(ROOT / "train" / "benchmark.py"), "video-memory", "--clip", str(clip)]
        command += ["--threads", str(threads)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks[seconds] = json.loads(done.stdout)["peak_mib"]
    ratio = peaks[_LONG] / peaks[_SHORT]
    print(
        f"peak memory at {_SMALL_SIZE[0]}×{_SMALL_SIZE[1]}: {peaks[_SHORT]:.0f} MiB for {_SHORT} s, "
        f"{peaks[_LONG]:.0f} MiB for {_LONG} s, {ratio:.2f} times that"
    )
    return {"size": list(_SMALL_SIZE), "rate": _SMALL_RATE, "peak_mib": peaks, "ratio": ratio}


def video_memory(args: argparse.Namespace) -> dict[str, Any]:
    """Peak memory of painting one clip with flow; prints JSON for :func:`video`."""
    torch.set_num_threads(args.threads)
    stylizer = Stylizer(device="cpu")
    style = next(iter(stylizer.library)).info.id
    _end_to_end(args.clip, args.clip.with_suffix(".painted.mp4"), stylizer, style, temporal=True)
    # Not ru_maxrss: that of a child starts from its parent's peak.
    peak = next(int(x.split()[1]) for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    result = {"peak_mib": peak / 2**10}
    print(json.dumps(result))
    return result
