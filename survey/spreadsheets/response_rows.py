"""Parser of response rows: maps the rows of a survey tool's export to responses by a column map, and validates them.

Labels are understood by the questionnaire's own parser (`Definition.parse_answer`), the same that `score` uses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from survey.core.errors import InputError
from survey.core.text import clean_block
from survey.models import Channel
from survey.questionnaires import Definition
from survey.questionnaires.definition import BLANK, HIDDEN
from survey.spreadsheets.column_map import ColumnMap
from survey.spreadsheets.guess_columns import heading_forms
from survey.spreadsheets.headings import column_letter, is_lettered
from survey.spreadsheets.names import Names
from survey.spreadsheets.places import CounterPlace, Places
from survey.spreadsheets.read import Table
from survey.spreadsheets.times import day_with_short_year, excel_day, parse_instant

KEYS = ("agency", "counter", "service", "date", "channel", "id", "comment")
"""What a column can hold besides an answer."""
UTC_HEADINGS = frozenset({"_submission_time"})
"""Columns whose times are UTC though nothing says so (KoBo)."""
UNFINISHED_HEADINGS = frozenset({"submitdate", "date submitted", "ngay nop"})
"""Columns that are empty where a person did not finish (LimeSurvey)."""
FINISHED_HEADINGS = frozenset({"finished"})
"""Columns that say whether a person finished (Qualtrics)."""
NOT_FINISHED = frozenset({"0", "false"})
MONTH_FIRST_HEADINGS = frozenset({"start date", "end date", "date created", "date modified"})
"""Columns whose times have the American clock with the month before the day (SurveyMonkey)."""
UNIQUE_ID = 12
"""Characters from which on a tool's number is one of its own in the world; shorter ones are counted from 1."""
MAX_COMMENT = 2000
MAX_SHOWN = 100
_MAX_CACHED = 20_000
"""How many distinct texts are cached with their meaning."""


@dataclass(frozen=True)
class CellProblem:
    """Validation error of a cell; `template` is an English msgid with `values`."""

    row: int
    #: 0-based; -1 when the row as a whole is meant
    column: int
    text: str
    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The cell's name in a spreadsheet, for example F12; the row's number when no cell is meant."""
        return f"{column_letter(self.column)}{self.row}" if self.column >= 0 else str(self.row)


@dataclass
class Problems:
    """Validation errors of a file: the first hundred, and how many there are."""

    shown: list[CellProblem] = field(default_factory=list)
    total: int = 0

    def note(self, problem: CellProblem) -> None:
        """Add an error; beyond the first hundred it is counted only."""
        self.total += 1
        if len(self.shown) < MAX_SHOWN:
            self.shown.append(problem)


@dataclass(frozen=True)
class Frame:
    """The round that the rows are for."""

    definition: Definition
    zone: ZoneInfo
    opens_on: date
    closes_on: date
    now: datetime
    #: ways of answering that the file may name
    channels: frozenset[Channel] = frozenset(Channel)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One response of a file."""

    number: int
    agency_id: int
    service_id: int | None
    counter_id: int | None
    channel: str
    answers: str
    given_at: datetime
    comment: str
    #: the collecting tool's own number of the response, hashed; empty when it has none
    identity: str
    #: the same as versions before 0.2 hashed it, with the time as it was written
    old_identity: str
    #: agency, minute and answers, hashed: what a response is without a number
    likeness: str


class RowReader:
    """Parser of one table's rows. Each distinct text of a column is parsed once and cached."""

    def __init__(self, table: Table, columns: ColumnMap, frame: Frame, places: Places) -> None:
        self.columns = columns
        self.frame = frame
        self.places = places
        self.problems = Problems()
        #: rows without any rating, and rows the tool marks as not finished
        self.empty = 0
        self.unfinished = 0
        self._at = {key: self._find(table, key) for key in KEYS}
        slots = frame.definition.slots
        self._slots = [(k, slot.code, self._find(table, slot.code)) for k, slot in enumerate(slots)]
        self._rated = [k for k, slot in enumerate(slots) if slot.code in frame.definition.rated]
        self._known: list[dict[str, str | None]] = [{"": ""} for _ in slots]
        self._packed: dict[tuple[str, ...], str] = {}
        #: a file that had no headings was given letters for them: its first row is row 1
        self._above = int(is_lettered(table.columns))
        self._answered = [(k, code, at) for k, code, at in self._slots if at is not None]
        if not any(at is not None for k, _, at in self._slots if k in set(self._rated)):
            raise InputError(
                "No column of %(source)s holds answers: say which column is which question", source=table.source
            )
        self._refuse_missing(table)
        date_at = self._at["date"]
        forms = heading_forms(table.columns[date_at]) if date_at is not None else set()
        self._naive_is_utc = bool(forms & UTC_HEADINGS)
        self._may_be_unfinished = bool(forms & UNFINISHED_HEADINGS)
        self._month_first = bool(forms & MONTH_FIRST_HEADINGS)
        self._zone = _zone(table.zones.get(-1 if date_at is None else date_at, "")) or frame.zone
        finished = (k for k, name in enumerate(table.columns) if heading_forms(name) & FINISHED_HEADINGS)
        self._finished_at = next(finished, None)
        self._instants: dict[str, datetime | None] = {}

    def _refuse_missing(self, table: Table) -> None:
        """Raise `InputError` where nothing says when people answered, or whom: once, not for each row."""
        if self._at["date"] is None and not self.columns.fixed.get("date"):
            raise InputError(
                "No column of %(source)s says on which day people answered: say which column it is, or give one day "
                "for all rows",
                source=table.source,
            )
        whom = ("agency", "counter", "service") if self.places.decided else ("agency", "counter")
        if all(self._at[key] is None and not self.columns.fixed.get(key) for key in whom):
            raise InputError(
                "No column of %(source)s says which agency people rated: say which column it is, or give one agency or "
                "counter for all rows",
                source=table.source,
            )

    def _find(self, table: Table, code: str) -> int | None:
        if code in self.columns.fixed or code in self.columns.absent:
            return None
        if code in self.columns.headings:
            return table.position(self.columns.heading(code))
        at = table.optional(code)
        if at is not None and table.columns[at] in table.repeated:
            raise InputError(
                "%(source)s has two columns named %(column)r", source=table.source, column=table.columns[at]
            )
        return at

    def read(self, number: int, cells: Sequence[str]) -> ReadRow | None:
        """Parse the response of a row; None when it holds none or is invalid (an error is added to `problems`)."""
        date_at = self._at["date"]
        finished = "" if self._finished_at is None else cells[self._finished_at].casefold()
        if finished in NOT_FINISHED or (self._may_be_unfinished and date_at is not None and not cells[date_at]):
            self.unfinished += 1
            return None
        before = self.problems.total
        number -= self._above
        answers = self._answers(number, cells)
        if answers and all(answers[k] in (BLANK, HIDDEN) for k in self._rated):
            if self.problems.total == before:
                self.empty += 1
            return None
        place = self._place(number, cells)
        given_at = self._given_at(number, cells)
        channel = self._channel(number, cells)
        comment = self._comment(number, cells)
        if self.problems.total > before or place is None or given_at is None:
            return None
        agency_id, service_id, counter_id = place
        own = self._text("id", cells)
        minute = given_at.replace(second=0, microsecond=0)
        return ReadRow(
            number, agency_id, service_id, counter_id, channel, answers, given_at, comment,
            # two surveys may both number from 1: the time they were answered tells them apart
            _hash(own if len(own) >= UNIQUE_ID else f"{own}|{given_at.isoformat()}") if own else "",
            _hash(f"{own}|{self._text('date', cells)}") if own else "",
            _hash(f"{agency_id}|{minute.isoformat()}|{answers}"),
        )  # fmt: skip

    def _text(self, key: str, cells: Sequence[str]) -> str:
        """What a row says for one of `KEYS`, through the map."""
        at = self._at[key]
        text = self.columns.fixed.get(key, "") if at is None else cells[at]
        return self.columns.value(key, text, item=False)

    def _wrong(self, number: int, key: str, text: str, template: str, **values: object) -> None:
        at = self._at.get(key)
        self.problems.note(CellProblem(number, -1 if at is None else at, text[:60], template, values))

    def _answers(self, number: int, cells: Sequence[str]) -> str:
        """The packed answers of a row; a text that is no answer is an error."""
        texts = tuple([cells[at] for _, _, at in self._answered if at is not None])
        packed = self._packed.get(texts)
        if packed is not None:
            return packed
        answers, wrong = {}, False
        for (k, code, at), text in zip(self._answered, texts, strict=True):
            known = self._known[k]
            if text not in known and len(known) < _MAX_CACHED:
                known[text] = self._meaning(code, text)
            meant = known.get(text)
            if meant is None:
                wrong = True
                template = "is not an answer of question %(question)s"
                self.problems.note(
                    CellProblem(number, at if at is not None else -1, text[:60], template, {"question": k + 1})
                )
            elif meant:
                answers[code] = meant
        if wrong:
            return ""
        packed = self.frame.definition.pack(answers)
        if len(self._packed) < _MAX_CACHED:
            self._packed[texts] = packed
        return packed

    def _meaning(self, code: str, text: str) -> str | None:
        rated = self.frame.definition.on_scale(code)
        try:
            return self.frame.definition.parse_answer(code, self.columns.value(code, text, item=rated))
        except InputError:
            return None

    def _place(self, number: int, cells: Sequence[str]) -> tuple[int, int | None, int | None] | None:
        """Deciding agency, service and counter of a row. Where the row does not say who decides, the service does."""
        agency_text, service_text, counter_text = (self._text(key, cells) for key in ("agency", "service", "counter"))
        agency_id = self.places.agencies.find(agency_text)
        if agency_text and agency_id is None:
            plain = "is not the code or name of an agency of yours"
            self._wrong_name(number, "agency", agency_text, self.places.agencies, plain)
            return None
        service_id = self.places.services.find(service_text)
        if service_text and service_id is None:
            self._wrong_name(
                number, "service", service_text, self.places.services, "is not the code or name of a field"
            )
            return None
        place = self._counter(number, counter_text, agency_id) if counter_text else None
        if counter_text and place is None:
            return None
        if service_id is None and place is not None:
            service_id = place.service_id
        if agency_id is None:
            agency_id = place.decided_by(service_id) if place else self.places.decided.get(service_id or 0)
        if agency_id is None:
            self._wrong(number, "agency", "", "the agency is missing")
            return None
        return agency_id, service_id, place.counter_id if place else None

    def _wrong_name(self, number: int, key: str, text: str, names: Names, plain: str) -> None:
        """Note a cell that names nothing, or several things, or lacks the zeros in front of a code."""
        if zeros := names.with_zeros(text):
            self._wrong(number, key, text, "is not a code that is stored; is “%(code)s” meant?", code=zeros)
        elif names.all(text):
            self._wrong(number, key, text, "names several; write the code")
        else:
            self._wrong(number, key, text, plain)

    def _counter(self, number: int, text: str, agency_id: int | None) -> CounterPlace | None:
        """The counter of that code or name: the agency's own where several have it."""
        found = list(self.places.counters_called(text))
        if len(found) > 1 and agency_id is not None:
            found = [p for p in found if agency_id in (p.agency_id, p.deciding_agency_id)] or found
        if len(found) == 1:
            return found[0]
        several = "names several counters; write agency/counter, for example %(example)s"
        if found:
            self._wrong(number, "counter", text, several, example="so-noi-vu/Q1")
        elif zeros := self.places.counter_with_zeros(text):
            self._wrong(number, "counter", text, "is not a code that is stored; is “%(code)s” meant?", code=zeros)
        else:
            self._wrong(number, "counter", text, "is not the code or name of a counter of yours")
        return None

    def _given_at(self, number: int, cells: Sequence[str]) -> datetime | None:
        text = self._text("date", cells)
        if text not in self._instants:
            if len(self._instants) > _MAX_CACHED:
                self._instants.clear()
            self._instants[text] = parse_instant(
                text, self._zone, naive_is_utc=self._naive_is_utc, month_first=self._month_first
            )
        found = self._instants[text]
        if found is None:
            self._wrong_day(number, text)
            return None
        day = found.astimezone(self.frame.zone).date()
        today = self.frame.now.astimezone(self.frame.zone).date()
        last = min(self.frame.closes_on, today)
        if not self.frame.opens_on <= day <= last:
            first = f"{self.frame.opens_on:%d/%m/%Y}"
            template = "is not a day of the round, from %(first)s to %(last)s"
            self._wrong(number, "date", text, template, first=first, last=f"{last:%d/%m/%Y}")
            return None
        return min(found, self.frame.now)

    def _wrong_day(self, number: int, text: str) -> None:
        """Note a cell that is no day; what it may stand for is said."""
        if meant := excel_day(text):
            template = "is Excel's number for %(day)s; give the column a date format and save the file again"
            self._wrong(number, "date", text, template, day=f"{meant:%d/%m/%Y}")
        elif meant := day_with_short_year(text):
            template = "has a year of two digits; is %(day)s meant? Write all four"
            self._wrong(number, "date", text, template, day=f"{meant:%d/%m/%Y}")
        else:
            self._wrong(number, "date", text, "is not a day like 25/11/2026, with or without a time like 14:30")

    def _channel(self, number: int, cells: Sequence[str]) -> str:
        text = self._text("channel", cells).casefold()
        if not text:
            return Channel.IMPORT.value
        if text in {channel.value for channel in self.frame.channels}:
            return text
        channels = ", ".join(c.value for c in Channel if c in self.frame.channels)
        self._wrong(number, "channel", text, "is not one of %(channels)s", channels=channels)
        return ""

    def _comment(self, number: int, cells: Sequence[str]) -> str:
        text = clean_block(self._text("comment", cells))
        if len(text) > MAX_COMMENT:
            self._wrong(number, "comment", text, "is longer than %(limit)d characters", limit=MAX_COMMENT)
        return text


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _zone(name: str) -> ZoneInfo | None:
    """The zone a file names for its times; None for none or one that does not exist."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None
