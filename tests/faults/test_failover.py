"""The primary of PostgreSQL is killed in mid-load, its replica promoted: every thanked citizen's answer is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from survey.core.db import Database
from survey.migrations import upgrade
from tests.faults.clusters import Cluster
from tests.faults.serving import Citizens, Server, replay, stored
from tests.support.places import fill, make_app, open_place
from tests.support.programs import own_folder


@pytest.fixture
def clusters() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary that waits for its synchronous replica at each commit, and that replica."""
    with own_folder("replica") as folder, ExitStack() as stack:
        primary, replica = Cluster(folder / "primary"), Cluster(folder / "replica")
        stack.callback(replica.kill)
        stack.callback(primary.kill)
        primary.create()
        primary.start()
        replica.copy(primary, "sipas_replica")
        replica.start()
        primary.ask("ALTER SYSTEM SET synchronous_commit = 'on'")
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'sipas_replica'")
        primary.ask("SELECT pg_reload_conf()")
        for _ in range(200):
            if primary.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the replica did not become synchronous")
        yield primary, replica


def test_a_promoted_replica_has_every_acknowledged_answer(clusters: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    primary, replica = clusters
    app = make_app(tmp_path / "instance")
    body = fill(app.test_client(), comment="Cảm ơn")
    app.extensions["database"].dispose()
    database = Database(primary.url)
    upgrade(database)
    with database.write() as session:
        open_place(session)
    database.dispose()

    # both hosts in one address: the driver takes whichever can be written to
    hosts = f"host=127.0.0.1:{primary.port}&host=127.0.0.1:{replica.port}"
    url = f"postgresql+psycopg://postgres@/postgres?{hosts}&target_session_attrs=read-write&connect_timeout=2"
    server = Server(tmp_path / "instance", DATABASE_URL=url)
    server.start()
    try:
        with Citizens(server, body, "failover") as citizens:
            citizens.wait_for(60)
            primary.kill()
            time.sleep(0.5)
            replica.ask("SELECT pg_promote(true, 30)")
            citizens.wait_for(60)  # without a restart
        assert citizens.surprises == []
        assert citizens.told, "nobody was cut off: the kill came too late to prove anything"
        rows = stored(replica.url)
        assert len(rows) == len(set(rows))
        assert citizens.acknowledged <= set(rows)
        replay(server, body, sorted(citizens.acknowledged)[:50] + sorted(citizens.told)[:100])
        again = stored(replica.url)
        assert len(again) == len(set(again))
        assert citizens.acknowledged | set(sorted(citizens.told)[:100]) <= set(again)
    finally:
        server.stop()
