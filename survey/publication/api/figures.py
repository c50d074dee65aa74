"""Result tables as the rows the API sends; numbers as they are, what does not exist as null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scoring import nonresponse
from survey.results.as_csv import plain
from survey.results.frame_files import COLUMNS as FRAME_COLUMNS
from survey.results.frame_files import frame_table
from survey.results.frames import Frames
from survey.results.headline_index import HeadlineIndex

PLACE = ("agency", "service", "level", "key")
LIMITS = tuple(name for name, _ in nonresponse.COLUMNS)
"""What those who did not answer could change."""
RESULT = (*PLACE, "n", "valid", "index", "se", "df", "lo", "hi", "status", "n_eff", "population", "coverage", *LIMITS)
COUNTS = ("c1", "c2", "c3", "c4", "c5")
DISTRIBUTION = (*PLACE, "n", "valid", *COUNTS, "status")


def result_rows(table: pd.DataFrame, statistic: str) -> list[dict[str, Any]]:
    """One object a figure; `statistic`: what the index is of, see `scoring.scheme.Rules`."""
    return _rows(nonresponse.with_limits(table, statistic), RESULT)


def distribution_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """One object a figure with the counts of the five answers."""
    return _rows(table, DISTRIBUTION)


def rank_rows(ranks: pd.DataFrame, shown: set[str]) -> list[dict[str, Any]]:
    """One object an agency that may be shown, in the order of ranks."""
    rows = _rows(ranks, tuple(map(str, ranks.columns)))
    return [row for row in rows if row["agency"] in shown]


def expected_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """One object an agency with what is expected of it."""
    return _rows(table, tuple(map(str, table.columns)))


def target_rows(targets: pd.DataFrame) -> list[dict[str, Any]]:
    """One object a target."""
    return _rows(targets, tuple(map(str, targets.columns)))


def headline_rows(headline: Mapping[str, HeadlineIndex]) -> list[dict[str, Any]]:
    """One object an agency with its index."""
    found = sorted(headline.items())
    return [{"agency": a, **{name: plain(getattr(one, name)) for name in ("index", "lo", "hi")}} for a, one in found]


def frame_rows(frames: Frames) -> list[dict[str, Any]]:
    """One object a frame of an agency, with how far wall codes lie from it."""
    return _rows(frame_table(frames), FRAME_COLUMNS)


def _rows(table: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    values = table[list(columns)].itertuples(index=False, name=None)
    return [dict(zip(columns, map(plain, row), strict=True)) for row in values]
