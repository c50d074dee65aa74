"""What every page needs to know of the installation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Installation


def read_is_demo(session: orm.Session) -> bool:
    """Say whether the database is marked as the demonstration, so that every page can say so."""
    return bool(session.scalar(sa.select(Installation.is_demo)))
