"""Databases on a PostgreSQL server for tests: copied from a template once, then emptied again and again.

Making a database and dropping it costs the server a tenth of a second of the processor and waits for the disk;
deleting what a test wrote costs five thousandths. A test that changed more than rows gets its database dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from survey.core.db import Base, Database

#: tables, columns, triggers, functions, constraints and grants, each with the transaction that wrote it last
SCHEMA = """
SELECT sum(hashtext(kind || oid || xmin)::bigint) FROM (
  SELECT 'c' AS kind, oid::text, xmin::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT 't', oid::text, xmin::text FROM pg_trigger
  UNION ALL SELECT 'p', oid::text, xmin::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT 'n', oid::text, xmin::text FROM pg_namespace WHERE nspname !~ '^pg_'
  UNION ALL SELECT 'd', oid::text, xmin::text FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT 's', setdatabase::text, xmin::text FROM pg_db_role_setting
  UNION ALL SELECT 'v', version_num, '' FROM alembic_version
) AS facts
"""
SEQUENCES = """
SELECT format('setval(%L, %s, %L)', quote_ident(sequencename),
  coalesce(last_value, start_value), last_value IS NOT NULL)
FROM pg_sequences WHERE schemaname = 'public'
"""


class Server:
    """A server and its template, an empty database at the newest migration."""

    def __init__(self, address: sa.URL, template: str) -> None:
        self.address, self.template = address, template
        self._reused: _Reused | None = None

    @contextmanager
    def empty(self, name: str) -> Iterator[Database]:
        """Yield an empty database, the same one as before where that could be emptied."""
        if self._reused is None:
            self._reused = _Reused(self, name)
        database = self.open(self._reused.name)
        yield database
        database.dispose()
        if not self._reused.emptied():
            self.drop(self._reused.name)
            self._reused = None

    @contextmanager
    def copy(self, name: str) -> Iterator[Database]:
        """Yield a copy of the template, dropped at the end."""
        self.create(name)
        database = self.open(name)
        yield database
        database.dispose()
        self.drop(name)

    def open(self, name: str) -> Database:
        """A database of the server."""
        return Database(self.address.set(database=name).render_as_string(hide_password=False))

    def create(self, name: str) -> None:
        """Copy the template; file by file, which costs the server two thirds of copying by its log."""
        run_at(self.address, f'CREATE DATABASE "{name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY')

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        run_at(self.address, f'DROP DATABASE "{name}" WITH (FORCE)')


class _Reused:
    """A database that many tests take in turn."""

    def __init__(self, server: Server, name: str) -> None:
        server.create(name)
        self.name = name
        address = server.address.set(database=name)
        self._engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with self._engine.connect() as connection:
            self._schema = connection.scalar(sa.text(SCHEMA))
            every = {
                table: connection.execute(sa.select(table)).mappings().all() for table in Base.metadata.sorted_tables
            }
            self._sequences = "SELECT " + ", ".join(connection.scalars(sa.text(SEQUENCES)))
        self._first = {table: [dict(row) for row in rows] for table, rows in every.items() if rows}

    def emptied(self) -> bool:
        """Whether only rows had changed, and are as the migrations left them."""
        with self._engine.connect() as connection:
            if connection.scalar(sa.text(SCHEMA)) != self._schema:
                return False
            try:
                self._delete(connection)
            except sa.exc.DBAPIError:  # somebody is still within a transaction
                return False
        return True

    def _delete(self, connection: sa.Connection) -> None:
        connection.execute(sa.text("SET lock_timeout = '2s'"))
        connection.execute(sa.text("SET session_replication_role = replica"))  # no trigger guards what a test wrote
        for table in Base.metadata.sorted_tables:
            connection.execute(sa.delete(table))
        connection.exec_driver_sql(self._sequences)
        for table, rows in self._first.items():
            connection.execute(sa.insert(table), rows)


def run_at(server: sa.URL, statement: str, **values: Any) -> None:
    """Run a statement that no transaction may hold."""
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(statement), values)
    admin.dispose()
