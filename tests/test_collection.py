"""Who may publish with whose token."""

from types import SimpleNamespace

import gradio as gr
import pytest

from nst.ui import collection
from nst.ui.visit import Visit

HERE = ("127.0.0.1", "127.0.0.1")
ELSEWHERE = [
    ("192.168.1.5", "192.168.1.7"), ("localhost", "192.168.1.7"), ("abc.gradio.live", "127.0.0.1"),
    ("localhost", None), (None, "127.0.0.1"), ("localhost.evil.example", "127.0.0.1"),
]  # fmt: skip


def publish(asked: str | None, peer: str | None) -> list:
    client = None if peer is None else SimpleNamespace(host=peer)
    request = SimpleNamespace(url=SimpleNamespace(hostname=asked), client=client)
    return list(collection._publish(Visit(), [], "owner/x", False, request))


def test_who_sits_at_the_machine_can_publish_and_nobody_else():
    for where in (HERE, ("localhost", "::1"), ("::1", "127.0.0.1")):
        with pytest.raises(gr.Error, match="No style of yours is chosen"):  # as far as the guard goes, it may
            publish(*where)
    for where in ELSEWHERE:
        with pytest.raises(gr.Error, match="Only who sits at the machine"):
            publish(*where)


def test_on_a_space_nobody_publishes_with_the_owners_token(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "owner/space")
    with pytest.raises(gr.Error, match="Only who sits at the machine"):
        publish(*HERE)


def test_a_visitor_who_is_not_signed_in_is_told_so():
    with pytest.raises(gr.Error, match="not signed in"):
        list(collection._publish_as(Visit(), ["a"], "owner/x", False, None))
