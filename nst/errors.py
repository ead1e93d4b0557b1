"""Errors that a user can cause. Each carries one sentence that says what is wrong and what to do."""

from __future__ import annotations


class NSTError(Exception):
    """Base of every error that is shown to a user as it is: no traceback, no path of the server."""


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
