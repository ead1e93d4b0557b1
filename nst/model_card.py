"""The page of a repo with styles on the Hub: pictures, how to use it, credits, recipe, metrics.

The same styles, trunk and evaluation give the same text, so that a push that changes nothing changes no page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nst.hub_repos import TAG
from nst.styles import Style
from nst.trunks import Trunk

_FRONT = f"""---
library_name: nst
license: apache-2.0
pipeline_tag: image-to-image
tags:
- neural-style-transfer
- {TAG}
---
"""
_COLUMNS = 4
_SCORES = {"content": ".3f", "style": ".3f", "k_noise": "g", "k_photo": "g"}
_LOOKS = ("ssim", "checkerboard", "border", "temporal", "flat")


def read_evaluation(path: Path, trunk: Trunk) -> dict[str, Any]:
    """What ``train/evaluate.py`` has measured; empty if that is missing, or was measured with another trunk."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if found["trunk"]["fingerprint"] == trunk.fingerprint else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def was_evaluated(evaluation: Mapping[str, Any], style_id: str) -> bool:
    """Whether ``evaluation`` has seen the style."""
    return any(_scores(table, style_id) for table in evaluation.get("sizes", {}).values())


def model_card(
    name: str, trunk: Trunk, styles: Iterable[Style], evaluation: Mapping[str, Any], with_trunk: bool
) -> str:
    """The text of ``README.md``, Markdown with front matter.

    Args:
        name: of the repo, ``USER/NAME``.
        trunk: that the styles belong to.
        styles: all that the repo holds.
        evaluation: see :func:`read_evaluation`.
        with_trunk: whether the repo holds the trunk, too.
    """
    shown = list(styles)
    parts = [
        _FRONT,
        f"# {name.partition('/')[2]}\n",
        "Styles for neural style transfer. All share one network, the trunk; a style is a file of about 10 kB with its "
        "scales and shifts, so that styles load at once and mix.\n",
        _pictures(shown),
        _use(name, shown),
        _credits(shown),
        _recipe(trunk, with_trunk),
        _quality(shown, evaluation),
        "## Licence\n\nThe weights: Apache-2.0. The paintings are not part of this repo.\n",
    ]
    return "\n".join(filter(None, parts))


def _pictures(styles: Sequence[Style]) -> str:
    with_picture = [style for style in styles if style.thumbnail]
    if not with_picture:
        return ""
    lines = ["## Pictures\n", "What the network makes of one photograph in each style.\n"]
    lines += ["| " * _COLUMNS + "|", "|---" * _COLUMNS + "|"]
    for start in range(0, len(with_picture), _COLUMNS):
        row = with_picture[start : start + _COLUMNS]
        cells = [f"![{_text(s.info.title)}](styles/{s.info.id}.jpg)<br>{_text(s.info.title)}" for s in row]
        lines.append("| " + " | ".join(cells + [""] * (_COLUMNS - len(row))) + " |")
    return "\n".join(lines) + "\n"


def _use(name: str, styles: Sequence[Style]) -> str:
    style_id = styles[0].info.id if styles else "ID"
    return f"""## Use

```python
from nst import open_image
from nst.hub import stylizer_from
stylizer_from("{name}").stylize(open_image("photo.jpg"), "{style_id}").save("painted.png")
```

In the app: `NST_HUB_REPOS={name} python app.py`.
"""


def _credits(styles: Iterable[Style]) -> str:
    lines = ["## Paintings\n", "| id | title | artist | year | licence of the painting | learnt at |", "|---" * 6 + "|"]
    for style in styles:
        info = style.info
        cells = (f"`{info.id}`", *map(_text, (info.title, info.artist, info.year, info.licence)), f"{info.size} px")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _recipe(trunk: Trunk, with_trunk: bool) -> str:
    about = trunk.about
    recipe = about.get("recipe") if isinstance(about.get("recipe"), dict) else {}
    loss = recipe.get("loss") if isinstance(recipe.get("loss"), dict) else {}
    settings = ", ".join(f"{key} {value}" for key, value in dict(about.get("settings", {})).items())
    facts = {
        "trunk": f"`{trunk.fingerprint}`" + (" (`model.safetensors`)" if with_trunk else " (not in this repo)"),
        "network": f"{about.get('architecture', '')}: {settings}",
        "recipe": recipe.get("name"),
        "steps": about.get("steps"),
        "content layers": loss.get("content_layers"),
        "style layers": loss.get("style_layers"),
        "seed": about.get("seed"),
        "commit": about.get("commit"),
    }
    rows = [f"| {key} | {_value(value)} |" for key, value in facts.items() if value not in (None, "")]
    return "\n".join(["## Recipe\n", "| | |", "|---|---|", *rows]) + "\n"


def _quality(styles: Sequence[Style], evaluation: Mapping[str, Any]) -> str:
    lines = ["## Quality\n"]
    seen = [style for style in styles if was_evaluated(evaluation, style.info.id)]
    if seen:
        lines.append(
            f"Medians over {evaluation.get('photos', 'the')} photographs that were not trained on. Content and style "
            "are losses, as fractions of what the photo and the painting have; k\\* is the number of L-BFGS iterations "
            "on the pixels that reach the same objective, from white noise and from the photo.\n"
        )
        for size, table in sorted(evaluation["sizes"].items(), key=lambda item: int(item[0])):
            lines += [f"| {size} px | content | style | k\\* from noise | k\\* from the photo |", "|---" * 5 + "|"]
            for style in seen:
                scores = _scores(table, style.info.id)
                cells = [f"{scores[key]:{form}}" if key in scores else "" for key, form in _SCORES.items()]
                lines.append(f"| `{style.info.id}` | {' | '.join(cells)} |")
            lines.append("")
        lines += ["| | SSIM | checkerboard | border | temporal error ×1000 | grey wall, levels |", "|---" * 6 + "|"]
        for style in seen:
            looks = evaluation.get("looks", {}).get(style.info.id, {})
            cells = [f"{looks[key]:.3g}" if key in looks else "" for key in _LOOKS]
            lines.append(f"| `{style.info.id}` | {' | '.join(cells)} |")
        lines.append("")
    unseen = [f"`{style.info.id}`" for style in styles if style not in seen]
    if unseen:
        lines.append(f"Not evaluated: {', '.join(unseen)}.\n")
    return "\n".join(lines)


def _scores(table: Mapping[str, Any], style_id: str) -> Mapping[str, float]:
    row = table.get(style_id)
    return row.get("ours", {}) if isinstance(row, dict) else {}


def _value(value: object) -> str:
    return value if isinstance(value, str) and value.startswith("`") else _text(str(value))


def _text(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>|~&$#])", r"\\\1", text)
