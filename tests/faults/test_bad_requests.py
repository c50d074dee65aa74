"""Random bad requests: no server error, no row, no memory that is not given back.

`BAD_REQUESTS` says how many (`make test-bad-requests`: 1 000 000); seeds are fixed, so that a failure can be repeated.
What was found is printed at the end, and on the way when it takes long.
"""

from __future__ import annotations

import gc
import io
import os
import random
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from survey.maintenance.operations.copy_database import table_rows
from survey.models import AuditEvent
from tests.support.places import CODE, MANY, REVOKED, make_app

BY_DEFAULT = 20_000
#: after so many requests everything that is loaded or kept once is there, the rate limits' counts of some 60 000
#: callers included, and memory is measured for the first time
WARM = 50_000
MAX_GROWTH = 0.1
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "\x00", "ĐỌC"]
KINDS = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/json",
    "text/xml",
    "\xff",
    "",
]
PIECES = [
    CODE,
    MANY,
    REVOKED,
    "K",
    "k",
    "..",
    ".",
    "%",
    "%00",
    "%2e%2e",
    "thanks",
    "static",
    "api",
    "v1",
    "-1",
    "9" * 30,
]
PIECES += ["<script>", "'--", "{{7*7}}", "${x}", "\u202e", "e\u0301", "ế" * 40, "\\", "//evil.example", "sw.js", "r1"]
NAMES = [
    "key",
    "opened",
    "duration",
    "comment",
    "agency",
    "service",
    "website",
    "switch",
    "lang",
    "kiosk",
    "code",
    "next",
]
NAMES += ["csrf_token", "username", "password", "a.cc_thai_do", "a.", "a.none", "\x00", "page", "round", "file"]
VALUES = [
    "",
    "4",
    "0",
    "x",
    "k" * 15,
    "-1",
    "9" * 400,
    "\x00",
    "\ud800",
    "en",
    "../../etc/passwd",
    "' OR 1=1--",
    "NaN",
    "1e9",
]
HEADERS = {
    "HTTP_HOST": ["", "evil.example", "a" * 300, "[::1", "localhost:99999", "ế"],
    "HTTP_X_FORWARDED_FOR": ["1.2.3.4", "nonsense", ", , ,", "::1"],
    "HTTP_X_FORWARDED_PROTO": ["https", "javascript"],
    "HTTP_ACCEPT_ENCODING": ["gzip", "gzip;q=0", "gzip;q=x", "br, *", "\xff"],
    "HTTP_ACCEPT": ["application/json", "text/html", "*/*;q=2", ""],
    "HTTP_ACCEPT_LANGUAGE": ["en", "xx-YY;q=9", "\x00"],
    "HTTP_COOKIE": ["sipas=x", "sipas=.eJw", "; ; =", "a" * 4000],
    "HTTP_RANGE": ["bytes=0-1", "bytes=9-1", "lines=1"],
    "HTTP_IF_NONE_MATCH": ["*", '"x"', "W/"],
    "HTTP_IF_MODIFIED_SINCE": ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"],
    "HTTP_AUTHORIZATION": ["Bearer x", "Basic !!!", "Bearer \xff", "Digest"],
    "HTTP_TRANSFER_ENCODING": ["chunked"],
    "HTTP_ORIGIN": ["null", "https://evil.example"],
    "REMOTE_ADDR": ["", "127.0.0.1", "not an address"],
}


def amount() -> int:
    """Return how many requests to make."""
    return int(os.environ.get("BAD_REQUESTS", BY_DEFAULT))


def rules_of(app) -> list[str]:
    """Return the addresses the application knows, their places filled with a word."""
    found = []
    for rule in app.url_map.iter_rules():
        parts = [part.split(":")[-1].rstrip(">") if part.startswith("<") else part for part in rule.rule.split("/")]
        found.append("/".join(parts))
    return found


def bad_request(draw: random.Random, rules: list[str]) -> dict[str, object]:
    """Return what a server would pass on of one bad request. A form that could be stored is never among them."""
    if draw.random() < 0.4:
        path = draw.choice(rules)
    else:
        path = "/" + "/".join(draw.choice(PIECES) for _ in range(draw.randint(0, 4)))
    fields = [(draw.choice(NAMES), draw.choice(VALUES)) for _ in range(draw.randint(0, 6))]
    if draw.random() < 0.5:
        body = urlencode(fields, errors="surrogatepass").encode()
    else:
        body = draw.randbytes(draw.choice([0, 1, 20, 300]))
    environ: dict[str, object] = {
        "REQUEST_METHOD": draw.choice(METHODS),
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": quote(draw.choice(VALUES), safe="%&=", errors="surrogatepass") if draw.random() < 0.5 else "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": f"10.{draw.randrange(250)}.{draw.randrange(250)}.1",
        "CONTENT_TYPE": draw.choice(KINDS),
        "CONTENT_LENGTH": draw.choice([str(len(body)), str(len(body)), str(len(body)), "", "-1", "x", "9" * 20, "0"]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name in draw.sample(sorted(HEADERS), draw.randint(0, 3)):
        environ[name] = draw.choice(HEADERS[name])
    return environ


def resident() -> int:
    """Return the memory of this process, in bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def send(app, environ: dict[str, object]) -> str:
    """Let the application answer one request; return the status it said."""
    said: list[str] = []
    reply = app(environ, lambda status, headers, error=None: said.append(status))
    for _ in reply:
        pass
    if hasattr(reply, "close"):
        reply.close()
    return said[0]


def refusals(app: Flask, before: int) -> int:
    """How many lines the log has now, where all that came tell of refusals: equal ones within a minute are one."""
    with app.extensions["database"].read() as session:
        actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()[before:]
    assert all(action.startswith("access.") for action in actions)
    return before + len(actions)


@pytest.mark.parametrize("proxies", [0, 1])
def test_bad_requests_do_nothing(tmp_path: Path, proxies: int, capsys: pytest.CaptureFixture[str]) -> None:
    app = make_app(tmp_path, trusted_proxies=proxies)
    draw = random.Random(20261125 + proxies)  # noqa: S311 (repeatable on purpose)
    rules, number = rules_of(app), amount() // 2
    warm_after = max(1, min(WARM, number // 2))
    rows = table_rows(app.extensions["database"])
    statuses: Counter[int] = Counter()
    warm, began = 0, time.monotonic()

    def tell(count: int) -> None:
        kinds = ", ".join(f"{kind} × {times}" for kind, times in sorted(statuses.items()))
        with capsys.disabled():
            print(  # noqa: T201
                f"\n{count} of {number} bad requests, {proxies} proxies, {time.monotonic() - began:.0f} s: {kinds}; "
                f"memory {warm / 2**20:.1f} MiB after {warm_after}, {resident() / 2**20:.1f} MiB now"
            )

    for count in range(1, number + 1):
        environ = bad_request(draw, rules)
        said = send(app, environ)
        statuses[int(said[:3])] += 1
        assert int(said[:3]) < 500, (count, said, {k: v for k, v in environ.items() if "wsgi" not in k})
        if count == warm_after:
            warm = resident()
        if count % 50_000 == 0 and count < number:
            tell(count)
    tell(number)
    assert statuses.total() == number
    assert table_rows(app.extensions["database"]) == rows | {"audit_event": refusals(app, rows["audit_event"])}
    grown = resident() / warm - 1
    assert grown < MAX_GROWTH, f"memory grew by {grown:.0%}"
    assert {404, 405} <= set(statuses)
    app.extensions["database"].dispose()
