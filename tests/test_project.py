"""Promises about the repository itself."""

import re
import subprocess
import sys

import pytest


def front_matter(root) -> dict[str, str]:
    text = (root / "README.md").read_text(encoding="utf-8")
    block = text.split("---")[1]
    return dict(re.findall(r"^(\w+): (.+)$", block, flags=re.MULTILINE))


def tracked(root) -> list[str]:
    run = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True)
    if run.returncode:
        pytest.skip("needs a git checkout")
    return [name for name in run.stdout.splitlines() if (root / name).exists()]


def test_gradio_is_pinned_to_the_version_that_the_space_uses(root):
    version = front_matter(root)["sdk_version"]
    assert f"gradio[mcp]=={version}\n" in (root / "requirements.txt").read_text()


def test_ci_runs_the_readmes_test_command(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^python3 -m venv .* -m pytest$", readme, flags=re.MULTILINE)[0]
    assert command in (root / ".ci" / "run").read_text()


def test_nothing_is_unpickled(root):
    unsafe = r"torch\.load\b|\b(c?[Pp]ickle|dill|joblib|shelve|marshal)\b|allow_pickle|yaml\.(unsafe_)?load\("
    unsafe += r"|(?<![.\w])(eval|exec)\("
    for path in [*root.glob("nst/**/*.py"), *root.glob("train/**/*.py"), root / "app.py"]:
        assert not re.search(unsafe, path.read_text(encoding="utf-8")), path.name


def test_every_promise_of_the_security_page_names_a_test_that_there_is(root):
    text = " ".join((root / "docs" / "security.md").read_text(encoding="utf-8").split())
    file, named = "", 0
    for path, name in re.findall(r"`(tests/\w+\.py)?(?:::(\w+))?`", text):
        file = path or file
        if name:
            assert f"def {name}(" in (root / file).read_text(encoding="utf-8"), (file, name)
            named += 1
        elif path:
            assert (root / file).is_file(), file
    assert named >= 15


def test_no_file_is_too_large_for_a_space(root):
    large = [name for name in tracked(root) if (root / name).stat().st_size >= 10_000_000]
    assert large == []


def test_modules_stay_short(root):
    code = [path for path in root.glob("nst/**/*.py") if path.parent.name != "texts"]  # catalogues are no code
    assert [path.name for path in code if len(path.read_text().splitlines()) > 300] == []
    assert not list(root.rglob("nst/**/utils.py"))


def test_ruff_is_clean(root):
    for command in (["check"], ["format", "--check"]):
        run = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=root, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr


def test_importing_the_package_costs_nothing_until_it_is_used(root):
    code = "import sys, nst; print(any(m in sys.modules for m in ('torch', 'gradio', 'PIL')))"
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_every_example_names_its_source_and_licence(root):
    import json

    listed = json.loads((root / "examples" / "examples.json").read_text(encoding="utf-8"))
    files = {e["file"] for kind in listed.values() for e in kind}
    assert files == {
        f"{d}/{p.name}" for d in ("content", "styles", "clips") for p in (root / "examples" / d).glob("*.*")
    }
    assert all(e["source"] and e["license"] and e["alt"] for kind in listed.values() for e in kind)


def test_the_drawn_styles_can_be_drawn_again(root, tmp_path):
    """One of them, the quickest, to within what another version of OpenCV may change."""
    import numpy as np
    from PIL import Image

    command = [sys.executable, "examples/draw_styles.py", "--out", str(tmp_path), "--only", "waves"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    again, committed = (
        np.asarray(Image.open(f / "waves.jpg"), float) for f in (tmp_path, root / "examples" / "styles")
    )
    assert again.shape == committed.shape and np.abs(again - committed).mean() < 3


def test_the_example_clip_can_be_made_again(root, tmp_path):
    """To within what another version of FFmpeg or OpenCV may change."""
    import numpy as np

    from tests.clips import facts

    subprocess.run([sys.executable, "examples/draw_clip.py", "--out", str(tmp_path)], cwd=root, check=True)
    again, committed = (facts(folder / "pan.mp4") for folder in (tmp_path, root / "examples" / "clips"))
    assert again.times == committed.times and len(committed.frames) == 125 and committed.size == (480, 270)
    assert committed.sound_codec == "aac" and again.sound_seconds == committed.sound_seconds
    assert np.abs(again.frames[60].astype(int) - committed.frames[60]).mean() < 3
    assert (root / "examples" / "clips" / "pan.mp4").stat().st_size < 400_000


def test_the_lock_holds_every_requirement_with_hashes(root):
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9-]+)==([^ ]+).*?(?=^\S|\Z)", lock, flags=re.MULTILINE | re.DOTALL)
    blocks = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pinned) and all("--hash=sha256:" in block for block in blocks)
    for line in (root / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name = re.split(r"[\[=<>;]", line)[0].replace("_", "-")
            versions = [version for known, version in pinned if known == name]
            assert versions, f"{name} is not in the lock"
            exact = re.search(r"==([\d.]+)", line)
            assert not exact or exact[1] in versions
