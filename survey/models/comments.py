"""Free text, stored apart from answers: neither a column nor an order leads from a comment to its response."""

from __future__ import annotations

import enum
import secrets
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, Versioned, choice
from survey.core.text import searchable
from survey.models.agencies import Agency

MAX_LENGTH = 2000
"""Characters a comment may have."""
RAW_DAYS = 30
"""Days for which a comment nobody reviewed is stored as it was written; the privacy notice names them."""


class CommentState(enum.StrEnum):
    """Where moderation stands."""

    NEW = "new"
    SHOWN = "shown"
    HIDDEN = "hidden"


class Theme(enum.StrEnum):
    """What a comment speaks of; a reviewer's tag."""

    ATTITUDE = "attitude"
    GUIDANCE = "guidance"
    PROCEDURE = "procedure"
    TIME = "time"
    FEE = "fee"
    PLACE = "place"
    ONLINE = "online"
    RESULT = "result"
    FEEDBACK = "feedback"
    PRAISE = "praise"
    OTHER = "other"


RANDOM_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Type of a random key. On SQLite it is the row's own number, so that rows lie in the order of their random keys."""


def random_id() -> int:
    """Random primary key of 62 bits: neither its size nor its order says when a row was made."""
    return secrets.randbits(62)


def week_of(day: date) -> date:
    """The Monday of a day's week: comments are dated no finer."""
    return day - timedelta(days=day.weekday())


def _searchable(context: DefaultExecutionContext) -> str:
    return searchable(str(context.get_current_parameters()["text"]))  # type: ignore[no-untyped-call]


class Comment(Versioned, Base):
    """What a citizen wrote. Dated by the week, without language: neither can join it to a response."""

    __tablename__ = "comment"
    __table_args__ = (sa.CheckConstraint(f"length(text) BETWEEN 1 AND {MAX_LENGTH}", name="text_length"),)

    id: Mapped[int] = mapped_column(RANDOM_ID, primary_key=True, autoincrement=False, default=random_id)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    #: the deciding agency it speaks of
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), index=True)
    #: the file it came in; null for a form, a pile of paper forms, or a file of few responses
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("import_batch.id"), index=True)
    #: what was written until a person reviewed it, at most 30 days; from then on what may be shown
    text: Mapped[str] = mapped_column(sa.Text)
    #: Monday of the local week
    received_week: Mapped[date]
    state: Mapped[CommentState] = mapped_column(choice(CommentState, "state"), default=CommentState.NEW)
    #: what may be shown, as a person left it; null until somebody reviewed it
    masked: Mapped[str | None] = mapped_column(sa.Text)
    #: the text as `survey.core.text.searchable` has it; after the review that of what may be shown
    search: Mapped[str] = mapped_column(sa.Text, default=_searchable, server_default=sa.text("''"))
    #: local day of the review
    reviewed_on: Mapped[date | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))

    agency: Mapped[Agency] = orm.relationship()
    themes: Mapped[list[CommentTheme]] = orm.relationship(
        order_by="CommentTheme.theme", cascade="all, delete-orphan", lazy="selectin"
    )


class CommentTheme(Base):
    """A theme a reviewer found in a comment."""

    __tablename__ = "comment_theme"

    comment_id: Mapped[int] = mapped_column(RANDOM_ID, sa.ForeignKey("comment.id"), primary_key=True)
    theme: Mapped[Theme] = mapped_column(choice(Theme, "theme"), primary_key=True)
