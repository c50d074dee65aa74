"""Devices that signed in before (OWASP "device cookies"): a stranger who tries a name does not keep its owner out.

A signed cookie of the sign-in page names the accounts, by hash, that signed in from this browser. Their failures from
here are counted apart from everybody else's, so that whoever holds the cookie guesses no faster either.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

import flask
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug import Response

from survey.core.tokens import hash_token
from survey.web.context import settings

COOKIE = "sipas_device"
LASTS = timedelta(days=180)
MOST = 5
"""Accounts a browser is remembered for, the newest first."""


def known_as(name: str) -> str:
    """The number under which this browser's tries of a name are counted; empty when it never signed in so."""
    return _read().get(_mark(name), "")


def remember(reply: Response, name: str) -> None:
    """Let this browser be known for a name from now on."""
    known = _read()
    number = known.pop(_mark(name), "") or secrets.token_urlsafe(12)
    kept = [(_mark(name), number), *known.items()][:MOST]
    reply.set_cookie(
        _name(),
        _serializer().dumps(dict(kept)),
        max_age=LASTS,
        path=flask.url_for("auth.sign_in_page"),
        secure=flask.current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Strict",
    )


def _name() -> str:
    """The cookie's name; over TLS one that browsers take over TLS alone."""
    return f"__Secure-{COOKIE}" if flask.current_app.config["SESSION_COOKIE_SECURE"] else COOKIE


def _read() -> dict[str, str]:
    try:
        known = _serializer().loads(flask.request.cookies.get(_name(), ""), max_age=int(LASTS.total_seconds()))
    except BadData:
        return {}
    return {str(mark): str(number) for mark, number in known.items()} if isinstance(known, dict) else {}


def _serializer() -> URLSafeTimedSerializer:
    keys = [*settings().secret_key_fallbacks, settings().secret_key]
    return URLSafeTimedSerializer(keys, salt="device")


def _mark(name: str) -> str:
    return hash_token(f"device:{name}")[:16]
