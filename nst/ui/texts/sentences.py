"""Sentences that are made while the app works, such as errors and status lines, in the visitor's language.

The package makes them in English, for the command line and API clients as well. On their way to a visitor they are
looked up: a template such as ``Step {n} of {all}`` fits a sentence whatever its numbers are. What fits none is shown
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_JOINTS = re.compile(r"( · |(?<=[.!?…]) (?=[A-Z'‘“]))")  # between the parts of a status line, and between sentences
_FIELD = re.compile(r"\\?\{(\w+)\\?\}")
_PHRASES = frozenset(
    ["title", "name", "names", "id", "text", "time", "what", "repo", "path", "kind", "advice", "revision", "number"]
)
_DECIMAL = re.compile(r"\d+\.\d+")


class Sentences:
    """The sentences of one language.

    Args:
        templates: by the English ones. A field holds one word, such as a number, or several where its name is one of
            ``_PHRASES``; where its name begins with ``part``, they are a phrase of ours, which is looked up in turn.
        decimal: what stands for the point in numbers.
    """

    def __init__(self, templates: Mapping[str, str], decimal: str = ".") -> None:
        self._plain = {english: text for english, text in templates.items() if "{" not in english}
        self._patterns = [
            (re.compile(_FIELD.sub(_group, re.escape(english))), text)
            for english, text in templates.items()
            if "{" in english
        ]
        self._decimal = decimal

    def __call__(self, english: str) -> str:
        """The same in this language, as far as it is known."""
        found = self._whole(english)
        if found is not None:
            return found
        pieces = _JOINTS.split(english)
        if len(pieces) == 1:
            return english
        # Joints stay as they are, and so does every piece that is not known, such as a title.
        return "".join(self._whole(piece) or piece for piece in pieces)

    def knows(self, english: str) -> bool:
        """Whether the sentence as a whole is known."""
        return self._whole(english) is not None

    def _whole(self, english: str) -> str | None:
        if english in self._plain:
            return self._plain[english]
        for pattern, text in self._patterns:
            if found := pattern.fullmatch(english):
                return text.format(**{name: self._field(name, value) for name, value in found.groupdict().items()})
        return None

    def _field(self, name: str, value: str) -> str:
        if name.startswith("part"):
            return self(value)
        return value.replace(".", self._decimal) if _DECIMAL.fullmatch(value) else value


def _group(field: re.Match[str]) -> str:
    name = field[1]
    # Not beyond its part of a status line: "Step {n} of {all}" would take the rest of it for a number.
    held = r"(?:(?! · ).)+?" if name in _PHRASES or name.startswith("part") else r"\S+?"
    return f"(?P<{name}>{held})"
