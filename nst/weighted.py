"""Lists with weights in one string: ``ID[:W],ID[:W],...``, as on the command line, in the API and in the app."""

from __future__ import annotations

import math

from nst.errors import ConfigError

_LONGEST = 2000  # characters; nothing that a person means is longer


def parse_weighted(text: str, what: str = "name") -> tuple[tuple[str, float], ...]:
    """Read ``"relu1_1:0.5,relu2_1"`` as ``(("relu1_1", 0.5), ("relu2_1", 1.0))``.

    Args:
        text: names separated by commas, each with an optional weight after a colon (default 1).
        what: what a name stands for, used in the error sentences.

    Raises:
        ConfigError: nothing given, a weight that is no finite number of at least 0, a name given
            twice, or weights that sum to zero.
    """
    if len(text) > _LONGEST:
        raise ConfigError(f"That list of {what}s is too long: keep it under {_LONGEST} characters.")
    pairs: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.partition(":")
        name = name.strip()
        if not name:
            raise ConfigError(f"A {what} is missing: write them as NAME or NAME:WEIGHT, separated by commas.")
        if name in pairs:
            raise ConfigError(f"The {what} '{name[:60]}' is given twice: give each one once, with one weight.")
        try:
            pairs[name] = float(number) if number.strip() or ":" in part else 1.0
        except ValueError:
            raise ConfigError(
                f"'{number.strip()[:60]}' is no number: the weight of a {what} is written like NAME:0.5."
            ) from None
    check_weights(list(pairs.values()), what)
    return tuple(pairs.items())


def parse_numbers(text: str, count: int, what: str) -> list[float]:
    """Read ``"1, 0.5"`` as one weight for each of ``count`` things; empty text means equal weights.

    Raises:
        ConfigError: something that is no number, or another count.
    """
    if len(text) > _LONGEST:
        raise ConfigError(f"That list of weights is too long: keep it under {_LONGEST} characters.")
    try:
        numbers = [float(part) for part in text.split(",")] if text.strip() else [1.0] * count
    except ValueError:
        raise ConfigError("The weights are numbers separated by commas, such as 1, 0.5.") from None
    if len(numbers) != count:
        raise ConfigError(f"There are {count} {what}s but {len(numbers)} weights: give one weight each.")
    return numbers


def check_weights(weights: list[float], what: str) -> None:
    """Refuse weights that are not finite, negative, or all zero, with a sentence about ``what``."""
    if any(not math.isfinite(w) or w < 0 for w in weights):
        raise ConfigError(f"The weight of a {what} must be a number of 0 or more.")
    if not sum(weights) > 0:
        raise ConfigError(f"The weights of the {what}s sum to zero: give at least one of them a weight above 0.")
    if not math.isfinite(sum(weights)):
        raise ConfigError(f"The weights of the {what}s are too large: use numbers around 1.")


def format_weighted(pairs: tuple[tuple[str, float], ...]) -> str:
    """The inverse of :func:`parse_weighted`: the shortest string that reads back the same."""
    return ",".join(name if weight == 1 else f"{name}:{weight!r}" for name, weight in pairs)
