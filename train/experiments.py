"""Make the tables and figures of the reports again: ``python train/experiments.py NAME … | --all [--quick]``.

Each experiment writes a table (CSV and JSON), a figure for light and for dark pages, and a sentence of what it found.
``--quick`` does all of them on two cores in minutes, with small pictures and few steps; what the full versions cost
stands in docs/reproduction.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import experiments_fast as fast
import experiments_slow as slow
import torch
from lab import ROOT, Lab

from nst.errors import NSTError

EXPERIMENTS: dict[str, Callable[[Lab], None]] = {
    "speed": fast.speed,
    "backbones": slow.backbones,
    "criteria": slow.criteria,
    "optimizers": slow.optimizers,
    "pooling": slow.pooling,
    "init": slow.init,
    "layers": slow.layers,
    "weights": slow.weights,
    "reconstruct": slow.reconstruct,
    "iterations": fast.iterations,
    "loss-ratio": fast.loss_ratio,
    "normalisation": fast.normalisation,
    "architectures": fast.architectures,
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*EXPERIMENTS, []], metavar="NAME", help=", ".join(EXPERIMENTS))
    parser.add_argument("--all", action="store_true", help="every experiment")
    parser.add_argument("--quick", action="store_true", help="small pictures, few steps")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "experiments", metavar="FOLDER")
    parser.add_argument("--paintings", type=Path, default=ROOT.parent / "shared" / "data" / "paintings")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(argv)
    names = list(EXPERIMENTS) if args.all else args.names
    if not names:
        parser.error("name an experiment, or say --all")
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    lab = Lab(args.out, args.quick, args.paintings)
    try:
        for name in names:
            started = time.perf_counter()
            EXPERIMENTS[name](lab)
            print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    except NSTError as error:
        print(f"experiments: {error}", file=sys.stderr)
        return 2
    finally:
        path = args.out / "findings.json"
        before = json.loads(path.read_text()) if path.is_file() else {}
        path.write_text(json.dumps({**before, **lab.findings}, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
