"""League table as pages and reports show it: index, rank range, group, change; in the order of ranks."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd
from sqlalchemy import orm

from scoring.ranks import ALONE
from survey.results.comparisons import Changes, agency_ranks, changes_since_last_round
from survey.results.compute import RoundResults
from survey.results.figures import ALL_SERVICES, OVERALL, PROVINCE, Figures, ShownFigure
from survey.results.statements import CHANGE_WORDS, Difference, Statement, choose


@dataclass(frozen=True)
class IndexChange:
    """How an index moved since the last round, in percentage points."""

    before: float
    diff: float
    #: the interval that goes with the verdict: simultaneous over the family of tests
    lo: float
    hi: float
    #: whether it is significant
    sure: bool
    #: how many tests are in its family
    tests: int = 1
    #: whether other questions stand behind the figure than before: then there is no difference
    other_items: bool = False

    @property
    def exists(self) -> bool:
        """Whether both rounds have the figure."""
        return math.isfinite(self.diff)

    @property
    def word(self) -> Statement[Difference]:
        """What is said of it beside its number."""
        return choose(CHANGE_WORDS, self)


@dataclass(frozen=True)
class LeagueRow:
    """One agency of the league table, or the province, which has no rank."""

    figure: ShownFigure
    low: int | None
    high: int | None
    group: str
    change: IndexChange | None
    #: code of the league it is ranked in; empty: all agencies are one
    league: str = ""
    #: whether it has no rank because its league has nobody else to rank
    alone: bool = False


def by_league(standings: Sequence[LeagueRow]) -> list[tuple[str, list[LeagueRow]]]:
    """The agencies of some standings by league, in their order."""
    return [
        (name, list(rows))
        for name, rows in groupby((row for row in standings if row.figure.agency), lambda row: row.league)
    ]


def league(session: orm.Session, results: RoundResults, figures: Figures) -> tuple[list[LeagueRow], Changes | None]:
    """The province and then the agencies with `figures`, by rank; and the round they are compared with.

    Ranks are among all agencies of a league, whoever looks; leagues follow one another.
    """
    ranks = agency_ranks(results)
    before = changes_since_last_round(session, results, (ALL_SERVICES,))
    moved = _changes(before)
    standings = []
    for code, low, high, group, name, status in [
        (PROVINCE, None, None, "", "", ""),
        *(
            (str(r.agency), _whole(r.low), _whole(r.high), str(r.group), str(r.league), str(r.status))
            for r in ranks.itertuples(index=False)
        ),
    ]:
        figure = figures.overall(code)
        if figure is not None:
            standings.append(LeagueRow(figure, low, high, group, moved.get(code), name, status == ALONE))
    return standings, before


def change_of(changes: Changes, agency: str, level: str, key: str) -> IndexChange | None:
    """How one figure of an agency (or the province), all services, moved; None without a row."""
    table = changes.table
    at = (table["agency"] == agency) & (table["service"] == ALL_SERVICES)
    rows = table[at & (table["level"] == level) & (table["key"] == key)].to_dict("records")
    return _change(rows[0]) if rows else None


def _changes(before: Changes | None) -> dict[str, IndexChange]:
    """The change of the overall index by agency."""
    if before is None:
        return {}
    table = before.table
    rows = table[(table["service"] == ALL_SERVICES) & (table["level"] == OVERALL[0]) & (table["key"] == OVERALL[1])]
    return {str(row["agency"]): _change(row) for row in rows.to_dict("records")}


def _change(row: dict[Hashable, Any]) -> IndexChange:
    earlier, diff, lo, hi = (_real(row[name]) for name in ("before", "diff", "lo_family", "hi_family"))
    sure, other = row["verdict"] in ("above", "below"), row["status"] == "other_items"
    return IndexChange(earlier, diff, lo, hi, sure=sure, tests=int(row["tests"]), other_items=other)


def _real(value: Any) -> float:
    return math.nan if pd.isna(value) else float(value)


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)
