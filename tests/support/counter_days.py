"""Responses of a scored round given to counters and days, a pile of paper forms among them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.collect.operations.enter_form import Pile, begin_pile
from survey.core.actor import Actor
from survey.models import Agency, Channel, Counter, Response, Round

FIRST = datetime(2026, 3, 2, 3, tzinfo=UTC)
EVENING = 15
"""Hours after `FIRST` at which it is the next day in Vietnam, and the same day in UTC."""


def give_counters(session: orm.Session, days: int = 7, unknown: int = 9, pile: bool = True) -> None:
    """Give every response a counter and a day by its number; every `unknown`th has no counter, some are of a pile."""
    session.flush()
    counters = session.scalars(sa.select(Counter.id).order_by(Counter.id)).all()
    for response in session.scalars(sa.select(Response).order_by(Response.id)):
        number = response.id
        response.counter_id = None if number % unknown == 0 else counters[number % len(counters)]
        response.submitted_at = FIRST + timedelta(days=number * 5 % days, hours=EVENING * (number % 2))
    if pile:
        of_pile(session, 8)


def of_pile(session: orm.Session, every: int) -> int:
    """Let every `every`th response with a counter be of a pile of paper forms; return the pile's number."""
    round_ = session.scalars(sa.select(Round).order_by(Round.id)).first()
    counter = session.scalars(sa.select(Counter).order_by(Counter.id)).first()
    agency = session.scalars(sa.select(Agency).order_by(Agency.id)).first()
    assert round_ is not None
    assert counter is not None
    assert agency is not None
    made = begin_pile(
        session,
        Pile(round_, counter, agency.id, None, Channel.PAPER, date(2026, 3, 2)),
        actor=Actor(FIRST + timedelta(days=30)),
    )
    session.execute(
        sa.update(Response)
        .where(Response.id % every == 0, Response.counter_id.is_not(None))
        .values(batch_id=made.batch_id, counter_id=counter.id)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return made.batch_id
