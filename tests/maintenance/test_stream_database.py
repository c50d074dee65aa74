"""PostgreSQL streamed into an SQLite file: the same rows to the last digit, and no transaction that waits."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from survey.core.db import Database, own_tables
from survey.core.errors import InputError
from survey.maintenance.operations import stream_database as streaming
from survey.maintenance.operations.copy_database import digest
from survey.migrations.guards import find_broken_guards
from tests.support.evaluation import accounts, publish_scored, scored_round


@pytest.fixture
def source(postgresql_database: Database) -> Database:
    with postgresql_database.write() as session:
        scored_round(session)
        accounts(session)
        publish_scored(session)
    return postgresql_database


@pytest.fixture
def target(tmp_path: Path, newest_file: Path) -> Database:
    shutil.copy(newest_file, tmp_path / "copy.db")
    return Database(f"sqlite:///{tmp_path / 'copy.db'}")


def test_every_table_is_the_same_as_read_by_the_program_itself(source: Database, target: Database) -> None:
    streaming.stream_database(source, Path(str(target.engine.url.database)))
    with source.engine.connect() as old, target.engine.connect() as new:
        tables = {table.name: (digest(table, old), digest(table, new)) for table in own_tables()}
    assert {name for name, (before, after) in tables.items() if before != after} == set()
    assert tables["response"][1].rows == 107
    assert find_broken_guards(target) == []  # the indexes were made again
    target.dispose()


def test_no_transaction_is_held_while_the_file_is_compared(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guide's own limit on idle transactions ended backups of four million rows."""
    states: list[str] = []
    checksum = streaming._checksum

    def look(batches: Any) -> tuple[int, str]:
        with source.engine.connect() as connection:
            query = "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            states.extend(connection.scalars(sa.text(query)))
        return checksum(batches)

    monkeypatch.setattr(streaming, "_checksum", look)
    streaming.stream_database(source, Path(str(target.engine.url.database)))
    assert set(states) <= {"idle"}
    target.dispose()


def test_a_row_that_was_not_stored_as_it_was_read_is_noticed(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "_stored_rows", lambda _file, _table: iter([[(1,), (2,)]]))
    with pytest.raises(RuntimeError, match="not copied faithfully"):
        streaming.stream_database(source, Path(str(target.engine.url.database)))
    target.dispose()


def test_an_older_schema_is_refused(source: Database, target: Database) -> None:
    with source.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '20261125_0500'"))
    with pytest.raises(InputError, match="not at the newest migration"):
        streaming.stream_database(source, Path(str(target.engine.url.database)))
    target.dispose()
