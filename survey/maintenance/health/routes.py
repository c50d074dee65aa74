"""`/health/live`, `/health/ready` and `/metrics`."""

from __future__ import annotations

import hmac
import ipaddress

import flask

from survey.maintenance.queries.readiness import why_not_ready
from survey.maintenance.queries.storage_mark import read_expected_mark, recent_warning
from survey.web.context import database, settings
from survey.web.observability import Metrics

blueprint = flask.Blueprint("health", __name__)
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
#: set by whatever stands in front; with one of them the caller is not who the connection comes from
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@blueprint.get("/health/live")
def live() -> flask.Response:
    """Liveness probe: the process answers; the database is not asked."""
    return flask.jsonify(status="live")


@blueprint.get("/health/ready")
def ready() -> tuple[flask.Response, int]:
    """Readiness probe: an answer could be stored now, and the schema is one that this program can serve.

    A storage that other servers do not share is told beside it: citizens are served all the same.
    """
    why = why_not_ready(database(), settings())
    if why:
        return flask.jsonify(status="not ready", why=why), 503
    with database().read_autocommit() as session:
        other = recent_warning(settings(), read_expected_mark(session))
    return flask.jsonify(status="ready", **({"warning": other} if other else {})), 200


@blueprint.get("/metrics")
def metrics() -> flask.Response:
    """Prometheus metrics, for this machine itself or whoever has METRICS_TOKEN; for others there is no such page."""
    if not (_from_this_machine() or _has_token()):
        flask.abort(404)
    numbers: Metrics = flask.current_app.extensions["metrics"]
    return flask.Response(numbers.text(), content_type=PROMETHEUS)


def _from_this_machine() -> bool:
    request = flask.request
    if any(name in request.headers for name in FORWARDED) or not request.remote_addr:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr).is_loopback
    except ValueError:
        return False


def _has_token() -> bool:
    given = flask.request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return bool(settings().metrics_token) and hmac.compare_digest(given.encode(), settings().metrics_token.encode())
