"""The command line, run as a user runs it."""

import json
import os
import signal
import subprocess
import sys
import time

import av
import pytest
from PIL import Image

from nst.__main__ import main
from tests.live import heeding_ctrl_c
from tests.pictures import ODD, REFUSED, good_jpeg, written

QUICK = ["--size", "64", "--iterations", "3", "--device", "cpu", "--quiet"]


@pytest.fixture
def photo(tmp_path):
    return str(written(tmp_path, "photo.jpg", good_jpeg()))


@pytest.fixture
def style(root):
    return str(root / "examples" / "styles" / "waves.jpg")


def refusal(capsys, *argv: str) -> str:
    """The sentence on stderr of a command that must exit with 2."""
    try:
        code = main(["optimize", *argv])
    except SystemExit as error:  # argparse
        code = error.code
    assert code == 2
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return text


def test_it_paints_and_embeds_the_settings(tmp_path, photo, style, capsys):
    out = tmp_path / "out.png"
    assert main(["optimize", photo, style, "-o", str(out), "--seed", "5", *QUICK]) == 0
    with Image.open(out) as image:
        assert image.size == (64, 43)
        settings = json.loads(image.text["nst"])
    assert settings["seed"] == 5 and settings["iterations"] == 3 and settings["mode"] == "optimize"


def test_every_setting_has_a_flag(tmp_path, photo, style):
    flags = [
        "--backbone", "vgg16", "--optimizer", "adam", "--learning-rate", "0.05", "--criterion", "huber",
        "--init", "noise", "--pooling", "average", "--normalized", "--statistic", "gram", "--balance", "johnson",
        "--content-layers", "relu3_1:2,relu4_1", "--style-layers", "relu1_1,relu2_1:0.5", "--content-weight", "2",
        "--style-weight", "0.001", "--tv-weight", "0.1", "--style-scale", "0.5", "--keep-color", "linear",
        "--precision", "float32", "--scales", "1",
    ]  # fmt: skip
    out = tmp_path / "out.jpg"
    assert main(["optimize", photo, style, style, "--weights", "1,0.5", "-o", str(out), *flags, *QUICK]) == 0
    with Image.open(out) as image:
        settings = json.loads(image.info["comment"])
    assert settings["content_layers"] == [["relu3_1", 2.0], ["relu4_1", 1.0]] and settings["optimizer"] == "adam"


def test_the_time_lapse_plays(tmp_path, photo, style):
    out, clip = tmp_path / "out.png", tmp_path / "lapse.mp4"
    assert main(["optimize", photo, style, "-o", str(out), "--timelapse", str(clip), *QUICK]) == 0
    with av.open(clip) as video:
        stream = video.streams.video[0]
        frames = list(video.decode(stream))
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    assert len(frames) >= 2 and (frames[0].width, frames[0].height) == (64, 42)


@pytest.mark.parametrize("case", REFUSED)
def test_bad_photos_are_refused_with_their_sentence(tmp_path, style, capsys, case):
    name, data, words = REFUSED[case]
    out = tmp_path / "out.png"
    text = refusal(capsys, str(written(tmp_path, name, data)), style, "-o", str(out), *QUICK)
    assert words in text and str(tmp_path) not in text
    assert not out.exists()


@pytest.mark.parametrize("case", REFUSED)
def test_bad_styles_are_refused_with_their_sentence(tmp_path, photo, capsys, case):
    name, data, words = REFUSED[case]
    assert words in refusal(capsys, photo, str(written(tmp_path, name, data)), "-o", str(tmp_path / "out.png"), *QUICK)


@pytest.mark.parametrize("case", ODD)
def test_odd_photos_come_out_as_they_are_seen(tmp_path, style, case):
    name, data, (width, height) = ODD[case]
    out = tmp_path / "out.png"
    assert main(["optimize", str(written(tmp_path, name, data)), style, "-o", str(out), *QUICK]) == 0
    expected = (64, round(64 * height / width)) if width >= height else (round(64 * width / height), 64)
    with Image.open(out) as image:
        assert image.size == expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{photo}", "-o", "{out}"], "No style picture"),
        (["{photo}", "{style}", "-o", "{out}", "--weights", "0"], "sum to zero"),
        (["{photo}", "{style}", "-o", "{out}", "--weights", "1,2"], "1 style pictures but 2 weights"),
        (["{photo}", "{style}", "-o", "{out}", "--weights", "much"], "numbers separated by commas"),
        (["{photo}", "{style}", "-o", "{out}", "--style-layers", "relu9_1"], "no layer 'relu9_1'"),
        (["{photo}", "{style}", "-o", "{out}", "--content-layers", "relu4_2:0"], "sum to zero"),
        (["{photo}", "{style}", "-o", "out.gif"], "must end in .png"),
        (["{photo}", "{style}", "-o", "nowhere/at/all.png"], "folder does not exist"),
        (["{photo}", "{style}", "-o", "{out}", "--device", "tpu"], "no device 'tpu'"),
        (["{photo}", "{style}", "-o", "{out}", "--size", "7"], "size must be"),
        (["{photo}", "{style}", "-o", "{out}", "--optimizer", "newton"], "invalid choice"),
        (["missing.jpg", "{style}", "-o", "{out}"], "no picture file of that name"),
    ],
)
def test_bad_settings_are_refused_with_their_sentence(tmp_path, photo, style, capsys, arguments, words):
    out = tmp_path / "out.png"
    filled = [a.format(photo=photo, style=style, out=out) for a in arguments]
    assert words in refusal(capsys, *filled)
    assert not out.exists()


def test_interrupting_keeps_the_picture_so_far(tmp_path, photo, style, root):
    out = tmp_path / "out.png"
    command = [sys.executable, "-m", "nst", "optimize", photo, style, "-o", str(out), "--size", "64"]
    command += ["--iterations", "10000", "--device", "cpu"]
    run = subprocess.Popen(
        command, cwd=root, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "80"},
        preexec_fn=heeding_ctrl_c,
    )  # fmt: skip
    seen = ""
    deadline = time.monotonic() + 90
    while "loss" not in seen and time.monotonic() < deadline:
        seen += run.stderr.read(1)  # the bar's first losses show that a step is done
    run.send_signal(signal.SIGINT)
    _, rest = run.communicate(timeout=30)
    assert run.returncode == 0, seen + rest
    assert "picture so far is kept" in rest
    with Image.open(out) as image:
        assert image.size == (64, 43)
