"""How far a round has come: responses by counter, agency and service, and by local day. Counted in the database.

Both queries read the index `ix_response_counted` alone (see the model `Response`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import agencies_below
from survey.models import Agency, Counter, CounterCode, Population, Response, Role, Round, User


def progress_agencies(session: orm.Session, user: User) -> frozenset[str] | None:
    """The codes of the agencies whose progress a person sees: own and below, or None for all."""
    if user.role in {Role.ADMIN, Role.EVALUATOR}:
        return None
    return agencies_below(session, user.agency_id) if user.agency_id is not None else frozenset()


@dataclass(frozen=True)
class Count:
    """Counted responses of one counter for one agency and service."""

    counter_id: int | None
    agency_id: int
    service_id: int | None
    responses: int
    last: datetime


def counts(session: orm.Session, round_id: int) -> list[Count]:
    """The counted responses of a round by counter, deciding agency and service, with the newest of each."""
    keys = (Response.counter_id, Response.deciding_agency_id, Response.service_id)
    rows = session.execute(
        sa.select(*keys, sa.func.count(), sa.func.max(Response.submitted_at))
        .where(Response.round_id == round_id, Response.excluded.is_(None))
        .group_by(*keys)
    )
    return [Count(*row) for row in rows]


@dataclass(frozen=True)
class DayCount:
    """Counted responses of one local day."""

    counter_id: int | None
    agency_id: int
    service_id: int | None
    day: date
    responses: int


def day_counts(session: orm.Session, round_: Round, first: date, last: date) -> list[DayCount]:
    """The counted responses of a round by counter, agency, service and local day, from `first` to `last`.

    SQLite knows no zones: there the offset of the last day holds for all days, which is exact where clocks are never
    changed, as in Vietnam.
    """
    zone = ZoneInfo(round_.zone)
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    day: sa.ColumnElement[str]
    if session.get_bind().dialect.name == "postgresql":
        # the zone is written into the SQL: two bound parameters would be two expressions, in SELECT and in GROUP BY
        local = sa.func.timezone(sa.literal_column("'" + zone.key.replace("'", "") + "'"), Response.submitted_at)
        day = sa.cast(sa.cast(local, sa.Date), sa.String)
    else:
        minutes = int((until.utcoffset() or timedelta()).total_seconds() // 60)
        day = sa.func.date(Response.submitted_at, sa.literal_column(f"'{minutes:+d} minutes'"))
    keys = (Response.counter_id, Response.deciding_agency_id, Response.service_id, day)
    rows = session.execute(
        sa.select(*keys, sa.func.count())
        .where(
            Response.round_id == round_.id,
            Response.excluded.is_(None),
            Response.submitted_at >= since,
            Response.submitted_at < until,
        )
        .group_by(*keys)
    )
    return [
        DayCount(counter_id, agency_id, service_id, date.fromisoformat(str(on)), int(responses))
        for counter_id, agency_id, service_id, on, responses in rows
    ]


def transactions(session: orm.Session, round_id: int) -> dict[tuple[int, int], int]:
    """N of a round by deciding agency and service."""
    rows = session.execute(
        sa.select(Population.agency_id, Population.service_id, Population.transactions).where(
            Population.round_id == round_id
        )
    )
    return {(agency_id, service_id): n for agency_id, service_id, n in rows}


def open_counters(session: orm.Session) -> Sequence[Counter]:
    """Every open counter with its agency, services and deciding agencies."""
    return session.scalars(
        sa.select(Counter)
        .join(Counter.agency)
        .where(Counter.active.is_(True))
        .options(
            orm.contains_eager(Counter.agency),
            orm.selectinload(Counter.services),
            orm.selectinload(Counter.deciding_agencies),
        )
        .order_by(Agency.code, Counter.code)
    ).all()


def counters_with_code(session: orm.Session) -> frozenset[int]:
    """The ids of the counters that have a code in force."""
    return frozenset(session.scalars(sa.select(CounterCode.counter_id).where(CounterCode.revoked_at.is_(None))))
