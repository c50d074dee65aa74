"""Prepare the tablet of an interviewer, and withdraw it."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import new_code
from survey.core.tokens import hash_token
from survey.models import Counter, CounterCode, InterviewPlan, InterviewTablet, ReceiptCode, Round, RoundState


def prepare_tablet(
    session: orm.Session, round_: Round, counter: Counter, *, actor: Actor
) -> tuple[InterviewTablet, str]:
    """A tablet for a counter of the plan, and what its cookie holds, which nobody can read again.

    `InputError` for those who are judged, for a round that takes no answers, and for a counter without a plan.
    """
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator prepares a tablet for interviews")
    if round_.state is not RoundState.OPEN:
        raise InputError("A tablet takes answers of an open round alone", field="counter")
    if session.get(InterviewPlan, (round_.id, counter.id)) is None:
        raise InputError("Plan the interviews of this counter first", field="counter")
    token = secrets.token_urlsafe(32)
    tablet = InterviewTablet(
        code=_fresh_code(session),
        token_hash=hash_token(token),
        round_id=round_.id,
        counter=counter,
        begun_at=actor.now,
        begun_by_id=actor.user_id,
    )
    session.add(tablet)
    session.flush()
    _record(session, "interviews.tablet_prepared", tablet, actor)
    return tablet, token


def revoke_tablet(session: orm.Session, tablet: InterviewTablet, *, actor: Actor) -> None:
    """Let a tablet take no more answers; what it took stays."""
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator prepares a tablet for interviews")
    if tablet.revoked_at is None:
        tablet.revoked_at = actor.now
        _record(session, "interviews.tablet_revoked", tablet, actor)


def _fresh_code(session: orm.Session) -> str:
    while True:
        code = new_code()
        tables = (CounterCode, ReceiptCode, InterviewTablet)
        if not any(session.scalar(sa.select(sa.exists().where(table.code == code))) for table in tables):
            return code


def _record(session: orm.Session, action: str, tablet: InterviewTablet, actor: Actor) -> None:
    audit.record(
        session,
        action=action,
        subject=f"counter:{tablet.counter.agency.code}/{tablet.counter.code}",
        actor=actor,
        after={"tablet": tablet.id},
    )
