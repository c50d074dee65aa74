"""Answers outside of opening hours: in a run of weeks against the agency's own others, and against other agencies.

Open is from a quarter of an hour before opening to half an hour after closing, twice a day where there is a lunch
break.
Some citizens answer at home in the evening, everywhere about as often; a night's work by one person stands out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scoring.detectors.rows import WEEK, Flags, Measured, PlaceRows, by_week
from scoring.detectors.windows import Runs, WeekRun

EARLY, LATE = 15, 30
"""Minutes before opening and after closing that still count as open."""
SILENT = 0.25
"""A day is a holiday when fewer agencies than this share of a usual such weekday have an answer within their hours."""


def within_hours(minute: ArrayLike, hours: ArrayLike) -> Flags:
    """Say which responses came within the day's opening hours: (n,).

    `minute`: (n,) local minutes since midnight. `hours`: (n, 4) minutes at which the counter opens, closes for lunch,
    opens again and closes; without a lunch break the middle two are the same minute.

    >>> within_hours([434, 435, 720, 721, 795, 1050, 1051], [[450, 690, 810, 1020]] * 7).tolist()
    [False, True, True, False, True, True, False]
    """
    at, edges = np.asarray(minute), np.asarray(hours)
    morning = (at >= edges[:, 0] - EARLY) & (at <= edges[:, 1] + LATE)
    afternoon = (at >= edges[:, 2] - EARLY) & (at <= edges[:, 3] + LATE)
    return np.asarray(morning | afternoon)


def open_days(agency: ArrayLike, day: ArrayLike, scheduled: ArrayLike) -> Flags:
    """Learn the open days of a round from the answers given live within opening hours: (7 W,).

    `agency`, `day`: (n,) of these answers. `scheduled`: (7 W,) days on which any counter is open by its own hours. Of
    these a day is a holiday when hardly any agency has an answer (`SILENT`), by the median of the same weekday;
    agencies are counted and not answers, so that a few that are stuffed on a holiday do not make it a working day.
    """
    plan = np.asarray(scheduled, dtype=bool)
    pairs = np.unique(np.asarray(agency, dtype=np.int64) * len(plan) + np.asarray(day, dtype=np.int64))
    present = np.bincount(pairs % len(plan), minlength=len(plan))
    result = plan.copy()
    for weekday in range(WEEK):
        days = np.flatnonzero(plan)[np.flatnonzero(plan) % WEEK == weekday]
        if len(days):
            result[days] = present[days] >= SILENT * np.median(present[days])
    return result


def closed_run(rows: PlaceRows) -> WeekRun:
    """Scan for the run of weeks with the most live answers outside of opening hours against the agency's own weeks.

    E_w = max(median c, .4 mean c, .04 n / W) of the weekly counts c; value (O - E) / sqrt(E + .5 sum E_w² + 1).
    """
    weekly = by_week(rows.by_day(rows.live & ~rows.open))
    n = rows.count(rows.live)
    usual = np.maximum.reduce([np.median(weekly, axis=1), 0.4 * weekly.mean(axis=1), 0.04 * n / rows.weeks])
    expected = np.repeat(usual[:, None], rows.weeks, axis=1)
    runs = Runs.of(rows.weeks)
    o, e, square = runs.sums(weekly), runs.sums(expected), runs.sums(expected**2)
    return runs.strongest((o - e) / np.sqrt(e + 0.5 * square + 1), o, e)


def closed_share(rows: PlaceRows) -> Measured:
    """The log odds of an answer outside of opening hours among the live ones of each agency."""
    return rows.share(rows.live & ~rows.open, rows.live)
