"""Who made an account or reset it: by the audit log, which nobody can alter."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import AuditEvent, Role, User

MAKING = ("user.created", "user.invited", "user.second_factor_dropped")
"""Events after which whoever caused them could sign in as the account's owner."""


def account_makers(session: orm.Session, user: User) -> frozenset[int | None]:
    """Who else made an account, gave it a new password or dropped its second factor; None: the command line."""
    events = sa.select(AuditEvent.user_id).where(
        AuditEvent.action.in_(MAKING), AuditEvent.subject == f"user:{user.username}"
    )
    return frozenset(session.scalars(events)) - {user.id}


def count_administrators(session: orm.Session) -> int:
    """How many administrators can sign in."""
    query = sa.select(sa.func.count()).select_from(User).where(User.role == Role.ADMIN, User.active.is_(True))
    return session.scalar(query) or 0
