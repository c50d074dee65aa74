"""Sessions that are in force."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import User, UserSession

IDLE = timedelta(hours=12)
"""A session that nobody used for as long has ended."""
LIFETIME = timedelta(hours=24)
"""No session lasts longer, however much it is used (NIST SP 800-63B-4, AAL2)."""


def find(session: orm.Session, token_hash: str, now: datetime) -> tuple[UserSession, User] | None:
    """The session of a token and its account, or None once it ended, ran out, or the account changed."""
    query = (
        sa.select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == token_hash, *_in_force(now))
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def of_user(session: orm.Session, user_id: int, now: datetime) -> list[UserSession]:
    """The sessions of an account that are in force, the one used last first."""
    query = (
        sa.select(UserSession)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.user_id == user_id, *_in_force(now))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    return list(session.scalars(query))


def _in_force(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        UserSession.epoch == User.session_epoch,
        User.active.is_(True),
        UserSession.last_seen_at >= now - IDLE,
        UserSession.created_at >= now - LIFETIME,
    )
