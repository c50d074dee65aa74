"""The form as the page needs it, and a posted body read back against the questionnaire.

The questionnaire's definition validates: the same object draws the page, evaluates the conditions and packs the
answers, so the three cannot disagree.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from flask_babel import gettext as _
from flask_babel import ngettext

from survey.core.text import clean_block
from survey.questionnaires import OVERALL, UNKNOWN, Definition, Option, Section, from_canonical
from survey.questionnaires.definition import Condition, LocalText

MAX_COMMENT = 2000
SECONDS_A_QUESTION = 7
"""How long a person takes for one rated question; the time that the page promises is made of it."""
ROW_WORD = 7
"""Letters of the longest word that five answers in a row have room for at 360 pixels in 14 px (`không`, `thường`)."""
ANSWER = "a."
"""Prefix of the names of answer fields: `a.cc_thai_do`."""
MAX_DURATION_S = 24 * 3600


@dataclass(frozen=True)
class AnswerChoice:
    """One radio button."""

    code: str
    label: str


@dataclass(frozen=True)
class Asked:
    """One question on the page."""

    code: str
    text: str
    #: the language the wording is really in
    lang: str
    choices: tuple[AnswerChoice, ...]
    #: label of the answer `x`, set apart from the scale
    unknown: str
    #: whether the choices are the five levels
    is_scale: bool
    #: number among the satisfaction items; 0 for other questions
    number: int
    #: the condition as JSON for the page's script; empty when always asked
    show_if: str


@dataclass(frozen=True)
class FormSection:
    """A titled section: an element of the index, the needs, or the questions about the dossier."""

    code: str
    title: str
    lang: str
    #: about the person: folded, under a heading of the page's own
    folded: bool
    questions: tuple[Asked, ...]


@dataclass(frozen=True)
class FormParts:
    """A questionnaire as the page shows it: the overall question, the question that all items answer, the sections."""

    overall: Asked | None
    stem: str
    stem_lang: str
    sections: tuple[FormSection, ...]
    #: whether a word of the scale is too long for five in a row on a phone
    long_words: bool


@lru_cache(maxsize=64)
def parts(content: str, language: str) -> FormParts:
    """What a stored questionnaire (canonical JSON) asks, in a language."""
    definition = from_canonical(content)
    numbers = {item.code: number for number, item in enumerate(definition.items, 1)}
    scale = definition.scale.options

    def asked(code: str, text: LocalText, options: Iterable[Option], unknown: LocalText, show_if: Condition) -> Asked:
        choices = tuple(
            AnswerChoice(option.code, option.text.get(language)) for option in options if option.code != UNKNOWN
        )
        condition = json.dumps({key: list(values) for key, values in show_if}) if show_if else ""
        number = numbers.get(code, 0)
        return Asked(
            code,
            text.get(language),
            text.language(language),
            choices,
            unknown.get(language),
            definition.on_scale(code),
            number,
            condition,
        )

    def extra(code: str, section: Section | None) -> list[FormSection]:
        if section is None:
            return []
        questions = tuple(asked(q.code, q.text, q.options, section.unknown, q.show_if) for q in section.questions)
        title = section.title
        return [FormSection(code, title.get(language), title.language(language), code == "respondent", questions)]

    elements = [
        FormSection(
            element.code,
            element.title.get(language),
            element.title.language(language),
            False,
            tuple(asked(i.code, i.text, scale, definition.scale.unknown, i.show_if) for i in element.items),
        )
        for element in definition.elements
    ]
    overall = [question for part in extra(OVERALL, definition.overall_section) for question in part.questions]
    stem, words = definition.scale.question, [level.get(language) for level in definition.scale.levels]
    return FormParts(
        overall[0] if overall else None,
        stem.get(language),
        stem.language(language),
        (*elements, *extra("needs", definition.needs), *extra("respondent", definition.respondent)),
        max(len(word) for label in words for word in label.split()) > ROW_WORD,
    )


def minutes(definition: Definition) -> int:
    """The time that rating takes, in minutes rounded up: `SECONDS_A_QUESTION` for each question that rates."""
    return math.ceil(len(definition.rated) * SECONDS_A_QUESTION / 60)


@dataclass(frozen=True)
class AnswerMistake:
    """One thing to correct: where (an element id), and what to do."""

    target: str
    advice: str


@dataclass
class Filled:
    """What a person sent, as far as it can be shown again."""

    answers: dict[str, str] = field(default_factory=dict)
    comment: str = ""
    agency: str = ""
    service: str = ""
    mistakes: list[AnswerMistake] = field(default_factory=list)
    #: answers to questions that the questionnaire does not have, by code, as they were sent
    unknown: dict[str, str] = field(default_factory=dict)
    #: these as (question, answer) in the words they were asked in, to be shown
    dropped: list[tuple[str, str]] = field(default_factory=list)

    def touches(self, part: FormSection) -> bool:
        """Whether a section has an answer or a mistake, so that it is not folded away."""
        codes = [question.code for question in part.questions]
        return any(code in self.answers or self.mistaken(f"i-{code}") for code in codes)

    def mistaken(self, target: str) -> str:
        """The advice for an element id, or nothing."""
        return next((mistake.advice for mistake in self.mistakes if mistake.target == target), "")


def read(form: Mapping[str, str], definition: Definition, agencies: set[str], services: set[str]) -> Filled:
    """The posted answers with everything that is wrong about them; valid answers are always kept."""
    filled = Filled(comment=clean_block(form.get("comment", "")))
    _read_answers(form, definition, filled)
    filled.agency = _read_choice(form, "agency", agencies, filled)
    filled.service = _read_choice(form, "service", services, filled)
    if len(filled.comment) > MAX_COMMENT:
        over = len(filled.comment) - MAX_COMMENT
        filled.mistakes.append(
            AnswerMistake(
                "comment",
                ngettext(
                    "Your comment is %(num)d character too long. Please shorten it.",
                    "Your comment is %(num)d characters too long. Please shorten it.",
                    over,
                ),
            )
        )
    first = OVERALL if definition.overall else definition.slots[0].code
    if filled.unknown:
        advice = _(
            "The questions have changed since you opened the form. %(fit)d of your %(all)d answers fit the new ones "
            "and are kept, and so is your comment. Please check them and send once more.",
            fit=len(filled.answers),
            all=len(filled.answers) + len(filled.unknown),
        )
        filled.mistakes.append(AnswerMistake(f"i-{first}", advice))
    shown = definition.visible(filled.answers)
    if (
        not filled.mistakes
        and not filled.comment
        and not any(code in definition.rated and code in shown for code in filled.answers)
    ):
        filled.mistakes.append(AnswerMistake(f"i-{first}", _("You have not chosen an answer yet.")))
    return filled


def worded(definition: Definition, answers: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    """Answers as (question, answer) in the words of a questionnaire; those it does not know are left out."""
    texts = {item.code: item.text for item in definition.items}
    texts |= {question.code: question.text for section in definition.sections for question in section.questions}
    labels = {code: definition.labels(code) for code in answers if code in texts}
    return [
        (texts[code].get(language), labels[code][answer].get(language))
        for code, answer in answers.items()
        if answer in labels.get(code, ())
    ]


def _read_answers(form: Mapping[str, str], definition: Definition, filled: Filled) -> None:
    """Keep the valid answers, note the wrong ones, and those to questions that the questionnaire does not have."""
    options = {slot.code: slot.options for slot in definition.slots}
    for name, answer in form.items():
        if not name.startswith(ANSWER) or not answer:
            continue
        code = name.removeprefix(ANSWER)
        if code not in options:
            filled.unknown[code] = answer
        elif answer not in options[code]:
            filled.mistakes.append(
                AnswerMistake(f"i-{code}", _("Please choose one of the answers shown for this question."))
            )
        else:
            filled.answers[code] = answer


def _read_choice(form: Mapping[str, str], name: str, allowed: set[str], filled: Filled) -> str:
    """A posted code of the counter's own list, or nothing; a foreign one is a mistake."""
    code = form.get(name, "")
    if code and code not in allowed:
        filled.mistakes.append(AnswerMistake(name, _("Please choose one from the list.")))
        return ""
    return code


def duration(text: str) -> int | None:
    """The page's own count of seconds, or None when it is not a plausible number."""
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        return None
    return int(text) if int(text) <= MAX_DURATION_S else None
