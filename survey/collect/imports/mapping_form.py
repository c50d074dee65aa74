"""The form that says which column is which: a column map shown as fields, and fields read back as a column map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from survey.core.text import clean
from survey.models import SlotKind
from survey.questionnaires import Definition
from survey.spreadsheets.column_map import ColumnMap, parse_map
from survey.spreadsheets.guess_columns import Label, guess_columns, guess_values, unknown_labels
from survey.spreadsheets.response_rows import KEYS
from survey.spreadsheets.times import parse_moment
from survey.web.uploads import Upload

MAX_FIELDS = 60


@dataclass(frozen=True)
class Column:
    """A question, and the heading that holds its answers; empty for none."""

    code: str
    number: int
    text: str
    heading: str
    rated: bool


@dataclass(frozen=True)
class Meaning:
    """A label of the file and the answer it stands for; empty while nobody has said."""

    label: Label
    #: number and wording of the question; 0 for the five levels
    number: int
    text: str
    #: (answer code, wording)
    options: tuple[tuple[str, str], ...]
    answer: str


def known_codes(definition: Definition) -> list[str]:
    """Return the codes a column map may speak of."""
    return [*(slot.code for slot in definition.slots), *KEYS]


def guess(upload: Upload, definition: Definition) -> dict[str, Any]:
    """Return the data of a column map guessed from a file's headings and first rows."""
    with upload.table() as table:
        columns = guess_columns(table.columns, definition)
        guessed = ColumnMap(headings={code: heading for heading, code in columns.items()})
        labels = unknown_labels(table.columns, table.rows, definition, guessed)
    values = guess_values(labels, definition)
    values_of = {question: labels for question, labels in values.items() if question}
    return {"columns": columns, "values": values.get("", {}), "values_of": values_of}


def columns_of(definition: Definition, mapping: ColumnMap, headings: Sequence[str], language: str) -> list[Column]:
    """Return a field for each question of the paper's order."""
    words = {item.code: item.text.get(language) for item in definition.items}
    for section in filter(None, (definition.needs, definition.respondent)):
        words |= {question.code: question.text.get(language) for question in section.questions}
    found = []
    for number, slot in enumerate(definition.slots, 1):
        heading = mapping.heading(slot.code)
        named = heading if heading in headings and slot.code not in mapping.absent else ""
        rated = slot.kind is not SlotKind.RESPONDENT
        found.append(Column(slot.code, number, words[slot.code], named, rated))
    return found


def meanings(upload: Upload, definition: Definition, mapping: ColumnMap, language: str) -> list[Meaning]:
    """Return what the file's labels were said to mean, then those that nobody has explained yet."""
    number = {slot.code: place for place, slot in enumerate(definition.slots, 1)}
    words = {column.code: column.text for column in columns_of(definition, mapping, (), language)}
    found: dict[Label, str] = {Label(text, ""): answer for text, answer in mapping.values.items()}
    for code, values in mapping.values_of.items():
        if code in number:
            found |= {Label(text, code): answer for text, answer in values.items()}
    with upload.table() as table:
        for label in unknown_labels(table.columns, table.rows, definition, mapping):
            found.setdefault(label, "")
    made = []
    for label, answer in sorted(found.items(), key=lambda pair: (pair[0].question, pair[0].text))[:MAX_FIELDS]:
        asked = label.question or definition.slots[0].code
        options = tuple((code, text.get(language)) for code, text in definition.labels(asked).items())
        made.append(Meaning(label, number.get(label.question, 0), words.get(label.question, ""), options, answer))
    return made


def read_form(form: Mapping[str, str], definition: Definition) -> dict[str, Any]:
    """Return the data of the column map that was filled in."""
    columns, absent, fixed = {}, [], {}
    for code in known_codes(definition):
        heading = clean(form.get(f"c.{code}", ""))
        constant = clean(form.get(f"f.{code}", "")) if code in KEYS else ""
        if heading:
            columns[heading] = code
        elif constant:
            moment = parse_moment(constant) if code == "date" else None
            fixed[code] = moment.day.isoformat() if moment and moment.clock is None else constant
        elif code not in KEYS:
            absent.append(code)
    values: dict[str, str] = {}
    values_of: dict[str, dict[str, str]] = {}
    for place in range(MAX_FIELDS):
        text, question = clean(form.get(f"l.{place}", "")), form.get(f"q.{place}", "")
        answer = form.get(f"v.{place}", "")
        if text and answer:
            (values_of.setdefault(question, {}) if question else values)[text] = answer
    return {"columns": columns, "fixed": fixed, "values": values, "values_of": values_of, "absent": absent}


def as_map(data: Mapping[str, Any], definition: Definition) -> ColumnMap:
    """Return the column map of some data; `InputError` when it cannot be one."""
    return parse_map(data, known_codes(definition), "mapping")


def heading_twice(form: Mapping[str, str], definition: Definition) -> str:
    """Return a heading that two fields claim, or nothing."""
    seen: set[str] = set()
    for code in known_codes(definition):
        heading = clean(form.get(f"c.{code}", ""))
        if heading and heading in seen:
            return heading
        seen.add(heading)
    return ""
