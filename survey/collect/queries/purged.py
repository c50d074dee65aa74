"""Which rounds no longer have their raw answers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import AuditEvent


def answers_purged(session: orm.Session, round_code: str) -> bool:
    """Say whether a round's raw answers were deleted for their age: then only its editions tell of it."""
    known = sa.exists().where(AuditEvent.action == "responses.purged", AuditEvent.subject == f"round:{round_code}")
    return bool(session.scalar(sa.select(known)))
