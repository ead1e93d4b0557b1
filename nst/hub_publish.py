"""Styles to a repo on the Hub: their files, their thumbnails, and a page that shows all that the repo holds."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nst.errors import ConfigError, HubError, NoRepoError
from nst.hub import MOST_TRUNK_BYTES, note, pull_styles
from nst.hub_client import Token, list_files
from nst.hub_push import Pushed, push_files
from nst.hub_repos import HubRepo, check_name
from nst.model_card import model_card
from nst.styles import Style, by_title
from nst.trunks import Trunk

_LOOK_SECONDS = 60.0

_log = logging.getLogger("nst")


def publish_styles(
    name: str,
    folder: Path,
    styles: Sequence[Style],
    trunk: Trunk,
    *,
    trunk_file: Path | None = None,
    evaluation: Mapping[str, Any] | None = None,
    private: bool = False,
    token: Token = None,
) -> Pushed:
    """Send styles, and perhaps their trunk, as one commit; what the repo has already stays and is not sent again.

    Args:
        name: ``USER/NAME``; the repo is made if there is none.
        folder: with the styles' files, ``ID.safetensors`` and ``ID.jpg``.
        styles: what was read from there.
        trunk: what they belong to.
        trunk_file: its file, if it is to be sent, too.
        evaluation: what :func:`nst.model_card.read_evaluation` returns.
        private, token: as for :func:`nst.hub_push.push_files`.

    Raises:
        ConfigError: the trunk is too large to be pulled. HubError: the push failed; nothing has changed there.
    """
    check_name(name)
    files: dict[str, Path | bytes] = {}
    if trunk_file is not None:
        if trunk_file.stat().st_size > MOST_TRUNK_BYTES:
            raise ConfigError(f"The trunk is larger than {MOST_TRUNK_BYTES >> 20} MB: nobody could pull it.")
        files |= {"config.json": _config(trunk), "model.safetensors": trunk_file}
    for style in styles:
        path = folder / f"{style.info.id}.safetensors"
        files[f"styles/{path.name}"] = path
        if style.thumbnail:
            files[f"styles/{style.info.id}.jpg"] = path.with_suffix(".jpg")
    there, has_trunk = _there(name, trunk, token)
    shown = {style.info.id: style for style in (*there, *styles)}
    with_trunk = has_trunk or trunk_file is not None
    card = model_card(name, trunk, sorted(shown.values(), key=by_title), evaluation or {}, with_trunk)
    files["README.md"] = card.encode()
    ids = [style.info.id for style in styles]
    message = f"{len(ids)} styles" if len(ids) > 6 else f"Styles: {', '.join(ids)}"
    return push_files(name, files, message, private=private, token=token)


def _config(trunk: Trunk) -> bytes:
    about = {name: trunk.about[name] for name in ("architecture", "settings", "seed", "steps") if name in trunk.about}
    return (json.dumps({"library_name": "nst", "trunk": trunk.fingerprint, **about}, indent=2) + "\n").encode()


def _there(name: str, trunk: Trunk, token: Token) -> tuple[tuple[Style, ...], bool]:
    """The styles that the repo holds already, for its page, and whether it holds a trunk."""
    try:
        _, sizes = list_files(name, "main", token, _LOOK_SECONDS)
        if not any(path.startswith("styles/") for path in sizes):
            if set(sizes) - {".gitattributes", "README.md"}:
                raise HubError(f"'{name}' holds something else than styles: name another repo, or a new one.")
            return (), False
        pull = pull_styles(HubRepo(name), trunk, token, _LOOK_SECONDS)
    except NoRepoError:
        return (), False
    if not pull.complete:
        raise HubError(f"Not all that '{name}' holds could be read: try again later.")
    if pull.skipped:
        _log.warning("%s What is in the repo stays, and is not on its page.", note(pull))
    return pull.styles, "model.safetensors" in sizes
