"""Options that the commands share."""

from __future__ import annotations

import argparse


def add_running(parser: argparse.ArgumentParser) -> None:
    """Where to compute, and whether to tell how far it is."""
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
