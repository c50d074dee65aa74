"""Secret addresses of calendars: one for each person, kept as a hash, replaced or taken back by its owner."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.tokens import hash_token
from survey.models import CalendarAddress, User


def make_calendar_address(session: orm.Session, user: User, *, actor: Actor) -> str:
    """The token of a new address of a person's calendar, shown this once; the one before opens nothing."""
    _end(session, user)
    token = secrets.token_urlsafe(32)
    session.add(CalendarAddress(user_id=user.id, token_hash=hash_token(token), created_at=actor.now))
    audit.record(session, action="user.calendar_made", subject=f"user:{user.username}", actor=actor)
    return token


def revoke_calendar_address(session: orm.Session, user: User, *, actor: Actor) -> bool:
    """Let the address of a person's calendar open nothing; return whether there was one."""
    if not _end(session, user):
        return False
    audit.record(session, action="user.calendar_revoked", subject=f"user:{user.username}", actor=actor)
    return True


def _end(session: orm.Session, user: User) -> bool:
    ended = session.execute(
        sa.delete(CalendarAddress).where(CalendarAddress.user_id == user.id).returning(CalendarAddress.id)
    )
    return bool(ended.all())
