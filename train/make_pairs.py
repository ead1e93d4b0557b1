"""Paint the pairs of the Compare tab: ``python train/make_pairs.py``.

Both methods with their own defaults, at 512 pixels.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.gatys import optimize  # noqa: E402
from nst.gatys_config import preset  # noqa: E402
from nst.images import open_image, resize, save_image  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from nst.training.paintings import painting_of  # noqa: E402

_SIDE = 512
_PHOTOS = {"cat": "A cat", "bridge": "A bridge", "coffee": "A cup of coffee", "bee": "A bee"}
_PAIRS = (
    ("cat", "starry_night"), ("bridge", "great_wave"), ("coffee", "the_scream"), ("bee", "composition_vii"),
    ("bridge", "udnie"), ("cat", "water_lilies"), ("bee", "shipwreck"), ("coffee", "metzinger"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder with paintings")
    parser.add_argument("--out", type=Path, default=ROOT / "examples" / "compare")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--keep-slow", action="store_true", help="paint only fast mode's; slow mode's are there")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    stylizer, entries = Stylizer(), []
    for name, style_id in _PAIRS:
        photo = resize(open_image(ROOT / "examples" / "content" / f"{name}.jpg"), _SIDE)
        info = stylizer.library[style_id].info
        made = {"fast": stylizer.stylize(photo, style_id)}
        if not args.keep_slow:
            painting = painting_of(info, args.data / "paintings")
            started = time.perf_counter()
            *_, last = optimize(photo, [painting], preset(args.preset, size=_SIDE))
            print(f"{name}, {style_id}: {time.perf_counter() - started:.0f} s", flush=True)
            made["slow"] = last.image
        entry = {"id": f"{name}-{style_id}", "photo": _PHOTOS[name], "title": info.title}
        entry |= {method: f"{name}-{style_id}-{method}.jpg" for method in ("slow", "fast")}
        for method, image in made.items():
            save_image(image, args.out / entry[method])
        entries.append(entry)
    told = {"trunk": stylizer.trunk.fingerprint, "preset": args.preset, "side": _SIDE, "pairs": entries}
    (args.out / "pairs.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
