"""Copy one database into another, SQLite or PostgreSQL, and verify by checksums that nothing was lost."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

import survey.models  # noqa: F401 (registers the tables)
from survey.core.db import Base, Database, own_tables
from survey.core.errors import InputError
from survey.migrations import current, newest

CHUNK = 5_000
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Copied:
    """Row count and checksum of a table, the same for source and target."""

    rows: int
    #: SHA-256 over all rows in the order of their keys
    digest: str


def count_rows(database: Database) -> int:
    """Count the rows of all tables: the total of a progress bar."""
    with database.read() as session:
        return sum(session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in own_tables())


def copy_database(source: Database, target: Database, progress: Progress | None = None) -> dict[str, Copied]:
    """Copy every row, in one transaction of the target; return what was copied, by table.

    Both must be at the newest migration and the target empty, else `InputError`. Each table is read back from the
    target and compared with the source before anything is committed. Memory does not grow with the tables.
    """
    for database, which in ((source, "source"), (target, "target")):
        if current(database) != newest():
            raise InputError("The %(which)s database is not at the newest migration; upgrade it first", which=which)
    filled = [name for name, rows in table_rows(target).items() if rows]
    if filled:
        raise InputError("The target is not empty: table %(table)s has rows", table=filled[0])
    copied: dict[str, Copied] = {}
    with _snapshot(source) as reading, target.engine.execution_options(sqlite_write=True).begin() as writing:
        for table in own_tables():
            _copy_rows(table, reading, writing, progress)
            copied[table.name] = digest(table, reading)
            if digest(table, writing) != copied[table.name]:
                raise RuntimeError(f"table {table.name} was not copied faithfully")
        if writing.dialect.name == "postgresql":
            _advance_sequences(writing)
    return copied


def table_rows(database: Database) -> dict[str, int]:
    """Count the rows of every table; a database of an older version has not all of them yet."""
    with database.engine.connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in own_tables()
            if table.name in there
        }


def digest(table: sa.Table, connection: sa.Connection) -> Copied:
    """Checksum a table: its number of rows and the SHA-256 over them, equal on every database."""
    checksum, rows = hashlib.sha256(), 0
    for row in _rows(table, connection):
        checksum.update(json.dumps([_plain(value) for value in row], sort_keys=True, ensure_ascii=False).encode())
        checksum.update(b"\n")
        rows += 1
    return Copied(rows, checksum.hexdigest())


def _copy_rows(table: sa.Table, reading: sa.Connection, writing: sa.Connection, progress: Progress | None) -> None:
    """Insert all rows. What points to the table itself waits until every row is there."""
    own = [column.name for column in table.columns for key in column.foreign_keys if key.column.table is table]
    later: list[dict[str, Any]] = []
    batch: list[dict[str, Any]] = []
    for row in _rows(table, reading):
        values = dict(zip(table.columns.keys(), row, strict=True))
        if any(values[name] is not None for name in own):
            later.append({"row_id": values["id"], **{name: values[name] for name in own}})
            values.update(dict.fromkeys(own))
        batch.append(values)
        if len(batch) == CHUNK:
            _insert(table, writing, batch, progress)
    _insert(table, writing, batch, progress)
    if later:
        writing.execute(sa.update(table).where(table.c.id == sa.bindparam("row_id")), later)


def _insert(table: sa.Table, writing: sa.Connection, batch: list[dict[str, Any]], progress: Progress | None) -> None:
    if batch:
        writing.execute(sa.insert(table), batch)
        if progress is not None:
            progress(len(batch))
        batch.clear()


def _rows(table: sa.Table, connection: sa.Connection) -> Iterator[sa.Row[Any]]:
    """Yield the rows in the order of their keys, a chunk in memory at a time."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    yield from connection.execute(query, execution_options={"yield_per": CHUNK})


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


@contextmanager
def _snapshot(database: Database) -> Iterator[sa.Connection]:
    """Yield a connection with snapshot isolation: concurrent writes are not seen."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def _advance_sequences(connection: sa.Connection) -> None:
    """Let PostgreSQL count on from the highest key."""
    for table in Base.metadata.sorted_tables:
        key = list(table.primary_key.columns)
        if len(key) == 1 and key[0].name == "id":
            sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, "id")))
            highest = connection.scalar(sa.select(sa.func.max(key[0])))
            if sequence and highest:
                connection.execute(sa.select(sa.func.setval(sequence, highest)))
