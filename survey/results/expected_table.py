"""Expected ranges as a table, for files and programs: one row an agency of a league that is large enough."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict

import pandas as pd

from survey.results.compute import RoundResults
from survey.results.expected import leagues

COLUMNS = (
    *("league", "agency", "n", "index", "band", "lo", "hi", "expected", "adjusted", "centre"),
    *("low", "high"),
)


def expected_table(results: RoundResults, shown: Collection[str]) -> pd.DataFrame:
    """The standings of the agencies that may be shown, best index of each league first, with all digits."""
    rows = [
        {"league": league.code, **asdict(standing), "centre": league.centre}
        for league in leagues(results)
        for standing in league.standings
        if standing.agency in shown
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"low": "Int64", "high": "Int64"})
