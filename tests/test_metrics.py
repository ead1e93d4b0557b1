"""Metrics see what they are named after."""

import importlib
import struct

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from nst.gatys_config import GatysConfig
from nst.images import cover, open_image, to_tensor
from nst.metrics import (
    border_ratio,
    checkerboard_energy,
    descent_curve,
    equivalent_iterations,
    flat_patch_variance,
    noise_picture,
    sharpness,
    similarity,
    temporal_error,
    warping_error,
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


def shifted(picture, right, down):
    """The picture after whole pixels of motion; what comes in from beyond the border is noise."""
    height, width = picture.shape[-2:]
    moved = torch.rand(picture.shape, generator=torch.Generator().manual_seed(1))
    moved[..., max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = picture[
        ..., max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
    ]
    return moved


def even_flow(picture, right, down):
    height, width = picture.shape[-2:]
    return torch.tensor([right, down], dtype=torch.float32)[None, :, None, None].expand(1, 2, height, width).clone()


def everywhere(picture):
    return torch.ones(picture.shape[-2:], dtype=torch.bool)


@pytest.mark.parametrize(("right", "down"), [(3, 0), (0, -5), (-7, 2), (11, 13)])
def test_a_picture_that_moves_with_the_flow_has_no_warping_error(photo, right, down):
    picture = photo[..., :200, :]  # not square: width and height are told apart
    moved, flow = shifted(picture, right, down), even_flow(picture, right, down)
    seen = everywhere(picture)
    assert warping_error(picture, moved, flow, seen) < 1e-5
    assert warping_error(moved, picture, -flow, seen) < 1e-5  # and back
    for wrong in (-flow, flow * 0, flow.flip(1), flow + 1.5):
        assert warping_error(picture, moved, wrong, seen) > 1
    assert warping_error(picture, picture, flow, seen) > 1  # standing still is not steady where the scene moves


def test_motion_by_fractions_of_a_pixel_is_followed():
    def scene(right, down):
        y, x = torch.meshgrid(torch.arange(120.0) - down, torch.arange(160.0) - right, indexing="ij")
        return torch.stack([0.5 + 0.4 * torch.sin(x / 9 + k) * torch.cos(y / 7 - k) for k in range(3)])[None]

    first, second = scene(0, 0), scene(1.3, -2.6)
    right, wrong = even_flow(first, 1.3, -2.6), even_flow(first, 1, -3)
    error = warping_error(first, second, right, everywhere(first))
    assert error < 0.02 * warping_error(first, second, wrong, everywhere(first))


def test_the_warping_error_is_the_mean_square_over_pixels_and_colours(photo):
    still = even_flow(photo, 0, 0)
    levels = torch.full_like(photo, 0.5)
    other = levels.clone()
    other[:, 0] += 0.3  # one colour of three
    assert warping_error(levels, other, still, everywhere(photo)) == pytest.approx(1000 * 0.3**2 / 3, rel=1e-4)
    other[..., 128:] = 0.5  # half of the picture
    assert warping_error(levels, other, still, everywhere(photo)) == pytest.approx(500 * 0.3**2 / 3, rel=1e-4)
    flicker = [
        warping_error(photo, photo + size * torch.sign(photo - 0.5), still, everywhere(photo)) for size in (0.01, 0.02)
    ]
    assert flicker[1] == pytest.approx(4 * flicker[0], rel=1e-3)


def test_only_visible_pixels_count(photo):
    still, spoilt = even_flow(photo, 0, 0), photo.clone()
    spoilt[..., 40:90, 100:180] = 1 - spoilt[..., 40:90, 100:180]
    seen = everywhere(photo)
    assert warping_error(photo, spoilt, still, seen) > 1
    seen[40:90, 100:180] = False
    assert warping_error(photo, spoilt, still, seen) == pytest.approx(0, abs=1e-6)
    assert warping_error(photo, spoilt, still, ~seen) > 10
    with pytest.raises(ValueError, match="no pixel"):
        warping_error(photo, photo, still, ~everywhere(photo))
    with pytest.raises(ValueError, match="no pixel"):
        warping_error(photo, photo, even_flow(photo, 300, 0), everywhere(photo))  # all of it leaves the picture


def test_pixels_at_a_jump_in_the_motion_do_not_count():
    grey = torch.full((1, 3, 60, 80), 0.5)
    spoilt = grey.clone()
    spoilt[..., 39] = 1
    still, steps, ramp = (even_flow(grey, 0, 0) for _ in range(3))
    steps[:, 0, :, 40:] = 3
    ramp[:, 0] = torch.arange(80) * 0.02  # a zoom
    assert warping_error(spoilt, grey, steps, everywhere(grey)) == 0
    steps[:, 0, :, :40], steps[:, 1, 40:] = 3, 3  # the same between rows
    rows = grey.clone()
    rows[..., 39, :] = 1
    assert warping_error(rows, grey, steps, everywhere(grey)) == 0
    for gentle in (still, ramp, even_flow(grey, 3, 0)):
        assert warping_error(spoilt, grey, gentle, everywhere(grey)) > 1


def test_steady_strokes_err_less_than_strokes_painted_anew(photo):
    """What the measure is for: the same texture, carried with the motion, drawn anew, or stuck to the frame."""
    moved, flow, seen = shifted(photo, 4, 1), even_flow(photo, 4, 1), everywhere(photo)
    strokes, others = (0.1 * torch.randn(photo.shape, generator=torch.Generator().manual_seed(seed)) for seed in (2, 3))
    carried = warping_error(photo + strokes, moved + shifted(strokes, 4, 1), flow, seen)
    anew = warping_error(photo + strokes, moved + others, flow, seen)
    stuck = warping_error(photo + strokes, moved + strokes, flow, seen)
    assert carried < 1e-4
    assert anew == pytest.approx(1000 * 2 * 0.1**2, rel=0.05)
    assert stuck == pytest.approx(1000 * 2 * 0.1**2, rel=0.05)


def test_sharpness_falls_with_blur_and_grows_with_contrast(photo):
    blurred = F.avg_pool2d(photo, 3, 1, padding=1, count_include_pad=False)
    assert sharpness(blurred) < 0.85 * sharpness(photo)
    assert sharpness(photo / 2) == pytest.approx(sharpness(photo) / 2, rel=1e-3)
    assert sharpness(torch.full((1, 3, 40, 40), 0.4)) == 0
    ramp = torch.arange(50.0).expand(1, 3, 40, 50) / 100
    assert sharpness(ramp) == pytest.approx(0.01, rel=1e-3)
    assert sharpness(ramp.transpose(2, 3)) == pytest.approx(0.01, rel=1e-3)


@pytest.fixture(scope="module")
def evaluation(root):
    """``train/evaluate_video.py``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "train"))
        yield importlib.import_module("evaluate_video")


def test_flow_files_are_read_and_damaged_ones_refused(evaluation, tmp_path):
    path, values = tmp_path / "motion.flo", np.arange(24, dtype="<f4").reshape(3, 4, 2)
    path.write_bytes(struct.pack("<fii", 202021.25, 4, 3) + values.tobytes())
    flow = evaluation.read_flow(path)
    assert flow.shape == (1, 2, 3, 4)
    assert np.array_equal(flow[0].permute(1, 2, 0).numpy(), values)
    for damaged in (b"", b"PIEH", path.read_bytes()[:-1], path.read_bytes() + b"0", b"PNG " + path.read_bytes()[4:]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="motion.flo"):
            evaluation.read_flow(path)


def test_synthetic_clips_move_as_they_say(evaluation, root):
    clip = evaluation.synthetic_clip(open_image(root / "examples" / "content" / "cat.jpg"), 5)
    assert len(clip.frames) == len(clip.moves) + 1 == 8
    assert max(clip.frames[0].shape) == 320
    longest = [float(move.flow.norm(dim=1).max()) for move in clip.moves]
    assert all(0.5 < value < 8 for value in longest)

    def error(factor):
        moves = [evaluation.Moved(m.index, m.flow * factor, m.visible) for m in clip.moves]
        return evaluation.clip_error(clip.frames, evaluation.Clip(clip.frames, moves))

    assert error(1) < 0.2 * error(0) and error(1) < 0.1 * error(-1)
    assert error(1) < error(0.9) and error(1) < error(1.1)
    ends = [np.abs(np.diff(frame.astype(float), axis=1)).mean() for frame in (clip.frames[0], clip.frames[-1])]
    assert 0.8 < ends[1] / ends[0] < 1.25  # no frame is blurrier than another


def test_sintel_flow_and_masks_fit_the_pictures(evaluation, shared):
    """The flow leads from frame 2 to frame 3, and what the masks leave out is what does not fit."""
    for name in evaluation.SINTEL:
        clip = evaluation.sintel_clip(shared / "video" / name)
        first, second = (to_tensor(Image.fromarray(frame)) for frame in clip.frames[1:])
        (move,) = clip.moves
        right = warping_error(first, second, move.flow, move.visible)
        assert right < 0.2 * warping_error(first, second, -move.flow, move.visible)
        assert right < 0.2 * warping_error(first, second, move.flow * 0, move.visible)
        assert right < 0.2 * warping_error(first, second, move.flow, ~move.visible)


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
