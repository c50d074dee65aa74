"""An application that really runs, for tests with a browser or over HTTP."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Flask
from werkzeug.serving import make_server


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on a free port of this machine; yield its address, and close its database at the end."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        app.extensions["database"].dispose()


@dataclass(frozen=True)
class Answered:
    """What a server answered."""

    status_code: int
    text: str

    def get_data(self, *, as_text: bool) -> str:
        """Return the body as the test client does."""
        assert as_text
        return self.text


class Stranger:
    """Somebody on the network without a cookie: one connection that is kept, as browsers do."""

    def __init__(self, base: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)

    def get(self, path: str) -> Answered:
        """Open a page."""
        return self._ask("GET", path)

    def post(self, path: str, *, data: dict[str, str]) -> Answered:
        """Send a form."""
        return self._ask("POST", path, urlencode(data), {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> Answered:
        self._connection.request(method, path, body, headers or {})
        reply = self._connection.getresponse()
        return Answered(reply.status, reply.read().decode("utf-8"))
