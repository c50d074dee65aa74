"""The examples for nginx and Caddy, each run in front of the application: what the guide says of them holds."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from werkzeug.serving import make_server

from survey.models import Response
from tests.support.places import CODE, fill, make_app
from tests.support.programs import end, free_port, hand_over, own_folder, program, unprivileged, wait_for

FOLDER = Path(__file__).parents[2] / "docs" / "deploy"
NAME = "danhgia.example.vn"
#: two phones, as far as the proxy can see
ONE, OTHER = "127.0.0.2", "127.0.0.3"
CLAIMED = {
    "X-Forwarded-For": "203.0.113.7, 203.0.113.8",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "http",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.10;host=evil.example",
}
IDENTIFYING = {"User-Agent": "RedmiNote-0912345678", "Referer": "https://zalo.example/nguyen-van-an"}
TRACES = (ONE, OTHER, "203.0.113.", "RedmiNote", "zalo.example", "thue-bao-84912", CODE)


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    page: str


@dataclass
class Site:
    """A proxy that runs, and the application behind it."""

    folder: Path
    app: flask.Flask
    #: where the proxy finds the application
    upstream: int = field(default_factory=free_port)
    secure_port: int = field(default_factory=free_port)
    plain_port: int = field(default_factory=free_port)
    #: what reached the application, as it understands it
    seen: list[flask.Request] = field(default_factory=list)

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, str] | bytes | None = None,
        *,
        sender: str = ONE,
        name: str = NAME,
        **headers: str,
    ) -> Reply:
        """Send one request over TLS, from an address of loopback that is the sender's own."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        connection = http.client.HTTPConnection(name, timeout=20)
        plain = socket.create_connection(("127.0.0.1", self.secure_port), 20, (sender, 0))
        try:
            connection.sock = trusted.wrap_socket(plain, server_hostname=name)
            return exchange(connection, method, path, body, headers)
        finally:
            connection.close()
            plain.close()

    def ask_plainly(self, path: str) -> Reply:
        """Send one request without TLS."""
        connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=20, source_address=(ONE, 0))
        try:
            return exchange(connection, "GET", path, None, {"Host": NAME})
        finally:
            connection.close()

    def written(self) -> dict[str, str]:
        """Return what lies in the proxy's folder, but for its settings and its certificate."""
        own = {"certificate.pem", "key.pem", "settings"}
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name not in own]
        return {path.name: path.read_text("utf-8", "replace") for path in files}


def exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: dict[str, str] | bytes | None,
    headers: dict[str, str],
) -> Reply:
    if isinstance(body, dict):
        body = urlencode(body).encode()
        headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, body, headers)
    got = connection.getresponse()
    return Reply(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read().decode())


def nginx(site: Site, *, caching: bool = False) -> list[list[str]]:
    """Write the example's settings with places of this test; return the commands that check and start it."""
    text = (FOLDER / "nginx.conf").read_text("utf-8")
    if caching:
        cache = (FOLDER / "nginx-cache.conf").read_text("utf-8")
        text = cache.replace("/var/cache/nginx/sipas", f"{site.folder}/cache") + text
    text = re.sub(r"^\s*listen \[::\].*$", "", text, flags=re.MULTILINE)  # this machine may have no IPv6
    text = re.sub(r"listen 443\b", f"listen 127.0.0.1:{site.secure_port}", text)
    text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{site.plain_port}", text)
    text = text.replace(f"/etc/letsencrypt/live/{NAME}/fullchain.pem", f"{site.folder}/certificate.pem")
    text = text.replace(f"/etc/letsencrypt/live/{NAME}/privkey.pem", f"{site.folder}/key.pem")
    text = text.replace("/var/log/nginx", str(site.folder)).replace("127.0.0.1:8000", f"127.0.0.1:{site.upstream}")
    places = "".join(
        f"{name}_temp_path {site.folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = site.folder / "settings"
    settings.write_text(
        f"daemon off;\nworker_processes 1;\npid {site.folder}/pid;\nevents {{}}\nhttp {{\n{places}{text}\n}}\n", "utf-8"
    )
    command = [program("nginx"), "-e", "stderr", "-p", str(site.folder), "-c", str(settings)]
    return [[*command, "-t"], command]


def caddy(site: Site) -> list[list[str]]:
    """Write the example's settings with places of this test; return the commands that check and start it."""
    text = (FOLDER / "Caddyfile").read_text("utf-8")
    text = text.replace("lb_try_duration 10s", "lb_try_duration 2s")
    ports = f"\tadmin off\n\thttps_port {site.secure_port}\n\thttp_port {site.plain_port}\n"
    text = text.replace("{\n", f"{{\n{ports}", 1)
    # a certificate that is there already: none is asked for on the network
    given = f"\tbind 127.0.0.1\n\ttls {site.folder}/certificate.pem {site.folder}/key.pem\n"
    text = text.replace(f"{NAME} {{\n", f"{NAME} {{\n{given}", 1).replace(
        "127.0.0.1:8000", f"127.0.0.1:{site.upstream}"
    )
    settings = site.folder / "settings"
    settings.write_text(text, "utf-8")
    options = ["--adapter", "caddyfile", "--config", str(settings)]
    return [[program("caddy"), "validate", *options], [program("caddy"), "run", *options]]


@contextmanager
def served(site: Site) -> Iterator[None]:
    """Let the application answer where the proxy looks for it."""

    def watched(environ: dict[str, Any], start: Any) -> Any:
        reply = site.app(environ, start)
        site.seen.append(flask.Request(environ))
        return reply

    server = make_server("127.0.0.1", site.upstream, watched, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def in_front(kind: str, app: flask.Flask) -> Iterator[Site]:
    """Run a proxy without rights, once it has found its settings good; the application does not answer yet."""
    with own_folder(kind) as folder:
        site = Site(folder, app)
        certify(folder)
        check, start = caddy(site) if kind == "caddy" else nginx(site, caching=kind == "caching-nginx")
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        told = subprocess.run(check, env=environment, capture_output=True, text=True, check=False, **unprivileged())
        assert told.returncode == 0, told.stderr
        with (folder / "stderr").open("wb") as log:
            process = subprocess.Popen(start, env=environment, stdout=log, stderr=log, **unprivileged())
        try:
            for port in (site.secure_port, site.plain_port):
                wait_for(port, process)
            yield site
        finally:
            end(process)


def certify(folder: Path) -> None:
    """Make a certificate that nobody else has signed."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"]
    names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    command = [program("openssl"), "req", "-x509", *kind, *names, "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    for path in (certificate, key):
        hand_over(path)


@pytest.fixture(scope="module")
def behind_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flask.Flask]:
    """The application as it is set up behind one proxy."""
    folder = tmp_path_factory.mktemp("proxies")
    app = make_app(folder, trusted_proxies=1, public_base_url=f"https://{NAME}", metrics_token="t")
    yield app
    app.extensions["database"].dispose()


@pytest.fixture(params=["nginx", "caddy"])
def site(request: pytest.FixtureRequest, behind_one: flask.Flask) -> Iterator[Site]:
    """Each proxy, and the application behind it."""
    with in_front(request.param, behind_one) as made, served(made):
        yield made


def test_the_sender_s_own_address_is_counted_and_nothing_claimed_is_believed(site: Site) -> None:
    for sender in (ONE, OTHER):
        reply = site.ask("POST", f"/K/{CODE}", fill(site.app.test_client()), sender=sender, **CLAIMED)
        assert (reply.status, reply.headers["location"]) == (303, f"/K/{CODE}/thanks")
        seen = site.seen[-1]
        assert (seen.remote_addr, seen.scheme, seen.host, seen.root_path) == (sender, "https", NAME, "")
        passed = {name: value for name, value in seen.headers.items() if name in CLAIMED}
        assert passed == {"X-Forwarded-For": sender, "X-Forwarded-Proto": "https"}


def test_plain_lines_lead_to_tls_and_browsers_are_told_to_stay_there(site: Site) -> None:
    reply = site.ask_plainly(f"/K/{CODE}")
    assert reply.status in {301, 308}
    assert re.fullmatch(rf"https://{re.escape(NAME)}(:\d+)?/K/{CODE}", reply.headers["location"])
    assert "max-age=31536000" in site.ask("GET", f"/K/{CODE}").headers["strict-transport-security"]
    assert "Secure" in site.ask("GET", "/dang-nhap").headers["set-cookie"]
    with pytest.raises(ssl.SSLError):
        site.ask("GET", "/", name="elsewhere.example.vn")


def test_what_is_for_this_machine_alone_stays_here(site: Site) -> None:
    assert site.ask("GET", "/metrics", Authorization="Bearer t").status == 404
    assert site.seen == []


def test_what_could_not_be_stored_comes_back_on_the_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise sa.exc.OperationalError("", {}, Exception("database is locked"))

    body = fill(site.app.test_client(), comment="Cảm ơn cán bộ")
    monkeypatch.setattr(site.app.extensions["database"], "write_together", fail)
    reply = site.ask("POST", f"/K/{CODE}", body)
    assert (reply.status, "Cảm ơn cán bộ" in reply.page) == (503, True)
    assert "retry-after" in reply.headers


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_no_proxy_writes_down_who_came(behind_one: flask.Flask, kind: str) -> None:
    with in_front(kind, behind_one) as site:
        with served(site):
            for path in (f"/K/{CODE}", "/dang-nhap"):
                assert site.ask("GET", f"{path}?fbclid=thue-bao-84912", **IDENTIFYING, **CLAIMED).status == 200
            with pytest.raises(ssl.SSLError):
                site.ask("GET", "/", name="elsewhere.example.vn")
            for port, nonsense in (
                (site.secure_port, b"\x16\x03\x01\x00\x05nonsense"),
                (site.plain_port, b"\xff\r\n\r\n"),
            ):
                with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), 5, (ONE, 0)) as line:
                    line.sendall(nonsense)
                    line.recv(100)
        # an application that is away makes proxies complain, and name the caller
        assert site.ask("GET", f"/K/{CODE}", **IDENTIFYING).status == 502
        written = site.written()
    assert [(name, trace) for name, text in written.items() for trace in TRACES if trace in text] == []
    if kind == "nginx":
        line = rf"\S+ GET 200 [\d.]+ {re.escape(NAME)}\n"
        assert re.fullmatch(line, written["sipas.log"]), "the form leaves no line, other pages one that names nobody"


def test_a_caching_proxy_answers_for_the_form_and_every_form_is_stored(tmp_path: Path) -> None:
    people = 20
    app = make_app(tmp_path, trusted_proxies=1, public_base_url=f"https://{NAME}", form_cache_seconds=60)
    with in_front("caching-nginx", app) as site, served(site):
        for number in range(people):
            opened = site.ask("GET", f"/K/{CODE}", sender=f"127.0.1.{number}")
            page = BeautifulSoup(opened.page, "html.parser")
            files = [tag.get("src") or tag["href"] for tag in page.select('script[src], link[rel="stylesheet"]')]
            for file in files:
                assert site.ask("GET", file, sender=f"127.0.1.{number}").status == 200
            time_of = json.loads(site.ask("GET", f"/K/{CODE}/opened", sender=f"127.0.1.{number}").page)
            body = {field["name"]: field.get("value", "") for field in page.select("#form input[type=hidden]")}
            body |= {"key": f"{number:024}", "a.hai_long_chung": "5", **time_of}
            sent = site.ask("POST", f"/K/{CODE}", body, sender=f"127.0.1.{number}")
            assert (sent.status, site.ask("GET", f"/K/{CODE}/thanks").status) == (303, 200)
        with app.extensions["database"].read() as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == people
        reached = Counter(request.path for request in site.seen if request.method == "GET")
        # once each, whoever asks; the time alone is everybody's own
        assert reached.pop(f"/K/{CODE}/opened") == people
        assert set(reached.values()) == {1}
        # what is not called public is nobody else's: two sign-in pages have two tokens
        for _ in range(2):
            assert site.ask("GET", "/dang-nhap").status == 200
        assert [request.path for request in site.seen].count("/dang-nhap") == 2
    app.extensions["database"].dispose()


def test_caddy_lets_who_opens_a_form_wait_while_the_application_starts(behind_one: flask.Flask) -> None:
    with in_front("caddy", behind_one) as site, ThreadPoolExecutor() as pool:
        early = pool.submit(site.ask, "GET", f"/K/{CODE}")
        time.sleep(0.3)
        with served(site):
            assert early.result().status == 200
