"""Metrics see what they are named after."""

import pytest
import torch
import torch.nn.functional as F

from nst.gatys_config import GatysConfig
from nst.images import cover, open_image, to_tensor
from nst.metrics import (
    border_ratio,
    checkerboard_energy,
    descent_curve,
    equivalent_iterations,
    flat_patch_variance,
    noise_picture,
    similarity,
    temporal_error,
)
from nst.objective import Objective


@pytest.fixture(scope="module")
def photo(root):
    return to_tensor(cover(open_image(root / "examples" / "content" / "cat.jpg"), (256, 256)))


def test_checkerboards_of_two_and_four_pixels_are_seen(photo):
    clean = checkerboard_energy(photo)
    for period in (2, 4):
        grid = torch.zeros(1, 1, 256, 256)
        grid[..., ::period, ::period] = 0.03
        assert checkerboard_energy((photo + grid).clamp(0, 1)) > 1.5 * clean, period
    stripes = torch.zeros(1, 1, 256, 256)
    stripes[..., ::5] = 0.03  # no grid that upsampling makes
    assert checkerboard_energy((photo + stripes).clamp(0, 1)) < 1.5 * clean


def test_a_transposed_convolution_leaves_a_checkerboard_and_nearest_upsampling_does_not():
    torch.manual_seed(0)
    features = F.avg_pool2d(torch.randn(1, 8, 130, 130), 3, 1)
    weight = torch.rand(8, 3, 3, 3) / 8
    transposed = F.conv_transpose2d(features, weight, stride=2)[..., :256, :256]
    nearest = F.conv2d(F.interpolate(features, scale_factor=2), weight.transpose(0, 1))[..., :254, :254]
    assert checkerboard_energy(transposed) > 2 * checkerboard_energy(nearest)


def test_a_frame_raises_the_border_ratio(photo):
    assert border_ratio(photo, photo) == pytest.approx(1)
    framed = photo.clone()
    framed[..., :3, :] = framed[..., -3:, :] = framed[..., :3] = framed[..., -3:] = 0
    assert border_ratio(framed, photo) > 1.2
    blurred = photo.clone()
    blurred[..., :16, :] = photo[..., :16, :].mean()
    assert border_ratio(blurred, photo) < 0.95


def test_flat_walls_show_what_a_painter_makes_of_grain():
    grain = flat_patch_variance(lambda x: x)
    assert 0.8 < grain < 1.2  # the wall's own: one level
    assert flat_patch_variance(lambda x: (x - 0.5) * 5 + 0.5) == pytest.approx(5 * grain, rel=0.01)
    assert flat_patch_variance(lambda x: torch.full_like(x, 0.3)) == pytest.approx(0, abs=1e-4)


def test_steady_painters_have_little_temporal_error(photo):
    still = temporal_error(lambda x: 1 - x, photo)
    generator = torch.Generator().manual_seed(0)
    flicker = temporal_error(lambda x: (x + 0.1 * torch.randn(x.shape, generator=generator)).clamp(0, 1), photo)
    fixed = torch.rand(1, 3, 256, 256, generator=generator)
    glued = temporal_error(lambda x: (x + 0.3 * fixed) / 1.3, photo)  # like a dirty window in front of the scene
    assert still < 0.01
    assert flicker > 5 and glued > 1


def test_similarity_is_1_for_the_photo_and_less_for_anything_else(photo):
    pytest.importorskip("skimage", reason="needs scikit-image, which only evaluation uses")
    assert similarity(photo, photo) == pytest.approx(1)
    noisy = (photo + 0.1 * torch.randn(photo.shape)).clamp(0, 1)
    assert similarity(noisy, photo) < 0.9


def test_equivalence_counts_the_iterations_of_slow_mode(photo, vgg16):
    config = GatysConfig(style_layers=(("relu1_2", 1.0),), content_layers=(("relu2_2", 1.0),), precision="float32")
    small = F.interpolate(photo, (48, 48), mode="area")
    objective = Objective(vgg16, small, [(small.flip(3), 1.0)], config)
    curve = descent_curve(objective, config, noise_picture(48, 48), 0.0, 12)
    assert len(curve) == 13
    assert curve[12] < 0.5 * curve[0]
    assert equivalent_iterations(curve, curve[0]) == 0
    assert equivalent_iterations(curve, (curve[6] + curve[7]) / 2) == 7
    assert equivalent_iterations(curve, 0.0) is None
    short = descent_curve(objective, config, noise_picture(48, 48), curve[5], 12)
    assert short == pytest.approx(curve[: len(short)], rel=1e-4)
    assert short[-1] <= curve[5] * 1.0001 and len(short) <= 7
