"""Which session key the servers of a database have."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Installation


def read_expected_key(session: orm.Session) -> str | None:
    """Fingerprint of the session key that servers of this database have; None before the first of them started."""
    return session.scalar(sa.select(Installation.key_fingerprint))
