"""Changing a questionnaire: words, order, items left out or taken over from another; and what that means for trends."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from survey.questionnaires.canonical import to_mapping
from survey.questionnaires.definition import Definition
from survey.questionnaires.loader import loads


@dataclass(frozen=True)
class QuestionnaireChange:
    """What differs between two questionnaires, by codes of items."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    #: those worded otherwise in some language
    reworded: tuple[str, ...]
    #: whether the items that both have stand in another order
    moved: bool

    @property
    def comparable(self) -> bool:
        """Whether indices of both speak of the same items in the same words."""
        return not (self.added or self.removed or self.reworded)


def compare_questionnaires(before: Definition, after: Definition) -> QuestionnaireChange:
    """Compare two questionnaires item by item: what is added, removed, reworded or moved."""
    old, new = ({item.code: dict(item.text.pairs) for item in one.items} for one in (before, after))
    both = [code for code in new if code in old]
    return QuestionnaireChange(
        tuple(code for code in new if code not in old),
        tuple(code for code in old if code not in new),
        tuple(code for code in both if any(new[code].get(name) != text for name, text in old[code].items())),
        both != [code for code in old if code in new],
    )


def to_yaml(definition: Definition) -> str:
    """A questionnaire as YAML text that `loads` reads back as the same one."""
    data = to_mapping(definition)
    order = ("code", "family", "title", "languages", "samples", "scale", "overall", "aspects", "needs", "respondent")
    text: str = yaml.safe_dump(
        {key: data[key] for key in order if key in data}, allow_unicode=True, sort_keys=False, width=120
    )
    return text


def edit_questionnaire(
    definition: Definition,
    *,
    code: str,
    family: str,
    titles: Mapping[str, str],
    texts: Mapping[str, Mapping[str, str]],
    order: Mapping[str, int],
    left_out: Iterable[str] = (),
    added: Sequence[str] = (),
    bank: Iterable[Definition] = (),
) -> Definition:
    """A questionnaire changed as asked; `DefinitionError` names what cannot be, with its line in the YAML.

    `texts` is item → language → words, `order` item → its place within its element; items not named stay as they are.
    An `added` item comes from the first questionnaire of the `bank` that has it: into the element of the same code, or
    with an element of its own at the end of the first aspect. Elements left without items go.
    """
    data = copy.deepcopy(to_mapping(definition))
    data |= {"code": code, "family": family, "title": {**data["title"], **titles}}
    elements = [element for aspect in data["aspects"] for element in aspect["elements"]]
    for item_code in added:
        _take_over(data, elements, item_code, bank)
    gone = set(left_out)
    for element in elements:
        element["items"] = [item for item in element["items"] if item["code"] not in gone]
        for item in element["items"]:
            item["text"] = {**item["text"], **texts.get(item["code"], {})}
        places = {item["code"]: place for place, item in enumerate(element["items"], 1)}
        element["items"].sort(key=lambda item: (order.get(item["code"], 10**6), places[item["code"]]))
    for aspect in data["aspects"]:
        aspect["elements"] = [element for element in aspect["elements"] if element["items"]]
    data["aspects"] = [aspect for aspect in data["aspects"] if aspect["elements"]]
    return loads(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), f"{code}.yaml")


def _take_over(data: dict[str, Any], elements: list[dict[str, Any]], code: str, bank: Iterable[Definition]) -> None:
    """Add an item of the bank with the words it has there, in the languages of the questionnaire."""
    languages = {*data["languages"], *data["samples"]}
    for definition in bank:
        for element in (one for aspect in to_mapping(definition)["aspects"] for one in aspect["elements"]):
            for item in element["items"]:
                if item["code"] != code:
                    continue
                item["text"] = {name: words for name, words in item["text"].items() if name in languages}
                item.pop("show_if", None)  # it asks for answers that this questionnaire may not have
                same = next((one for one in elements if one["code"] == element["code"]), None)
                if same is None:
                    title = {name: words for name, words in element["title"].items() if name in languages}
                    same = {"code": element["code"], "title": title, "items": []}
                    data["aspects"][0]["elements"].append(same)
                    elements.append(same)
                same["items"].append(item)
                return
