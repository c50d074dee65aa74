"""Sessions and roles. Citizens never sign in, and their pages load no user.

A session is Flask's signed cookie with the account's id and the epoch it began in; raising the account's epoch ends
all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

import flask

from survey.accounts import attempts, changes_since
from survey.accounts.queries import users
from survey.models import Role, User
from survey.web import i18n
from survey.web.context import database

View = TypeVar("View", bound=Callable[..., Any])

SESSION_HOURS = 12
BEFORE_A_NEW_PASSWORD = frozenset({"auth.password_page", "auth.change_password", "auth.sign_out"})
"""Endpoints open to a person who must change the password first."""


def init_app(app: flask.Flask) -> None:
    """Set up the session's life, the slowing of failed attempts, and `signed_in` for templates."""
    app.config.update(PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS))
    attempts.init_app(app)
    changes_since.init_app(app)
    app.context_processor(lambda: {"signed_in": flask.g.get("user")})


def role_required(*roles: Role) -> Callable[[View], View]:
    """Let a view be opened by these roles only (none named: by anyone signed in); the user is in `g.user`.

    Others get 403; a person who is not signed in is sent to the sign-in page and comes back after it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            user = load_user()
            if user is None:
                return flask.redirect(flask.url_for("auth.sign_in_page", next=flask.request.full_path.rstrip("?")))
            if roles and user.role not in roles:
                flask.abort(403)
            if user.must_change_password and flask.request.endpoint not in BEFORE_A_NEW_PASSWORD:
                return flask.redirect(flask.url_for("auth.password_page"))
            return view(*args, **kwargs)

        guarded.roles = frozenset(roles or Role)  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def load_user() -> User | None:
    """Return the person who is signed in, looked up once a request; a stale session is dropped."""
    if "user" not in flask.g:
        flask.g.user = None
        user_id, epoch = flask.session.get("user_id"), flask.session.get("epoch")
        if isinstance(user_id, int) and isinstance(epoch, int):
            with database().read() as session:
                user = users.by_session(session, user_id, epoch)
                if user is None:
                    flask.session.clear()
                else:
                    session.expunge(user)
                flask.g.user = user
    return cast("User | None", flask.g.user)


def begin_session(user: User) -> None:
    """Start a fresh session: nothing that was in the cookie before survives signing in (session fixation)."""
    language = i18n.current_language().code
    flask.session.clear()
    flask.session.permanent = True
    flask.session["user_id"] = user.id
    flask.session["epoch"] = user.session_epoch
    if language != i18n.offered()[0].code:
        flask.session["lang"] = language
    flask.g.pop("user", None)
