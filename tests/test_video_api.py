"""Clips under a Gradio client: what /stylize_video promises, and a sentence for every bad argument."""

import json
import time

import av
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.clips import SIZE, facts, make_clip
from tests.live import running_app
from tests.pictures import good_jpeg, written

SECONDS, SIDE = 2, 160
ENDPOINT = {"api_name": "/stylize_video"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def client(root, folder):
    with running_app(root, folder, NST_MAX_VIDEO_SECONDS=str(SECONDS), NST_MAX_SIZE_VIDEO=str(SIDE)) as url:
        yield Client(url, verbose=False)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", frames=10, sound="aac")


def painted(client, clip, style, **settings):
    """The facts of a painting, and the settings embedded in it."""
    *_, mp4 = client.predict(handle_file(str(clip)), style, **settings, **ENDPOINT)
    found = facts(mp4)
    return found, json.loads(found.comment)


def difference(one, other) -> float:
    """Mean over all pixels, in grey levels."""
    return np.abs(np.stack(one.frames).astype(int) - np.stack(other.frames).astype(int)).mean()


def test_the_parameters_are_the_contract(client):
    described = client.view_api(return_format="dict", print_info=False)["named_endpoints"]["/stylize_video"]
    names = [p["parameter_name"] for p in described["parameters"]]
    assert names[:5] == ["video", "style", "strength", "temporal", "max_side"]
    assert names[5:] == ["keep_color", "morph", "start", "length"]
    defaults = [p["parameter_default"] for p in described["parameters"] if p["parameter_has_default"]]
    assert defaults == [1.0, "on", 0, "off", False, 0, 0]
    assert [r["label"] for r in described["returns"]] == ["frame", "status", "progress", "mp4"]


def test_it_streams_progress_and_ends_with_the_clip(client, tmp_path, ids):
    source = facts(make_clip(tmp_path / "clip.mp4", frames=45, sound="aac"))
    job = client.submit(handle_file(str(tmp_path / "clip.mp4")), ids[0], **ENDPOINT)
    seen = list(job)
    assert all(set(report) == {"frame", "frames", "fps", "eta", "done", "note"} for _, _, report, _ in seen)
    frames = [report["frame"] for _, _, report, _ in seen]
    assert len(seen) >= 2 and frames == sorted(frames) and frames[-1] == 45
    assert [mp4 is not None for *_, mp4 in seen] == [report["done"] for _, _, report, _ in seen]
    assert "Frame" in seen[0][1] and "Painted 45 frames" in seen[-1][1] and "with sound" in seen[-1][1]
    with Image.open(seen[0][0]) as frame:
        assert frame.size == SIZE and frame.format == "JPEG"
    result = facts(seen[-1][-1])
    assert len(result.frames) == 45 and result.size == SIZE and result.video_codec == "h264"
    assert result.times == pytest.approx(source.times)
    assert result.sound_codec == "aac" and result.sound_seconds == pytest.approx(source.sound_seconds, abs=0.05)


def test_the_settings_count_and_are_embedded(client, small, ids):
    source = facts(small)
    plain, settings = painted(client, small, ids[0], temporal="off")
    assert len(settings.pop("trunk")) == 16
    assert settings == {
        "mode": "video", "style": ids[0], "strength": 1.0, "keep_color": "off", "max_side": None, "temporal": False,
        "morph": False, "start": 0.0, "length": None,
    }  # fmt: skip
    assert difference(plain, source) > 10
    assert difference(painted(client, small, ids[0], strength=0)[0], source) < 3
    steady, settings = painted(client, small, ids[0])
    assert settings["temporal"] and difference(steady, plain) > 0.5
    kept, settings = painted(client, small, ids[0], keep_color="luminance")
    assert settings["keep_color"] == "luminance" and difference(kept, steady) > 2


def test_a_morph_goes_from_style_to_style(client, small, ids):
    first, last = (painted(client, small, style, temporal="off")[0] for style in ids[:2])
    morph, settings = painted(client, small, f"{ids[0]},{ids[1]}", temporal="off", morph=True)
    assert settings["morph"]

    def distance(number, other):
        return np.abs(morph.frames[number].astype(int) - other.frames[number].astype(int)).mean()

    assert distance(0, first) < 0.3 * distance(0, last)
    assert distance(-1, last) < distance(-1, first)


def test_a_part_is_painted_with_its_part_of_the_sound(client, small, ids):
    result, settings = painted(client, small, ids[0], start=0.16, length=0.2)
    assert len(result.frames) == 5 and settings["start"] == 0.16 and settings["length"] == 0.2
    assert result.sound_seconds == pytest.approx(0.2, abs=0.05)


def test_the_size_is_what_was_asked_for_within_the_limit(client, tmp_path, small, ids):
    assert painted(client, small, ids[0], max_side=64, length=0.1)[0].size == (64, 42)
    large = make_clip(tmp_path / "large.mp4", frames=2, size=(320, 200))
    _, status, _, mp4 = client.predict(handle_file(str(large)), ids[0], **ENDPOINT)
    assert facts(mp4).size == (SIDE, 100)
    assert f"your clip is larger, and this app paints up to {SIDE} pixels" in status


def test_a_clip_that_is_too_long_is_refused_with_the_way_out(client, tmp_path, ids):
    long = make_clip(tmp_path / "long.mp4", frames=30, rate=10)
    for part, words in (({}, "This clip is 3 seconds long"), ({"start": 0.5}, "The chosen part is 2.5 seconds long")):
        with pytest.raises(AppError) as caught:
            client.predict(handle_file(str(long)), ids[0], **part, **ENDPOINT)
        text = str(caught.value)
        assert words in text and f"up to {SECONDS} at a time" in text and "start and length" in text
    assert len(painted(client, long, ids[0], length=0.5)[0].frames) == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"style": "nosuch"}, "no style 'nosuch'"),
        ({"style": ""}, "No style is given"),
        ({"style": None}, "No style is given"),
        ({"style": "{a}:0"}, "sum to zero"),
        ({"style": "{a},{a}"}, "given twice"),
        ({"strength": 2}, "from 0 (the photo) to 1"),
        ({"strength": None}, "from 0 (the photo) to 1"),
        ({"temporal": "maybe"}, "'on', 'off'"),
        ({"temporal": None}, "choose from on, off"),
        ({"keep_color": "rainbow"}, "off"),
        ({"max_side": 7}, "32 or more"),
        ({"max_side": SIDE + 1}, f"up to {SIDE} pixels"),
        ({"max_side": 40}, "both sides need at least 32"),
        ({"morph": True}, "name at least two"),
        ({"morph": True, "style": "{a}:2,{b}"}, "no weights"),
        ({"morph": "perhaps"}, "either true or false"),
        ({"start": -1}, "0 or more"),
        ({"start": "soon"}, "number of seconds"),
        ({"start": 60}, "0.4 seconds long"),
        ({"length": -1}, "number of seconds"),
        ({"length": "NaN"}, "number of seconds"),
        ({"video": None}, "No video is given"),
        ({"video": "clip.mp4"}, "handle_file"),
        ({"video": {"path": "clip.mp4"}}, "handle_file"),
    ],
)
def test_bad_arguments_get_their_sentence(client, folder, small, ids, changes, words):
    arguments = {"video": handle_file(str(small)), "style": ids[0], **changes}
    if arguments["style"]:
        arguments["style"] = arguments["style"].replace("{a}", ids[0]).replace("{b}", ids[1])
    with pytest.raises(AppError) as caught:
        client.predict(**arguments, **ENDPOINT)
    text = str(caught.value)
    assert words in text and "\n" not in text
    assert "Traceback" not in text and str(folder) not in text


@pytest.mark.parametrize("case", ["text renamed", "zero bytes", "a photo", "half a clip", "sound alone", "a playlist"])
def test_bad_clips_get_their_sentence(client, tmp_path, folder, small, ids, case):
    name, data, words = {
        "text renamed": ("letter.mp4", b"Dear visitor, this is not a clip.\n" * 20, "not a video"),
        "zero bytes": ("empty.mp4", b"", "empty"),
        "a photo": ("photo.mp4", good_jpeg(), "not a video"),
        "half a clip": ("half.mp4", small.read_bytes()[:3000], "not a video"),
        "sound alone": ("song.mp4", _song(tmp_path), "no moving pictures"),
        "a playlist": ("list.mp4", b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "not a video"),
    }[case]
    with pytest.raises(AppError) as caught:
        client.predict(handle_file(str(written(tmp_path, name, data))), ids[0], **ENDPOINT)
    text = str(caught.value)
    assert words in text and str(folder) not in text and "Traceback" not in text


def _song(folder) -> bytes:
    with av.open(str(folder / "song.m4a"), "w", format="mp4") as song:
        stream = song.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0
        song.mux(stream.encode(frame))
        song.mux(stream.encode(None))
    return (folder / "song.m4a").read_bytes()


def test_cancelling_frees_the_worker(client, tmp_path, small, ids):
    many = make_clip(tmp_path / "many.mp4", frames=190, rate=100, size=(320, 240))
    job = client.submit(handle_file(str(many)), ids[0], **ENDPOINT)
    while not job.outputs():
        assert not job.done(), job.exception()
        time.sleep(0.05)
    job.cancel()
    started, (_, _, report, _) = time.monotonic(), job.outputs()[-1]
    painted(client, small, ids[0], length=0.1)
    assert time.monotonic() - started < report["eta"] * 0.75
