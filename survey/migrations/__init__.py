"""The schema's history. `upgrade(database)` brings a database to the newest revision; nothing here needs Flask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from survey.core.db import Database
from survey.core.errors import InputError

#: any number of our own: the key of PostgreSQL's advisory lock that upgrades hold
ADVISORY_LOCK = 741_852_963


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring `database` up to `revision` in one transaction that only one process at a time can hold.

    Raise `InputError` when the database was written by a newer version of the program.
    """
    with _locked(database) as connection:
        _refuse_unknown(connection)
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Take `database` back to `revision`. Columns and tables that it did not have are lost with their data."""
    with _locked(database) as connection:
        command.downgrade(_config(connection), revision)


def current(database: Database) -> str | None:
    """The revision the database is at, or None when it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def newest() -> str:
    """The newest revision this program knows."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert head is not None, "survey/migrations/versions is empty"  # noqa: S101 (a broken installation)
    return head


@cache
def known_revisions() -> frozenset[str]:
    """All revisions this program knows; a database at another was written by a newer version."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions())


def _config(connection: sa.Connection | None) -> Config:
    """Alembic's configuration; env.py finds the connection in its attributes."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _refuse_unknown(connection: sa.Connection) -> None:
    """Raise `InputError` when the database stands at a revision this program has never heard of."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in known_revisions():
        raise InputError(
            "The database is at revision %(revision)s, which this version of the program does not know; "
            "install the newer version again",
            revision=revision,
        )


@contextmanager
def _locked(database: Database) -> Iterator[sa.Connection]:
    """Yield a connection in a transaction that excludes every other upgrade, and commit it.

    On SQLite BEGIN IMMEDIATE is the lock, and foreign keys rest while tables are rebuilt: they are checked before
    the commit instead. On PostgreSQL it is an advisory lock that ends with the transaction.
    """
    engine = database.engine.execution_options(sqlite_write=True)
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            _pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                if not sqlite:
                    # a role's limit on statements is for pages; a big table may take longer
                    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
                yield connection
                if sqlite:
                    _check_foreign_keys(connection)
        finally:
            if sqlite:
                _pragma(connection, "foreign_keys=ON")


def _pragma(connection: sa.Connection, pragma: str) -> None:
    """Set an SQLite pragma outside any transaction, where alone it has an effect."""
    connection.connection.cursor().execute(f"PRAGMA {pragma}")


def _check_foreign_keys(connection: sa.Connection) -> None:
    """Raise `RuntimeError`, and so roll back, when a migration left a row that points nowhere."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration broke {len(broken)} foreign keys, first {tuple(broken[0])}")
