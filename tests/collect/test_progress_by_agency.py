"""The roll-up of progress by agency, worked out by hand; nothing in it that its fields do not show already."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from survey.collect.progress.board import Calendar, UnitProgress
from survey.collect.progress.by_agency import by_agency

CALENDAR = Calendar(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 16), ZoneInfo("Asia/Ho_Chi_Minh"), 5)
YESTERDAY = datetime(2026, 11, 15, 3, tzinfo=UTC)


def cell(agency: int, service: int, responses: int, target: int | None, transactions: int | None) -> UnitProgress:
    last = YESTERDAY if responses else None
    return UnitProgress(agency, service, None, responses, target, transactions, last, CALENDAR)


def test_fields_are_added_up_and_the_farthest_stands_first() -> None:
    rows = by_agency(
        [
            cell(1, 1, 40, 50, 400),  # 80 % after half of the days: on pace
            cell(1, 2, 0, 50, 600),  # none yet
            cell(2, 1, 10, 100, 1000),
            cell(3, 1, 7, None, None),  # N is not known: nothing to lag behind
        ]
    )
    assert [(row.agency_id, row.responses, row.target, row.fields, row.wanting) for row in rows] == [
        (2, 10, 100, 1, 1),
        (1, 40, 100, 2, 1),
        (3, 7, None, 1, 0),
    ]
    assert [row.rate for row in rows] == [1.0, 4.0, None]
    assert [row.percent for row in rows[:2]] == [10.0, 40.0]


def test_what_is_not_known_is_not_counted_as_none() -> None:
    (row,) = by_agency([cell(1, 1, 20, 40, 80), cell(1, None, 5, None, None)])
    assert (row.responses, row.target, row.transactions) == (25, 40, 80)
