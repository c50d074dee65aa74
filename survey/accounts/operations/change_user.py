"""What an administrator does to accounts: role, agency, closing, opening again, signing out."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.operations.sessions import end_all
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Passkey, RecoveryCode, Role, User


def change_user(
    session: orm.Session,
    user: User,
    *,
    display_name: str,
    role: Role,
    agency_id: int | None,
    actor: Actor,
) -> None:
    """Give an account a name, role and agency; a new role or agency ends its sessions.

    Raises `InputError` for a role without its agency, and where no administrator would be left.
    """
    if (agency_id is not None) != (role in {Role.MANAGER, Role.STAFF}):
        raise InputError(
            "Managers and staff belong to an agency; administrators and evaluators to none", field="agency"
        )
    if role is not Role.ADMIN:
        _keep_an_administrator(session, user)
    before = _facts(user)
    if (role, agency_id) != (user.role, user.agency_id):
        end_all(session, user)
    user.display_name = clean(display_name)[:200] or user.username
    user.role, user.agency_id = role, agency_id
    if _facts(user) != before:
        _record(session, user, "user.changed", actor, before, _facts(user))


def close_user(session: orm.Session, user: User, *, actor: Actor) -> None:
    """Close an account: it signs in no more and its sessions end. Accounts are never deleted, the audit names them."""
    _keep_an_administrator(session, user)
    if user.active:
        user.active = False
        end_all(session, user)
        _record(session, user, "user.closed", actor, {"active": True}, {"active": False})


def reopen_user(session: orm.Session, user: User, *, actor: Actor) -> None:
    """Open a closed account again."""
    if not user.active:
        user.active = True
        _record(session, user, "user.reopened", actor, {"active": False}, {"active": True})


def sign_out_everywhere(session: orm.Session, user: User, *, actor: Actor) -> None:
    """End every session of an account."""
    end_all(session, user)
    _record(session, user, "user.signed_out_everywhere", actor)


def drop_second_factor(session: orm.Session, user: User, *, actor: Actor) -> None:
    """Let an account sign in by its password alone, for who lost telephone and recovery codes; its passkeys go too."""
    if user.totp_secret is None:
        return
    user.totp_secret, user.totp_step = None, None
    for kind in (RecoveryCode, Passkey):
        session.execute(sa.delete(kind).where(kind.user_id == user.id))
    end_all(session, user)
    _record(session, user, "user.second_factor_dropped", actor)


def _keep_an_administrator(session: orm.Session, user: User) -> None:
    if user.role is not Role.ADMIN or not user.active:
        return
    # locked: where writers run side by side (PostgreSQL), two administrators cannot close each other at once
    active = sa.select(User.id).where(User.role == Role.ADMIN, User.active.is_(True)).order_by(User.id)
    if set(session.scalars(active.with_for_update())) <= {user.id}:
        raise InputError("This is the last administrator; make another one first", field="role")


def _facts(user: User) -> dict[str, Any]:
    return {"display_name": user.display_name, "role": user.role.value, "agency_id": user.agency_id}


def _record(
    session: orm.Session,
    user: User,
    action: str,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    subject = f"user:{user.username}"
    audit.record(session, action=action, subject=subject, actor=actor, before=before, after=after)
