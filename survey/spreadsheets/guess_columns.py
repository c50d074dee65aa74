"""Column matching: infers which column of a survey tool's export is which question, by code, wording or position.

The result is a suggestion: a person corrects it on the page and saves it under a name.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from survey.core.errors import InputError
from survey.core.text import clean, fold
from survey.questionnaires import Definition
from survey.questionnaires.definition import UNKNOWN
from survey.spreadsheets.column_map import ColumnMap
from survey.spreadsheets.read import SEPARATORS, column_letter

#: headings of what is no answer, folded, the surest first
HEADINGS: dict[str, tuple[str, ...]] = {
    "id": ("_uuid", "meta/instanceid", "response id", "id", "ma phieu", "so phieu", "ma phan hoi"),
    "date": (
        *("ngay tra loi", "ngay khao sat", "ngay danh gia", "ngay", "date", "dau thoi gian", "timestamp"),
        *("thoi gian", "thoi gian gui", "end", "submitdate", "date submitted", "_submission_time", "ngay nop"),
    ),
    "agency": ("agency", "co quan giai quyet", "co quan giai quyet ho so", "co quan", "don vi", "ten co quan"),
    "counter": ("counter", "quay", "diem tiep nhan", "quay tiep nhan", "ten quay"),
    "service": ("service", "linh vuc", "linh vuc cua ho so", "linh vuc ho so", "linh vuc thu tuc"),
    "channel": ("channel", "kenh"),
    "comment": (
        *("comment", "y kien", "y kien khac", "gop y", "gop y khac", "y kien dong gop", "nhan xet"),
        "ong/ba muon noi them dieu gi?",
    ),
}
#: scanners name columns by the number printed on the form
_PLACE = re.compile(r"(?:q|c|v|cau|item|question)?[ ._]*0*(\d{1,3})", re.ASCII)
_NUMBERED = re.compile(r"(?:cau |c|q)?\d{1,3}\s*[.:)\-]\s*(.+)")
_CODED = re.compile(r"[\w\[\]]+\s*[.:]\s+(.+)")
#: answer codes of LimeSurvey: A1, A2 … or AO01, AO02 …
_ANSWER_CODE = re.compile(r"[A-Z]{1,3}0*([1-9])")
SAMPLE_ROWS = 2000
MAX_LABELS = 40


@dataclass
class Guess:
    """An inferred column map, as its data."""

    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    values_of: dict[str, dict[str, str]] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Return the parts of a column map."""
        return {"columns": self.columns, "values": self.values, "values_of": self.values_of}


def guess_columns(headings: Sequence[str], definition: Definition) -> dict[str, str]:
    """Return heading → code for the headings that are recognised, each code at most once."""
    wanted = _wanted(definition)
    found: dict[str, str] = {}
    taken: set[str] = set()

    def take(heading: str, code: str | None) -> None:
        if code is not None and code not in taken and heading not in found:
            found[heading] = code
            taken.add(code)

    for heading in headings:
        for form in _forms(heading):
            take(heading, wanted.get(form))
    folded = {
        heading: {fold(form).rstrip(" *:") for form in (heading, heading.rsplit("/", 1)[-1])} for heading in headings
    }
    for key, names in HEADINGS.items():
        for name in names:
            for heading in headings:
                if name in folded[heading]:
                    take(heading, key)
    if is_lettered(headings):
        return _by_order(headings, definition)
    _by_place(headings, definition, found, taken)
    return found


def is_lettered(headings: Sequence[str]) -> bool:
    """Say whether headings are the letters given to a file that had none (see `with_letters`)."""
    return tuple(headings) == tuple(column_letter(place) for place in range(len(headings)))


def with_letters(data: bytes, source: str) -> bytes:
    """Return a CSV file without a heading row as one with the letters of a spreadsheet for headings."""
    try:
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeError as error:
        raise InputError("%(source)s has no headings and is not a CSV file in UTF-8", source=source) from error
    first = text.lstrip("\r\n").splitlines()[0] if text.strip() else ""
    separator = max(SEPARATORS, key=first.count)
    width = len(next(csv.reader([first], delimiter=separator), []))
    return (separator.join(column_letter(place) for place in range(width)) + "\r\n" + text).encode()


def _by_order(headings: Sequence[str], definition: Definition) -> dict[str, str]:
    """Match by order: the last columns are the questions, all of them or the satisfaction items alone."""
    codes = [slot.code for slot in definition.slots]
    if len(headings) < len(codes):
        codes = codes[: len(definition.items)]
    if len(headings) < len(codes):
        return {}
    return dict(zip(headings[len(headings) - len(codes) :], codes, strict=True))


def _wanted(definition: Definition) -> dict[str, str]:
    """Return the codes by everything that a heading may call them: code, and wording in each language."""
    wanted: dict[str, str] = {}
    twice: set[str] = set()
    for slot in definition.slots:
        wanted[fold(slot.code)] = slot.code
    texts = [(item.code, item.text) for item in definition.items]
    for section in definition.sections:
        texts += [(question.code, question.text) for question in section.questions]
    for code, text in texts:
        for _, words in text.pairs:
            key = _squeeze(words)
            if wanted.get(key, code) != code:
                twice.add(key)
            wanted[key] = code
    return {key: code for key, code in wanted.items() if key not in twice}


def _forms(heading: str) -> Iterator[str]:
    """Yield the normal forms of a heading, without what tools add to it.

    KoBo puts groups before it (`danh_gia/tc_bien_hieu`), Google Forms and LimeSurvey put it in brackets behind the
    grid's title, LimeSurvey its code before the wording, and people a number.
    """
    whole = clean(heading)
    forms = [whole, whole.rsplit("/", 1)[-1]]
    _, opened, inside = whole.removesuffix("]").rpartition("[")
    if opened and inside and whole.endswith("]"):
        forms.append(inside)
    for form in list(forms):
        forms += [match[1] for pattern in (_NUMBERED, _CODED) if (match := pattern.fullmatch(fold(form)))]
    for form in forms:
        yield fold(form)
        yield _squeeze(form)


def _squeeze(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def _by_place(headings: Sequence[str], definition: Definition, found: dict[str, str], taken: set[str]) -> None:
    """Match by number: Q1, Q2 … or 1, 2 … are the questions of these numbers, when all of them can be."""
    slots = definition.slots
    places = {h: int(m[1]) for h in headings if h not in found and (m := _PLACE.fullmatch(fold(h)))}
    if len(places) < len(definition.items) or len(set(places.values())) < len(places):
        return
    for heading, place in places.items():
        if 1 <= place <= len(slots) and slots[place - 1].code not in taken:
            found[heading] = slots[place - 1].code
            taken.add(slots[place - 1].code)


@dataclass(frozen=True)
class Label:
    """An unmapped answer label of the file; `question` is empty when it is one of the five levels."""

    text: str
    question: str


def unknown_labels(
    columns: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], definition: Definition, mapping: ColumnMap
) -> list[Label]:
    """Return the texts in the answer columns that neither the questionnaire nor the mapping understands.

    The first rows are looked at; labels of satisfaction items are returned once for all items.
    """
    at = {code: columns.index(heading) for heading, code in _answer_columns(columns, definition, mapping)}
    seen: dict[Label, None] = {}
    known: set[tuple[str, str]] = set()
    for count, (_, cells) in enumerate(rows):
        if count >= SAMPLE_ROWS or len(seen) >= MAX_LABELS:
            break
        for code, position in at.items():
            text = cells[position]
            if not text or (code, text) in known:
                continue
            known.add((code, text))
            rated = definition.on_scale(code)
            try:
                definition.parse_answer(code, mapping.value(code, text, item=rated))
            except InputError:
                seen[Label(text, "" if rated else code)] = None
    return list(seen)


def _answer_columns(columns: Sequence[str], definition: Definition, mapping: ColumnMap) -> Iterator[tuple[str, str]]:
    for slot in definition.slots:
        heading = mapping.heading(slot.code)
        if heading in columns and slot.code not in mapping.absent:
            yield heading, slot.code


def guess_values(labels: Sequence[Label], definition: Definition) -> Mapping[str, dict[str, str]]:
    """Return question ("" for the levels) → label → answer code, for answer codes such as A1 … A5.

    They are taken in the questionnaire's order when every label of a question is such a code and has an answer.
    """
    by_question: dict[str, list[str]] = {}
    for label in labels:
        by_question.setdefault(label.question, []).append(label.text)
    found: dict[str, dict[str, str]] = {}
    for question, texts in by_question.items():
        code = question or definition.slots[0].code
        options = [option for option in definition.slot(code).options if option != UNKNOWN] + [UNKNOWN]
        places = {text: int(match[1]) for text in texts if (match := _ANSWER_CODE.fullmatch(text))}
        if len(places) == len(texts) and all(place <= len(options) for place in places.values()):
            found[question] = {text: options[place - 1] for text, place in places.items()}
    return found
