"""What came in from files or paper in one go, so that it can be looked at and taken back as one."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice, intpk


class BatchKind(enum.StrEnum):
    """What a batch brought."""

    AGENCIES = "agencies"
    SERVICES = "services"
    COUNTERS = "counters"
    POPULATION = "population"
    RESPONSES = "responses"


class ImportBatch(Base):
    """Import batch: stored whole or not at all. Undoing it is a write of its own and leaves the batch, marked."""

    __tablename__ = "import_batch"
    __table_args__ = (
        sa.CheckConstraint("length(content_hash) = 64", name="content_hash_sha256"),
        sa.CheckConstraint("rows >= 0", name="rows_not_negative"),
        sa.CheckConstraint("undone_at IS NULL OR undone_at >= created_at", name="undone_after_created"),
    )

    id: Mapped[intpk]
    kind: Mapped[BatchKind] = mapped_column(choice(BatchKind, "kind"))
    #: the round it belongs to; null for the structure
    round_id: Mapped[int | None] = mapped_column(sa.ForeignKey("round.id"), index=True)
    #: the file's name as it was given, NFC
    source: Mapped[str] = mapped_column(sa.String(200))
    #: SHA-256 of the file's bytes: tells the same file from another
    content_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    #: rows taken
    rows: Mapped[int]
    created_at: Mapped[datetime]
    #: null for the command line
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    #: when it was taken back or refused
    undone_at: Mapped[datetime | None]
    #: whether responses of it wait for an evaluator: a unit brought them, and they do not count until released
    waiting: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: when an evaluator released or refused it last; null where it counted at once
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    #: why it was refused; null when it was not
    refusal: Mapped[str | None] = mapped_column(sa.String(1000))
    #: what undoing needs: the rows made, and what changed rows were before
    undo: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    @property
    def standing(self) -> str:
        """How far it has come: `waiting`, `refused`, `undone`, `released` or, without a decision, `counted`."""
        if self.waiting:
            return "waiting"
        if self.undone_at is not None:
            return "undone" if self.refusal is None else "refused"
        return "counted" if self.decided_at is None else "released"
