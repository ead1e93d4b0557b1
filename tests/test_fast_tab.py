"""What stands behind the Fast tab: limits, status line, contact sheet, one network for all threads."""

import io
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from nst.errors import ConfigError
from nst.stylize_config import StylizeConfig
from nst.stylizer import Stylizer
from nst.ui import fast_run, visit
from tests.pictures import good_jpeg


def library():
    return visit.sources().library()


@pytest.fixture
def style():
    return next(iter(library())).info


def picture(tmp_path, width: int, height: int) -> str:
    path = tmp_path / "photo.png"
    Image.open(io.BytesIO(good_jpeg())).resize((width, height)).save(path)
    return str(path)


@pytest.mark.parametrize(
    ("asked", "size", "told"),
    [(None, (200, 100), True), (400, (200, 100), True), (200, (200, 100), False), (150, (150, 75), False)],
)
def test_a_photo_beyond_the_limit_is_painted_at_the_limit_and_it_says_so(
    tmp_path, monkeypatch, style, asked, size, told
):
    monkeypatch.setattr(fast_run, "MAX_SIDE", 200)
    painting = fast_run.paint(picture(tmp_path, 300, 150), StylizeConfig(style.id, max_side=asked), library())
    assert painting.image.size == painting.photo.size == size
    status = painting.status()
    assert f"{size[0]}×{size[1]} pixels" in status and " s ·" in status and style.title in status
    assert ("up to 200 pixels" in status) == told


def test_a_photo_within_the_limit_keeps_its_size(tmp_path, style):
    painting = fast_run.paint(picture(tmp_path, 131, 77), StylizeConfig(style.id), library())
    assert painting.image.size == (131, 77)
    assert "larger" not in painting.status()


def test_the_status_names_every_style_that_counts(tmp_path):
    a, b, c = (style.info for style in list(library())[:3])
    painting = fast_run.paint(picture(tmp_path, 64, 64), StylizeConfig(f"{a.id},{b.id}:0.5,{c.id}:0"), library())
    assert painting.status().endswith(f"{a.title} + {b.title}")


def test_saved_paintings_carry_their_settings_and_their_styles_name(tmp_path, style):
    painting = fast_run.paint(picture(tmp_path, 64, 48), StylizeConfig(style.id, 0.25, "linear"), library())
    for suffix in (".png", ".jpg"):
        path = painting.save(tmp_path, suffix)
        assert path.name == f"painting-{style.id}{suffix}"
        with Image.open(path) as image:
            settings = json.loads(image.text["nst"] if suffix == ".png" else image.info["comment"])
        assert settings == {
            "mode": "stylize", "style": style.id, "strength": 0.25, "keep_color": "linear", "max_side": None,
            "strokes": None, "fine": False,
            "trunk": library().trunk.fingerprint,
        }  # fmt: skip


def test_a_long_thin_photo_is_told_what_would_help(tmp_path, monkeypatch, style):
    thin = picture(tmp_path, 960, 40)
    with pytest.raises(ConfigError, match="use 768 or more"):
        fast_run.paint(thin, StylizeConfig(style.id, max_side=320), library())
    monkeypatch.setattr(fast_run, "MAX_SIDE", 512)
    with pytest.raises(ConfigError, match="crop it"):
        fast_run.paint(thin, StylizeConfig(style.id), library())


@pytest.mark.parametrize(("size", "tile"), [((640, 320), (320, 160)), ((90, 120), (90, 120)), ((1000, 40), (800, 32))])
def test_the_contact_sheet_shows_every_style_in_order_and_small(tmp_path, size, tile):
    config = StylizeConfig(next(iter(library())).info.id)
    sheet = list(fast_run.contact_sheet(picture(tmp_path, *size), config, list(library())))
    assert [style.info.id for style, _ in sheet] == [style.info.id for style in library()]
    assert {image.size for _, image in sheet} == {tile}
    assert len({image.tobytes() for _, image in sheet}) == len(sheet)  # each in its own style


def test_the_contact_sheet_is_what_painting_gives(tmp_path):
    photo = picture(tmp_path, 96, 64)
    sheet = fast_run.contact_sheet(photo, StylizeConfig("any", 0.5, "luminance"), list(library()))
    for style, image in list(sheet)[:2]:
        alone = fast_run.paint(photo, StylizeConfig(style.info.id, 0.5, "luminance"), library()).image
        assert (np.asarray(alone) == np.asarray(image)).all()


@pytest.mark.parametrize(("loader", "asked"), [("StyleSources", "sources"), ("Stylizer.of", "stylizer")])
def test_it_is_loaded_once_however_many_ask_at_once(monkeypatch, loader, asked):
    made = []
    place = visit if asked == "sources" else fast_run
    *holder, name = loader.split(".")
    holder = getattr(place, *holder) if holder else place
    original = getattr(holder, name)

    def slow(*args):
        time.sleep(0.05)
        made.append(original(*args))
        return made[-1]

    monkeypatch.setattr(holder, name, slow)
    cached = getattr(place, f"_load_{asked}")
    cached.cache_clear()
    barrier = threading.Barrier(8)

    def ask(_):
        barrier.wait()
        return id(getattr(place, asked)())

    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(ask, range(8)))
    cached.cache_clear()
    assert len(made) == len(seen) == 1


def test_threads_do_not_mix_up_their_paintings(tmp_path):
    photo = picture(tmp_path, 160, 120)
    ids = [style.info.id for style in library()][:4] * 2

    def paint(style_id):
        return np.asarray(fast_run.paint(photo, StylizeConfig(style_id), library()).image)

    alone = [paint(style_id) for style_id in ids]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(paint, ids))
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


def test_errors_of_the_network_leave_it_as_sentences(monkeypatch, tmp_path, style):
    def fail(*_, **__):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(Stylizer, "paint", fail)
    with pytest.raises(gr.Error, match="needs more memory than there is: choose a smaller size"):
        fast_run.paint(picture(tmp_path, 64, 64), StylizeConfig(style.id), library())
