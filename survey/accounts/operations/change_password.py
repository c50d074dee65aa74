"""Give an account a new password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.operations.sessions import end_all
from survey.accounts.passwords import check_new, hash_password, verify
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import User


def check_change(user: User, *, current: str, new: str) -> str:
    """The hash of a person's new password.

    Only reads: the slow hashes must not hold the writers' lock while citizens are sending answers. Raises `InputError`
    when the current password is wrong or the new one is weak or the same.
    """
    if not verify(user.password_hash, current):
        raise InputError("The current password is not right.", field="current")
    if verify(user.password_hash, new):
        raise InputError("The new password must differ from the current one.", field="new")
    check_new(new, user.username)
    return hash_password(new)


def change_password(session: orm.Session, user: User, *, password_hash: str, now: datetime) -> None:
    """Replace a person's own password, hashed by `check_change`, and sign them out everywhere else."""
    user.password_hash = password_hash
    user.must_change_password = False
    end_all(session, user)
    audit.record(session, action="user.password_changed", subject=f"user:{user.username}", actor=Actor(now, user.id))
