"""Release or refuse a batch that a unit brought: until then its responses count nowhere."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.collect.operations.undo_responses import take_back
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import (
    WAITING,
    Channel,
    EntryBatch,
    ImportBatch,
    Response,
    Round,
    RoundState,
    SpotCheck,
    SpotForm,
)

REFUSED = "batch_refused"
"""`Response.excluded` of what an evaluator refused."""
MAX_REFUSAL = 1000


def release_batch(session: orm.Session, batch: ImportBatch, *, actor: Actor) -> int:
    """Count a batch's waiting responses from now on; return how many. `InputError` as `_decide`."""
    _decide(session, batch, actor)
    _refuse_unchecked(session, batch)
    mine = (Response.batch_id == batch.id, Response.excluded == WAITING)
    released = session.scalar(sa.select(sa.func.count()).select_from(Response).where(*mine)) or 0
    session.execute(sa.update(Response).where(*mine).values(excluded=None).execution_options(synchronize_session=False))
    _end(session, batch, "responses.released", actor, {"responses": released})
    return released


def refuse_batch(session: orm.Session, batch: ImportBatch, reason: str, *, actor: Actor) -> int:
    """Set a batch aside for good, with the reason; return how many responses. The same file can be brought again.

    `InputError` as `_decide`, and without a reason.
    """
    reason = clean(reason)
    if not reason:
        raise InputError("Say why the batch is refused; those who brought it read it", field="reason")
    _decide(session, batch, actor)
    refused = session.scalar(
        sa.select(sa.func.count())
        .select_from(Response)
        .where(Response.batch_id == batch.id, sa.or_(Response.excluded.is_(None), Response.excluded == WAITING))
    )
    take_back(session, batch, REFUSED, actor.now)
    batch.refusal = reason[:MAX_REFUSAL]
    _end(session, batch, "responses.refused", actor, {"responses": int(refused or 0), "reason": batch.refusal})
    return int(refused or 0)


def _decide(session: orm.Session, batch: ImportBatch, actor: Actor) -> None:
    """Lock a batch and raise `InputError` when it cannot be decided on, or not by this person."""
    session.refresh(batch, with_for_update=True)
    if is_judged(session, actor.user_id):
        raise InputError("Only an evaluator or administrator decides whether a batch counts")
    if batch.user_id is not None and batch.user_id == actor.user_id:
        raise InputError("You brought this batch yourself: another person must decide on it")
    if not batch.waiting:
        raise InputError("Batch %(id)d no longer waits; open the page again", id=batch.id)
    if session.get_one(Round, batch.round_id).state is RoundState.PUBLISHED:
        raise InputError("The round is published; its answers can no longer change")
    pile = session.get(EntryBatch, batch.id)
    if pile is not None and pile.ended_at is None:
        raise InputError("Pile %(id)d is still being keyed in; it can be decided on once it is done", id=batch.id)


def must_be_checked(session: orm.Session, batch: ImportBatch) -> bool:
    """Whether the round's rule asks that another unit keys some forms of a pile in again before it counts.

    What was answered by telephone is on no paper, so nothing of it can be.
    """
    pile = session.get(EntryBatch, batch.id)
    if pile is None or pile.channel is Channel.PHONE:
        return False
    return session.get_one(Round, batch.round_id).spot_check > 0


def _refuse_unchecked(session: orm.Session, batch: ImportBatch) -> None:
    """Raise `InputError` while a pile's sample is to be drawn, by the round's rule, or to be keyed in again."""
    if must_be_checked(session, batch) and session.get(SpotCheck, batch.id) is None:
        raise InputError("By the rule of this round another unit keys some forms in again first: draw the sample")
    left = sa.select(sa.func.count()).select_from(SpotForm)
    waiting = session.scalar(left.where(SpotForm.batch_id == batch.id, SpotForm.compared.is_(None)))
    if waiting:
        raise InputError("%(forms)d forms of the sample are still to be keyed in again", forms=waiting)


def _end(session: orm.Session, batch: ImportBatch, action: str, actor: Actor, after: dict[str, Any]) -> None:
    batch.waiting = False
    batch.decided_at, batch.decided_by_id = actor.now, actor.user_id
    audit.record(session, action=action, subject=f"import_batch:{batch.id}", actor=actor, after=after)
    session.flush()
    session.expire_all()
