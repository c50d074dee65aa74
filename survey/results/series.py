"""Series within a round: an agency's answers by week or month, for control charts and for what moved since last month.

Evaluators see them by the day of receipt. For those who are judged a day is that on which a block of responses was
released (`survey.results.operations.release_responses`): blocks are joined by week or month and never split.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.control_charts import ControlChart, p_prime_chart
from survey.core.cache import cached
from survey.models import Round
from survey.results.aggregation import aggregate
from survey.results.queries import days as queries
from survey.results.queries.delta import Delta
from survey.results.queries.live import release_stamp
from survey.results.queries.responses import Patterns, day_key, patterns

WEEK, MONTH = "week", "month"
Whole = NDArray[np.int64]
_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class DaySums:
    """Answers by agency and day, m rows in order."""

    agency: tuple[str, ...]
    day: tuple[str, ...]
    #: (m,) respondents who rated something
    n: Whole
    #: (m, items) satisfied and valid answers
    satisfied: Whole
    valid: Whole

    def merge(self, other: DaySums) -> DaySums:
        """The sums of both together."""
        return _summed(
            [*self.agency, *other.agency],
            [*self.day, *other.day],
            np.concatenate([self.n, other.n]),
            np.concatenate([self.satisfied, other.satisfied]),
            np.concatenate([self.valid, other.valid]),
        )


@dataclass(frozen=True)
class Series:
    """An agency's index by period, m periods with answers in time order."""

    #: first day of each
    starts: tuple[date, ...]
    n: tuple[int, ...]
    satisfied: tuple[int, ...]
    valid: tuple[int, ...]

    def chart(self, rebase: Sequence[int] = ()) -> ControlChart:
        """Its p′ chart."""
        return p_prime_chart(self.satisfied, self.valid, rebase=rebase)

    def rebased_at(self, changes: Sequence[date]) -> list[int]:
        """Where new limits begin: at the first period that begins on a known change's day or later."""
        found = {next((k for k, start in enumerate(self.starts) if start >= day), 0) for day in changes}
        return sorted(found - {0})


def day_sums(session: orm.Session, round_: Round, items: int, least: float = 0.0, *, judged: bool) -> DaySums:
    """The answers of a round by agency and day; `judged`: by released blocks alone.

    `items`: how many the questionnaire has; `least`: the share of them that a counted response answers.
    """
    if judged:
        key: tuple[Hashable, ...] = (
            "released days",
            round_.id,
            round_.version_id,
            items,
            *release_stamp(session, round_.id),
        )
        return cached(session, key, lambda: _of_patterns(queries.released(session, round_.id), items, 0.0))
    by = day_key(round_)

    def full() -> DaySums:
        return _of_patterns(queries.received(session, round_.id, by), items, least)

    def add_delta(before: DaySums, delta: Delta) -> DaySums:
        came = Patterns(delta.answers, np.ones(len(delta.answers), dtype=np.int64), delta.keys)
        return before.merge(_of_patterns(came, items, least))

    name = ("days", round_.version_id, items, least, by)
    return aggregate(session, round_.id, name, by=("agency", by), full=full, merge=add_delta)


def counter_day_sums(session: orm.Session, round_: Round, items: int, least: float = 0.0) -> DaySums:
    """The same by agency, counter and day of receipt, for evaluators alone.

    Its places are those of `at_counter`.
    """
    by = day_key(round_)
    keys = ("agency", "counter_id", by)

    def read(found: Patterns) -> DaySums:
        places = [at_counter(*pair) for pair in zip(found.keys["agency"], found.keys["counter_id"], strict=True)]
        return _of_patterns(
            Patterns(found.answers, found.counts, pd.DataFrame({"place": places, "day": found.keys[by]})), items, least
        )

    def add_delta(before: DaySums, delta: Delta) -> DaySums:
        return before.merge(read(Patterns(delta.answers, np.ones(len(delta.answers), dtype=np.int64), delta.keys)))

    name = ("counter days", round_.version_id, least, by)

    def full() -> DaySums:
        return read(patterns(session, round_.id, keys))

    return aggregate(session, round_.id, name, by=keys, full=full, merge=add_delta)


def at_counter(agency: str, counter: str) -> str:
    """The name of a counter, by its number as text, where it received what an agency decides."""
    return f"{agency} {counter}"


def series(sums: DaySums, agency: str, items: Sequence[int], unit: str) -> Series:
    """One agency's answers to some items by week (from Monday) or month; "" for the province."""
    rows: dict[date, list[int]] = {}
    for k, (code, day) in enumerate(zip(sums.agency, sums.day, strict=True)):
        if not day or (agency and code != agency):
            continue
        at = period(date.fromisoformat(day), unit)
        total = rows.setdefault(at, [0, 0, 0])
        total[0] += int(sums.n[k])
        total[1] += int(sums.satisfied[k, items].sum())
        total[2] += int(sums.valid[k, items].sum())
    kept = [(start, *rows[start]) for start in sorted(rows) if rows[start][2]]
    starts, n, satisfied, valid = zip(*kept, strict=True) if kept else ((), (), (), ())
    return Series(starts, n, satisfied, valid)


def period(day: date, unit: str) -> date:
    """The first day of a day's week or month."""
    return day.replace(day=1) if unit == MONTH else day - timedelta(days=day.weekday())


def _of_patterns(found: Patterns, items: int, least: float) -> DaySums:
    """The sums of distinct answers with how often each was given."""
    parts = [_block(found, start, items, least) for start in range(0, len(found.answers), _CHUNK)]
    agency, day = (list(found.keys.iloc[:, k]) for k in (0, 1))
    if not parts:
        return _summed([], [], *(np.empty(shape, dtype=np.int64) for shape in ((0,), (0, items), (0, items))))
    return _summed(agency, day, *(np.concatenate([part[k] for part in parts]) for k in range(3)))


def _block(found: Patterns, start: int, items: int, least: float) -> tuple[Whole, Whole, Whole]:
    texts = found.answers[start : start + _CHUNK]
    letters = np.frombuffer("".join(text[:items].ljust(items, ".") for text in texts).encode("ascii"), dtype=np.uint8)
    level = letters.reshape(-1, items)
    valid = (level >= ord("1")) & (level <= ord("5"))
    given = valid.sum(axis=1)
    times = found.counts[start : start + _CHUNK] * ((given > 0) & (given >= least * items))
    satisfied = valid & (level >= ord("4"))
    return times, satisfied * times[:, None], valid * times[:, None]


def _summed(agency: list[str], day: list[str], n: Whole, satisfied: Whole, valid: Whole) -> DaySums:
    places = list(zip(agency, map(str, day), strict=True))
    cells = sorted(set(places))
    number = {cell: k for k, cell in enumerate(cells)}
    codes = np.array([number[place] for place in places], dtype=np.int64)
    add = partial(_added, codes, len(cells))
    return DaySums(tuple(a for a, _ in cells), tuple(d for _, d in cells), add(n), add(satisfied), add(valid))


def _added(codes: Whole, cells: int, values: Whole) -> Whole:
    total = np.zeros((cells, *values.shape[1:]), dtype=np.int64)
    np.add.at(total, codes, values)
    return total
