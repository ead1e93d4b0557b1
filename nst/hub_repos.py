"""Which repos of the Hugging Face Hub styles come from, by name: ``USER/NAME[@REVISION]``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nst.errors import HubError

VARIABLE = "NST_HUB_REPOS"
"""The environment variable that names the repos; set but empty, it names none."""

TAG = "nst-style"
"""What a repo with styles is tagged with, so that it can be found."""

_OWN = "nst-styles"
_PART = r"(?!.*(?:--|\.\.))[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?<![.-])"
_NAME = re.compile(f"{_PART}/{_PART}")
# Revisions become part of a path in the cache.
_REVISION = re.compile(r"(?!.*(?:\.\.|//))[A-Za-z0-9][A-Za-z0-9._/-]{0,99}(?<![./])")


@dataclass(frozen=True)
class HubRepo:
    """A repo with styles.

    Attributes:
        name: ``USER/NAME``.
        revision: branch, tag or commit.
        optional: nobody has asked for it by name, so that nobody misses it if it does not exist.
    """

    name: str
    revision: str = "main"
    optional: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return self.name if self.revision == "main" else f"{self.name}@{self.revision}"


def check_name(text: str) -> str:
    """``text`` if it can be the name of a repo.

    Raises:
        HubError: it cannot.
    """
    if not _NAME.fullmatch(text):
        raise HubError(f"'{_short(text)}' is not the name of a repo on the Hub: it is written USER/NAME.")
    return text


def parse_repo(text: str) -> HubRepo:
    """Read ``USER/NAME[@REVISION]``.

    Raises:
        HubError: it cannot be read.
    """
    name, at, revision = text.strip().partition("@")
    check_name(name)
    if at and not _REVISION.fullmatch(revision):
        raise HubError(f"'{_short(revision)}' is not a revision: name a branch, a tag or a commit of {name}.")
    return HubRepo(name, revision or "main")


def configured_repos(environment: Mapping[str, str] = os.environ) -> tuple[list[HubRepo], list[str]]:
    """The repos that ``NST_HUB_REPOS`` names, and a sentence for each entry that cannot be read.

    Where the variable is not set, and the app runs on a Space, that is the repo ``nst-styles`` of the Space's owner.
    """
    text = environment.get(VARIABLE)
    if text is None:
        own = own_repo(environment)
        return ([HubRepo(own, optional=True)] if own else []), []
    repos: list[HubRepo] = []
    problems = []
    for entry in filter(None, map(str.strip, text.split(","))):
        try:
            repos.append(parse_repo(entry))
        except HubError as error:
            problems.append(f"{VARIABLE}: {error}")
    return list(dict.fromkeys(repos)), problems


def own_repo(environment: Mapping[str, str] = os.environ) -> str | None:
    """On a Space, the repo that its owner's styles go to and come from."""
    author = environment.get("SPACE_AUTHOR_NAME", "")
    name = f"{author}/{_OWN}"
    return name if _NAME.fullmatch(name) else None


def repo_of(user: str) -> str:
    """The repo that the styles of ``user`` go to if no other is named."""
    return check_name(f"{user}/{_OWN}")


def visitors_token() -> bool | None:
    """What to ask the Hub with for a visitor: on a Space nothing, elsewhere the token that huggingface_hub finds.

    On a laptop the visitor is the owner. On a Space the token is the owner's, and what it can see is not for visitors.
    """
    return False if os.environ.get("SPACE_ID") else None


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:60])
