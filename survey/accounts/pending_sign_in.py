"""A sign-in between password and one-time code, remembered in the signed cookie; nobody is signed in by it."""

from __future__ import annotations

import flask
from sqlalchemy import orm

from survey.accounts.queries import users
from survey.models import User
from survey.web.context import now
from survey.web.redirects import safe_next

SECONDS = 300
"""How long a right password waits for the one-time code."""


def begin(user: User, target: str | None) -> None:
    """Remember for a few minutes that the password was right, and where the person wanted to go.

    It ends with the epoch: whoever changes the password or signs out everywhere takes this back too.
    """
    language = flask.session.get("lang")
    flask.session.clear()
    until = now().timestamp() + SECONDS
    flask.session["pending"] = {"user": user.id, "epoch": user.session_epoch, "until": until, "next": target or ""}
    if language:
        flask.session["lang"] = language


def pending_user(session: orm.Session) -> User | None:
    """The person whose password was right a moment ago and who owes the one-time code."""
    pending = flask.session.get("pending")
    if not isinstance(pending, dict) or pending.get("until", 0) < now().timestamp():
        return None
    user = users.by_session(session, pending.get("user", 0), pending.get("epoch", -1))
    return user if user is not None and user.totp_secret else None


def pending_target() -> str:
    """Where the person wanted to go."""
    pending: dict[str, str] = flask.session.get("pending", {})
    return safe_next(pending.get("next")) or ""
