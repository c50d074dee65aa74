"""What the citizen's form costs the server: CPU per page shown and per form taken.

    python benchmarks/form.py

Targets: showing the 16-item form at most 2 ms of CPU, taking it at most 5 ms. The WSGI application is called as a
server calls it, with compression, on an embedded database of its own.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from survey.collect.respond import routes, stamp
from tests.support.places import CODE, fill, make_app

RUNS = 400


def environ(method: str, body: bytes = b"") -> dict[str, object]:
    """What a server passes for a request to the form."""
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": f"/K/{CODE}",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_ACCEPT_ENCODING": "gzip",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def cpu_ms(act: Callable[[], None]) -> float:
    """The mean CPU time of one call in milliseconds, after a warm-up."""
    for _ in range(20):
        act()
    start = time.process_time()
    for _ in range(RUNS):
        act()
    return (time.process_time() - start) / RUNS * 1000


def main() -> None:
    """Measure and print."""
    routes._within_limits = lambda *_: True
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(Path(folder))
        fields = fill(app.test_client())

        def call(method: str, body: bytes, expected: str) -> None:
            statuses: list[str] = []
            reply = app(environ(method, body), lambda status, *_: statuses.append(status))
            b"".join(reply)
            reply.close()
            assert statuses[0].startswith(expected), statuses

        def post() -> None:
            call("POST", urlencode(fields | {"key": stamp.new_key()}).encode(), "303")

        print(f"GET  {cpu_ms(lambda: call('GET', b'', '200')):.2f} ms of CPU (target 2)")
        print(f"POST {cpu_ms(post):.2f} ms of CPU (target 5)")
        app.extensions["database"].dispose()


if __name__ == "__main__":
    main()
