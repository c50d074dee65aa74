"""Check who signs in, and write down that they did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.passwords import hash_password, needs_rehash, verify
from survey.accounts.queries import users
from survey.core.actor import Actor
from survey.models import User


def authenticate(session: orm.Session, username: str, password: str) -> int | None:
    """The id of the active account that name and password fit, or None.

    Only reads: the slow hash must not hold the writers' lock while citizens are sending answers. Takes as long for a
    name that does not exist.
    """
    user = users.by_username(session, username)
    if user is not None and user.active:
        return user.id if verify(user.password_hash, password) else None
    verify(None, password)
    return None


def sign_in(session: orm.Session, user_id: int, password: str, now: datetime) -> User:
    """Record that an authenticated person signed in, and renew the hash when its parameters have moved on."""
    user = session.get_one(User, user_id)
    if needs_rehash(user.password_hash):
        user.password_hash = hash_password(password)
    record_sign_in(session, user, now)
    return user


def record_sign_in(session: orm.Session, user: User, now: datetime) -> None:
    """Write down that a person signed in."""
    audit.record(session, action="user.signed_in", subject=f"user:{user.username}", actor=Actor(now, user.id))
