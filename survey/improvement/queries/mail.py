"""Mail: whose address is which, and what waits in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import MailAddress, MailMessage, MailState, User


def address_of(session: orm.Session, user_id: int) -> str:
    """The address that a person entered; empty for none."""
    return session.scalar(sa.select(MailAddress.address).where(MailAddress.user_id == user_id)) or ""


def unwritten(session: orm.Session, day: date) -> Sequence[User]:
    """The people with an open account and an address who have no message of a day yet."""
    written = sa.select(MailMessage.user_id).where(MailMessage.day == day)
    return session.scalars(
        sa.select(User)
        .join(MailAddress, MailAddress.user_id == User.id)
        .where(User.active.is_(True), User.id.not_in(written))
        .order_by(User.id)
    ).all()


def queued(session: orm.Session, day: date) -> Sequence[int]:
    """The numbers of the messages of a day that wait."""
    return session.scalars(
        sa.select(MailMessage.id)
        .where(MailMessage.state == MailState.QUEUED, MailMessage.day == day)
        .order_by(MailMessage.id)
    ).all()


def failed(session: orm.Session, since: date) -> int:
    """How many messages since a day were refused, or are not known to have arrived."""
    lost = (MailState.FAILED, MailState.SENDING)
    query = sa.select(sa.func.count(MailMessage.id)).where(MailMessage.state.in_(lost), MailMessage.day >= since)
    return session.scalar(query) or 0
