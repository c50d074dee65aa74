"""Settle cases at night: their order in the database tells nothing of the order in which they came."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Case, CaseEvent

_CASES: Any = Case.__table__
_EVENTS: Any = CaseEvent.__table__


def settle_cases(session: orm.Session, since: date) -> int:
    """Write the cases received since a day, and steps taken since, again in random order; give how many cases.

    In one transaction: then neither their place in the database's files nor a transaction's number tells in which order
    they came. Keys stay as they are: they are random.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    recent = _CASES.c.received_on >= since
    taken = sa.or_(_EVENTS.c.on >= since, _EVENTS.c.case_id.in_(sa.select(_CASES.c.id).where(recent)))
    rows = {
        table: [dict(row) for row in connection.execute(sa.select(table).where(chosen)).mappings()]
        for table, chosen in ((_CASES, recent), (_EVENTS, taken))
    }
    connection.execute(sa.delete(_EVENTS).where(taken))
    connection.execute(sa.delete(_CASES).where(recent))
    for table, found in rows.items():
        if found:
            random.SystemRandom().shuffle(found)
            connection.execute(sa.insert(table), found)
    session.expire_all()
    return len(rows[_CASES])
