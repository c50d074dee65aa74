"""One-use links by which people set their own password. We send no mail: an administrator hands the link over."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.operations.sessions import end_all
from survey.accounts.passwords import UNUSABLE
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.tokens import hash_token
from survey.models import Invitation, User

DAYS = 7


def invite(session: orm.Session, user: User, *, actor: Actor, valid: timedelta = timedelta(days=DAYS)) -> str:
    """The token of a new link for an account; earlier links of it end, and so do its password and sessions."""
    _end_all(session, user, actor.now)
    token = secrets.token_urlsafe(32)
    session.add(
        Invitation(
            user_id=user.id,
            token_hash=hash_token(token),
            created_at=actor.now,
            created_by_id=actor.user_id,
            expires_at=actor.now + valid,
        )
    )
    user.password_hash = UNUSABLE
    end_all(session, user)
    audit.record(session, action="user.invited", subject=f"user:{user.username}", actor=actor)
    return token


def find_invitation(session: orm.Session, token: str, now: datetime) -> Invitation | None:
    """The invitation a link belongs to while it can be used; looking at it uses nothing up."""
    found = session.scalars(sa.select(Invitation).where(Invitation.token_hash == hash_token(token))).first()
    if found is None or found.ended_at is not None or found.expires_at <= now or not found.user.active:
        return None
    return found


def accept_invitation(session: orm.Session, token: str, *, password_hash: str, now: datetime) -> User:
    """Set an invited person's password and end the link. `InputError` when it was used or is too old.

    The password comes hashed: hashing is slow on purpose and must not hold up those who write meanwhile.
    """
    # locked: where writers run side by side (PostgreSQL), of two that send the link at once only one finds it open
    session.execute(sa.select(Invitation.id).where(Invitation.token_hash == hash_token(token)).with_for_update())
    found = find_invitation(session, token, now)
    if found is None:
        raise InputError("This link was used already or is too old. Ask your administrator for a new one.")
    user = found.user
    user.password_hash = password_hash
    user.must_change_password = False
    end_all(session, user)
    _end_all(session, user, now)
    audit.record(session, action="user.password_set", subject=f"user:{user.username}", actor=Actor(now, user.id))
    return user


def _end_all(session: orm.Session, user: User, now: datetime) -> None:
    session.execute(
        sa.update(Invitation).where(Invitation.user_id == user.id, Invitation.ended_at.is_(None)).values(ended_at=now)
    )
