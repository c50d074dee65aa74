"""A definition as canonical JSON: what is stored, and what its SHA-256 is taken of.

The JSON has the shape of the YAML file with every default filled in, keys sorted and no white space, so that equal
definitions give equal bytes and any change of wording, order or condition gives another hash.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from survey.questionnaires.definition import (
    SCALE_QUESTION,
    Aspect,
    Condition,
    Definition,
    Element,
    Item,
    LocalText,
    Option,
    Question,
    Scale,
    Section,
)


def canonical(definition: Definition) -> str:
    """The definition as canonical JSON."""
    return json.dumps(to_mapping(definition), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(definition: Definition) -> str:
    """The SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(definition).encode()).hexdigest()


@lru_cache(maxsize=64)
def from_canonical(content: str) -> Definition:
    """The definition that `canonical` wrote; `canonical(from_canonical(c)) == c`.

    Definitions are immutable, so that the few in use are kept: a page need not parse one at every request.
    """
    return from_mapping(json.loads(content))


def to_mapping(definition: Definition) -> dict[str, Any]:
    """The definition as plain data in the shape of the YAML file."""
    data: dict[str, Any] = {
        "code": definition.code,
        "family": definition.family,
        "title": dict(definition.title.pairs),
        "languages": list(definition.languages),
        "samples": list(definition.samples),
        "scale": {
            "levels": [dict(text.pairs) for text in definition.scale.levels],
            "unknown": dict(definition.scale.unknown.pairs),
        },
        "aspects": [
            {
                "code": aspect.code,
                "title": dict(aspect.title.pairs),
                "elements": [
                    {
                        "code": element.code,
                        "title": dict(element.title.pairs),
                        "items": [_item_data(item) for item in element.items],
                    }
                    for element in aspect.elements
                ],
            }
            for aspect in definition.aspects
        ],
    }
    if definition.scale.question != SCALE_QUESTION:
        data["scale"]["question"] = dict(definition.scale.question.pairs)
    if definition.overall:
        data["overall"] = dict(definition.overall.pairs)
    for name, section in (("needs", definition.needs), ("respondent", definition.respondent)):
        if section:
            data[name] = _section_data(section)
    return data


def from_mapping(data: dict[str, Any]) -> Definition:
    """The definition in plain data that `to_mapping` wrote or the schema check has passed."""
    languages = (*data["languages"], *data["samples"])

    def text(mapping: dict[str, str]) -> LocalText:
        return LocalText(tuple((language, mapping[language]) for language in languages if language in mapping))

    def items(rows: list[dict[str, Any]]) -> tuple[Item, ...]:
        return tuple(Item(row["code"], text(row["text"]), _condition(row)) for row in rows)

    def section(block: dict[str, Any] | None) -> Section | None:
        return _section(block, text) if block else None

    aspects = tuple(
        Aspect(
            aspect["code"],
            text(aspect["title"]),
            tuple(Element(e["code"], text(e["title"]), items(e["items"])) for e in aspect["elements"]),
        )
        for aspect in data["aspects"]
    )
    return Definition(
        code=data["code"],
        family=data["family"],
        title=text(data["title"]),
        languages=tuple(data["languages"]),
        samples=tuple(data["samples"]),
        scale=Scale(
            tuple(text(level) for level in data["scale"]["levels"]),
            text(data["scale"]["unknown"]),
            text(data["scale"]["question"]) if "question" in data["scale"] else SCALE_QUESTION,
        ),
        aspects=aspects,
        needs=section(data.get("needs")),
        respondent=section(data.get("respondent")),
        overall=text(data["overall"]) if "overall" in data else None,
    )


def _section(block: dict[str, Any], text: Any) -> Section:
    questions = tuple(
        Question(
            row["code"],
            text(row["text"]),
            tuple(Option(option["code"], text(option["text"])) for option in row["options"]),
            _condition(row),
        )
        for row in block["questions"]
    )
    return Section(text(block["title"]), questions, text(block["unknown"]))


def _condition(row: dict[str, Any]) -> Condition:
    return tuple((code, tuple(answers)) for code, answers in sorted(row.get("show_if", {}).items()))


def _item_data(item: Item | Question) -> dict[str, Any]:
    data: dict[str, Any] = {"code": item.code, "text": dict(item.text.pairs)}
    if item.show_if:
        data["show_if"] = {code: list(answers) for code, answers in item.show_if}
    return data


def _section_data(section: Section) -> dict[str, Any]:
    return {
        "title": dict(section.title.pairs),
        "unknown": dict(section.unknown.pairs),
        "questions": [
            {
                **_item_data(question),
                "options": [{"code": option.code, "text": dict(option.text.pairs)} for option in question.options],
            }
            for question in section.questions
        ],
    }
