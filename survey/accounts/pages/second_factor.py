"""One-time codes from a telephone (second factor): enrolling, signing in with them, switching them off."""

from __future__ import annotations

import flask
import pyotp
import qrcode
from flask_babel import gettext as _
from qrcode.constants import ERROR_CORRECT_M
from werkzeug import Response

from survey.accounts import attempts, pending_sign_in
from survey.accounts.auth import begin_session, load_user, owes_second_factor, role_required
from survey.accounts.forms import CodeForm, CurrentPasswordForm, EnrolForm
from survey.accounts.operations import second_factor as operations
from survey.accounts.operations.change_user import drop_second_factor
from survey.accounts.pages.code_page import begin, complete, render_code
from survey.accounts.queries import users
from survey.accounts.verification import verify_password
from survey.core.errors import InputError
from survey.web.context import actor, database, now, user

blueprint = flask.Blueprint("second_factor", __name__)
ISSUER = "SIPAS"
QUIET = 4

Page = tuple[str, int]


@blueprint.get("/dang-nhap/ma")
def sign_in() -> Response | str:
    """Ask for the one-time code after the password."""
    with database().read() as session:
        person = pending_sign_in.pending_user(session)
        if person is None:
            return flask.redirect(flask.url_for("auth.sign_in_page"))
        number = person.id
    return render_code(CodeForm(), number)


@blueprint.post("/dang-nhap/ma")
def check_code() -> Response | Page:
    """Take the one-time code and begin the session."""
    with database().read() as session:
        person = pending_sign_in.pending_user(session)
        if person is None:
            return flask.redirect(flask.url_for("auth.sign_in_page"))
        number, name = person.id, person.username
        flask.g.tried_name = name
    form = CodeForm()
    key = attempts.code_key(number)
    wait = attempts.wait_message(key)
    if wait:
        form.form_errors.append(wait)
        return render_code(form, number), 429
    right, target = False, pending_sign_in.pending_target()
    if form.validate():
        with database().write() as session:
            person = users.by_id(session, number)
            right = operations.use_code(session, person, form.code.data, now=now())
            if right:
                begins_at = begin(session, person)
    if not right:
        attempts.record_failure(key, "user.code_failed", name)
        if not form.mistakes:
            wrong = InputError("That code is not right, or it was used already. Wait for the next one.", field="code")
            form.refuse(wrong)
        return render_code(form, number), 422
    return complete(key, name, target or begins_at)


@blueprint.get("/tai-khoan/ma")
@role_required()
def page() -> str:
    """Show how to enrol, or that codes are asked for."""
    return _render(CurrentPasswordForm() if user().totp_secret else EnrolForm())


@blueprint.post("/tai-khoan/ma")
@role_required()
def enrol() -> str | Page:
    """Take the first code of a telephone and show the recovery codes; the password shows that it is the person."""
    form, secret = EnrolForm(), flask.session.get("totp_secret", "")
    if not secret:
        return _render(form), 422
    refused = _check_password(form)
    if refused:
        return _render(form), refused
    try:
        with database().write() as session:
            person = users.by_id(session, user().id)
            codes = operations.enrol(session, person, secret=secret, code=form.code.data, now=now())
            begin_session(session, person)
    except InputError as error:
        form.refuse(error)
        return _render(form), 422
    load_user()  # the session is a new one; the page shows whose
    return flask.render_template("accounts/recovery_codes.html", codes=codes)


@blueprint.post("/tai-khoan/ma/tat")
@role_required()
def switch_off() -> Response | Page:
    """Ask for no codes any more, once the password shows that it is the person, not whoever found the screen open."""
    form = CurrentPasswordForm()
    refused = _check_password(form)
    if refused:
        return _render(form), refused
    by = actor()
    with database().write() as session:
        person = users.by_id(session, user().id)
        drop_second_factor(session, person, actor=by)
        begin_session(session, person)
    flask.flash(_("Signing in asks for no code any more."))
    return flask.redirect(flask.url_for("auth.account"), code=303)


def _check_password(form: CurrentPasswordForm) -> int:
    """The status of a refusal, said in the form, unless the posted password is that of who is signed in."""
    if not form.validate():
        return 422
    return verify_password(form, form.password.data)


def _render(form: CurrentPasswordForm) -> str:
    """The page of one-time codes; a form of the other state is one that was sent from an old page."""
    if user().totp_secret:
        return flask.render_template("accounts/second_factor.html", enrolled=True, form=form)
    if not isinstance(form, EnrolForm):
        form = EnrolForm(formdata=None)
    secret = flask.session.get("totp_secret") or operations.new_secret()
    flask.session["totp_secret"] = secret
    address = pyotp.TOTP(secret).provisioning_uri(name=user().username, issuer_name=ISSUER)
    path, size = _drawn(address)
    return flask.render_template(
        "accounts/second_factor.html",
        enrolled=False,
        demanded=owes_second_factor(user()),
        form=form,
        secret=secret,
        path=path,
        size=size,
    )


def _drawn(text: str) -> tuple[str, int]:
    """A QR code as an SVG path of unit squares, and the side of the drawing with its quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return "".join(squares), len(matrix)
