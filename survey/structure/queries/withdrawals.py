"""Reading what a unit asked to take back, for those who asked."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Withdrawal


def withdrawals_of_batch(session: orm.Session, batch_id: int) -> Sequence[Withdrawal]:
    """Return what was asked about a file or pile, the newest first."""
    query = sa.select(Withdrawal).where(Withdrawal.batch_id == batch_id).order_by(Withdrawal.id.desc())
    return session.scalars(query).all()


def withdrawals_of_counter(session: orm.Session, counter_id: int) -> Sequence[Withdrawal]:
    """Return what was asked about a counter's codes, the newest first."""
    query = sa.select(Withdrawal).where(Withdrawal.counter_id == counter_id).order_by(Withdrawal.id.desc())
    return session.scalars(query).all()
