"""Add, use and remove passkeys."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.accounts.passkeys import Challenge, NewPasskey, RelyingParty, credential_of, sign_count_of
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Passkey, User

MOST = 10
"""Passkeys that an account may have."""


def add_passkey(session: orm.Session, user: User, made: NewPasskey, *, name: str, actor: Actor) -> Passkey:
    """Add a passkey to an account with one-time codes, which stay the way in where a browser has no script."""
    if user.totp_secret is None:
        raise InputError("Set up one-time codes first: they let you in where a passkey cannot be used.")
    known = session.scalars(sa.select(Passkey).where(Passkey.user_id == user.id)).all()
    if len(known) >= MOST:
        raise InputError("An account may have %(n)d passkeys; remove one that you no longer use.", n=MOST)
    if session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        raise InputError("This passkey was added already.")
    row = Passkey(
        user_id=user.id,
        name=clean(name)[:100],
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        created_at=actor.now,
    )
    session.add(row)
    _record(session, user, "user.passkey_added", row, actor)
    return row


def use_passkey(
    session: orm.Session, user: User, party: RelyingParty, credential: str, challenge: Challenge, *, now: datetime
) -> bool:
    """Take what a browser brought for a challenge; each challenge is taken once."""
    row = session.scalar(
        sa.select(Passkey)
        .where(Passkey.user_id == user.id, Passkey.credential_id == credential_of(credential))
        .with_for_update()
    )
    if row is None or user.totp_secret is None or (row.used_at is not None and challenge.asked <= row.used_at <= now):
        return False
    count = sign_count_of(party, credential, challenge.data, public_key=row.public_key, sign_count=row.sign_count)
    if count is None:
        return False
    row.sign_count, row.used_at = count, now
    return True


def remove_passkey(session: orm.Session, user: User, number: int, *, actor: Actor) -> bool:
    """Remove a passkey of an account; False when it has none of this number."""
    row = session.get(Passkey, number)
    if row is None or row.user_id != user.id:
        return False
    session.delete(row)
    _record(session, user, "user.passkey_removed", row, actor)
    return True


def _record(session: orm.Session, user: User, action: str, row: Passkey, actor: Actor) -> None:
    facts = {"name": row.name}
    removed = action == "user.passkey_removed"
    audit.record(
        session,
        action=action,
        subject=f"user:{user.username}",
        actor=actor,
        before=facts if removed else None,
        after=None if removed else facts,
    )
