"""What every reply carries and every failure says: headers, caching, rate limits, error pages."""

from __future__ import annotations

import gzip
import hashlib
import math
import time

import flask
import sqlalchemy as sa
from flask_babel import gettext as _
from flask_limiter import Limiter
from limits import RateLimitItem
from limits.errors import ConfigurationError, StorageError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable, TooManyRequests

from survey.core.db import UNAVAILABLE
from survey.core.errors import InputError
from survey.web import assets
from survey.web.context import settings
from survey.web.networks import networks
from survey.web.queries.installation import read_is_demo
from survey.web.rate_counts import RateCounts

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

#: dynamic pages shorter than this are not worth compressing
MIN_COMPRESSED = 1000

RETRY_AFTER = 30
"""Seconds after which it makes sense to try again while the database cannot be used."""

RETRY_AFTER_LIMIT = 300
"""Seconds after which every rate limit of ours has passed."""


WIDER = 4
"""How many times as much the wider of two networks may do: a house has a /64, a site of many houses a /48."""


def callers() -> tuple[str, ...]:
    """The rate limit's key of calls: the caller's networks, hashed with the installation's key."""
    key = hashlib.sha256(settings().secret_key.encode()).digest()
    found = networks(flask.request.remote_addr)
    return tuple(hashlib.blake2b(name.encode(), digest_size=16, key=key).hexdigest() for name in found)


def caller() -> str:
    """The narrowest of the caller's networks."""
    return callers()[0]


limiter = Limiter(caller, headers_enabled=False)
"""Rate limits by address, counted in memory, short-lived, never stored: `within(limit, kind)` in a view."""


def within(limit: RateLimitItem, *kind: str) -> bool:
    """Count a call of this caller under `kind`; say whether it is within the limit, in the wider network too.

    Counts that cannot be reached (Redis) refuse nobody: an answer is worth more than the limit.
    """
    wide = limit.__class__(WIDER * limit.amount, limit.multiples)
    try:
        strategy, names = limiter.limiter, callers()
        hits = [strategy.hit(one, *kind, name) for one, name in zip((limit, wide), names, strict=False)]
        return all(hits)
    except StorageError as error:
        flask.current_app.logger.warning("rate limits cannot be counted: %s", error)
        return True


def within_key(limit: RateLimitItem, *key: str) -> bool:
    """Count a call under a key without address; say whether it is within the limit. Errors as `within`."""
    try:
        return limiter.limiter.hit(limit, *key)
    except StorageError as error:
        flask.current_app.logger.warning("rate limits cannot be counted: %s", error)
        return True


def init_app(app: flask.Flask) -> None:
    """Add the headers, the limiter, the error pages and the facts that every page shows."""
    assets.init_app(app)
    _set_up_limits(app)
    app.after_request(_compress)
    app.after_request(_say_when)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, error_page)
    for kind in UNAVAILABLE:
        app.register_error_handler(kind, _unavailable_page)
    app.context_processor(lambda: {"is_demo": is_demo()})


def next_of(key: str, window: float) -> int:
    """The number of a call within its window, which begins with the first one; errors as `within`: the first."""
    try:
        return limiter.storage.incr(key, int(window))
    except StorageError as error:
        flask.current_app.logger.warning("rate limits cannot be counted: %s", error)
        return 1


def _set_up_limits(app: flask.Flask) -> None:
    """Count where the settings say; raise `InputError` when that cannot be."""
    uri = app.config["SETTINGS"].rate_limit_storage
    app.config["RATELIMIT_STORAGE_URI"] = uri or f"{RateCounts.STORAGE_SCHEME[0]}://"
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"wrap_exceptions": True}
    try:
        limiter.init_app(app)
    except ConfigurationError as error:
        raise InputError("RATE_LIMIT_STORAGE cannot be used: %(why)s", why=error) from error


def is_demo() -> bool:
    """Say whether this database is the demonstration province; asked of the database at most once a second.

    A database that fails says no: the error page needs an answer too.
    """
    app = flask.current_app
    asked_at, answer = app.extensions.get("is_demo", (-math.inf, False))
    now = time.monotonic()
    if now - asked_at > 1:
        try:
            with app.extensions["database"].read() as session:
                answer = read_is_demo(session)
        except sa.exc.SQLAlchemyError:
            answer = False
        app.extensions["is_demo"] = (now, answer)
    return bool(answer)


def _add_headers(response: flask.Response) -> flask.Response:
    """Set the security headers, and forbid storing any page that did not say otherwise."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if settings().public_base_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def _say_when(response: flask.Response) -> flask.Response:
    """Say with every 429 when to try again: after `g.retry_after` seconds, where a limit knows it better."""
    if response.status_code == TooManyRequests.code and "Retry-After" not in response.headers:
        response.retry_after = flask.g.get("retry_after", RETRY_AFTER_LIMIT)
    return response


def _compress(response: flask.Response) -> flask.Response:
    """Send HTML as gzip where the client takes it: a 3G phone waits for bytes, not for our processor.

    Pages hold no secret that an attacker could guess byte by byte through the length (BREACH): sign-in tokens are
    masked anew on every rendering.
    """
    if response.mimetype != "text/html" or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    accepted = flask.request.headers.get("Accept-Encoding", "")
    if "Content-Encoding" in response.headers or not assets.accepts_gzip(accepted):
        return response
    body = response.get_data()
    if len(body) >= MIN_COMPRESSED:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def error_page(error: HTTPException) -> flask.Response:
    """A page that says in plain words what happened and what to do; never a stack trace."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    code = error.code or InternalServerError.code
    title, advice = _explanation(code)
    return flask.make_response(flask.render_template("error.html", code=code, heading=title, advice=advice), code)


def log_unavailable(error: Exception) -> None:
    """Log why the database could not be used: the cause alone, without the values of the statement."""
    flask.current_app.logger.error("the database cannot be used: %s", getattr(error, "orig", None) or error)


def _unavailable_page(error: Exception) -> flask.Response:
    """A page that says to try again soon."""
    log_unavailable(error)
    reply = flask.make_response(error_page(ServiceUnavailable()))
    reply.retry_after = RETRY_AFTER
    return reply


def _explanation(code: int) -> tuple[str, str]:
    """(title, what to do) for a status code."""
    known = {
        400: (_("We could not read that"), _("Please go back to the form and send it again.")),
        403: (_("You may not open this page"), _("Sign in with an account that may, or ask your administrator.")),
        404: (_("This page does not exist"), _("Please check the address, or scan the code on the poster again.")),
        405: (_("This page does not exist"), _("Please check the address, or scan the code on the poster again.")),
        413: (_("That was too long"), _("Please go back, shorten what you wrote, and send it again.")),
        429: (_("Too many at once"), _("Please wait a few minutes and send it again. Thank you for your patience.")),
    }
    if code in known:
        return known[code]
    if code < 500:
        return known[400]
    return _("Something went wrong on our side"), _("Nothing you did caused this. Please try again in a few minutes.")
