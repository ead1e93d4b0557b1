"""A clip in, its painting out: frames, times, size and sound; motion; bad files; what is left after a stop."""

import json
import resource
import signal
import subprocess
import sys
import time
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
import torch
from PIL import Image

from nst.__main__ import main
from nst.clip_reader import ClipReader
from nst.errors import ConfigError, VideoError
from nst.steadiness import MotionEstimator, Steadier
from nst.stylizer import Stylizer
from nst.video import stylize_video
from nst.video_config import VideoConfig
from tests.clips import SIZE, add_tone, facts, make_clip, picture, with_long_header
from tests.live import heeding_ctrl_c
from tests.pictures import good_jpeg


@pytest.fixture(scope="module")
def stylizer():
    return Stylizer(device="cpu")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.mp4"


def paint(source, target, stylizer, style="udnie", **settings):
    """The last progress."""
    *_, last = stylize_video(source, target, stylizer, VideoConfig(style, **settings))
    assert last.done
    return last


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b).mean())


ODD_ENDS = {
    "h264-aac": ("a.mp4", {"sound": "aac"}, "aac"),
    "no-sound": ("a.mp4", {}, ""),
    "one-frame": ("a.mp4", {"frames": 1, "sound": "aac"}, "aac"),
    "variable-rate": ("a.mp4", {"times": [0, 40, 60, 200, 210, 400], "sound": "aac"}, "aac"),
    "opus": ("a.mkv", {"sound": "libopus"}, "opus"),
    "mp3": ("a.mp4", {"sound": "libmp3lame"}, "mp3float"),
    "pcm": ("a.mov", {"sound": "pcm_s16le"}, "aac"),
    "ac3": ("a.mkv", {"sound": "ac3"}, "aac"),
    "hevc-10-bit": ("a.mp4", {"codec": "libx265", "pixels": "yuv420p10le", "sound": "aac"}, "aac"),
    "vp9-webm": ("a.webm", {"codec": "libvpx-vp9", "sound": "libopus"}, "opus"),
    "avi": ("a.avi", {"codec": "mpeg4", "sound": "libmp3lame"}, "mp3float"),
    "transport-stream": ("a.ts", {"sound": "aac"}, "aac"),
}


@pytest.mark.parametrize("case", ODD_ENDS)
def test_frames_times_size_and_sound_are_those_of_the_source(case, tmp_path, target, stylizer):
    name, options, sound_codec = ODD_ENDS[case]
    source = make_clip(tmp_path / name, **options)
    last = paint(source, target, stylizer, strength=0.0)  # nothing of the style: the pictures can be compared
    before, after = facts(source), facts(target)
    assert last.frame == last.frames == len(before.times) == len(after.times)
    gaps = np.diff(before.times), np.diff(after.times)
    assert np.allclose(*gaps, atol=1e-4)
    assert after.size == before.size and after.video_codec == "h264"
    for shown, painted in zip(before.frames, after.frames, strict=True):
        assert distance(shown, painted) < 3
    assert after.sound_codec == sound_codec
    if sound_codec:
        assert after.sound_seconds == pytest.approx(before.sound_seconds, abs=0.03)
        assert np.sqrt(np.mean(after.samples**2)) > 0.1  # the tone, not silence
    assert after.duration == pytest.approx(after.times[-1] + 0.04, abs=0.05)


def test_sound_that_can_be_copied_is_not_touched(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", sound="aac")
    paint(source, target, stylizer)

    def packets(path) -> list[bytes]:
        with av.open(str(path)) as clip:
            return [bytes(packet) for packet in clip.demux(audio=0) if packet.size]

    assert packets(target) == packets(source)


def test_the_style_is_painted(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4")
    last = paint(source, target, stylizer)
    assert distance(facts(source).frames[5], facts(target).frames[5]) > 15
    assert last.before.shape == last.after.shape == (*SIZE[::-1], 3)
    settings = json.loads(facts(target).comment)
    assert settings["style"] == "udnie" and settings["trunk"] == stylizer.trunk.fingerprint


@pytest.mark.parametrize("rotation", [-90, 90, 180])
def test_a_clip_that_is_shown_rotated_comes_out_upright(rotation, tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", rotation=rotation)
    paint(source, target, stylizer, strength=0.0)
    after = facts(target)
    assert after.rotation == 0
    upright = np.rot90(picture(0), rotation // 90)
    assert distance(after.frames[0], upright) < 4


def test_an_odd_size_loses_one_row_and_one_column(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mkv", codec="ffv1", pixels="bgr0", size=(97, 65))
    paint(source, target, stylizer, strength=0.0)
    assert facts(target).size == (96, 64)
    assert distance(facts(target).frames[0], picture(0, (97, 65))[:64, :96]) < 3


def test_pixels_that_are_not_square_become_so(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", ratio=Fraction(2, 1))
    paint(source, target, stylizer)
    assert facts(target).size == (192, 64)


def test_max_side_scales_and_keeps_the_aspect(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", size=(192, 128))
    paint(source, target, stylizer, max_side=96, strength=0.0)
    assert facts(target).size == (96, 64)
    small = np.asarray(Image.fromarray(picture(0, (192, 128))).resize((96, 64), Image.Resampling.BOX))
    assert distance(facts(target).frames[0], small) < 4


def test_an_animated_gif_on_white(tmp_path, target, stylizer):
    frames = [Image.new("RGBA", (64, 48), (0, 0, 0, 0)) for _ in range(2)]
    for frame, colour in zip(frames, [(255, 0, 0), (0, 0, 255)], strict=True):
        frame.paste(colour, (0, 0, 32, 48))
    source = tmp_path / "a.gif"
    frames[0].save(source, save_all=True, append_images=frames[1:], duration=[100, 300], disposal=2)
    paint(source, target, stylizer, strength=0.0, temporal=False)
    after = facts(target)
    assert after.times == [0.0, 0.1] and after.duration == pytest.approx(0.4, abs=0.11)
    for frame, colour in zip(after.frames, [(254, 0, 0), (0, 0, 254)], strict=True):
        assert distance(frame[:, :30], np.full((48, 30, 3), colour)) < 4
        assert frame[:, 34:].min() > 245


def test_a_part_of_a_clip_with_its_sound(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mov", frames=50, sound="pcm_s16le")
    paint(source, target, stylizer, strength=0.0, start=0.4, length=0.8)
    before, after = facts(source), facts(target)
    assert len(after.times) == 20 and after.times[0] == 0.0
    assert distance(after.frames[0], before.frames[10]) < 3
    assert after.sound_seconds == pytest.approx(0.8, abs=0.05)
    # The tone goes on as it would have from there: 440 Hz at 0.4 s is a whole number of periods.
    expected = np.sin(2 * np.pi * 440 * np.arange(9600, 19200) / 48_000)
    assert np.corrcoef(after.samples[0, 9600:19200], expected)[0, 1] > 0.9


def test_a_part_whose_sound_is_copied_is_as_long(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", frames=50, sound="aac")
    paint(source, target, stylizer, start=0.4, length=0.8)
    assert len(facts(target).times) == 20
    assert facts(target).sound_seconds == pytest.approx(0.8, abs=0.05)


def test_a_morph_begins_with_the_first_style_and_ends_with_the_last(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", frames=8)
    paint(source, target, stylizer, "udnie,the_scream", morph=True, temporal=False)
    morphed = facts(target).frames
    ends = {}
    for style in ("udnie", "the_scream"):
        paint(source, target, stylizer, style, temporal=False)
        ends[style] = facts(target).frames
    assert distance(morphed[0], ends["udnie"][0]) < 3 < distance(morphed[0], ends["the_scream"][0])
    to_last = [distance(m, e) for m, e in zip(morphed, ends["the_scream"], strict=True)]
    assert to_last[-1] < to_last[0] / 3


def test_keep_color_keeps_the_colours(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4")
    means = []
    for keep in ("off", "linear"):
        paint(source, target, stylizer, keep_color=keep)
        means.append(np.abs(facts(target).frames[3].mean((0, 1)) - facts(source).frames[3].mean((0, 1))).max())
    assert means[1] < 3 < means[0]


# Motion


def noisy(number: int, shift: int = 0) -> np.ndarray:
    """A textured picture, moved to the left by ``shift`` pixels, with a camera's noise."""
    rng = np.random.default_rng(7)
    wide = np.kron(rng.integers(0, 255, (20, 60, 3)), np.ones((8, 8, 1)))
    wide = wide[:, shift : shift + 240] + np.random.default_rng(number).normal(0, 4, (160, 240, 3))
    return np.clip(wide, 0, 255).astype(np.uint8)


def test_motion_is_found_and_what_comes_in_is_not_trusted():
    estimate = MotionEstimator()
    assert estimate(noisy(0)) is None
    motion = estimate(noisy(1, shift=6))
    x = np.arange(240, dtype=np.float32)
    middle = motion.source[40:120, 40:200, 0] - x[40:200]
    assert np.median(middle) == pytest.approx(6, abs=0.3)
    assert np.median(motion.trust[40:120, 40:200]) == 1
    assert motion.trust[:, -5:].max() < 0.5  # it was not in the frame before


def test_a_cut_to_another_scene_has_no_motion():
    estimate = MotionEstimator()
    estimate(noisy(0))
    assert estimate(255 - noisy(1)[::-1, ::-1]) is None
    assert estimate(255 - noisy(2)[::-1, ::-1]) is not None  # the new scene goes on


def test_nothing_of_the_old_scene_shows_after_a_cut(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", frames=8, scenes=2)
    paint(source, target, stylizer, temporal=False)
    alone = facts(target).frames
    paint(source, target, stylizer, temporal=True)
    steady = facts(target).frames
    assert distance(alone[4], steady[4]) < 3
    assert distance(alone[4], alone[3]) > 10  # which is another picture altogether


def test_a_noisy_still_flickers_half_as_much(stylizer):
    frames = [noisy(n) for n in range(6)]
    code = stylizer.library.mix("the_scream")[None]
    estimate, steadier = MotionEstimator(), Steadier()
    alone, steady = [], []
    for frame in frames:
        painting = stylizer.paint(torch.from_numpy(frame).permute(2, 0, 1)[None] / 255, code)
        alone.append((painting[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8))
        steady.append(steadier(alone[-1], estimate(frame)))
    flicker = [np.mean([distance(a, b) ** 2 for a, b in pairwise(x)]) for x in (alone[2:], steady[2:])]
    assert flicker[1] < flicker[0] / 2


# Bad files


def test_what_is_no_clip_is_refused_with_a_sentence(tmp_path, target, stylizer):
    song = tmp_path / "song.mp4"
    with av.open(str(song), "w") as clip:
        add_tone(clip, clip.add_stream("aac", rate=48_000, layout="mono"), 0.2)
    whole = make_clip(tmp_path / "whole.mp4", frames=30).read_bytes()
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path / 'whole.mp4'}\n#EXT-X-ENDLIST\n"
    cases = {
        "empty.mp4": (b"", "empty"),
        "text.mp4": (b"no video at all\n" * 50, "not a video"),
        "photo.mp4": (good_jpeg(), "not a video"),
        "playlist.mp4": (playlist.encode(), "not a video"),
        "header.mp4": (whole[:40], "not a video"),
        "concat.mp4": (f"ffconcat version 1.0\nfile {tmp_path / 'whole.mp4'}\n".encode(), "not a video"),
    }
    for name, (data, words) in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(VideoError, match=words) as error:
            paint(path, target, stylizer)
        assert str(tmp_path) not in str(error.value)
    with pytest.raises(VideoError, match="no moving pictures"):
        paint(song, target, stylizer)
    with pytest.raises(VideoError, match="check the path"):
        paint(tmp_path / "missing.mp4", target, stylizer)
    with pytest.raises(VideoError, match="check the path"):
        paint(tmp_path, target, stylizer)
    assert not target.exists() and not list(tmp_path.glob(".*"))


def test_a_clip_cut_short_gives_what_there_is_and_says_so(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mkv", frames=50, size=(192, 128), sound="libopus")
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 2 // 3])
    last = paint(source, target, stylizer)
    count = len(facts(target).times)
    assert 10 < count == last.frame == last.frames < 50


def test_garbage_in_the_middle_costs_only_what_it_hits(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", frames=50, size=(192, 128))
    data = bytearray(source.read_bytes())
    start = data.find(b"mdat")
    middle = start + (len(data) - start) // 2
    data[middle : middle + 400] = np.random.default_rng(0).bytes(400)
    source.write_bytes(data)
    paint(source, target, stylizer)
    assert len(facts(target).times) >= 25


def test_a_header_of_three_hours_with_a_second_of_data(tmp_path, target, stylizer):
    source = with_long_header(make_clip(tmp_path / "a.mkv", frames=25), 3 * 3600)
    assert facts(source).duration > 3000  # the header lies
    info = ClipReader(source).info
    assert info.frames == 25 and info.seconds == pytest.approx(1.0, abs=0.05)
    assert paint(source, target, stylizer).frames == 25
    assert facts(target).duration == pytest.approx(1.0, abs=0.05)


def test_settings_that_cannot_work(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4")
    for words, settings in {
        "at least two": {"style": "udnie", "morph": True},
        "no weights": {"style": "udnie:2,the_scream", "morph": True},
        "start is a number": {"style": "udnie", "start": -1},
        "length is a number": {"style": "udnie", "length": float("nan")},
        "either true or false": {"style": "udnie", "temporal": "on"},
    }.items():
        with pytest.raises(ConfigError, match=words):
            VideoConfig(**settings)
    for words, kind, settings in (
        ("no style", ConfigError, {"style": "nobody"}),
        ("0.5 seconds long", VideoError, {"start": 7.0}),
        ("both sides need", VideoError, {"max_side": 40}),
    ):
        with pytest.raises(kind, match=words):
            paint(source, target, stylizer, **settings)
    with pytest.raises(VideoError, match="overwrite"):
        paint(source, source, stylizer)
    with pytest.raises(ConfigError, match=r"\.mp4"):
        paint(source, tmp_path / "out.avi", stylizer)
    with pytest.raises(ConfigError, match="folder does not exist"):
        paint(source, tmp_path / "nowhere" / "out.mp4", stylizer)
    assert not target.exists()


# Ends before the end


def test_a_stop_keeps_a_playable_file_of_what_is_done(tmp_path, target, stylizer):
    source = make_clip(tmp_path / "a.mp4", frames=100, sound="aac")
    run = stylize_video(source, target, stylizer, VideoConfig("udnie"))
    for progress in run:
        assert not target.exists() and progress.frames == 100 and progress.eta >= 0
        if progress.frame >= 10:
            break
    run.close()
    after = facts(target)
    assert 10 <= len(after.times) < 40
    assert after.sound_seconds == pytest.approx(len(after.times) / 25, abs=0.06)
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4", "out.mp4"}


@pytest.mark.parametrize("stage", ["paint", "steady"])
def test_a_failure_leaves_the_old_file_and_nothing_else(stage, tmp_path, target, stylizer, monkeypatch):
    source = make_clip(tmp_path / "a.mp4", frames=20)
    target.write_bytes(b"an earlier painting")
    calls = []

    def fails(*args):
        calls.append(args)
        if len(calls) == 5:
            raise RuntimeError("broken on purpose")
        return working(*args)

    owner, name = (stylizer, "paint") if stage == "paint" else (Steadier, "__call__")
    working = getattr(owner, name)
    monkeypatch.setattr(owner, name, fails if stage == "paint" else lambda self, *args: fails(self, *args))
    with pytest.raises(RuntimeError, match="on purpose"):
        paint(source, target, stylizer)
    assert target.read_bytes() == b"an earlier painting"
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4", "out.mp4"}


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, target, root):
    source = make_clip(tmp_path / "a.mp4", frames=40, size=(320, 240))

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    run = subprocess.run(
        [sys.executable, "-m", "nst", "video", source, "-o", target, "--style", "udnie", "--device", "cpu", "--quiet"],
        cwd=root, preexec_fn=little_room, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 2
    assert "has room" in run.stderr and "Traceback" not in run.stderr and str(tmp_path) not in run.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4"}


# Command line


def test_command_line(tmp_path, target, capsys):
    source = make_clip(tmp_path / "a.mp4", frames=10, sound="aac")
    common = ["video", str(source), "-o", str(target), "--device", "cpu", "--quiet"]
    assert main([*common, "--style", "udnie,the_scream", "--morph", "--temporal", "off", "--length", "0.2"]) == 0
    assert len(facts(target).times) == 5 and facts(target).sound_codec == "aac"
    settings = json.loads(facts(target).comment)
    assert (settings["temporal"], settings["morph"], settings["length"]) == (False, True, 0.2)
    assert main([*common, "--style", "nobody"]) == 2
    assert main(["video", "nothing.mp4", *common[2:], "--style", "udnie"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2 and all(line.startswith("nst: ") for line in errors)


def test_ctrl_c_keeps_the_part_painted_so_far(tmp_path, target, root):
    source = make_clip(tmp_path / "a.mp4", frames=400, sound="aac")
    command = [sys.executable, "-m", "nst", "video", source, "-o", target, "--style", "udnie", "--device", "cpu"]
    run = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True, preexec_fn=heeding_ctrl_c)
    seen, deadline = "", time.monotonic() + 90
    while "/400" not in seen and time.monotonic() < deadline:
        seen += run.stderr.read(1)  # the bar knows the total once a frame is done
    run.send_signal(signal.SIGINT)
    _, rest = run.communicate(timeout=60)
    assert run.returncode == 0, seen + rest
    assert "painted so far is kept" in rest and "Traceback" not in rest
    after = facts(target)
    assert 1 <= len(after.times) < 400
    assert after.sound_seconds == pytest.approx(len(after.times) / 25, abs=0.06)
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4", "out.mp4"}
