"""Signing in: sessions, roles, and the pages that go with them. Citizens never sign in, and their pages load no user.

A session is Flask's signed cookie with the account's id and the epoch it began in; raising the account's epoch ends
all of them. Every form outside the public blueprint carries a CSRF token; a new blueprint is protected without asking.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from threading import Lock
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf.csrf import CSRFProtect
from werkzeug import Response

from survey import i18n
from survey.db import Database
from survey.errors import InputError
from survey.models import Role, User
from survey.operations.change_password import change_password
from survey.operations.sign_in import authenticate, sign_in
from survey.queries import users
from survey.text import clean

View = TypeVar("View", bound=Callable[..., Any])

#: blueprints whose forms citizens fill in without a cookie
PUBLIC_BLUEPRINTS = frozenset({"respond"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SESSION_HOURS = 12

blueprint = flask.Blueprint("auth", __name__)
csrf = CSRFProtect()


def init_app(app: flask.Flask) -> None:
    """Set up CSRF protection, the session's life, the slowing of failed attempts, and `signed_in` for templates."""
    app.config.update(
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        WTF_CSRF_CHECK_DEFAULT=False,  # `_protect` decides by blueprint
        WTF_CSRF_TIME_LIMIT=None,  # a page left open over lunch still posts; the token dies with the session
        WTF_CSRF_SSL_STRICT=False,  # our Referrer-Policy sends no referrer; the token alone decides
    )
    csrf.init_app(app)
    app.extensions["throttle"] = Throttle()
    app.before_request(_protect)
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
            if user.must_change_password and flask.request.endpoint not in {"auth.password_page", "auth.sign_out"}:
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
            with _database().read() as session:
                user = users.by_session(session, user_id, epoch)
                if user is None:
                    flask.session.clear()
                else:
                    session.expunge(user)
                flask.g.user = user
    return cast("User | None", flask.g.user)


def safe_next(target: str | None) -> str | None:
    """Return `target` when it is a path on this site, else None: no open redirect."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(c) < 32 or c == "\\" for c in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


@dataclass
class _Failures:
    count: int
    last: float


class Throttle:
    """Failed sign-ins by name, in memory: after a few, each next attempt waits longer; nobody is ever locked out.

    Each server process counts for itself and forgets after a quarter of an hour.
    """

    FREE = 5
    MAX_WAIT = 30.0
    FORGET = 900.0
    MAX_NAMES = 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, name: str) -> float:
        """Return the seconds until `name` may be tried again; 0 means now."""
        with self._lock:
            found = self._failures.get(name)
            if found is None or found.count < self.FREE:
                return 0.0
            pause = min(2.0 ** (found.count - self.FREE + 1), self.MAX_WAIT)
            return max(0.0, found.last + pause - self._clock())

    def failed(self, name: str) -> None:
        """Count a failed attempt."""
        with self._lock:
            now = self._clock()
            while self._failures and next(iter(self._failures.values())).last < now - self.FORGET:
                self._failures.popitem(last=False)
            while len(self._failures) >= self.MAX_NAMES:
                self._failures.popitem(last=False)
            count = self._failures.pop(name).count + 1 if name in self._failures else 1
            self._failures[name] = _Failures(count, now)

    def succeeded(self, name: str) -> None:
        """Forget a name's failures."""
        with self._lock:
            self._failures.pop(name, None)


@blueprint.route("/dang-nhap", methods=["GET", "POST"])
def sign_in_page() -> Response | str | tuple[str, int]:
    """Ask for name and password."""
    target = safe_next(flask.request.values.get("next"))
    if flask.request.method == "GET":
        return flask.redirect(target or _home()) if load_user() else _render_sign_in(target)
    throttle: Throttle = flask.current_app.extensions["throttle"]
    name = clean(flask.request.form.get("username", "")).lower()[:64]
    wait = throttle.wait(name)
    if wait > 0:
        seconds = int(wait) + 1
        message = ngettext(
            "Too many attempts. Please wait %(num)s second and try again.",
            "Too many attempts. Please wait %(num)s seconds and try again.",
            seconds,
        )
        return _render_sign_in(target, message), 429
    password = flask.request.form.get("password", "")
    with _database().read() as session:
        user_id = authenticate(session, name, password)
    if user_id is None:
        throttle.failed(name)
        return _render_sign_in(target, _("The user name or the password is not right.")), 422
    throttle.succeeded(name)
    with _database().write() as session:
        _begin_session(sign_in(session, user_id, password, datetime.now(UTC)))
    return flask.redirect(target or _home(), code=303)


@blueprint.post("/dang-xuat")
@role_required()
def sign_out() -> Response:
    """End this session."""
    flask.session.clear()
    return flask.redirect(flask.url_for("auth.sign_in_page"), code=303)


@blueprint.get("/tai-khoan")
@role_required()
def account() -> str:
    """Show who is signed in and what they may do."""
    return flask.render_template("auth/account.html", user=flask.g.user, has_results=_sees_results(flask.g.user))


@blueprint.route("/tai-khoan/mat-khau", methods=["GET", "POST"])
@role_required()
def password_page() -> Response | str | tuple[str, int]:
    """Let a person change their own password."""
    if flask.request.method == "GET":
        return flask.render_template("auth/password.html", user=flask.g.user, error=None)
    form = flask.request.form
    try:
        if form.get("new", "") != form.get("again", ""):
            raise InputError("The two new passwords differ.")  # noqa: TRY301 - one place renders every refusal
        with _database().write() as session:
            user = session.get_one(User, flask.g.user.id)
            change_password(
                session, user, current=form.get("current", ""), new=form.get("new", ""), now=datetime.now(UTC)
            )
            _begin_session(user)
    except InputError as error:
        message = _(error.template, **error.values)
        return flask.render_template("auth/password.html", user=flask.g.user, error=message), 422
    flask.flash(_("Your password was changed. You were signed out on every other device."))
    return flask.redirect(flask.url_for("auth.account"), code=303)


def _begin_session(user: User) -> None:
    """Start a fresh session: nothing that was in the cookie before survives signing in (fixation)."""
    language = i18n.current_language().code
    flask.session.clear()
    flask.session.permanent = True
    flask.session["user_id"] = user.id
    flask.session["epoch"] = user.session_epoch
    if language != i18n.offered()[0].code:
        flask.session["lang"] = language
    flask.g.pop("user", None)


def _render_sign_in(target: str | None, error: str | None = None) -> str:
    name = clean(flask.request.form.get("username", ""))[:64]
    return flask.render_template("auth/sign_in.html", target=target, error=error, username=name)


def _sees_results(user: User) -> bool:
    return user.role in {Role.ADMIN, Role.EVALUATOR, Role.MANAGER}


def _home() -> str:
    """Return where a person lands after signing in."""
    user = load_user()
    if user is not None and _sees_results(user):
        return flask.url_for("evaluator.rounds")
    return flask.url_for("auth.account")


def _protect() -> None:
    """Check the CSRF token of everything posted outside the public blueprints."""
    request = flask.request
    if request.endpoint is None:  # no such address or method: routing says so
        return
    if request.method not in SAFE_METHODS and request.blueprint not in PUBLIC_BLUEPRINTS:
        csrf.protect()


def _database() -> Database:
    return cast(Database, flask.current_app.extensions["database"])
