"""Reading what posters are made of: the codes in force of open counters, the round's days, the emblem."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, AgencyEmblem, Counter, CounterCode, Round, RoundState


def codes_in_force(session: orm.Session, agency: str | None = None) -> Sequence[CounterCode]:
    """The newest code in force of every open counter, of one agency or all, by agency and counter."""
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


def printable_rounds(session: orm.Session, today: date) -> list[Round]:
    """The rounds that take answers now or later: what is printed for them is still worth hanging up.

    The one that is running comes first, the latest begun if several are, then those to come.
    """
    rounds = session.scalars(
        sa.select(Round)
        .where(Round.state.in_([RoundState.OPEN, RoundState.DRAFT]), Round.closes_on >= today)
        .options(orm.joinedload(Round.version))
    ).all()

    def order(round_: Round) -> tuple[bool, int, int]:
        begun = round_.state is RoundState.OPEN and round_.opens_on <= today
        days = (round_.opens_on - today).days
        return (not begun, -days if begun else days, round_.id)

    return sorted(rounds, key=order)


def emblem_for(session: orm.Session, agency: Agency) -> AgencyEmblem | None:
    """The emblem on an agency's posters: its own, or that of the nearest agency above it that has one."""
    seen: set[int] = set()
    above: Agency | None = agency
    while above is not None and above.id not in seen:
        found = session.get(AgencyEmblem, above.id)
        if found is not None:
            return found
        seen.add(above.id)
        above = above.parent
    return None
