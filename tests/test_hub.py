"""Pulling styles over real HTTP, with the real client, from a stand-in for the Hub that can be good and bad."""

import hashlib

import pytest
import torch

from nst.errors import HubError
from nst.hub_repos import HubRepo, configured_repos, own_repo, parse_repo
from nst.styles import load_style
from tests.hub_child import child, files_of, run, style_bytes

IDS = ["cry", "night", "wave"]


def code_hash(folder, trunk, style_id) -> str:
    code = load_style(folder / "styles" / f"{style_id}.safetensors", trunk).code
    return hashlib.sha256(code.numpy().tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "repo"),
    [
        ("a/b", HubRepo("a/b")),
        (" user-1/nst.styles_2@v1.0 ", HubRepo("user-1/nst.styles_2", "v1.0")),
        ("a/b@" + "0" * 40, HubRepo("a/b", "0" * 40)),
        ("a/b@refs/pr/1", HubRepo("a/b", "refs/pr/1")),
    ],
)
def test_names_of_repos_are_read(text, repo):
    assert parse_repo(text) == repo
    assert parse_repo(str(repo)) == repo


@pytest.mark.parametrize(
    "text",
    ["", "a", "/b", "a/", "a/b/c", "../b", "a/..", "a/b--c", "a/b@", "a/b@../x", "a/b@x/../../y", "a/b@/etc", "a b/c",
     "a/b@v1@v2", "a/b\nc", "-a/b", "https://huggingface.co/a/b", "a/b?x", "a\\b/c", "a/" + "b" * 200],
)  # fmt: skip
def test_names_that_are_none_are_refused_with_a_sentence(text):
    with pytest.raises(HubError, match=r"USER/NAME|revision"):
        parse_repo(text)


def test_the_environment_names_the_repos():
    assert configured_repos({}) == ([], [])
    assert configured_repos({"NST_HUB_REPOS": ""}) == ([], [])
    assert configured_repos({"NST_HUB_REPOS": "", "SPACE_AUTHOR_NAME": "me"}) == ([], [])
    assert configured_repos({"NST_HUB_REPOS": " a/b, c/d@v1,,a/b "}) == ([HubRepo("a/b"), HubRepo("c/d", "v1")], [])
    repos, wrong = configured_repos({"NST_HUB_REPOS": "a/b,oops"})
    assert repos == [HubRepo("a/b")] and len(wrong) == 1 and "'oops'" in wrong[0]
    (own,), wrong = configured_repos({"SPACE_AUTHOR_NAME": "me"})
    assert own.name == "me/nst-styles" and own.optional and not wrong
    assert own_repo({"SPACE_AUTHOR_NAME": "../x"}) is None


def test_importing_asks_nobody_and_loads_no_client(root, tmp_path, refused):
    code = "import sys, nst.hub, nst.hub_push, nst.style_sources; print('huggingface_hub' in sys.modules)"
    done = run(["-c", code], refused, tmp_path)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_what_is_pulled_is_what_was_pushed_and_stays_without_a_network(hub, home, small_weights, small_trunk, refused):
    repo = hub.put(
        "owner/good", {**files_of(small_weights), "README.md": b"# hi", "evil.bin": b"x", "styles/a.txt": b"x"}
    )
    told = child("say([pulled('owner/good'), pulled('owner/good')])", hub.url, home, small_weights)
    first, again = told
    local = {i: code_hash(small_weights, small_trunk, i) for i in IDS}
    assert {i: s["code"] for i, s in first["styles"].items()} == local
    assert all(s["origin"] == "owner/good" and s["thumbnail"] for s in first["styles"].values())
    assert first["skipped"] == {} and first["note"] == "" and first["commit"] == repo.commits[-1][0]
    assert again["styles"].keys() == first["styles"].keys()
    fetched = hub.asked_for("owner/good/resolve/")
    assert len([f for f in fetched if f.startswith("GET")]) == 6  # each file once, although it was pulled twice
    assert all(f"/{repo.commits[-1][0]}/styles/" in f for f in fetched)  # of one commit, and nothing but styles
    cached = "pull = cached_styles(parse_repo('owner/good'), trunk); say([facts(pull.styles), pull.commit])"
    for url, more in ((refused, {}), (hub.url, {"HF_HUB_OFFLINE": "1"})):
        before = len(hub.log)
        styles, commit = child(cached, url, home, small_weights, **more)
        assert {i: s["code"] for i, s in styles.items()} == local
        assert commit == first["commit"] and len(hub.log) == before


def test_another_program_that_asks_for_a_newer_file_does_not_take_the_cached_styles_away(
    hub, home, small_weights, refused
):
    repo = hub.put("owner/moving", files_of(small_weights))
    child("say(len(pulled('owner/moving')['styles']))", hub.url, home, small_weights)
    repo.commit({"README.md": b"newer"})
    other = "from huggingface_hub import *; hf_hub_download('owner/moving', 'README.md'); say(0)"
    child(other, hub.url, home, small_weights)
    code = "say(sorted(s.info.id for s in cached_styles(parse_repo('owner/moving'), trunk).styles))"
    assert child(code, refused, home, small_weights) == IDS
    scan = "from huggingface_hub import *; scan = scan_cache_dir(); say([len(scan.repos), len(scan.warnings)])"
    assert child(scan, hub.url, home, small_weights) == [1, 0]


def test_a_repo_that_was_downloaded_by_hand_is_found_in_the_cache(hub, home, small_weights, refused):
    hub.put("owner/by-hand", files_of(small_weights))
    child("from huggingface_hub import *; snapshot_download('owner/by-hand'); say(0)", hub.url, home, small_weights)
    code = "say(sorted(s.info.id for s in cached_styles(parse_repo('owner/by-hand'), trunk).styles))"
    assert child(code, refused, home, small_weights) == IDS


def test_revisions_are_pinned(hub, home, small_weights, small_trunk, tmp_path, refused):
    repo = hub.put("owner/tagged", files_of(small_weights))
    old = repo.commits[-1][0]
    repo.tags["v1"] = old
    repo.commit(
        {"styles/wave.safetensors": style_bytes(tmp_path, small_trunk, "wave", torch.zeros_like(small_trunk.identity))}
    )
    names = ["owner/tagged", "owner/tagged@v1", f"owner/tagged@{old}", "owner/tagged@nosuch"]
    code = f"say([pulled(name) for name in {names}])"
    new, tag, sha, none = child(code, hub.url, home, small_weights)
    assert tag["commit"] == sha["commit"] == old != new["commit"]
    assert tag["styles"]["wave"]["code"] == sha["styles"]["wave"]["code"] != new["styles"]["wave"]["code"]
    assert tag["styles"]["wave"]["origin"] == "owner/tagged@v1"
    assert none["kind"] == "NoRepoError" and "no such revision" in none["error"]
    # A commit that was pulled needs no question; of branches and tags the cache remembers each by itself.
    again = child(code, refused, home, small_weights)
    assert again[2]["styles"].keys() == sha["styles"].keys() and "error" in again[0]
    cached = f"say([cached_styles(parse_repo(name), trunk).commit for name in {names[:3]}])"
    assert child(cached, refused, home, small_weights) == [new["commit"], old, old]


def test_a_private_repo_needs_the_token_and_a_space_never_lends_its_own(hub, home, small_weights, tmp_path):
    hub.put("owner/secret", files_of(small_weights), private=True)
    code = """
sources = StyleSources(trunk, [], folder / "styles")
def added(**more):
    try:
        repo, text = sources.add("owner/secret", **more)
        return len(sources.library([repo]))
    except NSTError as error:
        return str(error)
say([pulled("owner/secret").get("error"), added(), added(token="hf_owner")])
"""
    error, refused, with_own = child(code, hub.url, home, small_weights)
    assert "or it is private" in error and "or it is private" in refused and with_own == 3
    assert child(code, hub.url, tmp_path / "b", small_weights, HF_TOKEN="hf_owner") == [None, 3, 3]
    assert "private" in child(code, hub.url, tmp_path / "c", small_weights, HF_TOKEN="hf_other")[0]
    # The configured repos are the owner's wish; what visitors name is asked for as nobody, cached or not.
    error, refused, _ = child(code, hub.url, tmp_path / "d", small_weights, HF_TOKEN="hf_owner", SPACE_ID="owner/space")
    assert error is None and "or it is private" in refused


def test_repos_with_styles_are_found_the_last_changed_first(hub, home, small_weights, refused):
    card = b"---\ntags:\n- nst-style\n---\n# x\n"
    for n, name in enumerate(["owner/found-a", "owner/found-b", "owner/found-c"]):
        hub.put(name, {"README.md": card}).changed += 1000 * (n + 1)
    hub.put("owner/found-secret", {"README.md": card}, private=True).changed += 5000
    hub.put("owner/bad..name", {"README.md": card}).changed += 6000
    code = "say([f.name for f in discover(limit=%d)])"
    assert child(code % 9, hub.url, home, small_weights) == ["owner/found-c", "owner/found-b", "owner/found-a"]
    assert child(code % 2, hub.url, home, small_weights) == ["owner/found-c"]  # bad names do not come through
    own = child(code % 9, hub.url, home, small_weights, HF_TOKEN="hf_owner")
    assert own[0] == "owner/found-secret"
    assert child(code % 9, hub.url, home, small_weights, HF_TOKEN="hf_owner", SPACE_ID="a/b") == own[1:]
    code = """
started = time.monotonic()
try: discover(seconds=4)
except NSTError as error: say([str(error), time.monotonic() - started])
"""
    error, seconds = child(code, refused, home, small_weights)
    assert ("did not answer" in error or "cannot be reached" in error) and seconds < 4 + 5
    assert "HF_HUB_OFFLINE is set" in child(code, refused, home, small_weights, HF_HUB_OFFLINE="1")[0]


def test_a_trunk_can_be_pulled_too_and_paints_as_the_local_one(hub, home, small_weights, tmp_path, refused):
    hub.put("owner/whole", files_of(small_weights))
    code = """
import torch
from nst.stylizer import Stylizer
local = Stylizer(folder / "trunk.safetensors", folder / "styles", "cpu")
pulled = stylizer_from("owner/whole", "cpu")
torch.manual_seed(0)
photo = torch.rand(1, 3, 48, 64)
same = [torch.equal(*(s.paint(photo, s.library[i].code[None]) for s in (local, pulled))) for i in ("cry", "wave")]
say([same, pulled.trunk.fingerprint == trunk.fingerprint])
"""
    for url in (hub.url, refused):  # the second time from the cache
        assert child(code, url, home, small_weights) == [[True, True], True]
    hub.put("owner/large", files_of(small_weights)).told_sizes["model.safetensors"] = 17 << 20
    hub.put(
        "owner/false",
        {**files_of(small_weights), "model.safetensors": files_of(small_weights)["styles/cry.safetensors"]},
    )
    code = """
def why(name):
    try: stylizer_from(name, "cpu")
    except NSTError as error: return str(error)
say([why("owner/large"), why("owner/false")])
"""
    large, wrong = child(code, hub.url, home, small_weights)
    assert "larger than 16384 kB" in large and "do not fit the network" in wrong
    assert not hub.asked_for("owner/large/resolve/")
