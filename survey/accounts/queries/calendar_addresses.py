"""Addresses of calendars: whose one is, and when a person's was made."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.tokens import hash_token
from survey.models import CalendarAddress, User


def owner_of(session: orm.Session, token: str) -> User | None:
    """The account whose calendar a token opens; None for one that opens nothing, or a closed account."""
    return session.scalar(
        sa.select(User)
        .join(CalendarAddress, CalendarAddress.user_id == User.id)
        .where(CalendarAddress.token_hash == hash_token(token), User.active.is_(True))
    )


def made_at(session: orm.Session, user: User) -> datetime | None:
    """When the address of a person's calendar was made; None without one."""
    return session.scalar(sa.select(CalendarAddress.created_at).where(CalendarAddress.user_id == user.id))
