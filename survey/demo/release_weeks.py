"""When the demonstration's answers were released to those who are judged: as if the nightly release had run.

It is worked out before they are stored, once a week instead of every night, by the rule of the release itself
(`scoring.release.releasable`). As in a real round the newest of each agency stay in no block when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from scoring.release import releasable

RATED = frozenset("12345")


def set_release_days(rows: list[dict[str, Any]], items: int, k: int, zone: ZoneInfo, first: date, last: date) -> None:
    """Set `live_since` of rows in the order in which they came, received from the first day to the last.

    `k`: the fewest people of a block, and the fewest left behind.
    """
    by_agency: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        row["live_since"] = None
        if row["excluded"] is None and RATED & set(row["answers"][:items]):
            by_agency.setdefault(row["deciding_agency_id"], []).append(row)
    for own in by_agency.values():
        days = np.array([row["submitted_at"].astimezone(zone).date().toordinal() for row in own])
        answered = np.array([[letter in RATED for letter in row["answers"][:items]] for row in own], dtype=np.bool_)
        _weekly(own, days, answered, k, mondays(first, last))


def mondays(first: date, last: date) -> Iterable[date]:
    """The Mondays after one day, up to another."""
    monday = first + timedelta(days=7 - first.weekday())
    while monday <= last:
        yield monday
        monday += timedelta(days=7)


def _weekly(
    own: list[dict[str, Any]], days: NDArray[np.int64], answered: NDArray[np.bool_], k: int, nights: Iterable[date]
) -> None:
    """Release what each night may."""
    start = 0
    for night in nights:
        there = int(np.searchsorted(days, night.toordinal()))
        block = releasable(answered[start:there], k)
        for row in own[start : start + block]:
            row["live_since"] = night
        start += block
