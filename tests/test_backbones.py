"""Backbones against plain torch and torchvision, and what is said when their weights are not there."""

import json
import random
import shutil
import socket
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torchvision.models import AlexNet_Weights, VGG19_Weights, alexnet, vgg19

import nst.backbone_weights
from nst.backbone_weights import BackboneWeights, read_weights
from nst.backbones import ARCHITECTURES, Backbone, check_layers, layer_names, load_backbone
from nst.errors import BackboneError, ConfigError
from nst.images import open_image, resize, to_tensor

ROOT = Path(__file__).resolve().parent.parent
EMBEDDED = ROOT / "weights" / "vgg16"
PHOTOS = sorted((ROOT / "examples" / "content").glob("*.jpg"))
POOLS = [f"pool{stage}" for stage in range(1, 6)]


@pytest.fixture(scope="module")
def photo():
    """A real photograph, small enough for every layer in a moment."""
    return to_tensor(resize(open_image(PHOTOS[0]), 96))


def photos(long_side):
    return [to_tensor(resize(open_image(path), long_side)) for path in PHOTOS]


@pytest.fixture(scope="module")
def raw():
    """The embedded tensors as any other program would read them."""
    tensors = {}
    for shard in EMBEDDED.glob("features-*.safetensors"):
        tensors |= load_file(shard)
    return {key: tensor.float() for key, tensor in tensors.items()}


def check_sentence(error, *parts):
    sentence = str(error)
    for part in parts:
        assert part in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert str(ROOT) not in sentence
    assert "/tmp" not in sentence


# Names


def test_vgg16_has_its_thirteen_convolutions_and_five_poolings_in_order():
    names = layer_names("vgg16")
    assert names[:5] == ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"]
    assert names[-3:] == ["conv5_3", "relu5_3", "pool5"]
    assert len([name for name in names if name.startswith("conv")]) == 13
    assert len(names) == len(set(names)) == 2 * 13 + 5


@pytest.mark.parametrize(("backbone", "convolutions", "poolings"), [("vgg19", 16, 5), ("alexnet", 5, 2)])
def test_the_other_backbones_have_all_their_layers(backbone, convolutions, poolings):
    names = layer_names(backbone)
    assert [sum(name.startswith(kind) for name in names) for kind in ("conv", "relu", "pool")] == [
        convolutions,
        convolutions,
        poolings,
    ]
    assert check_layers(backbone, names) is None


@pytest.mark.parametrize("door", [layer_names, load_backbone, lambda name: check_layers(name, ["relu1_1"])])
@pytest.mark.parametrize("name", ["", "resnet50", "VGG16", "x" * 500])
def test_an_unknown_backbone_is_refused_with_those_there_are(door, name):
    with pytest.raises(ConfigError, match="vgg16, vgg19, alexnet") as refusal:
        door(name)
    check_sentence(refusal.value, f"'{name[:40]}'")
    assert len(str(refusal.value)) < 150


@pytest.mark.parametrize(
    ("backbone", "layer"),
    [("vgg16", "relu4_4"), ("vgg16", "relu6_1"), ("vgg16", ""), ("vgg16", "RELU1_1"), ("alexnet", "relu4_2")],
)
def test_an_unknown_layer_is_refused_with_those_there_are(backbone, layer):
    with pytest.raises(ConfigError) as refusal:
        check_layers(backbone, ["relu1_1", layer])
    check_sentence(refusal.value, f"{backbone} has no layer '{layer}'", "relu1_1, ")
    assert ("relu4_2" in str(refusal.value).split("choose from")[1]) == (backbone == "vgg16")


def test_an_unknown_layer_is_refused_by_the_network_too(vgg16, photo):
    with pytest.raises(ConfigError, match="no layer 'fc7'"):
        vgg16(photo, ["relu1_1", "fc7"])


def test_no_layer_at_all_is_refused(vgg16, photo):
    with pytest.raises(ConfigError, match="No layer is given"):
        vgg16(photo, [])


def test_an_unknown_pooling_is_refused():
    with pytest.raises(ConfigError, match="choose max or average"):
        load_backbone("vgg16", pooling="median")


# The embedded weights


def test_the_embedded_weights_say_whose_they_are_and_under_which_licence():
    config = json.loads((EMBEDDED / "config.json").read_text(encoding="utf-8"))
    assert config["architecture"] == "vgg16"
    assert config["licence"] == "CC-BY-4.0"
    assert "robots.ox.ac.uk" in config["origin"]
    assert config["changes"]  # the licence asks that changes are indicated


def test_every_embedded_file_is_under_ten_million_bytes():
    # Larger ones need Git LFS on the Hub.
    sizes = {path.name: path.stat().st_size for path in EMBEDDED.iterdir()}
    assert len(sizes) >= 3
    assert all(size < 10_000_000 for size in sizes.values()), sizes


def test_the_embedded_weights_are_complete_and_frozen(vgg16, raw):
    assert len(raw) == 26
    for name, conv in vgg16.convs.items():
        assert torch.equal(conv.weight, raw[f"conv{name}.weight"])
        assert torch.equal(conv.bias, raw[f"conv{name}.bias"])
    assert all(not p.requires_grad and p.dtype == torch.float32 for p in vgg16.parameters())
    assert not vgg16.training


# What is computed


def chain(raw, image):
    """VGG-16 as its authors describe it, on RGB 0..255 minus the mean colour."""
    x = image * 255 - torch.tensor([123.68, 116.779, 103.939]).view(1, 3, 1, 1)
    features = {}
    for stage, count in enumerate((2, 2, 3, 3, 3), 1):
        for index in range(1, count + 1):
            name = f"{stage}_{index}"
            x = F.conv2d(x, raw[f"conv{name}.weight"], raw[f"conv{name}.bias"], padding=1)
            features[f"conv{name}"] = x
            x = torch.clamp(x, min=0)
            features[f"relu{name}"] = x
        x = F.max_pool2d(x, 2)
        features[f"pool{stage}"] = x
    return features


def assert_same(ours, theirs):
    assert ours.shape == theirs.shape
    # Relative to the layer's scale: single values near zero are differences of large ones.
    assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()
    assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-4 * theirs.abs().mean().item())


def test_features_are_those_of_a_plain_chain_of_convolutions(vgg16, raw, photo):
    expected = chain(raw, photo)
    found = vgg16(photo, ["relu1_1", "relu3_3", "relu4_2", "conv5_3", "pool5"])
    assert set(found) == {"relu1_1", "relu3_3", "relu4_2", "conv5_3", "pool5"}
    for name, features in found.items():
        assert_same(features, expected[name])


def test_features_do_not_depend_on_what_else_is_asked(vgg16, photo):
    # The ReLU runs in place where nobody needs the value before it: it must never reach a value that was given out.
    image, names = photo[..., :32, :32].contiguous(), layer_names("vgg16")
    everything = vgg16(image, names)
    assert set(everything) == set(names)
    for name, features in everything.items():
        assert torch.equal(features, vgg16(image, [name])[name])


def test_conv_layers_come_before_their_relu_even_when_both_are_asked(vgg16, photo):
    for name in ("1_1", "3_3", "4_2"):
        both = vgg16(photo, [f"conv{name}", f"relu{name}"])
        assert both[f"conv{name}"].min() < 0
        assert torch.equal(both[f"conv{name}"].clamp_min(0), both[f"relu{name}"])


def test_the_picture_given_is_left_as_it_is(vgg16, photo):
    before = photo.clone()
    vgg16(photo, ["conv1_1", "relu2_1"])
    assert torch.equal(photo, before)


@pytest.mark.parametrize(
    ("layers", "last"),
    [(["relu2_1"], "2_1"), (["conv1_1"], "1_1"), (["pool2", "relu1_1"], "2_2"), (["relu4_2", "relu1_1"], "4_2")],
)
def test_nothing_deeper_than_the_deepest_layer_asked_is_computed(vgg16, photo, layers, last):
    called = []
    hooks = [
        conv.register_forward_hook(lambda *_, name=name: called.append(name)) for name, conv in vgg16.convs.items()
    ]
    try:
        vgg16(photo, layers)
    finally:
        for hook in hooks:
            hook.remove()
    names = list(vgg16.convs)
    assert called == names[: names.index(last) + 1]


def test_gradients_reach_the_picture_and_not_the_weights(vgg16, photo):
    image = photo.clone().requires_grad_()
    found = vgg16(image, ["conv2_1", "relu2_1", "pool2"])
    sum(features.square().mean() for features in found.values()).backward()
    assert torch.isfinite(image.grad).all()
    assert image.grad.abs().max() > 0
    assert all(p.grad is None for p in vgg16.parameters())


# Average pooling


def test_average_pooling_keeps_the_gain_of_the_network(vgg16):
    average = load_backbone("vgg16", pooling="average")
    sums = {name: [0.0, 0.0] for name in POOLS}
    for image in photos(224):
        for index, network in enumerate((average, vgg16)):
            for name, features in network(image, POOLS).items():
                sums[name][index] += features.double().mean().item()
    ratios = {name: ours / theirs for name, (ours, theirs) in sums.items()}
    assert all(0.85 < ratio < 1.15 for ratio in ratios.values()), ratios


def test_each_average_pooling_is_the_mean_of_its_window_times_one_gain(photo):
    average = load_backbone("vgg16", pooling="average")
    found = average(photo, ["relu1_2", "pool1", "relu2_2", "pool2"])
    gains = []
    for stage in (1, 2):
        plain = F.avg_pool2d(found[f"relu{stage}_2"], 2)
        gain = found[f"pool{stage}"].sum() / plain.sum()
        assert torch.allclose(found[f"pool{stage}"], gain * plain, rtol=1e-4, atol=1e-3)
        gains.append(gain.item())
    assert all(1 < gain < 4 for gain in gains)  # the largest of four is at least their mean and at most their sum


def test_gains_of_weights_that_nobody_measured_are_measured(raw):
    # As for VGG-19 and AlexNet: the published weights come without them. Two stages are enough to see it.
    two_stages = {key: tensor for key, tensor in raw.items() if key < "conv3"}
    config = json.loads((EMBEDDED / "config.json").read_text(encoding="utf-8"))
    weights = BackboneWeights(two_stages, tuple(config["mean"]), tuple(config["std"]))
    network = load_backbone("vgg16", pooling="average", weights=weights)
    assert set(network.pool_gains) == {"1", "2"}
    assert all(1 < gain < 4 for gain in network.pool_gains.values())


# Normalised filters


@pytest.mark.parametrize(("pooling", "tolerance"), [("max", 0.2), ("average", 0.3)])
def test_normalised_filters_answer_with_about_one(pooling, tolerance):
    # They were measured over other photographs, at 320 pixels (activations depend on the size); with average pooling
    # the deep layers differ more from photograph to photograph.
    network = load_backbone("vgg16", pooling=pooling, normalized=True)
    means = {name: float(mean.mean()) for name, mean in network.mean_activations(photos(320)).items()}
    assert len(means) == 13
    assert all(abs(mean - 1) < tolerance for mean in means.values()), means


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_normalising_only_scales_each_filters_map(photo, pooling):
    layers = ["relu1_1", "relu2_2", "relu4_2", "relu5_3"]
    plain = load_backbone("vgg16", pooling=pooling)(photo, layers)
    scaled = load_backbone("vgg16", pooling=pooling, normalized=True)(photo, layers)
    for name in layers:
        before, after = (x[name][0].flatten(1).double() for x in (plain, scaled))
        alive = before.norm(dim=1) > 1e-3 * before.norm(dim=1).mean()
        assert alive.sum() > 0.5 * len(alive)
        assert (F.cosine_similarity(before, after)[alive] > 1 - 1e-5).all()
        factors = after.norm(dim=1)[alive] / before.norm(dim=1)[alive]
        assert factors.std() > 0.1 * factors.mean()  # the filters really differ, so that scaling did something


def test_normalising_by_the_means_of_a_picture_makes_its_means_one(photo):
    network = load_backbone("vgg16")
    before = network.mean_activations([photo])
    assert network.normalize_(before) is network
    for name, mean in network.mean_activations([photo]).items():
        # Filters that are nearly silent on this picture answer with rounding noise, magnified.
        heard = before[name] > 0.01 * before[name].mean()
        assert heard.sum() > 0.5 * len(heard)
        assert (mean[heard] - 1).abs().max() < 1e-4, name


def test_a_silent_filter_is_left_as_it_is(raw, photo):
    tensors = {key: tensor.clone() for key, tensor in raw.items() if key < "conv2"}
    tensors["conv1_1.weight"][5], tensors["conv1_1.bias"][5] = 0, -1
    network = Backbone("vgg16", BackboneWeights(tensors))
    network.normalize_(network.mean_activations([photo]))
    assert all(torch.isfinite(p).all() for p in network.parameters())
    found = network(photo, ["conv1_1", "relu1_2"])
    assert (found["conv1_1"][0, 5] == -1).all()
    assert torch.isfinite(found["relu1_2"]).all()


# Weights from torchvision's registry

PUBLISHED = {
    "vgg19": (VGG19_Weights.IMAGENET1K_V1, vgg19),
    "alexnet": (AlexNet_Weights.IMAGENET1K_V1, alexnet),
}


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """An empty cache and no network; gives the folder in which torch looks for checkpoints."""

    def refuse(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "create_connection", refuse)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def cached(folder, name):
    return folder / Path(PUBLISHED[name][0].url).name


def random_features(name):
    """torchvision's own convolutions with random weights; the large classifier behind them is never allocated."""
    with torch.device("meta"):
        features = PUBLISHED[name][1](weights=None).features.eval()
    features.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(0)
    for parameter in features.parameters():
        fan_in = max(1, parameter[0].numel())
        torch.nn.init.normal_(parameter, std=(2 / fan_in) ** 0.5 if parameter.ndim > 1 else 0.1, generator=generator)
    return features


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_network_and_cache_the_built_in_backbone_is_named(offline, name):
    with pytest.raises(BackboneError) as refusal:
        load_backbone(name)
    check_sentence(refusal.value, name, "vgg16")
    assert list(offline.iterdir()) == []


@pytest.mark.parametrize("name", PUBLISHED)
def test_cached_weights_load_without_network_and_give_torchvisions_features(offline, name, photo):
    theirs = random_features(name)
    torch.save({f"features.{key}": tensor for key, tensor in theirs.state_dict().items()}, cached(offline, name))
    ours = load_backbone(name)
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    x = (photo - mean) / std
    expected = []
    with torch.no_grad():
        for module in theirs:
            x = module(x)
            expected.append(x.clone())  # torchvision's ReLUs work in place
    names = layer_names(name)
    assert len(expected) - len(names) == (name == "alexnet")  # whose last pooling nothing needs
    found = ours(photo, [layer for layer in names if not layer.startswith("conv")])
    for layer, features in found.items():
        assert_same(features, expected[names.index(layer)])


DAMAGED = {
    "cut short": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "a web page": lambda data: b"<!DOCTYPE html><title>Sign in to the network</title>" * 20,
    "random bytes": lambda data: random.Random(0).randbytes(5000),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_cached_file_is_named_without_its_folder(offline, damage):
    path = cached(offline, "alexnet")
    torch.save({f"features.{k}": v for k, v in random_features("alexnet").state_dict().items()}, path)
    path.write_bytes(DAMAGED[damage](path.read_bytes()))
    with pytest.raises(BackboneError) as refusal:
        load_backbone("alexnet")
    check_sentence(refusal.value, path.name, "alexnet", "vgg16")
    assert str(offline) not in str(refusal.value)


OTHERS = {
    "no convolution": {"classifier.weight": torch.ones(3)},
    "other shapes": {f"features.{i}.{p}": torch.ones(3) for i in (0, 3, 6, 8, 10) for p in ("weight", "bias")},
    "a list": [torch.ones(3)],
    "code": {"features.0.weight": Path("unpickling this would run code")},
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_cached_file_of_something_else_is_named_without_its_folder(offline, what):
    torch.save(OTHERS[what], cached(offline, "alexnet"))
    with pytest.raises(BackboneError) as refusal:
        load_backbone("alexnet")
    check_sentence(refusal.value, cached(offline, "alexnet").name, "vgg16")


# Damage to the embedded weights


@pytest.fixture
def copy(monkeypatch, tmp_path):
    """A copy of the embedded weights that a test may damage."""
    shutil.copytree(EMBEDDED, tmp_path / "vgg16")
    monkeypatch.setattr(nst.backbone_weights, "WEIGHTS", tmp_path)
    return tmp_path / "vgg16"


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def pointer(path):
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9439664\n")


def without(key):
    def edit(path):
        config = json.loads(path.read_text(encoding="utf-8"))
        del config[key]
        path.write_text(json.dumps(config), encoding="utf-8")

    return edit


SHARD = "features-00002-of-00004.safetensors"
HARM = {
    "a shard cut short": (SHARD, cut),
    "a shard missing": (SHARD, Path.unlink),
    "a shard empty": (SHARD, lambda path: path.write_bytes(b"")),
    "a shard that Git LFS did not fetch": (SHARD, pointer),
    "a shard in place of another": (SHARD, lambda path: shutil.copy(path.with_name(SHARD.replace("2-", "1-")), path)),
    "statistics cut short": ("statistics.safetensors", cut),
    "statistics missing": ("statistics.safetensors", Path.unlink),
    "config cut short": ("config.json", cut),
    "config missing": ("config.json", Path.unlink),
    "config not text": ("config.json", lambda path: path.write_bytes(b"\xff\xfe\x00")),
    "config a list": ("config.json", lambda path: path.write_text("[]")),
    "config without shards": ("config.json", without("shards")),
    "config without mean": ("config.json", without("mean")),
}


@pytest.mark.parametrize("harm", HARM)
def test_damaged_embedded_weights_are_refused_in_one_sentence(copy, harm):
    name, do = HARM[harm]
    do(copy / name)
    with pytest.raises(BackboneError) as refusal:
        load_backbone("vgg16")
    check_sentence(refusal.value, "vgg16", "missing or damaged")
    assert str(copy) not in str(refusal.value)


def test_the_undamaged_copy_loads(copy):
    # Otherwise the refusals above would prove nothing.
    convs = [name for name in layer_names("vgg16") if name.startswith("conv")]
    assert set(read_weights("vgg16").tensors) == {f"{conv}.{part}" for conv in convs for part in ("weight", "bias")}


# VGG-19 with real weights


def test_vgg19_runs_on_real_weights_up_to_relu5_1(shared, photo):
    path = shared / "backbones" / "vgg19_features.safetensors"
    if not path.is_file():
        pytest.skip("needs ../shared/data/backbones/vgg19_features.safetensors")
    weights = BackboneWeights(
        {key: tensor.float() for key, tensor in load_file(path).items()},
        mean=(123.68 / 255, 116.779 / 255, 103.939 / 255),
        std=(1 / 255, 1 / 255, 1 / 255),
    )
    network = load_backbone("vgg19", weights=weights)
    assert network.layers is ARCHITECTURES["vgg19"]
    image = photo[..., :64, :96]
    found = network(image, ["relu1_1", "relu3_4", "relu5_1"])
    assert found["relu5_1"].shape == (1, 512, 4, 6)
    assert found["relu3_4"].shape == (1, 256, 16, 24)
    for features in found.values():
        assert torch.isfinite(features).all()
        assert (features > 0).any()
        assert (features >= 0).all()
