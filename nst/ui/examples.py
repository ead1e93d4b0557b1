"""The example pictures, as ``examples/examples.json`` lists them."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "examples"


def _load(kind: str) -> list[dict[str, str]]:
    entries = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))[kind]
    return [{**entry, "file": str(FOLDER / entry["file"])} for entry in entries]


CONTENT = _load("content")
STYLES = _load("styles")
