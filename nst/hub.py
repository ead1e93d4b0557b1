"""Styles from the Hugging Face Hub: pulled, checked, cached.

A repo holds any number of styles (``styles/ID.safetensors``, ``styles/ID.jpg``) and perhaps a trunk (``config.json``,
``model.safetensors``). Nothing else is fetched, nor what is too large; nothing is unpickled. A style that is bad, or of
another trunk, is left out with its reason; the others load.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nst.errors import ConfigError, HubError, NSTError
from nst.hub_client import Token, ask, download, list_files
from nst.hub_repos import TAG, HubRepo, parse_repo, visitors_token
from nst.styles import MOST_STYLE_BYTES, Style, by_title, check_id, load_style
from nst.thumbnails import MOST_BYTES as MOST_THUMBNAIL_BYTES
from nst.thumbnails import checked_thumbnail
from nst.trunks import Trunk

if TYPE_CHECKING:
    from nst.stylizer import Stylizer

_log = logging.getLogger("nst")

SECONDS = 20.0
"""How long a pull may take."""

MOST_STYLES = 200
MOST_TRUNK_BYTES = 16 << 20
_MOST_BYTES = 64 << 20  # of one pull
_TRUNK = {"config.json": 64 << 10, "model.safetensors": MOST_TRUNK_BYTES}
_STYLE_FILE = re.compile(r"styles/(.*)\.safetensors", re.DOTALL)
_SHA = re.compile(r"[0-9a-f]{40}")
# A ref of our own in the cache. The client moves refs/main whenever any program asks for any file, and what was pulled
# at an earlier commit would then not be found without a network.
_PIN = "nst"


@dataclass(frozen=True)
class Pull:
    """The styles of a repo at one commit.

    Attributes:
        styles: by title; ``origin`` is the repo.
        skipped: for each file or style that was left out, a sentence that says why.
        complete: everything that should be fetched was.
    """

    repo: HubRepo
    commit: str
    styles: tuple[Style, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True)
class Found:
    """A repo on the Hub that says it has styles."""

    name: str
    changed: datetime | None
    likes: int
    downloads: int


def cached_styles(repo: HubRepo, trunk: Trunk) -> Pull | None:
    """The styles of ``repo`` as they were pulled last, without any network; None if they never were."""
    folder = cached_folder(repo)
    if folder is None:
        return None
    files = {f"styles/{path.name}": path for path in sorted((folder / "styles").glob("*"))[: 2 * MOST_STYLES]}
    return _checked(repo, folder.name, files, trunk, {})


def cached_folder(repo: HubRepo) -> Path | None:
    """Where the files of ``repo`` lie in the cache of huggingface_hub, as pulled last, or as another program has."""
    storage = _storage(repo)
    for ref in (f"{_PIN}/{repo.revision}", repo.revision):
        with contextlib.suppress(OSError, ValueError):
            commit = (storage / "refs" / ref).read_text(encoding="ascii").strip()
            if _SHA.fullmatch(commit) and (storage / "snapshots" / commit).is_dir():
                return storage / "snapshots" / commit
    if _SHA.fullmatch(repo.revision) and (storage / "snapshots" / repo.revision).is_dir():
        return storage / "snapshots" / repo.revision
    return None


def pull_styles(repo: HubRepo, trunk: Trunk, token: Token = None, seconds: float = SECONDS) -> Pull:
    """The styles of ``repo`` as they are on the Hub now; only what the cache does not have is fetched.

    Args:
        repo: what to pull. If its revision is a commit that was pulled before, the Hub is not asked.
        trunk: what the styles must fit.
        token: see :data:`nst.hub_client.Token`.
        seconds: how long it may take.

    Raises:
        HubError: the Hub cannot be asked, or not about this repo; NoRepoError if it does not know it.
    """
    if token is not False and _SHA.fullmatch(repo.revision) and _pinned(repo).is_file():
        cached = cached_styles(repo, trunk)
        if cached is not None:
            return cached
    deadline = time.monotonic() + seconds
    commit, sizes = list_files(repo.name, repo.revision, token, seconds)
    wanted, skipped = _wanted(repo, commit, sizes)
    files, errors = download(repo.name, commit, wanted, token, deadline - time.monotonic())
    if errors and not files:
        raise next(iter(errors.values()))  # it is not the files
    missing = {_id_of(path): str(error) for path, error in errors.items() if path.endswith(".safetensors")}
    if files and (not errors or cached_folder(repo) is None):
        _pin(repo, commit)
    return _checked(repo, commit, files, trunk, skipped | missing, complete=not errors)


def fetch(repo: HubRepo, token: Token = None, seconds: float = 3 * SECONDS) -> Path:
    """A folder with the trunk of ``repo``, if it has one, and its styles: from the Hub, or else from the cache.

    Raises:
        HubError: it is not in the cache, and the Hub cannot be asked, or not about this repo.
    """
    deadline = time.monotonic() + seconds
    try:
        commit, sizes = list_files(repo.name, repo.revision, token, seconds)
        wanted, _ = _wanted(repo, commit, sizes)
        for path, most in _TRUNK.items():
            if path in sizes:
                wanted[path] = most
                if (sizes[path] or 0) > most:
                    raise HubError(f"'{path}' of '{repo}' is larger than {most >> 10} kB, so it was not fetched.")
        files, errors = download(repo.name, commit, wanted, token, deadline - time.monotonic())
        for path, error in errors.items():
            if path in _TRUNK or not files:
                raise error
            _log.warning("a file is left out: %s", error)
    except NSTError:
        folder = cached_folder(repo)
        if folder is None:
            raise
        return folder
    if not files:
        raise HubError(f"'{repo}' holds neither styles nor a trunk.")
    if not errors:
        _pin(repo, commit)
    return _storage(repo) / "snapshots" / commit


def stylizer_from(name: str, device: str | None = None, token: Token = None) -> Stylizer:
    """What paints in the styles of the repo ``USER/NAME[@REVISION]``, with its trunk, or else with the app's.

    Raises:
        HubError: the repo cannot be pulled. WeightsError: its files do not fit. ConfigError: there is no such device.
    """
    from nst.stylizer import Stylizer
    from nst.trunks import TRUNK

    folder = fetch(parse_repo(name), token)
    trunk = folder / "model.safetensors"
    return Stylizer(trunk if trunk.is_file() else TRUNK, folder / "styles", device)


def discover(limit: int = 20, seconds: float = SECONDS / 2, token: Token = None) -> list[Found]:
    """Repos on the Hub that are tagged as having styles, the last changed first.

    Raises:
        HubError: the Hub cannot be asked.
    """
    from huggingface_hub import HfApi

    asked = visitors_token() if token is None else token

    def work() -> list[Found]:
        models = HfApi().list_models(filter=TAG, sort="last_modified", limit=limit, token=asked)
        return [Found(m.id, m.last_modified, m.likes or 0, m.downloads or 0) for m in models]

    repos = []
    for found in ask(work, "repos with styles", seconds):
        with contextlib.suppress(HubError):
            repos.append(Found(parse_repo(found.name).name, found.changed, found.likes, found.downloads))
    return repos


def _storage(repo: HubRepo) -> Path:
    """The repo's folder in the cache, which is laid out as huggingface_hub's documentation says."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE).expanduser() / f"models--{repo.name.replace('/', '--')}"


def forget(repo: HubRepo) -> None:
    """Delete what the cache has of a repo."""
    shutil.rmtree(_storage(repo), ignore_errors=True)


def _pinned(repo: HubRepo) -> Path:
    return _storage(repo) / "refs" / _PIN / repo.revision


def _pin(repo: HubRepo, commit: str) -> None:
    path = _pinned(repo)
    with contextlib.suppress(OSError):  # a cache that cannot be written to: the next start asks again
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{commit}.part")
        part.write_text(commit, encoding="ascii")
        part.replace(path)


def _wanted(repo: HubRepo, commit: str, sizes: Mapping[str, int | None]) -> tuple[dict[str, int], dict[str, str]]:
    """The files to fetch with the size that each may have, and why others are left out."""
    if not _SHA.fullmatch(commit):
        raise HubError(f"The Hub's answer about '{repo.name}' makes no sense: check HF_ENDPOINT if it is set.")
    wanted: dict[str, int] = {}
    skipped: dict[str, str] = {}
    budget = _MOST_BYTES
    for path in sorted(sizes):
        match = _STYLE_FILE.fullmatch(path)
        if not match:
            continue
        style_id, size = match[1], sizes[path]
        if (reason := _reason(style_id, size, len(wanted), budget)) is not None:
            skipped[_shown(style_id)] = reason
            continue
        wanted[path] = MOST_STYLE_BYTES
        budget -= size or 0
    for path in list(wanted):
        picture = path.removesuffix(".safetensors") + ".jpg"
        size = sizes.get(picture)
        if size is not None and size <= min(MOST_THUMBNAIL_BYTES, budget):
            wanted[picture] = MOST_THUMBNAIL_BYTES
            budget -= size
    return wanted, skipped


def _reason(style_id: str, size: int | None, count: int, budget: int) -> str | None:
    try:
        check_id(style_id)
    except ConfigError as error:
        return str(error)
    if size is None:
        return "The Hub does not tell the size of its file, so it was not fetched."
    if size > MOST_STYLE_BYTES:
        return f"Its file is too large for a style (more than {MOST_STYLE_BYTES >> 10} kB), so it was not fetched."
    if count >= MOST_STYLES or size > budget:
        return f"The repo holds too much: at most {MOST_STYLES} styles and {_MOST_BYTES >> 20} MB are fetched."
    return None


def _checked(
    repo: HubRepo,
    commit: str,
    files: Mapping[str, Path],
    trunk: Trunk,
    skipped: Mapping[str, str],
    complete: bool = True,
) -> Pull:
    """What is left of ``files`` when all have been looked at."""
    styles, reasons = [], dict(skipped)
    for path, file in files.items():
        if not path.endswith(".safetensors"):
            continue
        style_id = _id_of(path)
        try:
            check_id(style_id)
            style = load_style(file, trunk, str(repo))
            if style.info.id != style_id:
                raise ConfigError(f"The style in the file calls itself '{style.info.id}': both names must agree.")
        except NSTError as error:
            reasons[_shown(style_id)] = str(error)
            continue
        picture = files.get(path.removesuffix(".safetensors") + ".jpg")
        styles.append(replace(style, thumbnail=checked_thumbnail(picture) if picture else None))
    return Pull(repo, commit, tuple(sorted(styles, key=by_title)), reasons, complete)


def _id_of(path: str) -> str:
    return path.removeprefix("styles/").removesuffix(".safetensors")


def _shown(text: str) -> str:
    """A name from elsewhere, fit for a line of text."""
    return "".join(c if c.isprintable() else "?" for c in text[:64])


def note(pull: Pull) -> str:
    """One line about what was left out of a pull; empty if nothing was."""
    if not pull.skipped:
        return ""
    name, why = next(iter(pull.skipped.items()))
    if len(pull.skipped) == 1:
        return f"{pull.repo}: '{name}' is left out. {why}"
    return f"{pull.repo}: {len(pull.skipped)} styles are left out, '{name}' among them. {why}"
