"""Programs that ask a Hub of the tests': processes of their own, as huggingface_hub reads its settings at import."""

import contextlib
import io
import json
import multiprocessing
import os
import subprocess
import sys
import traceback
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from nst.networks import build_network
from nst.styles import StyleInfo, save_style
from nst.trunks import Trunk, load_trunk, save_trunk

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {"width": 8, "blocks": 1, "fold": 2}
SECONDS = 300  # after which a child is taken to hang; the machine may be busy

_PRELUDE = """
import hashlib, os, time
from pathlib import Path
from nst.errors import NSTError
from nst.hub import *
from nst.hub_repos import HubRepo, parse_repo
from nst.style_sources import StyleSources
from nst.trunks import load_trunk

def facts(styles):
    return {s.info.id: {"code": hashlib.sha256(s.code.numpy().tobytes()).hexdigest(), "title": s.info.title,
            "origin": s.origin, "thumbnail": s.thumbnail and str(s.thumbnail)} for s in styles}

def pulled(name, seconds=20, **more):
    started = time.monotonic()
    try:
        pull = pull_styles(parse_repo(name), trunk, seconds=seconds, **more)
        told = {"styles": facts(pull.styles), "skipped": dict(pull.skipped), "commit": pull.commit, "note": note(pull)}
    except NSTError as error:
        told = {"error": str(error), "kind": type(error).__name__}
    return told | {"seconds": time.monotonic() - started}

folder = Path(os.environ["WEIGHTS"])
trunk = load_trunk(folder / "trunk.safetensors")
"""


def environment(url: str, home: Path, **more: str) -> dict[str, str]:
    """That of a program whose Hub is at ``url``, whose cache is empty, and where nobody is logged in."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "SPACE_", "NST_", "HUGGING"))}
    return {
        **inherited,
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "OMP_NUM_THREADS": "1",
        **more,
    }


def run(command: list, url: str, home: Path, **more: str) -> subprocess.CompletedProcess:
    """A program to its end; no token may show in what it prints."""
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, env=environment(url, home, **more), timeout=SECONDS,
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "hf_" not in done.stdout + done.stderr
    return done


def child(code: str, url: str, home: Path, weights: Path, **more: str) -> Any:
    """What ``code`` says, by ``say``; it has the names of the prelude.

    The processes are forked from one that has loaded torch, which takes seconds, but not huggingface_hub.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.hub_child"])
    here, there = context.Pipe()
    settings = environment(url, home, WEIGHTS=str(weights), **more)
    process = context.Process(target=_job, args=(there, _PRELUDE + code, settings), daemon=True)
    process.start()
    there.close()
    try:
        assert here.poll(SECONDS), "the child hangs"
        said, printed, failure = here.recv()
        process.join(10)
    finally:
        process.kill()
    assert not failure, failure
    assert "hf_" not in printed and "Traceback" not in printed
    return json.loads(said)


def _job(answer: Connection, code: str, settings: dict[str, str]) -> None:
    assert "huggingface_hub" not in sys.modules
    os.environ.clear()
    os.environ.update(settings)
    said: list[Any] = []
    failure = ""
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(printed):
        try:
            exec(code, {"say": said.append})
        except Exception:  # noqa: BLE001 - it is shown by the test
            failure = traceback.format_exc()
    answer.send((json.dumps(said[0] if said else None), printed.getvalue(), failure))


def make_weights(folder: Path, ids: list[str], seed: int = 0) -> Trunk:
    """A small trunk, and styles with thumbnails, as the app's weights lie."""
    (folder / "styles").mkdir(parents=True)
    torch.manual_seed(seed)
    network = build_network("multistyle", SETTINGS)
    about = {"kind": "trunk", "architecture": "multistyle", "settings": SETTINGS, "seed": seed, "steps": 10}
    save_trunk(folder / "trunk.safetensors", network, network.new_codes(1)[0], about)
    trunk = load_trunk(folder / "trunk.safetensors")
    for style_id in ids:
        make_style(folder, trunk, style_id)
    return trunk


def make_style(folder: Path, belongs: Trunk, style_id: str, code: torch.Tensor | None = None, **changes) -> Path:
    """One style with its thumbnail; its code follows from its id unless it is given. ``changes`` are of its facts."""
    torch.manual_seed(sum(style_id.encode()))
    code = torch.randn(belongs.identity.shape) if code is None else code
    about = StyleInfo(style_id, style_id.title(), "A. Painter", "1900", "public domain", belongs.fingerprint, 384, 6.0)
    path = folder / "styles" / f"{style_id}.safetensors"
    save_style(path, replace(about, **changes), code)
    Image.new("RGB", (96, 96), (sum(style_id.encode()) % 256, 90, 60)).save(path.with_suffix(".jpg"))
    return path


def evaluate(folder: Path, trunk: Trunk, ids: list[str]) -> None:
    """What ``train/evaluate.py`` would have written."""
    scores = {"content": 0.75, "style": 0.04, "total": 1.0, "k_noise": 19.0, "k_photo": 7.5}
    looks = {"ssim": 0.5, "checkerboard": 0.8, "border": 0.97, "temporal": 1.1, "flat": 33.9}
    table = {**{style_id: {"ours": scores, "identity": scores} for style_id in ids}, "median": {"k_noise": 19.0}}
    told = {
        "trunk": {"fingerprint": trunk.fingerprint}, "photos": 4, "limit": 300,
        "sizes": {"256": table, "512": table}, "looks": dict.fromkeys(ids, looks),
    }  # fmt: skip
    (folder / "evaluation.json").write_text(json.dumps(told))


def files_of(folder: Path) -> dict[str, bytes]:
    """A weights folder as the files of a repo, without a page."""
    styles = {f"styles/{path.name}": path.read_bytes() for path in sorted((folder / "styles").iterdir())}
    return {"config.json": b"{}", "model.safetensors": (folder / "trunk.safetensors").read_bytes(), **styles}


def style_bytes(folder: Path, belongs: Trunk, style_id: str, code: torch.Tensor | None = None, **changes: Any) -> bytes:
    """A style file of that trunk, made under ``folder``."""
    (folder / "styles").mkdir(parents=True, exist_ok=True)
    return make_style(folder, belongs, style_id, code, **changes).read_bytes()
