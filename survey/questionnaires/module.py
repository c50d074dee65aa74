"""Modules: optional questions that come with the software and that an evaluator adds to a questionnaire whole."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from survey.core.errors import InputError
from survey.questionnaires.canonical import to_mapping
from survey.questionnaires.definition import Definition
from survey.questionnaires.loader import loads
from survey.questionnaires.nodes import compose

_FOLDER = Path(__file__).resolve().parent / "modules"


@dataclass(frozen=True)
class QuestionModule:
    """Questions about the person and the dossier, as plain data in the shape of the YAML file."""

    code: str
    #: by language
    title: dict[str, str]
    questions: tuple[dict[str, Any], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of its questions."""
        return tuple(question["code"] for question in self.questions)

    def is_in(self, definition: Definition) -> bool:
        """Whether a questionnaire asks any of its questions already."""
        return bool({slot.code for slot in definition.slots} & set(self.codes))


def _plain(node: yaml.Node) -> Any:
    """Marked nodes as plain data: every scalar is text."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    return [_plain(one) for one in node.value] if isinstance(node, yaml.SequenceNode) else node.value


@cache
def question_modules() -> dict[str, QuestionModule]:
    """The modules that come with the software, by code."""
    found = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        data = _plain(compose(path.read_bytes(), str(path)))
        found[data["code"]] = QuestionModule(data["code"], data["title"], tuple(data["questions"]))
    return found


def add_module(definition: Definition, module: QuestionModule) -> Definition:
    """The questionnaire with a module's questions at the end of those about the person and the dossier.

    `InputError` where it asks them already, or asks nothing about the person; `DefinitionError` where it has a language
    that the module has no words for.
    """
    if module.is_in(definition):
        raise InputError("The questionnaire asks these questions already")
    if definition.respondent is None:
        raise InputError("The questionnaire asks nothing about the person, so nothing can be added there")
    data = to_mapping(definition)
    spoken = {*data["languages"], *data["samples"]}

    def heard(words: dict[str, str]) -> dict[str, str]:
        return {language: text for language, text in words.items() if language in spoken}

    for question in copy.deepcopy(module.questions):
        question["text"] = heard(question["text"])
        question["options"] = [{**option, "text": heard(option["text"])} for option in question["options"]]
        data["respondent"]["questions"].append(question)
    return loads(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), f"{definition.code}.yaml")
