"""Programs that may read by the API."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.errors import InputError
from survey.core.tokens import hash_token
from survey.models import ApiClient


def by_token(session: orm.Session, token: str) -> ApiClient | None:
    """The client a token belongs to, unless it was revoked."""
    return session.scalars(
        sa.select(ApiClient).where(ApiClient.token_hash == hash_token(token), ApiClient.revoked_at.is_(None))
    ).first()


def find(session: orm.Session, number: int) -> ApiClient | None:
    """A client by its number, if there is one."""
    return session.get(ApiClient, number)


def by_number(session: orm.Session, number: int) -> ApiClient:
    """A client by its number; `InputError` when there is none."""
    client = find(session, number)
    if client is None:
        raise InputError("There is no API client %(number)d", number=number)
    return client


def all_clients(session: orm.Session) -> Sequence[ApiClient]:
    """Every client, the newest first."""
    return session.scalars(sa.select(ApiClient).order_by(ApiClient.id.desc())).all()
