"""Sessions and roles. Citizens never sign in, and their pages load no user.

A session is a row of the database; Flask's signed cookie holds nothing but its token. Signing out deletes the row, so
that a copied cookie ends with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

import flask
from sqlalchemy import orm

from survey.accounts import changes_since, refusals
from survey.accounts.operations import sessions as operations
from survey.accounts.queries import sessions
from survey.core.db import UNAVAILABLE
from survey.core.tokens import hash_token
from survey.models import Role, User, UserSession
from survey.web import i18n
from survey.web.context import SESSION_KEY, database, now, settings

View = TypeVar("View", bound=Callable[..., Any])

SEEN_EVERY = timedelta(minutes=1)
"""How often at most a session's last use is written down."""
BEFORE_A_NEW_PASSWORD = frozenset({"auth.password_page", "auth.change_password", "auth.sign_out"})
"""Endpoints open to a person who must change the password first."""

BEFORE_A_SECOND_FACTOR = BEFORE_A_NEW_PASSWORD | {"second_factor.page", "second_factor.enrol"}
"""Endpoints open to a person who must set up a second factor first."""


def init_app(app: flask.Flask) -> None:
    """Set up the session's life, the slowing of failed attempts, and `signed_in` for templates."""
    app.config.update(PERMANENT_SESSION_LIFETIME=sessions.LIFETIME, SESSION_REFRESH_EACH_REQUEST=False)
    changes_since.init_app(app)
    refusals.init_app(app)
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
            if owes_second_factor(user) and flask.request.endpoint not in BEFORE_A_SECOND_FACTOR:
                return flask.redirect(flask.url_for("second_factor.page"))
            return view(*args, **kwargs)

        guarded.roles = frozenset(roles or Role)  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def owes_second_factor(user: User) -> bool:
    """Say whether the installation demands a second factor of this person, who has none yet."""
    return user.totp_secret is None and user.role.value in settings().second_factor_roles


def load_user() -> User | None:
    """The person who is signed in, looked up once a request; a session that has ended is dropped."""
    if "user" not in flask.g:
        flask.g.user = flask.g.user_session = None
        token = flask.session.get(SESSION_KEY)
        if isinstance(token, str):
            instant = now()
            with database().read() as session:
                found = sessions.find(session, hash_token(token), instant)
                session.expunge_all()
            if found is None:
                flask.session.clear()
            else:
                flask.g.user_session, flask.g.user = found
                if instant - found[0].last_seen_at >= SEEN_EVERY:
                    _note_seen(found[0])
    return cast("User | None", flask.g.user)


def begin_session(session: orm.Session, user: User) -> None:
    """Begin a fresh session in a transaction: nothing of the cookie before survives signing in (session fixation)."""
    language = i18n.current_language().code
    end_session(session)
    flask.session.permanent = True
    flask.session[SESSION_KEY] = operations.begin(session, user, now())
    if language != i18n.offered()[0].code:
        flask.session["lang"] = language


def end_session(session: orm.Session) -> None:
    """End this session, in the database and in the cookie."""
    token = flask.session.get(SESSION_KEY)
    if isinstance(token, str):
        operations.sign_out(session, token)
    flask.session.clear()
    flask.g.pop("user", None)


def _note_seen(found: UserSession) -> None:
    """Write down that a session is in use; a database that cannot be written to is no reason to refuse a page."""
    with contextlib.suppress(*UNAVAILABLE):
        database().write_together(lambda session: operations.note_seen(session, found.id, now()))
