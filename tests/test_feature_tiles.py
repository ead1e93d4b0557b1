"""Slow mode in parts: the same losses, gradients and paintings as in one piece, and memory that runs out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import nst.gatys
from nst import GatysConfig, optimize
from nst.backbones import load_backbone
from nst.feature_tiles import FeatureGrid, tile_side
from nst.images import open_image, resize, to_tensor
from nst.objective import Objective

LAYERS = ("relu1_1", "relu3_1", "relu4_2", "relu5_1")
SHALLOW = GatysConfig(
    content_layers=(("conv2_1", 1.0), ("relu3_1", 0.5)), style_layers=(("relu1_1", 1.0), ("pool2", 2.0))
)
CONFIGS = {
    "as it is": GatysConfig(),
    "wasserstein": GatysConfig(statistic="wasserstein"),
    "several layers": SHALLOW,
    "average, l1": replace(SHALLOW, pooling="average", criterion="l1"),
    "gatys, huber": replace(SHALLOW, balance="gatys", criterion="huber"),
    "johnson, no smoothing": replace(SHALLOW, balance="johnson", tv_weight=0),
    "content only": replace(SHALLOW, style_weight=0),
    "at three sizes": replace(SHALLOW, pyramid=3, light_weight=0.5, palette_weight=0.3),
    "style only": replace(SHALLOW, content_weight=0),
}


@pytest.fixture(scope="module")
def photo(root):
    return open_image(root / "examples" / "content" / "coffee.jpg")


@pytest.fixture(scope="module")
def painting(root):
    return open_image(root / "examples" / "styles" / "swirl.jpg")


@settings(deadline=None, max_examples=60)
@given(st.integers(32, 400), st.integers(32, 400), st.sampled_from([48, 100, 128, 1000]))
def test_parts_make_up_the_picture_at_every_layer(height, width, side):
    grid = FeatureGrid("vgg16", LAYERS)
    for stride in (1, *grid.strides.values()):
        whole = torch.zeros(1, 1, height // stride, width // stride)
        for tile in grid.tiles(height, width, side):
            part = torch.zeros(1, 1, *(len(range(*s.indices(10_000))) // stride for s in tile.outer))
            assert tile.own(part, stride).shape == tile.of_whole(whole, stride).shape
            tile.of_whole(whole, stride).add_(1)
        assert bool((whole == 1).all())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_losses_and_gradients_are_those_of_the_whole(photo, painting, config):
    size = (131, 250)
    backbone = load_backbone("vgg16", pooling=config.pooling)
    target, style = to_tensor(photo.resize(size)), to_tensor(resize(painting, 170))
    image = (target + 0.1 * torch.rand(target.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    found = []
    for tile in (None, 64):
        at = image.clone().requires_grad_()
        losses = Objective(backbone, target, [(style, 1.0), (style.flip(3), 2.0)], config, tile)(at)
        losses.total.backward()
        found.append((losses, at.grad))
    for whole, tiled in zip(found[0][0], found[1][0], strict=True):
        assert float(tiled.detach()) == pytest.approx(float(whole.detach()), rel=1e-4, abs=1e-12)
    error = (found[0][1] - found[1][1]).norm() / found[0][1].norm()
    # The Wasserstein gradient divides by standard deviations, among them those of directions hardly used.
    assert float(error) < (1e-2 if config.statistic == "wasserstein" else 1e-3)


def test_a_painting_in_parts_is_the_same_painting(photo, painting, monkeypatch):
    config = GatysConfig(size=160, iterations=6, precision="float32")
    pictures = []
    for side in (None, 64):
        monkeypatch.setattr(nst.gatys, "tile_side", lambda *_, side=side: side)
        *_, progress = optimize(photo, [painting], config, device="cpu")
        pictures.append(np.asarray(progress.image, float))
    assert np.abs(pictures[0] - np.asarray(photo.resize(progress.image.size), float)).mean() > 2  # it is painted
    assert np.abs(pictures[0] - pictures[1]).mean() < 0.5


def test_parts_are_for_pictures_that_do_not_fit(monkeypatch):
    backbone = load_backbone("vgg16")
    cpu = torch.device("cpu")
    assert tile_side(512, 512, backbone, cpu) is None
    monkeypatch.setattr("nst.feature_tiles.free_memory", lambda device: 2 << 30)
    assert tile_side(2048, 2048, backbone, cpu)
    assert tile_side(512, 384, backbone, cpu) is None
