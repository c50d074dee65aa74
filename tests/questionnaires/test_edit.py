"""Changing questionnaires: words, order, items taken out and in, and what a change means for comparisons."""

from __future__ import annotations

import pytest

from survey.questionnaires import bundled, content_hash, loads
from survey.questionnaires.edit import compare_questionnaires, edit_questionnaire, to_yaml
from survey.questionnaires.nodes import DefinitionError

SIXTEEN = bundled()["sipas-service-16"]
SIGNS, SEATS, EQUIPMENT = "tiep_can_bien_hieu", "tiep_can_ban_ghe", "tiep_can_thiet_bi"
SAME = {"code": SIXTEEN.code, "family": SIXTEEN.family, "titles": {}, "texts": {}, "order": {}}


@pytest.mark.parametrize("code", list(bundled()))
def test_yaml_out_and_in_is_the_same_questionnaire(code: str) -> None:
    definition = bundled()[code]
    assert content_hash(loads(to_yaml(definition))) == content_hash(definition)


def test_nothing_asked_changes_nothing() -> None:
    assert content_hash(edit_questionnaire(SIXTEEN, **SAME)) == content_hash(SIXTEEN)


def test_words_order_and_choice_of_items() -> None:
    texts = {SIGNS: {"vi": "Biển chỉ dẫn dễ thấy."}}
    order = {SIGNS: 3, SEATS: 1, EQUIPMENT: 2}
    new = edit_questionnaire(SIXTEEN, **{**SAME, "texts": texts, "order": order}, left_out=[EQUIPMENT])
    assert [item.code for item in new.items][:2] == [SEATS, SIGNS]
    assert len(new.items) == 15
    assert new.items[1].text.get("vi") == "Biển chỉ dẫn dễ thấy."
    assert new.items[1].text.get("en") == SIXTEEN.items[0].text.get("en")
    change = compare_questionnaires(SIXTEEN, new)
    assert (change.added, change.removed, change.reworded, change.moved) == ((), (EQUIPMENT,), (SIGNS,), True)
    assert not change.comparable


def test_an_item_of_the_bank_comes_with_its_words_and_part() -> None:
    """`giai_trinh_hinh_thuc` is of the form of 2022, in a part that the form of 16 does not have."""
    item = next(one for one in bundled()["sipas-2022"].items if one.code == "giai_trinh_hinh_thuc")
    new = edit_questionnaire(SIXTEEN, **SAME, added=[item.code], bank=bundled().values())
    assert [one.code for one in new.items] == [*(one.code for one in SIXTEEN.items), item.code]
    assert new.items[-1].text.get("vi") == item.text.get("vi")
    change = compare_questionnaires(SIXTEEN, new)
    assert (change.added, change.removed, change.reworded, change.moved) == ((item.code,), (), (), False)


def test_an_order_alone_keeps_results_comparable() -> None:
    new = edit_questionnaire(SIXTEEN, **{**SAME, "order": {SIGNS: 3, SEATS: 1, EQUIPMENT: 2}})
    change = compare_questionnaires(SIXTEEN, new)
    assert (change.comparable, change.moved) == (True, True)


def test_what_cannot_be_is_named() -> None:
    with pytest.raises(DefinitionError, match="Not A Code"):
        edit_questionnaire(SIXTEEN, **{**SAME, "code": "Not A Code"})
