"""Agree to what a unit asked to take back of the evidence, or refuse it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import is_judged
from survey.collect.operations.correct_form import CORRECTED
from survey.collect.operations.undo_responses import undo_responses
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import (
    Counter,
    EntryForm,
    ImportBatch,
    Response,
    Round,
    RoundState,
    Withdrawal,
    WithdrawalKind,
    WithdrawalState,
)
from survey.structure.operations.exclude_responses import exclude
from survey.structure.operations.rotate_code import revoke_codes, rotate_code
from survey.structure.operations.withdraw import end_withdrawal

REFUSED_CORRECTION = "correction_refused"
"""`Response.excluded` of a correction that an evaluator refused."""


def agree_to_withdrawal(session: orm.Session, row: Withdrawal, *, actor: Actor) -> None:
    """Let a withdrawal take effect. `InputError` for one's own, one that no longer waits, or what is published."""
    _lock(session, row, actor)
    if row.kind is WithdrawalKind.CORRECTION:
        _correct(session, row)
    elif row.kind is WithdrawalKind.UNDO:
        undo_responses(session, session.get_one(ImportBatch, row.batch_id), actor=actor)
    elif row.kind is WithdrawalKind.CODE:
        renew = bool((row.facts or {}).get("renew"))
        (rotate_code if renew else revoke_codes)(session, session.get_one(Counter, row.counter_id), actor=actor)
    elif row.kind is WithdrawalKind.EXCLUSION:
        exclude(session, row)
    end_withdrawal(session, row, WithdrawalState.DONE, "withdrawal.agreed", actor=actor)


def refuse_withdrawal(session: orm.Session, row: Withdrawal, answer: str, *, actor: Actor) -> None:
    """Leave everything as it is, with the reason. `InputError` as `agree_to_withdrawal`, and without a reason."""
    if not clean(answer):
        raise InputError("Say why it is refused; those who asked read it", field="reason")
    _lock(session, row, actor)
    if row.kind is WithdrawalKind.CORRECTION:
        session.get_one(Response, row.replacement_id).excluded = REFUSED_CORRECTION
    end_withdrawal(session, row, WithdrawalState.REFUSED, "withdrawal.refused", actor=actor, answer=answer)


def _correct(session: orm.Session, row: Withdrawal) -> None:
    """Count the answers of a correction instead of those before."""
    form = session.get_one(EntryForm, (row.batch_id, row.form_number))
    before, after = (session.get_one(Response, number) for number in (row.response_id, row.replacement_id))
    if session.get_one(ImportBatch, row.batch_id).undone_at is not None or before.excluded is not None:
        raise InputError("What it corrects no longer counts; refuse the correction")
    before.excluded, after.excluded, form.response_key = CORRECTED, None, after.key
    session.flush()


def _lock(session: orm.Session, row: Withdrawal, actor: Actor) -> None:
    session.execute(sa.select(Withdrawal.id).where(Withdrawal.id == row.id).with_for_update())
    session.refresh(row)
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator decides on this")
    if row.by_id is not None and row.by_id == actor.user_id:
        raise InputError("You asked for this yourself: another person must decide on it")
    if row.state is not WithdrawalState.WAITING:
        raise InputError("This no longer waits; open the page again")
    round_ = session.get(Round, row.round_id) if row.round_id else None
    if round_ is not None and round_.state is RoundState.PUBLISHED:
        raise InputError("The round is published; its answers can no longer change")
