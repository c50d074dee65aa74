"""Languages: catalogues are complete, and a page speaks the one that was asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from survey.core.config import ROOT, Settings
from survey.core.errors import InputError
from survey.web.catalogue_update import extract
from survey.web.i18n import LANGUAGES, TRANSLATIONS, require_known_languages
from tests.support.places import CODE, make_app

METHODS = [
    ("survey/**.py", "python"),
    ("templates/**.html", "jinja2.ext:babel_extract"),
    ("templates/**.svg", "jinja2.ext:babel_extract"),
]
OPTIONS = {"templates/**.html": {"trimmed": "true"}}
CATALOGUES = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


#: what an error says is a message, too, wherever it arises, and what a command says
FIRST = dict.fromkeys(("InputError", "Notice", "say", "translated"), (1,))
KEYWORDS = {**DEFAULT_KEYWORDS, **FIRST, "wrong": (4,), "CellError": (4,)}


def catalogue(path):
    with path.open("rb") as file:
        return read_po(file)


def messages_in_use():
    found = set()
    for folder in ("survey", "templates"):
        methods = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in METHODS]
        for _, _, message, _, _ in extract_from_dir(ROOT / folder, methods, OPTIONS, KEYWORDS):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


def test_every_sentence_is_in_vietnamese():
    vietnamese = catalogue(TRANSLATIONS / "vi/LC_MESSAGES/messages.po")
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in vietnamese if m.id and m.string and not m.fuzzy}
    used = messages_in_use()
    assert len(used) > 60
    assert sorted(used - known) == []
    # what `make translations-update` would merge is what this test, by rules of its own, holds to be in use
    assert set(extract()) == used


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_translations_keep_the_places_of_the_message(path):
    for message in catalogue(path):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = {place for text in ids for place in re.findall(r"%\(\w+\)[sd]", text)}
        for text in strings:
            assert set(re.findall(r"%\(\w+\)[sd]", text)) <= wanted, text


def test_easy_vietnamese_says_only_what_vietnamese_says_too():
    easy = {message.id for message in catalogue(TRANSLATIONS / "vi_simple/LC_MESSAGES/messages.po") if message.id}
    assert easy <= {message.id for message in catalogue(TRANSLATIONS / "vi/LC_MESSAGES/messages.po")}


@pytest.mark.parametrize(
    ("code", "sample"),
    [("vi-simple", "Chỉ mất 2 phút"), ("en", "Access to the service")],
)
def test_a_further_language_is_offered_once_it_is_switched_on(tmp_path, code, sample):
    off = make_app(tmp_path, languages=("vi",))
    assert f"/K/{CODE}?lang={code}" not in off.test_client().get(f"/K/{CODE}").text
    assert sample not in off.test_client().get(f"/K/{CODE}?lang={code}").text
    on = make_app(tmp_path, languages=("vi", code))
    page = on.test_client().get(f"/K/{CODE}?lang={code}").text
    assert f'<html lang="{code}">' in page
    assert sample in page
    for app in (off, on):
        app.extensions["database"].dispose()


def test_easy_vietnamese_is_offered_by_default():
    assert Settings().languages == ("vi", "en", "vi-simple")


@pytest.mark.parametrize("code", ["blt", "hmn"])
def test_a_language_with_a_sample_only_is_refused(code):
    with pytest.raises(InputError, match=f"LANGUAGES offers {code}"):
        require_known_languages(Settings(languages=("vi", code)))


def test_samples_are_marked_as_awaiting_a_translator():
    assert [language.code for language in LANGUAGES.values() if not language.ready] == ["blt", "hmn"]


def test_the_tai_viet_font_has_every_letter_of_the_samples():
    from fontTools.ttLib import TTFont

    letters = {c for path in Path(ROOT, "survey/questionnaires").glob("*.yaml") for c in path.read_text("utf-8")}
    tai_viet = {c for c in letters | set(LANGUAGES["blt"].name) if "\uaa80" <= c <= "\uaadf"}
    font = TTFont(ROOT / "static/fonts/noto-sans-tai-viet-400.woff2")
    assert tai_viet
    assert {c for c in tai_viet if ord(c) not in font.getBestCmap()} == set()


@pytest.mark.parametrize("weight", [400, 600])
def test_the_page_font_has_every_letter_of_every_catalogue(weight):
    from fontTools.ttLib import TTFont

    font = TTFont(ROOT / f"static/fonts/be-vietnam-pro-{weight}.woff2").getBestCmap()
    text = "".join(path.read_text("utf-8") for path in CATALOGUES)
    missing = {c for c in text if ord(c) > 32 and ord(c) not in font}
    assert missing == set()
