"""Free text, kept apart from answers: no column leads from a comment to the response it came with."""

from __future__ import annotations

import enum
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.db import Base, choice, intpk


class CommentState(enum.StrEnum):
    """Where moderation stands."""

    NEW = "new"
    SHOWN = "shown"
    HIDDEN = "hidden"


class Comment(Base):
    """What a citizen wrote. Dated by the local day only, so that times cannot join it to a response."""

    __tablename__ = "comment"
    __table_args__ = (sa.CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text_length"),)

    id: Mapped[intpk]
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    #: the deciding agency it speaks of
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agency.id"), index=True)
    language: Mapped[str] = mapped_column(sa.String(16))
    text: Mapped[str] = mapped_column(sa.Text)
    received_on: Mapped[date]
    state: Mapped[CommentState] = mapped_column(choice(CommentState, "state"), default=CommentState.NEW)
