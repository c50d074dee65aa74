"""The application through PgBouncer in transaction mode, set up by the example and by the guide's own statements."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from survey.core.db import Database
from survey.migrations import upgrade
from tests.faults.clusters import Cluster
from tests.faults.serving import Citizens, Server, stored
from tests.support.evaluation import accounts, sign_in
from tests.support.places import fill, make_app, open_place
from tests.support.programs import end, free_port, hand_over, own_folder, program, unprivileged, wait_for

DOCS = Path(__file__).parents[2] / "docs"
PASSWORD = "one password for the tests"
#: fewer than the threads that ask, so that transactions really take turns on a connection
CONNECTIONS = 3


@dataclass
class Pooler:
    """PgBouncer, running."""

    command: list[str]
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://sipas:{PASSWORD}@127.0.0.1:{self.port}/sipas?pooler=transaction"

    def start_again(self) -> None:
        """Cut all connections, as an upgrade of PgBouncer does."""
        end(self.process)
        self.process = start(self.command, self.port)

    def show(self, what: str) -> list[dict[str, object]]:
        """Ask PgBouncer's console, which knows no statements but its own and takes them as plain text alone."""
        console = {"host": "127.0.0.1", "port": self.port, "user": "sipas", "password": PASSWORD, "dbname": "pgbouncer"}
        with psycopg.connect(**console, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
            found = connection.execute(f"SHOW {what}")
            names = [column.name for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def start(command: list[str], port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **unprivileged())
    wait_for(port, process)
    return process


def set_up(cluster: Cluster) -> None:
    """Run what the guide says, and nothing else."""
    block = re.search(r"```sql\n(CREATE ROLE.*?)```", (DOCS / "operations.md").read_text("utf-8"), re.DOTALL)
    assert block is not None
    for line in block[1].replace("…", PASSWORD).splitlines():
        cluster.ask(re.sub(r"--.*", "", line))


@pytest.fixture
def pooler() -> Iterator[Pooler]:
    """PgBouncer by the example, in front of a PostgreSQL of its own."""
    with own_folder("pgbouncer") as folder, ExitStack() as stack:
        cluster = Cluster(folder / "data")
        stack.callback(cluster.kill)
        cluster.create()
        cluster.start()
        set_up(cluster)
        port = free_port()
        text = (DOCS / "deploy" / "pgbouncer.ini").read_text("utf-8")
        for given, ours in (
            ("port=5432", f"port={cluster.port}"),
            ("listen_port = 6432", f"listen_port = {port}"),
            ("/etc/pgbouncer", str(folder)),
            ("default_pool_size = 20", f"default_pool_size = {CONNECTIONS}\nadmin_users = sipas\nunix_socket_dir ="),
        ):
            assert given in text
            text = text.replace(given, ours)
        for name, content in (("pgbouncer.ini", text), ("userlist.txt", f'"sipas" "{PASSWORD}"\n')):
            (folder / name).write_text(content, "utf-8")
            hand_over(folder / name)
        command = [program("pgbouncer"), "--quiet", str(folder / "pgbouncer.ini")]
        made = Pooler(command, port, start(command, port))
        try:
            yield made
        finally:
            end(made.process)


def test_forms_and_results_go_through_a_pooler_that_starts_again(pooler: Pooler, tmp_path: Path) -> None:
    database = Database(pooler.url)
    upgrade(database)
    with database.write() as session:
        open_place(session)
        accounts(session)
    database.dispose()
    app = make_app(tmp_path / "instance", database_url=pooler.url)
    evaluator = app.test_client()
    body = fill(evaluator, comment="Cảm ơn")
    assert sign_in(evaluator, "evaluator").status_code == 303

    server = Server(tmp_path / "instance", DATABASE_URL=pooler.url)
    server.start()
    try:
        with Citizens(server, body, "pooled") as citizens:
            citizens.wait_for(60)
            assert evaluator.get("/danh-gia/r1").status_code == 200  # while forms come in
            assert citizens.told == set()
            used = [row for row in pooler.show("SERVERS") if row["database"] == "sipas"]
            pooler.start_again()
            citizens.wait_for(60)
    finally:
        server.stop()
    assert {row["pool_mode"] for row in pooler.show("POOLS") if row["database"] == "sipas"} == {"transaction"}
    assert 0 < len(used) <= CONNECTIONS
    assert citizens.surprises == []
    rows = stored(pooler.url)
    assert len(rows) == len(set(rows))
    assert citizens.acknowledged <= set(rows) <= citizens.acknowledged | citizens.told
    assert evaluator.get("/danh-gia/r1").status_code == 200
    app.extensions["database"].dispose()
