"""Write what a training run has learnt to where the app loads it: ``python train/export.py NAME``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.errors import NSTError  # noqa: E402
from nst.training.export import export_run  # noqa: E402
from nst.training.trainer import CHECKPOINT  # noqa: E402
from nst.trunks import TRUNK  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", metavar="NAME", help="of the run, as in its recipe")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs")
    parser.add_argument("--weights", type=Path, default=TRUNK.parent, help="folder to write to")
    parser.add_argument("--strength", type=float, default=1.0, help="of what was trained, that becomes full strength")
    args = parser.parse_args(argv)
    try:
        ids = export_run(args.runs / args.name / CHECKPOINT, args.weights, args.strength)
    except NSTError as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    print(f"A trunk with {len(ids)} styles: {', '.join(ids)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
