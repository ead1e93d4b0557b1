"""What stands behind the Video tab: limits, what is said of a clip, stopping, styles that travel with the job."""

import dataclasses
import json
import pickle

import gradio as gr
import pytest

from nst.clip_reader import ClipInfo
from nst.errors import ConfigError, VideoError
from nst.stylizer import Stylizer
from nst.ui import video, video_limits, video_run
from nst.ui.stops import Stage, Stops
from nst.ui.video_run import paint, plan, status
from nst.ui.visit import Visit, sources
from nst.video_config import VideoConfig
from tests.clips import SIZE, facts, make_clip


def library():
    return sources().library()


@pytest.fixture(scope="module")
def style():
    return next(iter(library())).info.id


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", frames=12, sound="aac")


def info(seconds=4.0, fps=25, size=(640, 360), sound=True) -> ClipInfo:
    return ClipInfo(*size, round(seconds * fps), seconds, sound)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (info(), "4 seconds · 25 frames a second · 640×360 pixels · with sound."),
        (info(1.0, 24), "1 second · 24 frames a second · 640×360 pixels · with sound."),
        (info(5.28, sound=False), "5.3 seconds · 25 frames a second · 640×360 pixels · without sound."),
        (
            ClipInfo(64, 64, 2997, 100, False),
            "100 seconds · 29.97 frames a second · 64×64 pixels · without sound.",
        ),
    ],
)
def test_a_clip_is_told_in_a_line(found, text):
    assert video_limits.facts(found) == text


def test_a_clip_within_the_limits_is_taken_whole(clip):
    text, length = video_limits.first_look(clip)
    assert text == "0.5 seconds · 25 frames a second · 96×64 pixels · with sound." and length is None


def test_a_clip_beyond_the_limits_is_told_what_is_done_about_it(clip, monkeypatch):
    monkeypatch.setattr(video_limits, "MAX_SIDE", 80)
    monkeypatch.setattr(video_limits, "MAX_SECONDS", 0.25)
    text, length = video_limits.first_look(clip)
    assert length == 0.25
    assert "Its pictures are made smaller, to 80 pixels." in text
    assert text.endswith(
        "This clip is 0.5 seconds long, and this app paints up to 0.25: the first 0.25 are chosen. Move the start to "
        "paint another part."
    )


def test_the_note_tells_the_limits(monkeypatch):
    assert "A clip of any length" in video_limits.note() and "Pictures over 2048 pixels" in video_limits.note()
    monkeypatch.setattr(video_limits, "MAX_SECONDS", 30.0)
    assert video_limits.note().startswith("Up to 30 seconds; of a longer clip a part, with its sound.")


def test_a_last_frame_that_stands_out_is_no_reason_to_refuse(monkeypatch):
    monkeypatch.setattr(video_limits, "MAX_SECONDS", 30.0)
    config = VideoConfig("any")
    assert video_limits.within_limits(config, info(30.03)) is config
    with pytest.raises(ConfigError, match="This clip is 30.1 seconds long"):
        video_limits.within_limits(config, info(30.1))


@pytest.mark.parametrize(("asked", "side"), [(None, 320), (600, 320), (300, 300)])
def test_larger_pictures_are_made_smaller(monkeypatch, asked, side):
    monkeypatch.setattr(video_limits, "MAX_SIDE", 320)
    config = VideoConfig("any", max_side=asked)
    assert video_limits.within_limits(config, info()).max_side == side
    assert video_limits.within_limits(config, info(size=(320, 200))) is (config)


def test_the_tab_begins_with_what_fits(clip, tmp_path, monkeypatch):
    assert video._about(None)[1:] == (0, None)
    assert "0.5 seconds" in video._about(str(clip))[0]
    monkeypatch.setattr(video_limits, "MAX_SECONDS", 0.3)
    assert video._about(str(clip))[1:] == (0, 0.3)
    (tmp_path / "letter.mp4").write_text("Dear visitor")
    text, *trim = video._about(str(tmp_path / "letter.mp4"))
    assert "not a video" in text and str(tmp_path) not in text and trim == [0, None]


def test_a_clip_that_browsers_do_not_play_is_said_to_be_one(tmp_path):
    strange = make_clip(tmp_path / "clip.avi", frames=4, codec="mpeg4")
    assert "This browser may not play it, but it can be painted." in video._about(str(strange))[0]


def test_the_views_of_a_job(clip, tmp_path, style, monkeypatch):
    monkeypatch.setattr(video_run, "_SHOW_SECONDS", 0)
    job = plan(str(clip), VideoConfig(style), tmp_path, library())
    views = list(paint(job))
    assert len(views) > 2 and [view.done for view in views[-2:]] == [False, True]
    assert views[0].before.size == views[0].after.size == SIZE
    assert status(job, views[1]).startswith(f"Frame {views[1].frame} of 12 · ")
    assert "frames a second · about" in status(job, views[1])
    assert status(job, views[-1]).startswith("Painted 12 frames in ")
    assert status(job, views[-1]).endswith(" a second · 0.5 seconds · 96×64 pixels · with sound")
    assert views[-1].report()["done"] and views[-1].report()["frame"] == 12
    json.dumps([view.report() for view in views], allow_nan=False)
    assert job.target.name == f"painting-{style}.mp4" and len(facts(job.target).frames) == 12


def test_views_come_at_their_pace(clip, tmp_path, style, monkeypatch):
    monkeypatch.setattr(video_run, "_SHOW_SECONDS", 60)
    assert [view.done for view in paint(plan(str(clip), VideoConfig(style), tmp_path, library()))] == [False, True]


def test_frames_are_shown_small(tmp_path, style):
    large = make_clip(tmp_path / "large.mp4", frames=2, size=(640, 320))
    view = next(iter(paint(plan(str(large), VideoConfig(style), tmp_path, library()))))
    assert view.before.size == view.after.size == (480, 240)


def test_stopped_it_keeps_what_is_done(tmp_path, style):
    clip = make_clip(tmp_path / "clip.mp4", frames=60, sound="aac")
    job = plan(str(clip), VideoConfig(style), tmp_path, library())
    views = paint(job)
    first = next(views)
    job.stop.touch()
    *_, last = views
    assert last.done and last.stopped and first.frame <= last.frame < 60
    found = facts(job.target)
    assert len(found.frames) == last.frame
    assert found.sound_seconds == pytest.approx(last.frame / 25, abs=0.1)
    text = status(job, last)
    assert text.startswith(f"Stopped: {last.frame} of 60 frames are painted, ") and "they are yours" in text


def test_a_borrowed_gpu_is_given_back_in_time_with_what_is_done(tmp_path, style, monkeypatch):
    clip = make_clip(tmp_path / "clip.mp4", frames=60)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(video_run, "_GPU_LEFT_SECONDS", 1000)
    job = plan(str(clip), VideoConfig(style), tmp_path, library())
    (view,) = paint(job)
    assert view.stopped and "The time on the GPU is used up" in status(job, view)
    assert 0 < len(facts(job.target).frames) < 60


def test_time_on_a_gpu_grows_with_frames_and_pixels_up_to_a_cap(clip, tmp_path, style):
    job = plan(str(clip), VideoConfig(style), tmp_path, library())
    few, many, large, most = (
        video_run._gpu_seconds(dataclasses.replace(job, info=info(*of)), "what Gradio adds")
        for of in ((1.0,), (30.0,), (30.0, 25, (1280, 720)), (3000.0,))
    )
    assert few < many < large < most == 120
    half = dataclasses.replace(job, info=info(30.0, 25, (1280, 720)), config=VideoConfig(style, max_side=640))
    assert video_run._gpu_seconds(half) == many


def test_a_style_that_the_worker_does_not_know_travels_with_the_job(clip, tmp_path, style):
    """And so does all else: the worker is another process."""
    job = plan(str(clip), VideoConfig(style), tmp_path, library())
    fresh = dataclasses.replace(job.styles[0], info=dataclasses.replace(job.styles[0].info, id="fresh"))
    job = dataclasses.replace(job, styles=(fresh,), config=dataclasses.replace(job.config, style="fresh"))
    *_, last = paint(job)
    assert last.frame == 12 and pickle.dumps([job, last])
    with pytest.raises(ConfigError, match="no style 'fresh'"):
        plan(str(clip), job.config, tmp_path, library())


def test_errors_leave_it_as_sentences(clip, tmp_path, style, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(Stylizer, "paint", fail)
    with pytest.raises(gr.Error, match="needs more memory than there is: choose a smaller size"):
        list(paint(plan(str(clip), VideoConfig(style), tmp_path, library())))
    assert list(tmp_path.iterdir()) == []


def test_closed_it_stops_the_work(tmp_path, style, monkeypatch):
    clip = make_clip(tmp_path / "clip.mp4", frames=60)
    painted = []
    original = Stylizer.paint
    monkeypatch.setattr(Stylizer, "paint", lambda *args: painted.append(1) or original(*args))
    views = paint(plan(str(clip), VideoConfig(style), tmp_path, library()))
    next(views)
    views.close()
    assert len(painted) < 60


def test_no_clip_and_one_style_to_morph_get_their_sentence(clip, tmp_path, style):
    fields = [style, "", "", 1, 1, 1, 1.0, "off", 0]
    with pytest.raises(ConfigError, match="No clip is given"):
        next(video._paint(tmp_path / "stop", Visit(), None, 0, None, True, False, *fields))
    with pytest.raises(ConfigError, match="second style under Mix styles"):
        next(video._paint(tmp_path / "stop", Visit(), str(clip), 0, None, True, True, *fields))
    with pytest.raises(VideoError, match="not a video"):
        (tmp_path / "x.mp4").write_bytes(b"x")
        next(video._paint(tmp_path / "stop", Visit(), str(tmp_path / "x.mp4"), 0, None, True, False, *fields))


def test_stops_find_the_job_that_is_meant():
    stops = Stops()
    running, waiting = stops.ticket(), stops.ticket()
    flag = stops.begin(running)
    assert not flag.exists()
    assert stops.ask(running) is Stage.RUNNING and flag.exists()
    assert stops.ask(waiting) is Stage.WAITING and stops.begin(waiting) is None  # its turn comes too late
    stops.end(running)
    assert not flag.exists()
    assert stops.ask(running) is Stage.OVER and not flag.exists()


@pytest.mark.parametrize("ticket", ["", None, "../../escape", "a" * 32])
def test_tickets_that_were_not_made_here_do_nothing(ticket):
    stops = Stops()
    assert stops.begin(ticket) is None and stops.ask(ticket) is Stage.OVER
