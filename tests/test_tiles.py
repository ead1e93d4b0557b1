"""Large pictures: tiles that cannot be told from the whole, whatever the size, and little memory."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nst import stylizer as stylizer_module
from nst import tiles
from nst.errors import ConfigError
from nst.images import keep_color, open_image, resize, to_image, to_tensor
from nst.networks.conditional_norm import Statistics
from nst.stylizer import Stylizer
from nst.trunks import MARGIN


@pytest.fixture(scope="module")
def stylizer():
    return Stylizer(device="cpu")


@pytest.fixture(scope="module")
def photo(root):
    return open_image(root / "examples" / "content" / "bridge.jpg")


def tiled(stylizer, picture, code, statistics, tile, network=None) -> np.ndarray:
    canvas = Image.new("RGB", picture.size, "magenta")
    for corner, part in tiles.paint_tiles(
        network or stylizer.trunk.network, picture, code, statistics, lambda _, painted: painted, tile
    ):
        canvas.paste(part, corner)
    return np.asarray(canvas).astype(int)


@torch.inference_mode()
def whole(stylizer, picture, code, statistics) -> np.ndarray:
    """Untiled, with these statistics, or with its own if there are none yet."""
    width, height = picture.size
    right, bottom = (MARGIN + -side % stylizer.trunk.network.multiple for side in picture.size)
    padded = F.pad(to_tensor(picture), (MARGIN, right, MARGIN, bottom), mode="reflect")
    painted = stylizer.trunk.network(padded, code, statistics)
    return np.asarray(to_image(painted[..., MARGIN : MARGIN + height, MARGIN : MARGIN + width])).astype(int)


@settings(max_examples=8, deadline=None)
@given(st.integers(100, 420), st.integers(100, 420), st.sampled_from([64, 100, 128, 256]))
def test_tiles_are_the_untiled_picture_with_the_same_statistics(width, height, tile):
    stylizer = Stylizer(device="cpu")
    picture = Image.effect_mandelbrot((width, height), (-2, -1.2, 1, 1.2), 60).convert("RGB")
    code, statistics = stylizer.library["udnie"].code[None], Statistics()
    whole(stylizer, picture, code, statistics)
    difference = np.abs(
        tiled(stylizer, picture, code, statistics, tile) - whole(stylizer, picture, code, statistics.begin())
    )
    assert difference.max() <= 1 and difference.mean() < 0.01


def test_statistics_of_the_whole_are_instance_normalisation(stylizer, photo):
    picture, code, statistics = resize(photo, 300), stylizer.library["udnie"].code[None], Statistics()
    found = whole(stylizer, picture, code, statistics)
    with torch.inference_mode():
        plain = stylizer.stylize(picture, "udnie")
    assert np.abs(found - np.asarray(plain)).mean() < 0.6


@pytest.mark.parametrize("style", ["udnie", "great_wave"])
def test_patches_know_the_picture_better_than_a_thumbnail(stylizer, photo, style):
    picture, code = resize(photo, 700), stylizer.library[style].code[None]
    own = whole(stylizer, picture, code, Statistics())
    patches = tiled(stylizer, picture, code, tiles.statistics_of(stylizer.trunk.network, picture, code), 256)
    small, thumbnail = Statistics(), resize(photo, 256)
    whole(stylizer, thumbnail, code, small)
    thumbnails = tiled(stylizer, picture, code, small, 256)
    near, far = (float(np.abs(found - own).mean()) for found in (patches, thumbnails))
    assert near < 8 and near < 0.9 * far


def test_a_tile_that_needs_too_much_memory_is_halved_and_the_work_goes_on(stylizer, photo):
    picture, code, statistics = resize(photo, 500), stylizer.library["udnie"].code[None], Statistics()
    whole(stylizer, picture, code, statistics)
    sides = []

    class Small(torch.nn.Module):
        reach, multiple = stylizer.trunk.network.reach, stylizer.trunk.network.multiple

        def forward(self, image, code, statistics, origins):
            sides.append(max(image.shape[-2:]))
            if sides[-1] > 350:
                raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate")
            return stylizer.trunk.network(image, code, statistics, origins)

    found = tiled(stylizer, picture, code, statistics, 400, Small())
    assert max(sides) > 350 and np.abs(found - whole(stylizer, picture, code, statistics.begin())).max() <= 1

    class Hopeless(Small):
        def forward(self, image, code, statistics, origins):
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        tiled(stylizer, picture, code, statistics, 400, Hopeless())


def test_tiles_are_chosen_by_the_memory_that_is_free(stylizer, photo, monkeypatch):
    picture = resize(photo, 400)
    untiled = stylizer.stylize(picture, "udnie", strength=0.6, keep="luminance")
    asked = []

    def little(device):
        asked.append(device)
        return 10 << 20

    monkeypatch.setattr(tiles, "free_memory", little)
    monkeypatch.setattr(stylizer_module.paint_tiles, "__defaults__", (128,))
    large = stylizer.stylize(picture, "udnie", strength=0.6, keep="luminance")
    assert asked and large.size == untiled.size
    difference = np.abs(np.asarray(large, int) - np.asarray(untiled, int))
    assert 0 < difference.mean() < 5  # other statistics, the same picture
    assert np.asarray(stylizer.stylize(picture, "udnie", strength=0)).tolist() == np.asarray(picture).tolist()
    with pytest.raises(ConfigError, match="strength"):
        stylizer.stylize(picture, "udnie", strength=2)


def test_free_memory_is_a_plausible_number():
    assert 100 << 20 < tiles.free_memory(torch.device("cpu")) < 1 << 45


def test_small_pictures_are_painted_in_one_piece_and_on_a_cpu_no_large_ones(monkeypatch):
    monkeypatch.setattr(tiles, "free_memory", lambda device: 16 << 30)
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert tiles.in_one_piece(512, 512, cpu) and not tiles.in_one_piece(3840, 2160, cpu)
    assert tiles.in_one_piece(3840, 2160, gpu) and not tiles.in_one_piece(12_000, 8_000, gpu)


@pytest.mark.parametrize("mode", ["luminance", "linear"])
def test_colours_are_kept_in_strips_as_in_one_piece(photo, monkeypatch, mode):
    from nst import rgb

    result = resize(photo, 200).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    once = keep_color(result, resize(photo, 200), mode)
    monkeypatch.setattr(rgb, "_STRIP_PIXELS", 1000)
    strips = keep_color(result, resize(photo, 200), mode)
    assert np.abs(np.asarray(once, int) - np.asarray(strips, int)).max() <= 1
