"""Slow mode through its public door: every option runs, it cannot blow up, it streams by time, it can be closed."""

import gc
import math
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import nst.gatys
from nst import PRESETS, ConfigError, GatysConfig, Progress, optimize
from nst.descent import Descent, StepLosses
from nst.gatys_config import preset
from nst.images import open_image, to_tensor
from nst.objective import Losses
from nst.report_presets import REPORT_PRESETS

TINY = GatysConfig(size=64, iterations=4)


@pytest.fixture(scope="module")
def photo(root):
    return open_image(root / "examples" / "content" / "coffee.jpg")


@pytest.fixture(scope="module")
def painting(root):
    return open_image(root / "examples" / "styles" / "swirl.jpg")


def last(photo, styles, config) -> Progress:
    *_, progress = optimize(photo, styles, config, device="cpu")
    return progress


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam"},
        {"optimizer": "sgd"},
        {"criterion": "l1"},
        {"criterion": "smooth_l1"},
        {"criterion": "huber"},
        {"init": "style"},
        {"init": "noise"},
        {"pooling": "average"},
        {"normalized": True},
        {"pooling": "average", "normalized": True},
        {"statistic": "wasserstein"},
        {"balance": "gatys", "content_weight": 1e-6, "style_weight": 1e-6},
        {"balance": "johnson", "style_weight": 1e-6},
        {"keep_color": "luminance"},
        {"keep_color": "linear"},
        {"style_scale": 2.0},
        {"tv_weight": 1.0},
        {"precision": "float32"},
        {"precision": "bfloat16"},
        {"content_layers": (("conv3_2", 1.0), ("pool2", 0.5))},
        {"style_layers": (("relu1_2", 1.0),), "content_weight": 0.0},
        {"style_weight": 0.0, "init": "noise"},
        {"size": 128, "scales": 2},
        {"learning_rate": 0.5},
    ],
    ids=lambda changes: ",".join(f"{k}={v}" for k, v in changes.items() if k != "style_layers"),
)
def test_every_option_runs_end_to_end_and_lowers_the_loss(photo, painting, changes):
    steps = list(optimize(photo, [painting], replace(TINY, iterations=12, **changes), device="cpu", frame_seconds=0))
    trace = [losses.total for p in steps for _, losses in p.trace]
    final = steps[-1]
    assert final.done and final.step == 12
    assert len(trace) == 12 and all(math.isfinite(total) for total in trace)
    assert final.image.size == ((64, 43) if "size" not in changes else (128, 85))  # the photo is 640×427
    if "scales" not in changes:  # another scale is another objective
        assert min(trace) < trace[0]


@pytest.mark.parametrize("name", [*PRESETS, *REPORT_PRESETS])
def test_every_preset_can_be_had_at_64_px_on_the_embedded_backbone(photo, painting, name):
    config = preset(name, size=64, iterations=3, backbone="vgg16")
    assert last(photo, [painting], config).done


def test_progress_tells_where_the_work_is(photo, painting):
    config = replace(TINY, size=128, scales=2, iterations=5)
    seen = list(optimize(photo, [painting], config, device="cpu", frame_seconds=0))
    assert [p.step for p in seen] == [1, 2, 3, 4, 5]
    assert [p.scale for p in seen] == [1, 1, 2, 2, 2] and {p.scales for p in seen} == {2}
    assert [p.size for p in seen] == [(64, 43)] * 2 + [(128, 85)] * 3
    assert all(p.eta > 0 for p in seen[:-1]) and seen[-1].eta == 0
    assert [p.done for p in seen] == [False] * 4 + [True]
    assert seen[0].seconds < seen[-1].seconds


def test_frames_come_by_time_and_the_trace_holds_every_step(photo, painting):
    seen = list(optimize(photo, [painting], replace(TINY, iterations=30), device="cpu", frame_seconds=3600))
    assert [p.step for p in seen] == [1, 30]  # the first and the result only, however many steps
    assert [step for p in seen for step, _ in p.trace] == list(range(1, 31))


def test_same_seed_same_picture_other_seed_another(photo, painting):
    noise = replace(TINY, init="noise", seed=7)
    first, again = (np.asarray(last(photo, [painting], noise).image) for _ in range(2))
    other = np.asarray(last(photo, [painting], replace(noise, seed=8)).image)
    assert (first == again).all()
    assert (first != other).any()


def test_the_result_has_the_photos_aspect_whatever_the_style(photo, painting):
    tall = photo.crop((100, 0, 340, 427))
    assert last(tall, [painting], TINY).image.size == (36, 64)


def test_a_long_thin_photo_is_refused_where_it_would_vanish_and_painted_where_not(photo, painting):
    strip = photo.crop((0, 0, 640, 80))
    with pytest.raises(ConfigError, match="use 256 or more"):
        optimize(strip, [painting], TINY)
    config = replace(TINY, size=256, scales=3)  # the two coarse scales would be too thin, and are left out
    seen = list(optimize(strip, [painting], config, device="cpu", frame_seconds=0))
    assert {p.size for p in seen} == {(256, 32)} and seen[-1].done


def test_a_long_thin_style_works(photo, painting):
    assert last(photo, [painting.crop((0, 0, 640, 40))], TINY).done


def test_a_style_of_weight_zero_changes_nothing(photo, painting, root):
    other = open_image(root / "examples" / "styles" / "facets.jpg")
    alone = last(photo, [painting], TINY).image
    with_zero = last(photo, [(painting, 2.0), (other, 0.0)], TINY).image
    mixed = last(photo, [(painting, 1.0), (other, 1.0)], TINY).image
    assert np.array_equal(alone, with_zero)
    assert not np.array_equal(alone, mixed)


def test_luminance_keeps_the_colours_of_the_photo(photo, painting):
    result = np.asarray(last(photo, [painting], replace(TINY, keep_color="luminance")).image, float)
    content = np.asarray(photo.resize((64, 43), Image.Resampling.LANCZOS), float)
    difference = (result - content) - (result - content).mean(2, keepdims=True)
    assert np.median(np.abs(difference)) < 2  # apart from clipped pixels only the brightness differs


def test_style_weights_hold_across_sizes(photo, painting):
    """The relative balance: the same start at two sizes has about the same losses, unlike the published sums."""

    def start(size, **changes):
        config = replace(GatysConfig(size=size, iterations=1, tv_weight=0.0), **changes)
        return last(photo, [painting], config).losses.style

    assert start(256) == pytest.approx(start(128), rel=0.35)


def objective_that_fails(real, at: int, value: float):
    """An objective that returns ``value`` at its ``at``-th evaluation."""
    calls = {"n": 0}

    def wrapped(image):
        calls["n"] += 1
        losses = real(image)
        if calls["n"] == at:
            return Losses(*losses[:3], losses.total * value)
        return losses

    return wrapped


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "sgd"])
@pytest.mark.parametrize("value", [math.nan, math.inf, 1e6], ids=["nan", "inf", "jump"])
def test_a_blow_up_goes_back_to_the_best_picture_and_says_so(photo, painting, optimizer, value, monkeypatch):
    real = nst.gatys.Objective
    monkeypatch.setattr(nst.gatys, "Objective", lambda *a: objective_that_fails(real(*a), 9, value))
    config = replace(TINY, iterations=16, optimizer=optimizer)
    seen = list(optimize(photo, [painting], config, device="cpu", frame_seconds=0))
    noted = [p for p in seen if p.note]
    assert [p.step for p in noted] == [9] and "went back to the best picture" in noted[0].note
    best_before = min(losses.total for p in seen[:8] for _, losses in p.trace)
    assert seen[-1].losses.total < best_before  # it went on, and got better
    assert np.isfinite(np.asarray(seen[-1].image, float)).all()


def test_a_step_far_too_large_is_shrunk_until_it_works(photo, painting):
    """A real divergence: L-BFGS with steps a hundred times too long, the fate of one report's average-pool run."""
    config = replace(TINY, iterations=60, pooling="average", learning_rate=100.0)
    seen = list(optimize(photo, [painting], config, device="cpu", frame_seconds=0))
    totals = [losses.total for p in seen for _, losses in p.trace]
    assert any(p.note for p in seen)
    # The picture that is kept is never the exploded one.
    final = to_tensor(seen[-1].image)
    assert final.std() < 0.45  # saturated noise would have 0.5
    assert min(totals[-10:]) <= totals[0]


def test_average_pooling_does_not_diverge_after_fifty_steps(photo, painting):
    config = replace(TINY, iterations=120, pooling="average", size=96)
    seen = list(optimize(photo, [painting], config, device="cpu", frame_seconds=0))
    totals = [losses.total for p in seen for _, losses in p.trace]
    assert max(totals[60:]) < totals[10]


def test_a_loss_that_is_no_number_from_the_start_is_explained(photo, painting):
    config = replace(TINY, balance="gatys", content_weight=0.0, style_weight=1e12, style_layers=(("relu4_1", 1e30),))
    with pytest.raises(ConfigError, match="not a number from the start"):
        list(optimize(photo, [painting], config, device="cpu"))


def test_closing_the_generator_stops_the_work_and_frees_its_memory(photo, painting, monkeypatch):
    alive = []
    real = nst.gatys.Descent

    def remembered(*args):
        descent = real(*args)
        alive.append(weakref.ref(descent))
        return descent

    monkeypatch.setattr(nst.gatys, "Descent", remembered)
    run = optimize(photo, [painting], replace(TINY, iterations=10_000), device="cpu", frame_seconds=0)
    next(run)
    started = time.perf_counter()
    run.close()
    gc.collect()
    assert time.perf_counter() - started < 2
    assert alive and alive[0]() is None
    with pytest.raises(StopIteration):
        next(run)


def test_adams_moments_are_carried_to_the_next_scale():
    config = GatysConfig(optimizer="adam", size=64, iterations=8)
    start = torch.full((1, 3, 16, 20), 0.5)
    target = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(0))

    def objective(image):
        goal = torch.nn.functional.interpolate(target, image.shape[-2:])
        total = (image - goal).square().mean()
        return Losses(total, total * 0, total * 0, total)

    coarse = Descent(start, objective, config, 8)
    for _ in range(8):
        coarse.step()
    fine = Descent(torch.full((1, 3, 32, 40), 0.5), objective, config, 8, coarse.carry())
    fine.step()
    first, second, step = fine.carry()
    assert first.shape == second.shape == (1, 3, 32, 40) and int(step) == 9


def test_the_shown_picture_of_a_noisy_optimizer_is_the_average_of_its_iterates():
    config = GatysConfig(optimizer="sgd", learning_rate=0.2)
    noise = torch.Generator().manual_seed(0)

    def objective(image):  # a gradient of pure noise: the iterates wander, their average wanders less
        total = (image * torch.randn(image.shape, generator=noise)).mean()
        return Losses(total, total, total, total + 10)

    descent = Descent(torch.full((1, 3, 8, 8), 0.5), objective, config, 400)
    shown, raw = [], []
    for _ in range(60):
        _, note = descent.step()
        assert isinstance(note, str)
        shown.append(descent.picture())
        raw.append(descent._image().detach().clamp(0, 1))
    jitter = [torch.stack(frames).diff(dim=0).abs().mean() for frames in (shown[20:], raw[20:])]
    assert jitter[0] < 0.5 * jitter[1]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"content_layers": (("relu9_9", 1.0),)}, "no layer 'relu9_9'"),
        ({"style_layers": ()}, "No layer is given"),
        ({"style_layers": (("relu1_1", 0.0),)}, "sum to zero"),
        ({"style_layers": (("relu1_1", math.nan),)}, "0 or more"),
        ({"backbone": "resnet"}, "no backbone 'resnet'"),
        ({"optimizer": "rmsprop"}, "no optimizer 'rmsprop'"),
        ({"pooling": "median"}, "no pooling 'median'"),
        ({"size": 10}, "size must be a whole number from 64"),
        ({"size": 100.5}, "whole number"),
        ({"iterations": 0}, "iterations must be"),
        ({"style_weight": math.inf}, "style weight must be"),
        ({"style_weight": -1.0}, "style weight must be"),
        ({"content_weight": 0.0, "style_weight": 0.0}, "both zero"),
        ({"seed": "x"}, "seed must be"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(ConfigError, match=sentence):
        GatysConfig(**changes)


@pytest.mark.parametrize(
    ("styles", "sentence"),
    [
        ([], "No style picture"),
        ([0.0], "sum to zero"),
        ([-1.0, 2.0], "0 or more"),
        ([math.nan], "0 or more"),
        ([1.0] * 9, "at most 8"),
    ],
)
def test_styles_that_cannot_work_are_refused_before_any_work(photo, painting, styles, sentence):
    with pytest.raises(ConfigError, match=sentence):
        optimize(photo, [(painting, weight) for weight in styles], TINY)


def test_an_unknown_preset_device_or_setting_is_refused(photo, painting):
    with pytest.raises(ConfigError, match="no preset 'wow'"):
        preset("wow")
    with pytest.raises(ConfigError, match="no device 'tpu'"):
        optimize(photo, [painting], TINY, device="tpu")
    with pytest.raises(ConfigError, match="no such setting"):
        preset("quick", wow=1)


def test_step_losses_are_plain_numbers(photo, painting):
    losses = last(photo, [painting], TINY).losses
    assert isinstance(losses, StepLosses) and all(type(value) is float for value in losses)
    assert losses.total == pytest.approx(losses.content + losses.style + losses.tv, rel=1e-3)
