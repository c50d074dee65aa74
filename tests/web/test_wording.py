"""Wording: every code that people read has words in both languages, the same on pages, in exports and in reports."""

from __future__ import annotations

import enum
import inspect

import flask
import pytest

import survey.models
from scoring import compare, estimate, ranks, table
from scoring.scheme import HEADLINES, Rules
from survey.collect.operations.correct_form import CORRECTED
from survey.collect.operations.undo_responses import UNDONE
from survey.files.exports import labels
from survey.results.compute import TOO_FEW_ANSWERS
from survey.results.frames import CHANCE, PARTS
from survey.web import wording
from survey.web.messages import bilingual, translate
from survey.web.wording import BY_ENUM, Wording

ENUMS = [kind for _, kind in inspect.getmembers(survey.models, inspect.isclass) if issubclass(kind, enum.Enum)]
#: never read by people: kinds of slots in a stored answer string, how an emblem is stored, how far a job has come,
#: which its page says in sentences, and how far a message of the mail outbox
INTERNAL = {"SlotKind", "EmblemFormat", "JobState", "MailState"}
TABLES = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (wording, labels)
    for name, value in vars(module).items()
    if isinstance(value, Wording)
}
#: codes that are the English words themselves
ENGLISH = {"commune", "district", "province", "reached", *HEADLINES}


def test_every_enumeration_of_the_models_has_words() -> None:
    assert {kind.__name__ for kind in ENUMS} == {kind.__name__ for kind in BY_ENUM} | INTERNAL
    assert len(ENUMS) > 10
    for kind, words in BY_ENUM.items():
        assert {member.value for member in kind} == set(words), kind.__name__


@pytest.mark.parametrize("name", TABLES)
def test_no_code_falls_back_to_itself(app: flask.Flask, name: str) -> None:
    """In files the pair, on pages the word of the request's language: both are those of the catalogue."""
    words = TABLES[name]
    assert len(words) > 0
    for code in words:
        vietnamese, english = words.pair(code)
        assert "" not in (vietnamese, english)
        assert code != vietnamese != english, code
        assert code != english or code in ENGLISH, code
        for language, word in (("vi", vietnamese), ("en", english)):
            with app.test_request_context(f"/?lang={language}"):
                assert words(code) == word
                assert words.here()[code] == word


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (wording.FIGURE_STATUSES, set(estimate.STATUS) | set(table.STATUS)),
        (labels.CHANGE_STATUSES, set(compare.STATUS)),
        (labels.RANK_STATUSES, {ranks.RANKED, ranks.TOO_FEW, ranks.NO_ERROR}),
        (wording.HEADLINES, set(HEADLINES)),
        (wording.FRAMES, set(PARTS)),
        (wording.FRAME_DIFFERENCES, set(CHANCE)),
        (labels.RULES, set(Rules().to_mapping())),
        (wording.EXCLUSIONS, {TOO_FEW_ANSWERS, UNDONE, CORRECTED, "honeypot", "empty", "flagged"}),
    ],
)
def test_words_for_all_codes_that_are_no_enumeration(words: Wording, codes: set[str]) -> None:
    assert codes <= set(words)


def test_an_unknown_code_is_shown_as_it_is(app: flask.Flask) -> None:
    assert wording.CHANNELS.pair("drone") == ("drone", "drone")
    assert wording.CHANNELS.text("drone", "en") == "drone"
    with app.test_request_context("/"):
        assert wording.CHANNELS("drone") == "drone"


def test_messages_are_read_without_a_request() -> None:
    assert not flask.has_request_context()
    assert translate("Paper form", "vi") == "Phiếu giấy"
    assert translate("Paper form", "en") == "Paper form"
    assert bilingual("The whole province") == ("Toàn tỉnh", "The whole province")


def test_a_cell_has_the_sentence_of_the_pages_without_its_full_stop() -> None:
    assert wording.FIGURE_STATUSES.text("suppressed") == "Ẩn để bảo vệ người trả lời (nhóm quá ít người)."
    assert labels.phrases(wording.FIGURE_STATUSES, "suppressed") == (
        "Ẩn để bảo vệ người trả lời (nhóm quá ít người)",
        "Hidden to protect the few who answered",
    )
    assert labels.phrase_list(wording.FIGURE_WARNINGS, "lonely_psu unweighted") == (
        "Có lĩnh vực chỉ một người trả lời; khoảng tin cậy được nới rộng; "
        "Chưa biết số giao dịch; mỗi phiếu được tính như nhau"
    )
