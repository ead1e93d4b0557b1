"""Fast mode under a Gradio client: what /stylize and /styles promise, and a sentence for every bad argument."""

import json

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from nst.images import open_image
from tests.live import running_app
from tests.pictures import ODD, REFUSED, good_jpeg, written

LIMIT = 512


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def client(root, folder):
    with running_app(root, folder, NST_MAX_SIZE_FAST=str(LIMIT)) as url:
        yield Client(url, verbose=False)


@pytest.fixture
def small(tmp_path):
    return written(tmp_path, "photo.jpg", good_jpeg())


@pytest.fixture
def cat(root):
    return root / "examples" / "content" / "cat.jpg"


def painted(client, photo, style, **settings) -> tuple[np.ndarray, dict]:
    """The pixels of a painting, and the settings embedded in it."""
    png = client.predict(handle_file(str(photo)), style, api_name="/stylize", **settings)
    with Image.open(png) as image:
        assert image.format == "PNG" and image.mode == "RGB"
        return np.asarray(image).astype(int), json.loads(image.text["nst"])


def test_the_parameters_are_the_contract(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    parameters = endpoints["/stylize"]["parameters"]
    names = ["image", "style", "strength", "keep_color", "max_side"]
    assert [p["parameter_name"] for p in parameters] == names
    more = endpoints["/stylize_with"]["parameters"]
    assert [p["parameter_name"] for p in more] == [*names, "network", "strokes", "fine"]
    defaults = [p["parameter_default"] for p in parameters if p["parameter_has_default"]]
    assert defaults == [1.0, "off", 0]
    assert [r["label"] for r in endpoints["/stylize"]["returns"]] == ["painting"]
    assert endpoints["/styles"]["parameters"] == endpoints["/networks"]["parameters"] == []


def test_styles_are_listed_with_their_facts(client, ids):
    listing = client.predict(api_name="/styles")
    assert sorted(style["id"] for style in listing) == ids
    for style in listing:
        assert set(style) == {"id", "title", "artist", "year", "licence", "size", "origin"}
        assert style["title"] and style["licence"] and style["size"] >= 32


def test_a_painting_has_the_photos_size_and_its_settings(client, small, ids):
    pixels, settings = painted(client, small, ids[0])
    assert pixels.shape == (64, 96, 3)
    fingerprint = settings.pop("trunk")
    assert len(fingerprint) == 16
    assert settings == {
        "mode": "stylize", "style": ids[0], "strength": 1.0, "keep_color": "off", "max_side": None,
        "strokes": None, "fine": False,
    }  # fmt: skip
    assert np.abs(pixels - np.asarray(open_image(small))).mean() > 2  # painted, not handed back


def test_the_same_request_gives_the_same_picture_and_another_style_another(client, small, ids):
    first, _ = painted(client, small, ids[0])
    again, _ = painted(client, small, ids[0])
    other, _ = painted(client, small, ids[1])
    assert (first == again).all() and (first != other).any()


def test_a_mix_lies_between_its_styles(client, small, ids):
    a, b = (painted(client, small, style)[0] for style in ids[:2])
    mix, settings = painted(client, small, f"{ids[0]}:3,{ids[1]}:1")
    assert settings["style"] == f"{ids[0]}:3,{ids[1]}:1"
    assert 0 < np.abs(mix - a).mean() < np.abs(mix - b).mean()
    assert (painted(client, small, f"{ids[0]}:2,{ids[1]}:0")[0] == a).all()


def test_strength_goes_from_the_photo_to_the_style(client, small, ids):
    photo = np.asarray(open_image(small)).astype(int)
    none, half, full = (painted(client, small, ids[0], strength=s)[0] for s in (0, 0.5, 1))
    assert (none == photo).all()
    assert 0 < np.abs(half - photo).mean() < np.abs(full - photo).mean()


def test_colours_are_kept(client, cat, ids):
    def chroma(pixels):
        return np.stack([pixels[..., 0] - pixels[..., 1], pixels[..., 2] - pixels[..., 1]])

    off, luminance, linear = (
        painted(client, cat, ids[0], keep_color=mode, max_side=128)[0] for mode in ("off", "luminance", "linear")
    )
    photo, _ = painted(client, cat, ids[0], strength=0, max_side=128)
    lost_by_default = np.abs(chroma(off) - chroma(photo)).mean()
    assert np.abs(chroma(luminance) - chroma(photo)).mean() < lost_by_default / 2  # not 0: black and white are ends
    assert np.abs(linear.mean((0, 1)) - photo.mean((0, 1))).max() < 5
    assert (linear != off).any()


@pytest.mark.parametrize(
    ("max_side", "size"), [(200, (200, 133)), (LIMIT, (512, 340)), (0, (512, 340)), (None, (512, 340))]
)
def test_the_longer_side_is_what_was_asked_for_within_the_limit(client, cat, ids, max_side, size):
    pixels, settings = painted(client, cat, ids[0], max_side=max_side)  # the cat has 564×375 pixels
    assert pixels.shape[1::-1] == size
    assert settings["max_side"] == (max_side or None)


def test_a_small_photo_is_not_enlarged(client, small, ids):
    assert painted(client, small, ids[0], max_side=400)[0].shape == (64, 96, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"style": "nosuch"}, "no style 'nosuch'"),
        ({"style": "../../etc/passwd"}, "no style '../../etc/passwd'"),
        ({"style": ""}, "No style is given"),
        ({"style": "  "}, "No style is given"),
        ({"style": None}, "No style is given"),
        ({"style": "{a},"}, "A style is missing"),
        ({"style": "{a}:0"}, "sum to zero"),
        ({"style": "{a}:0,{b}:0"}, "sum to zero"),
        ({"style": "{a}:nan"}, "a number of 0 or more"),
        ({"style": "{a}:-1,{b}:2"}, "a number of 0 or more"),
        ({"style": "{a}:much"}, "is no number"),
        ({"style": "{a},{a}"}, "given twice"),
        ({"style": "{a}:1e308,{b}:1e308"}, "too large"),
        ({"style": "x" * 5000}, "too long"),
        ({"strength": 2}, "from 0 (the photo) to 1"),
        ({"strength": -0.1}, "from 0 (the photo) to 1"),
        ({"strength": "NaN"}, "from 0 (the photo) to 1"),
        ({"strength": "much"}, "from 0 (the photo) to 1"),
        ({"strength": None}, "from 0 (the photo) to 1"),
        ({"keep_color": "rainbow"}, "off"),
        ({"keep_color": None}, "no keep-colour mode"),
        ({"max_side": -1}, "32 or more"),
        ({"max_side": 7}, "32 or more"),
        ({"max_side": 33.5}, "whole number"),
        ({"max_side": "big"}, "whole number"),
        ({"max_side": 40}, "use 48 or more"),
        ({"max_side": LIMIT + 1}, f"up to {LIMIT} pixels"),
        ({"max_side": 1e300}, f"up to {LIMIT} pixels"),
        ({"image": None}, "No photo is given"),
        ({"image": "photo.jpg"}, "handle_file"),
    ],
)
def test_bad_arguments_get_their_sentence(client, folder, small, ids, changes, words):
    arguments = {"image": handle_file(str(small)), "style": ids[0], **changes}
    if arguments["style"]:
        arguments["style"] = arguments["style"].replace("{a}", ids[0]).replace("{b}", ids[1])
    with pytest.raises(AppError) as caught:
        client.predict(api_name="/stylize", **arguments)
    text = str(caught.value)
    assert words in text and "\n" not in text
    assert "Traceback" not in text and str(folder) not in text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999"])
def test_what_is_no_finite_number_is_refused_too(client, small, ids, value):
    """As other languages write it into JSON; Python's client does not send it."""
    api = f"{client.src}gradio_api"
    with small.open("rb") as file:
        path = httpx.post(f"{api}/upload", files={"files": file}).json()[0]
    image = json.dumps({"path": path, "meta": {"_type": "gradio.FileData"}})
    body = f'{{"data": [{image}, "{ids[0]}", {value}, "off", 0]}}'
    event = httpx.post(f"{api}/call/stylize", content=body, headers={"Content-Type": "application/json"}).json()
    answer = httpx.get(f"{api}/call/stylize/{event['event_id']}", timeout=60).text
    assert "event: error" in answer and "from 0 (the photo) to 1" in answer


@pytest.mark.parametrize("case", REFUSED)
def test_bad_photos_get_their_sentence(client, tmp_path, folder, ids, case):
    name, data, words = REFUSED[case]
    with pytest.raises(AppError) as caught:
        client.predict(handle_file(str(written(tmp_path, name, data))), ids[0], api_name="/stylize")
    text = str(caught.value)
    assert words in text and str(folder) not in text and "Traceback" not in text


@pytest.mark.parametrize("case", ODD)
def test_odd_photos_come_out_as_they_are_seen(client, tmp_path, ids, case):
    name, data, (width, height) = ODD[case]
    assert painted(client, written(tmp_path, name, data), ids[0])[0].shape == (height, width, 3)


def test_missing_arguments_are_named(client, small):
    with pytest.raises(TypeError, match="image"):
        client.predict(style="udnie", api_name="/stylize")
    with pytest.raises(TypeError, match="style"):
        client.predict(image=handle_file(str(small)), api_name="/stylize")


def test_the_list_of_styles_does_not_wait_for_paintings(client, cat, ids):
    jobs = [client.submit(handle_file(str(cat)), style, api_name="/stylize") for style in [*ids, *ids][:15]]
    jobs[0].result(timeout=120)
    assert len(client.predict(api_name="/styles")) == len(ids)
    assert not all(job.done() for job in jobs)
    for job in jobs:
        job.result(timeout=120)


def test_strokes_and_networks_have_an_endpoint_of_their_own(client, cat, ids):
    def paint(**more):
        png = client.predict(handle_file(str(cat)), ids[0], api_name="/stylize_with", **more)
        return np.asarray(Image.open(png), int)

    assert (paint() == painted(client, cat, ids[0])[0]).all()
    bold, fine = paint(strokes=128), paint(strokes=128, fine=True)
    assert bold.shape == fine.shape and (bold != fine).any() and (bold != paint()).any()
    networks = client.predict(api_name="/networks")
    assert sorted(networks["multistyle"]) == ids
    for changes, words in (
        ({"strokes": 7}, "32 or more"), ({"strokes": "big"}, "whole number"), ({"network": "nosuch"}, "no network"),
        ({"network": "../vgg16"}, "no network '../vgg16'"), ({"style": "nosuch", "network": "multistyle"}, "no style"),
    ):  # fmt: skip
        with pytest.raises(AppError, match=words):
            client.predict(**{"image": handle_file(str(cat)), "style": ids[0], **changes}, api_name="/stylize_with")


def test_a_batch_paints_what_can_be_painted_and_says_what_cannot(client, small, cat, tmp_path, ids):
    bad = written(tmp_path, "letter.jpg", b"Dear visitor")
    (tmp_path / "other").mkdir()
    same_name = written(tmp_path / "other", "photo.jpg", good_jpeg())
    files = [handle_file(str(path)) for path in (small, bad, cat, same_name)]
    *_, before, (status, progress, paintings) = client.submit(files, ids[0], max_side=96, api_name="/stylize_batch")
    assert before[1]["done"] == 3 and before[2] is None
    assert progress["done"] == progress["of"] == 4 and "1 of them" in status
    assert [f["file"] for f in progress["failed"]] == [1] and "not a picture" in progress["failed"][0]["error"]
    sizes = []
    for path in paintings:
        with Image.open(path) as image:
            sizes.append(image.size)
            assert json.loads(image.text["nst"])["style"] == ids[0]
    assert sizes == [(96, 64), (96, 64), (96, 64)] and "cat" in paintings[1]
    single, _ = painted(client, small, ids[0], max_side=96)
    assert (np.asarray(open_image(paintings[0])) == single).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"files": []}, "No photos"),
        ({"style": "nobody"}, "no style 'nobody'"),
        ({"strength": 2}, "from 0 .the photo. to 1"),
        ({"max_side": LIMIT + 1}, str(LIMIT)),
        ({"files": 51}, "up to 50 photos"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_at_once(client, small, ids, changes, words):
    request = {"files": 1, "style": ids[0], **changes}
    if isinstance(request["files"], int):
        request["files"] = [handle_file(str(small))] * request["files"]
    with pytest.raises(AppError, match=words):
        client.predict(**request, api_name="/stylize_batch")
