"""Losses against computations written out here in float64 NumPy, which call nothing of the project."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nst.losses import (
    CRITERIA,
    content_loss,
    gram_matrix,
    moments,
    sqrtm,
    style_loss,
    total_variation,
    wasserstein2,
)

BALANCES = ("relative", "gatys", "johnson")
COMBINATIONS = list(itertools.product(CRITERIA, BALANCES))
N, C, H, W = 2, 5, 4, 7


def penalty(criterion, d):
    """The four penalties as their definitions say, with the usual threshold of one."""
    if criterion == "mse":
        return d**2
    if criterion == "l1":
        return np.abs(d)
    return np.where(np.abs(d) < 1, 0.5 * d**2, np.abs(d) - 0.5)  # huber and smooth_l1 agree at one


def random_features(seed, *shape, spread=3.0):
    # A spread of three puts differences on both sides of Huber's threshold.
    return torch.from_numpy(np.random.default_rng(seed).normal(0.5, spread, shape or (N, C, H, W)))


def numpy_gram(features):
    n, c, h, w = features.shape
    flat = features.reshape(n, c, h * w)
    return np.stack([one @ one.T / (h * w) for one in flat])


def distribution(seed, channels, positions):
    """Features with unlike means and correlated channels, and their mean and covariance in NumPy."""
    rng = np.random.default_rng(seed)
    flat = rng.normal(size=(channels, channels)) @ rng.normal(size=(channels, positions)) + rng.normal(
        size=(channels, 1)
    )
    return flat, flat.mean(1), np.cov(flat, bias=True)


def distance(a, b):
    mean_a, cov_a, mean_b, cov_b = (torch.as_tensor(x) for x in (*a, *b))
    return wasserstein2(mean_a, cov_a, mean_b, cov_b, sqrtm(cov_b))


# Gram matrices


def test_gram_of_constant_channels_is_the_outer_product_of_the_constants():
    constants = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    features = constants[None, :, None, None].expand(1, 3, 6, 5).contiguous()
    assert torch.allclose(gram_matrix(features)[0], torch.outer(constants, constants), rtol=1e-12)


def test_gram_of_channels_that_never_meet_is_diagonal():
    # Channel k is k + 1 on its own row of four and zero elsewhere: G_kk = (k + 1)² / 4, everything else is 0.
    features = torch.zeros(1, 4, 4, 3, dtype=torch.float64)
    for k in range(4):
        features[0, k, k] = k + 1
    expected = torch.diag(torch.tensor([1.0, 4.0, 9.0, 16.0], dtype=torch.float64)) / 4
    assert torch.allclose(gram_matrix(features)[0], expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gram_of_a_batch_is_each_pictures_mean_outer_product(dtype, layout):
    features = random_features(1)
    gram = gram_matrix(features.to(dtype).contiguous(memory_format=layout))
    assert gram.shape == (N, C, C)
    assert gram.dtype == dtype
    np.testing.assert_allclose(
        gram.double().numpy(), numpy_gram(features.numpy()), rtol=1e-5 if dtype == torch.float32 else 1e-12, atol=1e-5
    )


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_gram_of_half_precision_features_is_summed_in_float32(half):
    # Sums of this many products in half precision would be off by several per cent.
    features = torch.randn(1, 16, 48, 64, generator=torch.Generator().manual_seed(2)).relu().to(half)
    gram = gram_matrix(features)
    exact = numpy_gram(features.double().numpy())
    assert gram.dtype == torch.float32
    assert np.abs(gram.double().numpy() - exact).max() <= 1e-5 * np.abs(exact).max()


def test_gradient_through_gram_is_the_same_in_a_batch_as_alone():
    features = random_features(3)
    seed = random_features(4, N, C, C)
    batch = features.clone().requires_grad_()
    gram_matrix(batch).backward(seed)
    for index in range(N):
        alone = features[index : index + 1].clone().requires_grad_()
        gram_matrix(alone).backward(seed[index : index + 1])
        assert torch.allclose(batch.grad[index], alone.grad[0], rtol=1e-12, atol=1e-14)


def test_gradient_through_gram_is_autograds_own_even_for_an_asymmetric_seed():
    features, seed = random_features(5), random_features(6, N, C, C)
    ours, plain = features.clone().requires_grad_(), features.clone().requires_grad_()
    gram_matrix(ours).backward(seed)
    flat = plain.flatten(2)
    (flat @ flat.transpose(1, 2) / (H * W)).backward(seed)
    assert torch.allclose(ours.grad, plain.grad, rtol=1e-12, atol=1e-14)


def test_gradient_through_gram_of_half_precision_features_is_as_exact_as_the_features():
    features = torch.randn(1, 16, 12, 12, generator=torch.Generator().manual_seed(7)).bfloat16()
    half = features.clone().requires_grad_()
    exact = features.double().requires_grad_()
    gram_matrix(half).square().sum().backward()
    gram_matrix(exact).square().sum().backward()
    assert half.grad.dtype == torch.bfloat16
    assert (half.grad.double() - exact.grad).norm() < 0.01 * exact.grad.norm()


# Content and style losses


@pytest.mark.parametrize(("criterion", "balance"), COMBINATIONS)
def test_content_loss_is_its_formula(criterion, balance):
    features, target = random_features(10), random_features(11)
    f, p = features.numpy(), target.numpy()
    expected = {
        "gatys": lambda: 0.5 * penalty(criterion, f - p).sum(),
        "johnson": lambda: penalty(criterion, f - p).sum() / (C * H * W),
        "relative": lambda: penalty(criterion, (f - p) / np.sqrt((p**2).mean())).mean(),
    }[balance]()
    assert content_loss(features, target, criterion, balance).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("criterion", "balance"), COMBINATIONS)
def test_style_loss_is_its_formula(criterion, balance):
    features, target = random_features(12), random_features(13, N, C, 6, 3)
    g, a = numpy_gram(features.numpy()), numpy_gram(target.numpy())
    area = H * W
    expected = {
        "gatys": lambda: penalty(criterion, area * (g - a)).sum() / (4 * C**2 * area**2),
        "johnson": lambda: penalty(criterion, (g - a) / C).sum(),
        "relative": lambda: penalty(criterion, (g - a) / np.sqrt((a**2).mean())).mean(),
    }[balance]()
    loss = style_loss(gram_matrix(features), gram_matrix(target), area, criterion, balance)
    assert loss.item() == pytest.approx(expected, rel=1e-10)


def test_the_gatys_balance_is_the_papers_formula_on_raw_sums():
    # Gatys et al. 2016, equations 1, 3 and 4, for features of one size: N filters, M positions, G = F Fᵀ.
    features, target = random_features(14, 1, C, H, W), random_features(15, 1, C, H, W)
    f, p = (x.numpy().reshape(C, H * W) for x in (features, target))
    content = 0.5 * ((f - p) ** 2).sum()
    style = ((f @ f.T - p @ p.T) ** 2).sum() / (4 * C**2 * (H * W) ** 2)
    assert content_loss(features, target, "mse", "gatys").item() == pytest.approx(content, rel=1e-10)
    ours = style_loss(gram_matrix(features), gram_matrix(target), H * W, "mse", "gatys")
    assert ours.item() == pytest.approx(style, rel=1e-10)


def test_the_johnson_balance_is_the_papers_formula():
    # Johnson et al. 2016, equations 2 to 4: both divided by C·H·W, the Gram difference in squared Frobenius norm.
    features, target = random_features(16, 1, C, H, W), random_features(17, 1, C, 9, 3)
    f, p = features.numpy().reshape(C, -1), target.numpy().reshape(C, -1)
    style = np.linalg.norm(f @ f.T / f.size - p @ p.T / p.size, "fro") ** 2
    ours = style_loss(gram_matrix(features), gram_matrix(target), H * W, "mse", "johnson")
    assert ours.item() == pytest.approx(style, rel=1e-10)
    same_size = random_features(18, 1, C, H, W)
    content = ((features.numpy() - same_size.numpy()) ** 2).sum() / (C * H * W)
    assert content_loss(features, same_size, "mse", "johnson").item() == pytest.approx(content, rel=1e-10)


@pytest.mark.parametrize(("criterion", "balance"), COMBINATIONS)
def test_losses_are_zero_at_the_target_and_positive_elsewhere(criterion, balance):
    features, other = random_features(19), random_features(20)
    gram, other_gram = gram_matrix(features), gram_matrix(other)
    assert content_loss(features, features.clone(), criterion, balance).item() == 0
    assert style_loss(gram, gram.clone(), H * W, criterion, balance).item() == 0
    assert content_loss(features, other, criterion, balance).item() > 0
    assert style_loss(gram, other_gram, H * W, criterion, balance).item() > 0


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_relative_losses_do_not_see_the_scale_of_the_features(criterion, scale):
    features, target = random_features(21), random_features(22)
    for loss in (
        lambda s: content_loss(s * features, s * target, criterion),
        lambda s: style_loss(gram_matrix(s * features), gram_matrix(s * target), H * W, criterion),
    ):
        assert loss(scale).item() == pytest.approx(loss(1).item(), rel=1e-9)


@pytest.mark.parametrize("balance", BALANCES)
def test_losses_of_a_black_target_stay_finite(balance):
    # A layer can be silent on a flat picture: the scale to divide by is then zero.
    features, nothing = random_features(23), torch.zeros(N, C, H, W, dtype=torch.float64)
    assert torch.isfinite(content_loss(features, nothing, "mse", balance))
    assert content_loss(nothing, nothing, "mse", balance).item() == 0
    assert torch.isfinite(style_loss(gram_matrix(features), gram_matrix(nothing), H * W, "mse", balance))


def test_half_precision_features_are_compared_in_float32():
    features, target = random_features(24).bfloat16(), random_features(25).bfloat16()
    loss = content_loss(features, target)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(content_loss(features.double(), target.double()).item(), rel=1e-5)


@pytest.mark.parametrize(("criterion", "balance"), COMBINATIONS)
def test_gradients_are_those_of_finite_differences(criterion, balance):
    # Random differences keep clear of the kinks at zero (l1); Huber's joint has a continuous slope.
    features = random_features(26, 1, 3, 3, 2).requires_grad_()
    target = random_features(27, 1, 3, 3, 2)
    goal = gram_matrix(target)
    assert torch.autograd.gradcheck(lambda x: content_loss(x, target, criterion, balance), features)
    assert torch.autograd.gradcheck(lambda x: style_loss(gram_matrix(x), goal, 6, criterion, balance), features)


# Wasserstein-2


def test_moments_are_mean_and_covariance_of_the_feature_vectors():
    flat, mean, cov = distribution(30, 4, 35)
    ours = moments(torch.from_numpy(flat).reshape(1, 4, 5, 7))
    np.testing.assert_allclose(ours[0].numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(ours[1].numpy(), cov, rtol=1e-12)


def test_sqrtm_is_scipys_and_squares_back():
    _, _, cov = distribution(31, 6, 50)
    root = sqrtm(torch.from_numpy(cov)).numpy()
    np.testing.assert_allclose(root @ root, cov, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(root, scipy.linalg.sqrtm(cov).real, rtol=1e-7, atol=1e-7)


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=8))
@settings(max_examples=40, deadline=None)
def test_wasserstein_is_the_closed_form_with_scipys_roots(seed, channels):
    _, mean_a, cov_a = distribution(seed, channels, 4 * channels + 8)
    _, mean_b, cov_b = distribution(seed + 1, channels, 4 * channels + 8)
    cov_a, cov_b = cov_a.reshape(channels, channels), cov_b.reshape(channels, channels)
    root = scipy.linalg.sqrtm(cov_b)
    cross = scipy.linalg.sqrtm(root @ cov_a @ root).real
    expected = ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * cross)
    expected /= (mean_b**2).sum() + np.trace(cov_b)
    assert distance((mean_a, cov_a), (mean_b, cov_b)).item() == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_wasserstein_in_one_dimension_is_the_difference_of_means_and_deviations():
    a = (torch.tensor([3.0]), torch.tensor([[4.0]]))
    b = (torch.tensor([1.0]), torch.tensor([[25.0]]))
    assert distance(a, b).item() == pytest.approx(((3 - 1) ** 2 + (2 - 5) ** 2) / (1**2 + 25), rel=1e-12)


def test_wasserstein_of_diagonal_covariances_is_the_difference_of_means_and_deviations():
    rng = np.random.default_rng(32)
    mean_a, mean_b = rng.normal(size=(2, 5))
    dev_a, dev_b = rng.uniform(0.1, 3, size=(2, 5))
    expected = ((mean_a - mean_b) ** 2 + (dev_a - dev_b) ** 2).sum() / (mean_b**2 + dev_b**2).sum()
    ours = distance((mean_a, np.diag(dev_a**2)), (mean_b, np.diag(dev_b**2)))
    assert ours.item() == pytest.approx(expected, rel=1e-10)


def test_wasserstein_is_one_for_a_picture_without_features():
    _, mean, cov = distribution(33, 5, 40)
    assert distance((np.zeros(5), np.zeros((5, 5))), (mean, cov)).item() == pytest.approx(1, abs=1e-5)


def test_wasserstein_does_not_see_the_scale_of_the_features():
    (flat_a, *a), (flat_b, *b) = distribution(34, 5, 40), distribution(35, 5, 40)
    scaled = [(1e3 * flat.mean(1), np.cov(1e3 * flat, bias=True)) for flat in (flat_a, flat_b)]
    assert distance(*scaled).item() == pytest.approx(distance(a, b).item(), rel=1e-9)


@given(
    st.integers(min_value=0, max_value=10_000),
    st.integers(min_value=1, max_value=12),
    st.sampled_from([0.0, 1e-12, 1e-9, 1e-6, 1e-3]),
)
@settings(max_examples=60, deadline=None)
def test_wasserstein_of_nearly_equal_moments_is_not_negative(seed, channels, nearness):
    # The four traces cancel here; rounding must not turn the distance into a reward.
    flat, mean, cov = distribution(seed, channels, 6 * channels + 10)
    noise = np.random.default_rng(seed).normal(size=flat.shape)
    near = flat + nearness * noise
    near_cov = np.cov(near, bias=True).reshape(channels, channels)
    value = distance((near.mean(1), near_cov), (mean, cov.reshape(channels, channels))).item()
    assert -1e-9 <= value <= 10 * nearness + 1e-9


@pytest.mark.parametrize(("channels", "positions"), [(64, 10), (256, 16)])
def test_wasserstein_at_the_target_is_zero_to_rounding_where_channels_outnumber_positions(channels, positions):
    # Half of the eigenvalues of the product are rounding noise, and a root turns 1e-16 into 1e-8: so far, not further.
    features = torch.randn(1, channels, 1, positions, generator=torch.Generator().manual_seed(36)).relu()
    a = moments(features)
    assert abs(distance(a, a).item()) < 1e-6


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("case", ["few positions", "constant", "equal channels", "dead target"])
def test_gradient_of_wasserstein_is_finite_on_singular_covariances(case, dtype):
    generator = torch.Generator().manual_seed(37)
    features = torch.randn(1, 12, 2, 2, generator=generator).to(dtype)
    target = torch.randn(1, 12, 8, 8, generator=generator).to(dtype)
    if case == "constant":
        features = torch.full_like(features, 0.7)
    elif case == "equal channels":  # all eigenvalues but one are equal (zero): the gradient of eigh itself is NaN here
        features = features[:, :1].expand(1, 12, 2, 2).clone()
    elif case == "dead target":
        target[:, 3:] = 0
    features.requires_grad_()
    mean, cov = moments(target)
    loss = wasserstein2(*moments(features), mean, cov, sqrtm(cov))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(features.grad).all()
    assert features.grad.abs().max() > 0


def test_gradient_of_wasserstein_is_that_of_finite_differences():
    features = random_features(38, 1, 3, 4, 3).requires_grad_()
    mean, cov = moments(random_features(39, 1, 3, 5, 5))
    root = sqrtm(cov)
    assert torch.autograd.gradcheck(lambda x: wasserstein2(*moments(x), mean, cov, root), features)


# Total variation


@pytest.mark.parametrize("side", [2, 33, 64])
@pytest.mark.parametrize("turn", [0, 1])
def test_total_variation_of_a_black_and_white_edge_across_a_square_is_one(side, turn):
    image = torch.zeros(1, 3, side, side)
    image[..., side // 2 :] = 1
    assert total_variation(torch.rot90(image, turn, (2, 3))).item() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("side", [2, 33, 64])
def test_total_variation_of_a_ramp_across_a_square_is_one(side):
    ramp = torch.linspace(0, 1, side).expand(1, 3, side, side)
    assert total_variation(ramp).item() == pytest.approx(1, rel=1e-5)


def test_total_variation_of_a_flat_picture_is_zero_and_of_a_batch_is_the_mean():
    generator = torch.Generator().manual_seed(40)
    flat, noise = torch.full((1, 3, 8, 9), 0.3), torch.rand(1, 3, 8, 9, generator=generator)
    assert total_variation(flat).item() == 0
    both = total_variation(torch.cat([flat, noise])).item()
    assert both == pytest.approx(total_variation(noise).item() / 2, rel=1e-6)


def smooth_picture(height, width):
    y, x = torch.meshgrid(
        (torch.arange(height, dtype=torch.float64) + 0.5) / height,
        (torch.arange(width, dtype=torch.float64) + 0.5) / width,
        indexing="ij",
    )
    waves = [torch.sin(3 * x + 5 * y), torch.cos(7 * x) * torch.sin(4 * y), x * y]
    return (torch.stack(waves)[None] + 1) / 2


@pytest.mark.parametrize(("height", "width"), [(96, 96), (64, 128)])
def test_total_variation_of_a_smooth_picture_is_the_same_at_twice_the_size(height, width):
    once, twice = (total_variation(smooth_picture(k * height, k * width)).item() for k in (1, 2))
    assert twice == pytest.approx(once, rel=0.02)


def test_total_variation_of_half_precision_is_summed_in_float32():
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(41)).bfloat16()
    loss = total_variation(image)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(total_variation(image.double()).item(), rel=1e-5)


def test_gradient_of_total_variation_is_that_of_finite_differences():
    # Distinct levels in random order: no two neighbours are equal, so that no |difference| is at its kink.
    levels = torch.randperm(60, generator=torch.Generator().manual_seed(42)).double() / 60
    image = levels.reshape(1, 3, 4, 5).requires_grad_()
    assert torch.autograd.gradcheck(total_variation, image)


def test_the_gram_matrix_of_gpus_is_that_of_cpus():
    from nst.losses import _BatchGram

    features = torch.rand(3, 5, 4, 6, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(_BatchGram.apply(features), gram_matrix(features))
    assert torch.autograd.gradcheck(_BatchGram.apply, features)
