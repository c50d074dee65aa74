"""The first administrator of an empty installation: an account without password, and the link that sets one."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations.create_user import create_user
from survey.accounts.operations.invitations import invite
from survey.accounts.passwords import UNUSABLE
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import AuditEvent, Role, User

USERNAME, DISPLAY_NAME = "quan-tri", "Quản trị"
MINUTES = 30
"""Short, since whoever has the link becomes the administrator: it stands in a terminal or a journal."""


def awaits_first(session: orm.Session) -> bool:
    """Say whether nobody can sign in yet: no account, or only the first administrator's, never given a password."""
    users = session.scalars(sa.select(User).limit(2)).all()
    if not users:
        return True
    first = users[0]
    if len(users) > 1 or first.username != USERNAME or first.password_hash != UNUSABLE:
        return False
    used = sa.select(AuditEvent.id).where(AuditEvent.action == "user.password_set").limit(1)
    return session.scalar(used) is None


def invite_first(session: orm.Session, *, actor: Actor) -> str:
    """The token of the first administrator's link, valid for `MINUTES`; earlier ones end.

    `InputError` as soon as there is an account that somebody can sign in with.
    """
    if not awaits_first(session):
        raise InputError("There are accounts already: `user invite NAME` makes a link for one of them")
    user = session.scalars(sa.select(User)).first()
    if user is None:
        user = create_user(
            session, username=USERNAME, display_name=DISPLAY_NAME, password=None, role=Role.ADMIN, actor=actor
        )
    return invite(session, user, actor=actor, valid=timedelta(minutes=MINUTES))
