"""What a database says of itself: how safely it writes, and the time of its newest answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from survey.core.db import Database
from survey.models import Response, Round
from survey.structure.queries.counted import tallied


@dataclass(frozen=True)
class Durability:
    """Whether a committed answer survives a power cut, and the settings that decide it."""

    safe: bool
    settings: str


def read_durability(database: Database) -> Durability:
    """The durability settings: journal and synchronous mode of SQLite, fsync and commits of PostgreSQL."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
            return Durability(mode == "wal" and level >= 2, f"journal {mode}, synchronous {level}")
        level = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
        fsync = connection.exec_driver_sql("SHOW fsync").scalar_one()
        return Durability(level != "off" and fsync == "on", f"fsync {fsync}, synchronous_commit {level}")


def read_newest_answer_time(session: orm.Session) -> datetime | None:
    """When the newest response was submitted; None without one."""
    return session.scalar(sa.select(sa.func.max(Response.submitted_at)))


def read_wrong_tallies(session: orm.Session) -> list[int]:
    """The numbers of the rounds whose tally is not what a count of their responses gives, in order."""
    query = sa.select(Response.round_id, sa.func.count()).group_by(Response.round_id)
    counts = {row[0]: row[1] for row in session.execute(query)}
    rounds = session.scalars(sa.select(Round.id).order_by(Round.id))
    return [number for number in rounds if tallied(session, number)[0] != counts.get(number, 0)]
