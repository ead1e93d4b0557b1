"""What a Hub, or what lies on it, can do wrong: one sentence each, in bounded time, and the good styles load."""

import io
import json
import pickle
import struct
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save

from nst.styles import MOST_STYLE_BYTES
from nst.thumbnails import checked_thumbnail
from tests.hub_child import child, files_of, style_bytes

IDS = ["cry", "night", "wave"]


class Ran:
    """What must never be built from a file."""

    def __reduce__(self):
        return print, ("a pickle was run",)


def bad_files(folder: Path, trunk) -> dict[str, tuple[bytes, str]]:
    """Bytes by the id they claim, and words of the sentence that each earns."""
    good = style_bytes(folder, trunk, "good")
    nan = trunk.identity.clone()
    nan[5] = float("nan")

    def style(style_id, code=None, **changes):
        return style_bytes(folder, trunk, style_id, code, **changes)

    def tensors(**named):
        about = json.loads(good[8 : 8 + struct.unpack("<Q", good[:8])[0]])["__metadata__"]
        return save(named, about)

    return {
        "nan": (style("nan", nan), "not finite"),
        "foreign": (style("foreign", trunk="0123456789abcdef"), "made for another trunk"),
        "short": (style("short", trunk.identity[:-1]), "made for another trunk"),
        "cut": (good[:100], "not a safetensors file"),
        "empty": (b"", "not a safetensors file"),
        "pickle": (pickle.dumps(Ran()), "not a safetensors file"),
        "header": (struct.pack("<Q", 2 << 30) + good[8:], "not a safetensors file"),
        "huge": (b"\0" * (MOST_STYLE_BYTES + 1), "too large"),
        "misnamed": (style("othername"), "calls itself 'othername'"),
        "inner": (style("inner", id="../../x"), "not a style"),
        "long": (style("long", title="x" * 5000), "not a style"),
        "mistyped": (style("mistyped", artist=["a"]), "not a style"),
        "unsized": (style("unsized", size="big"), "not a style"),
        "unweighted": (style("unweighted", style_weight=float("nan")), "not a style"),
        "chatty": (style("chatty", made={"x": "y" * 50_000}), "not a style"),
        "double": (tensors(code=trunk.identity.double()), "not a style"),
        "half": (tensors(code=trunk.identity.half()), "not a style"),
        "more": (tensors(code=trunk.identity, extra=torch.zeros(3)), "not a style"),
        "less": (tensors(other=trunk.identity), "not a style"),
        "whole": (tensors(code=torch.zeros(trunk.identity.shape, dtype=torch.int64)), "not finite"),
        "nothing": (save({"code": trunk.identity}), "does not say what it is"),
        "deep": (save({"code": trunk.identity}, {"nst": "[" * 100_000}), "does not say what it is"),
        "UPPER": (good, "lower-case"),
        "a b": (good, "lower-case"),
        "../../x": (good, "lower-case"),
        "sub/x": (good, "lower-case"),
        "x\nevil": (good, "lower-case"),
        "told-huge": (good, "too large"),
        "told-small": (b"\0" * (2 * MOST_STYLE_BYTES), "larger than 256 kB"),
    }


def test_a_bad_style_is_left_out_with_its_reason_and_the_others_load(hub, home, small_weights, small_trunk, tmp_path):
    bad = bad_files(tmp_path / "bad", small_trunk)
    spoilt = {f"styles/{style_id}.safetensors": data for style_id, (data, _) in bad.items()}
    repo = hub.put("owner/spoilt", {**files_of(small_weights), **spoilt})
    repo.told_sizes |= {"styles/told-huge.safetensors": 2 << 30, "styles/told-small.safetensors": 9000}
    told, cached, notes = child(
        "first = pulled('owner/spoilt'); again = cached_styles(parse_repo('owner/spoilt'), trunk)\n"
        "say([first, {'styles': facts(again.styles), 'skipped': dict(again.skipped)}, first['note']])",
        hub.url, home, small_weights,
    )  # fmt: skip
    assert sorted(told["styles"]) == sorted(cached["styles"]) == IDS
    shown = {style_id.replace("\n", "?"): words for style_id, (_, words) in bad.items()}
    assert told["skipped"].keys() == shown.keys()
    for style_id, words in shown.items():
        sentence = told["skipped"][style_id]
        assert words in sentence, (style_id, sentence)
        assert sentence.endswith(".") and "\n" not in sentence and str(home) not in sentence
    assert notes.startswith(f"owner/spoilt: {len(bad)} styles are left out")
    for never in ("huge", "told-huge", "UPPER", "..", "sub/", "evil"):
        assert not [line for line in hub.asked_for("owner/spoilt/resolve/") if never in line.split("/styles/")[1]]


def test_thumbnails_are_small_jpegs_or_nothing(tmp_path, hub, home, small_weights):
    def picture(size, form="JPEG", **options):
        data = io.BytesIO()
        Image.new("RGB", size, "red").save(data, form, **options)
        return data.getvalue()

    exif = Image.Exif()
    exif[270] = "hello"
    good = picture((1200, 800), exif=exif)
    cases = {
        "png": picture((64, 64), "PNG"), "text": b"hello", "cut": good[:200], "empty": b"",
        "wide": picture((10_000, 600)), "large": good + b"\0" * (1 << 20),
    }  # fmt: skip
    for name, data in cases.items():
        (tmp_path / f"{name}.jpg").write_bytes(data)
        assert checked_thumbnail(tmp_path / f"{name}.jpg") is None, name
    (tmp_path / "good.jpg").write_bytes(good + b"<script>")
    shown = checked_thumbnail(tmp_path / "good.jpg")
    assert tmp_path not in shown.parents and b"<script>" not in shown.read_bytes()
    with Image.open(shown) as image:
        assert image.format == "JPEG" and max(image.size) == 384 and not image.getexif()
    files = files_of(small_weights)
    files |= {"styles/cry.jpg": cases["png"], "styles/night.jpg": cases["large"]}
    del files["styles/wave.jpg"]
    hub.put("owner/pictures", files)
    told = child("say(pulled('owner/pictures'))", hub.url, home, small_weights)
    assert {i: bool(s["thumbnail"]) for i, s in told["styles"].items()} == dict.fromkeys(IDS, False)
    assert told["skipped"] == {} and not [f for f in hub.asked_for("owner/pictures/resolve") if "night.jpg" in f]


def test_every_failure_of_the_hub_is_one_sentence_in_bounded_time(hub, home, small_weights):
    sentences = {
        401: "(401): check HF_TOKEN", 403: "(403): use a token that may read it", 404: "(404): check the name",
        429: "(429)", 500: "(500) with 'owner/s500'", 503: "(503)", 418: "(418)",
        "hang": "did not answer in time", "hang-files": "did not answer in time",
        "truncated": "could not be fetched whole", "short": "could not be fetched whole",
    }  # fmt: skip
    for fault in sentences:
        hub.put(f"owner/s{fault}", files_of(small_weights))
        hub.faults[f"owner/s{fault}"] = fault
    hub.put("owner/private", files_of(small_weights), private=True)
    hub.put("owner/none", {"README.md": b"# nothing"})
    names = [*(f"owner/s{fault}" for fault in sentences), "owner/private", "owner/absent", "owner/none"]
    code = f"""
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(20) as pool:
    say(dict(zip({names}, pool.map(lambda name: pulled(name, seconds=12), {names}))))
"""
    told = child(code, hub.url, home, small_weights)
    assert told["owner/none"]["styles"] == {} and told["owner/none"]["note"] == ""
    words = {f"owner/s{fault}": text for fault, text in sentences.items()}
    words |= {"owner/private": "or it is private", "owner/absent": "or it is private"}
    for name, text in words.items():
        error = told[name]["error"]
        assert text in error and f"'{name}'" in error, error
        assert error.endswith(".") and "\n" not in error and "http" not in error.lower() and len(error) < 160
        assert told[name]["seconds"] < 12 + 8
    assert told["owner/absent"]["kind"] == told["owner/private"]["kind"] == "NoRepoError"
