"""The page behind an invitation's link: set a password, once. Opening it, as link previews do, uses nothing up."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts.operations.invitations import accept_invitation, find_invitation
from survey.accounts.passwords import check_new, hash_password
from survey.core.errors import InputError
from survey.web import context
from survey.web.context import database, error_message

blueprint = flask.Blueprint("invitations", __name__)


@blueprint.route("/moi/<token>", methods=["GET", "POST"])
def accept(token: str) -> Response | tuple[str, int] | str:
    """Ask an invited person for a password of their own."""
    now = context.now()
    with database().read() as session:
        found = find_invitation(session, token, now)
        username = found.user.username if found else ""
    if not username:
        return flask.render_template("accounts/invitation.html", username="", error=""), 410
    if flask.request.method == "GET":
        return flask.render_template("accounts/invitation.html", username=username, error="")
    form = flask.request.form
    try:
        if form.get("new", "") != form.get("again", ""):
            raise InputError("The two new passwords differ.")  # noqa: TRY301 - one place renders every refusal
        check_new(form.get("new", ""), username)
        hashed = hash_password(form.get("new", ""))
        with database().write() as session:
            accept_invitation(session, token, password_hash=hashed, now=now)
    except InputError as error:
        message = error_message(error)
        return flask.render_template("accounts/invitation.html", username=username, error=message), 422
    flask.flash(_("Your password is set. Sign in with it now."))
    return flask.redirect(flask.url_for("auth.sign_in_page"), code=303)
