"""Replace or withdraw a counter's code. Posters with the old one show a friendly page and store nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import new_code
from survey.models import Counter, CounterCode, Withdrawal, WithdrawalKind, WithdrawalState
from survey.structure.operations.withdraw import Why, record_withdrawal


def withdraw_code(session: orm.Session, counter: Counter, why: Why, *, renew: bool, actor: Actor) -> bool:
    """Withdraw a counter's codes with a reason, for a fresh one (`renew`) or none; say whether it took effect.

    What a unit asks for waits: a code that could be withdrawn on a bad day would choose who answers. Until an evaluator
    agrees it takes answers as before. `InputError` while a withdrawal waits.
    """
    waits = is_judged(session, actor.user_id)
    pending = sa.select(Withdrawal.id).where(
        Withdrawal.kind == WithdrawalKind.CODE,
        Withdrawal.counter_id == counter.id,
        Withdrawal.state == WithdrawalState.WAITING,
    )
    if waits and session.scalars(pending).first() is not None:
        raise InputError("A withdrawal of this counter's code waits for an evaluator already")
    record_withdrawal(
        session,
        WithdrawalKind.CODE,
        why,
        waits=waits,
        counted=0,
        actor=actor,
        agency_id=counter.agency_id,
        counter_id=counter.id,
        facts={"renew": renew},
    )
    if not waits:
        (rotate_code if renew else revoke_codes)(session, counter, actor=actor)
    return not waits


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
