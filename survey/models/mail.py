"""Mail: the address that a person entered for reminders, and the outbox that `flask mail send` alone empties."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.core.db import Base, choice, intpk

MAX_ADDRESS = 254
"""Characters that an address of mail may have (RFC 5321)."""


class MailState(enum.StrEnum):
    """What became of a message."""

    QUEUED = "queued"
    SENDING = "sending"  # handed to the server; what never leaves this state is not known to have arrived
    SENT = "sent"
    FAILED = "failed"


class MailAddress(Base):
    """Address to which a person wants reminders: entered by the owner of the account, and nobody else."""

    __tablename__ = "mail_address"
    __table_args__ = (sa.CheckConstraint("length(address) > 2", name="address_not_empty"),)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(MAX_ADDRESS))
    entered_at: Mapped[datetime]


class MailMessage(Base):
    """Outbox: one message a person a day, counts and links alone. The address is looked up when it is sent."""

    __tablename__ = "mail_message"
    __table_args__ = (sa.UniqueConstraint("user_id", "day"),)

    id: Mapped[intpk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    #: the local day it is of: on a later one it is not sent any more
    day: Mapped[date]
    subject: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[MailState] = mapped_column(choice(MailState, "state"), default=MailState.QUEUED)
    #: when it was sent, or tried last
    tried_at: Mapped[datetime | None]
    #: what the server said when it refused it
    error: Mapped[str] = mapped_column(sa.String(200), default="", server_default=sa.text("''"))
