"""Styles from elsewhere and to elsewhere: a file that is dropped in, repos on the Hub, and publishing one's own."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from nst.errors import ConfigError, NSTError
from nst.hub import Found, discover
from nst.hub_client import ask
from nst.hub_publish import publish_styles
from nst.hub_push import logged_in_as
from nst.hub_repos import repo_of
from nst.styles import load_style
from nst.ui.errors import friendly
from nst.ui.shelves import Shelves
from nst.ui.slow_run import line
from nst.ui.teach_run import brought, save
from nst.ui.texts import language_of, made, tr, translated
from nst.ui.visit import Visit, sources

_ON_SPACE = bool(os.environ.get("SPACE_ID"))
_CAN_LOG_IN = bool(os.environ.get("OAUTH_CLIENT_ID"))  # a Space whose README has hf_oauth
_PUSH_SECONDS = 180.0
_PRIVATE = {"api_visibility": "private", "show_progress": "hidden"}


def build(visit: gr.State, shelves: Shelves) -> gr.Dropdown:
    """Lay out the accordions and wire them; returns the choice of what to publish."""
    with gr.Accordion(tr("file.open"), open=False, elem_id="open-style"):
        file = gr.File(label=tr("file.file"), elem_id="style-file", type="filepath", file_count="single", height=120)
        opened = gr.HTML(line(""), elem_id="style-file-status")
    with gr.Accordion(tr("hub.styles"), open=False, elem_id="hub-styles"):
        with gr.Row():
            repo = gr.Textbox(
                label=tr("hub.repo"), placeholder="USER/NAME", elem_id="hub-repo", max_length=300, min_width=200,
                scale=3,
            )  # fmt: skip
            add = gr.Button(tr("hub.add"), elem_id="hub-add", min_width=120, scale=1)
        look = gr.Button(tr("hub.look"), elem_id="hub-look", size="sm")
        found = gr.Dataset(
            components=[gr.Textbox(visible=False)], samples=[], type="index", label=tr("hub.found"),
            headers=["Repo"], elem_id="hub-found", visible=False,
        )  # fmt: skip
        names = gr.State(())
        told = gr.HTML(line(""), elem_id="hub-told")
    with gr.Accordion(tr("publish"), open=False, elem_id="publish"):
        gr.Markdown(made(_publish_note()), elem_classes="note")
        if _CAN_LOG_IN:
            gr.LoginButton(size="md")
        own = gr.Dropdown([], multiselect=True, label=tr("publish.styles"), elem_id="publish-styles")
        with gr.Row():
            target = gr.Textbox(
                label=tr("hub.repo"),
                placeholder=tr("publish.repo.empty"),
                elem_id="publish-repo",
                max_length=300,
                min_width=200,
            )
            private = gr.Checkbox(label=tr("publish.private"), elem_id="publish-private", min_width=100)
        push = gr.Button(tr("publish.start"), elem_id="publish-start", interactive=_CAN_LOG_IN or not _ON_SPACE)
        published = gr.HTML(line(""), elem_id="publish-status")

    def refresh(event: gr.events.Dependency) -> None:
        event.success(shelves.show, shelves.inputs, shelves.outputs, queue=False, **_PRIVATE).then(
            own_choices, visit, own, queue=False, **_PRIVATE
        )

    # The Hub takes its time, but nobody waits for it behind a painting.
    slow = {**_PRIVATE, "concurrency_id": "hub", "concurrency_limit": 4}
    refresh(file.upload(_open, [visit, file], [opened, file], **_PRIVATE))
    refresh(gr.on([add.click, repo.submit], _add, [visit, repo], told, **slow))
    look.click(_look, None, [found, names, told], **slow)
    found.click(_name, [found, names], repo, queue=False, **_PRIVATE)
    if _CAN_LOG_IN or not _ON_SPACE:
        push.click(_publish_as if _CAN_LOG_IN else _publish, [visit, own, target, private], published, **slow)
    return own


def own_choices(visit: Visit) -> gr.Dropdown:
    """The styles that can be published, the newest chosen."""
    styles = visit.own
    return gr.Dropdown([(style.info.title, style.info.id) for style in styles], value=[s.info.id for s in styles[:1]])


@friendly
def _open(visit: Visit, file: str | None, request: gr.Request) -> Iterator[tuple]:
    if file is None:
        yield gr.skip(), gr.skip()
        return
    try:
        style = brought(Path(file))
        visit.add(style)
    except NSTError:
        yield line(""), None  # the field is free for another one
        raise
    told = f"“{style.info.title}” is now in the galleries of Fast and Video."
    yield line(translated(told, language_of(request))), None


@friendly
def _add(visit: Visit, name: str, request: gr.Request) -> Iterator[str]:
    if not name.strip():
        raise ConfigError("No repo is named: write USER/NAME, or look what there is.")
    language = language_of(request)
    yield line(translated(f"Asking the Hub for {name.strip()} …", language))
    try:
        repo, note = sources().add(name)
    except NSTError:
        yield line("")
        raise
    visit.add_repo(repo)
    told = f"The styles of {repo} are now in the galleries of Fast and Video."
    yield line(" ".join(translated(text, language) for text in (told, note) if text))


@friendly
def _look(request: gr.Request) -> Iterator[tuple]:
    repos = discover()
    names = tuple(repo.name for repo in repos)
    text, language = tr("hub.pick" if repos else "hub.none"), language_of(request)
    yield gr.Dataset(samples=[[_row(repo, language)] for repo in repos], visible=bool(repos)), names, line(text)


def _row(repo: Found, language: str) -> str:
    changed = f" · {repo.changed:%Y-%m-%d}" if repo.changed else ""
    return f"{repo.name}{changed} · " + translated(f"{repo.likes} likes", language)


def _name(index: int, names: tuple[str, ...]) -> str:
    return names[index]


def _publish_note() -> str:
    where = "They go to a repo of yours on the Hugging Face Hub, from which any copy of this app can add them."
    if not _ON_SPACE:
        return where + " The token is the one of HF_TOKEN or `hf auth login`."
    if _CAN_LOG_IN:
        return where + (
            " Sign in first; this app keeps nothing of it. **Signing in loads the page anew**: download your styles "
            "before, and open their files again after."
        )
    return "On this Space nobody can sign in, as its owner has not allowed it: download your styles instead."


@friendly
def _publish_as(
    visit: Visit, ids: list[str], name: str, private: bool, token: gr.OAuthToken | None,
    request: gr.Request | None = None,
) -> Iterator[str]:  # fmt: skip
    if token is None:
        raise ConfigError("You are not signed in: use the button above first.")
    yield from _sent(visit, ids, name, private, token.token, language_of(request))


@friendly
def _publish(visit: Visit, ids: list[str], name: str, private: bool, request: gr.Request) -> Iterator[str]:
    """With the token of this machine, which is for whoever sits at it and nobody else."""
    if os.environ.get("SPACE_ID") or not _sits_here(request):
        raise ConfigError("Only who sits at the machine that runs this app can publish: download your styles instead.")
    yield from _sent(visit, ids, name, private, None, language_of(request))


def _sits_here(request: gr.Request) -> bool:
    """Whether the browser is on this machine: the address it asked for, and the one it asks from. One alone can be
    feigned, or be that of a tunnel."""
    return _is_loopback(request.url.hostname) and _is_loopback(request.client.host if request.client else None)


def _is_loopback(host: str | None) -> bool:
    with contextlib.suppress(ValueError):
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    return False


def _sent(visit: Visit, ids: list[str], name: str, private: bool, token: str | None, language: str) -> Iterator[str]:
    """Publish with the visitor's token, which goes to the Hub and nowhere else."""
    chosen = [style for style in visit.own if style.info.id in ids]
    if not chosen:
        raise ConfigError("No style of yours is chosen: teach one first, or open its file.")
    yield line(tr("publish.sending"))
    try:
        target = name.strip() or repo_of(logged_in_as(token))
        trunk = sources().trunk
        with tempfile.TemporaryDirectory(prefix="nst-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            files = [save(style, folder) for style in chosen]
            styles = [load_style(file, trunk) for file in files]
            pushed = ask(
                lambda: publish_styles(target, folder, styles, trunk, private=private, token=token),
                f"'{target}'", _PUSH_SECONDS,
            )  # fmt: skip
    except NSTError:
        yield line("")
        raise
    told = f"Published: {pushed.url}" if pushed.changed else f"Nothing has changed: {pushed.url}"
    yield line(translated(told, language))
