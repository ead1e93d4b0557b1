"""Weight files: what is written reads back, and what does not fit is refused with a sentence."""

import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from nst.errors import ConfigError, WeightsError
from nst.networks import build_network
from nst.styles import StyleInfo, StyleLibrary, load_style, save_style
from nst.trunks import load_trunk, save_trunk
from nst.weight_files import fingerprint, read_tensors, write_tensors

SETTINGS = {"width": 8, "blocks": 1, "fold": 2}
IDS = ["wave", "night", "cry"]


def make_trunk(path, seed=0):
    torch.manual_seed(seed)
    network = build_network("multistyle", SETTINGS)
    save_trunk(path, network, network.new_codes(1)[0], {"architecture": "multistyle", "settings": SETTINGS})
    return load_trunk(path)


def info_for(trunk, style_id):
    return StyleInfo(style_id, style_id.title(), "A. Painter", "1900", "public domain", trunk.fingerprint, 384, 6.0)


@pytest.fixture(scope="module")
def trunk(tmp_path_factory):
    return make_trunk(tmp_path_factory.mktemp("trunk") / "trunk.safetensors")


@pytest.fixture(scope="module")
def library(trunk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("styles")
    for i, style_id in enumerate(IDS):
        torch.manual_seed(i + 1)
        save_style(folder / f"{style_id}.safetensors", info_for(trunk, style_id), torch.randn(trunk.identity.shape))
    return StyleLibrary.load(trunk, folder)


def test_a_trunk_reads_back_as_it_was_written(tmp_path, trunk):
    assert trunk.about["settings"] == SETTINGS
    again = make_trunk(tmp_path / "again.safetensors")
    other = make_trunk(tmp_path / "other.safetensors", seed=1)
    assert again.fingerprint == trunk.fingerprint != other.fingerprint
    for name, tensor in trunk.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name])


def test_a_style_reads_back_as_it_was_written(tmp_path, trunk):
    info, code = info_for(trunk, "wave"), torch.randn(trunk.identity.shape)
    save_style(tmp_path / "wave.safetensors", info, code)
    style = load_style(tmp_path / "wave.safetensors", trunk)
    assert style.info == info
    assert torch.equal(style.code, code)
    assert style.thumbnail is None
    assert style.info.caption == "Wave (A. Painter, 1900)"


def test_a_style_of_another_trunk_is_refused(tmp_path, trunk):
    info = replace(info_for(trunk, "wave"), trunk="0123456789abcdef")
    save_style(tmp_path / "wave.safetensors", info, trunk.identity)
    with pytest.raises(WeightsError, match="made for another trunk"):
        load_style(tmp_path / "wave.safetensors", trunk)


def test_a_style_of_another_shape_is_refused(tmp_path, trunk):
    save_style(tmp_path / "wave.safetensors", info_for(trunk, "wave"), trunk.identity[:-1])
    with pytest.raises(WeightsError, match="made for another trunk"):
        load_style(tmp_path / "wave.safetensors", trunk)


def test_a_bad_file_is_left_out_of_the_library_and_told(tmp_path, trunk, caplog):
    save_style(tmp_path / "good.safetensors", info_for(trunk, "good"), torch.zeros_like(trunk.identity))
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    assert [style.info.id for style in StyleLibrary.load(trunk, tmp_path)] == ["good"]
    assert "bad.safetensors" in caplog.text and str(tmp_path) not in caplog.text
    (tmp_path / "good.safetensors").unlink()
    with pytest.raises(WeightsError):
        StyleLibrary.load(trunk, tmp_path)


def test_values_that_are_no_numbers_are_refused(tmp_path, trunk):
    code = trunk.identity.clone()
    code[3] = float("nan")
    save_style(tmp_path / "wave.safetensors", info_for(trunk, "wave"), code)
    with pytest.raises(WeightsError, match="not finite"):
        load_style(tmp_path / "wave.safetensors", trunk)


def test_a_pickle_under_another_name_is_refused_and_never_run(tmp_path, trunk):
    import pickle

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    path = tmp_path / "wave.safetensors"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_style(path, trunk)
    torch.save({"code": trunk.identity}, path)
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_style(path, trunk)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("keep", [0, 1, 7, 100, -1])
def test_a_file_that_was_cut_short_is_refused(tmp_path, trunk, keep):
    path = tmp_path / "wave.safetensors"
    save_style(path, info_for(trunk, "wave"), trunk.identity)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WeightsError, match=r"wave\.safetensors"):
        load_style(path, trunk)


def test_missing_files_and_missing_keys_are_refused(tmp_path, trunk):
    with pytest.raises(WeightsError, match="missing"):
        load_style(tmp_path / "none.safetensors", trunk)
    with pytest.raises(WeightsError, match="missing"):
        load_trunk(tmp_path / "none.safetensors")
    weights = trunk.network.state_dict()
    about = {"architecture": "multistyle", "settings": SETTINGS}
    short = {name: tensor for name, tensor in weights.items() if name != "stem.weight"}
    write_tensors(tmp_path / "short.safetensors", {**short, "identity_code": trunk.identity}, about)
    with pytest.raises(WeightsError, match="do not fit"):
        load_trunk(tmp_path / "short.safetensors")
    write_tensors(tmp_path / "no-identity.safetensors", weights, about)
    with pytest.raises(WeightsError, match="do not fit"):
        load_trunk(tmp_path / "no-identity.safetensors")
    other = {"architecture": "multistyle", "settings": {**SETTINGS, "width": 16}}
    write_tensors(tmp_path / "wide.safetensors", {**weights, "identity_code": trunk.identity}, other)
    with pytest.raises(WeightsError, match="do not fit"):
        load_trunk(tmp_path / "wide.safetensors")
    huge = {"architecture": "multistyle", "settings": {"width": 256, "blocks": 32, "fold": 2}}
    write_tensors(tmp_path / "huge.safetensors", {**weights, "identity_code": trunk.identity}, huge)
    with pytest.raises(WeightsError, match="do not fit"):  # before a gigabyte is taken for it
        load_trunk(tmp_path / "huge.safetensors")
    other = build_network("johnson", {"width": 8, "blocks": 1}).state_dict()
    about = {"architecture": "johnson", "settings": {"width": 8, "blocks": 1}}
    write_tensors(tmp_path / "johnson.safetensors", {**other, "identity_code": trunk.identity}, about)
    with pytest.raises(WeightsError, match="do not fit"):
        load_trunk(tmp_path / "johnson.safetensors")


def test_a_file_without_our_header_is_refused(tmp_path, trunk):
    path = tmp_path / "plain.safetensors"
    save_file({"code": trunk.identity}, path)
    with pytest.raises(WeightsError, match="does not say what it is"):
        load_style(path, trunk)
    save_file({"code": trunk.identity}, path, {"nst": json.dumps({"kind": "style", "id": "x"})})
    with pytest.raises(WeightsError, match="something in it is missing"):
        load_style(path, trunk)
    write_tensors(path, {"code": trunk.identity}, {"kind": "trunk"})
    with pytest.raises(WeightsError, match="something in it is missing"):
        load_style(path, trunk)


def test_a_failed_write_leaves_the_earlier_file(tmp_path, trunk):
    path = tmp_path / "wave.safetensors"
    save_style(path, info_for(trunk, "wave"), trunk.identity)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_tensors(path, {"code": trunk.identity}, {"made": object()})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["wave.safetensors"]


def test_the_fingerprint_sees_names_shapes_and_values():
    a = {"x": torch.arange(6.0)}
    prints = {
        fingerprint(a),
        fingerprint({"y": torch.arange(6.0)}),
        fingerprint({"x": torch.arange(6.0).view(2, 3)}),
        fingerprint({"x": torch.arange(6.0).half()}),
        fingerprint({"x": torch.arange(6.0) + 1e-6}),
    }
    assert len(prints) == 5
    assert fingerprint({"x": torch.arange(6.0)}) == fingerprint(a)


def test_a_mix_with_all_weight_on_one_style_is_that_style(library):
    single = library.mix("wave")
    assert torch.equal(library.mix("wave:1,night:0"), single)
    assert torch.equal(library.mix("night:0,wave:0.3"), single)


@given(a=st.floats(0.01, 100), b=st.floats(0.01, 100), factor=st.floats(0.01, 100))
@settings(deadline=None)
def test_a_mix_is_the_weighted_mean_and_only_proportions_count(library, a, b, factor):
    mixed = library.mix(f"wave:{a!r},cry:{b!r}")
    expected = (a * library["wave"].code + b * library["cry"].code) / (a + b)
    torch.testing.assert_close(mixed, expected, atol=1e-4, rtol=1e-4)
    scaled = library.mix(f"wave:{a * factor!r},cry:{b * factor!r}")
    torch.testing.assert_close(mixed, scaled, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(mixed, library.mix(f"cry:{b!r},wave:{a!r}"), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("monet", "no style 'monet': choose from cry, night, wave"),
        ("", "missing"),
        ("wave:-1", "0 or more"),
        ("wave:nan", "0 or more"),
        ("wave:0", "sum to zero"),
        ("wave:x", "no number"),
        ("wave,wave", "twice"),
        (",".join(f"s{i}" for i in range(9)), "at most 8"),
    ],
)
def test_a_styles_string_that_cannot_work_is_refused(library, text, sentence):
    with pytest.raises(ConfigError, match=sentence):
        library.mix(text)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_is_a_mix_or_a_sentence(library, text):
    try:
        code = library.mix(text)
    except ConfigError as error:
        assert str(error).endswith((".", ":")) and "Traceback" not in str(error)
    else:
        assert torch.isfinite(code).all()


def test_reading_never_follows_a_name_out_of_the_folder(tmp_path, trunk):
    save_style(tmp_path / "a.safetensors", replace(info_for(trunk, "wave"), id="../../etc"), trunk.identity)
    with pytest.raises(WeightsError, match="something in it is missing"):
        load_style(tmp_path / "a.safetensors", trunk)


def test_headers_come_back_unchanged(tmp_path):
    about = {"title": "Великая волна 神奈川沖浪裏", "n": [1, 2.5, None]}
    write_tensors(tmp_path / "x.safetensors", {"t": torch.ones(2)}, about)
    assert read_tensors(tmp_path / "x.safetensors")[1] == about
