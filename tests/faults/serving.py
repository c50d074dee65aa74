"""The real server on an installation of its own, and citizens that remember what they were told."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from survey.core.db import Database
from survey.models import Response
from tests.support.places import CODE, SECRET
from tests.support.programs import free_port

ROOT = Path(__file__).parents[2]
TOLD = {429, 500, 502, 503}


class Server:
    """`survey.serve` as `make run` starts it: two workers with four threads each, in a process group of their own."""

    def __init__(self, instance: Path, **settings: str) -> None:
        self.url = settings.get("DATABASE_URL") or f"sqlite:///{instance / 'sipas.db'}"
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "INSTANCE_DIR": str(instance),
            "SECRET_KEY": SECRET,
            "PORT": str(self.port),
            "TRUSTED_PROXIES": "1",  # every sender has an address of its own, as in life
            "PYTHONUTF8": "1",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until citizens can be served."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "survey.serve"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(600):
            assert self.process.poll() is None, "the server ended by itself"
            try:
                if self.request("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not become ready")

    def workers(self) -> list[int]:
        """Return the worker processes."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def kill_all(self) -> None:
        """End the whole process group as a power cut would: no goodbye."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """End whatever still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill_all()
        shutil.rmtree(f"/dev/shm/sipas-metrics-{os.getuid()}-{self.port}", ignore_errors=True)  # noqa: S108

    def request(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        """Send one request on a connection of its own; return status, headers and page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            return exchange(connection, method, path, body, "198.51.100.1")
        finally:
            connection.close()


def exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: dict[str, str] | None, address: str
) -> tuple[int, dict[str, str], str]:
    """Send one request; return status, headers in small letters, and page."""
    headers = {"X-Forwarded-For": address}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, urlencode(body) if body is not None else None, headers)
    reply = connection.getresponse()
    return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read().decode()


class Citizens:
    """Threads that send forms until they are stopped, and what each form's sender was told."""

    def __init__(self, server: Server, body: dict[str, str], name: str, number: int = 8) -> None:
        self.server, self.body, self.name = server, body, name
        self.acknowledged: set[str] = set()
        self.told: set[str] = set()
        self.surprises: list[object] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(k,), daemon=True) for k in range(number)]

    def __enter__(self) -> Citizens:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, more: int, seconds: float = 60) -> None:
        """Wait until so many more forms were acknowledged."""
        goal, end = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < goal and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.acknowledged) >= goal, "the load stood still"

    def _send(self, sender: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        number = 0
        while not self._stop.is_set():
            number += 1
            key = f"{self.name}-{sender:02}-{number:0{20 - len(self.name)}}"  # 24 characters, as the form makes them
            try:
                status, headers, _ = exchange(
                    connection, "POST", f"/K/{CODE}", self.body | {"key": key}, f"203.0.{sender}.{number % 250}"
                )
            except (OSError, http.client.HTTPException):
                self.told.add(key)  # the browser says that there was no reply
                connection.close()
                time.sleep(0.02)
                continue
            if status == 303 and "/thanks" in headers["location"]:
                self.acknowledged.add(key)
            elif status in TOLD:
                self.told.add(key)
            else:
                self.surprises.append((key, status))
        connection.close()


def replay(server: Server, body: dict[str, str], keys: Iterable[str]) -> None:
    """Send every form once more; each sender must be thanked."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for number, key in enumerate(sorted(keys)):
        status, headers, _ = exchange(
            connection, "POST", f"/K/{CODE}", body | {"key": key}, f"198.18.{number // 250}.{number % 250}"
        )
        assert (status, "/thanks" in headers["location"]) == (303, True), key
    connection.close()


def stored(url: str) -> list[str]:
    """Return the keys of all rows."""
    database = Database(url)
    try:
        with database.read() as session:
            return list(session.scalars(sa.select(Response.key)))
    finally:
        database.dispose()
