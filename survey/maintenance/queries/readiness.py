"""Whether an answer could be stored at this moment: asked of the database and of the disk, in a few milliseconds."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa

from survey.core.config import Settings
from survey.core.db import Base, Database
from survey.core.session_key import is_foreign
from survey.migrations import current, known_revisions, newest

ROOM = 1 << 20
"""Bytes that must be free where SQLite's database lies: a few hundred answers."""
_serving: set[tuple[str, str]] = set()
"""Database and revision of a newer version that this program was found to be able to serve."""


def why_not_ready(database: Database, settings: Settings) -> str:
    """Say why no answer could be stored; empty where one could.

    The probe writes and takes it back: PostgreSQL lets nobody lock a row who may not write, and the file system gives
    room beside SQLite's file that it takes back at once.
    """
    try:
        with database.engine.connect() as connection:
            revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            if revision != newest() and (revision is None or not _is_served(database, revision)):
                return "the database waits for a migration"
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT 1 FROM installation FOR UPDATE SKIP LOCKED"))
            expected = connection.scalar(sa.text("SELECT key_fingerprint FROM installation"))
            connection.rollback()
        if database.engine.dialect.name == "sqlite":
            _probe_file(Path(str(database.engine.url.database)))
    except sa.exc.SQLAlchemyError:
        return "the database does not answer, or can only be read"
    except OSError:
        return "the disk has no room for an answer, or cannot be written to"
    if is_foreign(expected, settings.secret_key, settings.secret_key_fallbacks):
        return "the session key is not that of the database's other servers: copy instance/secret_key from one of them"
    return ""


def is_newer_and_served(database: Database) -> bool:
    """Say whether a newer version brought the database on already, and this program can serve it all the same."""
    revision = current(database)
    return revision is not None and _is_served(database, revision)


def _is_served(database: Database, revision: str) -> bool:
    """Say whether this program can work with the schema of a newer version, as during a rolling upgrade.

    It can as long as every table and column it knows is there, and nothing that it does not know must be filled in.
    """
    if revision in known_revisions():
        return False
    key = (database.url, revision)
    if key not in _serving and all(_has_columns(database, table) for table in Base.metadata.sorted_tables):
        _serving.add(key)
    return key in _serving


def _has_columns(database: Database, table: sa.Table) -> bool:
    inspector = sa.inspect(database.engine)
    if not inspector.has_table(table.name):
        return False
    columns = {column["name"]: column for column in inspector.get_columns(table.name)}
    known = {column.name for column in table.columns}
    unknown = [column for name, column in columns.items() if name not in known]
    return known <= set(columns) and all(column["nullable"] or column["default"] is not None for column in unknown)


def _probe_file(file: Path) -> None:
    """Take room beside a database file and give it back; raise `OSError` where there is none."""
    if not os.access(file, os.W_OK):
        raise PermissionError(file)
    handle = os.open(file.parent, os.O_TMPFILE | os.O_WRONLY, 0o600)
    try:
        os.posix_fallocate(handle, 0, ROOM)
    finally:
        os.close(handle)
