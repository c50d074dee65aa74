"""Passkeys of an account."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Passkey


def passkeys_of(session: orm.Session, user_id: int) -> list[Passkey]:
    """Passkeys of an account, the oldest first."""
    return list(session.scalars(sa.select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


def owners(session: orm.Session) -> frozenset[int]:
    """The ids of the accounts that have a passkey."""
    return frozenset(session.scalars(sa.select(Passkey.user_id).distinct()))
