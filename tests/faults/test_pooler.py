"""Behind PgBouncer in transaction mode (`?pooler=transaction`) nothing may be left on a server connection."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.core.db import Database
from survey.maintenance.backup import create_backup
from survey.maintenance.operations.copy_database import copy_database
from survey.migrations import upgrade
from survey.results.compute import round_results
from tests.support.evaluation import NOW, accounts, publish_scored, scored_round, sign_in
from tests.support.places import BACKUP_KEY, CODE, fill, make_app

LEFT_BEHIND = {
    "prepared statements": "SELECT count(*) FROM pg_prepared_statements",
    # transaction_isolation is that of the question's own transaction
    "session settings": "SELECT count(*) FROM pg_settings WHERE source = 'session' AND name NOT LIKE 'transaction%'",
    "advisory locks": "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    "temporary tables": "SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND pg_table_is_visible(oid)",
    "open cursors": "SELECT count(*) FROM pg_cursors WHERE is_holdable",
    "channels": "SELECT count(*) FROM pg_listening_channels()",
}


def watched(database: Database, found: dict[str, int]) -> Database:
    """Look at each connection as it is given back; count what was left on it."""

    @sa.event.listens_for(database.engine, "checkin")
    def _look(connection, _record) -> None:
        if connection is None or connection.closed:
            return
        with connection.cursor() as cursor:
            for name, question in LEFT_BEHIND.items():
                found[name] = found.get(name, 0) + cursor.execute(question).fetchone()[0]
        connection.rollback()
        found["looked"] = found.get("looked", 0) + 1

    return database


@pytest.fixture
def pooled_url(postgresql_database: Database) -> str:
    url = sa.make_url(postgresql_database.url)
    return url.update_query_dict({"pooler": "transaction"}).render_as_string(hide_password=False)


def test_no_state_outlives_a_transaction(pooled_url: str, tmp_path: Path) -> None:
    found: dict[str, int] = {}
    database = watched(Database(pooled_url), found)
    upgrade(database)
    with database.write() as session:
        scored_round(session)
        accounts(session)
    with database.read() as session:
        assert len(round_results(session, "r1").table)
        for _ in range(8):  # the driver prepares what it sees a fifth time
            session.scalar(sa.text("SELECT 1"))
    create_backup(database, tmp_path / "backups", key=BACKUP_KEY, now=NOW)
    target = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    upgrade(target)
    copy_database(database, target)
    target.dispose()
    app = make_app(tmp_path / "instance", database_url=pooled_url)
    watched(app.extensions["database"], found)
    client = app.test_client()
    for number in range(6):
        body = fill(client) | {"key": f"{number:024}"}
        assert client.post(f"/K/{CODE}", data=body).status_code == 303
    with database.write() as session:
        publish_scored(session)
    assert sign_in(client, "evaluator").status_code in {302, 303}
    assert client.get("/danh-gia").status_code in {200, 302, 308}
    database.dispose()
    app.extensions["database"].dispose()
    assert found.pop("looked") > 30
    assert found == dict.fromkeys(LEFT_BEHIND, 0)


def test_the_watch_sees_what_a_plain_connection_prepares(postgresql_database: Database) -> None:
    found: dict[str, int] = {}
    database = watched(Database(postgresql_database.url), found)
    with database.write() as session:
        for _ in range(8):
            session.scalar(sa.text("SELECT 1"))
    database.dispose()
    assert found["prepared statements"] > 0


def test_connections_to_a_pooler_are_kept_and_the_address_is_one_the_driver_knows(pooled_url: str) -> None:
    database = Database(pooled_url)
    assert "pooler" not in database.engine.url.query
    seen = set()
    for _ in range(3):
        with database.read() as session:
            seen.add(session.scalar(sa.text("SELECT pg_backend_pid()")))
    database.dispose()
    assert len(seen) == 1
