"""``stylize`` and ``styles`` on the command line, run as a user runs them."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from nst.__main__ import main
from nst.images import open_image
from tests.pictures import ODD, REFUSED, good_jpeg, written


@pytest.fixture
def photo(tmp_path):
    return written(tmp_path, "photo.jpg", good_jpeg())


@pytest.fixture
def album(tmp_path):
    """Seven files: JPEG and others, names that would collide, a hidden one, and what is no picture."""
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "deeper").mkdir()
    for name in ("b.jpg", "a.JPEG", ".hidden.jpg", "deeper/c.jpg"):
        written(folder, name, good_jpeg())
    picture = Image.open(folder / "b.jpg")
    picture.save(folder / "b.webp")
    picture.save(folder / "b.png")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def stylize(*argv) -> int:
    """The exit code, also when it is argparse that ends the command."""
    try:
        return main(["stylize", *map(str, argv), "--device", "cpu"])
    except SystemExit as error:
        return error.code


def names(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def settings_in(path) -> dict:
    with Image.open(path) as image:
        return json.loads(image.text["nst"] if image.format == "PNG" else image.info["comment"])


def test_one_photo_to_one_file_with_its_settings(tmp_path, photo, ids, capsys):
    out = tmp_path / "out.png"
    style = f"{ids[0]}:2,{ids[1]}"
    assert stylize(photo, "-o", out, "--style", style, "--strength", "0.5", "--keep-color", "luminance") == 0
    with Image.open(out) as image:
        assert image.size == (96, 64)
    settings = settings_in(out)
    assert len(settings.pop("trunk")) == 16
    assert settings == {
        "mode": "stylize", "style": style, "strength": 0.5, "keep_color": "luminance", "max_side": None,
        "strokes": None, "fine": False,
    }  # fmt: skip
    assert capsys.readouterr() == ("", "")  # no bar for one picture


def test_the_flags_reach_the_painting(tmp_path, photo, ids):
    def run(*flags):
        out = tmp_path / "out.png"
        assert stylize(photo, "-o", out, "--style", ids[0], *flags) == 0
        return np.asarray(Image.open(out)).astype(int)

    original = np.asarray(open_image(photo)).astype(int)
    full, half, none = run(), run("--strength", "0.5"), run("--strength", "0")
    assert (none == original).all()
    assert 0 < np.abs(half - original).mean() < np.abs(full - original).mean()
    assert (run("--keep-color", "linear") != full).any()
    assert run("--max-side", "60").shape == (40, 60, 3)
    assert run("--max-side", "600").shape == (64, 96, 3)  # never enlarged


@pytest.mark.parametrize(
    ("name", "kind"), [("o.jpg", "JPEG"), ("o.jpeg", "JPEG"), ("o.webp", "WEBP"), ("o.PNG", "PNG")]
)
def test_the_name_decides_the_format(tmp_path, photo, ids, name, kind):
    assert stylize(photo, "-o", tmp_path / name, "--style", ids[0]) == 0
    with Image.open(tmp_path / name) as image:
        assert image.format == kind and image.size == (96, 64)


def test_one_photo_into_an_existing_folder(tmp_path, photo, ids):
    out = tmp_path / "out"
    out.mkdir()
    assert stylize(photo, "-o", out, "--style", ids[0]) == 0
    assert names(out) == {"photo.jpg"}


def test_a_folder_of_photos_goes_to_a_new_folder(tmp_path, album, ids, capsys):
    before = {path.name: path.read_bytes() for path in album.iterdir() if path.is_file()}
    out = tmp_path / "new" / "out.folder"
    assert stylize(album, "-o", out, "--style", ids[0]) == 0
    assert names(out) == {"a.jpg", "b.jpg", "b.png", "b-2.png"}
    for path in out.iterdir():
        assert settings_in(path)["style"] == ids[0]
    assert {path.name: path.read_bytes() for path in album.iterdir() if path.is_file()} == before
    assert "4/4" in capsys.readouterr().err  # the bar


def test_painting_into_the_photos_own_folder_overwrites_none(album, ids):
    before = {path: path.read_bytes() for path in album.iterdir() if path.is_file()}
    assert stylize(album, "-o", album, "--style", ids[0], "--quiet") == 0
    assert all(path.read_bytes() == data for path, data in before.items())
    assert len(names(album)) == len(before) + 1 + 4


def test_several_photos_and_a_folder_each_once(tmp_path, photo, album, ids):
    out = tmp_path / "out"
    assert stylize(photo, album / "b.jpg", album, photo, "-o", out, "--style", ids[0], "--quiet") == 0
    assert names(out) == {"photo.jpg", "a.jpg", "b.jpg", "b.png", "b-2.png"}


def test_photos_of_one_name_from_two_folders_both_come_out(tmp_path, ids):
    inputs = []
    for folder, colour in (("one", "red"), ("two", "blue")):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (48, 48), colour).save(tmp_path / folder / "IMG.png")
        inputs.append(tmp_path / folder / "IMG.png")
    assert stylize(*inputs, "-o", tmp_path / "out", "--style", ids[0], "--strength", "0", "--quiet") == 0
    assert names(tmp_path / "out") == {"IMG.png", "IMG-2.png"}
    assert Image.open(tmp_path / "out" / "IMG.png").getpixel((9, 9)) == (255, 0, 0)
    assert Image.open(tmp_path / "out" / "IMG-2.png").getpixel((9, 9)) == (0, 0, 255)


def test_bad_files_are_told_by_name_and_the_good_ones_finish(tmp_path, ids, capsys):
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name, data, _ in [*REFUSED.values(), *ODD.values()]:
        written(folder, name, data)
    out = tmp_path / "out"
    assert stylize(folder, tmp_path / "missing.jpg", "-o", out, "--style", ids[0]) == 1
    told = capsys.readouterr().err
    assert "Traceback" not in told
    for name, _, words in REFUSED.values():
        assert any(name in line and words in line for line in told.splitlines()), name
    assert any("missing.jpg" in line and "no picture file" in line for line in told.splitlines())
    assert {path.stem for path in out.iterdir()} == {name.split(".")[0] for name, _, _ in ODD.values()}
    with Image.open(out / "phone.jpg") as image:
        assert image.size == (64, 96)


def test_a_single_bad_file_fails(tmp_path, ids, capsys):
    bad = written(tmp_path, "letter.jpg", REFUSED["text renamed"][1])
    assert stylize(bad, "-o", tmp_path / "out.png", "--style", ids[0]) == 1
    told = capsys.readouterr().err
    assert "letter.jpg" in told and "not a picture" in told
    assert not (tmp_path / "out.png").exists()


def test_quiet_says_nothing_but_errors(tmp_path, album, ids, capsys):
    assert stylize(album, "-o", tmp_path / "out", "--style", ids[0], "--quiet") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{photo}", "-o", "{out}/o.png"], "--style"),
        (["{photo}", "-o", "{out}/o.png", "--style", "nosuch"], "no style 'nosuch'"),
        (["{photo}", "-o", "{out}/o.png", "--style", ""], "No style is given"),
        (["{photo}", "-o", "{out}/o.png", "--style", "{id}:0"], "sum to zero"),
        (["{photo}", "-o", "{out}/o.png", "--style", "{id}:x"], "is no number"),
        (["{photo}", "-o", "{out}/o.png", "--style", "{id}", "--strength", "2"], "from 0 (the photo) to 1"),
        (["{photo}", "-o", "{out}/o.png", "--style", "{id}", "--strength", "nan"], "from 0 (the photo) to 1"),
        (["{photo}", "-o", "{out}/o.png", "--style", "{id}", "--strength", "x"], "invalid float"),
        (["{photo}", "-o", "{out}/o.png", "--style", "{id}", "--keep-color", "x"], "invalid choice"),
        (["{photo}", "-o", "{out}/o.png", "--style", "{id}", "--max-side", "-5"], "32 or more"),
        (["{photo}", "-o", "{out}/o.png", "--style", "{id}", "--device", "tpu"], "no device 'tpu'"),
        (["{photo}", "-o", "{out}/o.gif", "--style", "{id}"], "must end in .png"),
        (["{photo}", "-o", "{out}/no/where.png", "--style", "{id}"], "folder does not exist"),
        (["{photo}", "-o", "{photo}", "--style", "{id}"], "would overwrite the photo"),
        (["{photo}", "{photo}", "-o", "{out}/o.png", "--style", "{id}"], "need a folder"),
        (["{photo}", "{photo}", "-o", "{photo}", "--style", "{id}"], "need a folder"),
        (["{photo}", "{empty}", "-o", "{out}/new", "--style", "{id}"], "no picture in the folder"),
        (["{photo}", "{photo}", "-o", "{photo}/new", "--style", "{id}"], "cannot be made"),
    ],
)
def test_wrong_arguments_are_refused_before_any_work(tmp_path, photo, ids, capsys, arguments, words):
    out, empty = tmp_path / "out", tmp_path / "empty"
    out.mkdir()
    empty.mkdir()
    before = photo.read_bytes()
    device = [] if "--device" in arguments else ["--device", "cpu"]
    try:
        code = main(["stylize", *(a.format(photo=photo, out=out, empty=empty, id=ids[0]) for a in arguments), *device])
    except SystemExit as error:
        code = error.code
    assert code == 2
    told = capsys.readouterr().err
    assert words in told and "Traceback" not in told
    assert names(out) == set() and photo.read_bytes() == before


def test_it_runs_as_a_module(tmp_path, photo, ids, root):
    command = [sys.executable, "-m", "nst", "stylize", photo, "-o", tmp_path / "o.png", "--style", ids[0]]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (tmp_path / "o.png").is_file()


def test_styles_are_listed_for_people_and_for_programs(ids, capsys):
    assert main(["styles", "--json"]) == 0
    listing = json.loads(capsys.readouterr().out)
    assert sorted(style["id"] for style in listing) == ids
    assert all(set(style) == {"id", "title", "artist", "year", "licence", "size", "origin"} for style in listing)
    assert main(["styles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "title", "artist", "year", "origin"] and len(lines) == 1 + len(ids)
    for style, row in zip(listing, lines[1:], strict=True):
        assert row.startswith(style["id"])
        assert all(style[name] in row for name in ("title", "artist", "year"))


def test_shards_are_disjoint_and_together_everything(tmp_path, capsys):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for n in range(5):
        Image.new("RGB", (48, 48), (40 * n, 90, 60)).save(photos / f"{n}.png")
    made = []
    for shard in ("1/2", "2/2"):
        before = names(out) if out.exists() else set()
        assert stylize(photos, "-o", out, "--style", "udnie", "--quiet", "--shard", shard) == 0
        made.append(names(out) - before)
    assert [len(files) for files in made] == [3, 2]
    assert set.union(*made) == {f"{n}.png" for n in range(5)}
    for bad in ("0/2", "3/2", "1", "a/b", "1/0"):
        assert stylize(photos, "-o", out, "--style", "udnie", "--shard", bad) == 2
        assert "I/N" in capsys.readouterr().err


def test_more_shards_than_photos_leave_nothing_to_do(photo, tmp_path):
    assert stylize(photo, "-o", tmp_path / "out.png", "--style", "udnie", "--shard", "2/2") == 0
    assert not (tmp_path / "out.png").exists()


def test_another_network_is_chosen_by_name(photo, tmp_path, capsys):
    assert stylize(photo, "-o", tmp_path / "out.png", "--style", "udnie", "--network", "nosuch") == 2
    assert "no network 'nosuch' here: choose from multistyle" in capsys.readouterr().err
