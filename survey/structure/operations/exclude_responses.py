"""Leave responses out by a rule: one person asks with a reason, a second agrees, and it can be reversed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Agency, Response, Round, RoundState, Withdrawal, WithdrawalKind, WithdrawalState
from survey.structure.operations.withdraw import Why, end_withdrawal, record_withdrawal
from survey.structure.queries.exclusion_rule import EXCLUDED, ExclusionRule, matches


def ask_exclusion(
    session: orm.Session, round_: Round, rule: ExclusionRule, why: Why, *, preview: dict[str, Any], actor: Actor
) -> Withdrawal:
    """Ask a second person to leave out what a rule means; `preview` is what that was shown to do.

    `InputError` for a published round, for a unit, and where no response that counts is meant.
    """
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator decides on this")
    if round_.state is RoundState.PUBLISHED:
        raise InputError("The round is published; its answers can no longer change")
    chosen = (matches(session, round_, rule.checked()), Response.excluded.is_(None))
    counted = session.scalar(sa.select(sa.func.count()).select_from(Response).where(*chosen)) or 0
    if not counted:
        raise InputError("No response that counts is meant by this rule")
    agency = session.scalars(sa.select(Agency.id).where(Agency.code == rule.agency)).first() if rule.agency else None
    return record_withdrawal(
        session,
        WithdrawalKind.EXCLUSION,
        why,
        waits=True,
        counted=counted,
        actor=actor,
        round_id=round_.id,
        agency_id=agency,
        facts={"rule": rule.facts(), "preview": preview},
    )


def exclude(session: orm.Session, row: Withdrawal) -> None:
    """Leave out what counts and a rule means, as a second person agreed."""
    round_ = session.get_one(Round, row.round_id)
    rule = ExclusionRule.of((row.facts or {})["rule"])
    chosen = (matches(session, round_, rule), Response.excluded.is_(None))
    row.counted = session.scalar(sa.select(sa.func.count()).select_from(Response).where(*chosen)) or 0
    session.execute(
        sa.update(Response)
        .where(*chosen)
        .values(excluded=f"{EXCLUDED}{row.id}")
        .execution_options(synchronize_session=False)
    )


def reverse_exclusion(session: orm.Session, row: Withdrawal, answer: str, *, actor: Actor) -> int:
    """Count again what a rule left out, with the reason; return how many. `InputError` once the round is published."""
    if not clean(answer):
        raise InputError("Say why it counts again", field="reason")
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator decides on this")
    if row.kind is not WithdrawalKind.EXCLUSION or row.state is not WithdrawalState.DONE:
        raise InputError("This is not in force; open the page again")
    if session.get_one(Round, row.round_id).state is RoundState.PUBLISHED:
        raise InputError("The round is published; its answers can no longer change")
    mine = Response.excluded == f"{EXCLUDED}{row.id}"
    count = session.scalar(sa.select(sa.func.count()).select_from(Response).where(mine)) or 0
    session.execute(sa.update(Response).where(mine).values(excluded=None).execution_options(synchronize_session=False))
    end_withdrawal(session, row, WithdrawalState.REVERSED, "withdrawal.reversed", actor=actor, answer=answer)
    return count
