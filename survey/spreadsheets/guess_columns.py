"""Column matching: infers which column of a survey tool's export is which question, by code, wording or position.

The result is a suggestion: a person corrects it on the page and saves it under a name; the command line takes it where
no mapping is given.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from survey.core.errors import InputError
from survey.core.text import clean, fold
from survey.questionnaires import Definition
from survey.questionnaires.definition import UNKNOWN
from survey.spreadsheets.column_map import ColumnMap
from survey.spreadsheets.headings import Known, column_letter, is_lettered
from survey.spreadsheets.names import words_of
from survey.spreadsheets.places import Places
from survey.spreadsheets.read import SEPARATORS, Table
from survey.spreadsheets.times import parse_moment

#: headings of what is no answer, folded, the surest first: ours, Google Forms, MS Forms, KoBo, ODK Central, Qualtrics,
#: LimeSurvey, SurveyMonkey
HEADINGS: dict[str, tuple[str, ...]] = {
    "id": (
        *("_uuid", "meta/instanceid", "meta-instanceid", "instanceid", "key", "responseid", "response id"),
        *("respondent id", "id", "ma phieu", "so phieu", "ma phan hoi"),
    ),
    "date": (
        *("ngay tra loi", "ngay khao sat", "ngay danh gia", "ngay", "date", "dau thoi gian", "timestamp"),
        *("thoi gian hoan thanh", "completion time", "thoi gian", "thoi gian gui", "end", "submitdate"),
        *("date submitted", "recordeddate", "recorded date", "enddate", "end date", "submissiondate"),
        *("submission date", "_submission_time", "ngay nop", "datestamp", "date last action"),
    ),
    "agency": (
        *("agency", "co quan giai quyet", "co quan giai quyet ho so", "co quan", "don vi", "ten co quan", "cq"),
        *("ma co quan", "ten don vi", "don vi giai quyet"),
    ),
    "counter": ("counter", "quay", "diem tiep nhan", "quay tiep nhan", "ten quay", "ma quay"),
    "service": (
        *("service", "linh vuc", "linh vuc cua ho so", "linh vuc ho so", "linh vuc thu tuc", "lv", "ten linh vuc"),
    ),
    "channel": ("channel", "kenh"),
    "comment": (
        *("comment", "y kien", "y kien khac", "gop y", "gop y khac", "y kien dong gop", "nhan xet", "yk"),
        "ong/ba muon noi them dieu gi?",
    ),
}
PLACE_KEYS = ("agency", "service", "counter")
"""What a column can name, whose words may need explaining like answers do."""
#: scanners name columns by the number printed on the form, LimeSurvey the parts of a question SQ001, SQ002 …
_PLACE = re.compile(r"(?:q|c|v|cau|item|question|sq)?[ ._]*0*(\d{1,3})", re.ASCII)
_NUMBERED = re.compile(r"(?:cau |c|q)?\d{1,3}\s*[.:)\-]\s*(.+)")
_CODED = re.compile(r"([\w\[\]]+)\s*[.:]\s+(.+)")
#: answer codes of LimeSurvey: A1, A2 … or AO01, AO02 …
_ANSWER_CODE = re.compile(r"[A-Z]{1,3}0*([1-9])")
SAMPLE_ROWS = 2000
MAX_LABELS = 120
MOST = 0.9
"""The share of a column's cells that must be understood before its content tells what it is."""


def guess_map(table: Table, definition: Definition, places: Places) -> dict[str, Any]:
    """The data of a column map inferred from a table's headings and first rows, which are read.

    A heading that stands over two columns is left to a person.
    """
    rows = [cells for _, cells in islice(table.rows, SAMPLE_ROWS)]
    columns = guess_columns(table.columns, definition)
    columns = {heading: code for heading, code in columns.items() if heading not in table.repeated}
    columns |= _guess_by_content(table.columns, rows, columns, places)
    mapping = ColumnMap(headings={code: heading for heading, code in columns.items()})
    labels = unknown_labels(table.columns, enumerate(rows), definition, mapping, places)
    values = guess_values(labels, definition)
    values_of = {question: labels for question, labels in values.items() if question}
    return {"columns": columns, "values": values.get("", {}), "values_of": values_of}


def known_headings(definition: Definition, mapping: ColumnMap | None = None) -> Known:
    """What tells a heading of responses from other words: codes, wordings, what tools write, and a mapping's."""
    wanted = _wanted(definition)
    keys = {name: key for key, names in HEADINGS.items() for name in names}
    said = {heading: code for code, heading in mapping.headings.items()} if mapping else {}

    def known(heading: str) -> str:
        if heading in said:
            return said[heading]
        for form in _forms(heading):
            if form in wanted:
                return wanted[form]
        return next((keys[form] for form in heading_forms(heading) if form in keys), "")

    return known


def heading_forms(heading: str) -> set[str]:
    """A heading folded, as a whole and without what tools put around it."""
    whole = clean(heading)
    forms = {whole, whole.rsplit("/", 1)[-1], whole.rsplit("-", 1)[-1]}
    if coded := _CODED.fullmatch(whole):
        forms |= {coded[1], coded[2]}
    folded = {fold(form).rstrip(" *:") for form in forms}
    return folded | {form.replace("_", " ").strip() for form in folded if not form.startswith("_")}


def guess_columns(headings: Sequence[str], definition: Definition) -> dict[str, str]:
    """Heading → code for the headings that are recognised, each code at most once."""
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
    folded = {heading: heading_forms(heading) for heading in headings}
    for key, names in HEADINGS.items():
        for name in names:
            for heading in headings:
                if name in folded[heading]:
                    take(heading, key)
    if is_lettered(headings):
        return _by_order(headings, definition)
    _by_place(headings, definition, found, taken)
    return found


def _guess_by_content(
    columns: Sequence[str], rows: Sequence[Sequence[str]], found: Mapping[str, str], places: Places
) -> dict[str, str]:
    """The columns whose cells tell what they are: agencies, services, days; each only where one alone does."""
    tests: dict[str, Callable[[str], object]] = {
        "agency": places.agencies.all,
        "service": places.services.all,
        "date": parse_moment,
    }
    made: dict[str, str] = {}
    for key, understood in tests.items():
        if key in found.values():
            continue
        fitting = []
        for k, heading in enumerate(columns):
            texts = [cells[k] for cells in rows if cells[k]] if heading not in found else []
            if len(texts) > len(rows) / 2 and sum(bool(understood(text)) for text in texts) >= MOST * len(texts):
                fitting.append(heading)
        if len(fitting) == 1:
            made[fitting[0]] = key
    return made


def with_letters(data: bytes, source: str) -> bytes:
    """A CSV file without a heading row as one with the letters of a spreadsheet for headings."""
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
    """The codes by everything that a heading may call them: code, and wording in each language."""
    wanted: dict[str, str] = {}
    twice: set[str] = set()
    for slot in definition.slots:
        wanted[fold(slot.code)] = slot.code
    texts = [(item.code, item.text) for item in definition.items]
    for section in definition.sections:
        texts += [(question.code, question.text) for question in section.questions]
    for code, text in texts:
        for _, words in text.pairs:
            key = words_of(words)
            if wanted.get(key, code) != code:
                twice.add(key)
            wanted[key] = code
    return {key: code for key, code in wanted.items() if key not in twice}


def _forms(heading: str) -> Iterator[str]:
    """Yield the normal forms of a heading, without what tools add to it.

    KoBo puts groups before it (`danh_gia/tc_bien_hieu`), ODK Central too (`danh_gia-tc_bien_hieu`), Google Forms and
    LimeSurvey put it in brackets behind the grid's title, Qualtrics behind a dash, LimeSurvey and Qualtrics put its
    code before the wording, and people a number.
    """
    whole = clean(heading)
    forms = [whole, whole.rsplit("/", 1)[-1]]
    _, opened, inside = whole.removesuffix("]").rpartition("[")
    if opened and inside and whole.endswith("]"):
        forms.append(inside)
    forms += [part for mark in ("-", " - ") if (part := whole.rpartition(mark)[2].strip()) not in forms]
    for form in list(forms):
        forms += [match[1] for match in (_NUMBERED.fullmatch(fold(form)),) if match]
        forms += [part for match in (_CODED.fullmatch(fold(form)),) if match for part in match.groups()]
    for form in forms:
        yield fold(form)
        yield words_of(form)


def _by_place(headings: Sequence[str], definition: Definition, found: dict[str, str], taken: set[str]) -> None:
    """Match by number: Q1, Q2 … or 1, 2 … are the questions of these numbers, when every item has its number."""
    slots = definition.slots
    bare = {heading: heading.removesuffix("]").rpartition("[")[2] for heading in headings if heading not in found}
    places = {heading: int(m[1]) for heading, text in bare.items() if (m := _PLACE.fullmatch(fold(text)))}
    if not set(range(1, len(definition.items) + 1)) <= set(places.values()) or len(set(places.values())) < len(places):
        return
    for heading, place in places.items():
        if 1 <= place <= len(slots) and slots[place - 1].code not in taken:
            found[heading] = slots[place - 1].code
            taken.add(slots[place - 1].code)


@dataclass(frozen=True)
class Label:
    """An unmapped label of the file; `question` is empty for one of the five levels, else a question or a place key."""

    text: str
    question: str


def unknown_labels(
    columns: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str]]],
    definition: Definition,
    mapping: ColumnMap,
    places: Places | None = None,
) -> list[Label]:
    """The texts that neither the questionnaire nor the mapping understands, and names that `places` does not.

    The first rows are looked at; labels of satisfaction items are returned once for all items.
    """
    at = {code: columns.index(heading) for heading, code in _answer_columns(columns, definition, mapping)}
    named = [key for key in PLACE_KEYS if mapping.heading(key) in columns] if places else []
    at |= {key: columns.index(mapping.heading(key)) for key in named}
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
            if code in named and places:
                if not places.knows(code, mapping.value(code, text, item=False)):
                    seen[Label(text, code)] = None
                continue
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
    """Question ("" for the levels) → label → answer code, for codes such as A1 … A5, or initials such as `rhl`.

    Answer codes are taken in the questionnaire's order when every label of a question is such a code and has an answer.
    """
    by_question: dict[str, list[str]] = {}
    for label in labels:
        if label.question not in PLACE_KEYS:
            by_question.setdefault(label.question, []).append(label.text)
    found: dict[str, dict[str, str]] = {}
    for question, texts in by_question.items():
        code = question or definition.slots[0].code
        options = [option for option in definition.slot(code).options if option != UNKNOWN] + [UNKNOWN]
        places = {text: int(match[1]) for text in texts if (match := _ANSWER_CODE.fullmatch(text))}
        if len(places) == len(texts) and all(place <= len(options) for place in places.values()):
            found[question] = {text: options[place - 1] for text, place in places.items()}
            continue
        initials = _initials(definition, code)
        if all(fold(text) in initials for text in texts):
            found[question] = {text: initials[fold(text)] for text in texts}
    return found


def _initials(definition: Definition, code: str) -> dict[str, str]:
    """The answers of a question by the first letters of their words: `rkhl` for `Rất không hài lòng`."""
    found: dict[str, set[str]] = {}
    for answer, label in definition.labels(code).items():
        for _, words in label.pairs:
            found.setdefault("".join(word[0] for word in words_of(words).split()), set()).add(answer)
    return {letters: answers.pop() for letters, answers in found.items() if len(answers) == 1 and len(letters) > 1}
