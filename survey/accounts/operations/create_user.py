"""Make an account."""

from __future__ import annotations

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.passwords import UNUSABLE, check_new, hash_password
from survey.accounts.queries import users
from survey.accounts.usernames import USERNAME
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Role, User


def create_user(
    session: orm.Session,
    *,
    username: str,
    password: str | None,
    role: Role,
    actor: Actor,
    display_name: str = "",
    agency_id: int | None = None,
    must_change_password: bool = False,
) -> User:
    """Add an account and return it; `by` is the id of the person who asked, None at the command line.

    Without a password nobody signs in until an invitation sets one. Raises `InputError` for a name that is taken or
    malformed, a weak password, or a role without its agency.
    """
    username = clean(username).lower()
    if not USERNAME.fullmatch(username):
        raise InputError(
            "A user name has 1 to 64 letters a-z, digits, dots or hyphens, not %(name)r",
            field="username",
            name=username,
        )
    if users.by_username(session, username) is not None:
        raise InputError("The user name %(name)s is taken", field="username", name=username)
    if (agency_id is not None) != (role in {Role.MANAGER, Role.STAFF}):
        raise InputError(
            "Managers and staff belong to an agency; administrators and evaluators to none", field="agency"
        )
    if password is not None:
        check_new(password, username)
    user = User(
        username=username,
        display_name=clean(display_name) or username,
        password_hash=UNUSABLE if password is None else hash_password(password),
        role=role,
        agency_id=agency_id,
        must_change_password=must_change_password,
        created_at=actor.now,
    )
    session.add(user)
    session.flush()
    after = {"role": role.value, "agency_id": agency_id, "display_name": user.display_name}
    audit.record(session, action="user.created", subject=f"user:{username}", actor=actor, after=after)
    return user
