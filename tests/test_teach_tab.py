"""What stands behind the Teach tab: what is refused, what is kept, and whose it is."""

import copy
import pickle
from dataclasses import replace

import gradio as gr
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nst.errors import ConfigError, ImageError
from nst.styles import check_id, load_style
from nst.stylize_config import StylizeConfig
from nst.training.teach import TeachConfig
from nst.ui import fast_run, teach_run, visit
from nst.ui.shelves import Shelves
from nst.ui.style_fields import caption, style_fields
from nst.ui.teach_api import learn_style
from nst.ui.visit import YOURS, Visit, sources
from tests.pictures import REFUSED, written


@pytest.fixture
def short(monkeypatch):
    """Lessons of a few small steps."""
    monkeypatch.setattr(teach_run, "EFFORTS", {"quick": 4})
    monkeypatch.setattr(teach_run, "TeachConfig", lambda steps: TeachConfig(steps, size=64, batch=1))
    monkeypatch.setattr(teach_run, "_SHOW_SECONDS", 0.0)


@pytest.fixture
def painting(root):
    return str(root / "examples" / "styles" / "swirl.jpg")


def lesson(of: Visit, painting, tmp_path, title="Curl", brush="fine", effort="quick", detail=None):
    return teach_run.plan(of, painting, title, "Nobody", brush, effort, detail, tmp_path / "stop")


def test_a_lesson_ends_with_a_style_that_paints_and_survives_as_a_file(short, painting, tmp_path):
    here = Visit()
    plan = lesson(here, painting, tmp_path)
    views = list(teach_run.teach(plan))
    assert [view.step for view in views] == [1, 2, 3, 4] and [view.done for view in views] == [False] * 3 + [True]
    assert views[0].status("Curl").startswith("Step 1 of 4 · about ")
    style = teach_run.finished(plan, views[-1])
    assert style.info.id == "curl" and style.info.size == 256 and style.origin == YOURS
    here.add(style)
    assert [s.info.id for s in here.styles()][0] == "curl" and "curl" not in [s.info.id for s in Visit().styles()]
    assert caption(style) == "Curl · Nobody · yours"
    file = teach_run.save(style, tmp_path)
    assert file.stat().st_size < 20_000
    again = teach_run.brought(file)
    assert torch.equal(again.code, style.code) and again.info == style.info
    assert isinstance(again.thumbnail, Image.Image)
    assert load_style(file, sources().trunk).thumbnail.suffix == ".jpg"
    photo = Image.new("RGB", (64, 48), (90, 120, 30))
    photo.save(tmp_path / "photo.png")
    painted = fast_run.paint(str(tmp_path / "photo.png"), StylizeConfig("curl:1,udnie:1"), here.library())
    assert painted.titles[0] == "Curl"


def test_a_stopped_lesson_keeps_what_is_learnt(short, painting, tmp_path):
    plan = lesson(Visit(), painting, tmp_path)
    views = []
    for view in teach_run.teach(plan):
        views.append(view)
        if view.step == 2:
            plan.stop.touch()
    assert views[-1].done and views[-1].stopped and views[-1].step == 3
    assert views[-1].status("Curl").startswith("Stopped after 3 of 4 steps")
    assert teach_run.finished(plan, views[-1]).info.made["steps"] == 3


def test_a_borrowed_gpu_is_given_back_in_time_with_what_is_learnt(short, painting, tmp_path, monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(teach_run, "_gpu_seconds", lambda _: teach_run._GPU_LEFT_SECONDS)
    *_, last = teach_run.teach(lesson(Visit(), painting, tmp_path))
    assert last.step == 1 and last.stopped


def test_lessons_and_views_travel_between_processes(short, painting, tmp_path):
    plan = lesson(Visit(), painting, tmp_path)
    pickle.dumps(plan)
    pickle.dumps(next(iter(teach_run.teach(plan))))
    assert 0 < teach_run._gpu_seconds(plan, "what Gradio adds") <= 120


def test_a_second_picture_counts(short, painting, root, tmp_path):
    detail = str(root / "examples" / "content" / "coffee.jpg")
    one, both = (list(teach_run.teach(lesson(Visit(), painting, tmp_path, detail=d)))[-1] for d in (None, detail))
    assert one.style != both.style


def test_the_endpoint_streams_and_leaves_the_style_in_the_session(short, painting):
    here = Visit()
    messages = list(learn_style(here, painting, "Été à Nîmes", effort="quick"))
    assert [m[2]["step"] for m in messages] == [1, 2, 3, 4]
    assert all(m[3] is None for m in messages[:-1]) and messages[-1][3].endswith("ete_a_nimes.safetensors")
    assert messages[-1][2]["id"] == "ete_a_nimes" and here.own[0].info.title == "Été à Nîmes"
    assert messages[-1][4] is here


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"brush": "broom"}, "no brush 'broom'"),
        ({"effort": "endless"}, "no effort 'endless'"),
        ({"title": "x" * 81}, "80 characters"),
        ({"painting": None}, "No painting is given"),
    ],
)
def test_bad_arguments_get_their_sentence(painting, tmp_path, changes, words):
    with pytest.raises(ConfigError, match=words):
        lesson(Visit(), **{"painting": painting, "tmp_path": tmp_path, **changes})


@pytest.mark.parametrize("case", REFUSED)
def test_bad_pictures_get_their_sentence(painting, tmp_path, case):
    name, data, words = REFUSED[case]
    bad = str(written(tmp_path, name, data))
    for pictures in ({"painting": bad}, {"painting": painting, "detail": bad}):
        with pytest.raises(ImageError, match=words):
            lesson(Visit(), tmp_path=tmp_path, **pictures)


def test_a_ribbon_is_no_painting(tmp_path):
    Image.new("RGB", (400, 40)).save(tmp_path / "ribbon.png")
    with pytest.raises(ConfigError, match="long and thin"):
        lesson(Visit(), str(tmp_path / "ribbon.png"), tmp_path)


def test_an_error_while_learning_is_a_sentence(short, painting, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ConfigError("This needs more memory than there is.")
        yield

    monkeypatch.setattr(teach_run, "learn", fail)
    with pytest.raises(gr.Error, match="more memory"):
        list(teach_run.teach(lesson(Visit(), painting, tmp_path)))


@given(st.text(max_size=90))
def test_every_title_gives_an_id_that_is_free(title):
    here = Visit()
    first = check_id(here.new_id(title))
    style = next(iter(here.library()))
    here.add(_with(style, first))
    assert check_id(here.new_id(title)) != first


def _with(style, style_id):
    return replace(style, info=replace(style.info, id=style_id))


def test_there_is_an_end_to_styles_of_ones_own(monkeypatch):
    monkeypatch.setattr(visit, "MOST_OWN", 2)
    here = Visit()
    style = next(iter(here.library()))
    for style_id in ("a", "b", "a"):
        here.add(_with(style, style_id))
    assert [s.info.id for s in here.own] == ["a", "b"]
    with pytest.raises(ConfigError, match="no room"):
        here.add(_with(style, "c"))


def test_the_shelves_move_only_when_something_has_changed():
    with gr.Blocks():
        state = gr.State(Visit())
        fields = [style_fields(tab, [512], "photo") for tab in ("one", "two")]
    shelves = Shelves(state, fields)
    here = copy.deepcopy(state.value)  # as Gradio does for every session
    first = here.shown[0]
    updates = shelves.show(None, here, first, first)
    assert len(updates) == len(shelves.outputs) and updates[0] is here
    assert all(update == gr.skip() for update in updates[1:])
    here.add(_with(next(iter(here.library())), "mine"))
    updates = shelves.show(None, here, first, "mine")
    assert len(updates) == len(shelves.outputs)
    assert updates[2].selected_index == 1 and updates[7].selected_index == 0
    assert ("mine" in dict(map(reversed, updates[3].choices))) and state.value.own == []
