"""What a visitor may send to the endpoints, by mistake or in malice: over 300 calls, made on the spot."""

from __future__ import annotations

import base64
import json
import pickle
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from tests.bad_pictures import Bad, gif, large_pictures, picture, pictures
from tests.clips import make_clip
from tests.pictures import good_jpeg


@dataclass(frozen=True)
class Upload:
    """A file in the place of an argument."""

    name: str
    make: Callable[[], bytes] | bytes

    @property
    def data(self) -> bytes:
        """What is in it."""
        return self.make if isinstance(self.make, bytes) else self.make()


@dataclass(frozen=True)
class Case:
    """One call of an endpoint.

    Attributes:
        changes: arguments that differ from those of a good call.
        words: of the sentence that it earns, ``|`` between those of which one is enough; None if a result is as good
            as any sentence.
        heavy: it takes long by its nature, and is sent while nothing else is.
    """

    name: str
    api: str
    changes: dict[str, Any]
    words: str | None = None
    heavy: bool = False


@dataclass(frozen=True)
class Body:
    """One HTTP request that no client of ours sends; every one is to be refused."""

    name: str
    path: str
    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


_PHOTO = Upload("photo.jpg", good_jpeg())
_NO_NUMBERS = {
    "not a number": float("nan"),
    "infinity": float("inf"),
    "less than nothing": float("-inf"),
    "a word": "much",
    "not a number in words": "NaN",
    "a list": [1],
    "an object": {"a": 1},
    "true": True,
    "a huge whole number": 10**400,
    "a huge number": 1e308,
    "a negative number": -1,
    "a fraction": 33.5,
    "a tiny number": 1e-320,
    "zeros": "0" * 5000,
}
_NO_TEXTS = {"a number": 7, "a list": ["udnie"], "an object": {"a": [1]}, "false": False, "nested": [[[[[]]]]]}
_SWITCHES = {"a word": "yes", "a number": 2, "a list": [True], "an object": {}, "nothing": None}


@cache
def clip() -> bytes:
    """A good clip of few frames."""
    return _clip(frames=3, size=(64, 48))


def _clip(suffix: str = ".mp4", **options: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return make_clip(Path(folder) / f"clip{suffix}", **options).read_bytes()


def good_call(api: str, style: str) -> dict[str, Any]:
    """Arguments of a call that succeeds, in their order."""
    return {
        "stylize": {"image": _PHOTO, "style": style, "strength": 1.0, "keep_color": "off", "max_side": 64},
        "stylize_with": {
            "image": _PHOTO,
            "style": style,
            "strength": 1.0,
            "keep_color": "off",
            "max_side": 64,
            "network": "multistyle",
            "strokes": 0,
            "fine": False,
        },
        "optimize": {
            "content": _PHOTO,
            "styles": [_PHOTO],
            "weights": "",
            "preset_name": "quick",
            "settings": '{"size": 64, "iterations": 1}',
        },
        "stylize_video": {
            "video": Upload("clip.mp4", clip),
            "style": style,
            "strength": 1.0,
            "temporal": "off",
            "max_side": 64,
            "keep_color": "off",
            "morph": False,
            "start": 0,
            "length": 0,
        },
        "learn_style": {
            "painting": Upload("text.jpg", b"so that no call can begin to learn"),
            "title": "",
            "artist": "",
            "brush": "fine",
            "effort": "quick",
            "detail": None,
        },
        "add_style": {"file": Upload("a.safetensors", b"no style")},
    }[api]


def cases(style: str, good_style: bytes) -> list[Case]:
    """All calls. ``style`` is the id of a style that there is, ``good_style`` the file of one."""
    made = [
        *_picture_cases(),
        *_style_strings(style),
        *_arguments(),
        *_files_that_are_none(),
        *_settings(),
        *_clip_cases(),
        *_style_files(good_style),
    ]
    assert len({(case.api, case.name) for case in made}) == len(made)
    return made


def _picture_cases() -> Iterator[Case]:
    for name, data, words in pictures():
        yield Case(name, "stylize", {"image": Upload(_file_name(name), data)}, words)
    for name, data, words in list(pictures())[::6]:
        yield Case(name, "optimize", {"styles": [Upload(_file_name(name), data)]}, words)
    for name, data, words in list(pictures())[3::10]:
        yield Case(name, "learn_style", {"painting": Upload(_file_name(name), data), "brush": "none"}, "choose")
        if words:
            yield Case(f"a detail: {name}", "learn_style", {"painting": _PHOTO, "detail": Upload("a.png", data)}, words)
    for name, data, words in large_pictures():
        yield Case(f"large {name}", "stylize", {"image": Upload(_file_name(name), data)}, words, heavy=True)
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF"):
        data = picture(kind)
        encoded = base64.b64encode(data[: len(data) // 2]).decode()
        url = {"url": f"data:image/{kind.lower()};base64,{encoded}", "meta": {"_type": "gradio.FileData"}}
        yield Case(f"half a {kind} in a data URL", "stylize", {"image": url})
    for name in (
        "a b.jpg",
        "../../../etc/passwd",
        "..\\..\\x.jpg",
        "nul\0byte.jpg",
        "ü" * 100 + ".jpg",
        "\u202egpj.exe",
    ):
        yield Case(f"the name {name[:20]!r}", "stylize", {"image": Upload(name, good_jpeg())})
    yield Case("a name of 5,000 characters", "stylize", {"image": Upload("x" * 5000 + ".jpg", good_jpeg())})


def _file_name(name: str) -> str:
    return name.replace("/", "-")


def _style_strings(style: str) -> Iterator[Case]:
    many = ",".join(f"{style}{n}" for n in range(200))
    texts = {
        "10,000 characters": ("x" * 10_000, "too long"),
        "a million characters": ("x" * 1_000_000, "too long"),
        "10,000 commas": ("," * 10_000, "too long"),
        "commas": (",,,,", "missing"),
        "a colon": (":", "missing"),
        "colons": (f"{style}:1:2:3", "no number"),
        "a path": ("../../etc/passwd", "no style"),
        "a path to weights": ("/opt/weights/multistyle/styles/udnie", "no style"),
        "NUL": ("a\0b", "no style"),
        "a home": ("~/.ssh/id_rsa", "no style"),
        "lines": ("a\nb\r\nc", "no style"),
        "blanks": ("   ", "No style"),
        "a script": ("<script>alert(1)</script>", "no style"),
        "a format": ("{0.__class__}%s%n", "no style"),
        "SQL": ("' OR 1=1 --", "no style"),
        "an escape": ("\x1b[31m", "no style"),
        "emoji": ("🎨" * 50, "no style"),
        "right to left": ("\u202e" + style, "no style"),
        "a lone surrogate": ("\ud800", "no style"),
        "capitals": (style.upper(), "no style"),
        "full width": ("ｕｄｎｉｅ", "no style"),
        "not a number": (f"{style}:nan", "0 or more"),
        "infinity": (f"{style}:inf", "0 or more"),
        "a negative weight": (f"{style}:-1", "0 or more"),
        "a huge weight": (f"{style}:1e999", "0 or more"),
        "no weight": (f"{style}:", "no number"),
        "zero": (f"{style}:0", "sum to zero"),
        "twice": (f"{style},{style}", "twice"),
        "a hexadecimal weight": (f"{style}:0x10", "no number"),
        "200 styles": (many[:1900], "too many|no style"),
        "the null word": ("null", "no style"),
        "a dot": (".", "no style"),
        "a wildcard": ("*", "no style"),
        "an expression": ("__import__('os').getcwd()", "no style"),
    }
    for name, (text, words) in texts.items():
        yield Case(f"style: {name}", "stylize", {"style": text}, words)
    for name in list(texts)[::4]:
        text, words = texts[name]
        yield Case(f"style: {name}", "stylize_video", {"style": text}, words)
        yield Case(f"network: {name}", "stylize_with", {"network": text}, "no network|No style")
    yield Case("weights: 10,000 commas", "optimize", {"weights": "," * 10_000}, "numbers separated by commas|too long")
    yield Case("weights: a million", "optimize", {"weights": "1," * 500_000}, "numbers separated by commas|too long")
    for text in ("nan", "inf", "-1", "0", "1,1", "x", "1e999", "1;2", "\0", "１,２"):
        yield Case(f"weights: {text!r}", "optimize", {"weights": text}, "weight")


def _arguments() -> Iterator[Case]:
    numbers = {
        "strength": ("stylize", "from 0 (the photo) to 1"),
        "max_side": ("stylize", "whole number of pixels|up to"),
        "strokes": ("stylize_with", "whole number of pixels"),
        "start": ("stylize_video", "start is a number|no pictures"),
        "length": ("stylize_video", "length is a number|no pictures"),
    }
    for argument, (api, words) in numbers.items():
        for name, value in _NO_NUMBERS.items():
            fine = name in ("a tiny number", "a huge number", "a huge whole number", "a fraction", "true")
            yield Case(f"{argument}: {name}", api, {argument: value}, None if fine else words)
    texts = {
        "style": "stylize",
        "network": "stylize_with",
        "settings": "optimize",
        "title": "learn_style",
        "artist": "learn_style",
    }
    for argument, api in texts.items():
        for name, value in _NO_TEXTS.items():
            yield Case(f"{argument}: {name}", api, {argument: value}, "")
    choices = {
        "keep_color": "stylize",
        "temporal": "stylize_video",
        "preset_name": "optimize",
        "brush": "learn_style",
        "effort": "learn_style",
    }
    for argument, api in choices.items():
        for name, value in {**_NO_TEXTS, "nothing": None, "another": "rainbow", "long": "x" * 10_000}.items():
            yield Case(f"{argument}: {name}", api, {argument: value}, "choose")
    for argument, api in {"fine": "stylize_with", "morph": "stylize_video"}.items():
        for name, value in _SWITCHES.items():
            yield Case(f"{argument}: {name}", api, {argument: value}, "either true or false")
    yield Case(
        "a title of 10,000 characters", "learn_style", {"painting": _PHOTO, "title": "x" * 10_000}, "80 characters"
    )
    yield Case("100 style pictures", "optimize", {"styles": [_PHOTO] * 100}, "too many")
    yield Case("no style picture", "optimize", {"styles": []}, "No style picture")
    yield Case("a style picture that is nothing", "optimize", {"styles": [None]}, "")
    yield Case("two photos", "optimize", {"content": [_PHOTO, _PHOTO]}, "uploaded file")


def reference(path: Any, **more: Any) -> dict[str, Any]:
    """An argument that claims to be an uploaded file."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def _files_that_are_none() -> Iterator[Case]:
    values = {
        "a path": "/etc/passwd",
        "a number": 7,
        "a list": [],
        "an object": {},
        "true": True,
        "text": "x" * 10_000,
        "a file of the system": reference("/etc/passwd"),
        "no path": reference(""),
        "a number as path": reference(7),
        "nothing as path": reference(None),
        "NUL in the path": reference("/tmp/\0"),
        "a relative path": reference("app.py"),
        "a path upwards": reference("../../../../etc/passwd"),
        "a device": reference("/dev/zero"),
        "a process": reference("/proc/self/environ"),
        "a folder": reference("/"),
        "a long path": reference("/x" * 5000),
        "no meta": {"path": "/etc/passwd"},
        "a wrong meta": {"path": "/etc/passwd", "meta": {"_type": "x"}},
        "a stream": reference("/etc/passwd", is_stream=True),
        "a list as path": reference(["/etc/passwd"]),
        "a URL of this machine": reference("http://127.0.0.1:1/x.png"),
        "a file URL": reference("file:///etc/passwd"),
        "a data URL of text": reference(None, url="data:image/png;base64,aGVsbG8="),
        "a data URL of nothing": reference(None, url="data:,"),
        "a data URL of rubbish": reference(None, url="data:;base64,%%%"),
    }
    arguments = {"stylize": "image", "stylize_video": "video", "add_style": "file", "learn_style": "painting"}
    for api, argument in arguments.items():
        for name, value in values.items():
            yield Case(f"{argument}: {name}", api, {argument: value}, "")
    for name, value in values.items():
        yield Case(f"a style picture: {name}", "optimize", {"styles": [value]}, "")
    for api, argument in {**arguments, "optimize": "content"}.items():
        yield Case(f"no {argument}", api, {argument: None}, "is given")


def _settings() -> Iterator[Case]:
    texts = {
        "no JSON": "size=64",
        "half": '{"size": 64',
        "a list": "[1]",
        "a number": "7",
        "a text": '"x"',
        "null": "null",
        "10,000 deep": "[" * 10_000,
        "100,000 deep": '{"a":' * 100_000,
        "10,000 closed": "[" * 10_000 + "]" * 10_000,
        "not a number": '{"size": NaN}',
        "infinity": '{"size": Infinity}',
        "huge": '{"size": 1e400}',
        "5,000 digits": '{"size": ' + "9" * 5000 + "}",
        "negative": '{"size": -64}',
        "words": '{"size": "big"}',
        "a nested size": '{"size": {"size": {"size": 1}}}',
        "a list of sizes": '{"size": [64, 64]}',
        "too large a size": '{"size": 100000}',
        "too many steps": '{"iterations": 1000000000}',
        "no step": '{"iterations": 0}',
        "an unknown setting": '{"colour": 1}',
        "a hidden setting": '{"__class__": "x"}',
        "a method": '{"sizes": 1}',
        "no backbone": '{"backbone": "../../x"}',
        "a list of backbones": '{"backbone": ["vgg16"]}',
        "an object as init": '{"init": {}}',
        "no layer": '{"style_layers": "relu9_9"}',
        "layers twice": '{"style_layers": "relu1_1,relu1_1"}',
        "a list of layers": '{"style_layers": [["relu1_1", 1]]}',
        "layers of 10,000": '{"style_layers": "' + "a," * 5000 + '"}',
        "a weight of NaN": '{"style_weight": NaN}',
        "a weight of a word": '{"content_weight": "x"}',
        "no weights": '{"style_weight": 0, "content_weight": 0}',
        "a seed of a word": '{"seed": "x"}',
        "a huge seed": '{"seed": 99999999999999999999}',
        "a fraction of a scale": '{"scales": 1.5}',
        "no truth": '{"normalized": "x"}',
        "twice a size": '{"size": 64, "size": 1e9}',
        "100,000 settings": "{" + ",".join(f'"a{n}":1' for n in range(100_000)) + "}",
        "NUL": "\0",
        "a lone surrogate": '{"\\ud800": 1}',
        "a comment": '{"size": 64} // x',
        "a script": "<script>",
        "a learning rate of NaN": '{"learning_rate": NaN}',
        "true as size": '{"size": true}',
    }
    for name, text in texts.items():
        yield Case(f"JSON settings: {name}", "optimize", {"settings": text}, "")
    for text in ("", " ", "{}", "{}" + " " * 100_000):
        case = {"settings": text, "preset_name": "none"}
        yield Case(f"settings: {len(text)} blanks or nothing", "optimize", case, "choose")


_NO_CLIP = "not a video|no moving pictures|No picture of this video|empty"


def _bad_clips() -> Iterator[Bad]:
    data = clip()
    for at in (4, 8, 20, 40, len(data) // 4, len(data) // 2, len(data) - 100, len(data) - 1):
        yield f"cut at {at}.mp4", data[:at], None
    yield "without its index.mp4", data.replace(b"moov", b"free"), None
    yield "a frame of rubbish.mp4", data.replace(b"mdat", b"mdat" + b"\xff" * 64), None
    moov = data.index(b"mvhd")
    yield "a header of rubbish.mp4", data[:moov] + b"\xff" * 60 + data[moov + 60 :], None
    for old in (b"stsz", b"stco", b"stts", b"avcC", b"trak", b"mdia"):
        at = data.index(old)
        yield f"a wrong {old.decode()}.mp4", data[: at + 4] + b"\xff" * 16 + data[at + 20 :], None
    webm = _clip(".webm", frames=3, size=(64, 48), codec="libvpx-vp9")
    for at in (3, 30, 300, len(webm) // 2):
        yield f"cut at {at}.webm", webm[:at], None
    yield "nothing.mp4", b"", "empty"
    yield "text.mp4", b"Dear visitor, this is no video.\n" * 50, _NO_CLIP
    yield "zeros.mp4", bytes(100_000), _NO_CLIP
    yield "a photo.mp4", good_jpeg(), _NO_CLIP
    yield "a picture.mp4", picture("PNG"), None
    yield "a pickle.mp4", pickle.dumps([1]), _NO_CLIP
    yield "a playlist.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", _NO_CLIP
    yield "a playlist.mp4", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n", _NO_CLIP
    yield "a list of files.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n", _NO_CLIP
    yield (
        "a session.sdp",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        _NO_CLIP,
    )
    yield "a manifest.mpd", b'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1:1/</BaseURL></MPD>', _NO_CLIP
    yield "subtitles.mp4", b"1\n00:00:00,000 --> 00:00:09,000\nhello\n", _NO_CLIP
    yield "65,535 pixels a side.gif", gif(65_535, 65_535), "megapixels|No picture of this video"
    yield "16,000 pixels a side.gif", gif(16_000, 16_000), "megapixels"
    yield "one pixel.gif", gif(1, 1), None
    yield "no pixel.gif", gif(0, 0), None
    yield "raw.y4m", b"YUV4MPEG2 W60000 H60000 F25:1\nFRAME\n", "megapixels|No picture of this video|not a video"


def _clip_cases() -> Iterator[Case]:
    for name, data, words in _bad_clips():
        yield Case(name, "stylize_video", {"video": Upload(name, data)}, words)
    yield Case(
        "9,000 pixels a side", "stylize_video", {"video": Upload("a.gif", gif(9_000, 9_000))}, "megapixels", heavy=True
    )
    yield Case("5,900 pixels a side", "stylize_video", {"video": Upload("a.gif", gif(5_900, 5_900))}, heavy=True)
    yield Case("an hour of nothing", "stylize_video", {"video": Upload("a.avi", _hour)}, "long", heavy=True)


def _hour() -> bytes:
    return _clip(".mp4", times=[0, 3_600_000], size=(64, 48))


def _style_files(good: bytes) -> Iterator[Case]:
    (length,) = struct.unpack("<Q", good[:8])
    header = json.loads(good[8 : 8 + length])
    about = json.loads(header["__metadata__"]["nst"])

    def with_header(text: bytes) -> bytes:
        return struct.pack("<Q", len(text)) + text + good[8 + length :]

    def told(**changes: Any) -> bytes:
        text = json.dumps({**about, **changes})
        return with_header(json.dumps({**header, "__metadata__": {"nst": text}}).encode())

    files: dict[str, tuple[bytes, str]] = {
        "nothing": (b"", "not a safetensors file"),
        "text": (b"hello" * 100, "not a safetensors file"),
        "a pickle": (pickle.dumps({"code": [1.0]}), "not a safetensors file"),
        "a torch file": (b"PK\x03\x04" + pickle.dumps({"code": [1.0]}), "not a safetensors file"),
        "a photo": (good_jpeg(), "not a safetensors file"),
        "too large": (bytes(300_000), "too large"),
        "a header of 2 gigabytes": (struct.pack("<Q", 1 << 31) + good[8:], "not a safetensors file"),
        "a header of all there is": (struct.pack("<Q", (1 << 64) - 1) + good[8:], "not a safetensors file"),
        "no header": (struct.pack("<Q", 0) + good[8:], "not a safetensors file"),
        "a header of rubbish": (with_header(b"\xff" * 50), "not a safetensors file"),
        "a nested header": (with_header(b"[" * 20_000), "not a safetensors file"),
        "an empty header": (with_header(b"{}"), ""),
        "another dtype": (good.replace(b'"F32"', b'"F99"'), "not a safetensors file"),
        "offsets beyond": (good.replace(b'"data_offsets":[0', b'"data_offsets":[9'), "not a safetensors file"),
        "a negative shape": (good.replace(b'"shape":[', b'"shape":[-'), "not a safetensors file"),
        "a code of nothing": (save({}, {"nst": json.dumps(about)}), "not a style"),
        "a code of one": (save({"code": torch.ones(1)}, {"nst": json.dumps(about)}), "another trunk"),
        "a code of infinity": (
            save({"code": torch.full((9,), float("inf"))}, {"nst": json.dumps(about)}),
            "not finite",
        ),
        "10,000 tensors": (
            save({f"t{n}": torch.ones(1) for n in range(2000)}, {"nst": json.dumps(about)}),
            "not a style",
        ),
        "no facts": (save({"code": torch.ones(1)}), "does not say what it is"),
        "nested facts": (save({"code": torch.ones(1)}, {"nst": "[" * 100_000}), "does not say what it is"),
        "deep facts": (save({"code": torch.ones(1)}, {"nst": '{"a":' * 30_000}), "does not say what it is"),
        "facts of NaN": (told(size=float("nan")), "not a style"),
        "facts of infinity": (told(style_weight=float("inf")), "not a style"),
        "another kind": (told(kind="trunk"), "not a style"),
        "one fact more": (told(more=1), "not a style"),
        "a path as id": (told(id="../../x"), "not a style"),
        "NUL in the id": (told(id="a\0"), "not a style"),
        "a number as id": (told(id=7), "not a style"),
        "nothing as id": (told(id=None), "not a style"),
        "a long id": (told(id="x" * 500), "not a style"),
        "a long title": (told(title="x" * 5000), "not a style"),
        "a list as title": (told(title=["x"]), "not a style"),
        "another trunk": (told(trunk="0" * 16), "another trunk"),
        "a number as trunk": (told(trunk=7), "not a style"),
        "a huge size": (told(size=10**30), "not a style"),
        "true as size": (told(size=True), "not a style"),
        "long facts": (told(made={"x": "y" * 50_000}), "not a style"),
        "nested made": (told(made={"x": [[[[[[]]]]]] * 3000}), "not a style"),
    }
    for name, (data, words) in files.items():
        yield Case(f"style file: {name}", "add_style", {"file": Upload("mine.safetensors", data)}, words)
    for at in (4, 8, 50, 8 + length // 2, 8 + length, 12 + length, len(good) - 1):
        yield Case(
            f"style file: cut at {at}",
            "add_style",
            {"file": Upload("a.safetensors", good[:at])},
            "not a safetensors file",
        )
    for name in ("..\\x.safetensors", "<b>.safetensors", "x.pkl", "x" * 300, "\u202e.safetensors", "a\nb.safetensors"):
        yield Case(
            f"a pickle called {name[:20]!r}", "add_style", {"file": Upload(name, pickle.dumps(1))}, "safetensors"
        )


def bodies(style: str) -> list[Body]:
    """Requests that are wrong as such."""
    call, join = "gradio_api/call/stylize", "gradio_api/queue/join"
    data = {
        "nothing": b"",
        "no JSON": b"hello",
        "half": b'{"data": [',
        "a list": b"[]",
        "a text": b'"x"',
        "null": b"null",
        "no data": b"{}",
        "data of null": b'{"data": null}',
        "data of a text": b'{"data": "x"}',
        "no argument": b'{"data": []}',
        "one argument": b'{"data": [1]}',
        "1,000 arguments": b'{"data": [' + b"1," * 999 + b"1]}",
        "not UTF-8": b'{"data": ["\xff"]}',
        "10,000 deep": b'{"data": ' + b"[" * 10_000,
        "10,000 closed": b'{"data": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        "NaN as data": b'{"data": NaN}',
        "5,000 digits": b'{"data": [' + b"9" * 5000 + b"]}",
        "an unknown session": b'{"data": [], "session_hash": {"a": 1}}',
    }
    made = [Body(f"call: {name}", call, content) for name, content in data.items()]
    made += [Body(f"join: {name}", join, content) for name, content in data.items()]
    named = {"nothing": b"{}", "a wrong name": b'{"photo": 1}', "a list": b"[]", "no JSON": b"x"}
    made += [Body(f"v2: {name}", "gradio_api/call/v2/stylize", content) for name, content in named.items()]
    for path in (
        "gradio_api/call/nosuch",
        "gradio_api/call/v2/nosuch",
        "gradio_api/run/nosuch",
        "gradio_api/call/..%2f..%2fx",
    ):
        made.append(Body(f"no endpoint: {path}", path, b'{"data": []}'))
    for index in (b"-1", b"99999", b"1e3", b'"x"', b"null", b"9" * 30):
        content = b'{"data": [], "session_hash": "s", "fn_index": ' + index + b"}"
        made.append(Body(f"function {index.decode()}", join, content))
    private = json.dumps({"data": [None, "x"], "session_hash": "s", "fn_index": 3}).encode()
    made.append(Body("another content type", call, b'{"data": []}', {"Content-Type": "text/plain"}))
    made.append(Body("no content type", call, b'{"data": []}', {}))
    made.append(Body("an upload of JSON", "gradio_api/upload", b"{}"))
    made.append(
        Body("an upload without a boundary", "gradio_api/upload", b"x", {"Content-Type": "multipart/form-data"})
    )
    made.append(Body("a function of the page", "gradio_api/run/stylize", private))
    made.append(
        Body(
            "a server function",
            "gradio_api/component_server",
            b'{"data": 1, "component_id": 5, "session_hash": "s", "fn_name": "ls"}',
        )
    )
    made.append(
        Body(
            "a server function of no component",
            "gradio_api/component_server",
            b'{"data": 1, "component_id": -5, "session_hash": "s", "fn_name": "__init__"}',
        )
    )
    made.append(Body("a body of 80 megabytes", call, b'{"data": ["' + b"x" * (80 << 20) + b'"]}'))
    return made
