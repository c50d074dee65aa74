"""The entry page's fields, and what was keyed into them read back against the questionnaire.

One field takes one character. The numbers are those printed on the paper form. This page has a reader of its own
instead of a form class: its fields are those of a round's questionnaire, one pressed key each, and an answer is right
or wrong by the questionnaire (`Definition`), which also says what is asked at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from flask_babel import gettext as _
from flask_babel import ngettext

from survey.core.text import clean_block
from survey.questionnaires import Definition, from_canonical
from survey.questionnaires.definition import UNKNOWN, entry_keys
from survey.web.forms import Mistake

MAX_COMMENT = 2000
PREFIX = "a."


@dataclass(frozen=True)
class Field:
    """One question of the page."""

    number: int
    code: str
    text: str
    #: (key to press, label), in the paper's order; the last is "does not apply"
    choices: tuple[tuple[str, str], ...]
    #: pressed key → answer code, as JSON for the page's script
    keys: str
    #: the condition as JSON; empty when always asked
    show_if: str
    #: whether the choices are the five levels, which the page explains once
    is_scale: bool


@dataclass(frozen=True)
class EntrySection:
    """A titled run of questions."""

    title: str
    fields: tuple[Field, ...]


@dataclass
class Keyed:
    """What was keyed in."""

    answers: dict[str, str] = field(default_factory=dict)
    #: what stands in each field, wrong characters too
    typed: dict[str, str] = field(default_factory=dict)
    comment: str = ""
    mistakes: list[Mistake] = field(default_factory=list)

    def mistaken(self, target: str) -> str:
        """The advice for an element id, or nothing."""
        return next((mistake.advice for mistake in self.mistakes if mistake.target == target), "")


def keys_of(definition: Definition, code: str) -> dict[str, str]:
    """What may be typed for a question and what it means.

    An answer's own code; its place in the list where no code is a digit; 0 or x for "does not apply".
    """
    codes = [option for option in definition.slot(code).options if option != UNKNOWN]
    found = {option: option for option in codes}
    found |= {key: option for option, key in entry_keys(codes).items()}
    return {"0": UNKNOWN, UNKNOWN: UNKNOWN, **found}


def unknown_key(definition: Definition, code: str) -> str:
    """The key shown for "does not apply": 0, or x where 0 is an answer."""
    return UNKNOWN if "0" in definition.slot(code).options else "0"


@lru_cache(maxsize=32)
def parts(content: str, language: str) -> tuple[EntrySection, ...]:
    """The page's sections for a stored questionnaire (canonical JSON) in a language."""
    definition = from_canonical(content)
    number = {slot.code: place for place, slot in enumerate(definition.slots, 1)}

    def made(code: str, text: str) -> Field:
        labels = [(key, label.get(language)) for key, label in definition.labels(code).items()]
        shown = entry_keys([key for key, _label in labels if key != UNKNOWN])
        show_if = dict(definition.slot(code).show_if)
        return Field(
            number[code],
            code,
            text,
            tuple((unknown_key(definition, code) if key == UNKNOWN else shown[key], label) for key, label in labels),
            json.dumps(keys_of(definition, code)),
            json.dumps({key: list(values) for key, values in show_if.items()}) if show_if else "",
            definition.on_scale(code),
        )

    found = [
        EntrySection(
            element.title.get(language), tuple(made(item.code, item.text.get(language)) for item in element.items)
        )
        for element in definition.elements
    ]
    for section in definition.sections:
        questions = tuple(made(question.code, question.text.get(language)) for question in section.questions)
        found.append(EntrySection(section.title.get(language), questions))
    return tuple(found)


def read(form: Mapping[str, str], definition: Definition) -> Keyed:
    """What was keyed in with everything that is wrong about it; what is right is kept."""
    keyed = Keyed(comment=clean_block(form.get("comment", "")))
    for number, slot in enumerate(definition.slots, 1):
        typed = form.get(PREFIX + slot.code, "").strip().lower()
        if not typed:
            continue
        keyed.typed[slot.code] = typed[:1]
        answer = keys_of(definition, slot.code).get(typed)
        if answer is None:
            advice = _("Question %(number)d: %(typed)s is not one of its answers.", number=number, typed=typed[:10])
            keyed.mistakes.append(Mistake(f"f-{slot.code}", advice))
        else:
            keyed.answers[slot.code] = answer
    over = len(keyed.comment) - MAX_COMMENT
    if over > 0:
        advice = ngettext(
            "The comment is %(num)d character too long.", "The comment is %(num)d characters too long.", over
        )
        keyed.mistakes.append(Mistake("comment", advice))
    shown = definition.visible(keyed.answers)
    if not keyed.mistakes and not any(code in definition.rated and code in shown for code in keyed.answers):
        first = definition.slots[0].code
        advice = _("A form without any rating is not stored. Leave it out, or key in at least one answer.")
        keyed.mistakes.append(Mistake(f"f-{first}", advice))
    return keyed


def keyed_again(definition: Definition, packed: str) -> Keyed:
    """Stored answers as they would be keyed in."""
    answers = definition.unpack(packed)
    typed = {code: unknown_key(definition, code) if a == UNKNOWN else a for code, a in answers.items()}
    return Keyed(answers=answers, typed=typed)


def focus(keyed: Keyed, definition: Definition) -> str:
    """The code of the question to go on with: the first mistake, else the first blank after the last answer."""
    for mistake in keyed.mistakes:
        if mistake.target.startswith("f-"):
            return mistake.target.removeprefix("f-")
    shown = definition.visible(keyed.answers)
    asked = [slot.code for slot in definition.slots if slot.code in shown]
    answered = [place for place, code in enumerate(asked) if code in keyed.answers]
    after = answered[-1] + 1 if answered else 0
    return asked[after] if after < len(asked) else ""
