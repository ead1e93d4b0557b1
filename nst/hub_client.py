"""Asking the Hub in bounded time: answers, files, and one sentence for everything that can go wrong.

``huggingface_hub`` does the talking, so that HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and its cache mean what they mean
everywhere. It is imported when it is needed: importing the package costs nothing and asks nobody.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from nst.errors import HubError, NoRepoError, NSTError

Token = str | bool | None
"""A token, False for none, or None for the one that huggingface_hub finds (HF_TOKEN, ``hf auth login``)."""

_ANSWER_SECONDS = 10.0  # for one request; what has not come by then will hardly come
_DOWNLOADS = 4  # at a time

T = TypeVar("T")


def ask(work: Callable[[], T], what: str, seconds: float) -> T:
    """What ``work`` returns.

    It works in a thread of its own, which cannot be stopped: one that takes too long is left behind, and ends by
    itself when its connection does, or with the program.

    Raises:
        HubError: it failed, or took longer than ``seconds``.
    """
    answers: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for the thread that asked
            answers.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise no_answer(what) from None
    if error is not None:
        raise explain(error, what) from None
    return value


def no_answer(what: str) -> HubError:
    """What to say if there was none."""
    return HubError(f"The Hub did not answer in time about {what}: try again later.")


def explain(error: BaseException, what: str, *, writing: bool = False) -> NSTError:
    """One sentence for an error of huggingface_hub, or of what it stands on. ``what`` is as in "the Hub has no …"."""
    from huggingface_hub import errors

    if isinstance(error, NSTError):
        return error
    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubError(f"The Hub was not asked about {what}: HF_HUB_OFFLINE is set.")
    if isinstance(error, errors.GatedRepoError):
        return HubError(f"{what} is open only to those whom its owner lets in: ask for access on its page.")
    if isinstance(error, errors.RevisionNotFoundError):
        return NoRepoError(f"The Hub has no such revision of {what}: check what follows the @.")
    if isinstance(error, errors.LocalTokenNotFoundError):
        return HubError("Nobody is logged in to the Hub: set HF_TOKEN, or run 'hf auth login'.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return NoRepoError(f"The Hub has no {what}, or it is private: check the name, and HF_TOKEN if it is yours.")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int) and status >= 400:
        return _explain_status(status, what, writing)
    if error.__cause__ is not None and not isinstance(error, errors.HTTPError):
        return explain(error.__cause__, what, writing=writing)  # huggingface_hub wraps what stopped it
    if "Timeout" in type(error).__name__:
        return no_answer(what)
    if any(word in type(error).__name__ for word in ("Connect", "Network", "Proxy")):
        return HubError(f"The Hub cannot be reached to ask about {what}: check the network.")
    verb = "sent" if writing else "fetched"
    return HubError(f"{what} could not be {verb} whole: try again later.")


def _explain_status(status: int, what: str, writing: bool) -> HubError:
    if status == 404:
        return NoRepoError(f"The Hub has no {what} (404): check the name.")
    if status == 401:
        return HubError(f"The Hub does not know who asks about {what} (401): check HF_TOKEN, or run 'hf auth login'.")
    if status == 403:
        right = "that may write there" if writing else "that may read it"
        return HubError(f"The Hub does not let you use {what} (403): use a token {right}.")
    if status == 429:
        return HubError(f"The Hub was asked too often (429): ask about {what} later.")
    if status >= 500:
        return HubError(f"The Hub has trouble of its own ({status}) with {what}: try again later.")
    return HubError(f"The Hub refuses what it was asked about {what} ({status}).")


def list_files(name: str, revision: str, token: Token, seconds: float) -> tuple[str, dict[str, int | None]]:
    """The commit that ``revision`` is, and the sizes in bytes of its files (None if the Hub does not tell).

    Raises:
        HubError: the Hub cannot be asked, or has no such repo.
    """
    from huggingface_hub import HfApi

    def work() -> tuple[str, dict[str, int | None]]:
        timeout = min(seconds, _ANSWER_SECONDS)
        info = HfApi().model_info(name, revision=revision, files_metadata=True, token=token, timeout=timeout)
        return str(info.sha), {file.rfilename: file.size for file in info.siblings or ()}

    return ask(work, f"'{name}'", seconds)


def download(
    name: str, commit: str, most_bytes: Mapping[str, int], token: Token, seconds: float
) -> tuple[dict[str, Path], dict[str, NSTError]]:
    """Fetch files of one commit to the cache of huggingface_hub; those that it has cost no request.

    Args:
        name: of the repo.
        commit: sha, so that all files belong together and the cache's idea of ``main`` stays as it is.
        most_bytes: for each file the size above which it is not fetched, whatever was said before.
        token: what to ask with.
        seconds: after which no more is waited for.

    Returns:
        Where each file lies, and why others do not.
    """
    deadline = time.monotonic() + seconds
    todo: queue.SimpleQueue[str] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, Path | NSTError]] = queue.SimpleQueue()
    for path in most_bytes:
        todo.put(path)

    def work() -> None:
        while time.monotonic() < deadline:
            try:
                path = todo.get_nowait()
            except queue.Empty:
                return
            what = f"'{path}' of '{name}'"
            try:
                done.put((path, _fetch(name, path, commit, token, meter(most_bytes[path], what, deadline), seconds)))
            except Exception as error:  # noqa: BLE001 - one bad file must not cost all the others
                done.put((path, explain(error, what)))

    for _ in range(min(_DOWNLOADS, len(most_bytes))):
        threading.Thread(target=work, daemon=True).start()
    files: dict[str, Path] = {}
    errors: dict[str, NSTError] = {}
    while len(files) + len(errors) < len(most_bytes):
        try:
            path, outcome = done.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            missing = most_bytes.keys() - files.keys() - errors.keys()
            return files, errors | {path: no_answer(f"'{path}' of '{name}'") for path in missing}
        if isinstance(outcome, Path):
            files[path] = outcome
        else:
            errors[path] = outcome
    return files, errors


def _fetch(name: str, path: str, commit: str, token: Token, bar: type[tqdm], seconds: float) -> Path:
    from huggingface_hub import hf_hub_download

    timeout = min(seconds, _ANSWER_SECONDS)
    return Path(hf_hub_download(name, path, revision=commit, token=token, etag_timeout=timeout, tqdm_class=bar))


def meter(most_bytes: int, what: str, deadline: float) -> type[tqdm]:
    """A progress bar that shows nothing and ends a download that is too large, or that nobody waits for any more."""

    class Meter(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "disable": True})
            self._seen = 0.0
            self._check(kwargs.get("total") or 0)

        def update(self, n: float | None = 1) -> None:
            self._seen += n or 0  # less than none, where it starts again
            self._check(self._seen)

        def _check(self, size: float) -> None:
            if size > most_bytes:
                raise HubError(f"{what} is larger than {most_bytes // 1024} kB, so it was not fetched.")
            if time.monotonic() > deadline:
                raise no_answer(what)

    return Meter
