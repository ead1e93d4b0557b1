"""New styles on a frozen trunk, through the package and ``train/add_style.py``."""

import os
import subprocess
import sys

import pytest
import torch

from nst.errors import RecipeError
from nst.gatys import prepare_backbone
from nst.images import cover, open_image, resize, to_tensor
from nst.styles import StyleLibrary, load_style
from nst.training.perceptual import PerceptualLoss
from nst.training.recipe import Painting, make_recipe
from nst.training.teach import TeachConfig, teach
from nst.trunks import TRUNK, load_trunk

ABOUT = Painting(id="swirl", file="swirl.jpg", title="Swirl", artist="", year="", size=384)


@pytest.fixture(scope="module")
def painting(root):
    return resize(open_image(root / "examples" / "styles" / "swirl.jpg"), ABOUT.size)


def test_teaching_lowers_the_loss_and_leaves_the_trunk_alone(root, painting):
    library = StyleLibrary(load_trunk())  # without other styles to start from
    before = {name: tensor.clone() for name, tensor in library.trunk.network.state_dict().items()}
    config = TeachConfig(steps=30, size=96, batch=2)
    progress = list(teach(library, painting, ABOUT, config, frame_seconds=0.0))
    assert [p.step for p in progress] == list(range(1, 31))
    assert progress[-1].done and progress[-1].image is not None and progress[-1].eta == 0
    settings = make_recipe(library.trunk.about["recipe"]).loss
    backbone = prepare_backbone(settings.objective(), torch.device("cpu"))
    loss = PerceptualLoss(backbone, [[to_tensor(painting)]], settings)
    photo = to_tensor(cover(open_image(root / "examples" / "content" / "cat.jpg"), (128, 128)))
    weights = torch.tensor([settings.style_weight])
    with torch.no_grad():
        first, last = (
            float(loss(library.trunk.network(photo, p.code[None]), photo, [0], weights).total)
            for p in (progress[0], progress[-1])
        )
    assert last < 0.9 * first
    for name, tensor in library.trunk.network.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_teaching_twice_gives_the_same_style(painting):
    library = StyleLibrary.load(load_trunk())
    config = TeachConfig(steps=3, size=64, batch=1)
    codes = [list(teach(library, painting, ABOUT, config))[-1].code for _ in range(2)]
    assert torch.equal(*codes)


def test_the_script_writes_a_style_that_the_app_can_load(root, tmp_path):
    script = [sys.executable, str(root / "train" / "add_style.py"), str(root / "examples" / "styles" / "swirl.jpg")]
    options = ["--id", "swirl", "--title", "Swirl", "--artist", "Nobody", "--steps", "3", "--size", "64"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(*more):
        command = [*script, *options, "--styles", str(tmp_path), *more]
        return subprocess.run(command, capture_output=True, text=True, env=env)

    done = run()
    assert done.returncode == 0, done.stderr
    assert "learnt in" in done.stdout
    style = load_style(tmp_path / "swirl.safetensors", load_trunk(TRUNK))
    assert style.info.title == "Swirl" and style.thumbnail and "commit" in style.info.made
    before = (tmp_path / "swirl.safetensors").read_bytes()
    again = run()
    assert again.returncode == 2 and "already a style 'swirl'" in again.stderr
    assert (tmp_path / "swirl.safetensors").read_bytes() == before
    assert run("--force").returncode == 0
    (tmp_path / "empty").mkdir()
    for bad in (["--id", "../x"], ["--steps", "0"], ["--size", "33"], ["--photos", str(tmp_path / "empty")]):
        done = run("--force", *bad)
        assert done.returncode == 2 and "Traceback" not in done.stderr, bad


def test_settings_that_cannot_work_are_refused():
    for wrong in ({"steps": 0}, {"batch": 0}, {"size": 30}, {"rate": 0}, {"rate": float("nan")}):
        with pytest.raises(RecipeError):
            TeachConfig(**wrong)
