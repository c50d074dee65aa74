"""Copy a PostgreSQL database into a new SQLite file, at the speed of the disk: the way of backups.

One transaction sees one moment of the database. It only ever reads: rows come in batches by a server's cursor, go
straight into the file, and the transaction ends with the last of them, so that no limit on idle transactions is met and
no page waits. What was read is compared with what the file holds afterwards, when the server holds nothing any more.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

import survey.models  # noqa: F401 (registers the tables)
from survey.core.db import Database, own_tables
from survey.core.errors import InputError
from survey.migrations import current, newest

BATCH = 10_000


def stream_database(source: Database, path: Path) -> None:
    """Fill the SQLite file at `path`, made by the migrations and empty, with all rows of a PostgreSQL database.

    Memory does not grow with the tables. `InputError` where the source is not at the newest migration, `RuntimeError`
    where the file does not hold what was read.
    """
    if current(source) != newest():
        raise InputError("The %(which)s database is not at the newest migration; upgrade it first", which="source")
    file = sqlite3.connect(path, isolation_level=None)
    try:
        # a file that nobody else sees: it is written once, compared, and synced by whoever asked for it
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-65536"):
            file.execute(f"PRAGMA {pragma}")
        indexes = _take_indexes(file)
        file.execute("BEGIN")
        read = _copy_tables(source, file)
        file.execute("COMMIT")
        for statement in indexes:
            file.execute(statement)
        for table in own_tables():
            if _checksum(_stored_rows(file, table)) != read[table.name]:
                raise RuntimeError(f"table {table.name} was not copied faithfully")
        if broken := file.execute("PRAGMA foreign_key_check").fetchone():
            raise RuntimeError(f"a row of table {broken[0]} points nowhere")
    finally:
        file.close()


def _take_indexes(file: sqlite3.Connection) -> list[str]:
    """Drop all indexes but those of constraints; return the statements that make them again, when all rows are in."""
    rows = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name, _statement in rows:
        file.execute(f'DROP INDEX "{name}"')
    return [statement for _name, statement in rows]


def _copy_tables(source: Database, file: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Copy every table within one transaction of the server; return number and checksum of the rows read."""
    read = {}
    with source.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))  # the limit is for pages
            for table in own_tables():
                read[table.name] = _copy_table(connection, table, file)
    return read


def _copy_table(connection: sa.Connection, table: sa.Table, file: sqlite3.Connection) -> tuple[int, str]:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    places = ", ".join("?" * len(table.columns))
    insert = f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})'  # noqa: S608 (names of our own tables)
    checksum, number = hashlib.sha256(), 0
    for rows in _read_batches(connection, table):
        file.executemany(insert, rows)
        _add(checksum, rows)
        number += len(rows)
    return number, checksum.hexdigest()


def _read_batches(connection: sa.Connection, table: sa.Table) -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows in the order of their keys, as SQLite stores them: the server does the conversion."""
    query = sa.select(*(_as_stored(column) for column in table.columns)).order_by(*table.primary_key.columns)
    statement = str(query.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    cursor = connection.connection.cursor(name=f"copy_{table.name}")
    try:
        cursor.execute(statement)
        while rows := cursor.fetchmany(BATCH):
            yield rows  # type: ignore[misc]
    finally:
        cursor.close()


def _as_stored(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """An expression of PostgreSQL whose value is what SQLAlchemy stores in SQLite."""
    kind = column.type.impl if isinstance(column.type, sa.types.TypeDecorator) else column.type
    plain = sa.type_coerce(column, sa.String())
    text = sa.literal_column
    if isinstance(kind, sa.DateTime):
        return sa.func.to_char(plain.op("AT TIME ZONE")(text("'UTC'")), text("'YYYY-MM-DD HH24:MI:SS.US'"))
    if isinstance(kind, sa.Date):
        return sa.func.to_char(plain, text("'YYYY-MM-DD'"))
    if isinstance(kind, sa.Time):
        return sa.func.to_char(plain, text("'HH24:MI:SS.US'"))
    if isinstance(kind, sa.Boolean):
        return sa.cast(plain, sa.Integer)
    if isinstance(kind, sa.JSON):
        return sa.cast(plain, sa.Text)
    return plain


def _stored_rows(file: sqlite3.Connection, table: sa.Table) -> Iterator[list[tuple[Any, ...]]]:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    cursor = file.execute(f'SELECT {columns} FROM "{table.name}" ORDER BY {order}')  # noqa: S608 (our own tables)
    while rows := cursor.fetchmany(BATCH):
        yield rows


def _checksum(batches: Iterator[list[tuple[Any, ...]]]) -> tuple[int, str]:
    checksum, number = hashlib.sha256(), 0
    for rows in batches:
        _add(checksum, rows)
        number += len(rows)
    return number, checksum.hexdigest()


def _add(checksum: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    checksum.update("\n".join(map(repr, rows)).encode())
    checksum.update(b"\n")
