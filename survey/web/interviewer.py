"""The cookie of an interviewer's tablet: an evaluator put it there, and no address can bring it along.

It is sent to the tablet's own form alone. The server keeps its hash, so that a tablet can be revoked at any time.
"""

from __future__ import annotations

import hmac
from datetime import datetime

import flask
from werkzeug import Response

from survey.core.tokens import hash_token

COOKIE = "sipas_interview"


def give(reply: Response, token: str, at: str, until: datetime) -> None:
    """Let this browser be the tablet whose form is at an address, until the round has ended."""
    reply.set_cookie(
        _name(),
        token,
        expires=until,
        path=at,
        secure=flask.current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Strict",
    )


def is_tablet(token_hash: str) -> bool:
    """Say whether the request comes from the tablet whose token has this hash."""
    token = flask.request.cookies.get(_name(), "")
    return bool(token) and hmac.compare_digest(hash_token(token), token_hash)


def _name() -> str:
    """The cookie's name; over TLS one that browsers take over TLS alone."""
    return f"__Secure-{COOKIE}" if flask.current_app.config["SESSION_COOKIE_SECURE"] else COOKIE
