"""A visit to the real server, then a search of everything it wrote: nobody who answered can be found there."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup

from survey.core.actor import Actor
from survey.core.db import Database
from survey.maintenance.backup import create_backup, read_manifest
from survey.publication.operations.api_clients import create_api_client
from tests.support.evaluation import NOW, PASSWORD, accounts, token
from tests.support.office import OFFICE
from tests.support.places import BACKUP_KEY, CODE, SECRET, make_app
from tests.support.programs import free_port

ROOT = Path(__file__).parents[2]
COMMENT = "Quầy sạch sẽ, cảm ơn cán bộ."
#: what tells one person or telephone from another; the first two are where requests really come from
DIRECT, FORWARDED = "127.0.0.77", "203.0.113.77"
IDENTIFYING = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 9; RedmiNote-0912345678) Zalo/24.01",
    "Referer": "https://zalo.example/chat/nguyen-van-an",
    "X-Forwarded-For": FORWARDED,
    "X-Real-IP": "203.0.113.78",
    "Forwarded": "for=203.0.113.79",
    "Cookie": "device=9f8e7d6c5b4a; sipas=",
    "Accept-Language": "vi-x-sonla-moc-chau",
    "Sec-CH-UA-Model": "RedmiNote",
}
TRACES = (
    *(DIRECT, "203.0.113.7", "RedmiNote", "0912345678", "Zalo/24", "zalo.example", "nguyen-van-an", "9f8e7d6c5b4a"),
    *("moc-chau", "fbclid", "thue-bao-84912"),
)
METRICS = "a token of whoever watches"
SECRETS = (PASSWORD, SECRET, METRICS)


@dataclass
class Running:
    """A server as `make serve` starts it, and what it said."""

    port: int
    instance: Path
    log: Path
    process: subprocess.Popen[bytes]
    api_token: str

    def ask(self, method: str, path: str, body: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """Send a request from the caller's own address; return status, session cookie and page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(DIRECT, 0))
        sent = IDENTIFYING | {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(connection):
            connection.request(method, path, urlencode(body) if body is not None else None, sent)
            reply = connection.getresponse()
            cookie = re.search(r"sipas=([^;]*)", reply.getheader("Set-Cookie") or "")
            page = reply.read()
        text = gzip.decompress(page) if reply.getheader("Content-Encoding") == "gzip" else page
        return reply.status, cookie[1] if cookie else "", text.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    tmp_path = tmp_path_factory.mktemp("privacy")
    instance, log = tmp_path / "instance", tmp_path / "log"
    app = make_app(instance)
    with app.extensions["database"].write() as session:
        accounts(session)
        _client, api_token = create_api_client(session, name="cong", scopes=["published"], actor=Actor(NOW))
    app.extensions["database"].dispose()
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "INSTANCE_DIR": str(instance),
        "SECRET_KEY": SECRET,
        "PORT": str(port),
        "PUBLIC_BASE_URL": "http://danhgia.example.vn",
        **OFFICE,
        "TRUSTED_PROXIES": "1",
        "METRICS_TOKEN": METRICS,
        "PYTHONUTF8": "1",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "survey.serve", "--production"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    made = Running(port, instance, log, process, api_token)
    try:
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            try:
                if made.ask("GET", "/health/ready")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield made
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def body_of(page: str) -> dict[str, str]:
    """Return a form as a browser sends it, every question answered 4."""
    form = BeautifulSoup(page, "html.parser").find(id="form")
    assert form is not None
    found = {field["name"]: field.get("value", "") for field in form.select("input[type=hidden]")}
    return {**found, **{radio["name"]: "4" for radio in form.select(".scale input[type=radio]")}}


def visit(server: Running) -> None:
    """Do what people do: answer by telephone and at a kiosk, sign in, read by the API, and send what cannot be read."""
    query = "?fbclid=thue-bao-84912"
    status, cookie, page = server.ask("GET", f"/K/{CODE}{query}")
    assert (status, cookie) == (200, "")
    status, cookie, _ = server.ask("POST", f"/K/{CODE}{query}", {**body_of(page), "comment": COMMENT})
    assert (status, cookie) == (303, "")
    status, _, page = server.ask("GET", f"/K/{CODE}{query}&kiosk=1")
    assert server.ask("POST", f"/K/{CODE}?kiosk=1", body_of(page))[0] == 303
    assert server.ask("POST", f"/K/{CODE}{query}", {})[0] == 422
    for path in (f"/K/{CODE}/thanks", "/quyen-rieng-tu", "/ket-qua", "/nowhere/0912345678", "/K/thue-bao-84912"):
        server.ask("GET", path + query)

    _, cookie, page = server.ask("GET", "/dang-nhap")
    session = {"Cookie": f"device=9f8e7d6c5b4a; sipas={cookie}"}
    wrong = {"csrf_token": token(page), "username": "admin", "password": "thue-bao-84912"}
    assert server.ask("POST", "/dang-nhap", wrong, **session)[0] == 422
    right = {"csrf_token": token(page), "username": "admin", "password": PASSWORD}
    status, cookie, _ = server.ask("POST", "/dang-nhap", right, **session)
    assert status == 303
    assert server.ask("GET", "/danh-gia/r1", Cookie=f"sipas={cookie}")[0] == 200
    assert server.ask("GET", "/api/v1/rounds", Authorization=f"Bearer {server.api_token}")[0] == 200
    assert server.ask("GET", "/api/v1/rounds", Authorization="Bearer thue-bao-84912")[0] == 401
    for nonsense in (b"GE\x00T / HTTP/1.1\r\nHost: 0912345678\r\n\r\n", b"GET /0912345678 HTTP/9.9\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), 20, source_address=(DIRECT, 0)) as line:
            line.sendall(nonsense)
            line.recv(1000)


def written(server: Running) -> dict[str, bytes]:
    """Return everything that lies anywhere, by name: database and its log, metrics, other files, the server's lines."""
    found = {path.name: path.read_bytes() for path in server.instance.rglob("*") if path.is_file()}
    return {**found, "log": server.log.read_bytes()}


@pytest.fixture(scope="module")
def found(running: Running) -> dict[str, bytes]:
    """Return all that was written by a visit, while the server ran and after it ended, and a backup of it."""
    visit(running)
    before = written(running)
    assert any(name.endswith("-wal") for name in before)
    assert running.ask("GET", "/metrics")[0] == 404
    status, _, metrics = running.ask("GET", "/metrics", Authorization=f"Bearer {METRICS}")
    assert (status, "sipas_responses_total" in metrics) == (200, True)
    running.process.terminate()
    running.process.wait(20)
    database = Database(f"sqlite:///{running.instance / 'sipas.db'}")
    manifest = create_backup(database, running.instance / "backups", key=BACKUP_KEY, now=NOW)
    database.dispose()
    return {
        **{f"{name} while running": data for name, data in before.items()},
        **written(running),
        "metrics": metrics.encode(),
        "manifest": manifest.read_bytes(),
        "backup": gzip.decompress(manifest.with_name(read_manifest(manifest).file).read_bytes()),
    }


def test_nothing_that_was_written_tells_who_visited(running: Running, found: dict[str, bytes]) -> None:
    for name, data in found.items():
        for trace in (*TRACES, *SECRETS, running.api_token):
            assert trace.encode() not in data, (name, trace)
            assert trace.encode("utf-16-le") not in data, (name, trace)
    assert COMMENT.encode() in found["backup"]  # the search is of the right files
    assert COMMENT.encode() not in found["log"] + found["metrics"]


def test_every_line_of_the_log_is_json_and_names_the_route_alone(found: dict[str, bytes]) -> None:
    # what the person at the terminal is told while it starts ends with the line of its start
    _greeting, _start, log = found["log"].decode().partition("Starting the server")
    lines = [line for line in log.splitlines()[1:] if line.strip()]
    told = [json.loads(line) for line in lines if not re.match(r"(Address|A counter's form): ", line)]
    requests = [line for line in told if line["message"] == "request"]
    assert {"respond.show", "respond.send", "auth.sign_in_page", "api.rounds"} <= {r["endpoint"] for r in requests}
    known = {"at", "level", "logger", "message", "request_id", "endpoint", "method", "status", "ms", "user"}
    assert all(set(line) <= known for line in requests)
    assert CODE not in json.dumps(told)
    refused = [line["message"] for line in told if line["logger"] == "gunicorn.error"]
    assert any("Invalid request from ip=-" in message for message in refused)
