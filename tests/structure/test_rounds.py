"""When a round takes answers: its days, its hours, and the half hour after them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from survey.collect.queries.counters import accepting_round, is_late, late_until
from survey.core.db import Database
from survey.models import Round, RoundState
from tests.support.places import open_place


def at(text: str) -> datetime:
    """Return an instant written in UTC; the clocks of the province are seven hours ahead."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def hours(database: Database) -> Database:
    """A place with one round, from Monday 2 March 2026 at 8:00 to Friday at 17:00."""
    with database.write() as session:
        open_place(session)
        session.flush()
        found = session.scalars(sa.select(Round)).one()
        found.opens_on, found.opens_at = date(2026, 3, 2), time(8)
        found.closes_on, found.closes_at = date(2026, 3, 6), time(17)
        found.state = RoundState.OPEN
    return database


@pytest.mark.parametrize(
    ("now", "opened", "taken", "late"),
    [
        ("2026-03-02T00:59:59", None, False, None),
        ("2026-03-02T01:00:00", None, True, False),
        ("2026-03-06T09:59:59", None, True, False),
        ("2026-03-06T10:00:00", None, False, None),
        ("2026-03-06T10:00:00", "2026-03-06T09:59:59", True, True),
        ("2026-03-06T10:29:59", "2026-03-06T09:30:00", True, True),
        ("2026-03-06T10:30:00", "2026-03-06T09:59:59", False, None),
        ("2026-03-06T10:10:00", "2026-03-02T00:30:00", False, None),
        ("2026-03-06T10:10:00", "2026-03-06T10:05:00", False, None),
    ],
)
def test_hours_on_the_first_and_last_day(
    hours: Database, now: str, opened: str | None, taken: bool, late: bool | None
) -> None:
    with hours.read() as session:
        found = accepting_round(session, at(now), at(opened) if opened else None)
        assert (found is not None) is taken
        if found is not None:
            assert is_late(found, at(now)) is late


def test_without_hours_the_days_count_whole(hours: Database) -> None:
    with hours.write() as session:
        found = session.scalars(sa.select(Round)).one()
        found.opens_at = found.closes_at = None
        session.flush()
        # local midnight is 17:00 UTC of the day before
        assert accepting_round(session, at("2026-03-01T16:59:59")) is None
        assert accepting_round(session, at("2026-03-01T17:00:00")) is found
        assert accepting_round(session, at("2026-03-06T16:59:59")) is found
        assert accepting_round(session, at("2026-03-06T17:00:00")) is None
        assert late_until(found) == at("2026-03-06T17:30:00")


def test_closed_by_hand_before_its_hour(hours: Database) -> None:
    with hours.write() as session:
        found = session.scalars(sa.select(Round)).one()
        found.state, found.closed_at = RoundState.CLOSED, at("2026-03-05T03:00:00")
        session.flush()
        assert late_until(found) == at("2026-03-05T03:30:00")
        assert accepting_round(session, at("2026-03-05T03:10:00"), at("2026-03-05T02:50:00")) is found
        assert accepting_round(session, at("2026-03-05T03:10:00")) is None


def test_a_round_of_one_day_ends_after_it_begins(hours: Database) -> None:
    same = sa.update(Round).values(closes_on=date(2026, 3, 2), closes_at=time(8))
    with pytest.raises(sa.exc.IntegrityError, match="closes_after_it_opens"), hours.write() as session:
        session.execute(same)


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["round", *arguments])


def test_hours_on_the_command_line(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        open_place(session)
    span = ("--opens", "2027-03-01 07:30", "--closes", "2027-03-31 17:00")
    assert run(app, "open", "r7", "--confirm-overlap", *span).output == (
        "Round r7 is open from 2027-03-01 07:30 to 2027-03-31 17:00, both days included.\n"
    )
    with app.extensions["database"].read() as session:
        found = session.scalars(sa.select(Round).where(Round.code == "r7")).one()
        assert (found.opens_at, found.closes_at) == (time(7, 30), time(17))
    assert (
        run(app, "list").output.splitlines()[0] == "r7\topen\t2027-03-01 07:30\t2027-03-31 17:00\tsipas-service-16 v1"
    )
    backwards = run(app, "open", "r8", "--opens", "2027-03-01 17:00", "--closes", "2027-03-01 07:30")
    assert backwards.exit_code == 2
    assert "the hour at which a round ends (07:30) must be after that at which it begins (17:00)" in backwards.output
