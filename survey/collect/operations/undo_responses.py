"""Take back a batch of responses: a file that was imported, or a pile of paper forms."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import BatchKind, Comment, CommentState, ImportBatch, Response, Round, RoundState

UNDONE = "import_undone"
"""`Response.excluded` of what was taken back."""


def undo_responses(session: orm.Session, batch: ImportBatch, *, actor: Actor) -> int:
    """Count a batch's responses no more and hide its comments; nothing is deleted. Return how many were taken back.

    Comments are hidden where the batch notes which came with it: never those of a pile of paper forms or of a handful
    of responses, for that would lead from a comment to the answers it came with.

    The responses' keys are retired, so that the same file can be imported again. `InputError` for a batch of another
    kind, one that was taken back before, or one of a published round.
    """
    if batch.kind is not BatchKind.RESPONSES:
        raise InputError("Batch %(id)d did not bring responses", id=batch.id)
    if batch.undone_at is not None:
        raise InputError("Batch %(id)d was taken back already", id=batch.id)
    round_ = session.get_one(Round, batch.round_id)
    if round_.state is RoundState.PUBLISHED:
        raise InputError("The round is published; its answers can no longer change")
    mine = Response.batch_id == batch.id
    counted = session.scalar(sa.select(sa.func.count()).select_from(Response).where(mine, Response.excluded.is_(None)))
    session.execute(
        sa.update(Response)
        .where(mine)
        .values(
            key=sa.literal("undone-") + sa.cast(Response.id, sa.String) + "-" + sa.func.substr(Response.key, 1, 32),
            excluded=sa.func.coalesce(Response.excluded, UNDONE),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(Comment)
        .where(Comment.batch_id == batch.id)
        .values(state=CommentState.HIDDEN)
        .execution_options(synchronize_session=False)
    )
    batch.undone_at = actor.now
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
