"""Every choice of fast mode in one frozen dataclass: the command line, the app and its clients read defaults here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from nst.errors import ConfigError
from nst.images import MIN_SIDE, KeepColor
from nst.weighted import parse_weighted

KEEP_COLOR: tuple[str, ...] = get_args(KeepColor)


@dataclass(frozen=True)
class StylizeConfig:
    """How to paint a picture with the styles of the library.

    Attributes:
        style: ``ID[:W][,ID[:W]…]``, ids of the library with weights of the mix.
        strength: 0 returns the photo, 1 is the full style.
        keep_color: keep the photo's colours, see :func:`nst.images.keep_color`.
        max_side: longer side of the result in pixels, if the photo is larger; None (or 0) for the photo's own size.
        strokes: longer side in pixels at which the strokes are painted, if the result is larger: the smaller, the
            larger they are in the result. None (or 0) for the result's own size.
        fine: with ``strokes``, keep the fine detail of the photo's brightness, which strokes of that size cannot show.

    Raises:
        ConfigError: a value that cannot work; the sentence says which. Whether the styles exist, the library knows.
    """

    style: str
    strength: float = 1.0
    keep_color: KeepColor = "off"
    max_side: int | None = None
    strokes: int | None = field(default=None, kw_only=True)
    fine: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.style, str) or not self.style.strip():
            raise ConfigError(
                "No style is given: name one, such as starry_night, or a mix, such as udnie:2,the_scream."
            )
        parse_weighted(self.style, "style")
        if not _is_number(self.strength) or not 0 <= self.strength <= 1:
            raise ConfigError("The strength is a number from 0 (the photo) to 1 (the full style).")
        if self.keep_color not in KEEP_COLOR:
            raise ConfigError(f"There is no keep-colour mode of that name: choose from {', '.join(KEEP_COLOR)}.")
        if not isinstance(self.fine, bool):
            raise ConfigError("The setting fine is either true or false.")
        for name in ("max_side", "strokes"):
            object.__setattr__(self, name, _checked_side(getattr(self, name)))

    def describe(self, trunk: str) -> dict[str, Any]:
        """The settings as plain JSON values, for embedding in a picture painted by the trunk of that fingerprint."""
        return {"mode": "stylize", **asdict(self), "trunk": trunk}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked_side(side: Any) -> int | None:
    if side is None or (_is_number(side) and side == 0):
        return None
    # An infinity or NaN has no remainder of 0, so the conversion below is safe.
    if not _is_number(side) or side % 1 != 0 or side < MIN_SIDE:
        raise ConfigError(
            f"The longer side is a whole number of pixels, {MIN_SIDE} or more, or 0 for the photo's own size."
        )
    return int(side)
