"""Every command says in one sentence, with exit code 2, that the database or the disk cannot be used."""

from __future__ import annotations

import errno
import os
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app import create_app
from survey.core.config import Settings
from tests.support.evaluation import scored_round

FIXTURES = Path(__file__).parents[1] / "fixtures"
LINES = {
    "init": "",
    "demo": "",
    "nightly": "",
    "audit verify": "",
    "audit export": "",
    "user create": "lan --role admin",
    "user invite": "lan",
    "import agencies": "{agencies}",
    "import services": "{services}",
    "import counters": "{counters}",
    "import population": "{population} --round r1",
    "import margins": "{population} --round r1",
    "import thermometers": "{population} --by lan",
    "thermometers": "",
    "import responses": "{responses} --round r1",
    "import undo": "1 --why x",
    "round open": "r1 --closes 31/12/2030",
    "round close": "r1",
    "round list": "",
    "counter list": "",
    "print posters": "--all --out {out}",
    "print receipt-codes": "--agency trung-tam --counter Q1 --count 3 --out {out}/a.pdf",
    "print questionnaire": "--round r1 --out {out}/b.pdf",
    "results": "--round r1",
    "plan": "--round r1 --margin 5",
    "archive": "--all --out {out}",
    "export": "--round r1 --what sav --out {out}",
    "report": "--round r1 --province --out {out}",
    "document": "--round r1 --what all --out {out}",
    "publication verify": "--round r1",
    "jobs run": "--once worker",
    "mail send": "",
    "api-client create": "reader",
    "api-client revoke": "1",
    "api-client list": "",
    "database backup": "--out {out}",
    "database restore": "{manifest}",
    "database test-backup": "--folder {backups}",
    "database move": "--to sqlite:///{out}/moved.db",
    "database adopt-key": "",
    "database adopt-storage": "",
    "purge": "",
}
"""A line of each command that would do its work, were the database there."""
NEEDS_NONE = {"doctor", "questionnaire list", "score", "check-table"}
"""Commands that work without a database, or tell of it among other things."""
FOREIGN = {"run", "shell", "routes", "limiter"}


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    """Yield the full names of our commands that `--help` shows."""
    for name, command in group.commands.items():
        full = f"{before} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, full) if full not in FOREIGN else ()
        elif not command.hidden and full not in FOREIGN:
            yield full


def test_every_command_is_tried(app: Flask) -> None:
    assert set(commands(app.cli)) == set(LINES) | NEEDS_NONE


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation whose backups have the key of those in `words`."""
    return Settings(instance_dir=tmp_path / "instance", secret_key="k" * 40, backup_key="b" * 40)


@pytest.fixture
def words(tmp_path: Path) -> dict[str, str]:
    """Files for the lines, so that it is the database that fails and not a missing file."""
    made = {"out": str(tmp_path / "out"), "backups": str(tmp_path / "backups")}
    (tmp_path / "backups").mkdir()
    for name, text in {
        "agencies": "code,name,kind,level\n",
        "services": "code,name\n",
        "counters": "agency,code,name\n",
        "population": "agency,service,N\n",
        "responses": "agency,service\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
        made[name] = str(tmp_path / f"{name}.csv")
    backed_up = create_app(Settings(instance_dir=tmp_path / "other", secret_key="k" * 40, backup_key="b" * 40))
    run = backed_up.test_cli_runner().invoke
    assert run(args=["init"]).exit_code == 0
    made["manifest"] = run(args=["database", "backup", "--out", str(tmp_path / "backups")]).stdout.strip()
    backed_up.extensions["database"].dispose()
    return made


def run_all(tmp_path: Path, url: str, words: dict[str, str], *skipped: str) -> dict[str, Result]:
    """Run every command of an installation over a database at `url`."""
    settings = Settings(
        instance_dir=tmp_path / "instance",
        secret_key="k" * 40,
        backup_key="b" * 40,
        database_url=url,
        public_base_url="https://danhgia.example.vn",
        smtp_host="127.0.0.1",
        mail_from="sipas@example.vn",
    )
    app = create_app(settings)
    run = app.test_cli_runner().invoke
    done = {
        name: run(args=[*name.split(), *line.format(**words).split()])
        for name, line in LINES.items()
        if name not in skipped
    }
    app.extensions["database"].dispose()
    return done


def refused(done: dict[str, Result], *words: str) -> None:
    """One line on standard error, exit code 2, and what is wrong is named."""
    for name, result in done.items():
        assert (result.exit_code, result.stdout) == (2, ""), (name, result.output, result.exception)
        *labels, last = result.stderr.splitlines()  # labels of progress, where the work had begun
        assert last.startswith("Error: "), (name, result.stderr)
        assert not [label for label in labels if label.startswith(("Error", "Traceback", " "))], (name, result.stderr)
        assert any(word in result.stderr for word in words), (name, result.stderr)
        assert "hidden" not in result.stderr


@contextmanager
def refusing_server(code: str, message: str) -> Iterator[int]:
    """A PostgreSQL server that answers each start-up message with one error, as the real one does."""
    fields = b"SFATAL\0VFATAL\0" + b"C" + code.encode() + b"\0" + b"M" + message.encode() + b"\0\0"
    reply = b"E" + struct.pack("!i", len(fields) + 4) + fields
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                size = struct.unpack("!i", connection.recv(4))[0]
                if size == 8:  # asks for TLS first
                    connection.recv(4)
                    connection.sendall(b"N")
                    size = struct.unpack("!i", connection.recv(4))[0]
                connection.recv(size - 4)
                connection.sendall(reply)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


#: needs no database of ours: it reads the backups and a scratch place
OWN_PLACE = ("database test-backup",)


def test_a_server_that_is_down(tmp_path: Path, words: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql+psycopg://sipas:hidden@127.0.0.1:{port}/sipas"
    refused(run_all(tmp_path, url, words, *OWN_PLACE), "does not answer")


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        ("28P01", 'password authentication failed for user "sipas"', "check user and password in DATABASE_URL"),
        ("3D000", 'database "sipas" does not exist', "correct DATABASE_URL, or make role and database"),
        ("57P03", "the database system is starting up", "check DATABASE_URL and the server"),
    ],
)
def test_a_server_that_refuses(tmp_path: Path, words: dict[str, str], code: str, message: str, advice: str) -> None:
    with refusing_server(code, message) as port:
        url = f"postgresql+psycopg://sipas:hidden@127.0.0.1:{port}/sipas"
        refused(run_all(tmp_path, url, words, *OWN_PLACE), advice)


READS = {
    *("audit verify", "round list", "counter list", "print posters", "print questionnaire", "results", "export"),
    *("report", "archive", "publication verify", "api-client list", "purge", "database move", "import population"),
    *("import responses", "import undo", "api-client revoke", "user invite"),
}
"""Commands that write nothing into the database, or find before they write that there is nothing to do."""


def test_an_instance_that_can_only_be_read(tmp_path: Path, words: dict[str, str], newest_file: Path) -> None:
    file = tmp_path / "read-only.db"
    file.write_bytes(newest_file.read_bytes())
    url = f"sqlite:///file:{file}?mode=ro&uri=true"
    done = run_all(tmp_path, url, words, *OWN_PLACE)
    writing = {name: result for name, result in done.items() if name not in READS}
    assert {"init", "nightly", "user create", "round open"} <= set(writing)
    refused({name: writing[name] for name in ("init", "demo", "user create")}, "can only be read")
    for name, result in done.items():
        assert result.exit_code in (0, 1, 2), (name, result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit), (name, result.exception)


def test_no_room_for_temporary_files(
    app: Flask, words: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with app.extensions["database"].write() as session:
        scored_round(session)

    def full(*_args: object, **_options: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/sipas-x")  # noqa: S108

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    run = app.test_cli_runner().invoke
    for line in ("database backup --out {out}", "database test-backup --folder {backups}", LINES["export"]):
        name = line if line.startswith("database") else f"export {line}"
        done = run(args=name.format(**words).split())
        refused({name: done}, "there is no room left", "No space left")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_of_the_database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    database = app.extensions["database"]

    @sa.event.listens_for(database.engine, "connect")
    def _limit(connection: object, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    database.dispose()
    refused({"demo": app.test_cli_runner().invoke(args=["demo"])}, "no room left for the database")
