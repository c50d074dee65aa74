"""Nightly maintenance of comments: storage that tells no order, and no raw text longer than promised.

A comment is inserted in the transaction of its response, so that PostgreSQL stamps both rows with one transaction id
and lays each after the one before. Rewriting the comments of the running and of the last week in random order, all in
one transaction, takes both away: from the next morning the rows of a week cannot be told apart by where or when they
were written.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import Base
from survey.core.text import searchable
from survey.models import Comment, CommentState, CommentTheme
from survey.models.comments import RAW_DAYS, week_of
from survey.results.operations.mask_comment import mask_comment

_COMMENTS = Base.metadata.tables[Comment.__tablename__]
_THEMES = Base.metadata.tables[CommentTheme.__tablename__]


def shuffle_comments(session: orm.Session, today: date) -> int:
    """Rewrite the comments of this week and the last in random order; return how many.

    Keys stay as they are: they are random, and pages name them.
    """
    recent = _COMMENTS.c.received_week >= week_of(today) - timedelta(weeks=1)
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    comments = [dict(row) for row in connection.execute(sa.select(_COMMENTS).where(recent)).mappings()]
    if not comments:
        return 0
    ours = sa.select(_COMMENTS.c.id).where(recent)
    themes = [
        dict(row) for row in connection.execute(sa.select(_THEMES).where(_THEMES.c.comment_id.in_(ours))).mappings()
    ]
    connection.execute(sa.delete(_THEMES).where(_THEMES.c.comment_id.in_(ours)))
    connection.execute(sa.delete(_COMMENTS).where(recent))
    for table, rows in ((_COMMENTS, comments), (_THEMES, themes)):
        if rows:
            random.SystemRandom().shuffle(rows)
            connection.execute(sa.insert(table), rows)
    session.expire_all()
    return len(comments)


def mask_overdue_comments(session: orm.Session, today: date) -> int:
    """Replace the raw text of comments unreviewed for `RAW_DAYS` by what the automatic masking leaves; return how many.

    They still wait for a person. Counted from the Monday of their week, so that none stays longer.
    """
    overdue = sa.select(Comment).where(
        Comment.state == CommentState.NEW,
        Comment.masked.is_(None),
        Comment.received_week < today - timedelta(days=RAW_DAYS - 7),
    )
    count = 0
    for comment in session.scalars(overdue):
        masked = mask_comment(comment.text).text
        if masked != comment.text:
            comment.text, comment.search = masked, searchable(masked)
            count += 1
    return count
