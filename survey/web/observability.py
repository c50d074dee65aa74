"""What an operator can see: one line of JSON a request, and numbers for Prometheus. Nobody who answers can be seen.

Lines and numbers name the route, never the address a request came from, its browser or what it carried. Every reply
has an `X-Request-ID` that is in its line too.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import time
from datetime import UTC, datetime

import flask
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

logger = logging.getLogger("sipas.requests")
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
QUIET_S = 60.0
"""Seconds between two lines of the log that say the server is ready."""
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable by which worker processes share their numbers; `survey.serve` sets it."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line; whatever a message holds cannot begin another line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class Metrics:
    """The numbers of this process, or of all workers where they share a folder."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._responses = Counter(
            "sipas_responses", "Forms sent by citizens, by what became of them", ["outcome"], registry=self._registry
        )
        self._unstored = Gauge(
            "sipas_answer_refused_seconds",
            "Unix time at which an answer could not be stored last; 0: never",
            registry=self._registry,
            multiprocess_mode="max",
        )
        self._requests = Histogram(
            "sipas_request_seconds",
            "Time to answer a request",
            ["endpoint", "method", "status"],
            buckets=BUCKETS,
            registry=self._registry,
        )

    def unstored(self, moment: datetime) -> None:
        """Note that an answer could not be stored."""
        self._unstored.set(moment.timestamp())

    def response(self, outcome: str) -> None:
        """Count a form sent: `accepted`, `duplicate`, `excluded` or `refused`."""
        self._responses.labels(outcome).inc()

    def request(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """Count and time a request."""
        self._requests.labels(endpoint, method, f"{status // 100}xx").observe(seconds)

    def text(self) -> bytes:
        """The numbers in Prometheus' text format."""
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        every = CollectorRegistry()
        multiprocess.MultiProcessCollector(every)  # type: ignore[no-untyped-call]
        return generate_latest(every)


def configure_logging(level: int = logging.INFO) -> None:
    """Send every log line of the process to standard error as JSON; called once, by whatever starts the server."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # each command would begin with them


def init_app(app: flask.Flask) -> None:
    """Time and count every request, and write its line."""
    app.extensions["metrics"] = Metrics()
    app.before_request(_begin)
    app.after_request(_end)


def _is_due() -> bool:
    """Say whether a minute has passed since the last line about readiness: it is asked every few seconds."""
    last: list[float] = flask.current_app.extensions.setdefault("ready_logged", [])
    if last and time.perf_counter() - last[0] < QUIET_S:
        return False
    last[:] = [time.perf_counter()]
    return True


def _begin() -> None:
    flask.g.began = time.perf_counter()
    flask.g.request_id = secrets.token_hex(8)


def _end(response: flask.Response) -> flask.Response:
    """Write the line of a request and count it; what became of a form is in `g.outcome`."""
    if "began" not in flask.g:  # another extension answered before us
        return response
    seconds = time.perf_counter() - flask.g.began
    endpoint = flask.request.endpoint or "none"
    response.headers["X-Request-ID"] = flask.g.request_id
    with contextlib.suppress(OSError):  # a full disk under the workers' shared numbers is no reason to fail anybody
        metrics: Metrics = flask.current_app.extensions["metrics"]
        metrics.request(endpoint, flask.request.method, response.status_code, seconds)
        if endpoint == "respond.send":
            if response.status_code == 503:
                metrics.unstored(flask.current_app.extensions["clock"]())
            metrics.response(flask.g.get("outcome") or ("refused" if response.status_code >= 400 else "accepted"))
    if flask.g.get("unlogged"):  # pages that promise to leave no line
        return response
    user = flask.g.get("user")
    facts = {
        "request_id": flask.g.request_id,
        "endpoint": endpoint,
        "method": flask.request.method,
        "status": response.status_code,
        "ms": round(1000 * seconds, 1),
    }
    if user is not None:
        facts["user"] = user.id
    if endpoint == "health.ready" and response.status_code == 200 and not _is_due():
        return response
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    logger.log(level, "request", extra={"facts": facts})
    return response
