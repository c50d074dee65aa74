"""Changing one's own password."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts.auth import begin_session, role_required
from survey.accounts.forms import PasswordForm
from survey.accounts.operations import change_password as operations
from survey.accounts.pages.sign_in import blueprint
from survey.accounts.queries import users
from survey.accounts.verification import verify_password
from survey.core.errors import InputError
from survey.web.context import database, now, user


@blueprint.get("/tai-khoan/mat-khau")
@role_required()
def password_page() -> str:
    """Ask for the current password and twice for a new one."""
    return _render(PasswordForm())


@blueprint.post("/tai-khoan/mat-khau")
@role_required()
def change_password() -> Response | tuple[str, int]:
    """Change a person's own password; every other session of theirs ends."""
    form = PasswordForm()
    if not form.validate():
        return _render(form), 422
    refused = verify_password(form, form.current.data, "current")
    if refused:
        return _render(form), refused
    try:
        # the slow hashes are computed before the transaction: they must not hold up citizens' answers
        hashed = operations.check_change(user(), current=form.current.data, new=form.new.data)
        with database().write() as session:
            person = users.by_id(session, user().id)
            operations.change_password(session, person, password_hash=hashed, now=now())
            begin_session(session, person)
    except InputError as error:
        form.refuse(error)
        return _render(form), 422
    flask.flash(_("Your password was changed. You were signed out on every other device."))
    return flask.redirect(flask.url_for("auth.account"), code=303)


def _render(form: PasswordForm) -> str:
    return flask.render_template("accounts/password.html", user=user(), form=form)
