"""Sessions in the database: beginning one, noting that it is in use, ending it."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.queries.sessions import IDLE, LIFETIME
from survey.core.actor import Actor
from survey.core.tokens import hash_token
from survey.models import User, UserSession


def begin(session: orm.Session, user: User, now: datetime) -> str:
    """Begin a session of an account and return the token for its cookie; sessions that have run out are deleted."""
    over = sa.or_(UserSession.last_seen_at < now - IDLE, UserSession.created_at < now - LIFETIME)
    session.execute(sa.delete(UserSession).where(over))
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            token_hash=hash_token(token),
            user_id=user.id,
            epoch=user.session_epoch,
            created_at=now,
            last_seen_at=now,
            verified_at=now,
        )
    )
    return token


def note_seen(session: orm.Session, number: int, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(sa.update(UserSession).where(UserSession.id == number).values(last_seen_at=now))


def note_verified(session: orm.Session, number: int, now: datetime) -> None:
    """Note that the person of a session has just shown once more who they are."""
    session.execute(sa.update(UserSession).where(UserSession.id == number).values(verified_at=now))


def sign_out(session: orm.Session, token: str) -> None:
    """End the session of a token: a copy of its cookie is worth nothing from now on."""
    session.execute(sa.delete(UserSession).where(UserSession.token_hash == hash_token(token)))


def end_one(session: orm.Session, user: User, number: int, *, actor: Actor) -> bool:
    """End one session of an account; False when it has none of this number."""
    mine = sa.delete(UserSession).where(UserSession.id == number, UserSession.user_id == user.id)
    if not session.execute(mine.returning(UserSession.id)).all():
        return False
    audit.record(session, action="user.session_ended", subject=f"user:{user.username}", actor=actor)
    return True


def end_all(session: orm.Session, user: User) -> None:
    """End all sessions of an account, and what waits for its one-time code."""
    user.session_epoch += 1
    session.execute(sa.delete(UserSession).where(UserSession.user_id == user.id))
