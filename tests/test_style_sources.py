"""Embedded styles, the Hub's, a visitor's: in order, at once, and whatever the Hub does."""

import json

import pytest
import torch

from nst.styles import Style, StyleInfo
from tests.hub_child import child, files_of, run, style_bytes

IDS = ["cry", "night", "wave"]

START = """
started = time.monotonic()
sources = StyleSources(trunk, None, folder / "styles", seconds=6)
sources.start()
ids = [style.info.id for style in sources.library()]
seconds = time.monotonic() - started
"""


@pytest.fixture
def style_of(small_trunk, tmp_path):
    """A style file of the small trunk, with a code all of one value."""

    def make(style_id, value, **changes):
        code = torch.full(small_trunk.identity.shape, float(value))
        return style_bytes(tmp_path / str(value), small_trunk, style_id, code, **changes)

    return make


def test_the_later_source_wins_and_each_style_says_where_it_is_from(hub, home, small_weights, style_of):
    hub.put("owner/one", {f"styles/{i}.safetensors": style_of(i, 1) for i in ("wave", "extra")})
    hub.put("owner/two", {f"styles/{i}.safetensors": style_of(i, 2) for i in ("extra", "night", "more")})
    hub.put("owner/mine", {f"styles/{i}.safetensors": style_of(i, 3) for i in ("more", "cry", "own")})
    code = """
from dataclasses import replace
def look(library): return [[s.info.id, s.origin, round(float(s.code[0]), 3)] for s in library]
def values(library): return {i: [o, v] for i, o, v in look(library)}
sources = StyleSources(trunk, None, folder / "styles")
before = look(sources.library())
same = sources.library() is sources.library()
sources.start()
assert sources.wait(60)
after, status = look(sources.library()), sources.status()
repo, text = sources.add(" owner/mine ")
taught = replace(sources.library()["wave"], origin="this session")
mine = look(sources.library([repo], [taught]))
say([before, after, mine, look(sources.library()), same, text, status.text, status.version, str(repo)])
"""
    more = {"NST_HUB_REPOS": "owner/one, owner/two"}
    before, after, mine, others, same, text, line, version, repo = child(code, hub.url, home, small_weights, **more)
    assert [(i, origin) for i, origin, _ in before] == [(i, "built in") for i in IDS] and same
    assert {i: (origin, value) for i, origin, value in after if origin != "built in"} == {
        "wave": ("owner/one", 1), "extra": ("owner/two", 2), "night": ("owner/two", 2), "more": ("owner/two", 2)
    }  # fmt: skip
    assert [i for i, _, _ in after][:3] == IDS  # those that were there keep their places
    found = {i: (origin, value) for i, origin, value in mine}
    assert found["more"] == found["cry"] == found["own"] == ("owner/mine", 3)
    assert found["wave"] == ("this session", 1) and found["night"] == ("owner/two", 2)
    assert others == after  # what one visitor adds is not there for the others
    assert (text, line, version, repo) == ("", "", 2, "owner/mine")
    before, again, *_, version, _ = child(code, hub.url, home, small_weights, **more)
    assert before == again == after and version == 0  # the next start has them before it asks, and nothing is new


def test_whatever_the_hub_does_costs_the_start_nothing(hub, home, small_weights, refused):
    faults = {"hang": "hang", "files": "hang-files", "s500": 500, "s401": 401, "s404": 404, "cut": "truncated"}
    for name, fault in faults.items():
        hub.put(f"owner/{name}", files_of(small_weights))
        hub.faults[f"owner/{name}"] = fault
    hub.put("owner/good", files_of(small_weights))

    def start(url, repos, **more):
        code = START + "assert sources.wait(60); say([seconds, ids, list(sources.status().notes)])"
        seconds, ids, notes = child(code, url, home, small_weights, NST_HUB_REPOS=repos, **more)
        assert ids == IDS  # the embedded styles are there
        return seconds, notes

    # The machine may be busy with other things: the slowest of some starts that ask nobody.
    offline, notes = max(start(hub.url, "owner/good", HF_HUB_OFFLINE="1") for _ in range(3))
    assert len(notes) == 1 and "HF_HUB_OFFLINE" in notes[0]
    for url, repos in (
        (hub.url, "owner/hang"), (refused, "owner/good"), (hub.url, ",".join(f"owner/{name}" for name in faults)),
    ):  # fmt: skip
        seconds, notes = start(url, repos)
        assert seconds < offline + 1, repos
        assert len(notes) == repos.count(",") + 1, notes
        for note in notes:
            assert note.endswith(".") and "\n" not in note and note.count(". ") == 0, note
    _, notes = start(hub.url, "owner/absent,oops")
    assert len(notes) == 2 and "'oops'" in notes[0]


def test_nobody_misses_the_owners_repo_of_a_space_until_there_is_one(hub, home, small_weights, style_of):
    code = START + "assert sources.wait(60); say([list(sources.status().notes), [s.origin for s in sources.library()]])"
    more = {"SPACE_AUTHOR_NAME": "me", "SPACE_ID": "me/space"}
    assert child(code, hub.url, home, small_weights, **more) == [[], ["built in"] * 3]
    hub.put("me/nst-styles", {"styles/new.safetensors": style_of("new", 1)})
    assert child(code, hub.url, home, small_weights, **more) == [[], ["built in"] * 3 + ["me/nst-styles"]]


def test_a_retry_brings_what_was_missed(hub, home, small_weights, style_of):
    hub.put("owner/shaky", {"styles/late.safetensors": style_of("late", 1)})
    hub.once["info"] = [500]
    code = """
sources = StyleSources(trunk, None, folder / "styles")
told = []
for ask in (sources.start, sources.retry):
    ask()
    assert sources.wait(60)
    status = sources.status()
    told.append([len(sources.library()), status.text, status.busy, status.version])
say(told)
"""
    first, second = child(code, hub.url, home, small_weights, NST_HUB_REPOS="owner/shaky")
    assert first[0] == 3 and "(500)" in first[1] and first[2:] == [False, 0]
    assert second == [4, "", False, 1]


def test_a_pull_that_was_cut_short_takes_nothing_away(hub, home, small_weights, style_of):
    repo = hub.put("owner/fading", {f"styles/{i}.safetensors": style_of(i, 1) for i in ("ash", "elm")})
    code = (
        START
        + """
assert sources.wait(60)
say([{s.info.id: float(s.code[0]) for s in sources.library() if s.origin != "built in"}, sources.status().text])
"""
    )
    more = {"NST_HUB_REPOS": "owner/fading"}
    assert child(code, hub.url, home, small_weights, **more) == [{"ash": 1, "elm": 1}, ""]
    repo.commit({f"styles/{i}.safetensors": style_of(i, 2) for i in ("ash", "fir")})
    hub.faults["owner/fading"] = "truncated"
    styles, text = child(code, hub.url, home, small_weights, **more)
    assert styles == {"ash": 1, "elm": 1} and "owner/fading: 2 styles are left out" in text
    offline = {**more, "HF_HUB_OFFLINE": "1"}
    assert child(code, hub.url, home, small_weights, **offline)[0] == {"ash": 1, "elm": 1}
    del hub.faults["owner/fading"]
    assert child(code, hub.url, home, small_weights, **more) == [{"ash": 2, "elm": 1, "fir": 2}, ""]


def test_what_a_visitor_names_wrongly_is_told(hub, home, small_weights, style_of, refused):
    hub.put("owner/nothing", {"README.md": b"# x"})
    hub.put("owner/foreign", {"styles/x.safetensors": style_of("x", 1, trunk="0" * 16)})
    hub.put("owner/known", {"styles/x.safetensors": style_of("x", 1)})
    code = """
sources = StyleSources(trunk, [], folder / "styles", seconds=6)
def why(name):
    try: return len(sources.library([sources.add(name)[0]]))
    except NSTError as error: return str(error)
say([why(name) for name in ("x", "owner/nothing", "owner/foreign", "owner/absent", "owner/known")])
"""
    bad, nothing, foreign, absent, known = child(code, hub.url, home, small_weights)
    assert "USER/NAME" in bad and "holds no styles" in nothing and "another trunk" in foreign
    assert "has no 'owner/absent'" in absent and known == 4
    *_, absent, known = child(code, refused, home, small_weights)
    assert "cannot be reached" in absent and known == 4  # from the cache …
    *_, known = child(code, refused, home, small_weights, SPACE_ID="a/b")
    assert "cannot be reached" in known  # … which on a Space may hold what only its owner may see


def test_the_command_line_lists_and_paints_with_what_was_pulled(hub, home, root, tmp_path, refused, ids):
    from nst.images import open_image
    from nst.trunks import load_trunk

    trunk = load_trunk()
    path = tmp_path / "pulled"
    hub.put("owner/extra", {"styles/pulled.safetensors": style_bytes(path, trunk, "pulled", trunk.identity)})
    named = {"NST_HUB_REPOS": "owner/extra"}
    done = run(["-m", "nst", "styles", "--refresh", "--json"], hub.url, home, **named)
    assert (done.returncode, done.stderr) == (0, "")
    origins = {style["id"]: style["origin"] for style in json.loads(done.stdout)}
    assert origins == {**dict.fromkeys(ids, "built in"), "pulled": "owner/extra"}
    done = run(["-m", "nst", "styles"], refused, home, **named)
    assert (done.returncode, done.stderr) == (0, "") and "owner/extra" in done.stdout
    out = tmp_path / "o.png"
    photo = root / "examples" / "content" / "cat.jpg"
    paint = ["-m", "nst", "stylize", photo, "-o", out, "--max-side", "64", "--device", "cpu", "--style"]
    done = run([*paint, "pulled"], refused, home, **named)
    assert (done.returncode, done.stderr) == (0, "") and open_image(out).size[0] == 64
    done = run(["-m", "nst", "styles", "--refresh"], refused, tmp_path / "empty", **named)
    assert done.returncode == 0 and "cannot be reached" in done.stderr
    assert ids[0] in done.stdout and "pulled" not in done.stdout


def test_a_style_says_where_it_is_from():
    assert Style(StyleInfo("a", "A", "", "", "", "0" * 16, 384, 1.0), torch.zeros(3)).origin == "built in"


@pytest.mark.parametrize("space", ["", "owner/space"])
def test_visitors_of_a_space_cannot_fill_its_disk(hub, home, small_weights, style_of, space):
    for name in ("configured", "one", "two"):
        hub.put(f"owner/{name}", {"styles/own.safetensors": style_of("own", 1)})
    code = """
import nst.style_sources
from huggingface_hub.constants import HF_HUB_CACHE
nst.style_sources._MOST_ADDED = 1
sources = StyleSources(trunk, None, folder / "styles")
for name in ("configured", "one", "two"):
    repo, _ = sources.add("owner/" + name)
found = sources.library([repo])["own"].origin
say([found, sorted(path.name.split("--")[-1] for path in Path(HF_HUB_CACHE).glob("models--*"))])
"""
    more = {"NST_HUB_REPOS": "owner/configured", "SPACE_ID": space}
    found, cached = child(code, hub.url, home, small_weights, **more)
    assert found == "owner/two"
    assert cached == (["configured", "two"] if space else ["configured", "one", "two"])
