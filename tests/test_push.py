"""``train/push.py`` over real HTTP, with the real client: what arrives, how often, and what is refused."""

import json
import os
import shutil
import subprocess
from dataclasses import replace

import pytest
import torch

from nst.model_card import model_card, read_evaluation, was_evaluated
from nst.styles import StyleLibrary
from tests.hub_child import child, evaluate, files_of, make_style, make_weights, run
from tests.hub_stand_in import front_matter

IDS = ["cry", "night", "wave"]
OWNER = {"HF_TOKEN": "hf_owner"}


@pytest.fixture
def folder(tmp_path, small_weights, small_trunk):
    """A copy of the small weights, evaluated."""
    copy = tmp_path / "weights"
    shutil.copytree(small_weights, copy)
    evaluate(copy, small_trunk, IDS)
    return copy


@pytest.fixture
def push(hub, home, folder):
    """Run the script; returns its exit code, what it said, and what it complained about."""

    def run_it(*argv, url=None, token="hf_owner", **more):
        settings = {**({"HF_TOKEN": token} if token else {}), **more}
        where = [] if "--space" in argv else ["--weights", folder]
        done = run(["train/push.py", *argv, *where], url or hub.url, home, **settings)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    return run_it


def test_a_round_trip_gives_the_same_numbers_and_a_second_push_only_what_has_changed(
    hub, home, folder, push, small_trunk, tmp_path
):
    code, said, told = push("--repo", "owner/trip")
    assert code == 0, told
    repo = hub.repos["model", "owner/trip"]
    assert said == f"Files: 9 sent, as commit {repo.commits[-1][0][:12]}: {hub.url}/owner/trip\n"
    assert "Upload 7 LFS files: 100%" in told  # the bar
    assert [message for _, message, _ in repo.commits] == ["initial commit", "Styles: cry, night, wave"]
    card = repo.files["README.md"]
    sent = {path: data for path, data in repo.files.items() if path not in (".gitattributes", "README.md")}
    assert sent == {**files_of(folder), "config.json": sent["config.json"]}
    config = json.loads(sent["config.json"])
    assert config["trunk"] == small_trunk.fingerprint and config["architecture"] == "multistyle"
    # Pulled on an empty cache: bit for bit.
    code_of = """
from nst.styles import StyleLibrary
pull = pull_styles(parse_repo("owner/trip"), trunk)
local = StyleLibrary.load(trunk, folder / "styles")
say([[s.info.id for s in pull.styles], all(s.code.equal(local[s.info.id].code) for s in pull.styles),
     all(s.info == local[s.info.id].info for s in pull.styles)])
"""
    assert child(code_of, hub.url, tmp_path / "other", folder) == [IDS, True, True]
    # Nothing has changed: no commit, not even an upload.
    before = len(hub.log)
    assert push("--repo", "owner/trip") == (0, f"Nothing has changed: {hub.url}/owner/trip\n", "")
    assert len(repo.commits) == 2 and {method for method, _ in hub.log[before:]} == {"GET", "HEAD"}
    # One style has: one commit, one file.
    make_style(folder, small_trunk, "night", torch.ones_like(small_trunk.identity))
    code, said, _ = push("--repo", "owner/trip")
    assert code == 0 and "Files: 1 sent" in said
    (_, _, old), (_, _, new) = repo.commits[-2:]
    assert [path for path in new if new[path] != old.get(path)] == ["styles/night.safetensors"]
    assert new["README.md"] == card and len(repo.commits) == 3


def test_the_page_says_what_the_repo_holds(folder, small_trunk):
    library = StyleLibrary.load(small_trunk, folder / "styles")
    evaluation = read_evaluation(folder / "evaluation.json", small_trunk)
    card = model_card("owner/trip", small_trunk, library, evaluation, with_trunk=True)
    assert front_matter(card.encode()) == {
        "library_name": "nst", "license": "apache-2.0", "pipeline_tag": "image-to-image",
        "tags": ["neural-style-transfer", "nst-style"],
    }  # fmt: skip
    for words in (
        "![Cry](styles/cry.jpg)", "| `wave` | Wave | A. Painter | 1900 | public domain | 384 px |",
        'stylizer_from("owner/trip").stylize(open_image("photo.jpg"), "cry")', "NST_HUB_REPOS=owner/trip",
        f"`{small_trunk.fingerprint}` (`model.safetensors`)", "| `night` | 0.750 | 0.040 | 19 | 7.5 |",
        "4 photographs", "| `night` | 0.5 | 0.8 | 0.97 | 1.1 | 33.9 |", "width 8",
    ):  # fmt: skip
        assert words in card, words
    assert "Not evaluated" not in card
    assert model_card("owner/trip", small_trunk, library, evaluation, with_trunk=True) == card
    unseen = model_card("owner/trip", small_trunk, library, {}, with_trunk=False)
    assert "Not evaluated: `cry`, `night`, `wave`." in unseen and "not in this repo" in unseen
    odd = replace(library["cry"], info=replace(library["cry"].info, title="a|b](http://x) <img> `c` *d*"))
    card = model_card("owner/trip", small_trunk, [odd], {}, with_trunk=True)
    assert r"a\|b\](http://x) \<img\> \`c\` \*d\*" in card


def test_the_code_on_the_page_works(hub, home, folder, push, root):
    assert push("--repo", "owner/shown")[0] == 0
    card = hub.repos["model", "owner/shown"].files["README.md"].decode()
    code = card.split("```python\n")[1].split("```")[0]
    assert len(code.splitlines()) == 3
    photo = root / "examples" / "content" / "cat.jpg"
    code = code.replace('"photo.jpg"', f'"{photo}"').replace('"painted.png"', f'"{home / "painted.png"}"')
    child(code, hub.url, home, folder)
    assert (home / "painted.png").stat().st_size > 1000


def test_what_evaluation_has_not_seen_is_refused(hub, folder, push, small_trunk, tmp_path):
    make_style(folder, small_trunk, "fresh")
    code, said, told = push("--repo", "owner/unseen")
    assert code == 2 and said == "" and told.count("\n") == 1
    assert "has not seen fresh with this trunk" in told and "--force" in told
    assert ("model", "owner/unseen") not in hub.repos
    assert push("--repo", "owner/unseen", "--styles", "cry", "wave")[0] == 0
    repo = hub.repos["model", "owner/unseen"]
    assert "styles/night.safetensors" not in repo.files and "styles/fresh.safetensors" not in repo.files
    assert push("--repo", "owner/unseen", "--styles", "fresh", "--force")[0] == 0
    card = repo.files["README.md"].decode()
    assert "Not evaluated: `fresh`." in card
    for style_id in ("cry", "wave", "fresh"):  # those from before are still on the page
        assert f"styles/{style_id}.jpg" in card and f"styles/{style_id}.safetensors" in repo.files
    # Another trunk was evaluated, or nothing was.
    other = make_weights(tmp_path / "other", [], seed=1)
    evaluate(folder, other, IDS)
    assert push("--repo", "owner/unseen2")[0] == 2
    for text in ("", "[]", "{}", '{"trunk": 3}'):
        (folder / "evaluation.json").write_text(text)
        assert read_evaluation(folder / "evaluation.json", small_trunk) == {}
    assert not was_evaluated({}, "cry")


def test_styles_alone_name_the_trunk_that_they_belong_to(hub, home, tmp_path):
    from nst.trunks import load_trunk

    trunk = load_trunk()
    folder = tmp_path / "alone"
    (folder / "styles").mkdir(parents=True)
    make_style(folder, trunk, "alone")
    arguments = ["train/push.py", "--repo", "owner/alone", "--weights", folder, "--force"]
    assert run(arguments, hub.url, home, **OWNER).returncode == 0
    files = hub.repos["model", "owner/alone"].files
    assert set(files) == {".gitattributes", "README.md", "styles/alone.safetensors", "styles/alone.jpg"}
    assert trunk.fingerprint in files["README.md"].decode()


def test_private_stays_private(hub, push):
    assert push("--repo", "owner/secret", "--private")[0] == 0
    assert hub.repos["model", "owner/secret"].private
    assert push("--repo", "owner/secret", "--private")[1].startswith("Nothing has changed")
    assert push("--repo", "owner/open")[0] == 0
    code, _, told = push("--repo", "owner/open", "--private")
    assert code == 2 and "it is public" in told and len(hub.repos["model", "owner/open"].commits) == 2


def test_without_a_name_it_goes_to_the_users_own_repo(hub, push):
    assert push()[0] == 0
    assert ("model", "owner/nst-styles") in hub.repos
    del hub.repos["model", "owner/nst-styles"]
    assert push(SPACE_AUTHOR_NAME="owner")[0] == 0
    assert ("model", "owner/nst-styles") in hub.repos
    code, _, told = push(token=None)
    assert code == 2 and "hf auth login" in told


def test_whatever_goes_wrong_is_one_sentence_and_leaves_no_half_push(hub, push, folder, refused, tmp_path):
    cases = {
        "nobody": (["--repo", "owner/wrong"], {"token": None}, "(401)"),
        "expired": (["--repo", "owner/wrong"], {"token": "hf_expired"}, "(401)"),
        "not mine": (["--repo", "owner/wrong"], {"token": "hf_other"}, "(403): use a token that may write"),
        "bad name": (["--repo", "../x"], {}, "USER/NAME"),
        "bad space": (["--space", "x"], {}, "USER/NAME"),
        "refused": (["--repo", "owner/wrong"], {"url": refused}, "cannot be reached"),
        "offline": (["--repo", "owner/wrong"], {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set"),
        "no style": (["--repo", "owner/wrong", "--styles", "nosuch"], {}, "missing"),
        "no id": (["--repo", "owner/wrong", "--styles", "../x"], {}, "lower-case"),
    }
    for name, (argv, more, words) in cases.items():
        code, said, told = push(*argv, **more)
        assert code == 2 and said == "", name
        assert words in told and told.startswith("push: ") and told.count("\n") == 1, (name, told)
    (folder / "styles" / "cry.safetensors").write_bytes(b"nothing")
    code, _, told = push("--repo", "owner/wrong")
    assert code == 2 and "not a safetensors file" in told
    assert ("model", "owner/wrong") not in hub.repos
    shutil.rmtree(folder / "styles")
    assert "There is no style" in push("--repo", "owner/wrong")[2]


def test_trouble_that_passes_is_waited_out_and_no_commit_is_made_twice(hub, push, folder, small_trunk):
    hub.once |= {"commit": [503], "preupload": [500], "batch": [502]}
    code, said, told = push("--repo", "owner/shaky")
    repo = hub.repos["model", "owner/shaky"]
    assert code == 0 and "9 sent" in said, told
    assert len(repo.commits) == 2 and not any(hub.once.values())
    make_style(folder, small_trunk, "night", torch.ones_like(small_trunk.identity))
    hub.once["after-commit"] = [502]  # it was made, but the answer got lost
    code, said, told = push("--repo", "owner/shaky")
    assert code == 0 and "1 sent" in said and len(repo.commits) == 3, told
    make_style(folder, small_trunk, "night", torch.zeros_like(small_trunk.identity))
    hub.once["commit"] = [500] * 9
    code, said, told = push("--repo", "owner/shaky")
    assert code == 2 and "(500)" in told and len(repo.commits) == 3
    hub.once.clear()


def test_the_space_gets_what_git_tracks(hub, push, root):
    if subprocess.run(["git", "rev-parse"], cwd=root, capture_output=True).returncode:
        pytest.skip("needs a git checkout")
    code, said, told = push("--space", "owner/app")
    assert code == 0, told
    repo = hub.repos["space", "owner/app"]
    tracked = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True).stdout.splitlines()
    tracked = {name for name in tracked if (root / name).is_file()}
    assert {"app.py", "README.md", "requirements.txt", "nst/styles.py"} <= tracked
    assert set(repo.files) == tracked | {".gitattributes"}
    assert repo.files[".gitattributes"].startswith(b"*.safetensors filter=lfs")  # the Hub's own
    assert repo.files["app.py"] == (root / "app.py").read_bytes()
    assert repo.payload["sdk"] == "gradio" and not {"hardware", "variables", "secrets"} & repo.payload.keys()
    assert front_matter(repo.files["README.md"])["sdk"] == "gradio"
    assert len(repo.commits) == 2 and os.environ.get("HF_TOKEN") is None
    repo.commit({"notes.md": b"the owner's own"})
    code, said, _ = push("--space", "owner/app")
    assert code == 0 and "Nothing has changed" in said and "notes.md" in said and len(repo.commits) == 3
    code, said, _ = push("--space", "owner/app", "--prune")
    assert code == 0 and "1 deleted" in said and "notes.md" not in repo.files


def test_a_repo_that_holds_something_else_is_left_alone(hub, push):
    repo = hub.put("owner/bert", {"README.md": b"# A language model", "config.json": b"{}", "model.safetensors": b"x"})
    code, _, told = push("--repo", "owner/bert")
    assert code == 2 and "holds something else than styles" in told and len(repo.commits) == 1
    hub.put("owner/fresh", {"README.md": b"---\nlicense: mit\n---\n", ".gitattributes": b""})  # as its page makes it
    assert push("--repo", "owner/fresh")[0] == 0
