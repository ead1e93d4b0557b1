"""The interface speaks every language of the catalogue in full, and no text of the page is left out of it."""

import ast
import json
import re
import string
from types import SimpleNamespace

import gradio as gr
import pytest

from nst.errors import ConfigError
from nst.ui import app, compare, teach_run, texts, video_limits
from nst.ui.errors import friendly
from nst.ui.fast_run import Painting
from nst.ui.slow_run import line
from nst.ui.texts import CATALOGUE, SENTENCES, language_of, made, tr, translated, translations
from nst.votes import Tally

OTHERS = sorted(set(CATALOGUE) - {"en"})
SHOWN = ("label", "info", "placeholder", "title", "description", "alt_text", "x_title", "y_title")
# The same in every language: names of networks, values and formats.
NAMES = re.compile(
    r"|\d+ px|A|B|Repo|USER/NAME|Johnson et al\. 2016|AONet|relu\S+, relu\S+|vgg1[69]|alexnet|gram|wasserstein|gatys"
    r"|johnson|mse|l1|smooth_l1|huber|lbfgs|adam|sgd|float32|bfloat16|gatys-2016|report-[a-d](-cpu|-deep)?"
)
ENGLISH_WORDS = re.compile(
    r"\b(the|of|is|are|and|to|with|about|step|steps|seconds?|pixels|frames?|painted|photo|picture|colours|sound|styles?"
    r"|network|size|weights?|pick|press|paint|stop|download|your|learnt|votes?|cores|minutes)\b",
    re.IGNORECASE,
)
# What only programs and the command line can cause; the page offers a list, or a slider, or nothing of the kind.
NOT_ON_THE_PAGE = re.compile(
    r"Files are uploaded here|This request cannot be read|"
    r"There is no (backbone|pooling|device|preset|such|keep-colour|network|setting|brush|effort|7|normalisation|picture"
    r" file)|The setting|The output|A morph|The styles of a morph|A style's id|The longer side|The network|The fold"
    r"|The upsampling|VGG-16 has|The settings of network|The 7 are written|The weights are numbers|There are 7"
    r"|The weights in|The weight file|The settings strokes"
)
OF_PROGRAMS = (
    "_api", "_command", "__main__", "__init__", "batch", "clip_writer", "command_options", "hub_push", "metrics",
    "uploads",
)  # fmt: skip
FORMATTER = string.Formatter()


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in FORMATTER.parse(text) if name is not None}


@pytest.fixture(scope="module")
def demo():
    return app.build()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_in_every_language_with_the_same_values(language):
    english, other = CATALOGUE["en"], CATALOGUE[language]
    assert set(english) == set(other)
    for key, text in english.items():
        assert other[key].strip() and fields(text) == fields(other[key]), key
        assert not re.search("[<&]", other[key]), f"{key} goes into HTML as it is"


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_keeps_its_values(language):
    from nst.ui.texts import de_sentences

    for english, text in {"de": de_sentences.SENTENCES}[language].items():
        lost = fields(english) - fields(text)
        assert lost <= {"advice", "first"} and fields(text) <= fields(english), english


def test_no_text_of_the_page_is_left_out_of_the_catalogue(demo):
    tables = translations().translations
    left, seen = [], 0
    public = [event for event in demo.config["dependencies"] if event["api_visibility"] == "public"]
    hidden = {i for e in public for i in (*e["inputs"], *e["outputs"], *(target for target, _ in e["targets"]))}
    for component in demo.config["components"]:
        if component["id"] in hidden or component["type"] in ("state", "timer"):
            continue
        for where, text in _texts(component):
            key = _key(text)
            seen += key is not None
            if key is None and text and not NAMES.fullmatch(text):
                left.append((component["type"], component["props"].get("elem_id"), where, text[:60]))
            assert key is None or all(key in table for table in tables.values()), key
    assert not left
    assert seen > 150


def _texts(component: dict):
    props, kind = component["props"], component["type"]
    for where in SHOWN:
        if isinstance(props.get(where), str):
            yield where, props[where]
    if kind in ("button", "downloadbutton", "markdown", "html") and isinstance(props.get("value"), str):
        yield "value", re.sub(r"<[^>]*>", "", props["value"])
    if not re.search(r"-style-\d$", props.get("elem_id") or ""):  # titles of paintings stay as they are
        yield from (("choice", str(label)) for label, _ in props.get("choices") or [])


def _key(text: str) -> str | None:
    found = re.fullmatch(r"__i18n__(\{.*\})", text)
    return json.loads(found[1])["key"] if found else None


def test_a_text_with_values_is_filled_in_every_language():
    key = _key(tr("styles.style", n=2))
    assert {language: table[key] for language, table in translations().translations.items()} == {
        "en": "Style 2", "de": "Stil 2",
    }  # fmt: skip
    with pytest.raises(AssertionError):
        tr("no.such.text")


def test_a_status_line_carries_a_marker_and_escapes_the_rest():
    assert _key(re.sub(r"<[^>]*>", "", line(tr("waiting")))) == "nst.waiting"
    assert "<b>" not in line("<b>")


@pytest.mark.parametrize(
    ("asked", "language"),
    [("de-DE,de;q=0.9,en;q=0.8", "de"), ("de", "de"), ("de-AT", "de"), ("DE;q=1", "de"), ("en-GB,de;q=0.5", "en"),
     ("fr-FR,de;q=0.9", "en"), ("*", "en"), ("", "en"), (None, "en")],
)  # fmt: skip
def test_the_first_language_that_the_browser_asks_for_counts(asked, language):
    headers = {} if asked is None else {"accept-language": asked}
    assert language_of(SimpleNamespace(headers=headers)) == language
    assert language_of(None) == "en"


def test_errors_are_in_the_language_of_the_page_and_english_for_programs():
    @friendly
    def handler(request, *_):
        yield 1
        raise ConfigError("This file is empty: choose a picture.")

    page = gr.Request(headers={"accept-language": "de-DE"})
    for request, words in ((page, "Diese Datei ist leer"), (None, "This file is empty")):
        with pytest.raises(gr.Error) as caught:
            list(handler(request))
        assert words in caught.value.message


def test_what_is_not_known_stays_as_it_is():
    assert translated("Painted in 0.3 s · 9×9 pixels · St. Mary. The Sea", "de") == (
        "Gemalt in 0,3 s · 9×9 Pixel · St. Mary. The Sea"
    )
    assert translated("No such sentence.", "de") == "No such sentence."
    assert translated("Step 1 of 2", "en") == translated("Step 1 of 2", "xx") == "Step 1 of 2"


@pytest.mark.parametrize("language", OTHERS)
def test_every_error_that_a_visitor_can_cause_is_known(root, language):
    unknown, count = [], 0
    for path in sorted((root / "nst").rglob("*.py")):
        if path.parent.name in ("training", "networks") or path.stem.endswith(OF_PROGRAMS):
            continue
        for text in _raised(ast.parse(path.read_text(encoding="utf-8"))):
            if not NOT_ON_THE_PAGE.match(text):
                count += 1
                if not SENTENCES[language].knows(text):
                    unknown.append(f"{path.name}: {text}")
    assert not unknown
    assert count > 60


def _raised(tree: ast.Module):
    """The sentences that a module raises or returns as errors, with 7 for every value."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and re.search(r"(Error|refusal)$", ast.unparse(node.func))):
            continue
        told = node.args[0]
        if isinstance(told, ast.Name) and told.id in constants:
            yield constants[told.id]
        elif isinstance(told, ast.Constant) and isinstance(told.value, str) and " " in told.value:
            yield told.value
        elif isinstance(told, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "7" for part in told.values)


def _status_lines():
    info = SimpleNamespace(seconds=45.0, fps=25.0, width=4000, height=2000, sound=True)
    yield video_limits.facts(info)
    yield video_limits.note()
    image = SimpleNamespace(size=(64, 48))
    yield Painting(image, image, None, ("Udnie",), "", 0.25, True).status()
    for done, stopped in ((False, False), (True, False), (True, True)):
        view = teach_run.View(3, 9, 75.0, 80.0, 1, 1, image, None, 1.0, done, stopped)
        yield view.status("Udnie")
    yield from (tally.sentence() for tally in (Tally(), Tally(1, 0), Tally(59, 21)))
    way = compare.Round()
    yield from (way.summary() for _ in range(1))
    while (now := way.now()) is not None:
        way.over(now[0].id)
        way.choices.append("slow")
    yield way.summary()
    yield app.device_note()
    yield app.teach_note()
    yield "Step 3 of 9 · 64×48 · scale 1 of 2 · 12 s · about 1 min 15 s to go · content 0.1, style 0.2"
    yield "Step 3 of 9 · 64×48 · 12 s · stopped; this picture is yours · content 0.1, style 0.2"
    yield "step 3: the loss blew up: went back to the best picture and halved the step"
    yield "Frame 3 of 9 · 4.5 frames a second · about 12 s to go"
    yield "Painted 9 frames in 2.0 s, 4.5 a second · 5 seconds · 480×270 pixels · without sound"
    yield "Stopped: 3 of 9 frames are painted, 1.5 seconds; they are yours · 480×270 pixels · with sound"


@pytest.mark.parametrize("english", [pytest.param(text, id=text[:40]) for text in _status_lines()])
def test_status_lines_are_german_throughout(english):
    text = translated(english, "de")
    assert text != english and not ENGLISH_WORDS.search(text), text
    assert re.findall(r"\d+", english).sort() == re.findall(r"\d+", text).sort()


def test_a_sentence_that_depends_on_the_machine_is_laid_out_in_every_language():
    key = _key(made("5 seconds · with sound."))
    assert key == _key(made("5 seconds · with sound."))
    assert translations().translations["de"][key] == "5 Sekunden · mit Ton."
    assert texts.translations().translations["en"][key] == "5 seconds · with sound."
