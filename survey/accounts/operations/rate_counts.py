"""Rate limits by account or token, counted in the database where all servers see them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from survey.accounts.queries.rate_counts import AHEAD
from survey.core.db import Base
from survey.core.tokens import hash_token
from survey.models import RateCount

KEPT = timedelta(minutes=15)
"""After as long without another, a count is forgotten."""
_TABLE = Base.metadata.tables[RateCount.__tablename__]


def count_failure(session: orm.Session, key: str, now: datetime) -> None:
    """Count a failure; those of the last quarter of an hour without a pause as long add up."""
    session.execute(sa.delete(_TABLE).where(sa.or_(_TABLE.c.at < now - KEPT, _TABLE.c.at > now + AHEAD)))
    _count(session, key, now, since=now - KEPT, at=now)


def count_calls(session: orm.Session, key: str, now: datetime, window: timedelta, calls: int) -> int:
    """Count calls within their window, which begins with the first one; return how many there were."""
    return _count(session, key, now, since=now - window, at=None, calls=calls)


def forget(session: orm.Session, key: str) -> None:
    """Forget what was counted of a key."""
    session.execute(sa.delete(_TABLE).where(_TABLE.c.key_hash == hash_token(key)))


def _count(
    session: orm.Session, key: str, now: datetime, *, since: datetime, at: datetime | None, calls: int = 1
) -> int:
    """Add to what was counted since an instant, else begin anew; two at once are two, on both databases."""
    again = sa.and_(_TABLE.c.at > since, _TABLE.c.at <= now + AHEAD)
    first = {"key_hash": hash_token(key), "count": calls, "at": now}
    later = {
        "count": sa.case((again, _TABLE.c.count + calls), else_=calls),
        "at": sa.case((again, _TABLE.c.at), else_=now) if at is None else at,
    }
    here = sqlite if session.connection().dialect.name == "sqlite" else postgresql
    statement = here.insert(_TABLE).values(first).on_conflict_do_update(index_elements=["key_hash"], set_=later)
    return int(session.execute(statement.returning(_TABLE.c.count)).scalar_one())
