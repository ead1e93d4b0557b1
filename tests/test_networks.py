"""Feed-forward networks: shapes, independence of batch mates, no grids, the upsampling's shortcut."""

import pytest
import torch
import torch.nn.functional as F

from nst.errors import ConfigError
from nst.networks import NETWORKS, build_network
from nst.networks.multistyle import Multistyle, MultistyleConfig
from nst.networks.reflect import ReflectConv2d, reflect
from nst.networks.up_conv import UpConv

SMALL = {"width": 8, "blocks": 2, "fold": 2}


def random_codes(network: Multistyle, count: int, seed: int = 0) -> torch.Tensor:
    return network.new_codes(count) + 0.3 * torch.randn(
        count, network.code_size, generator=torch.Generator().manual_seed(seed)
    )


@pytest.mark.parametrize("fold", [1, 2, 4])
@pytest.mark.parametrize("size", [(32, 32), (64, 36), (100, 44)])
def test_a_painting_has_its_photos_size_and_stays_in_range(fold, size):
    network = Multistyle(MultistyleConfig(8, 1, fold))
    with torch.no_grad():
        painted = network(torch.rand(2, 3, *size), 5 * random_codes(network, 2))
    assert painted.shape == (2, 3, *size)
    assert painted.dtype == torch.float32
    assert painted.min() >= 0 and painted.max() <= 1


@pytest.mark.parametrize(("factor", "kernel"), [(2, 3), (2, 5), (4, 7), (4, 5)])
def test_upsampling_at_low_resolution_is_nearest_upsampling_then_convolution(factor, kernel):
    torch.manual_seed(0)
    layer = UpConv(6, 5, kernel, factor)
    x = torch.randn(2, 6, 9, 11)
    with torch.no_grad():
        fast = layer(x)
        large = F.interpolate(x, scale_factor=factor, mode="nearest")
        plain = F.conv2d(large, layer.weight, padding=kernel // 2)
    assert fast.shape == plain.shape
    inner = (..., slice(2 * factor, -2 * factor), slice(2 * factor, -2 * factor))
    torch.testing.assert_close(fast[inner], plain[inner], atol=1e-5, rtol=1e-4)


def test_an_untrained_network_leaves_no_grid_on_a_flat_picture():
    torch.manual_seed(0)
    network = Multistyle(MultistyleConfig(**SMALL))
    with torch.no_grad():
        painted = network(torch.full((1, 3, 64, 64), 0.4), random_codes(network, 1))
    assert float(painted.flatten(2).std(2).max()) < 1e-5


def test_a_painting_does_not_depend_on_its_batch_mates():
    torch.manual_seed(0)
    network = Multistyle(MultistyleConfig(**SMALL))
    photos, codes = torch.rand(3, 3, 48, 64), random_codes(network, 3)
    with torch.no_grad():
        together = network(photos, codes)
        alone = torch.cat([network(photos[i, None], codes[i, None]) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_painting_and_learning_see_the_same_network():
    network = Multistyle(MultistyleConfig(**SMALL))
    photos, codes = torch.rand(3, 3, 48, 64), random_codes(network, 1)
    learning = network(photos, codes.expand(3, -1).contiguous())  # gradients are on
    with torch.no_grad():
        one_code, many_codes = network(photos, codes.expand(3, -1)), network(photos, codes.repeat(3, 1))
    torch.testing.assert_close(one_code, learning.detach(), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(many_codes, learning.detach(), atol=1e-5, rtol=1e-4)


def test_a_convolution_with_reflection_padding_is_pytorchs_and_pads_in_the_dtype_of_its_input():
    layer = ReflectConv2d(3, 4, 5, stride=2)
    plain = torch.nn.Conv2d(3, 4, 5, stride=2, padding=2, padding_mode="reflect")
    plain.load_state_dict(layer.state_dict())
    x = torch.rand(2, 3, 20, 24)
    torch.testing.assert_close(layer(x), plain(x))
    with torch.autocast("cpu", torch.bfloat16):
        assert reflect(x.bfloat16(), 2).dtype == torch.bfloat16


def test_every_number_of_a_code_matters():
    torch.manual_seed(0)
    network = Multistyle(MultistyleConfig(**SMALL))
    code = random_codes(network, 1).requires_grad_()
    network(torch.rand(1, 3, 64, 64), code)[..., ::3, ::5].square().sum().backward()
    assert float((code.grad != 0).float().mean()) > 0.98  # a channel may be silent behind its ReLU


def test_the_registry_refuses_what_it_does_not_know():
    assert set(NETWORKS) == {"multistyle", "johnson", "aonet", "vgg16_decoder", "pytorch_examples"}
    with pytest.raises(ConfigError, match="no network 'transformer'"):
        build_network("transformer", {})
    with pytest.raises(ConfigError, match="width, blocks, fold"):
        build_network("multistyle", {"depth": 3})
    with pytest.raises(ConfigError):
        build_network("multistyle", {"fold": 3})
    with pytest.raises(ConfigError):
        build_network("multistyle", {"width": "wide"})


def test_the_published_network_is_built_as_published(shared):
    from safetensors.torch import load_file

    network = build_network("pytorch_examples", {})
    assert sum(p.numel() for p in network.parameters()) == 1_679_235
    weights = load_file(shared / "peers" / "pytorch_examples_udnie.safetensors")
    network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    from nst.images import cover, open_image, to_tensor

    photo = to_tensor(cover(open_image(shared / "photos" / "eval" / "03_cat.jpg"), (128, 128)))
    with torch.no_grad():
        painted = network(photo)
    assert painted.shape == photo.shape
    assert 0.05 < float((painted - photo).abs().mean()) < 0.6  # it paints, and not noise
    assert float(painted.std()) > 0.1


SINGLE = ("johnson", "aonet", "vgg16_decoder", "pytorch_examples")


def sizes(network, *layers, side=256) -> list[tuple[int, int]]:
    """Channels and side of what these layers of a network return for a square photo."""
    found = []
    for layer in layers:
        layer.register_forward_hook(lambda _, __, out: found.append((out.shape[1], out.shape[-1])))
    with torch.no_grad():
        network(torch.rand(1, 3, side, side))
    return found


def test_johnson_has_the_activation_sizes_of_the_papers_table():
    network = build_network("johnson", {})
    layers = [*network.convs, *network.blocks, *network.ups, network.out]
    assert sizes(network, *layers) == [
        (32, 336), (64, 168), (128, 84),
        (128, 80), (128, 76), (128, 72), (128, 68), (128, 64),
        (64, 128), (32, 256), (3, 256),
    ]  # fmt: skip
    assert network.border == 40 and sum(p.numel() for p in network.parameters()) == 1_679_235


@pytest.mark.parametrize("upsampling", ["nearest", "deconvolution"])
def test_aonet_works_at_a_quarter_of_the_size(upsampling):
    network = build_network("aonet", {"upsampling": upsampling})
    layers = [network.conv1, network.conv2, *network.blocks, network.up1, network.up2]
    assert sizes(network, *layers) == [(32, 128), (128, 64), *[(128, 64)] * 5, (32, 128), (3, 256)]


def test_the_decoder_freezes_the_first_twenty_layers_of_vgg16(vgg16):
    network = build_network("vgg16_decoder", {})
    assert list(network.encoder) == ["4_3", "5_1", "5_2", "5_3"]
    layers = [*network.encoder.values(), *network.ups, network.out]
    assert sizes(network, *layers, side=64) == [*[(512, 8)] * 4, (256, 16), (128, 32), (64, 64), (3, 64)]
    assert torch.equal(network.encoder["5_1"].weight, vgg16.convs["5_1"].weight)  # where learning begins
    network(torch.rand(1, 3, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    for frozen, learnt in ((0, 13), (24, 3), (31, 0)):
        other = build_network("vgg16_decoder", {"frozen": frozen})
        assert len(other.encoder) == learnt
        for name in ("norms", "ups", "up_norms", "out"):
            getattr(other, name).load_state_dict(getattr(network, name).state_dict())
        photo = torch.rand(1, 3, 64, 64)
        with torch.no_grad():  # the same features, whoever computes them
            torch.testing.assert_close(other(photo), network(photo), atol=1e-4, rtol=0)
        other(photo).sum().backward()
        assert all(p.grad is not None for p in other.parameters())


@pytest.mark.parametrize("name", SINGLE)
def test_networks_of_one_style_paint_learn_and_survive_as_files(name, tmp_path):
    from nst.trunks import load_trunk, paint, save_trunk

    torch.manual_seed(0)
    network = build_network(name, {}).eval()
    photo = torch.rand(2, 3, 72, 80)
    with torch.no_grad():
        painted = network(photo)
        alone = network(photo[:1])
    assert painted.shape == photo.shape and painted.dtype == torch.float32
    assert painted.min() >= 0 and painted.max() <= 1
    torch.testing.assert_close(painted[:1], alone, atol=1e-4, rtol=0)  # of its batch mates
    save_trunk(tmp_path / "trunk.safetensors", network, network.new_identity(), {"architecture": name, "settings": {}})
    trunk = load_trunk(tmp_path / "trunk.safetensors")
    with torch.no_grad():
        again = trunk.network(photo, torch.zeros(2, 0))
        odd = paint(trunk.network, torch.rand(1, 3, 45, 61), torch.zeros(1, 0))
    torch.testing.assert_close(again, painted, atol=2e-2, rtol=0)  # half precision
    assert odd.shape == (1, 3, 45, 61)


@pytest.mark.parametrize("kind", ["batch", "instance"])
@pytest.mark.parametrize("name", ["johnson", "aonet", "vgg16_decoder"])
def test_the_normalisation_is_a_switch(name, kind):
    torch.manual_seed(0)
    network = build_network(name, {"norm": kind}).train()
    photos = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        together, alone = network(photos)[:1], network(photos[:1])
    assert (float((together - alone).abs().max()) > 1e-3) == (kind == "batch")
    with pytest.raises(ConfigError, match="normalisation 'layer'"):
        build_network(name, {"norm": "layer"})
