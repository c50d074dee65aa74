"""The installation itself."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Installation


def is_demo(session: orm.Session) -> bool:
    """Say whether the data are those of the demonstration."""
    return bool(session.scalar(sa.select(Installation.is_demo)))
