"""The role of PostgreSQL that operations.md makes for the application: it can not take away what may only grow."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.core.db import Database
from survey.migrations import upgrade
from survey.models import AuditEvent
from tests.support.postgres import run_at

GUIDE = Path(__file__).parents[2] / "docs" / "operations.md"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
GUARDED = ("audit_event", "audit_seal", "publication")


@pytest.fixture(scope="module")
def role() -> str:
    return f"sipas_{os.getpid()}"


@pytest.fixture(scope="module")
def installed(postgresql: sa.URL, role: str) -> Iterator[Database]:
    """A database made by the statements of the guide, and by the migrations as the application runs them."""
    block = re.search(r"```sql\n(CREATE ROLE.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    for line in re.sub(r"--.*", "", block[1]).replace("…", "secret").splitlines():
        run_at(postgresql, re.sub(r"\bsipas\b", role, line))
    database = Database(
        postgresql.set(username=role, password="secret", database=role).render_as_string(hide_password=False)
    )
    upgrade(database)
    with database.write() as session:
        session.add(AuditEvent(at=NOW, action="round.opened", subject="round:r1"))
    yield database
    database.dispose()
    run_at(postgresql, f'DROP DATABASE "{role}" WITH (FORCE)')
    run_at(postgresql, f'DROP ROLE "{role}"')


def refusal(engine: sa.Engine, statement: str) -> str:
    with pytest.raises(sa.exc.DBAPIError) as caught, engine.begin() as connection:
        connection.exec_driver_sql(statement)
    return str(caught.value.orig)


def test_it_has_no_right_but_its_database(installed: Database, role: str) -> None:
    with installed.engine.connect() as connection:
        rights = "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
        found = connection.exec_driver_sql(f"{rights} WHERE rolname = current_user").one()
        assert tuple(found) == (role, False, False, False, False, False)
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "1min"
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "10s"
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one() == "2min"
    assert "permission denied" in refusal(installed.engine, "SET session_replication_role = replica")


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("way", ["", " CASCADE", " RESTART IDENTITY CASCADE"])
def test_truncating_what_only_grows_is_refused(installed: Database, table: str, way: str) -> None:
    plain = "" if way else "|referenced in a foreign key"  # what points to it is in the way before the trigger is asked
    assert re.search(f"append-only|frozen|published{plain}", refusal(installed.engine, f"TRUNCATE {table}{way}"))


def test_truncating_what_the_log_points_to_is_refused(installed: Database) -> None:
    assert "append-only" in refusal(installed.engine, "TRUNCATE user_account CASCADE")
    with installed.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == 1


def test_a_role_that_owns_nothing_but_may_everything_is_refused_too(
    installed: Database, postgresql: sa.URL, role: str
) -> None:
    other = f"{role}_reader"
    run_at(postgresql, f'CREATE ROLE "{other}" LOGIN')
    with installed.engine.begin() as connection:
        connection.exec_driver_sql(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{other}"')
    engine = sa.create_engine(postgresql.set(username=other, database=role), poolclass=sa.NullPool)
    try:
        assert "append-only" in refusal(engine, "TRUNCATE audit_event CASCADE")
        assert "append-only" in refusal(engine, "DELETE FROM audit_event")
        assert "must be owner" in refusal(engine, "ALTER TABLE audit_event DISABLE TRIGGER ALL")
    finally:
        with installed.engine.begin() as connection:
            connection.exec_driver_sql(f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{other}"')
        run_at(postgresql, f'DROP ROLE "{other}"')
