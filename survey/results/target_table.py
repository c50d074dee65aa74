"""Targets of a round as a table: each with its figure and what the data say of it (`scoring.targets`)."""

from __future__ import annotations

import pandas as pd

from survey.results.agency_standing import target_standing
from survey.results.compute import RoundResults
from survey.results.figures import ALL_SERVICES, OVERALL, Figures

COLUMNS = ("agency", "level", "key", "target", "n", "index", "lo", "hi", "verdict", "more")


def target_table(results: RoundResults, table: pd.DataFrame) -> pd.DataFrame:
    """`COLUMNS`, one row a target of the agencies that `table` has rows of; those of the province have agency "".

    `table`: the rows of the results that the reader may see. A figure that is hidden has no numbers here either, and
    its verdict is `no_interval`. `more`: respondents that would tell, missing where it is told or no number would.
    """
    whole = table[table["service"] == ALL_SERVICES]
    figures, seen = Figures(whole), set(whole["agency"])
    rows = []
    for (agency, element), value in sorted(results.targets.items()):
        if agency not in seen:
            continue
        level, key = ("element", element) if element else OVERALL
        found = target_standing(results, element, value, figures.find(agency, ALL_SERVICES, level, key))
        shown = found.figure
        numbers = (None, None, None, None) if shown is None else (shown.n, shown.index, shown.lo, shown.hi)
        rows.append((agency, level, key, value, *numbers, found.judgement.verdict, found.judgement.more))
    found_table = pd.DataFrame(rows, columns=list(COLUMNS))
    real = dict.fromkeys(("target", "index", "lo", "hi"), "float64")
    return found_table.astype({**real, "n": "Int64", "more": "Int64"})
