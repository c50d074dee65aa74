"""Nightly maintenance: what keeps the promises of the privacy notice, once a night; running it again does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from survey.accounts.operations.seal_audit import seal_audit
from survey.core.config import CASE_MONTHS
from survey.core.db import Database
from survey.improvement.operations.keep_case import empty_old_cases
from survey.improvement.operations.keep_mail import forget_old_mail
from survey.improvement.operations.settle_cases import settle_cases
from survey.improvement.working_days import months_before
from survey.results.operations.release_responses import release_responses
from survey.results.operations.settle_closed import settle_closed
from survey.results.operations.settle_comments import mask_overdue_comments, shuffle_comments

MAIL_DAYS = 30
"""Days for which messages that were sent stay in the outbox."""


def run_nightly(database: Database, now: datetime, zone: ZoneInfo, *, case_months: int = CASE_MONTHS) -> Iterator[str]:
    """Run the nightly steps, each in a transaction of its own; yield a line of what each did."""
    today = now.astimezone(zone).date()
    with database.write() as session:
        released = release_responses(session, today)
    with database.write() as session:
        settled = settle_closed(session)
    yield f"closed rounds whose late changes the agencies concerned see now\t{settled}"
    yield f"responses released to the agencies concerned\t{released.added}"
    yield f"excluded responses that left what they see\t{released.withdrawn}"
    with database.write() as session:
        masked = mask_overdue_comments(session, today)
    yield f"comments masked that nobody reviewed in time\t{masked}"
    with database.write() as session:
        shuffled = shuffle_comments(session, today)
    with database.write() as session:
        settle_cases(session, today - timedelta(days=2))
    with database.write() as session:
        emptied = empty_old_cases(session, months_before(today, case_months))
    with database.write() as session:
        forget_old_mail(session, today - timedelta(days=MAIL_DAYS))
    _discard_old_rows(database)
    yield f"reports and suggestions whose words were deleted\t{emptied}"
    with database.write() as session:
        head = seal_audit(session)
    yield f"comments of this week and the last rewritten in random order\t{shuffled}"
    yield f"head of the audit log\t{head}"


def _discard_old_rows(database: Database) -> None:
    """Remove what the rewriting left: dead rows on PostgreSQL, the write-ahead log on SQLite."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text('VACUUM comment, comment_theme, "case", case_event'))
        else:
            connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
