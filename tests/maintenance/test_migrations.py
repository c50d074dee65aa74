"""The schema's history leads where the models say, on both databases, up and down, with data in it."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import survey.migrations
from survey.core.db import Base, Database
from survey.core.errors import InputError
from survey.migrations import current, downgrade, newest, upgrade
from survey.models import Agency, AgencyKind, AgencyLevel, AuditEvent

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def revisions() -> list[str]:
    """Return the revisions, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(Path(survey.migrations.__file__).parent))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def test_the_newest_schema_is_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert current(database) == newest() == revisions()[-1]


def test_every_constraint_has_a_name(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    for table in Base.metadata.tables:
        for found in (inspector.get_check_constraints, inspector.get_unique_constraints):
            assert all(constraint["name"] for constraint in found(table)), table
        for key in inspector.get_foreign_keys(table):
            expected = f"fk_{table}_{'_'.join(key['constrained_columns'])}_{key['referred_table']}"
            # SQLAlchemy does not read the names that stand within a column's definition on SQLite
            assert key["name"] == expected or f"CONSTRAINT {expected} " in definition(database, table), expected


def definition(database: Database, table: str) -> str:
    """Return the statement by which SQLite keeps a table."""
    with database.engine.connect() as connection:
        return str(connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = :n"), {"n": table}).scalar())


@pytest.mark.slow(reason="runs every migration down and up")
def test_each_step_goes_down_and_up_again(database: Database) -> None:
    with database.write() as session:
        session.add(
            Agency(
                code="tinh",
                kind=AgencyKind.PROVINCE,
                level=AgencyLevel.PROVINCE,
                name="Tỉnh thử",
                valid_from=date(2026, 1, 1),
            )
        )
    for below in reversed(revisions()[:-1]):
        downgrade(database, below)
        assert current(database) == below
    for above in revisions()[1:]:
        upgrade(database, above)
    with database.read() as session:
        assert session.scalars(sa.select(Agency.name)).all() == ["Tỉnh thử"]
    downgrade(database)
    assert set(sa.inspect(database.engine).get_table_names()) <= {"alembic_version"}
    upgrade(database)


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    upgrade(database)
    assert current(database) == newest()


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '29991231_0000'"))
    with pytest.raises(InputError, match="29991231_0000"):
        upgrade(database)


def test_processes_that_start_together_take_turns(database: Database) -> None:
    downgrade(database)
    errors: list[BaseException] = []

    def start() -> None:
        own = Database(database.url)
        try:
            upgrade(own)
        except BaseException as error:
            errors.append(error)
        finally:
            own.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert current(database) == newest()


@pytest.mark.parametrize("change", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_audit_log_is_append_only(database: Database, change: str) -> None:
    with database.write() as session:
        session.add(AuditEvent(at=NOW, action="round.opened", subject="round:r1"))
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(sa.text(change))
