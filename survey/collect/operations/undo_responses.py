"""Take back a batch of responses: a file that was imported, or a pile of paper forms."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.users import is_judged
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import (
    WAITING,
    BatchKind,
    Comment,
    CommentState,
    ImportBatch,
    Response,
    Round,
    RoundState,
    Withdrawal,
    WithdrawalKind,
    WithdrawalState,
)
from survey.structure.operations.withdraw import Why, record_withdrawal

UNDONE = "import_undone"
"""`Response.excluded` of what was taken back."""


def undo_responses(session: orm.Session, batch: ImportBatch, *, actor: Actor) -> int:
    """Count a batch's responses no more and hide its comments; nothing is deleted. Return how many were taken back.

    Comments are hidden where the batch notes which came with it: never those of a pile of paper forms or of a handful
    of responses, for that would lead from a comment to the answers it came with.

    The responses' keys are retired, so that the same file can be imported again. `InputError` for a batch of another
    kind, one that was taken back before, or one of a published round.
    """
    refuse_undo(session, batch)
    counted = session.scalar(
        sa.select(sa.func.count())
        .select_from(Response)
        .where(Response.batch_id == batch.id, sa.or_(Response.excluded.is_(None), Response.excluded == WAITING))
    )
    take_back(session, batch, UNDONE, actor.now)
    batch.waiting = False
    audit.record(
        session,
        action="responses.undone",
        subject=f"import_batch:{batch.id}",
        actor=actor,
        before={"responses": int(counted or 0)},
        after={"responses": 0},
    )
    session.flush()
    session.expire_all()
    return int(counted or 0)


def withdraw_batch(session: orm.Session, batch: ImportBatch, why: Why, *, actor: Actor) -> int | None:
    """Take a batch back with a reason; return how many responses, None when that waits for an evaluator.

    Units and the command line, where nobody says who sits at it, take back at once only what does not count yet.
    `InputError` as `undo_responses`, and while one waits.
    """
    refuse_undo(session, batch)
    waits = not batch.waiting and (actor.user_id is None or is_judged(session, actor.user_id))
    pending = sa.select(Withdrawal.id).where(
        Withdrawal.kind == WithdrawalKind.UNDO,
        Withdrawal.batch_id == batch.id,
        Withdrawal.state == WithdrawalState.WAITING,
    )
    if session.scalars(pending).first() is not None:
        raise InputError("That batch %(id)d is taken back waits for an evaluator already", id=batch.id)
    mine = (Response.batch_id == batch.id, Response.excluded.is_(None))
    counted = session.scalar(sa.select(sa.func.count()).select_from(Response).where(*mine)) or 0
    agencies = session.scalars(
        sa.select(Response.deciding_agency_id).where(Response.batch_id == batch.id).distinct().limit(2)
    ).all()
    record_withdrawal(
        session,
        WithdrawalKind.UNDO,
        why,
        waits=waits,
        counted=counted,
        actor=actor,
        round_id=batch.round_id,
        agency_id=agencies[0] if len(agencies) == 1 else None,
        batch_id=batch.id,
    )
    return None if waits else undo_responses(session, batch, actor=actor)


def refuse_undo(session: orm.Session, batch: ImportBatch) -> None:
    """Raise `InputError` when a batch cannot be taken back."""
    if batch.kind is not BatchKind.RESPONSES:
        raise InputError("Batch %(id)d did not bring responses", id=batch.id)
    if batch.undone_at is not None:
        raise InputError("Batch %(id)d was taken back already", id=batch.id)
    if session.get_one(Round, batch.round_id).state is RoundState.PUBLISHED:
        raise InputError("The round is published; its answers can no longer change")


def take_back(session: orm.Session, batch: ImportBatch, reason: str, now: datetime) -> None:
    """Set a batch's counted and waiting responses apart for a reason, retire their keys, and hide its comments."""
    session.execute(
        sa.update(Response)
        .where(Response.batch_id == batch.id)
        .values(
            key=sa.literal("undone-") + sa.cast(Response.id, sa.String) + "-" + sa.func.substr(Response.key, 1, 32),
            excluded=sa.func.coalesce(sa.func.nullif(Response.excluded, WAITING), reason),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(Comment)
        .where(Comment.batch_id == batch.id)
        .values(state=CommentState.HIDDEN)
        .execution_options(synchronize_session=False)
    )
    batch.undone_at = now
