"""What state an installation is in."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Agency, Response, Round, User


def is_empty(session: orm.Session) -> bool:
    """Whether the database is empty: no agency, round, response or account."""
    return not any(session.scalar(sa.select(sa.exists().select_from(m))) for m in (Agency, Round, Response, User))
