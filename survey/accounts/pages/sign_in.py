"""Signing in and out, and the page of one's own account."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts import attempts, device, pending_sign_in
from survey.accounts.auth import begin_session, end_session, load_user, role_required
from survey.accounts.forms import SignInForm
from survey.accounts.operations import sign_in as operations
from survey.accounts.operations.change_user import sign_out_everywhere as end_sessions
from survey.accounts.operations.sessions import end_one
from survey.accounts.queries import sessions, users
from survey.web.context import actor, database, now
from survey.web.navigation import home
from survey.web.queries.installation import read_has_begun
from survey.web.redirects import safe_next

blueprint = flask.Blueprint("auth", __name__)

LONGEST_NAME = 64


@blueprint.get("/dang-nhap")
def sign_in_page() -> Response | str:
    """Ask for name and password; whoever is signed in goes on."""
    target = safe_next(flask.request.args.get("next"))
    user = load_user()
    if user is not None:
        return flask.redirect(target or home(user.role, begun=_has_begun()))
    return _render(SignInForm(next=target))


@blueprint.post("/dang-nhap")
def sign_in() -> Response | tuple[str, int]:
    """Take name and password: begin a session, or ask for the one-time code."""
    form = SignInForm()
    target = safe_next(flask.request.values.get("next"))
    form.next.data = target or ""
    name = form.username.data.lower()[:LONGEST_NAME]
    key, flask.g.tried_name = attempts.sign_in_key(name), name
    wait = attempts.wait_message(key)
    if wait:
        return _refuse(form, wait, 429)
    with database().read() as session:
        user_id = operations.authenticate(session, name, form.password.data)
        owing = users.by_id(session, user_id) if user_id is not None else None
    if user_id is None:
        attempts.record_failure(key, "user.sign_in_failed", name)
        return _refuse(form, _("The user name or the password is not right."), 422)
    if owing is not None and owing.totp_secret is not None:
        pending_sign_in.begin(owing, target)
        return flask.redirect(flask.url_for("second_factor.sign_in"), code=303)
    attempts.record_success(key)
    with database().write() as session:
        user = operations.sign_in(session, user_id, form.password.data, now())
        begin_session(session, user)
        begins_at = home(user.role, begun=read_has_begun(session))
    reply = flask.redirect(target or begins_at, code=303)
    device.remember(reply, name)
    return reply


@blueprint.post("/dang-xuat")
@role_required()
def sign_out() -> Response:
    """End this session: a copy of its cookie is worth nothing either."""
    with database().write() as session:
        end_session(session)
    return flask.redirect(flask.url_for("auth.sign_in_page"), code=303)


@blueprint.get("/tai-khoan")
@role_required()
def account() -> str:
    """Show who is signed in, what they may do, and where else they are signed in."""
    with database().read() as session:
        found = sessions.of_user(session, flask.g.user.id, now())
        return flask.render_template(
            "accounts/account.html", user=flask.g.user, sessions=found, this_one=flask.g.user_session.id
        )


@blueprint.post("/tai-khoan/phien/<int:number>/ket-thuc")
@role_required()
def end_other_session(number: int) -> Response:
    """End one session of one's own, for example that of a machine one left."""
    by = actor()
    with database().write() as session:
        ended = end_one(session, users.by_id(session, flask.g.user.id), number, actor=by)
    flask.flash(_("The session was ended.") if ended else _("The session had ended already."))
    return flask.redirect(flask.url_for("auth.account"), code=303)


@blueprint.post("/tai-khoan/dang-xuat")
@role_required()
def sign_out_everywhere() -> Response:
    """End all sessions of one's own, this one too."""
    by = actor()
    with database().write() as session:
        end_sessions(session, users.by_id(session, flask.g.user.id), actor=by)
    flask.session.clear()
    return flask.redirect(flask.url_for("auth.sign_in_page"), code=303)


def _has_begun() -> bool:
    with database().read() as session:
        return read_has_begun(session)


def _refuse(form: SignInForm, message: str, status: int) -> tuple[str, int]:
    """The page with a message of the whole form: it never says which of the two was wrong."""
    form.form_errors.append(message)
    return _render(form), status


def _render(form: SignInForm) -> str:
    return flask.render_template("accounts/sign_in.html", form=form)
