"""What the database itself refuses, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import Database
from survey.models import (
    Agency,
    AgencyKind,
    AgencyLevel,
    Channel,
    Comment,
    Counter,
    CounterCode,
    Installation,
    Population,
    Response,
    Role,
    Round,
    Service,
    User,
)
from tests.support.places import open_place

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def place(database: Database) -> Database:
    """A database with an open round, its agencies, services and counters."""
    with database.write() as session:
        open_place(session)
    return database


def agency(**changes: Any) -> Agency:
    values: dict[str, Any] = {
        "code": "moi",
        "kind": AgencyKind.COMMUNE,
        "level": AgencyLevel.COMMUNE,
        "name": "Xã thử",
        "valid_from": date(2026, 1, 1),
    }
    return Agency(**values | changes)


def response(session: orm.Session, **changes: Any) -> Response:
    values: dict[str, Any] = {
        "key": "k" * 16,
        "round_id": session.scalars(sa.select(Round.id)).one(),
        "deciding_agency_id": session.scalars(sa.select(Agency.id)).first(),
        "channel": Channel.QR,
        "language": "vi",
        "answers": "5" * 16,
        "submitted_at": NOW,
    }
    return Response(**values | changes)


def user(**changes: Any) -> User:
    values: dict[str, Any] = {
        "username": "ten",
        "display_name": "Tên",
        "password_hash": "x",
        "role": Role.EVALUATOR,
        "created_at": NOW,
    }
    return User(**values | changes)


def counter_id(session: orm.Session) -> int:
    return session.scalars(sa.select(Counter.id)).first() or 0


REFUSED: dict[str, Callable[[orm.Session], object]] = {
    "an agency that ends before it begins": lambda s: agency(valid_to=date(2025, 1, 1)),
    "an agency without a name": lambda s: agency(name=""),
    "an agency with a successor that never ended": lambda s: agency(
        successor_id=s.scalars(sa.select(Agency.id)).first()
    ),
    "an agency under one that is not there": lambda s: agency(parent_id=999_999),
    "two agencies of one code": lambda s: agency(code=s.scalars(sa.select(Agency.code)).first()),
    "two services of one name": lambda s: Service(code="khac", name=s.scalars(sa.select(Service.name)).first()),
    "a second installation": lambda s: Installation(id=2, created_at=NOW),
    "a code in small letters": lambda s: CounterCode(code="abcdefgh", counter_id=counter_id(s), created_at=NOW),
    "a code too short": lambda s: CounterCode(code="ABC", counter_id=counter_id(s), created_at=NOW),
    "a code revoked before it was made": lambda s: CounterCode(
        code="ABCDEFGH", counter_id=counter_id(s), created_at=NOW, revoked_at=NOW - timedelta(days=1)
    ),
    "a response whose key is short": lambda s: response(s, key="k"),
    "a response without answers": lambda s: response(s, answers=""),
    "a response sent before it was opened": lambda s: response(s, opened_at=NOW + timedelta(seconds=1)),
    "a response that took less than no time": lambda s: response(s, duration_s=-1),
    "a response of no agency": lambda s: response(s, deciding_agency_id=999_999),
    "transactions below zero": lambda s: Population(
        round_id=s.scalars(sa.select(Round.id)).one(),
        agency_id=s.scalars(sa.select(Agency.id)).first(),
        service_id=s.scalars(sa.select(Service.id)).first(),
        transactions=-1,
    ),
    "an empty comment": lambda s: Comment(
        round_id=s.scalars(sa.select(Round.id)).one(),
        agency_id=s.scalars(sa.select(Agency.id)).first(),
        text="",
        received_week=date(2026, 3, 1),
    ),
    "a member of staff without an agency": lambda s: user(role=Role.STAFF),
    "an evaluator of one agency": lambda s: user(agency_id=s.scalars(sa.select(Agency.id)).first()),
    "a user name in capitals": lambda s: user(username="Ten"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(place: Database, what: str) -> None:
    with pytest.raises(sa.exc.IntegrityError), place.write() as session:
        session.add(REFUSED[what](session))


def test_one_key_is_one_response(place: Database) -> None:
    with place.write() as session:
        session.add(response(session))
    with pytest.raises(sa.exc.IntegrityError), place.write() as session:
        session.add(response(session, answers="1" * 16))
    with place.read() as session:
        assert session.scalars(sa.select(Response.answers)).all() == ["5" * 16]


def test_a_round_cannot_end_before_it_begins(place: Database) -> None:
    backwards = sa.update(Round).values(closes_on=date(2020, 1, 1), opens_on=date(2020, 1, 2))
    with pytest.raises(sa.exc.IntegrityError), place.write() as session:
        session.execute(backwards)


def test_a_time_without_a_zone_is_refused(place: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="zone"), place.write() as session:
        session.add(response(session, submitted_at=datetime(2026, 3, 1)))  # noqa: DTZ001 (the fault meant)


def test_times_come_back_as_the_same_instant_in_utc(place: Database) -> None:
    local = datetime.fromisoformat("2026-03-01T10:00:00+07:00")
    with place.write() as session:
        session.add(response(session, submitted_at=local))
    with place.read() as session:
        found = session.scalars(sa.select(Response.submitted_at)).one()
    assert found == NOW
    assert found.isoformat() == "2026-03-01T03:00:00+00:00"


def test_sql_reads_answers_by_their_stable_code(place: Database) -> None:
    with place.write() as session:
        length = len(session.scalars(sa.select(Round)).one().version.slots)
        session.add(response(session, answers="1234512345x._" + "5" * (length - 13)))
        codes = [slot.code for slot in session.scalars(sa.select(Round)).one().version.slots]
    with place.engine.connect() as connection:
        rows = dict(connection.execute(sa.text("SELECT code, answer FROM answer")).all())
    assert [rows[code] for code in codes[:13]] == list("1234512345x._")
    assert len(rows) == length
