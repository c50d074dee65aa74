"""Reading what posters are made of: the codes in force of open counters, agency by agency."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Counter, CounterCode


def codes_in_force(session: orm.Session, agency: str | None = None) -> Sequence[CounterCode]:
    """Return the newest code in force of every open counter, of one agency or all, by agency and counter."""
    newest = (
        sa.select(sa.func.max(CounterCode.id)).where(CounterCode.revoked_at.is_(None)).group_by(CounterCode.counter_id)
    )
    query = (
        sa.select(CounterCode)
        .join(CounterCode.counter)
        .join(Counter.agency)
        .where(CounterCode.id.in_(newest), Counter.active.is_(True))
        .options(orm.contains_eager(CounterCode.counter).contains_eager(Counter.agency))
        .order_by(Agency.code, Counter.code, CounterCode.id)
    )
    if agency is not None:
        query = query.where(Agency.code == agency)
    return session.scalars(query).all()
