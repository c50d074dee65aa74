"""Modules of questions: what comes with the software can be added to every questionnaire, in every language."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from survey.core.errors import InputError
from survey.questionnaires import add_module, bundled, content_hash, from_canonical, question_modules
from survey.questionnaires.canonical import canonical, from_mapping, to_mapping
from survey.questionnaires.edit import compare_questionnaires
from survey.questionnaires.nodes import DefinitionError

POST = question_modules()["post-and-online"]
SIXTEEN = bundled()["sipas-service-16"]


@pytest.mark.parametrize("code", list(bundled()))
def test_it_fits_every_questionnaire_in_all_its_languages(code: str) -> None:
    before = bundled()[code]
    after = add_module(before, POST)
    assert [slot.code for slot in after.slots] == [*(slot.code for slot in before.slots), *POST.codes]
    assert after.respondent is not None
    for question in after.respondent.questions[-len(POST.codes) :]:
        for text in (question.text, *(option.text for option in question.options)):
            assert dict(text.pairs).keys() == set(before.languages)
    assert compare_questionnaires(before, after).comparable  # the index speaks of the same items
    assert content_hash(from_canonical(canonical(after))) == content_hash(after)


def test_who_used_it_is_asked_how_it_was_and_who_did_not_why() -> None:
    """The reasons of CV 157 (fear of loss, of delay, the fee) and habit; satisfaction on the five levels."""
    asked = add_module(SIXTEEN, POST)
    used, not_used = asked.visible({"post_used": "y"}), asked.visible({"post_used": "n", "online_used": "y"})
    assert "post_satisfied" in used
    assert "post_why_not" not in used
    assert "post_why_not" in not_used
    assert "online_satisfied" in not_used
    assert not {"post_satisfied", "online_why_not"} & not_used
    assert not {"post_why_not", "post_satisfied", "online_why_not", "online_satisfied"} & asked.visible({})
    for code in ("post_why_not", "online_why_not"):
        assert set("ldfh") <= set(asked.slot(code).options)
    for code in ("post_satisfied", "online_satisfied"):
        assert asked.slot(code).options == ("1", "2", "3", "4", "5", "x")
        assert [text.get("vi") for text in list(asked.labels(code).values())[:5]] == [
            level.get("vi") for level in SIXTEEN.scale.levels
        ]
    assert asked.scheme() == SIXTEEN.scheme()


def test_it_is_added_once_and_only_where_persons_are_asked() -> None:
    once = add_module(SIXTEEN, POST)
    with pytest.raises(InputError, match="already"):
        add_module(once, POST)
    with pytest.raises(InputError, match="nothing about the person"):
        add_module(dataclasses.replace(SIXTEEN, respondent=None), POST)


def renamed(data: Any, language: str) -> Any:
    """Plain data of a questionnaire with its Vietnamese words alone, as those of another language."""
    if isinstance(data, dict):
        return {language: data["vi"]} if "vi" in data else {key: renamed(one, language) for key, one in data.items()}
    return [renamed(one, language) for one in data] if isinstance(data, list) else data


def test_a_language_without_words_is_named() -> None:
    data = to_mapping(SIXTEEN) | {"samples": []}
    assert add_module(from_mapping(renamed(data, "vi") | {"languages": ["vi"]}), POST).languages == ("vi",)
    with pytest.raises(DefinitionError, match="no wording in 'tay'"):
        add_module(from_mapping(renamed(data, "tay") | {"languages": ["tay"]}), POST)
