"""What the trunk has beyond Johnson's network: noise that belongs to a place, growth, its reach."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nst import tiles
from nst.images import to_image, to_tensor
from nst.networks.conditional_norm import Statistics
from nst.networks.multistyle import Multistyle, MultistyleConfig
from nst.networks.noise_field import OCTAVES, noise_field
from nst.trunks import MARGIN, paint

SMALL = {"width": 12, "blocks": 2, "fold": 2}
SHAPES = {
    "plain": SMALL,
    "noise": SMALL | {"noise": True},
    "deeper": SMALL | {"blocks": 4},
    "deeper, noise": SMALL | {"blocks": 4, "noise": True},
    "fold 4, noise": SMALL | {"fold": 4, "noise": True},
    "fold 1": SMALL | {"fold": 1},
}


def trunk(shape: str) -> Multistyle:
    torch.manual_seed(0)
    return Multistyle(MultistyleConfig(**SHAPES[shape])).eval().requires_grad_(False)


def random_code(network: Multistyle, seed: int = 0, count: int = 1) -> torch.Tensor:
    return 0.3 * torch.randn(count, network.code_size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_beyond_the_reach_changes_a_pixel_and_something_at_its_edge_does(shape):
    network = trunk(shape)
    code, statistics = random_code(network), Statistics()
    side = 4 * network.reach
    side += -side % network.multiple
    photo = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    network(photo, code, statistics)
    painted = network(photo, code, statistics.begin())
    farthest = 0
    for column in range(side // 2, side // 2 + network.multiple):  # how far it is seen depends on its place in a cell
        changed = photo.clone()
        changed[..., column] = 1 - changed[..., column]
        difference = (network(changed, code, statistics.begin()) - painted).abs().amax((0, 1, 2))
        seen = (difference > 0).nonzero()[:, 0]
        farthest = max(farthest, int((seen - column).abs().max()))
    assert farthest <= network.reach
    assert farthest > network.reach - 2 * network.multiple  # and it is no larger than it must be


@settings(max_examples=25, deadline=None)
@given(st.integers(-300, 70_000), st.integers(-300, 70_000), st.integers(1, 40), st.integers(1, 40))
def test_noise_belongs_to_its_place(top, left, height, width):
    whole = noise_field(height + 9, width + 7, [(top, left), (0, 0)])
    assert whole.shape == (2, OCTAVES, height + 9, width + 7)
    part = noise_field(height, width, [(top + 9, left + 7)])
    torch.testing.assert_close(part[0], whole[0, :, 9:, 7:])
    torch.testing.assert_close(noise_field(height + 9, width + 7)[0], whole[1])


def test_noise_has_no_mean_unit_variance_and_no_period():
    field = noise_field(512, 512)
    assert float(field.mean((2, 3)).abs().max()) < 0.1
    assert bool(((field.std((2, 3)) - 1).abs() < 0.15).all())
    for octave in field[0]:
        spectrum = torch.fft.rfft2(octave - octave.mean())
        correlation = torch.fft.irfft2(spectrum.abs().square())
        correlation = correlation / correlation[0, 0]
        correlation[:16, :16] = correlation[:16, -16:] = correlation[-16:, :16] = correlation[-16:, -16:] = 0
        assert float(correlation.max()) < 0.12


@pytest.mark.parametrize("shape", ["noise", "fold 4, noise"])
def test_a_flat_wall_is_painted_unevenly_with_noise_and_the_same_way_again(shape):
    network = trunk(shape)
    wall = torch.full((1, 3, 128, 128), 0.4)
    code = random_code(network)
    painted = network(wall, code)
    assert float(painted[..., 40:-40, 40:-40].std((2, 3)).mean()) > 1e-3
    torch.testing.assert_close(network(wall, code), painted)
    assert float((network(wall, code, None, [(400, 80)]) - painted).abs().max()) > 1e-3
    plain = trunk("plain")
    assert float(plain(wall, random_code(plain))[..., 40:-40, 40:-40].std((2, 3)).mean()) < 1e-5


@pytest.mark.parametrize("shape", ["noise", "fold 4, noise"])
def test_learning_painting_and_batches_see_the_same_noise(shape):
    network = trunk(shape)
    photos, codes = torch.rand(2, 3, 64, 80), random_code(network, count=2)
    places = [(0, 0), (160, 96)]
    with torch.enable_grad():
        learning = network.requires_grad_()(photos, codes, origins=places).detach()
    network.requires_grad_(False)
    alone = torch.cat([network(photos[i, None], codes[i, None], None, [places[i]]) for i in range(2)])
    torch.testing.assert_close(learning, alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [(32, 32), (33, 70), (101, 47)])
def test_every_size_is_painted_at_its_size(shape, size):
    network = trunk(shape)
    painted = paint(network, torch.rand(2, 3, *size), random_code(network, count=2))
    assert painted.shape == (2, 3, *size) and float(painted.min()) >= 0 and float(painted.max()) <= 1


@pytest.mark.parametrize("shape", ["noise", "fold 4, noise"])
@pytest.mark.parametrize(("width", "height", "tile"), [(300, 220, 100), (257, 301, 128), (410, 150, 64)])
def test_tiles_of_a_trunk_with_noise_are_the_untiled_picture(shape, width, height, tile):
    network = trunk(shape)
    picture = Image.effect_mandelbrot((width, height), (-2, -1.2, 1, 1.2), 60).convert("RGB")
    code, statistics = random_code(network), Statistics()
    right, bottom = (MARGIN + -side % network.multiple for side in picture.size)
    padded = torch.nn.functional.pad(to_tensor(picture), (MARGIN, right, MARGIN, bottom), mode="reflect")
    network(padded, code, statistics)
    untiled = network(padded, code, statistics.begin())[..., MARGIN : MARGIN + height, MARGIN : MARGIN + width]
    canvas = Image.new("RGB", picture.size, "magenta")
    for corner, part in tiles.paint_tiles(network, picture, code, statistics, lambda _, painted: painted, tile):
        canvas.paste(part, corner)
    difference = np.abs(np.asarray(canvas, int) - np.asarray(to_image(untiled), int))
    assert difference.max() <= 1 and difference.mean() < 0.01


@pytest.mark.parametrize("larger", ["noise", "deeper", "deeper, noise"])
def test_a_trunk_grows_without_changing_what_it_paints(larger):
    smaller, grown = trunk("plain"), trunk(larger)
    codes = grown.grow_from(smaller, random_code(smaller, count=3))
    assert codes.shape == (3, grown.code_size)
    photos = torch.rand(3, 3, 64, 64)
    torch.testing.assert_close(
        grown(photos, codes), smaller(photos, random_code(smaller, count=3)), atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("larger", ["noise", "deeper", "deeper, noise"])
def test_what_a_trunk_grew_by_learns_from_the_first_step(larger):
    smaller, grown = trunk("plain"), trunk(larger).requires_grad_()
    codes = grown.grow_from(smaller, random_code(smaller)).requires_grad_()
    photo = torch.rand(1, 3, 64, 64)
    grown(photo, codes)[..., ::3, ::5].square().sum().backward()
    new = codes.shape[1] - smaller.code_size
    assert int((codes.grad != 0).sum()) > smaller.code_size * 0.9 + min(new * 0.05, 40)


def test_no_style_learns_to_lay_the_photo_over_its_painting():
    from nst.training.trainer import StyledNetwork

    model = StyledNetwork(trunk("noise").requires_grad_(), 2)
    photo = torch.rand(3, 3, 64, 64)
    model(photo, torch.tensor([0, 1, 2]))[..., ::3, ::5].square().sum().backward()
    assert bool((model.codes.grad[:2, -3:] == 0).all()) and bool((model.codes.grad[2, -3:] != 0).all())
