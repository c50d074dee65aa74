"""The page behind an invitation's link: set a password, once. Opening it, as link previews do, uses nothing up."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts.forms import NewPasswordForm
from survey.accounts.operations.invitations import accept_invitation, find_invitation
from survey.accounts.passwords import check_new, hash_password
from survey.core.errors import InputError
from survey.web.context import database, now

blueprint = flask.Blueprint("invitations", __name__)

Page = tuple[str, int]


@blueprint.get("/moi/<token>")
def accept(token: str) -> Page:
    """Ask an invited person for a password of their own."""
    username = _username(token)
    return _render(username, NewPasswordForm(), 200) if username else _gone()


@blueprint.post("/moi/<token>")
def set_password(token: str) -> Response | Page:
    """Set an invited person's password and end the link."""
    username, form = _username(token), NewPasswordForm()
    if not username:
        return _gone()
    if not form.validate():
        return _render(username, form, 422)
    try:
        check_new(form.new.data, username)
        hashed = hash_password(form.new.data)
        with database().write() as session:
            accept_invitation(session, token, password_hash=hashed, now=now())
    except InputError as error:
        form.refuse(error)
        return _render(username, form, 422)
    flask.flash(_("Your password is set. Sign in with it now."))
    return flask.redirect(flask.url_for("auth.sign_in_page"), code=303)


def _username(token: str) -> str:
    """The name of the account that a link belongs to while it can be used; else ""."""
    with database().read() as session:
        found = find_invitation(session, token, now())
        return found.user.username if found else ""


def _render(username: str, form: NewPasswordForm, status: int) -> Page:
    return flask.render_template("accounts/invitation.html", username=username, form=form), status


def _gone() -> Page:
    return flask.render_template("accounts/invitation.html", username="", form=None), 410
