"""The form that says which column is which: a column map shown as fields, and fields read back as a column map.

Its fields are those of one questionnaire and one file, so each page makes its form class (`form_class`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import StopValidation

from survey.collect.operations.save_mapping import MAX_NAME
from survey.core.text import clean
from survey.questionnaires import Definition
from survey.spreadsheets.column_map import ColumnMap, parse_map
from survey.spreadsheets.guess_columns import PLACE_KEYS, Label, guess_map, known_headings, unknown_labels
from survey.spreadsheets.places import Places
from survey.spreadsheets.response_rows import KEYS
from survey.spreadsheets.times import parse_moment
from survey.web.fields import Choice, Hidden, Length, Text
from survey.web.forms import EditForm
from survey.web.uploads import Upload

MAX_FIELDS = 150
Things = Mapping[str, Sequence[tuple[str, str]]]
"""What all rows of a file can have the same, by its key: (code, name)."""
KEY_WORDS = {
    "agency": _("Agency that decides"),
    "service": _("Field of the dossiers"),
    "counter": _("Counter"),
    "channel": _("How were the answers given?"),
    "date": _("Day, with or without a time"),
    "comment": _("What the citizen wrote"),
    "id": _("The tool's own number of the response"),
}
SAME_FOR_ALL = _("or the same for all rows")
ID_HINT = _(
    "With it, a longer export of the same survey adds only what is new. "
    "It is stored in a form that cannot be read back."
)


@dataclass(frozen=True)
class MappedQuestion:
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
    """The codes a column map may speak of."""
    return [*(slot.code for slot in definition.slots), *KEYS]


def guess(upload: Upload, definition: Definition, places: Places) -> dict[str, Any]:
    """The data of a column map guessed from a file's headings and first rows."""
    with upload.table(known_headings(definition)) as table:
        return guess_map(table, definition, places)


def columns_of(
    definition: Definition, mapping: ColumnMap, headings: Sequence[str], language: str
) -> list[MappedQuestion]:
    """A field for each question of the paper's order."""
    words = {item.code: item.text.get(language) for item in definition.items}
    for section in definition.sections:
        words |= {question.code: question.text.get(language) for question in section.questions}
    found = []
    for number, slot in enumerate(definition.slots, 1):
        heading = mapping.heading(slot.code)
        named = heading if heading in headings and slot.code not in mapping.absent else ""
        rated = slot.code in definition.rated
        found.append(MappedQuestion(slot.code, number, words[slot.code], named, rated))
    return found


def meanings(
    upload: Upload, definition: Definition, mapping: ColumnMap, places: Places, things: Things, language: str
) -> list[Meaning]:
    """What the file's labels were said to mean, then those that nobody has explained yet."""
    number = {slot.code: place for place, slot in enumerate(definition.slots, 1)}
    words = {column.code: column.text for column in columns_of(definition, mapping, (), language)}
    found: dict[Label, str] = {Label(text, ""): answer for text, answer in mapping.values.items()}
    for code, values in mapping.values_of.items():
        if code in number or code in PLACE_KEYS:
            found |= {Label(text, code): answer for text, answer in values.items()}
    with upload.table(known_headings(definition, mapping)) as table:
        for label in unknown_labels(table.columns, table.rows, definition, mapping, places):
            found.setdefault(label, "")
    made = []
    for label, answer in sorted(found.items(), key=lambda pair: (pair[0].question, pair[0].text))[:MAX_FIELDS]:
        options = _options(definition, label.question, things, language)
        made.append(Meaning(label, number.get(label.question, 0), words.get(label.question, ""), options, answer))
    return made


def posted_meanings(posted: Mapping[str, str], definition: Definition, things: Things, language: str) -> list[Meaning]:
    """The labels that a posted page explained, in its order; what each was said to mean is in its field."""
    words = {column.code: (column.number, column.text) for column in columns_of(definition, ColumnMap(), (), language)}
    found = []
    for place in range(MAX_FIELDS):
        text, question = clean(posted.get(f"l.{place}", "")), clean(posted.get(f"q.{place}", ""))
        if not text or (question and question not in words and question not in PLACE_KEYS):
            break
        number, wording = words.get(question, (0, ""))
        options = _options(definition, question, things, language)
        found.append(Meaning(Label(text, question), number, wording, options, ""))
    return found


def _options(definition: Definition, question: str, things: Things, language: str) -> tuple[tuple[str, str], ...]:
    if question in PLACE_KEYS:
        return tuple(things[question])
    labels = definition.labels(question or definition.slots[0].code)
    return tuple((code, text.get(language)) for code, text in labels.items())


class SameMoment(Text):
    """The day of all rows, with or without a time, as a column map has it."""

    control = "digits"

    def cleaned(self, typed: str) -> str:
        """A day as ISO, anything else as it was typed."""
        text = clean(typed)
        moment = parse_moment(text)
        return moment.day.isoformat() if moment and moment.clock is None else text

    def pre_validate(self, _form: object) -> None:
        """Refuse what is neither a day nor a day with a time."""
        if self.data and parse_moment(self.data) is None:
            raise StopValidation(gettext("Write the day as day/month/year, for example 01/07/2026"))

    @property
    def value(self) -> str:
        """The day as people write it."""
        moment = parse_moment(self.data)
        return f"{moment.day:%d/%m/%Y}" if moment and moment.clock is None else self.data


class MappingForm(EditForm):
    """Which column of a file holds what, what its words mean, and under which name that is saved."""

    #: what its class was made of: the questions of the paper, and the words of the file that need explaining
    questions: Sequence[MappedQuestion] = ()
    meanings: Sequence[Meaning] = ()

    round = Hidden(name="dot")
    save_as = Text(_("Save this mapping as (optional)"), [Length(MAX_NAME)], id="save-as")

    def validate(self, extra_validators: Any = None) -> bool:
        """Say besides which column is chosen twice."""
        super().validate(extra_validators)
        seen: set[str] = set()
        for field in self:
            if not field.name.startswith("c.") or not field.data:
                continue
            if field.data in seen:
                twice = gettext("The column “%(heading)s” is chosen twice.", heading=field.data)
                field.errors = [*field.errors, twice]
            seen.add(field.data)
        return not self.errors

    def mapping_data(self, definition: Definition) -> dict[str, Any]:
        """The data of the column map that was filled in, once it was validated."""
        columns = {self[f"c.{code}"].data: code for code in known_codes(definition) if self[f"c.{code}"].data}
        fixed = {key: self._fixed(key) for key in KEYS if key not in columns.values() and self._fixed(key)}
        absent = [slot.code for slot in definition.slots if slot.code not in columns.values()]
        values: dict[str, str] = {}
        values_of: dict[str, dict[str, str]] = {}
        for name in [field.name for field in self if field.name.startswith("v.") and field.data]:
            text, question = (self[f"{part}.{name.removeprefix('v.')}"].data for part in "lq")
            (values_of.setdefault(question, {}) if question else values)[text] = self[name].data
        return {"columns": columns, "fixed": fixed, "values": values, "values_of": values_of, "absent": absent}

    @property
    def explained(self) -> list[tuple[Any, Sequence[tuple[int, Meaning]]]]:
        """The words that need explaining with their places in the form, those of answers first, then of places."""
        groups: dict[str, list[tuple[int, Meaning]]] = {}
        for place, meaning in enumerate(self.meanings):
            key = meaning.label.question if meaning.label.question in PLACE_KEYS else ""
            groups.setdefault(key, []).append((place, meaning))
        return [(KEY_WORDS[key] if key else "", groups[key]) for key in ("", *PLACE_KEYS) if key in groups]

    def _fixed(self, key: str) -> str:
        """What is the same for all rows."""
        if f"f.{key}" not in self or not self[f"f.{key}"].data:
            return ""
        return str(self[f"f.{key}"].data)  # a day as ISO


def form_class(
    columns: Sequence[MappedQuestion],
    found: Sequence[Meaning],
    headings: Sequence[str],
    things: Things,
) -> type[MappingForm]:
    """The form class of a questionnaire and a file; `things` are what all rows can have the same, by key."""
    offered = [(heading, shorten(heading, 80, placeholder=" …") or heading[:80]) for heading in headings]

    def holds(code: str, label: Any, hint: Any = "") -> Choice:
        return Choice(label, hint=hint, options=offered, empty=_("none"), id=f"c-{code}")

    fields: dict[str, Any] = {}
    for key in KEYS:
        fields[f"c.{key}"] = holds(key, KEY_WORDS[key], ID_HINT if key == "id" else "")
        if key in things:
            fields[f"f.{key}"] = Choice(SAME_FOR_ALL, options=things[key], empty="", id=f"f-{key}")
    fields["f.date"] = SameMoment(SAME_FOR_ALL, id="f-date")
    fields |= {f"c.{column.code}": holds(column.code, column.text) for column in columns}
    for place, meaning in enumerate(found):
        place_key = meaning.label.question in PLACE_KEYS
        options = [(code, words if place_key else f"{code} – {words}") for code, words in meaning.options]
        fields[f"l.{place}"], fields[f"q.{place}"] = Hidden(), Hidden()
        fields[f"v.{place}"] = Choice(meaning.label.text, options=options, empty=_("not said yet"), id=f"v-{place}")
    return type("MappingForm", (MappingForm,), fields | {"questions": columns, "meanings": found})


def shown(form: type[MappingForm], mapping: ColumnMap, headings: Sequence[str]) -> dict[str, Any]:
    """The values with which a form shows a column map."""
    values: dict[str, Any] = {f"c.{column.code}": column.heading for column in form.questions}
    for key in KEYS:
        heading = mapping.heading(key)
        values[f"c.{key}"] = heading if heading in headings and key not in mapping.fixed else ""
        values[f"f.{key}"] = mapping.fixed.get(key, "")
    for place, meaning in enumerate(form.meanings):
        values |= {f"l.{place}": meaning.label.text, f"q.{place}": meaning.label.question}
        values[f"v.{place}"] = meaning.answer
    return values


def as_map(data: Mapping[str, Any], definition: Definition) -> ColumnMap:
    """The column map of some data; `InputError` when it cannot be one."""
    return parse_map(data, known_codes(definition), "mapping")
