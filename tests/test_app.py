"""The live app under a Gradio client: the endpoint streams, and every bad input gets its sentence."""

import io
import json
import threading
import time
from contextlib import suppress

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from nst.ui import idle_memory
from tests.live import running_app
from tests.pictures import ODD, REFUSED, good_jpeg, written

QUICK = json.dumps({"size": 64, "iterations": 4, "scales": 1})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def client(root, folder):
    with running_app(root, folder) as url:
        yield Client(url, verbose=False)


@pytest.fixture
def style(root):
    return handle_file(str(root / "examples" / "styles" / "waves.jpg"))


@pytest.fixture
def photo(tmp_path):
    return handle_file(str(written(tmp_path, "photo.jpg", good_jpeg())))


def refusal(client, **arguments) -> str:
    with pytest.raises(AppError) as caught:
        client.predict(api_name="/optimize", **arguments)
    return str(caught.value)


def test_the_endpoint_is_documented_and_nothing_else_is_public(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(endpoints) == {
        "/optimize", "/styles", "/stylize", "/stylize_with", "/stylize_batch", "/networks", "/paint_like",
        "/stylize_video", "/learn_style",
        "/add_style",
    }  # fmt: skip
    described = endpoints["/optimize"]
    names = [p["parameter_name"] for p in described["parameters"]]
    assert names == ["content", "styles", "weights", "preset_name", "settings"]
    assert [r["label"] for r in described["returns"]] == ["painting", "status", "progress", "png"]
    assert "i18n" not in json.dumps(endpoints)  # texts of the page


def test_it_streams_progress_and_ends_with_the_picture_and_its_settings(client, photo, style):
    settings = json.dumps({"size": 256, "iterations": 60, "scales": 2, "seed": 3})
    job = client.submit(photo, [style, style], "1, 0.5", "quick", settings, api_name="/optimize")
    seen = list(job)
    steps = [report["step"] for _, _, report, _ in seen]
    assert len(steps) >= 2 and steps == sorted(steps) and steps[-1] == 60
    picture, status, report, png = seen[-1]
    assert report["done"] and "done" in status
    assert report["losses"]["total"] > 0 and {r["scale"] for _, _, r, _ in seen} == {1, 2}
    with Image.open(png) as image:
        assert image.size == (256, 171)
        embedded = json.loads(image.text["nst"])
    assert embedded["seed"] == 3 and embedded["style_scale"] == 1.0
    with Image.open(picture) as image:
        assert image.size == (256, 171)


def test_cancelling_frees_the_worker(client, photo, style):
    long = json.dumps({"size": 128, "iterations": 2000})
    job = client.submit(photo, [style], "", "quick", long, api_name="/optimize")
    deadline = time.monotonic() + 60
    while not job.outputs() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job.outputs()
    job.cancel()
    started = time.monotonic()
    client.predict(photo, [style], "", "quick", QUICK, api_name="/optimize")
    assert time.monotonic() - started < 20  # 2,000 steps would take longer


@pytest.mark.parametrize("case", REFUSED)
def test_bad_photos_get_their_sentence(client, style, tmp_path, folder, case):
    name, data, words = REFUSED[case]
    bad = handle_file(str(written(tmp_path, name, data)))
    text = refusal(client, content=bad, styles=[style], settings=QUICK)
    assert words in text and str(folder) not in text and "Traceback" not in text


@pytest.mark.parametrize("case", REFUSED)
def test_bad_styles_get_their_sentence(client, photo, tmp_path, folder, case):
    name, data, words = REFUSED[case]
    bad = handle_file(str(written(tmp_path, name, data)))
    text = refusal(client, content=photo, styles=[bad], settings=QUICK)
    assert words in text and str(folder) not in text


@pytest.mark.parametrize("case", ODD)
def test_odd_photos_come_out_as_they_are_seen(client, style, tmp_path, case):
    name, data, (width, height) = ODD[case]
    odd = handle_file(str(written(tmp_path, name, data)))
    *_, png = client.predict(odd, [style], "", "quick", QUICK, api_name="/optimize")
    expected = (64, round(64 * height / width)) if width >= height else (round(64 * width / height), 64)
    with Image.open(png) as image:
        assert image.size == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"styles": []}, "No style picture"),
        ({"weights": "0"}, "sum to zero"),
        ({"weights": "1,2"}, "1 style pictures but 2 weights"),
        ({"weights": "nan"}, "0 or more"),
        ({"settings": '{"style_layers": "relu9_9"}'}, "no layer 'relu9_9'"),
        ({"settings": '{"style_layers": 7}'}, "written as one text"),
        ({"settings": '{"size": 1e9}'}, "size must be"),
        ({"settings": '{"size": NaN}'}, "size must be"),
        ({"settings": '{"size": 4000}'}, "up to 2048"),
        ({"settings": '{"iterations": 5000}'}, "up to 2000"),
        ({"settings": '{"normalized": "no"}'}, "either true or false"),
        ({"settings": '{"seed": ' + "9" * 400 + "}"}, "seed must be"),
        ({"settings": '{"wow": 1}'}, "no setting 'wow'"),
        ({"settings": "[1]"}, "JSON object"),
        ({"settings": "{" * 5000}, "JSON object"),
        ({"settings": '{"backbone": "vgg19"}', "preset_name": "quick"}, "use vgg16"),
    ],
)
def test_bad_settings_get_their_sentence(client, photo, style, changes, words, monkeypatch):
    arguments = {"content": photo, "styles": [style], "settings": QUICK, **changes}
    if "vgg19" in arguments["settings"] and _vgg19_is_cached():
        pytest.skip("VGG-19 is in torch's cache here, so nothing has to be refused")
    assert words in refusal(client, **arguments)


def _vgg19_is_cached() -> bool:
    from pathlib import Path

    import torch

    return any((Path(torch.hub.get_dir()) / "checkpoints").glob("vgg19-*"))


def test_the_result_is_a_picture_a_browser_shows(client, photo, style):
    picture, *_ = client.predict(photo, [style], "", "quick", QUICK, api_name="/optimize")
    with open(picture, "rb") as file:  # noqa: PTH123
        assert Image.open(io.BytesIO(file.read())).format in ("PNG", "WEBP", "JPEG")


def test_killed_in_the_middle_it_starts_cleanly(root, tmp_path, photo, style):
    picked = handle_file(str(root / "examples" / "content" / "cat.jpg"))
    with running_app(root, tmp_path) as url:
        client = Client(url, verbose=False)
        first = Image.open(client.predict(picked, "udnie", api_name="/stylize"))
        long = json.dumps({"size": 64, "iterations": 2000, "scales": 1})
        job = client.submit(photo, [style], "", "quick", long, api_name="/optimize")
        while not job.outputs():
            assert not job.done(), job.exception()
            time.sleep(0.05)
    with suppress(Exception):
        job.cancel()
    cached = [path for path in (tmp_path / "gradio").rglob("*") if path.is_file()]
    assert len(cached) > 3
    for path in cached:  # as if every one of them had been half written
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with running_app(root, tmp_path) as url:
        client = Client(url, verbose=False)
        again = Image.open(client.predict(picked, "udnie", api_name="/stylize"))
        assert again.size == first.size and again.tobytes() == first.tobytes()
        *_, png = client.predict(photo, [style], "", "quick", QUICK, api_name="/optimize")
        Image.open(png).load()
        shown = [c["props"]["value"] for c in client.config["components"] if c["props"].get("elem_id") == "fast-photo"]
        assert httpx.get(shown[0]["url"]).content == (root / "examples" / "content" / "cat.jpg").read_bytes()


def test_memory_goes_back_once_after_each_piece_of_work(monkeypatch):
    calls = []
    monkeypatch.setattr(idle_memory, "_EVERY_SECONDS", 0.1)
    threading.Thread(target=idle_memory._watch, args=(calls.append,), daemon=True).start()
    for done in (1, 2):
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
        end = time.monotonic() + 10
        while len(calls) < done and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)  # and not again
        assert len(calls) == done
