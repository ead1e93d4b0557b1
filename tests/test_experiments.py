"""The reports' experiments: each has a command; tables, figures for light and dark pages, and findings come out."""

import csv
import json
import os
import subprocess
import sys

import pytest
from PIL import Image

NAMES = (
    "speed", "backbones", "criteria", "optimizers", "pooling", "init", "layers", "weights", "reconstruct", "iterations",
    "loss-ratio", "normalisation", "architectures",
)  # fmt: skip


def experiments(root, *argv):
    env = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(root / "train" / "experiments.py"), *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=root)


@pytest.fixture(scope="module")
def folder(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("experiments")
    nowhere = out / "nowhere"  # without the paintings that the shipped networks learnt from
    done = experiments(root, "pooling", "architectures", "--quick", "--out", out, "--paintings", nowhere)
    assert done.returncode == 0, done.stderr
    return out


def test_a_table_two_figures_and_a_finding(folder):
    with (folder / "pooling.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["variant"] for row in rows] == ["max", "average"]
    assert all(0 < float(row["final_over_first"]) < 1 and int(row["steps_to_converge"]) <= 40 for row in rows)
    told = json.loads((folder / "pooling.json").read_text())
    assert told["quick"] is True and len(told["rows"]) == 2
    for name in ("pooling", "pooling-pictures", "architectures"):
        light, dark = (Image.open(folder / f"{name}{theme}.png").convert("L") for theme in ("", "-dark"))
        assert light.getpixel((2, 2)) == 255 and dark.getpixel((2, 2)) < 40 and light.size == dark.size
    findings = json.loads((folder / "findings.json").read_text())
    assert set(findings) == {"pooling", "architectures"} and all(text.endswith(".") for text in findings.values())


def test_freezing_saves_memory_and_every_network_is_measured(folder):
    rows = {row["network"]: row for row in json.loads((folder / "architectures.json").read_text())["rows"]}
    assert list(rows)[:4] == ["multistyle", "johnson", "aonet", "vgg16_decoder"]
    assert rows["vgg16_decoder"]["training_memory_mb"] < rows["vgg16_decoder, nothing frozen"]["training_memory_mb"]
    assert all(row["ms"] > 0 and row["parameters"] > 100_000 for row in rows.values())


def test_what_there_is_no_experiment_of_is_refused(root):
    done = experiments(root)
    assert done.returncode == 2 and "--all" in done.stderr
    done = experiments(root, "alchemy")
    assert done.returncode == 2 and all(name in done.stderr for name in NAMES)
