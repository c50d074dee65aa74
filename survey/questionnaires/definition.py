"""A questionnaire as frozen data: its wording, its conditions, and how answers are packed into one column.

The page, the importer and the scoring all read this one object; it is stored as canonical JSON (`canonical.py`) and
written by people as YAML (`schema.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from scoring.scheme import Item as SchemeItem
from scoring.scheme import Rules, Scheme
from survey.core.errors import InputError
from survey.core.text import clean, fold
from survey.models.questionnaires import SlotKind

UNKNOWN = "x"
"""Answer code of "không biết / không liên quan", and of a respondent question that was declined."""
BLANK = "."
"""Packed character of a question left blank."""
HIDDEN = "_"
"""Packed character of a question that was not asked, because its condition did not hold."""
LEVELS = ("1", "2", "3", "4", "5")
"""Answer codes of the satisfaction scale, from very dissatisfied to very satisfied."""
UNDETERMINED = "und"
"""The language of a questionnaire without wording, which can score answers but cannot be shown to anyone."""

OVERALL = "hai_long_chung"
"""Code of the overall question: satisfaction with the whole, asked first and never part of the index."""
OVERALL_SLOT = SlotKind.NEED
"""How its answer is kept: rated, and outside of the index."""

SCALE_WORDS = {
    "1": ("Rất không hài lòng", "Very dissatisfied"),
    "2": ("Không hài lòng", "Dissatisfied"),
    "3": ("Bình thường", "Neutral"),
    "4": ("Hài lòng", "Satisfied"),
    "5": ("Rất hài lòng", "Very satisfied"),
    UNKNOWN: ("Không biết / Không liên quan", "Don't know / Not applicable", "Không biết", "Không liên quan", "N/A"),
}
"""Labels understood in every import, whatever the questionnaire calls its levels."""


@dataclass(frozen=True)
class LocalText:
    """Wording by language. The first language is the one others fall back to."""

    pairs: tuple[tuple[str, str], ...]

    @cached_property
    def _by_language(self) -> dict[str, str]:
        return dict(self.pairs)

    def get(self, language: str) -> str:
        """The wording in `language`, or in the first language when it is missing."""
        return self._by_language.get(language, self.pairs[0][1])

    def language(self, language: str) -> str:
        """The language that `get(language)` really answers in: what the page's `lang` attribute must say."""
        return language if language in self._by_language else self.pairs[0][0]


OVERALL_TITLE = LocalText((("vi", "Nhìn chung"), ("en", "On the whole"), ("vi-simple", "Nhìn chung")))
"""Heading of the overall question where sections are headed: on paper and where paper is typed in."""
SCALE_QUESTION = LocalText(
    (
        ("vi", "Ông/Bà hài lòng đến mức nào về những điều dưới đây?"),
        ("en", "How satisfied are you with each of these?"),
        ("vi-simple", "Ông/Bà có hài lòng về những điều dưới đây không?"),
    )
)
"""The question that all items answer, where the questionnaire has no wording of its own for it."""

Condition = tuple[tuple[str, tuple[str, ...]], ...]
"""Pairs of (question code, answers): shown when each of these questions has one of its answers. Empty: always shown."""


@dataclass(frozen=True)
class Option:
    """One answer of a needs or respondent question: a stable one-character code and its label."""

    code: str
    text: LocalText


@dataclass(frozen=True)
class Item:
    """One statement on the satisfaction scale."""

    code: str
    text: LocalText
    show_if: Condition = ()


@dataclass(frozen=True)
class Element:
    """A group of items with an index of its own."""

    code: str
    title: LocalText
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Aspect:
    """Policy or service: a group of elements."""

    code: str
    title: LocalText
    elements: tuple[Element, ...]


@dataclass(frozen=True)
class Question:
    """A needs or respondent question. Declining ("không trả lời") is the answer `x` and needs no option."""

    code: str
    text: LocalText
    options: tuple[Option, ...]
    show_if: Condition = ()


@dataclass(frozen=True)
class Section:
    """A titled run of questions: the needs, or what is asked about the respondent and the dossier."""

    title: LocalText
    questions: tuple[Question, ...]
    #: label of the answer `x` here
    unknown: LocalText


@dataclass(frozen=True)
class Scale:
    """The five labels from 1 to 5, and that of "không biết / không liên quan", which is not a level."""

    levels: tuple[LocalText, ...]
    unknown: LocalText
    #: the question that every item answers, asked once above them
    question: LocalText = SCALE_QUESTION

    @property
    def options(self) -> tuple[Option, ...]:
        """The six answers in order: 1 to 5, then `x`."""
        labelled = zip((*LEVELS, UNKNOWN), (*self.levels, self.unknown), strict=True)
        return tuple(Option(code, text) for code, text in labelled)


@dataclass(frozen=True)
class Slot:
    """One position of the packed answers; `options` are the answer codes it takes, `x` among them."""

    code: str
    kind: SlotKind
    options: tuple[str, ...]
    show_if: Condition = ()


@dataclass(frozen=True)
class Definition:
    """One immutable questionnaire."""

    code: str
    family: str
    title: LocalText
    #: complete languages, the default first; only these are offered
    languages: tuple[str, ...]
    #: languages with some sample strings that await a translator; never offered by themselves
    samples: tuple[str, ...]
    scale: Scale
    aspects: tuple[Aspect, ...]
    needs: Section | None = None
    respondent: Section | None = None
    #: wording of the overall question; None for questionnaires that do not ask it
    overall: LocalText | None = None

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements in order, through the aspects."""
        return tuple(element for aspect in self.aspects for element in aspect.elements)

    @property
    def items(self) -> tuple[Item, ...]:
        """All satisfaction items in order."""
        return tuple(item for element in self.elements for item in element.items)

    @property
    def overall_section(self) -> Section | None:
        """The overall question as a section of its own, on the items' scale."""
        if self.overall is None:
            return None
        *levels, _ = self.scale.options
        return Section(OVERALL_TITLE, (Question(OVERALL, self.overall, tuple(levels)),), self.scale.unknown)

    @property
    def sections(self) -> tuple[Section, ...]:
        """What is asked beside the items, in the order of the slots: overall question, needs, respondent."""
        return tuple(filter(None, (self.overall_section, self.needs, self.respondent)))

    @cached_property
    def rated(self) -> frozenset[str]:
        """Codes of the questions that rate something: a response with an answer to one of them can be stored."""
        return frozenset(slot.code for slot in self.slots if slot.kind is not SlotKind.RESPONDENT)

    @property
    def presentable(self) -> bool:
        """Whether it has wording to show; one without can only score answers collected elsewhere."""
        return self.languages != (UNDETERMINED,)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Positions of the packed answers: items, then the overall question, needs and respondent questions."""
        return tuple(self._slots())

    def _slots(self) -> Iterator[Slot]:
        for item in self.items:
            yield Slot(item.code, SlotKind.SATISFACTION, (*LEVELS, UNKNOWN), item.show_if)
        kinds = (OVERALL_SLOT, SlotKind.NEED, SlotKind.RESPONDENT)
        for kind, section in zip(kinds, (self.overall_section, self.needs, self.respondent), strict=True):
            for question in section.questions if section else ():
                codes = tuple(option.code for option in question.options)
                yield Slot(question.code, kind, (*codes, UNKNOWN), question.show_if)

    @cached_property
    def _slot_of(self) -> dict[str, Slot]:
        return {slot.code: slot for slot in self.slots}

    def slot(self, code: str) -> Slot:
        """The position of a question; InputError when the questionnaire has none of that code."""
        try:
            return self._slot_of[code]
        except KeyError:
            raise InputError(
                "The questionnaire %(questionnaire)s has no question %(code)s.",
                questionnaire=self.code,
                code=repr(code),
            ) from None

    def on_scale(self, code: str) -> bool:
        """Whether a question is answered on the five levels: an item, or the overall question."""
        return self.slot(code).kind is SlotKind.SATISFACTION or (self.overall is not None and code == OVERALL)

    def scheme(self, rules: Rules | None = None) -> Scheme:
        """The items in their elements and aspects, as scoring wants them; in the order of the first slots.

        Where the `rules` of a round say so, with the overall question as one more item, in an element of its own.
        """
        items = [
            SchemeItem(item.code, element.code, aspect.code)
            for aspect in self.aspects
            for element in aspect.elements
            for item in element.items
        ]
        if rules is not None and rules.overall_in_index and self.overall is not None:
            items.append(SchemeItem(OVERALL, OVERALL, OVERALL))
        return Scheme(tuple(items))

    def same_form(self, other: Definition) -> bool:
        """Whether both put the same items in the same order, after the overall question or both without it.

        What is asked first moves what is answered next (question order), and the form can be sent after one tap.
        """
        return self.scheme() == other.scheme() and (self.overall is None) == (other.overall is None)

    def conditions(self) -> dict[str, dict[str, list[str]]]:
        """The conditions as data for the page's script: question → {question it hangs on: answers}."""
        return {
            slot.code: {code: list(answers) for code, answers in slot.show_if} for slot in self.slots if slot.show_if
        }

    def visible(self, answers: Mapping[str, str]) -> set[str]:
        """The codes of the questions that `answers` cause to be asked.

        A hidden question has no answer, whatever was sent for it: what hangs on it is hidden as well. Questions
        hang only on earlier ones, so one pass decides.
        """
        shown: set[str] = set()
        for slot in self.slots:
            if all(code in shown and answers.get(code) in wanted for code, wanted in slot.show_if):
                shown.add(slot.code)
        return shown

    def pack(self, answers: Mapping[str, str]) -> str:
        """One character for each slot: the answer, `.` blank or `_` not asked; hidden answers are dropped.

        `answers` maps question codes to answer codes; an empty answer is a blank. InputError on an unknown question
        or an answer that the question does not have.
        """
        for code, answer in answers.items():
            slot = self.slot(code)
            if answer and answer not in slot.options:
                raise InputError(
                    "%(answer)s is not an answer of question %(code)s; expected one of %(options)s.",
                    answer=repr(answer),
                    code=repr(code),
                    options=", ".join(slot.options),
                )
        shown = self.visible(answers)
        return "".join((answers.get(s.code) or BLANK) if s.code in shown else HIDDEN for s in self.slots)

    def unpack(self, packed: str) -> dict[str, str]:
        """The answers in a packed string by question code, without blanks and questions not asked."""
        if len(packed) != len(self.slots):
            raise InputError(
                "The stored answers have %(found)s characters; the questionnaire %(questionnaire)s has %(expected)s.",
                found=len(packed),
                questionnaire=self.code,
                expected=len(self.slots),
            )
        pairs = zip(self.slots, packed, strict=True)
        return {slot.code: answer for slot, answer in pairs if answer not in (BLANK, HIDDEN)}

    def labels(self, code: str) -> dict[str, LocalText]:
        """The answers of a question with their labels, in order."""
        return {option.code: option.text for option in self._options[code]} if self.slot(code) else {}

    @cached_property
    def _options(self) -> dict[str, tuple[Option, ...]]:
        options = {item.code: self.scale.options for item in self.items}
        for section in self.sections:
            for question in section.questions:
                options[question.code] = (*question.options, Option(UNKNOWN, section.unknown))
        return options

    @cached_property
    def _readings(self) -> dict[str, tuple[dict[str, set[str]], dict[str, set[str]]]]:
        """Every label of each question, as written and folded, with the answer codes that it can mean."""
        readings = {}
        for slot in self.slots:
            words = [(option.code, label) for option in self._options[slot.code] for _, label in option.text.pairs]
            if self.on_scale(slot.code):
                words += [(code, label) for code, labels in SCALE_WORDS.items() for label in labels]
            exact: dict[str, set[str]] = {}
            folded: dict[str, set[str]] = {}
            for code, label in words:
                exact.setdefault(clean(label).casefold(), set()).add(code)
                folded.setdefault(_squeeze(label), set()).add(code)
            readings[slot.code] = (exact, folded)
        return readings

    def parse_answer(self, code: str, text: str) -> str:
        """The answer code that `text` of an imported cell means for question `code`; "" for a blank.

        Understood are answer codes (`4`, also `4.0` as spreadsheets write it), labels in any language of the
        questionnaire, with or without Vietnamese marks and in any case (`KHONG BIET`), a code with its label
        (`4 - Hài lòng`, `Hài lòng (4)`), and stars (`4 sao`). InputError on anything else, and on a label that can mean
        two answers.
        """
        slot = self.slot(code)
        written = clean(text)
        if not written or written == "NA":
            return ""
        found = _meanings(written, slot, *self._readings[code])
        if len(found) == 1:
            return found.pop()
        template = (
            "%(answer)s can mean several answers of question %(code)s; write one of %(options)s."
            if found
            else "%(answer)s is not an answer of question %(code)s; expected one of %(options)s."
        )
        raise InputError(template, answer=repr(written), code=repr(code), options=self._described(code))

    def _described(self, code: str) -> str:
        language = self.languages[0]
        return ", ".join(f"{option.code} ({option.text.get(language)})" for option in self._options[code])


ITEM_CODES = {UNKNOWN: 9, HIDDEN: 8}
"""Numbers in files of answers to items off the scale: don't know, and not asked. A blank is an empty cell."""
_NUMBER = re.compile(r"(\d)(?:[.,]0{1,6})?")
_NUMBERED_LABEL = re.compile(r"(\w) ?[-–.:)=] ?(\S.*)")
_LABEL_WITH_NUMBER = re.compile(r"(\S.*?) ?\((\w)\)")
_STARS = re.compile(r"([1-5]) ?(?:sao|stars?|điểm|/ ?5|★|⭐)", re.IGNORECASE)
_ROW_OF_STARS = re.compile(r"([★⭐]\ufe0f?){1,5}☆{0,4}")


def entry_keys(codes: Sequence[str]) -> dict[str, str]:
    """The key that paper and screen show for each answer of a question: its place, or its code where one is a digit."""
    if any(code.isdigit() for code in codes):
        return {code: code for code in codes}
    return {code: str(place) if place < 10 else code for place, code in enumerate(codes, 1)}


def _squeeze(label: str) -> str:
    """Fold a label and drop its punctuation, so that `Không biết/Không liên quan` is found however it is spaced."""
    return " ".join(re.findall(r"\w+", fold(label)))


def _meanings(written: str, slot: Slot, exact: dict[str, set[str]], folded: dict[str, set[str]]) -> set[str]:
    """The answer codes that `written` can mean; an exact label beats one without marks."""
    number = _NUMBER.fullmatch(written)
    bare = number[1] if number else written.casefold()
    if bare in slot.options:
        return {bare}
    found = exact.get(written.casefold()) or folded.get(_squeeze(written))
    if found:
        return set(found)
    numbered = _NUMBERED_LABEL.fullmatch(written)
    if numbered and numbered[1].casefold() in slot.options:
        # the label must say the same as the code: "1 - Rất hài lòng" is a contradiction, not a 1
        return _meanings(numbered[2], slot, exact, folded) & {numbered[1].casefold()}
    labelled = _LABEL_WITH_NUMBER.fullmatch(written) if written.endswith(")") else None
    if labelled and labelled[2].casefold() in slot.options:
        return _meanings(labelled[1], slot, exact, folded) & {labelled[2].casefold()}
    if slot.kind is SlotKind.SATISFACTION or slot.code == OVERALL:
        if stars := _STARS.fullmatch(written):
            return {stars[1]}
        if _ROW_OF_STARS.fullmatch(written):
            return {str(written.count("★") + written.count("⭐"))}
    return set()
