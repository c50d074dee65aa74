"""What was counted of an account or token."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import orm

from survey.core.tokens import hash_token
from survey.models import RateCount


def counted(session: orm.Session, key: str, now: datetime, window: timedelta) -> tuple[int, float]:
    """How often a key was counted within a window, and the seconds since; (0, 0) for not at all."""
    found = session.get(RateCount, hash_token(key))
    if found is None or found.at < now - window:
        return 0, 0.0
    return found.count, (now - found.at).total_seconds()
