"""After the thank-you page the answer is on disk: whoever is killed, whenever."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.core.db import Database
from tests.faults.serving import Citizens, Server, replay, stored
from tests.support.places import fill, make_app, open_place


@pytest.fixture
def body(tmp_path: Path) -> dict[str, str]:
    """What a browser sends of a filled form, a comment included."""
    app = make_app(tmp_path / "instance")
    filled = fill(app.test_client(), comment="Cảm ơn")
    app.extensions["database"].dispose()
    return filled


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.faults)])
def server(request: pytest.FixtureRequest, tmp_path: Path, body: dict[str, str]) -> Iterator[Server]:
    """A server over each kind of database."""
    settings = {}
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgresql_database")
        with database.write() as session:
            open_place(session)
        settings["DATABASE_URL"] = database.url
    made = Server(tmp_path / "instance", **settings)
    made.start()
    yield made
    made.stop()


def test_what_was_acknowledged_outlives_every_kill(server: Server, body: dict[str, str]) -> None:
    with Citizens(server, body, "worker") as first:
        for _ in range(2):
            first.wait_for(40)
            os.kill(server.workers()[0], signal.SIGKILL)
        first.wait_for(40)
        server.kill_all()
    server.start()
    with Citizens(server, body, "group") as second:
        second.wait_for(80)
        server.kill_all()
    server.start()

    acknowledged, told = first.acknowledged | second.acknowledged, first.told | second.told
    assert first.surprises + second.surprises == []
    assert told, "nobody was cut off: the kill came too late to prove anything"
    rows = stored(server.url)
    assert len(rows) == len(set(rows))
    assert acknowledged <= set(rows)
    assert set(rows) <= acknowledged | told

    replay(server, body, sorted(acknowledged)[:100] + sorted(told))
    again = stored(server.url)
    assert len(again) == len(set(again))
    assert set(again) == acknowledged | told
    if server.url.startswith("sqlite"):
        database = Database(server.url)
        with database.read() as session:
            assert session.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        database.dispose()
