"""One moment of a database as an SQLite file of its own, and the check of such a file after it was restored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from survey.core.db import Database
from survey.maintenance.operations.stream_database import stream_database
from survey.migrations import upgrade


def write_snapshot(database: Database, path: Path) -> None:
    """Write a consistent snapshot of the database into an SQLite file, while others go on writing."""
    if database.engine.dialect.name == "sqlite":
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM INTO ?", (str(path),))
        finally:
            connection.close()
        return
    copy = Database(f"sqlite:///{path}")
    try:
        upgrade(copy)
        _truncate_log(copy)
    finally:
        copy.dispose()
    stream_database(database, path)


def check_and_upgrade(path: Path, rows: Mapping[str, int]) -> bool:
    """Check a restored SQLite file and bring it to the newest migration, as one file without a log beside it.

    Returns False, and leaves the file as it is, when it is damaged or does not hold `rows` by table.
    """
    copy = Database(f"sqlite:///{path}")
    try:
        with copy.engine.connect() as connection:
            integrity = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
            counts = {
                name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()  # noqa: S608 (checked)
                for name in rows
                if sa.inspect(connection).has_table(name)
            }
        if integrity != "ok" or counts != rows:
            return False
        upgrade(copy)
        _truncate_log(copy)
    finally:
        copy.dispose()
    return True


def _truncate_log(database: Database) -> None:
    """Move the write-ahead log of an SQLite database into its file."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
