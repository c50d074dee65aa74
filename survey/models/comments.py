"""Free text, kept apart from answers: no column leads from a comment to the response it came with."""

from __future__ import annotations

import enum
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice, intpk
from survey.core.text import searchable
from survey.models.agencies import Agency

MAX_LENGTH = 2000
"""Characters a comment may have."""


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


def _searchable(context: DefaultExecutionContext) -> str:
    return searchable(str(context.get_current_parameters()["text"]))  # type: ignore[no-untyped-call]


class Comment(Base):
    """What a citizen wrote. Dated by the local day only, so that times cannot join it to a response."""

    __tablename__ = "comment"
    __table_args__ = (sa.CheckConstraint(f"length(text) BETWEEN 1 AND {MAX_LENGTH}", name="text_length"),)

    id: Mapped[intpk]
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    #: the deciding agency it speaks of
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), index=True)
    language: Mapped[str] = mapped_column(sa.String(16))
    text: Mapped[str] = mapped_column(sa.Text)
    received_on: Mapped[date]
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

    comment_id: Mapped[int] = mapped_column(sa.ForeignKey("comment.id"), primary_key=True)
    theme: Mapped[Theme] = mapped_column(choice(Theme, "theme"), primary_key=True)
