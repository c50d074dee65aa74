"""Delete for good what is older than it needs to be: comments, raw answers of long published rounds, files left over.

Published results stay: they are frozen editions. So does the audit log, which gets a line of every deletion.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.db import Database
from survey.core.errors import InputError
from survey.models import (
    Comment,
    CommentTheme,
    EntryBatch,
    EntryForm,
    Publication,
    PublicationState,
    Response,
    Round,
    RoundState,
    Withdrawal,
)
from survey.structure.operations.settle_figures import forget_settled

LEAST_MONTHS = 6
COMMENT_MONTHS = 24
"""How long comments are kept unless told otherwise: two yearly rounds."""
RESPONSE_MONTHS = 60
"""How long raw answers are kept unless told otherwise: five yearly rounds to compare with and to check."""


@dataclass(frozen=True)
class OldRound:
    """A round whose raw answers may go."""

    id: int
    code: str
    closes_on: date
    responses: int


def months_before(day: date, months: int) -> date:
    """The day so many months before, the last of a shorter month where there is no such day."""
    if months < LEAST_MONTHS:
        raise InputError("Nothing younger than %(n)d months can be deleted", n=LEAST_MONTHS)
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def old_comments(session: orm.Session, before: date) -> int:
    """Count the comments received before a day."""
    return session.scalar(sa.select(sa.func.count()).select_from(Comment).where(Comment.received_week < before)) or 0


def old_rounds(session: orm.Session, before: date) -> list[OldRound]:
    """The rounds that ended before a day, are published, and still have raw answers.

    A round without a published edition is never among them: its answers are all there is of it.
    """
    edition = sa.exists().where(Publication.round_id == Round.id, Publication.state == PublicationState.PUBLISHED)
    number = sa.func.count(Response.id)
    query = (
        sa.select(Round.id, Round.code, Round.closes_on, number)
        .join(Response, Response.round_id == Round.id)
        .where(Round.closes_on < before, Round.state == RoundState.PUBLISHED, edition)
        .group_by(Round.id, Round.code, Round.closes_on)
        .order_by(Round.closes_on, Round.id)
    )
    return [OldRound(*row) for row in session.execute(query)]


def purge_comments(session: orm.Session, before: date, *, actor: Actor) -> int:
    """Delete the comments received before a day, and write down how many; return the number."""
    chosen = sa.select(Comment.id).where(Comment.received_week < before)
    gone = _delete_comments(session, chosen)
    if gone:
        after = {"received_before": before.isoformat(), "rows": gone}
        audit.record(session, action="comments.purged", subject="installation", actor=actor, after=after)
    return gone


def purge_comment(session: orm.Session, number: int, *, actor: Actor) -> None:
    """Delete one comment, as when a person named in it asks for that; the log keeps its number alone."""
    if not _delete_comments(session, sa.select(Comment.id).where(Comment.id == number)):
        raise InputError("There is no comment %(number)d", number=number)
    audit.record(session, action="comments.purged", subject=f"comment:{number}", actor=actor, after={"rows": 1})


def purge_responses(session: orm.Session, rounds: Iterable[OldRound], *, actor: Actor) -> int:
    """Delete the raw answers of rounds that `old_rounds` named; return how many went. Editions stay as published."""
    total = 0
    for round_ in rounds:
        _forget_for_good(session)
        piles = sa.select(EntryBatch.batch_id).where(
            EntryBatch.batch_id.in_(sa.select(Response.batch_id).where(Response.round_id == round_.id))
        )
        session.execute(
            sa.delete(EntryForm).where(EntryForm.batch_id.in_(piles)).execution_options(synchronize_session=False)
        )
        session.execute(
            sa.update(Withdrawal)
            .where(Withdrawal.round_id == round_.id)
            .values(response_id=None, replacement_id=None)
            .execution_options(synchronize_session=False)
        )
        forget_settled(session, round_.id)
        gone = session.execute(
            sa.delete(Response).where(Response.round_id == round_.id).execution_options(synchronize_session=False)
        )
        rows = int(gone.rowcount)  # type: ignore[attr-defined]
        total += rows
        after = {"closes_on": round_.closes_on.isoformat(), "responses": 0}
        before = {"responses": rows}
        audit.record(
            session, action="responses.purged", subject=f"round:{round_.code}", actor=actor, before=before, after=after
        )
    return total


def _delete_comments(session: orm.Session, chosen: sa.Select[int]) -> int:
    _forget_for_good(session)
    for table, column in ((CommentTheme, CommentTheme.comment_id), (Comment, Comment.id)):
        gone = session.execute(sa.delete(table).where(column.in_(chosen)).execution_options(synchronize_session=False))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _forget_for_good(session: orm.Session) -> None:
    """Let SQLite overwrite what is deleted; PostgreSQL's vacuum does it in its own time."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete = ON")


REWRITTEN = ("comment", "comment_theme", "response", "entry_form", '"case"', "case_event")
"""Tables that hold what people wrote or answered."""


def discard_deleted(database: Database) -> list[str]:
    """Remove deleted text from the database's files; return what may still hold it, and until when, a line each.

    SQLite overwrote it and moves its log into the file. PostgreSQL keeps deleted rows until a table is written anew,
    which VACUUM FULL does; nobody reads or writes that table meanwhile, so that this belongs into a quiet hour.
    """
    if database.engine.dialect.name == "sqlite":
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        return []
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        server.execute(sa.text("SET statement_timeout = 0"))  # the limit is for pages
        try:
            server.execute(sa.text(f"VACUUM (FULL, ANALYZE) {', '.join(REWRITTEN)}"))
        finally:
            server.execute(sa.text("RESET statement_timeout"))
        replicas = server.scalar(sa.text("SELECT count(*) FROM pg_stat_replication")) or 0
        archived = server.scalar(sa.text("SHOW archive_mode"))
        wal = server.scalar(sa.text("SHOW max_wal_size"))
    left = [
        f"The server's write-ahead log (pg_wal) still holds it until its segments are written over: up to {wal} of "
        "changes later; a superuser ends that sooner with CHECKPOINT; SELECT pg_switch_wal(); CHECKPOINT"
    ]
    if replicas:
        left.append(f"Replicas ({replicas}) follow within seconds; their logs hold it as long as this one's")
    if archived != "off":
        left.append("The archive of write-ahead logs holds it until its files are deleted: that is yours to do")
    return left
