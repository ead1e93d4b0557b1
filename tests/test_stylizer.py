"""Fast mode through the package, with the weights that the project ships."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nst import stylizer as stylizer_module
from nst.errors import ConfigError
from nst.images import open_image, to_tensor
from nst.stylizer import Stylizer

REQUIRED = {"great_wave", "starry_night", "the_scream", "udnie", "shipwreck", "composition_vii"}


@pytest.fixture(scope="module")
def stylizer():
    return Stylizer(device="cpu")


@pytest.fixture(scope="module")
def photo(root):
    return open_image(root / "examples" / "content" / "cat.jpg").resize((200, 133))


def difference(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


def test_the_promised_styles_are_shipped(stylizer):
    ids = [style.info.id for style in stylizer.library]
    assert set(ids) >= REQUIRED
    assert len(ids) >= 12
    for style in stylizer.library:
        assert style.info.title and style.info.artist and style.info.year and style.info.licence
        assert style.thumbnail is not None
        assert open_image(style.thumbnail).size[0] >= 128
    folder = next(iter(stylizer.library)).thumbnail.parent
    assert max(path.stat().st_size for path in folder.glob("*.safetensors")) <= 20_000
    assert (folder.parent / "trunk.safetensors").stat().st_size <= 4_000_000


def test_the_trunk_says_how_it_was_made(stylizer):
    about = stylizer.trunk.about
    assert about["architecture"] == "multistyle"
    assert about["commit"] and about["steps"] > 0 and isinstance(about["seed"], int)
    assert {painting["id"] for painting in about["recipe"]["paintings"]} >= REQUIRED


def test_every_style_changes_the_photo_and_differs_from_the_others(stylizer, photo):
    painted = {style.info.id: stylizer.stylize(photo, style.info.id) for style in stylizer.library}
    for name, picture in painted.items():
        assert picture.size == photo.size
        assert difference(picture, photo) > 8, name
    names = list(painted)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            assert difference(painted[a], painted[b]) > 5, (a, b)


def test_strength_0_is_the_photo_and_strength_ends_at_it(stylizer, photo):
    assert difference(stylizer.stylize(photo, "udnie", strength=0), photo) == 0
    differences = [
        difference(stylizer.stylize(photo, "udnie", strength=s), photo) for s in (0.02, 0.1, 0.25, 0.5, 0.75, 1)
    ]
    assert differences[0] < 2
    assert all(b > a - 0.5 for a, b in zip(differences, differences[1:], strict=False)), differences


def test_the_identity_style_reproduces_the_photo(stylizer, photo):
    painted = stylizer.paint(to_tensor(photo), stylizer.trunk.identity[None])
    assert float((painted - to_tensor(photo)).abs().mean()) < 8 / 255


def test_small_changes_of_strength_make_small_changes_of_the_painting(stylizer, photo):
    pictures = [stylizer.stylize(photo, "great_wave", strength=s / 40) for s in range(41)]
    steps = [difference(a, b) for a, b in zip(pictures, pictures[1:], strict=False)]
    assert max(steps) < 8 * float(np.mean(steps))


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (101, 50), (130, 131), (64, 200)])
def test_any_size_comes_back_at_its_own_size(stylizer, size):
    picture = Image.effect_noise(size, 60).convert("RGB")
    assert stylizer.stylize(picture, "starry_night").size == size


@given(width=st.integers(32, 90), height=st.integers(32, 90), strength=st.floats(0, 1))
@settings(deadline=None, max_examples=12)
def test_any_size_and_strength_works(stylizer, width, height, strength):
    picture = Image.effect_noise((width, height), 60).convert("RGB")
    assert stylizer.stylize(picture, "udnie:0.5,the_scream", strength=strength).size == (width, height)


def test_padding_does_not_show(stylizer, photo):
    even = photo.crop((0, 0, 160, 120))
    odd = photo.crop((0, 0, 159, 118))
    a = np.asarray(stylizer.stylize(even, "udnie"), float)[:110, :150]
    b = np.asarray(stylizer.stylize(odd, "udnie"), float)[:110, :150]
    assert np.abs(a - b).mean() < 6


def test_a_mix_of_1_and_0_is_the_single_style_exactly(stylizer, photo):
    single = stylizer.stylize(photo, "great_wave")
    assert difference(stylizer.stylize(photo, "great_wave:1,udnie:0"), single) == 0
    mixed = stylizer.stylize(photo, "great_wave,udnie")
    assert difference(mixed, single) > 3
    assert difference(mixed, stylizer.stylize(photo, "udnie")) > 3


@pytest.mark.parametrize("half", [False, True])
def test_a_painting_does_not_depend_on_its_batch_mates(stylizer, photo, monkeypatch, half):
    if not half:
        monkeypatch.setattr(stylizer_module, "autocast", lambda device: torch.autocast("cpu", enabled=False))
    photos = torch.cat([to_tensor(photo), to_tensor(photo).flip(3), torch.rand(1, 3, photo.height, photo.width)])
    codes = torch.stack([stylizer.library[name].code for name in ("udnie", "great_wave", "the_scream")])
    together = stylizer.paint(photos, codes)
    for i in range(3):
        alone = stylizer.paint(photos[i, None], codes[i, None])
        difference = (together[i] - alone[0]).abs()
        # In bfloat16 the order of sums, which depends on the batch, may tip a value over.
        assert float(difference.max()) < (2 if half else 1) / 255 and float(difference.mean()) < 0.1 / 255


def test_the_same_photo_gives_the_same_painting(stylizer, photo):
    assert difference(stylizer.stylize(photo, "udnie"), Stylizer(device="cpu").stylize(photo, "udnie")) == 0


def test_max_side_makes_smaller_and_never_larger(stylizer, photo):
    assert stylizer.stylize(photo, "udnie", max_side=100).size == (100, 66)
    assert stylizer.stylize(photo, "udnie", max_side=4000).size == photo.size


def test_keeping_colours_keeps_them(stylizer, photo):
    def chroma(picture):
        array = np.asarray(picture, float)
        return array - array.mean(2, keepdims=True)

    free = np.abs(chroma(stylizer.stylize(photo, "the_scream")) - chroma(photo)).mean()
    kept = np.abs(chroma(stylizer.stylize(photo, "the_scream", keep="luminance")) - chroma(photo)).mean()
    assert kept < 0.5 * free


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_the_range_is_refused(stylizer, photo, strength):
    with pytest.raises(ConfigError, match="from 0"):
        stylizer.stylize(photo, "udnie", strength=strength)


def test_a_size_without_room_is_refused(stylizer, photo):
    with pytest.raises(ConfigError, match="no room"):
        stylizer.stylize(photo, "udnie", max_side=40)


def test_strokes_are_painted_at_a_size_of_their_own(stylizer, root):
    photo = open_image(root / "examples" / "content" / "cat.jpg")
    own = stylizer.stylize(photo, "udnie")
    bold, fine = (stylizer.stylize(photo, "udnie", strokes=200, fine=fine) for fine in (False, True))
    small = stylizer.stylize(photo, "udnie", max_side=200)
    assert bold.size == fine.size == photo.size
    assert difference(bold, small.resize(photo.size, Image.Resampling.LANCZOS)) < 1
    assert difference(bold, own) > 3

    def sharpness(image):
        grey = np.asarray(image.convert("L"), float)
        return np.abs(np.diff(grey)).mean()

    assert sharpness(fine) > 1.2 * sharpness(bold)
    for more in ({"strokes": 5000}, {"strokes": max(photo.size)}, {"strokes": None, "fine": True}):
        assert difference(stylizer.stylize(photo, "udnie", **more), own) == 0


def test_a_thin_photo_keeps_the_strokes_that_it_has_room_for(stylizer):
    thin = Image.linear_gradient("L").convert("RGB").resize((600, 40))
    assert stylizer.stylize(thin, "udnie", strokes=100).size == (600, 40)
