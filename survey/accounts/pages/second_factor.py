"""One-time codes from a telephone, for administrators and evaluators who want them: enrolling, and signing in."""

from __future__ import annotations

import flask
import pyotp
import qrcode
from flask_babel import gettext as _
from qrcode.constants import ERROR_CORRECT_M
from werkzeug import Response

from survey.accounts import auth
from survey.accounts.auth import role_required
from survey.accounts.operations import second_factor as operations
from survey.accounts.operations.change_user import drop_second_factor
from survey.accounts.operations.sign_in import authenticate, record_sign_in
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Role, User
from survey.web import context
from survey.web.context import database, error_message
from survey.web.navigation import home

blueprint = flask.Blueprint("second_factor", __name__)
MAY_ENROL = (Role.ADMIN, Role.EVALUATOR)
ISSUER = "SIPAS"
QUIET = 4


@blueprint.route("/dang-nhap/ma", methods=["GET", "POST"])
def sign_in() -> Response | str | tuple[str, int]:
    """Ask for the one-time code after the password."""
    with database().read() as session:
        user = auth.pending_user(session)
        if user is None:
            return flask.redirect(flask.url_for("auth.sign_in_page"))
        number, name = user.id, user.username
    if flask.request.method == "GET":
        return flask.render_template("accounts/code.html", error="")
    refusal = auth.too_many(name)
    if refusal:
        return flask.render_template("accounts/code.html", error=refusal), 429
    target, now = auth.pending_target(), context.now()
    with database().write() as session:
        user = session.get_one(User, number)
        right = operations.use_code(session, user, flask.request.form.get("code", "")[:40], now=now)
        if right:
            record_sign_in(session, user, now)
            auth.begin_session(user)
            begins_at = home(user.role)
    if not right:
        auth.failed(name)
        wrong = _("That code is not right, or it was used already. Wait for the next one.")
        return flask.render_template("accounts/code.html", error=wrong), 422
    auth.succeeded(name)
    return flask.redirect(target or begins_at, code=303)


@blueprint.get("/tai-khoan/ma")
@role_required(*MAY_ENROL)
def page() -> str:
    """Show how to enrol, or that codes are asked for."""
    return _page()


@blueprint.post("/tai-khoan/ma")
@role_required(*MAY_ENROL)
def enrol() -> str | tuple[str, int]:
    """Take the first code of a telephone and show the recovery codes; the password shows that it is the person."""
    secret = flask.session.get("totp_secret", "")
    if not secret:
        return _page(), 422
    refused = _ask_password()
    if refused:
        return refused
    try:
        with database().write() as session:
            user = session.get_one(User, flask.g.user.id)
            code = flask.request.form.get("code", "")[:40]
            codes = operations.enrol(session, user, secret=secret, code=code, now=context.now())
            auth.begin_session(user)
    except InputError as error:
        return _page(error_message(error)), 422
    auth.load_user()  # the session is a new one; the page shows whose
    return flask.render_template("accounts/recovery_codes.html", codes=codes)


@blueprint.post("/tai-khoan/ma/tat")
@role_required(*MAY_ENROL)
def switch_off() -> Response | tuple[str, int]:
    """Ask for no codes any more, once the password shows that it is the person, not whoever found the screen open."""
    refused = _ask_password()
    if refused:
        return refused
    with database().write() as session:
        found = session.get_one(User, flask.g.user.id)
        drop_second_factor(session, found, actor=Actor(context.now(), found.id))
        auth.begin_session(found)
    flask.flash(_("Signing in asks for no code any more."))
    return flask.redirect(flask.url_for("auth.account"), code=303)


def _ask_password() -> tuple[str, int] | None:
    """Return the page that refuses when the posted password is not that of the person who is signed in."""
    user: User = flask.g.user
    refusal = auth.too_many(user.username)
    if refusal:
        return _page(refusal), 429
    with database().read() as session:
        right = authenticate(session, user.username, flask.request.form.get("password", "")) == user.id
    if not right:
        auth.failed(user.username)
        return _page(_("The current password is not right.")), 422
    auth.succeeded(user.username)
    return None


def _page(error: str = "") -> str:
    user: User = flask.g.user
    if user.totp_secret:
        return flask.render_template("accounts/second_factor.html", enrolled=True, error=error)
    secret = flask.session.get("totp_secret") or operations.new_secret()
    flask.session["totp_secret"] = secret
    address = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    path, size = _drawn(address)
    return flask.render_template(
        "accounts/second_factor.html", enrolled=False, error=error, secret=secret, path=path, size=size
    )


def _drawn(text: str) -> tuple[str, int]:
    """Return a QR code as an SVG path of unit squares, and the side of the drawing with its quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return "".join(squares), len(matrix)
