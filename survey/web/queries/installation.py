"""What every page needs to know of the installation."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import Database
from survey.models import Installation, Round, RoundState


def read_is_demo(session: orm.Session) -> bool:
    """Say whether the database is marked as the demonstration, so that every page can say so."""
    return bool(session.scalar(sa.select(Installation.is_demo)))


def read_is_production(database: Database) -> bool:
    """Say whether the database was started for real citizens; False where there is none, or an older one, to ask."""
    file = database.engine.url.database if database.engine.dialect.name == "sqlite" else None
    if file and not Path(file).exists():
        return False  # asking would make it
    try:
        with database.read_autocommit() as session:
            return bool(session.scalar(sa.select(Installation.is_production)))
    except sa.exc.SQLAlchemyError:
        return False
    finally:
        database.engine.dispose()  # whoever asked this first may fork, or copy the file, before anything else


def read_has_begun(session: orm.Session) -> bool:
    """Say whether any round was ever opened: until then an administrator begins with the first steps."""
    return session.scalar(sa.select(Round.id).where(Round.state != RoundState.DRAFT).limit(1)) is not None
