"""All text of the interface, and who translates what.

- What is laid out with the page is sent as a marker, and the page shows it in the browser's language: :func:`tr`, and
  :func:`made` for sentences that depend on the machine.
- What is made while the app works, such as status lines and errors, is translated on its way out: :func:`translated`,
  with the language that the browser asks for. API clients get none of this, but English.

A further language is a module like :mod:`nst.ui.texts.de`, one like :mod:`nst.ui.texts.de_sentences`, and a line here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import gradio as gr

from nst.ui.texts import de, de_sentences, en
from nst.ui.texts.sentences import Sentences

ENGLISH = "en"
CATALOGUE: Mapping[str, Mapping[str, str]] = {ENGLISH: en.TEXTS, "de": de.TEXTS}
SENTENCES: Mapping[str, Sentences] = {"de": Sentences(de_sentences.SENTENCES, decimal=",")}

_SPACE = "nst."  # apart from Gradio's own texts
_filled: dict[str, dict[str, str]] = {}  # texts with values, by their key on the page, in every language


def tr(key: str, **values: object) -> str:
    """A marker for a text of the catalogue; the page shows the text in the browser's language."""
    if not values:
        assert key in en.TEXTS, key  # a slip would be seen on the page only
        return _marker(key)
    name = ".".join([key, *map(str, values.values())])
    _filled[name] = {language: texts[key].format(**values) for language, texts in CATALOGUE.items()}
    return _marker(name)


def made(english: str) -> str:
    """The same for a sentence that is made when the page is built."""
    known = {texts[ENGLISH]: name for name, texts in _filled.items()}
    name = known.get(english, f"made.{len(_filled)}")
    _filled[name] = {language: translated(english, language) for language in CATALOGUE}
    return _marker(name)


def choice(value: str) -> str:
    """A marker for a value that a visitor chooses, if it is a word; names are the same everywhere."""
    key = f"choice.{value}"
    return tr(key) if key in en.TEXTS else value


def translated(english: str, language: str) -> str:
    """A sentence in a language, as far as it is known there."""
    sentences = SENTENCES.get(language)
    return sentences(english) if sentences else english


def language_of(request: gr.Request | None) -> str:
    """The language in which the page of a request is shown: the first that the browser asks for, or else English."""
    headers = getattr(request, "headers", None) or {}
    first = headers.get("accept-language", "").partition(",")[0].partition(";")[0]
    language = first.strip().lower().partition("-")[0]
    return language if language in CATALOGUE else ENGLISH


def translations() -> gr.I18n:
    """For ``launch``, after the page has been built."""
    tables = {
        language: {
            **{_SPACE + key: text for key, text in texts.items()},
            **{_SPACE + name: text[language] for name, text in _filled.items()},
            "common.complete": texts["complete"],  # Gradio says it to screen readers, and lacks it
        }
        for language, texts in CATALOGUE.items()
    }
    return gr.I18n(**tables)


def _marker(name: str) -> str:
    # As text, not as Gradio's object, which not every component and every update takes.
    return "__i18n__" + json.dumps({"__type__": "translation_metadata", "key": _SPACE + name})
