"""What was counted of an account or token."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import orm

from survey.core.tokens import hash_token
from survey.models import RateCount

AHEAD = timedelta(minutes=1)
"""By how much the clocks of two servers may differ; what was counted later than that, a wrong clock has counted."""


def counted(session: orm.Session, key: str, now: datetime, window: timedelta) -> tuple[int, float]:
    """How often a key was counted within a window, and the seconds since; (0, 0) for not at all."""
    found = session.get(RateCount, hash_token(key))
    if found is None or not now - window <= found.at <= now + AHEAD:
        return 0, 0.0
    return found.count, max((now - found.at).total_seconds(), 0.0)
