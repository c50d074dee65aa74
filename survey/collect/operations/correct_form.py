"""Correct a paper form: settle what two passes differ in, or replace what was keyed in.

A stored response is never edited. A correction stores a new response and excludes the one before as `entry_corrected`.
Of what counts already, a unit can only ask for it: the answers before count until an evaluator agrees.
"""

from __future__ import annotations

import enum
import secrets

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import is_judged
from survey.collect.operations.enter_form import answers_in_force, audit_pile, locked_pile, store_form_of_pile
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import (
    EntryBatch,
    EntryForm,
    Response,
    Round,
    Withdrawal,
    WithdrawalKind,
    WithdrawalReason,
    WithdrawalState,
)
from survey.structure.operations.withdraw import Why, record_withdrawal

CORRECTED = "entry_corrected"
"""`Response.excluded` of answers in whose place others count."""
PROPOSED = "correction_waiting"
"""`Response.excluded` of a correction that waits for an evaluator."""
SECOND_PASS = Why(WithdrawalReason.DIFFERED, "–")
"""Why answers change when two passes are settled after the pile was released."""


class Corrected(enum.StrEnum):
    """What became of a correction."""

    UNCHANGED = "unchanged"
    DONE = "done"
    WAITS = "waits"


def settle_form(
    session: orm.Session,
    batch: EntryBatch,
    round_: Round,
    form: EntryForm,
    settled: str,
    *,
    actor: Actor,
) -> Corrected:
    """End a comparison with the answers that stand on the paper; say whether what was stored had to be corrected."""
    pile = locked_pile(session, batch)
    if form.second is None:
        return Corrected.UNCHANGED
    form.second = None
    why = None if pile.waiting or not is_judged(session, actor.user_id) else SECOND_PASS
    return _correct(session, batch, round_, form, settled, why, actor)


def correct_form(
    session: orm.Session,
    batch: EntryBatch,
    round_: Round,
    form: EntryForm,
    answers: str,
    why: Why,
    *,
    actor: Actor,
) -> Corrected:
    """Replace what was keyed in for a form, with the reason; nothing is changed when it says the same.

    `InputError` while another correction of the form waits.
    """
    locked_pile(session, batch)
    form.second = None
    return _correct(session, batch, round_, form, answers, why, actor)


def _correct(
    session: orm.Session,
    batch: EntryBatch,
    round_: Round,
    form: EntryForm,
    answers: str,
    why: Why | None,
    actor: Actor,
) -> Corrected:
    if answers == answers_in_force(session, form):
        return Corrected.UNCHANGED
    if session.scalars(_pending(form)).first() is not None:
        raise InputError("A correction of form %(number)d waits for an evaluator already", number=form.number)
    before = session.scalars(sa.select(Response).where(Response.key == form.response_key)).one()
    reason, key = before.excluded, secrets.token_urlsafe(18)
    waits = reason is None and is_judged(session, actor.user_id)
    if not waits:
        before.excluded = CORRECTED  # what waits or was set apart for another reason stays so
        session.flush()
    excluded = PROPOSED if waits else reason
    store_form_of_pile(session, batch, round_, key=key, answers=answers, comment="", now=actor.now, excluded=excluded)
    if not waits:
        form.response_key = key
        audit_pile(session, batch, "entry.form_corrected", actor, {"number": form.number})
    if why is not None:
        record_withdrawal(
            session,
            WithdrawalKind.CORRECTION,
            why,
            waits=waits,
            counted=int(reason is None),
            actor=actor,
            round_id=round_.id,
            agency_id=batch.deciding_agency_id,
            batch_id=batch.batch_id,
            form_number=form.number,
            response_id=before.id,
            replacement_id=session.scalars(sa.select(Response.id).where(Response.key == key)).one(),
        )
    return Corrected.WAITS if waits else Corrected.DONE


def _pending(form: EntryForm) -> sa.Select[int]:
    return sa.select(Withdrawal.id).where(
        Withdrawal.kind == WithdrawalKind.CORRECTION,
        Withdrawal.batch_id == form.batch_id,
        Withdrawal.form_number == form.number,
        Withdrawal.state == WithdrawalState.WAITING,
    )
