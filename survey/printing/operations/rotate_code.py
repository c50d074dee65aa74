"""Replace or withdraw a counter's code. Posters with the old one show a friendly page and store nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.text import new_code
from survey.models import Counter, CounterCode


def rotate_code(session: orm.Session, counter: Counter, *, actor: Actor) -> CounterCode:
    """Withdraw every code in force of a counter and give it a fresh one."""
    old = _withdraw(session, counter, actor.now)
    fresh = CounterCode(code=new_code(), counter=counter, created_at=actor.now)
    session.add(fresh)
    audit.record(
        session,
        action="code.rotated",
        subject=f"counter:{counter.agency.code}/{counter.code}",
        actor=actor,
        before={"codes": old},
        after={"codes": [fresh.code]},
    )
    return fresh


def revoke_codes(session: orm.Session, counter: Counter, *, actor: Actor) -> list[str]:
    """Withdraw every code in force of a counter without a new one; return them. Nothing to withdraw leaves no trace."""
    old = _withdraw(session, counter, actor.now)
    if old:
        audit.record(
            session,
            action="code.revoked",
            subject=f"counter:{counter.agency.code}/{counter.code}",
            actor=actor,
            before={"codes": old},
            after={"codes": []},
        )
    return old


def _withdraw(session: orm.Session, counter: Counter, now: datetime) -> list[str]:
    """Mark the codes in force as withdrawn and return them."""
    in_force = session.scalars(
        sa.select(CounterCode).where(CounterCode.counter_id == counter.id, CounterCode.revoked_at.is_(None))
    ).all()
    for row in in_force:
        row.revoked_at = now
    return [row.code for row in in_force]
