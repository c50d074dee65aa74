"""Rate limit of failed sign-ins: by name, and by the address that tries many names. Nobody is ever locked out."""

from __future__ import annotations

import flask
from flask_babel import ngettext

from survey.web.throttle import Throttle

FREE_BY_NAME, FREE_BY_ADDRESS = 5, 40
"""Failed attempts before the next ones wait: of one name, and of one address trying many names. A whole office behind
one connection stays below."""


def init_app(app: flask.Flask) -> None:
    """Set up the two throttles."""
    app.extensions["throttle"] = Throttle(FREE_BY_NAME)
    app.extensions["address_throttle"] = Throttle(FREE_BY_ADDRESS)


def wait_message(name: str) -> str:
    """Return what to say when `name`, or this address with many names, failed so often that it must wait; else ""."""
    wait = max(throttle.wait(key) for throttle, key in _throttles(name))
    if wait <= 0:
        return ""
    message = ngettext(
        "Too many attempts. Please wait %(num)s second and try again.",
        "Too many attempts. Please wait %(num)s seconds and try again.",
        int(wait) + 1,
    )
    return str(message)


def record_failure(name: str) -> None:
    """Count a failed attempt of a name, and of the address it came from."""
    for throttle, key in _throttles(name):
        throttle.failed(key)


def record_success(name: str) -> None:
    """Forget a name's failed attempts; those of the address stay."""
    throttle, key = _throttles(name)[0]
    throttle.succeeded(key)


def _throttles(name: str) -> tuple[tuple[Throttle, str], tuple[Throttle, str]]:
    extensions = flask.current_app.extensions
    return (extensions["throttle"], name), (extensions["address_throttle"], flask.request.remote_addr or "")
