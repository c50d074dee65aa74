"""Who changed what. Append-only: the migration adds triggers that refuse UPDATE and DELETE."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, intpk


class AuditEvent(Base):
    """Audit event: one write by a person, or by an operator at the command line; never updated or deleted."""

    __tablename__ = "audit_event"

    id: Mapped[intpk]
    at: Mapped[datetime] = mapped_column(index=True)
    #: null for the command line
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    #: verb in the past, for example `round.opened`
    action: Mapped[str] = mapped_column(sa.String(64))
    #: what it was done to, for example `round:2026`
    subject: Mapped[str] = mapped_column(sa.String(128))
    before: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)


class AuditSeal(Base):
    """Audit seal: a link of the hash chain over the audit log, in the order of sealing; never updated or deleted."""

    __tablename__ = "audit_seal"
    __table_args__ = (sa.CheckConstraint("length(hash) = 64", name="hash_sha256"),)

    #: 1, 2, … without a gap
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("audit_event.id"), unique=True)
    #: SHA-256 over the link before and the event
    hash: Mapped[str] = mapped_column(sa.String(64))
