"""Sending files to a repo on the Hub: what has changed, as one commit."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nst.errors import HubError, NSTError
from nst.hub_client import Token, ask, explain
from nst.hub_repos import check_name

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo, SpaceInfo

Kind = Literal["model", "space"]

_PAUSES = (1.0, 3.0, 9.0)  # seconds between tries
_LOOK_SECONDS = 60.0


@dataclass(frozen=True)
class Pushed:
    """What has come of a push.

    Attributes:
        url: of the repo's page.
        commit: that the repo is at now.
        changed: the paths that were sent; empty if the repo had them all.
        removed: the paths that were deleted.
        others: paths in the repo that were neither sent nor deleted.
    """

    url: str
    commit: str
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    others: tuple[str, ...]


def push_files(
    name: str,
    files: Mapping[str, Path | bytes],
    message: str,
    *,
    kind: Kind = "model",
    private: bool = False,
    prune: bool = False,
    token: Token = None,
) -> Pushed:
    """Make the repo ``name`` if there is none, and send what differs from what it has, as one commit or none.

    What a Space runs on and its variables are left as they are. Trouble that passes is waited out, a few times.

    Args:
        name: ``USER/NAME``.
        files: contents by path in the repo. ``.gitattributes`` is the Hub's own and is never sent.
        message: of the commit.
        kind: a model repo or a Space.
        private: whether a repo that is made is private. One that exists must be so already.
        prune: delete what is in the repo and not in ``files``.
        token: see :data:`nst.hub_client.Token`.

    Raises:
        HubError: the Hub cannot be reached, or does not let this user write there, or something was not sent.
    """
    check_name(name)
    wanted = {path: content for path, content in files.items() if path != ".gitattributes"}
    tried: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for pause in (*_PAUSES, None):
        try:
            pushed = _push(name, wanted, message, kind, private, prune, token, tried)
            if tried and not (pushed.changed or pushed.removed):  # an earlier try did it, but its answer got lost
                return replace(pushed, changed=tried[-1][0], removed=tried[-1][1])
            return pushed
        except HubError:
            raise
        except Exception as error:
            if pause is None or not _passes(error):
                raise explain(error, f"'{name}'", writing=True) from error
            time.sleep(pause)
    raise AssertionError  # the last try has returned or raised


def logged_in_as(token: Token = None) -> str:
    """The name of the user whose token huggingface_hub finds.

    Raises:
        HubError: nobody is logged in, or the Hub cannot be asked.
    """
    from huggingface_hub import HfApi

    return ask(lambda: str(HfApi().whoami(token=token)["name"]), "who is logged in", _LOOK_SECONDS)


def _push(
    name: str,
    files: Mapping[str, Path | bytes],
    message: str,
    kind: Kind,
    private: bool,
    prune: bool,
    token: Token,
    tried: list[tuple[tuple[str, ...], tuple[str, ...]]],
) -> Pushed:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api = HfApi(token=token)
    info = _repo(api, name, kind, private)
    there = {file.rfilename: (file.blob_id, file.lfs and file.lfs.sha256) for file in info.siblings or ()}
    changed = tuple(path for path, content in files.items() if not _same(content, there.get(path)))
    others = tuple(path for path in there if path not in files and path != ".gitattributes")
    removed, kept = (others, ()) if prune else ((), others)
    commit = str(info.sha)
    if changed or removed:
        tried.append((changed, removed))
        operations = [
            *(CommitOperationAdd(path, files[path]) for path in changed),
            *(CommitOperationDelete(path, is_folder=False) for path in removed),
        ]
        # The commit that was looked at must still be the last: what has come in between is not written over, and
        # a commit whose answer got lost is not made twice.
        made = api.create_commit(
            name, operations, commit_message=message, repo_type=kind, parent_commit=info.sha, num_threads=4
        )
        commit = made.oid
    url = f"{api.endpoint}/{'spaces/' if kind == 'space' else ''}{name}"
    return Pushed(url, commit, changed, removed, kept)


def _repo(api: HfApi, name: str, kind: Kind, private: bool) -> ModelInfo | SpaceInfo:
    from huggingface_hub.errors import RepositoryNotFoundError

    def look() -> ModelInfo | SpaceInfo:
        return api.repo_info(name, repo_type=kind, files_metadata=True, timeout=_LOOK_SECONDS)

    try:
        info = look()
    except RepositoryNotFoundError:
        sdk = "gradio" if kind == "space" else None
        api.create_repo(name, repo_type=kind, private=private, space_sdk=sdk, exist_ok=True)
        info = look()
    if private and not info.private:
        raise HubError(f"'{name}' is there already, and it is public: make it private on its page, or leave --private.")
    return info


def _same(content: Path | bytes, there: tuple[str | None, str | None] | None) -> bool:
    """Whether the repo has this content: it knows large files by their SHA-256, others by git's hash."""
    if there is None:
        return False
    data = content if isinstance(content, bytes) else content.read_bytes()
    blob, sha256 = there
    if sha256:
        return hashlib.sha256(data).hexdigest() == sha256
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == blob


def _passes(error: BaseException) -> bool:
    """Whether it may be gone in a moment."""
    from huggingface_hub import errors

    if isinstance(error, NSTError | errors.OfflineModeIsEnabled):
        return False
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return status in (408, 412, 429) or status >= 500  # 412: another commit came in between
    if isinstance(error, errors.HTTPError | ConnectionError | TimeoutError):
        return True
    return error.__cause__ is not None and _passes(error.__cause__)
