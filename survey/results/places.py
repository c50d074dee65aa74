"""Places to look at again: the checks of `scoring.detectors` over a round's counted responses.

Nothing is stored for it, and nothing is left out by it: it is worked out from the responses when an evaluator asks, and
kept while neither they nor the counters' hours have changed. An agency is looked at as the one that decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.detectors import Earlier, PlaceRows, open_days, within_hours
from scoring.detectors.checks import Findings, Learnt, Summary, judge, learn, summarise
from scoring.detectors.rows import IMPORT, KIOSK, OTHER, PAPER, QR, RECEIPT
from survey.core.cache import cached
from survey.models import Channel, Round, RoundState, SlotKind
from survey.models.counters import USUAL_HOURS, USUAL_WEEKDAYS
from survey.questionnaires import Definition
from survey.questionnaires.definition import BLANK, HIDDEN, UNKNOWN
from survey.results.compute import RoundResults, round_results
from survey.results.queries import responses
from survey.results.queries.place_columns import (
    CHANNELS,
    HoursOfCounter,
    PlaceColumns,
    read_opening_hours,
    read_place_columns,
)
from survey.structure.queries.counted import stamp
from survey.structure.queries.population import population as read_population
from survey.structure.queries.rounds import find_rounds_before

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
NUMBERS = {
    Channel.QR: QR,
    Channel.KIOSK: KIOSK,
    Channel.RECEIPT: RECEIPT,
    Channel.PAPER: PAPER,
    Channel.IMPORT: IMPORT,
}
"""Channels as the checks number them; the others are of no subject to them."""
FOR_FEW = 0.2
"""An item that more than this share of all cannot judge, or is not asked, belongs to the block that is not for all."""
EPOCH = date(1970, 1, 1)
SMALLEST_POINTS = {"nights": 1.5, "weeks": 5.0, "patient": 7.0}
"""Movements that the checks see with an even chance (`benchmarks/stuffing.py`): an edition keeps them."""


@dataclass(frozen=True, eq=False)
class PlaceLook:
    """What the checks say of a round's agencies, and what they looked at."""

    #: codes of the agencies, in the order of the findings
    agencies: tuple[str, ...]
    columns: PlaceColumns
    rows: PlaceRows
    #: the Monday that day 0 is
    monday: date
    summary: Summary
    learnt: Learnt
    findings: Findings
    counters: dict[int, HoursOfCounter]
    #: codes of the questions about the respondent, in the order of `rows.respondent`
    questions: tuple[str, ...]
    earlier: Earlier | None

    @property
    def flagged(self) -> list[str]:
        """Codes of the agencies to look at again, the farthest beyond a limit first."""
        found = self.findings
        ratio = np.max([value / found.limits[name] for name, value in found.values.items()], axis=0)
        return [self.agencies[k] for k in np.argsort(-ratio, kind="stable") if found.flagged[k]]

    @property
    def looked_at(self) -> int:
        """How many agencies have enough responses to be looked at."""
        return int(self.findings.looked_at.sum())

    def channels(self, agency: str) -> list[tuple[str, int, float]]:
        """The channels of an agency, the commonest first, with responses and mean score (NaN for none)."""
        own = self.rows.agency == self.agencies.index(agency)
        result = []
        for number, channel in enumerate(CHANNELS):
            chosen = own & (self.columns.channel == number)
            scores = self.rows.score[chosen & self.rows.scored]
            if chosen.any():
                result.append((channel.value, int(chosen.sum()), float(scores.mean()) if len(scores) else np.nan))
        return sorted(result, key=lambda row: -row[1])

    def day(self, number: int) -> date:
        """The calendar day of a day's number."""
        return self.monday + timedelta(days=int(number))


def look_at_places(session: orm.Session, results: RoundResults) -> PlaceLook:
    """Run the checks over a round; kept while its responses, transactions and the hours of counters are the same."""
    hours = read_opening_hours(session)
    key = ("places", results.stamp, tuple(hours.items()), _stamp_before(session, results.round))
    return cached(session, key, lambda: _look(session, results, hours))


def _stamp_before(session: orm.Session, round_: Round) -> tuple[int, ...]:
    before = find_rounds_before(session, round_)[:1]
    return (before[0].id, *stamp(session, before[0].id)) if before else ()


def _look(session: orm.Session, results: RoundResults, hours: dict[int, HoursOfCounter]) -> PlaceLook:
    definition, round_ = results.definition, results.round
    columns = read_place_columns(session, round_.id, round_.zone, len(definition.slots))
    monday = round_.opens_on - timedelta(days=round_.opens_on.weekday())
    rows, questions = place_rows(columns, definition, round_, hours)
    earlier = _earlier(session, results, columns.agencies)
    summary = summarise(rows, earlier)
    learnt = learn(summary)
    findings = judge(summary, learnt)
    return PlaceLook(
        columns.agencies, columns, rows, monday, summary, learnt, findings, hours, questions, earlier
    )  # fmt: skip


def place_rows(
    columns: PlaceColumns, definition: Definition, round_: Round, hours: dict[int, HoursOfCounter]
) -> tuple[PlaceRows, tuple[str, ...]]:
    """Responses as the checks read them, and the codes of the questions about the respondent that they use.

    While a round is open, its days so far. Responses of a day outside of the round (files) count as of its first or
    last.
    """
    monday = round_.opens_on - timedelta(days=round_.opens_on.weekday())
    start = (monday - EPOCH).days
    last = (round_.last_day - EPOCH).days
    if round_.state is RoundState.OPEN and len(columns.day):
        last = max(min(last, int(columns.day.max())), start)
    weeks = max((last - start) // 7 + 1, 1)
    day = np.clip(columns.day - start, 0, 7 * weeks - 1)
    channel = np.array([NUMBERS.get(each, OTHER) for each in CHANNELS])[columns.channel]
    items, main = _items(columns.letters[:, : len(definition.items)])
    respondent, questions = _respondent(columns.letters, definition)
    edges, weekdays = _hours(columns.counter, hours)
    inside = within_hours(columns.minute, edges) & weekdays[np.arange(len(day)), day % 7]
    days = _open_days(
        columns, day, inside & (channel <= RECEIPT), weekdays, (round_.opens_on - monday).days, last - start
    )
    rows = PlaceRows(
        agencies=len(columns.agencies),
        agency=columns.agency,
        day=day,
        open=inside & days[day],
        channel=channel,
        items=items,
        main=main,
        respondent=respondent,
        duration=columns.duration,
        open_days=days,
    )
    return rows, questions


def _open_days(columns: PlaceColumns, day: Whole, telling: Flags, weekdays: Flags, first: int, last: int) -> Flags:
    """Learn the open days among those of the round on which any counter is open."""
    every = np.arange(7 * (last // 7 + 1))
    week = np.asarray(weekdays.any(axis=0)) if len(weekdays) else _week(USUAL_WEEKDAYS)
    scheduled = week[every % 7] & (every >= first) & (every <= last)
    return open_days(columns.agency[telling], day[telling], scheduled)


def _items(letters: NDArray[np.uint8]) -> tuple[NDArray[np.int8], Flags]:
    """The items' answers, and which items are for everybody."""
    rated = (letters >= ord("1")) & (letters <= ord("5"))
    unsure = np.isin(letters, [ord(UNKNOWN), ord(HIDDEN)])
    items = np.where(rated, letters.astype(np.int16) - ord("0"), 0)
    items = np.where(letters == ord(UNKNOWN), -1, items).astype(np.int8)
    main = unsure.mean(axis=0) <= FOR_FEW if len(letters) else np.ones(letters.shape[1], dtype=bool)
    return items, main if main.any() else ~main


def _respondent(letters: NDArray[np.uint8], definition: Definition) -> tuple[NDArray[np.int8], tuple[str, ...]]:
    """The answers about the respondent, and the codes of the questions that everybody is asked."""
    chosen = [
        (k, slot) for k, slot in enumerate(definition.slots) if slot.kind is SlotKind.RESPONDENT and not slot.show_if
    ]
    table = np.zeros((len(letters), len(chosen)), dtype=np.int8)
    for column, (position, slot) in enumerate(chosen):
        meaning = np.zeros(256, dtype=np.int8)
        for number, code in enumerate((code for code in slot.options if code != UNKNOWN), 1):
            meaning[ord(code)] = number
        meaning[ord(UNKNOWN)] = -1
        meaning[ord(BLANK)] = 0
        table[:, column] = meaning[letters[:, position]]
    return table, tuple(slot.code for _position, slot in chosen)


def _hours(counter: Whole, hours: dict[int, HoursOfCounter]) -> tuple[Whole, Flags]:
    """The four edges of the opening hours, (n, 4) minutes, and the weekdays, (n, 7), of each response."""
    numbers, at = np.unique(counter, return_inverse=True)
    edges = np.array([_edges(hours.get(int(number))) for number in numbers], dtype=np.int64).reshape(-1, 4)
    weeks = np.array(
        [_week(hours[int(n)].weekdays if int(n) in hours else USUAL_WEEKDAYS) for n in numbers], dtype=bool
    )
    return edges[at], weeks.reshape(-1, 7)[at]


def _edges(one: HoursOfCounter | None) -> tuple[int, int, int, int]:
    if one is None:
        opens, lunch, again, closes = map(_minute, USUAL_HOURS)
        return opens, lunch, again, closes
    opens, closes = _minute(one.opens_at), _minute(one.closes_at)
    if one.lunch_from is None or one.lunch_to is None:
        return opens, closes, closes, closes
    return opens, _minute(one.lunch_from), _minute(one.lunch_to), closes


def _minute(at: time) -> int:
    return 60 * at.hour + at.minute


def _week(weekdays: str) -> Flags:
    return np.array([str(number) in weekdays for number in range(1, 8)], dtype=bool)


def _earlier(session: orm.Session, results: RoundResults, agencies: tuple[str, ...]) -> Earlier | None:
    """The last round as the checks compare with it; None without one that asked the same by the same form."""
    found = find_rounds_before(session, results.round)[:1]
    if not found:
        return None
    before = round_results(session, found[0].code)
    if not before.definition.same_form(results.definition):
        return None
    patterns = responses.patterns(session, before.round.id, ("agency",))
    items = len(before.definition.items)
    digits = np.array([[int(c) if c in "12345" else 0 for c in a[:items]] for a in patterns.answers], dtype=np.int64)
    digits = digits.reshape(len(patterns.answers), -1)
    given = (digits > 0).sum(axis=1)
    score = np.where(given > 0, (digits.sum(axis=1) / np.maximum(given, 1) - 1) * 25, np.nan)
    table = pd.DataFrame({"agency": patterns.keys["agency"], "n": patterns.counts, "score": score})
    table["rated"] = table["n"].where(table["score"].notna(), 0)
    table["total"] = (table["score"] * table["n"]).fillna(0)
    sums = table.groupby("agency")[["n", "rated", "total"]].sum().reindex(list(agencies))
    transactions = [
        read_population(session, one.id).groupby("agency")["N"].sum().reindex(list(agencies)).to_numpy(dtype=np.float64)
        for one in (before.round, results.round)
    ]
    then, now = (np.where(each > 0, each, np.nan) for each in transactions)
    index = (sums["total"] / sums["rated"].where(sums["rated"] > 0)).to_numpy(dtype=np.float64)
    return Earlier(sums["n"].to_numpy(dtype=np.float64), index, then, now)
