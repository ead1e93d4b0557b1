"""Errors that a user can cause. Each carries one sentence that says what is wrong and what to do."""

from __future__ import annotations


def visible(text: str) -> str:
    """``text`` in one line, without characters that cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class NSTError(Exception):
    """Base of every error that is shown to a user as it is: no traceback, no path of the server, one line."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(visible(sentence))  # it may repeat what was sent


class ImageError(NSTError):
    """A file that cannot be used as a picture."""


class ConfigError(NSTError):
    """A setting that does not exist or cannot work, such as an unknown layer name."""


class BackboneError(NSTError):
    """A feature network whose weights are missing, unreachable or damaged."""


class RecipeError(NSTError):
    """A training recipe, or its data, that cannot work."""


class WeightsError(NSTError):
    """A weight file that is missing, damaged, unsafe, or made for something else."""


class VideoError(NSTError):
    """A file that cannot be used as a clip, or a clip that cannot be written."""


class HubError(NSTError):
    """The Hugging Face Hub, or a repo on it, that cannot be used, or not now, or not by this user."""


class NoRepoError(HubError):
    """A repo that does not exist on the Hub, or that is hidden from this user."""
