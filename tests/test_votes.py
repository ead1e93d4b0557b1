"""Votes: counted once each, with an honest interval, kept in files, and on the Hub where that is asked for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from nst.errors import HubError
from nst.votes import BallotBox, Tally, configured_box, new_vote
from tests.hub_child import child


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_interval_is_wilsons(slow, fast):
    low, high = Tally(slow, fast).interval()
    if slow + fast == 0:
        assert (low, high) == (0, 1)
        return
    theirs = binomtest(slow, slow + fast).proportion_ci(method="wilson")
    assert low == pytest.approx(theirs.low, abs=1e-6) and high == pytest.approx(theirs.high, abs=1e-6)


def test_the_reports_survey_in_words():
    assert Tally(59, 21).sentence() == (
        "80 votes so far: 59 for slow mode, 21 for fast mode. Slow mode is preferred by 74 % "
        "(95 % interval: 63 to 82 %)."
    )
    assert Tally().sentence() == "Nobody has voted yet."
    assert Tally(1, 0).sentence().startswith("1 vote so far")


def test_votes_outlive_the_program_and_count_once(tmp_path):
    first, second = BallotBox(tmp_path / "votes"), BallotBox(tmp_path / "votes")
    for choice in ("slow", "slow", "fast"):
        first.add(new_vote("cat-wave", choice, "slow"))
    second.add(new_vote("cat-wave", "fast", "fast"))
    assert first.tally() == Tally(2, 1) and second.tally() == Tally(0, 1)  # others' are counted at the next start
    assert BallotBox(tmp_path / "votes").tally() == Tally(2, 2)
    lines = [json.loads(line) for path in (tmp_path / "votes").iterdir() for line in path.read_text().splitlines()]
    assert {tuple(line) for line in lines} == {("pair", "choice", "left", "time")} and len(lines) == 4


def test_what_is_no_vote_is_passed_over(tmp_path):
    good = json.dumps({"pair": "a", "choice": "slow", "left": "fast", "time": 1.0})
    (tmp_path / "old.jsonl").write_text(
        f'{good}\nnot json\n{{"pair": 1}}\n{good.replace("slow", "neither")}\n{good[:20]}', encoding="utf-8"
    )
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe" * 50)
    assert BallotBox(tmp_path).tally() == Tally(1, 0)


def test_a_folder_that_cannot_be_written_to_costs_no_vote(tmp_path):
    (tmp_path / "file").write_text("x")
    box = BallotBox(tmp_path / "file")
    box.add(new_vote("a", "fast", "slow"))
    assert box.tally() == Tally(0, 1)


def test_the_environment_says_where(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_VOTES_FOLDER", str(tmp_path / "there"))
    configured_box().add(new_vote("a", "slow", "slow"))
    assert len(list((tmp_path / "there").iterdir())) == 1
    monkeypatch.setenv("NST_VOTES_REPO", "../evil")
    with pytest.raises(HubError):
        configured_box()


def test_votes_go_to_a_data_set_and_come_back(hub, home, small_weights, tmp_path, refused):
    code = """
from nst import votes
votes._EVERY_MINUTES = 0.01
box = votes.BallotBox(Path(os.environ["FOLDER"]), "owner/votes")
box.start()
deadline = time.monotonic() + 60
while box.tally().slow < int(os.environ["BEFORE"]) and time.monotonic() < deadline: time.sleep(0.05)
box.add(votes.new_vote("cat-wave", "slow", "fast"))
while box._scheduler is None and time.monotonic() < deadline: time.sleep(0.05)
if box._scheduler:
    box._scheduler.trigger().result()
say(box.tally().slow)
"""
    env = {"HF_TOKEN": "hf_owner", "FOLDER": str(tmp_path / "one"), "BEFORE": "0"}
    assert child(code, hub.url, home, small_weights, **env) == 1
    files = {p: d for p, d in hub.repos["dataset", "owner/votes"].files.items() if p.startswith("votes/")}
    assert len(files) == 1 and json.loads(next(iter(files.values())))["choice"] == "slow"
    env |= {"FOLDER": str(tmp_path / "two"), "BEFORE": "1"}  # another disk, as after a Space's restart
    assert child(code, hub.url, home, small_weights, **env) == 2
    code = code.replace("+ 60", "+ 2")
    env |= {"FOLDER": str(tmp_path / "three"), "BEFORE": "0"}
    assert child(code, refused, home, small_weights, **env) == 1  # without the Hub it goes on
