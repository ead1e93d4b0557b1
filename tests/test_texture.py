"""Whose strokes they are, and whether one is stamped again and again."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nst.images import cover, open_image, to_tensor
from nst.losses import light_losses, palette, palette_losses
from nst.texture import LEVELS, bare_photo, laplacian_pyramid, pyramid_distances, repetition


@pytest.fixture(scope="module")
def swirl(root):
    return to_tensor(cover(open_image(root / "examples" / "styles" / "swirl.jpg"), (384, 384)))


@pytest.fixture(scope="module")
def cat(root):
    return to_tensor(cover(open_image(root / "examples" / "content" / "cat.jpg"), (384, 384)))


@pytest.mark.parametrize("size", [(384, 384), (131, 250)])
def test_the_bands_of_a_pyramid_add_up_to_the_picture(size):
    image = torch.rand(1, 3, *size)
    bands = laplacian_pyramid(image)
    assert len(bands) == LEVELS
    whole = bands[-1]
    for band in reversed(bands[:-1]):
        whole = band + F.interpolate(whole, band.shape[-2:], mode="bilinear", align_corners=False)
    torch.testing.assert_close(whole, image, atol=1e-5, rtol=1e-5)


def test_a_painting_is_nearer_to_itself_than_a_photo_at_every_level(swirl, cat):
    itself, mirrored, other = (pyramid_distances(swirl, x) for x in (swirl, swirl.flip(3), cat))
    assert len(itself) == LEVELS
    for own, flipped, far in zip(itself, mirrored, other, strict=True):
        assert own < 0.3 * far and flipped < 0.6 * far


def test_the_level_tells_the_size_of_what_differs(swirl):
    fine = (swirl + 0.1 * torch.randn(swirl.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    blurred = F.interpolate(F.avg_pool2d(swirl, 4), swirl.shape[-2:], mode="bilinear", align_corners=False)
    itself, noisy, soft = (pyramid_distances(swirl, x) for x in (swirl, fine, blurred))
    assert noisy[0] > 3 * itself[0] and noisy[0] > 3 * noisy[3]
    assert soft[0] > 3 * itself[0] and soft[0] > 3 * soft[4]


def test_stamps_repeat_and_strokes_do_not(swirl):
    rng = np.random.default_rng(0)
    stamp = torch.from_numpy(rng.random((1, 3, 19, 23), dtype=np.float32))
    stamps = stamp.repeat(1, 1, 14, 12)[..., :256, :256]
    noise = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    assert repetition(stamps) > 0.8
    assert repetition(noise) < 0.1
    assert repetition(swirl) < 0.5 * repetition(stamps)
    assert repetition(0.5 * stamps + 0.5 * noise) > repetition(swirl)


def test_shading_and_an_empty_wall_are_no_motif():
    bare = bare_photo()
    assert bare.shape == (1, 3, 256, 256) and float(bare.min()) >= 0 and float(bare.max()) <= 1
    assert repetition(bare) < 0.1
    assert repetition(torch.full((1, 3, 256, 256), 0.5)) == 0
    assert repetition(torch.linspace(0, 1, 256).expand(1, 3, 256, 256)) < 0.1
    assert repetition(torch.rand(1, 3, 40, 50)) < 0.5  # smaller than a square


def test_light_is_where_the_photo_has_it_whatever_the_palette(cat):
    tinted = cat * torch.tensor([0.3, 0.5, 0.4])[:, None, None] + 0.2
    assert float(light_losses(cat, cat)) == pytest.approx(0, abs=1e-6)
    assert float(light_losses(tinted, cat)) < 0.03
    assert float(light_losses(cat.flip(3), cat)) > 0.2
    assert 1.5 < float(light_losses(1 - cat, cat)) <= 2  # less than 2 as the cat has little contrast
    flat = torch.full_like(cat, 0.5)
    assert 0.35 < float(light_losses(flat, cat)) <= 0.5
    both = light_losses(torch.cat([cat, 1 - cat]), torch.cat([cat, cat]))
    assert both.shape == (2,) and float(both[0]) < 0.01 < float(both[1])


def test_light_has_a_finite_gradient_everywhere():
    for image in (torch.full((1, 3, 64, 64), 0.5), torch.rand(1, 3, 5, 70), torch.zeros(1, 3, 64, 64)):
        image.requires_grad_()
        light_losses(image, torch.rand(image.shape)).sum().backward()
        assert bool(torch.isfinite(image.grad).all())


def test_a_palette_is_which_colours_and_how_much_of_each(swirl, cat):
    own = palette(swirl)
    shuffled = swirl.flip(2, 3)
    grey = swirl.mean(1, keepdim=True).expand_as(swirl)
    mean = swirl.mean((2, 3), keepdim=True).expand_as(swirl)
    assert float(palette_losses(swirl, own)) == pytest.approx(0, abs=1e-6)
    assert float(palette_losses(shuffled, own)) < 1e-3  # wherever they are
    assert float(palette_losses(swirl[..., ::2, ::2], own)) < 0.02  # at any size
    assert float(palette_losses(mean, own)) == pytest.approx(1, abs=0.01)
    assert 0.1 < float(palette_losses(grey, own)) < 1
    both = palette_losses(torch.cat([swirl, cat]), torch.cat([own, own]))
    assert both.shape == (2,) and float(both[0]) < 0.01 < 0.2 < float(both[1])
    image = cat.clone().requires_grad_()
    palette_losses(image, own).sum().backward()
    assert bool(torch.isfinite(image.grad).all()) and float((image.grad != 0).float().mean()) > 0.9
