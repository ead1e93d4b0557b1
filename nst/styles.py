"""The style library: every style is one small file, a code for the trunk, with its painting's title and artist."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from nst.backbone_weights import WEIGHTS
from nst.errors import ConfigError, WeightsError, visible
from nst.trunks import Trunk, load_trunk, network_folder
from nst.weight_files import read_tensors, write_tensors
from nst.weighted import parse_weighted

EMBEDDED = WEIGHTS / "multistyle" / "styles"
"""The styles that the project ships."""

_log = logging.getLogger("nst")

BUILT_IN = "built in"
"""The origin of the styles that the project ships."""

MAX_MIX = 8  # more than anyone can see in one picture
MOST_STYLE_BYTES = 256 << 10
_MOST_IN_CODE = 1000.0  # trained codes stay under 10; far beyond, the network overflows
_MOST_TEXT = 200  # characters of a title, an artist, a year, a licence
_MOST_MADE = 16 << 10  # characters of how it was made, as JSON
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class StyleInfo:
    """What is known about a style.

    Attributes:
        id: lower-case letters, digits, ``_`` and ``-``; what the command line and the API call it.
        trunk: fingerprint of the trunk that it belongs to.
        size: pixels of the painting's longer side when it was learnt: how large its strokes are.
        style_weight: the weight of its style loss in training.
        made: how it was learnt (with the trunk or on it), by which commit, with which losses.
    """

    id: str
    title: str
    artist: str
    year: str
    licence: str
    trunk: str
    size: int
    style_weight: float
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def caption(self) -> str:
        """Title, artist and year in one line."""
        artist = ", ".join(filter(None, (self.artist, self.year)))
        return f"{self.title} ({artist})" if artist else self.title


@dataclass(frozen=True)
class Style:
    """A style.

    Attributes:
        info: its facts.
        code: ``(code_size,)``, float32.
        thumbnail: the picture that shows it, if there is one, or its file.
        origin: where it comes from, in words that can be shown: ``built in``, or the name of a repo.
    """

    info: StyleInfo
    code: Tensor
    thumbnail: Path | Image.Image | None = None
    origin: str = BUILT_IN


def check_id(text: str) -> str:
    """``text`` if it can be a style's id.

    Raises:
        ConfigError: it cannot.
    """
    if not _ID.fullmatch(text):
        raise ConfigError("A style's id has lower-case letters, digits, _ and -, at most 64, such as starry_night.")
    return text


def save_style(path: Path, info: StyleInfo, code: Tensor) -> None:
    """Write a style file."""
    write_tensors(path, {"code": code.float()}, {"kind": "style", **asdict(info)})


def load_style(path: Path, trunk: Trunk, origin: str = BUILT_IN) -> Style:
    """Read a style file, which may come from anywhere.

    Raises:
        WeightsError: it is missing, damaged or too large, no style, or made for another trunk.
    """
    if path.is_file() and path.stat().st_size > MOST_STYLE_BYTES:
        raise WeightsError(f"'{path.name}' is too large to be a style: those have at most {MOST_STYLE_BYTES >> 10} kB.")
    tensors, about = read_tensors(path)
    try:
        if about.pop("kind") != "style":
            raise KeyError
        info = _checked_info(StyleInfo(**about))
        code = tensors.pop("code")
        if tensors or code.dtype != torch.float32 or bool((code.abs() > _MOST_IN_CODE).any()):
            raise KeyError
    except (KeyError, TypeError, RecursionError, ConfigError):
        raise WeightsError(
            f"'{path.name}' is not a style of this app: something in it is missing, or should not be there."
        ) from None
    if info.trunk != trunk.fingerprint or code.shape != trunk.identity.shape:
        raise WeightsError(
            f"The style '{info.id}' was made for another trunk than the one in use: learn it again, or use the "
            "trunk that it names."
        )
    thumbnail = path.with_suffix(".jpg")
    return Style(info, code, thumbnail if thumbnail.is_file() else None, origin)


def _checked_info(info: StyleInfo) -> StyleInfo:
    """``info``, if all of it is what it should be, without characters that cannot be seen."""
    check_id(info.id)
    texts = {name: getattr(info, name) for name in ("title", "artist", "year", "licence", "trunk")}
    if not all(isinstance(text, str) and len(text) <= _MOST_TEXT for text in texts.values()):
        raise TypeError
    if not isinstance(info.size, int) or isinstance(info.size, bool) or not 0 < info.size < 1 << 16:
        raise TypeError
    if not isinstance(info.style_weight, int | float) or not math.isfinite(info.style_weight):
        raise TypeError
    if not isinstance(info.made, dict) or len(json.dumps(info.made)) > _MOST_MADE:
        raise TypeError
    return replace(info, **{name: visible(text) for name, text in texts.items()})


def by_title(style: Style) -> str:
    """What styles are sorted by."""
    return style.info.title.removeprefix("The ")


class StyleLibrary:
    """Styles by id, all for one trunk, in the order in which they were added."""

    def __init__(self, trunk: Trunk, styles: Iterable[Style] = ()) -> None:
        self.trunk = trunk
        self._styles = {style.info.id: style for style in styles}

    @classmethod
    def load(cls, trunk: Trunk, folder: Path = EMBEDDED) -> StyleLibrary:
        """All styles in ``folder``, by title. A file that is no style for this trunk is left out, and logged.

        Raises:
            WeightsError: there are files, and none of them is a style for this trunk.
        """
        styles, error = [], None
        for path in sorted(folder.glob("*.safetensors")):
            try:
                styles.append(load_style(path, trunk))
            except WeightsError as wrong:  # one bad file must not cost all the others
                error = wrong
                _log.warning("a style is left out: %s", wrong)
        if error is not None and not styles:
            raise error
        return cls(trunk, sorted(styles, key=by_title))

    @classmethod
    def of(cls, network: str) -> StyleLibrary:
        """The styles that an installed network came with.

        Raises:
            ConfigError: there is no such network. WeightsError: its files do not fit.
        """
        folder = network_folder(network)
        return cls.load(load_trunk(folder / "trunk.safetensors"), folder / "styles")

    def __iter__(self) -> Iterator[Style]:
        return iter(self._styles.values())

    def __len__(self) -> int:
        return len(self._styles)

    def __getitem__(self, style_id: str) -> Style:
        if style_id not in self._styles:
            names = ", ".join(self._styles) or "none is installed"
            raise ConfigError(f"There is no style '{style_id[:60]}': choose from {names}.")
        return self._styles[style_id]

    def listing(self) -> list[dict[str, Any]]:
        """What a chooser needs to know of every style, as plain JSON values."""
        names = ("id", "title", "artist", "year", "licence", "size")
        return [{**{name: getattr(style.info, name) for name in names}, "origin": style.origin} for style in self]

    def mix(self, text: str) -> Tensor:
        """The code ``(code_size,)`` of a styles string ``ID[:W][,ID[:W]…]``: the weighted mean of the codes.

        Raises:
            ConfigError: it cannot be read, names an unknown style, or more than eight.
        """
        pairs = parse_weighted(text, "style")
        if len(pairs) > MAX_MIX:
            raise ConfigError(f"That is too many styles to mix: use at most {MAX_MIX}.")
        parts = [(self[style_id].code, weight) for style_id, weight in pairs]
        parts = [(code, weight) for code, weight in parts if weight > 0]
        if len(parts) == 1:
            return parts[0][0]  # exactly: no rounding by the weight
        weights = torch.tensor([weight for _, weight in parts], dtype=torch.float64)
        codes = torch.stack([code.double() for code, _ in parts])
        return ((weights / weights.sum()) @ codes).float()
