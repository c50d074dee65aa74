"""Invitations that nobody used in time."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.passwords import UNUSABLE
from survey.models import Agency, Invitation, User


def people_with_expired_links(session: orm.Session, now: datetime) -> list[User]:
    """The open accounts that wait for their first password and whose last link is too old, by agency and name."""
    theirs = sa.select(Invitation.id).where(Invitation.user_id == User.id)
    usable = theirs.where(Invitation.ended_at.is_(None), Invitation.expires_at > now)
    query = (
        sa.select(User)
        .outerjoin(User.agency)
        .options(orm.contains_eager(User.agency))
        .where(User.active.is_(True), User.password_hash == UNUSABLE, theirs.exists(), ~usable.exists())
        .order_by(Agency.name, User.display_name, User.username)
    )
    return list(session.scalars(query))
