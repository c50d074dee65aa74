"""The index with and without what was taken back of the evidence, for evaluators."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import orm

from survey.core.cache import cached
from survey.results.compute import RoundResults, score_chosen
from survey.results.queries.withdrawn import as_if_nothing_withdrawn, counted_without, withdrawn_stamp
from survey.structure.queries.exclusion_rule import ExclusionRule

NOBODY: tuple[int | None, float | None] = (0, None)
"""Respondents and index of an agency that nobody answered for."""


@dataclass(frozen=True)
class WithdrawnRow:
    """Respondents and index of the province ("") or an agency, as they count and had nothing been taken back."""

    agency: str
    #: None: hidden, for too few answered
    n: int | None
    n_before: int | None
    index: float | None
    index_before: float | None

    @property
    def change(self) -> float | None:
        """Points by which taking back moved the index."""
        if self.index is None or self.index_before is None:
            return None
        return self.index - self.index_before


@dataclass(frozen=True)
class Withdrawn:
    """What taking back does to a round."""

    #: withdrawals in force of what counted
    number: int
    #: the province, then the agencies concerned, the largest change first
    rows: tuple[WithdrawnRow, ...]


def withdrawn(session: orm.Session, results: RoundResults) -> Withdrawn | None:
    """The index with and without what was taken back; None where nothing was that counted."""
    stamp = withdrawn_stamp(session, results.round.id)
    if not stamp[0]:
        return None
    condition = as_if_nothing_withdrawn(results.round.id)
    before = cached(session, ("withdrawn", results.stamp, stamp), lambda: score_chosen(session, results, condition))
    return Withdrawn(stamp[0], compare_overall(results.table, before))


def without_rule(session: orm.Session, results: RoundResults, rule: ExclusionRule) -> tuple[WithdrawnRow, ...]:
    """What leaving out by a rule would do: `n` and `index` without those meant, `n_before` and so on as now."""
    left = score_chosen(session, results, counted_without(session, results.round, rule))
    return compare_overall(left, results.table)


def compare_overall(now: pd.DataFrame, before: pd.DataFrame) -> tuple[WithdrawnRow, ...]:
    """The province and the agencies whose respondents or index differ, the largest change first."""
    after, former = (_overall(table) for table in (now, before))
    rows = []
    for agency in sorted({*after, *former}):
        (n, index), (n_before, index_before) = after.get(agency, NOBODY), former.get(agency, NOBODY)
        if agency == "" or (n, index) != (n_before, index_before):
            rows.append(WithdrawnRow(agency, n, n_before, index, index_before))
    return tuple(sorted(rows, key=lambda row: (row.agency != "", -abs(row.change or 0), row.agency)))


def _overall(table: pd.DataFrame) -> dict[str, tuple[int | None, float | None]]:
    rows = table[(table["service"] == "") & (table["level"] == "overall")]
    numbers = [None if pd.isna(n) else int(n) for n in rows["n"]]
    indices = [None if pd.isna(index) else float(index) for index in rows["index"]]
    return dict(zip(map(str, rows["agency"]), zip(numbers, indices, strict=True), strict=True))
