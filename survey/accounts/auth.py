"""Signing in: sessions, roles, and the pages that go with them. Citizens never sign in, and their pages load no user.

A session is Flask's signed cookie with the account's id and the epoch it began in; raising the account's epoch ends
all of them. Every form outside the public blueprint carries a CSRF token; a new blueprint is protected without asking.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf.csrf import CSRFProtect, validate_csrf
from sqlalchemy import orm
from werkzeug import Response
from wtforms import ValidationError

from survey.accounts.operations.change_password import change_password, check_change
from survey.accounts.operations.change_user import sign_out_everywhere as end_sessions
from survey.accounts.operations.sign_in import authenticate, sign_in
from survey.accounts.queries import users
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Role, User
from survey.web import i18n
from survey.web.context import database, error_message, now
from survey.web.navigation import home
from survey.web.throttle import Throttle

View = TypeVar("View", bound=Callable[..., Any])

#: blueprints whose forms citizens fill in without a cookie
PUBLIC_BLUEPRINTS = frozenset({"respond"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SESSION_HOURS = 12
PENDING_SECONDS = 300
"""How long a right password waits for the one-time code."""
FREE_BY_NAME, FREE_BY_ADDRESS = 5, 40
"""Failed attempts before the next ones wait: of one name, and of one address trying many names. A whole office behind
one connection stays below."""


class _Protect(CSRFProtect):  # type: ignore[misc]
    """Flask-WTF's check, which also takes what was signed by a secret of before (`SECRET_KEY_FALLBACKS`)."""

    def protect(self) -> None:
        """Answer 400 unless the form carries the session's token."""
        for secret in flask.current_app.config["SECRET_KEY_FALLBACKS"]:
            try:
                validate_csrf(self._get_csrf_token(), secret_key=secret)
            except ValidationError:
                continue
            flask.g.csrf_valid = True
            return
        super().protect()


blueprint = flask.Blueprint("auth", __name__)
csrf = _Protect()


def init_app(app: flask.Flask) -> None:
    """Set up CSRF protection, the session's life, the slowing of failed attempts, and `signed_in` for templates."""
    app.config.update(
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        WTF_CSRF_CHECK_DEFAULT=False,  # `_protect` decides by blueprint
        WTF_CSRF_TIME_LIMIT=None,  # a page left open over lunch still posts; the token dies with the session
        WTF_CSRF_SSL_STRICT=False,  # our Referrer-Policy sends no referrer; the token alone decides
    )
    csrf.init_app(app)
    app.extensions["throttle"] = Throttle(FREE_BY_NAME)
    app.extensions["address_throttle"] = Throttle(FREE_BY_ADDRESS)
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
            with database().read() as session:
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


@blueprint.route("/dang-nhap", methods=["GET", "POST"])
def sign_in_page() -> Response | str | tuple[str, int]:
    """Ask for name and password."""
    target = safe_next(flask.request.values.get("next"))
    if flask.request.method == "GET":
        return flask.redirect(target or _home()) if load_user() else _render_sign_in(target)
    name = clean(flask.request.form.get("username", "")).lower()[:64]
    refusal = too_many(name)
    if refusal:
        return _render_sign_in(target, refusal), 429
    password = flask.request.form.get("password", "")
    with database().read() as session:
        user_id = authenticate(session, name, password)
        owing = session.get_one(User, user_id) if user_id is not None else None
    if user_id is None:
        failed(name)
        return _render_sign_in(target, _("The user name or the password is not right.")), 422
    if owing is not None and owing.totp_secret is not None:
        _wait_for_code(owing, target)
        return flask.redirect(flask.url_for("second_factor.sign_in"), code=303)
    succeeded(name)
    with database().write() as session:
        begin_session(sign_in(session, user_id, password, now()))
    return flask.redirect(target or _home(), code=303)


def too_many(name: str) -> str:
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


def failed(name: str) -> None:
    """Count a failed attempt of a name, and of the address it came from."""
    for throttle, key in _throttles(name):
        throttle.failed(key)


def succeeded(name: str) -> None:
    """Forget a name's failed attempts; those of the address stay."""
    throttle, key = _throttles(name)[0]
    throttle.succeeded(key)


def _throttles(name: str) -> tuple[tuple[Throttle, str], tuple[Throttle, str]]:
    found = flask.current_app.extensions
    return (found["throttle"], name), (found["address_throttle"], flask.request.remote_addr or "")


def _wait_for_code(user: User, target: str | None) -> None:
    """Remember, signed and for a few minutes, that the password was right; nobody is signed in by that.

    It ends with the epoch: whoever changes the password or signs out everywhere takes this back too.
    """
    language = flask.session.get("lang")
    flask.session.clear()
    until = now().timestamp() + PENDING_SECONDS
    flask.session["pending"] = {"user": user.id, "epoch": user.session_epoch, "until": until, "next": target or ""}
    if language:
        flask.session["lang"] = language


def pending_user(session: orm.Session) -> User | None:
    """Return the person whose password was right a moment ago and who owes the one-time code."""
    pending = flask.session.get("pending")
    if not isinstance(pending, dict) or pending.get("until", 0) < now().timestamp():
        return None
    user = users.by_session(session, pending.get("user", 0), pending.get("epoch", -1))
    return user if user is not None and user.totp_secret else None


def pending_target() -> str:
    """Return where the person wanted to go."""
    pending: dict[str, str] = flask.session.get("pending", {})
    return safe_next(pending.get("next")) or ""


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
    return flask.render_template("accounts/account.html", user=flask.g.user)


@blueprint.post("/tai-khoan/dang-xuat")
@role_required()
def sign_out_everywhere() -> Response:
    """End all sessions of one's own, this one too."""
    with database().write() as session:
        user = session.get_one(User, flask.g.user.id)
        end_sessions(session, user, actor=Actor(now(), user.id))
    flask.session.clear()
    return flask.redirect(flask.url_for("auth.sign_in_page"), code=303)


@blueprint.route("/tai-khoan/mat-khau", methods=["GET", "POST"])
@role_required()
def password_page() -> Response | str | tuple[str, int]:
    """Let a person change their own password."""
    if flask.request.method == "GET":
        return flask.render_template("accounts/password.html", user=flask.g.user, error=None)
    form = flask.request.form
    try:
        if form.get("new", "") != form.get("again", ""):
            raise InputError("The two new passwords differ.")  # noqa: TRY301 - one place renders every refusal
        hashed = check_change(flask.g.user, current=form.get("current", ""), new=form.get("new", ""))
        with database().write() as session:
            user = session.get_one(User, flask.g.user.id)
            change_password(session, user, password_hash=hashed, now=now())
            begin_session(user)
    except InputError as error:
        message = error_message(error)
        return flask.render_template("accounts/password.html", user=flask.g.user, error=message), 422
    flask.flash(_("Your password was changed. You were signed out on every other device."))
    return flask.redirect(flask.url_for("auth.account"), code=303)


def begin_session(user: User) -> None:
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
    return flask.render_template("accounts/sign_in.html", target=target, error=error, username=name)


def _home() -> str:
    """Return where a person lands after signing in."""
    user = load_user()
    return home(user.role) if user is not None else flask.url_for("auth.sign_in_page")


def _protect() -> None:
    """Check the CSRF token of everything posted outside the public blueprints."""
    request = flask.request
    if request.endpoint is None:  # no such address or method: routing says so
        return
    if request.method not in SAFE_METHODS and request.blueprint not in PUBLIC_BLUEPRINTS:
        csrf.protect()
