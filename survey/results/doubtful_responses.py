"""Doubtful responses: which of a round deserve a second look, and what the index would be without them.

Nothing is stored for this and nobody is refused: flags are computed from the responses when an evaluator asks.
Excluding a response is a decision of a person, with a reason, elsewhere.

- `straight_best`, `straight_worst`, `straight_middle`, `too_fast`, `burst`: see `scoring.quality`. Straight lines are
  told, and leave nothing out: a line of "very satisfied" is what a satisfied citizen fills in. Bursts are looked for
  among answers given on our own pages only: papers that were typed in or imported together say nothing about when
  they were written.
- `repeat`: the form of a phone that was sent again at one counter within `QualityRules.window` minutes of the one
  before: either the keys are of one family (both came from one page, see `survey/collect/respond/stamp.py`; never at a
  kiosk, whose page serves everybody), or every answer of at least `QualityRules.min_items` items is the same, those
  not being all of one level. The first of a series is not flagged.

Bursts and repeats are each of one counter, so that a round is looked through counter by counter.

A comment is not linked to its response; that comments repeat one another is counted for the round alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring import quality
from scoring.moments import Moments, merge
from scoring.partition import Labelled, partition_sums
from scoring.quality import QualityRules
from scoring.scheme import DataError, Rules, Scheme
from scoring.table import score_table
from survey.core.cache import cached
from survey.core.errors import InputError
from survey.models import Channel, Round
from survey.questionnaires import from_canonical
from survey.results.compute import effective_rules, without_service
from survey.results.queries.doubtful import (
    CHANNELS,
    QualityColumns,
    count_counters,
    read_comment_texts,
    read_response_columns,
)
from survey.structure.queries import rounds
from survey.structure.queries.counted import stamp
from survey.structure.queries.population import population as read_population

REASONS = (*quality.STRAIGHT, *quality.LEAVE_OUT, "repeat")
"""What is counted and told."""
LEAVE_OUT = (*quality.LEAVE_OUT, "repeat")
"""For what an index "without" leaves responses out; none of it looks at whether people were satisfied."""
LIVE = (Channel.QR, Channel.KIOSK, Channel.RECEIPT)
"""Channels of answers given on our own pages at a counter."""
_LIVE = [CHANNELS.index(each) for each in LIVE]
_KIOSK = CHANNELS.index(Channel.KIOSK)
_Mask = NDArray[np.bool_]
Report = Callable[[int], object]
"""Called with the responses looked at since the last call."""


@dataclass(frozen=True, eq=False)
class Flags:
    """The doubtful responses of a round."""

    #: counted responses
    responses: int
    #: flagged responses by reason, every reason of `REASONS`; one response may have several
    counts: dict[str, int]
    #: responses with at least one of the reasons for which they are left out
    flagged: int
    #: comments that another comment of the round repeats word for word
    duplicate_comments: int
    #: moments of the other responses
    moments: Moments
    #: one row a figure of the province and of each agency: columns of `scoring.quality.sensitivity`; a figure is
    #: empty where it is hidden, or where the flagged alone would be a group below the round's minimum
    change: pd.DataFrame


def flagged(
    session: orm.Session, round_code: str, reasons: Collection[str] = LEAVE_OUT, report: Report = lambda _rows: None
) -> Flags:
    """The flags of a round, and its index with all responses and without those flagged for `reasons`.

    Raises `InputError` for an unknown round, `DataError` for a reason outside `LEAVE_OUT`. What was worked out is kept
    while the responses have not changed.
    """
    if wrong := sorted(set(reasons) - set(LEAVE_OUT)):
        raise DataError(f"{wrong[0]!r} is no reason to leave a response out; reasons are {', '.join(LEAVE_OUT)}")
    round_ = rounds.by_code(session, round_code)
    rules = effective_rules(round_)
    scheme = from_canonical(rounds.get_version(session, round_.version_id).content).scheme(rules)
    scan = _cached_scan(session, round_, scheme, rules, frozenset(reasons), report)
    population = read_population(session, round_.id)

    def table(moments: Moments) -> pd.DataFrame:
        known = population if len(population) else None
        return score_table(moments, scheme, known, rules, without_service=without_service(rules))

    try:
        change = _change(table(scan.every), table(scan.left), rules.min_n)
    except DataError as error:
        raise InputError("Round %(code)s cannot be scored: %(why)s", code=round_code, why=error) from error
    return Flags(
        responses=int(scan.every.n.sum()),
        counts=scan.counts,
        flagged=scan.flagged,
        duplicate_comments=_duplicate_comments(session, round_.id),
        moments=scan.left,
        change=change,
    )


def _change(every: pd.DataFrame, without: pd.DataFrame, min_n: int) -> pd.DataFrame:
    """The figures of the province and the agencies side by side, nothing of a small group given away."""
    every, without = (table[table["service"] == ""].reset_index(drop=True) for table in (every, without))
    both = quality.sensitivity(every, without)
    gone = (both["n"] - both["n_left"]).fillna(0)
    hidden = both["index"].isna() | both["index_left"].isna() | ((gone > 0) & (gone < min_n))
    both.loc[hidden, ["n_left", "index_left", "change"]] = pd.NA
    return both


@dataclass(frozen=True, eq=False)
class _Scan:
    counts: dict[str, int]
    flagged: int
    #: moments of all responses, and of those that are not flagged
    every: Moments
    left: Moments

    def plus(self, other: _Scan) -> _Scan:
        """What was found in both."""
        counts = {reason: count + other.counts[reason] for reason, count in self.counts.items()}
        flagged = self.flagged + other.flagged
        return _Scan(counts, flagged, merge(self.every, other.every), merge(self.left, other.left))


def _cached_scan(
    session: orm.Session, round_: Round, scheme: Scheme, rules: Rules, reasons: frozenset[str], report: Report
) -> _Scan:
    share, features, items = rules.min_answered_share, rules.features, len(scheme.items)
    key = (round_.id, round_.version_id, items, share, features, reasons, stamp(session, round_.id))

    def scan() -> _Scan:
        counters = count_counters(session, round_.id, LIVE)
        search = _Search(scheme, reasons, QualityRules(min_answered_share=share), features, counters)
        parts = read_response_columns(session, round_.id, round_.zone, len(round_.version.slots))
        found = search.look(next(parts))
        for rows in parts:
            found = found.plus(search.look(rows))
            report(len(rows))
        return found

    return cached(session, ("flags", *key), scan)


@dataclass(frozen=True)
class _Search:
    """What is looked for in the responses of a round."""

    scheme: Scheme
    reasons: frozenset[str]
    rules: QualityRules
    features: tuple[str, ...]
    #: counters of the whole round with answers given on our own pages
    counters: int

    def look(self, rows: QualityColumns) -> _Scan:
        """Flag the responses of some counters, each of them whole."""
        rows, digits = self._valid(rows)
        live = np.isin(rows.channel, _LIVE) & (rows.counter > 0)
        table = quality.flags(
            digits,
            duration_s=rows.duration,
            counter=_names(rows.counter)[np.where(live, rows.counter, 0)],
            submitted_at=rows.time,
            rules=self.rules,
            counters=self.counters,
        )
        masks: dict[str, _Mask] = {
            name: table[name].to_numpy(dtype=bool) for name in (*quality.STRAIGHT, *quality.LEAVE_OUT)
        }
        masks["repeat"] = repeats(rows, digits, live, self.rules)
        out = np.zeros(len(rows), dtype=bool)
        for reason in self.reasons:
            out |= masks[reason]
        cells = {"agency": Labelled.of(rows.agency, rows.agencies), "service": Labelled.of(rows.service, rows.services)}
        every, _ = partition_sums(digits, cells, self.scheme, features=self.features)
        kept = {name: column.select(~out) for name, column in cells.items()}
        left, _ = partition_sums(digits[~out], kept, self.scheme, features=self.features)
        return _Scan({reason: int(masks[reason].sum()) for reason in REASONS}, int(out.sum()), every, left)

    def _valid(self, rows: QualityColumns) -> tuple[QualityColumns, NDArray[np.uint8]]:
        """The responses with enough answers to count, and their answers to the items, 0 for none."""
        letters = rows.letters[:, : len(self.scheme.items)]
        digits = np.where((letters >= ord("1")) & (letters <= ord("5")), letters - ord("0"), 0).astype(np.uint8)
        if self.rules.min_answered_share > 0:
            given = (digits > 0).sum(axis=1)
            enough = (given > 0) & (given >= self.rules.min_answered_share * len(self.scheme.items))
            rows, digits = rows.select(enough), digits[enough]
        return rows, digits


def _names(counters: NDArray[np.int32]) -> NDArray[np.object_]:
    """What counters are called in the checks, by number: each name stands once in memory; none for 0."""
    return np.array([None, *(str(k) for k in range(1, int(counters.max(initial=0)) + 1))], dtype=object)


def repeats(rows: QualityColumns, digits: NDArray[np.uint8], live: _Mask, rules: QualityRules) -> _Mask:
    """Which responses (n,), in the order of time, repeat one before them; see the module. `live`: with a counter."""
    of_page = live & (rows.family != b"") & (rows.channel != _KIOSK)
    given = (digits > 0).sum(axis=1, dtype=np.int16)
    varied = np.where(digits > 0, digits, 9).min(axis=1, initial=9) < digits.max(axis=1, initial=0)
    telling = live & varied & (given >= rules.min_items)
    same_page = _soon_again(rows.time, [rows.counter, rows.family], of_page, rules.window)
    answers = np.ascontiguousarray(rows.letters).view(f"S{rows.letters.shape[1]}")[:, 0]
    return same_page | _soon_again(rows.time, [rows.counter, answers], telling, rules.window)


def _soon_again(time: NDArray[np.datetime64], by: list[NDArray[Any]], eligible: _Mask, minutes: float) -> _Mask:
    """Which eligible rows, in the order of time, follow another of the same group within so many minutes."""
    result = np.zeros(len(time), dtype=bool)
    chosen, group = np.flatnonzero(eligible), np.zeros(int(eligible.sum()), dtype=np.int64)
    for part in by:
        present, number = np.unique(part[chosen], return_inverse=True)
        group = np.unique(group * len(present) + number, return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    near = np.diff(time[chosen][order]) <= np.timedelta64(round(60 * minutes), "s")
    result[chosen[order[1:][near & (np.diff(group[order]) == 0)]]] = True
    return result


def _duplicate_comments(session: orm.Session, round_id: int) -> int:
    texts = read_comment_texts(session, round_id)
    return int(quality.duplicate_text(np.array(texts, dtype=object), QualityRules().min_text).sum())
