"""Leave responses out by a rule: one person asks with a reason, a second agrees; reversing it takes two as well."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Agency, Response, Round, RoundState, Withdrawal, WithdrawalKind, WithdrawalState
from survey.models.withdrawals import MAX_NOTE
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


def ask_reversal(session: orm.Session, row: Withdrawal, note: str, *, actor: Actor) -> None:
    """Ask a second person to count again what a rule left out, with the reason.

    `InputError` for a unit, without a reason, for what is not in force, while one waits, or once it is published.
    """
    note = clean(note)[:MAX_NOTE]
    if not note:
        raise InputError("Say why it counts again", field="reason")
    _refuse_reversal(session, row, actor)
    if row.reversal_at is not None:
        raise InputError("Somebody has asked for this already; another person decides on it")
    row.reversal_at, row.reversal_by_id, row.reversal_note = actor.now, actor.user_id, note
    _record(session, row, "withdrawal.reversal_asked", actor, {"note": note})


def reverse_exclusion(session: orm.Session, row: Withdrawal, *, actor: Actor) -> int:
    """Count again what a rule left out, as another person asked; return how many. `InputError` for one's own."""
    note = _asked_by_another(session, row, actor)
    mine = Response.excluded == f"{EXCLUDED}{row.id}"
    count = session.scalar(sa.select(sa.func.count()).select_from(Response).where(mine)) or 0
    session.execute(sa.update(Response).where(mine).values(excluded=None).execution_options(synchronize_session=False))
    row.reversal_at = None
    end_withdrawal(session, row, WithdrawalState.REVERSED, "withdrawal.reversed", actor=actor, answer=note)
    return count


def keep_exclusion(session: orm.Session, row: Withdrawal, answer: str, *, actor: Actor) -> None:
    """Leave out what a rule left out although somebody asked to count it again, with the reason."""
    answer = clean(answer)[:MAX_NOTE]
    if not answer:
        raise InputError("Say why it is refused; those who asked read it", field="reason")
    _asked_by_another(session, row, actor)
    row.reversal_at, row.answer = None, answer
    _record(session, row, "withdrawal.reversal_refused", actor, {"reason": answer})


def _asked_by_another(session: orm.Session, row: Withdrawal, actor: Actor) -> str:
    """The reason of a reversal that waits; `InputError` where none does or the person asked for it."""
    _refuse_reversal(session, row, actor)
    if row.reversal_at is None:
        raise InputError("This no longer waits; open the page again")
    if row.reversal_by_id == actor.user_id:
        raise InputError("You asked for this yourself: another person must decide on it")
    return row.reversal_note or ""


def _refuse_reversal(session: orm.Session, row: Withdrawal, actor: Actor) -> None:
    session.execute(sa.select(Withdrawal.id).where(Withdrawal.id == row.id).with_for_update())
    session.refresh(row)
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator decides on this")
    if row.kind is not WithdrawalKind.EXCLUSION or row.state is not WithdrawalState.DONE:
        raise InputError("This is not in force; open the page again")
    if session.get_one(Round, row.round_id).state is RoundState.PUBLISHED:
        raise InputError("The round is published; its answers can no longer change")


def _record(session: orm.Session, row: Withdrawal, action: str, actor: Actor, after: dict[str, Any]) -> None:
    audit.record(session, action=action, subject=f"withdrawal:{row.id}", actor=actor, after=after)
    session.flush()
