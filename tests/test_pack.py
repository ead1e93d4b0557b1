"""What travels to a machine with a GPU: photographs within their room, paintings, a recipe that trains there."""

import subprocess
import sys
import tarfile
from dataclasses import asdict

import pytest

from nst.images import open_image
from nst.training.checkpoint import load_checkpoint
from nst.training.recipe import read_recipe

RECIPE = """
name = "packed"
checkpoint_every = 100

[network_settings]
width = 8
blocks = 1
fold = 2
noise = true

[data]
folder = "examples/content"
gentle_share = 0.3

[loss]
style_layers = "relu1_2,relu2_2"
content_layers = "relu2_2"
pyramid = 2
light_weight = 1.0
stability_share = 0.1

[[stages]]
steps = 4
size = 64
batch = 2

[[stages]]
steps = 4
size = 96
batch = 1

[[paintings]]
id = "swirl"
file = "examples/styles/swirl.jpg"
title = "Swirl \\"A\\" ü"
artist = "Nobody"
year = "2026"
size = 96
crop = [0.1, 0, 0.9, 1]
"""


@pytest.fixture(scope="module")
def packed(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pack")
    (folder / "small.toml").write_text(RECIPE, encoding="utf-8")
    command = [sys.executable, "train/pack.py", str(folder / "small.toml"), str(folder / "out")]
    done = subprocess.run(
        [*command, "--side", "64", "--batch", "3", "--workers", "0", "--mebibytes", "0.05"],
        capture_output=True, text=True, cwd=root,
    )  # fmt: skip
    assert done.returncode == 0 and "photographs and 1 paintings" in done.stdout, done.stderr
    return folder


def test_the_photographs_fit_into_their_room_and_differ(packed):
    tar = packed / "out" / "photos.tar"
    with tarfile.open(tar) as file:
        names = file.getnames()
        photos = [file.extractfile(name).read() for name in names]
    assert 3 <= len(names) <= 5 and len(set(photos)) == len(photos)
    assert tar.stat().st_size <= 0.05 * 2**20 + 10240  # and how a tar file ends
    assert all(min(open_image(photo).size) <= 64 for photo in photos)


def test_the_packed_recipe_is_the_recipe_but_for_where_things_lie(packed):
    before, after = (asdict(read_recipe(packed / name)) for name in ("small.toml", "out/packed.toml"))
    for recipe in (before, after):
        for key in ("file",):
            recipe["paintings"][0].pop(key)
        for key in ("folder", "tars", "workers"):
            recipe["data"].pop(key)
    assert [stage.pop("batch") for stage in after["stages"]] == [3, 3]
    assert [stage.pop("batch") for stage in before["stages"]] == [2, 1]
    assert after == before


def test_training_takes_the_minutes_that_it_is_given(packed, root):
    command = [sys.executable, "train/train.py", str(packed / "out" / "packed.toml"), "--runs", str(packed / "runs")]
    done = subprocess.run([*command, "--minutes", "0.25"], capture_output=True, text=True, cwd=root, timeout=300)
    assert done.returncode == 0, done.stderr
    _, about = load_checkpoint(packed / "runs" / "packed" / "checkpoint.safetensors")
    stages = [stage["steps"] for stage in about["recipe"]["stages"]]
    assert f"{sum(stages)} steps in 0.25 minutes" in done.stdout
    assert about["step"] == sum(stages) and abs(stages[0] - stages[1]) <= 1


@pytest.mark.parametrize("recipe", ["nothing.toml", "small.toml"])
def test_what_cannot_be_packed_is_a_sentence(packed, root, recipe):
    if recipe == "small.toml":
        (packed / "bad.toml").write_text(RECIPE.replace("swirl.jpg", "absent.jpg"), encoding="utf-8")
        recipe = "bad.toml"
    command = [sys.executable, "train/pack.py", str(packed / recipe), str(packed / "none"), "--mebibytes", "0.01"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root)
    assert done.returncode == 2 and done.stderr.splitlines()[-1].startswith("pack: ")
    assert "Traceback" not in done.stderr
