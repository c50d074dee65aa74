"""A whole province's backup by an older version restores into this one: every row, every answer, every figure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

import survey.migrations
from survey.core.db import Base, Database
from survey.demo.operations.load_demo import load_demo
from survey.maintenance import backup
from survey.maintenance.operations.copy_database import Copied, digest
from survey.migrations import current, downgrade, newest
from survey.models import Response, Round, RoundState
from survey.publication.editions import recompute, results_hash
from survey.publication.queries.editions import published
from survey.results.compute import round_results

BACKUP_KEY = "a key that signs the backups of this test"
NOW = datetime(2026, 4, 1, 2, 3, 4, tzinfo=UTC)
FIRST = "20261125_0500"
LATER_RULES = {"pooling", "clusters", "fpc_in_tests", "definitions", "leagues", "expected_by"} | {
    *("calibration", "calibrate_by", "calibration_limit"),
    *("overall_in_index", "same_mix", "letters"),
}
REWRITTEN = {"comment", "round", "audit_event"}
"""What migrations since the first alter: comments keep the week, unpublished rounds take on rules of today, and that is
logged."""
ANEW = {"audit_event", "response_tally"}
"""What has other rows after restoring: migrations are logged, and triggers add responses up as they are copied."""


def release_before() -> str:
    """Return the migration that this version's newest one follows."""
    config = Config()
    config.set_main_option("script_location", str(Path(survey.migrations.__file__).parent))
    before = ScriptDirectory.from_config(config).get_revision(newest()).down_revision
    assert isinstance(before, str)
    return before


@pytest.fixture(scope="module")
def province(newest_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration province, about 25 000 responses."""
    file = tmp_path_factory.mktemp("province") / "sipas.db"
    shutil.copy(newest_file, file)
    made = Database(f"sqlite:///{file}")
    with made.write() as session:
        assert load_demo(session, now=NOW).responses > 18_000
    made.dispose()
    return file


@pytest.fixture
def old(province: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of the province, still at the newest migration."""
    shutil.copy(province, tmp_path / "old.db")
    made = Database(f"sqlite:///{tmp_path / 'old.db'}")
    yield made
    made.dispose()


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A place to restore into, without any table."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'restored.db'}")
        yield made
        made.dispose()
        return
    empty: Database = request.getfixturevalue("postgresql_database")
    downgrade(empty)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    yield empty


def figures(database: Database) -> dict[str, str]:
    """Return the hash of each round's results."""
    with database.read() as session:
        codes = session.scalars(sa.select(Round.code)).all()
        return {code: results_hash(round_results(session, code).table) for code in codes}


def take_rules_of_then(database: Database) -> None:
    """Give published rounds the rules that there were in the first version: migrations leave them theirs for ever."""
    with database.write() as session:
        for round_ in session.scalars(sa.select(Round).where(Round.state == RoundState.PUBLISHED)):
            round_.rules = {name: value for name, value in round_.rules.items() if name not in LATER_RULES}


def tables_of(database: Database) -> list[sa.Table]:
    """Return the tables a database has, each with the columns it has there."""
    there, found = sa.inspect(database.engine), []
    for table in Base.metadata.sorted_tables:
        if there.has_table(table.name):
            names = {column["name"] for column in there.get_columns(table.name)}
            columns = [sa.Column(c.name, c.type, primary_key=c.primary_key) for c in table.columns if c.name in names]
            found.append(sa.Table(table.name, sa.MetaData(), *columns))
    return found


def content(database: Database, tables: list[sa.Table]) -> dict[str, Copied]:
    """Return the rows of each table and a checksum over them."""
    with database.engine.connect() as connection:
        return {table.name: digest(table, connection) for table in tables}


@pytest.mark.faults
@pytest.mark.parametrize(
    ("revision", "target"),
    [(FIRST, "sqlite"), (release_before(), "sqlite"), (release_before(), "postgresql")],
    ids=["the first", "the one before", "the one before, into PostgreSQL"],
    indirect=["target"],
)
def test_a_province_s_backup_of_an_older_version_restores_whole(
    old: Database, target: Database, revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if revision == FIRST:
        take_rules_of_then(old)
    expected = figures(old)
    downgrade(old, revision)
    there = tables_of(old)
    before = content(old, there)
    # the version of then counted the tables of then
    monkeypatch.setattr(backup, "table_rows", lambda _: {name: table.rows for name, table in before.items()})
    made = backup.create_backup(old, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    monkeypatch.undo()
    assert backup.read_manifest(made).revision == revision

    backup.restore_backup(made, target, key=BACKUP_KEY)
    assert current(target) == newest()
    assert before[Response.__tablename__].rows > 18_000
    restored = content(target, there)
    assert {name: table.rows for name, table in restored.items() if name not in ANEW} == {
        name: table.rows for name, table in before.items() if name not in ANEW
    }
    # the newest migration alone may give rounds a rule of today, and logs it
    rewritten = {name for name in before.keys() - {"response_tally"} if restored[name] != before[name]}
    assert rewritten == REWRITTEN if revision == FIRST else rewritten <= REWRITTEN - {"comment"}
    assert figures(target) == expected
    with target.read() as session:
        editions = [edition for code in expected if (edition := published(session, code))]
        assert len(editions) == (0 if revision == FIRST else 2), "publications came after the first migration"
        assert all(recompute(session, edition).same for edition in editions)
