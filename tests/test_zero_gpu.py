"""The app on ZeroGPU: everything that computes goes through forked workers, whatever a visitor has brought."""

import json

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.clips import make_clip
from tests.live import running_app
from tests.pictures import good_jpeg, written
from tests.zero_gpu import scheduler

QUICK = json.dumps({"size": 64, "iterations": 4})


@pytest.fixture(scope="module")
def space(root, tmp_path_factory):
    """A client, and the requests for a GPU so far."""
    folder = tmp_path_factory.mktemp("zero")
    with (
        scheduler(folder) as (environment, asked),
        running_app(root, folder, script="tests/zero_gpu.py", **environment) as url,
    ):
        yield Client(url, verbose=False), asked


@pytest.fixture
def photo(tmp_path):
    return handle_file(str(written(tmp_path, "photo.jpg", good_jpeg())))


def seconds(asked: list[dict]) -> int:
    return int(asked[-1]["durationSeconds"])


def test_a_photo_borrows_a_gpu_for_seconds_and_the_worker_is_used_again(space, photo):
    client, asked = space
    before = len(asked)
    for _ in range(2):
        with Image.open(client.predict(photo, "udnie:2,the_scream", api_name="/stylize")) as image:
            assert image.size == (96, 64)
    assert len(asked) == before + 2 and asked[-1]["taskId"] == asked[-2]["taskId"] and 1 <= seconds(asked) <= 30


def test_slow_mode_streams_from_the_worker(space, photo):
    client, asked = space
    messages = list(client.submit(photo, [photo], settings=QUICK, api_name="/optimize"))
    assert len(messages) > 1 and messages[-1][2]["done"] and messages[-1][3] and 1 <= seconds(asked) <= 120


def test_a_style_learnt_in_one_worker_paints_photos_and_clips_in_others(space, photo, tmp_path):
    client, asked = space
    clip = handle_file(str(make_clip(tmp_path / "clip.mp4", frames=4)))
    *_, (_, _, progress, file) = client.submit(photo, "Mine", effort="quick", api_name="/learn_style")
    assert progress["id"] == "mine" and file and 1 <= seconds(asked) <= 120
    with Image.open(client.predict(photo, "mine", api_name="/stylize")) as image:
        assert json.loads(image.text["nst"])["style"] == "mine"
    *_, (_, status, _, painted) = client.submit(clip, "mine", api_name="/stylize_video")
    assert painted and "4 frames" in status and 1 <= seconds(asked) <= 120


def test_our_sentences_survive_the_worker(space, tmp_path, photo):
    client, _ = space
    thin = tmp_path / "thin.png"
    Image.new("RGB", (4000, 40)).save(thin)
    with pytest.raises(AppError, match="crop it"):
        client.predict(handle_file(str(thin)), "udnie", api_name="/stylize")
    with pytest.raises(AppError, match="no style 'nobody'"):
        client.predict(photo, "nobody", api_name="/stylize")


def test_the_page_says_what_it_runs_on(space):
    client, _ = space
    assert "ZeroGPU" in json.dumps(client.config)
