"""Training through its command line: logs, checkpoints, resuming, several processes, export, and bad recipes."""

import csv
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from nst.errors import RecipeError
from nst.images import open_image
from nst.networks import build_network
from nst.styles import StyleLibrary
from nst.stylizer import Stylizer
from nst.training.checkpoint import load_checkpoint
from nst.training.export import export_run
from nst.training.perceptual import PerceptualLoss
from nst.training.photos import Crops, open_source
from nst.training.recipe import Data, Loss, make_recipe, read_recipe
from nst.trunks import load_trunk

RECIPE = """
name = "small"
seed = 3
checkpoint_every = 4

[network_settings]
width = 8
blocks = 1
fold = 2

[data]
{data}
identity_share = 0.2
flat_share = 0.3

[loss]
style_layers = "relu1_2,relu2_2"
content_layers = "relu2_2"

[[stages]]
steps = 6
size = 32
batch = 2

[[stages]]
steps = 4
size = 48
batch = 1

[[paintings]]
id = "swirl"
file = "{styles}/swirl.jpg"
title = "Swirl"
artist = "Nobody"
year = "2026"
size = 96

[[paintings]]
id = "ink"
file = "{styles}/{second}"
title = "Ink"
artist = "Nobody"
year = "2026"
size = 96
"""


@pytest.fixture(scope="module")
def recipe_path(root, tmp_path_factory):
    styles = root / "examples" / "styles"
    second = next(p.name for p in sorted(styles.glob("*.jpg")) if p.name != "swirl.jpg")
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    folder = f'folder = "{root / "examples" / "content"}"'
    path.write_text(RECIPE.format(data=folder, styles=styles, second=second))
    return path


def train(recipe, runs, *options, root=None, launcher=(), check=True, env=None):
    script = str(root / "train" / "train.py")
    command = [*(launcher or (sys.executable,)), script, str(recipe), "--runs", str(runs), *options]
    threads = {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **threads, **(env or {})}, cwd=root
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def rows(runs):
    with (runs / "small" / "losses.csv").open() as file:
        return list(csv.DictReader(file))


def losses(runs):
    return [{k: row[k] for k in ("step", "content", "style", "stability", "total", "rate")} for row in rows(runs)]


@pytest.fixture(scope="module")
def unbroken(root, recipe_path, tmp_path_factory):
    """A whole run."""
    runs = tmp_path_factory.mktemp("runs")
    train(recipe_path, runs, root=root)
    return runs


def test_a_run_leaves_a_log_previews_and_a_checkpoint(unbroken):
    table = rows(unbroken)
    assert [int(row["step"]) for row in table] == list(range(1, 11))
    assert all(np.isfinite(float(value)) for row in table for value in row.values())
    assert float(table[-1]["stability"]) > 0 and float(table[0]["stability"]) == 0  # in the last quarter only
    names = sorted(p.name for p in (unbroken / "small").iterdir())
    assert names == [
        "checkpoint.safetensors", "losses.csv", "preview-000010.jpg",
    ]  # fmt: skip
    tensors, about = load_checkpoint(unbroken / "small" / "checkpoint.safetensors")
    assert about["step"] == 10
    assert not torch.equal(tensors["ema.codes"], tensors["model.codes"])


def test_a_resumed_run_has_the_losses_and_weights_of_the_unbroken_one(root, recipe_path, tmp_path, unbroken):
    train(recipe_path, tmp_path, "--stop-after", "7", root=root)  # three steps past the checkpoint
    train(recipe_path, tmp_path, "--resume", root=root)
    assert losses(tmp_path) == losses(unbroken)
    ours, theirs = (load_checkpoint(r / "small" / "checkpoint.safetensors")[0] for r in (tmp_path, unbroken))
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name


def test_a_killed_run_resumes_from_its_last_checkpoint(root, recipe_path, tmp_path, unbroken):
    command = [sys.executable, str(root / "train" / "train.py"), str(recipe_path), "--runs", str(tmp_path)]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, cwd=root)
    checkpoint = tmp_path / "small" / "checkpoint.safetensors"
    until = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert load_checkpoint(checkpoint)[1]["step"] >= 4
    train(recipe_path, tmp_path, "--resume", root=root)
    assert losses(tmp_path) == losses(unbroken)


TWO = """
import hashlib, sys
from pathlib import Path
from accelerate import Accelerator
from nst.training.recipe import read_recipe
from nst.training.trainer import Trainer
accelerator = Accelerator(cpu=True)
trainer = Trainer(read_recipe(Path(sys.argv[1])), Path(sys.argv[2]), accelerator)
for progress in trainer.run():
    pass
digest = hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in trainer.plain.parameters()))
digest.update(trainer.balance.state.numpy().tobytes())
name = f"rank-{accelerator.process_index}-of-{accelerator.num_processes}"
(Path(sys.argv[2]) / name).write_text(digest.hexdigest() + f" {progress.total}")
"""


def test_two_processes_train_one_network(root, recipe_path, tmp_path):
    script = tmp_path / "two.py"
    script.write_text(TWO)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [*launcher, str(script), str(recipe_path), str(tmp_path)], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stderr
    first, second = ((tmp_path / f"rank-{i}-of-2").read_text().split() for i in (0, 1))
    assert first[0] == second[0]  # the same weights in both …
    assert first[1] != second[1]  # … though each saw photographs of its own


def test_processes_share_the_photographs_out(recipe_path):
    recipe = read_recipe(recipe_path)

    class Numbers:
        def __init__(self):
            self.seen = []

        def photos(self, numbers):
            from PIL import Image

            for number in numbers:
                self.seen.append(number)
                yield Image.new("RGB", (64, 64))

    seen = []
    for rank in (0, 1):
        source = Numbers()
        list(Crops(recipe, source, rank=rank, world=2))
        seen.append(source.seen)
    assert sorted(seen[0] + seen[1]) == list(range(2 * (6 * 2 + 4 * 1)))
    late = Numbers()
    list(Crops(recipe, late, first=7, rank=1, world=2))
    assert late.seen == seen[1][-len(late.seen) :] and len(late.seen) == 3


def test_a_loss_that_is_no_number_stops_with_a_sentence_and_keeps_the_checkpoint(root, recipe_path, tmp_path):
    train(recipe_path, tmp_path, "--stop-after", "4", root=root)
    before = (tmp_path / "small" / "checkpoint.safetensors").read_bytes()
    bad = tmp_path / "bad.toml"
    bad.write_text(recipe_path.read_text().replace("[loss]", "[optimizer]\nrate = 1e30\nwarmup = 1\n\n[loss]"))
    done = train(bad, tmp_path, "--resume", root=root, check=False)
    assert done.returncode == 2
    assert "not a number at step" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "small" / "checkpoint.safetensors").read_bytes() == before


@pytest.fixture(scope="module")
def exported(root, unbroken, tmp_path_factory):
    """What export.py makes of the whole run."""
    weights = tmp_path_factory.mktemp("weights")
    command = [sys.executable, str(root / "train" / "export.py"), "small", "--runs", str(unbroken)]
    subprocess.run([*command, "--weights", str(weights)], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return weights


def test_export_writes_what_the_app_loads(exported):
    trunk = load_trunk(exported / "trunk.safetensors")
    library = StyleLibrary.load(trunk, exported / "styles")
    assert {style.info.id for style in library} == {"swirl", "ink"}
    assert all(style.thumbnail for style in library)
    about = trunk.about
    assert about["recipe"]["name"] == "small" and about["seed"] == 3 and about["steps"] == 10
    assert json.loads(json.dumps(make_recipe(about["recipe"]).as_dict())) == about["recipe"]


def test_a_part_of_the_strength_can_become_full_strength(exported, unbroken, tmp_path):
    names = export_run(unbroken / "small" / "checkpoint.safetensors", tmp_path, strength=0.5)
    full, half = (StyleLibrary.load(load_trunk(at / "trunk.safetensors"), at / "styles") for at in (exported, tmp_path))
    assert full.trunk.fingerprint == half.trunk.fingerprint
    for name in names:
        torch.testing.assert_close(half[name].code, (full[name].code + full.trunk.identity) / 2)
        assert half[name].info.made["strength"] == 0.5 and "strength" not in full[name].info.made
        assert half[name].info.style_weight == pytest.approx(full[name].info.style_weight / 4, abs=2e-3)
    with pytest.raises(RecipeError, match="above 0"):
        export_run(unbroken / "small" / "checkpoint.safetensors", tmp_path, strength=0)


def test_resuming_what_does_not_fit_is_refused(root, recipe_path, tmp_path, unbroken):
    done = train(recipe_path, tmp_path, "--resume", root=root, check=False)
    assert done.returncode == 2 and "no checkpoint" in done.stderr
    other = tmp_path / "other.toml"
    other.write_text(recipe_path.read_text().replace("width = 8", "width = 12"))
    done = train(other, unbroken, "--resume", root=root, check=False)
    assert done.returncode == 2 and "another network" in done.stderr
    broken = tmp_path / "small"
    broken.mkdir(exist_ok=True)
    (broken / "checkpoint.safetensors").write_bytes(b"x" * 100)
    done = train(recipe_path, tmp_path, "--resume", root=root, check=False)
    assert done.returncode == 2 and "damaged" in done.stderr and "Traceback" not in done.stderr


def test_a_run_can_start_from_exported_weights_and_tell_only_what_differs(root, recipe_path, tmp_path, exported):
    longer = recipe_path.with_name("longer.toml")
    text = f'extends = "small.toml"\nname = "longer"\nstart = "{exported}"\n[optimizer]\nrate = 1e-12\n'
    longer.write_text(text + "[[stages]]\nsteps = 1\nsize = 32\nbatch = 1\n")
    assert read_recipe(longer).paintings == read_recipe(recipe_path).paintings
    train(longer, tmp_path, root=root)
    after = load_checkpoint(tmp_path / "longer" / "checkpoint.safetensors")[0]
    trunk = load_trunk(exported / "trunk.safetensors")
    for name, tensor in trunk.network.state_dict().items():  # with such a rate the weights stay where they were
        assert torch.allclose(after[f"ema.network.{name}"], tensor, atol=1e-6), name
    library = StyleLibrary.load(trunk, exported / "styles")
    codes = torch.stack([library["swirl"].code, library["ink"].code, trunk.identity])
    assert torch.allclose(after["ema.codes"], codes, atol=1e-6)
    mean = read_recipe(longer).loss.style_weight
    for factor, name in zip(after["balance"][0], ("swirl", "ink"), strict=True):
        assert float(factor.exp()) * mean == pytest.approx(library[name].info.style_weight, rel=0.03)
    longer.write_text(text + "[network_settings]\nwidth = 12\n")
    done = train(longer, tmp_path, root=root, check=False)
    assert done.returncode == 2 and "to start from are of another network" in done.stderr
    longer.write_text(text.replace(str(exported), str(tmp_path / "nothing")))
    done = train(longer, tmp_path, root=root, check=False)
    assert done.returncode == 2 and "cannot be used" in done.stderr and "Traceback" not in done.stderr


def test_a_deeper_network_starts_with_the_pictures_of_the_shallower_one(root, recipe_path, tmp_path, exported):
    longer, deeper = recipe_path.with_name("longer.toml"), recipe_path.with_name("deeper.toml")
    stage = "[[stages]]\nsteps = 1\nsize = 32\nbatch = 1\n"
    longer.write_text(f'extends = "small.toml"\nstart = "{exported}"\n[optimizer]\nrate = 1e-12\n{stage}')
    deeper.write_text(f'extends = "longer.toml"\nname = "deeper"\n[network_settings]\nblocks = 4\n{stage}')
    assert read_recipe(deeper).optimizer.rate == 1e-12
    train(deeper, tmp_path, root=root)
    after = load_checkpoint(tmp_path / "deeper" / "checkpoint.safetensors")[0]
    network = build_network("multistyle", read_recipe(deeper).network_settings)
    network.load_state_dict({k[12:]: v for k, v in after.items() if k.startswith("ema.network.")})
    trunk = load_trunk(exported / "trunk.safetensors")
    assert len(network.blocks) > len(trunk.network.blocks)
    photo = torch.rand(1, 3, 64, 64)
    library = StyleLibrary.load(trunk, exported / "styles")
    codes = [library["swirl"].code, library["ink"].code, trunk.identity]
    for code, deep in zip(codes, after["ema.codes"], strict=True):
        old, new = trunk.network(photo, code[None]), network(photo, deep[None])
        assert (old - new).abs().max() < 1e-3
    longer.write_text(f'extends = "deeper.toml"\n{stage}')
    with pytest.raises(RecipeError, match="extends itself"):
        read_recipe(deeper)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[loss]", "[loss]\nstile_weight = 3", "no entry 'stile_weight'"),
        ("steps = 6", 'steps = "six"', "must be of type int"),
        ("steps = 6", "steps = 0", "A stage needs"),
        ("size = 48", "size = 50", "multiple of 4"),
        ('id = "ink"', 'id = "swirl"', "an id of its own"),
        ('title = "Ink"', "", "lacks"),
        ("width = 8", "wide = 8", "settings of network"),
        ('content_layers = "relu2_2"', 'content_layers = "relu9_9"', "relu9_9"),
        ("[data]", '[data]\ntars = "x-*.tar"', "exactly one"),
        ("name =", "name = =", "not valid TOML"),
    ],
)
def test_a_recipe_that_cannot_work_is_refused(recipe_path, tmp_path, old, new, sentence):
    text = recipe_path.read_text()
    assert old in text
    bad = tmp_path / "bad.toml"
    bad.write_text(text.replace(old, new))
    with pytest.raises(RecipeError, match=sentence):
        read_recipe(bad)


def test_missing_recipes_photographs_and_paintings_are_told(root, recipe_path, tmp_path):
    with pytest.raises(RecipeError, match="no recipe"):
        read_recipe(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match="no photographs"):
        open_source(Data(folder=str(tmp_path)), 0)
    (tmp_path / "a.tar").write_bytes(b"nonsense")
    with pytest.raises(RecipeError, match="not a tar file"):
        open_source(Data(tars=str(tmp_path / "*.tar")), 0)
    lost = tmp_path / "lost.toml"
    lost.write_text(recipe_path.read_text().replace("swirl.jpg", "nowhere.jpg"))
    done = train(lost, tmp_path, root=root, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_photographs_come_from_tar_files_and_damaged_ones_are_passed_over(root, tmp_path):
    content = root / "examples" / "content"
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    with tarfile.open(tmp_path / "p-0.tar", "w") as archive:
        for name in ("cat.jpg", "bee.jpg"):
            archive.add(content / name, name)
        archive.add(tmp_path / "bad.jpg", "bad.jpg")
        archive.add(content / "examples.json" if (content / "examples.json").exists() else __file__, "notes.txt")
    source = open_source(Data(tars=str(tmp_path / "p-*.tar")), 1)
    assert len(source) == 3
    sizes = {photo.size for photo in source.photos(range(12))}
    from nst.images import open_image

    assert sizes == {open_image(content / name).size for name in ("cat.jpg", "bee.jpg")}
    again = [photo.size for photo in open_source(Data(tars=str(tmp_path / "p-*.tar")), 1).photos(range(12))]
    assert again == [photo.size for photo in source.photos(range(12))]


def test_photographs_are_streamed_from_a_data_set(root, tmp_path, monkeypatch):
    datasets = pytest.importorskip(
        "datasets", reason="needs the package datasets, which only training from the Hub uses"
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    paths = sorted((root / "examples" / "content").glob("*.jpg"))
    rows = {"image": [{"bytes": p.read_bytes(), "path": None} for p in paths]}
    folder = tmp_path / "set"
    folder.mkdir()
    features = datasets.Features({"image": datasets.Image(decode=False)})
    datasets.Dataset.from_dict(rows, features=features).to_parquet(str(folder / "train.parquet"))
    data = Data(hub=str(folder))
    photos = [photo.size for photo in open_source(data, 0).photos(range(12))]  # more than there are: round again
    assert len(set(photos[:5])) == len({open_size(p) for p in paths})
    later = [photo.size for photo in open_source(data, 0).photos(range(4, 12))]
    assert later == photos[4:]
    with pytest.raises(RecipeError, match="cannot be streamed"):
        next(open_source(Data(hub=str(tmp_path / "nowhere")), 0).photos(range(1)))


def open_size(path):
    from nst.images import open_image

    return open_image(path).size


@pytest.mark.parametrize("network", ["johnson", "aonet", "vgg16_decoder"])
def test_networks_of_one_style_learn_and_are_exported(root, recipe_path, tmp_path, network):
    table = read_recipe(recipe_path).as_dict()
    one = {**table, "name": network, "network": network, "network_settings": {}, "paintings": table["paintings"][:1]}
    one["data"] = {**one["data"], "identity_share": 0.0, "flat_share": 0.0}
    one["stages"] = [{"steps": 50, "size": 64, "batch": 1}]
    one["loss"] = {**one["loss"], "stability": 0.0}
    one["optimizer"] = {**one["optimizer"], "warmup": 5}
    one["checkpoint_every"] = 50
    path = tmp_path / "one.toml"
    path.write_text(_toml(one))
    train(path, tmp_path, root=root)
    with (tmp_path / network / "losses.csv").open(newline="") as file:
        totals = [float(row["total"]) for row in csv.DictReader(file)]
    assert np.mean(totals[-10:]) < 0.9 * np.mean(totals[:5])
    command = [sys.executable, str(root / "train" / "export.py"), network, "--runs", str(tmp_path)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, "--weights", str(tmp_path / "weights")], check=True, env=env)
    stylizer = Stylizer(tmp_path / "weights" / "trunk.safetensors", tmp_path / "weights" / "styles", "cpu")
    photo = open_image(root / "examples" / "content" / "cat.jpg").resize((96, 64))
    pixels, half = (np.asarray(stylizer.stylize(photo, "swirl", strength=s), dtype=float) for s in (1, 0.5))
    blend = (pixels + np.asarray(photo)) / 2
    assert pixels.shape == (64, 96, 3) and np.abs(half - blend).max() <= 1.5  # strength is a blend of pixels


def _toml(table: dict) -> str:
    """A recipe's dictionary as TOML."""
    lines, tables = [], []
    for key, value in table.items():
        if isinstance(value, dict):
            tables.append(f"[{key}]\n" + _toml(value))
        elif isinstance(value, list | tuple) and all(isinstance(entry, dict) for entry in value):
            tables += [f"[[{key}]]\n" + _toml(dict(entry)) for entry in value]
        else:
            lines.append(f"{key} = {json.dumps(value)}\n")
    return "".join(lines) + "\n".join(tables)


def test_a_network_of_one_style_takes_one_painting(root, recipe_path, tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(recipe_path.read_text().replace('name = "small"', 'name = "small"\nnetwork = "aonet"', 1))
    path.write_text(path.read_text().replace("width = 8\nblocks = 1\nfold = 2", ""))
    done = train(path, tmp_path, root=root, check=False)
    assert done.returncode == 2 and "one painting" in done.stderr


def test_a_share_of_the_crops_is_painted_gently_and_others_stay_as_they_were(root):
    recipe = make_recipe(
        {
            "name": "gentle", "data": {"folder": str(root / "examples" / "content"), "gentle_share": 0.5},
            "paintings": [{"id": "a", "file": "a.jpg", "title": "A", "artist": "A", "year": "1"}],
            "stages": [{"steps": 30, "size": 32, "batch": 4}],
        }
    )  # fmt: skip
    source = open_source(recipe.data, 0)
    gentle = list(Crops(recipe, source))
    plain = list(Crops(replace(recipe, data=replace(recipe.data, gentle_share=0.0)), source))
    strengths = torch.cat([strength for _, _, strength in gentle])
    copied = torch.cat([styles for _, styles, _ in gentle]) == 1
    assert 0.3 < float((strengths < 1).float().mean()) < 0.7 and float(strengths.min()) >= 0.2
    assert bool((strengths[copied] == 1).all()) and all(bool((s == 1).all()) for _, _, s in plain)
    for (crops, styles, _), (others, numbers, _) in zip(gentle, plain, strict=True):
        assert torch.equal(crops, others) and torch.equal(styles, numbers)


def test_a_gentle_painting_answers_for_a_part_of_the_style_loss(root, vgg16):
    pictures = [[torch.rand(1, 3, 64, 64)]]
    loss = PerceptualLoss(vgg16, pictures, Loss(style_weight=2.0, light_weight=0.5, pyramid=2))
    photo = torch.rand(2, 3, 64, 64)
    image = (photo + 0.2 * torch.rand(photo.shape)).clamp(0, 1)
    weights = torch.tensor([2.0])
    full, half, none = (
        loss(image, photo, [0, 0], weights, strengths).total
        for strengths in (None, torch.tensor([0.5, 0.5]), torch.tensor([0.0, 0.0]))
    )
    assert float(half - none) == pytest.approx(float(full - none) / 4, rel=1e-4)
