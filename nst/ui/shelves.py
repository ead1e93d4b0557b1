"""All that shows which styles there are, kept up to date: the galleries, and one quiet line about the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from nst.ui.slow_run import line
from nst.ui.style_fields import StyleFields, listed
from nst.ui.texts import language_of, tr, translated
from nst.ui.visit import Visit, sources

_LOOK_SECONDS = 1.5  # while the Hub is being asked


@dataclass(frozen=True)
class Shelves:
    """The choices of styles on the page. After a visit has changed: ``then(shelves.show, shelves.inputs,
    shelves.outputs)``.
    """

    visit: gr.State
    fields: Sequence[StyleFields]

    @property
    def inputs(self) -> list[gr.components.Component]:
        """What :meth:`show` is given."""
        return [self.visit, *(fields.choosers[0] for fields in self.fields)]

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What :meth:`show` updates."""
        return [self.visit, *(part for fields in self.fields for part in fields.lists)]

    def wire(self) -> None:
        """Let every tab choose the network, for all of them."""

        def choose(visit: Visit, network: str) -> None:
            visit.network = network

        private = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
        for fields in self.fields:
            fields.network.input(choose, [self.visit, fields.network], None, **private).then(
                self.show, self.inputs, self.outputs, **private
            )

    def show(self, request: gr.Request, visit: Visit, *choices: str) -> list[Any]:
        """Show the styles that the visitor has now; nothing moves on the page if those are what it shows."""
        # The visit goes out, too: Gradio forgets only those states, some time after the page is closed.
        if not visit.catch_up():
            return [visit, *[gr.skip()] * (len(self.outputs) - 1)]
        return [visit, *(part for choice in choices for part in listed(visit, choice, language_of(request)))]


class HubLine:
    """One line about the Hub, with a button to try again; there only when there is something to say."""

    def __init__(self) -> None:
        with gr.Row(visible=False, elem_id="hub-row") as self.row:
            self.text = gr.HTML(line(""), elem_id="hub-status", min_width=200)
            self.retry = gr.Button(tr("hub.retry"), elem_id="hub-retry", size="sm", scale=0, min_width=110)
        self.timer = gr.Timer(_LOOK_SECONDS, active=False)

    def wire(self, demo: gr.Blocks, shelves: Shelves) -> None:
        """Look when the page is loaded, and while the Hub is being asked."""
        quiet = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
        outputs = [self.row, self.text, self.retry, self.timer, *shelves.outputs]

        def look(request: gr.Request, *inputs: Any) -> list[Any]:
            status = sources().status()
            return [
                gr.update(visible=bool(status.text)), line(translated(status.text, language_of(request))),
                gr.update(visible=not status.busy), gr.Timer(active=status.busy), *shelves.show(request, *inputs),
            ]  # fmt: skip

        def again(request: gr.Request, *inputs: Any) -> list[Any]:
            sources().retry()
            return look(request, *inputs)

        demo.load(look, shelves.inputs, outputs, **quiet)
        self.timer.tick(look, shelves.inputs, outputs, **quiet)
        self.retry.click(again, shelves.inputs, outputs, **quiet)
