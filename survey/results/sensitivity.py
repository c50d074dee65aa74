"""Sensitivity analysis: the index with all responses and without `survey.results.doubtful_responses`.

Detection reads every response of the round. While a round takes answers that would be repeated with each of them; the
result is therefore cached for `FRESH` seconds, and shown with the number of responses it is about. A `LARGE` round is
looked through by the worker alone (`survey.results.kept_search`).
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import orm

from survey.core import cache
from survey.models import RoundState
from survey.results.compute import RoundResults
from survey.results.doubtful_responses import Report, flagged
from survey.results.figures import PROVINCE
from survey.results.freshness import FRESH

LARGE = 20_000
"""Responses from which no page looks through a round: it takes half a second of the processor."""


@dataclass(frozen=True)
class SensitivityRow:
    """An index with all responses and without those flagged; None where it must not be shown."""

    agency: str
    n: int
    n_left: int | None
    index: float
    index_left: float | None
    change: float | None


@dataclass(frozen=True)
class Sensitivity:
    """How much the indices of a round depend on its doubtful responses."""

    #: responses looked at, those flagged for any reason, and by reason
    responses: int
    flagged: int
    counts: dict[str, int]
    #: comments that repeat another word for word
    duplicate_comments: int
    province: SensitivityRow | None
    #: agencies with flagged responses, the largest change first
    agencies: tuple[SensitivityRow, ...]


def sensitivity(session: orm.Session, results: RoundResults) -> Sensitivity | None:
    """The sensitivity of a round, computed now or a few minutes ago; None for a `LARGE` one."""
    if results.responses > LARGE:
        return None
    round_ = results.round
    key = ("doubts", round_.id)
    cached_doubts: tuple[tuple[object, ...], float, Sensitivity] | None = cache.get(session, key)
    if cached_doubts is not None:
        stamp, computed_at, value = cached_doubts
        if stamp == results.stamp or (round_.state is RoundState.OPEN and time.monotonic() - computed_at < FRESH):
            return value
    value = find_sensitivity(session, round_.code)
    cache.put(session, key, (results.stamp, time.monotonic(), value))
    return value


def find_sensitivity(session: orm.Session, round_code: str, report: Report = lambda _rows: None) -> Sensitivity:
    """Look through a round, however large; `report` hears of responses looked at. `InputError` for an unknown round."""
    flags = flagged(session, round_code, report=report)
    rows = [_difference(row) for row in flags.change[flags.change["level"] == "overall"].to_dict("records")]
    touched = [row for row in rows if row and row.agency and row.n_left is not None and row.n_left < row.n]
    return Sensitivity(
        responses=flags.responses,
        flagged=flags.flagged,
        counts=flags.counts,
        duplicate_comments=flags.duplicate_comments,
        province=next((row for row in rows if row and row.agency == PROVINCE), None),
        agencies=tuple(sorted(touched, key=lambda row: (-abs(row.change or 0.0), row.agency))),
    )


def _difference(row: dict[Hashable, Any]) -> SensitivityRow | None:
    if pd.isna(row["index"]) or pd.isna(row["n"]):
        return None
    left = {name: None if pd.isna(row[name]) else row[name] for name in ("n_left", "index_left", "change")}
    return SensitivityRow(
        agency=str(row["agency"]),
        n=int(row["n"]),
        n_left=None if left["n_left"] is None else int(left["n_left"]),
        index=float(row["index"]),
        index_left=None if left["index_left"] is None else float(left["index_left"]),
        change=None if left["change"] is None else float(left["change"]),
    )
