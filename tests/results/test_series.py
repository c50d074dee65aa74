"""Series within a round: weeks and months by hand, blocks that are never split, limits after a change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from survey.models import Agency, Channel, Response, Round
from survey.results.agency_standing import month_change
from survey.results.control_chart import control_picture
from survey.results.expected import League
from survey.results.operations.release_responses import _withdraw
from survey.results.series import MONTH, WEEK, DaySums, Series, day_sums, series
from tests.support.places import open_place

ITEMS = 16


def add(
    session: orm.Session, answers: str, day: date, *, released: date | None = None, excluded: str | None = None
) -> None:
    round_ = session.scalars(sa.select(Round)).one()
    agency = session.scalars(sa.select(Agency).where(Agency.code == "so-tu-phap")).one()
    number = session.scalar(sa.select(sa.func.count()).select_from(Response)) or 0
    session.add(
        Response(
            key=f"{number:016d}", round_id=round_.id, deciding_agency_id=agency.id, channel=Channel.QR, language="vi",
            answers=answers.ljust(len(round_.version.slots), "."), excluded=excluded, live_since=released,
            submitted_at=datetime(day.year, day.month, day.day, 18, tzinfo=UTC),
        )
    )  # fmt: skip
    session.flush()


@pytest.fixture
def place_of_days(app: Flask) -> Flask:
    with app.extensions["database"].write() as session:
        open_place(session)
    return app


def test_weeks_months_and_days_of_the_clock_here(place_of_days: Flask) -> None:
    """18:00 UTC on Sunday 4 January is Monday the 5th here: another week. One who rated nothing is nobody."""
    database = place_of_days.extensions["database"]
    with database.write() as session:
        add(session, "5" * 10 + "1" * 6, date(2026, 1, 3))
        add(session, "44" + "x" * 14, date(2026, 1, 4))
        add(session, "2" * 16, date(2026, 2, 10))
        add(session, "x" * 16, date(2026, 2, 10))
        add(session, "5" * 16, date(2026, 2, 10), excluded="flagged")
    with database.read() as session:
        sums = day_sums(session, session.scalars(sa.select(Round)).one(), ITEMS, judged=False)
        weeks, months = (series(sums, "so-tu-phap", range(ITEMS), unit) for unit in (WEEK, MONTH))
        first = series(sums, "so-tu-phap", [0, 1], MONTH)
    assert weeks == Series((date(2025, 12, 29), date(2026, 1, 5), date(2026, 2, 9)), (1, 1, 1), (10, 2, 0), (16, 2, 16))
    assert months == Series((date(2026, 1, 1), date(2026, 2, 1)), (2, 1), (12, 0), (18, 16))
    assert first == Series((date(2026, 1, 1), date(2026, 2, 1)), (2, 1), (4, 0), (4, 2))
    with database.write() as session:
        add(session, "5" * 16, date(2026, 2, 11))
    with database.read() as session:
        round_ = session.scalars(sa.select(Round)).one()
        continued = day_sums(session, round_, ITEMS, judged=False)
        again = day_sums(session, round_, ITEMS, 1e-9, judged=False)  # of another name in the cache
    assert (continued.agency, continued.day, continued.n.tolist()) == (again.agency, again.day, again.n.tolist())
    np.testing.assert_array_equal(continued.satisfied, again.satisfied)


def test_those_who_are_judged_see_blocks_that_stay_as_they_were_shown(place_of_days: Flask) -> None:
    """Two blocks of six. When six that were excluded leave, three of each, no pair of pictures has a block less three:
    what is left is one block."""
    database, first, second = place_of_days.extensions["database"], date(2026, 1, 5), date(2026, 1, 19)
    with database.write() as session:
        for released in (first, second):
            for number in range(6):
                add(session, "5" * 16 if number else "1" * 16, date(2026, 1, 3), released=released)
        add(session, "5" * 16, date(2026, 1, 20))
    with database.read() as session:
        before = _shown(session)
    assert before == Series((first, second), (6, 6), (80, 80), (96, 96))
    with database.write() as session:
        out = [1, 2, 3, 7, 8, 9]
        session.execute(sa.update(Response).where(Response.id.in_(out)).values(excluded="flagged"))
    with database.read() as session:
        shown = series(
            day_sums(session, session.scalars(sa.select(Round)).one(), ITEMS, judged=True),
            "so-tu-phap",
            range(ITEMS),
            WEEK,
        )
    assert shown == before
    with database.write() as session:
        round_ = session.scalars(sa.select(Round)).one()
        agency = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        assert _withdraw(session, round_, agency, 5, ITEMS) == 6
    with database.read() as session:
        left = series(
            day_sums(session, session.scalars(sa.select(Round)).one(), ITEMS, judged=True),
            "so-tu-phap",
            range(ITEMS),
            WEEK,
        )
    assert left == Series((second,), (6,), (96,), (96,))


def _shown(session: orm.Session) -> Series:
    sums = day_sums(session, session.scalars(sa.select(Round)).one(), ITEMS, judged=True)
    return series(sums, "so-tu-phap", range(ITEMS), WEEK)


def weekly(values: list[int], n: int = 100) -> Series:
    starts = tuple(
        date(2026, 1, 5 + 7 * k) if 5 + 7 * k < 32 else date(2026, 2, 2 + 7 * (k - 4)) for k in range(len(values))
    )
    return Series(starts, (n,) * len(values), tuple(values), (n,) * len(values))


def test_a_known_change_gives_new_limits_and_too_few_points_none() -> None:
    """Four weeks around 80, four around 60: with the move known, nothing is a sign; each part has its own middle."""
    data = weekly([81, 79, 81, 79, 61, 59, 61, 59])
    at = data.rebased_at([date(2026, 2, 1), date(2020, 1, 1), date(2030, 1, 1)])
    assert at == [4]
    told = control_picture(data, rebase=at, target=70.0, actions=[(date(2026, 1, 14), "ghế"), (date(2025, 1, 1), "cũ")])
    assert (told.signs, len(told.centres), len(told.areas), len(told.breaks)) == (0, 2, 2, 1)
    assert [what for _, what in told.actions] == ["ghế"]
    assert told.actions[0][0] == told.marks[1].x
    assert control_picture(data).signs == 8  # around one middle of 70, all lie outside of what neighbours differ by
    few = control_picture(weekly([81, 20, 90]))
    assert (few.areas, few.centres, few.signs) == ((), (), 0)


@pytest.mark.parametrize(
    ("weeks", "target", "said"),
    [(8, 50.0, "reaches"), (8, 99.0, "misses"), (8, 80.0, "hit_and_miss"), (4, 50.0, "unknown"), (8, None, "unknown")],
)
def test_a_target_is_held_against_what_is_usual(weeks: int, target: float | None, said: str) -> None:
    """Weeks of 81 and 79 of 100: moving ranges of 2 points in 4 standard errors, limits 80 ± 3 × 2 / 1.128."""
    picture = control_picture(weekly([81, 79] * (weeks // 2)), target=target)
    assert picture.assurance == said
    if weeks == 8:
        assert picture.marks[0].lower == pytest.approx(80 - 3 * 2 / 1.128)


def test_the_change_since_last_month_by_hand() -> None:
    """70 % of 50 people, then 80 % of 50, each worth one effective answer: p = 75, se = √(2 · 75 · 25 / 50) = 8.66."""
    league = League("", (), 75.0, 1.0, lambda sizes, level: ([], []), 0, 1.0, (), ())
    months = Series((date(2026, 1, 1), date(2026, 2, 1)), (50, 50), (560, 640), (800, 800))
    change = month_change(months, league, 0.95)
    assert (change.before, change.now) == (70.0, 80.0)
    assert (change.lo, change.hi) == (pytest.approx(10 - 1.959964 * 8.660254), pytest.approx(10 + 1.959964 * 8.660254))
    assert not np.isfinite(month_change(months, None, 0.95).lo)  # nothing to tell it by


def test_sums_merge_like_one() -> None:
    one = DaySums(("a",), ("2026-01-01",), np.array([1]), np.array([[1, 0]]), np.array([[1, 1]]))
    other = DaySums(
        ("a", "b"),
        ("2026-01-01", "2026-01-01"),
        np.array([2, 1]),
        np.array([[2, 2], [0, 0]]),
        np.array([[2, 2], [1, 0]]),
    )
    both = one.merge(other)
    assert (both.agency, both.n.tolist(), both.satisfied.tolist()) == (("a", "b"), [3, 1], [[3, 2], [0, 0]])
