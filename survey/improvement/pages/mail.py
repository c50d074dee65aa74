"""Reminders by mail: a person enters an address, or takes it back; this process sends nothing itself."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.improvement.operations.keep_mail import remove_mail_address, set_mail_address
from survey.improvement.pages.common import blueprint
from survey.improvement.pages.forms import MailForm
from survey.improvement.queries import mail as mail_queries
from survey.web import i18n
from survey.web.context import actor, database, settings, user


@blueprint.get("/thu")
@role_required()
def mail() -> str:
    """Say what reminders are, and ask for the address."""
    return _render(MailForm(formdata=None, mail_address=_address()))


@blueprint.post("/thu")
@role_required()
def set_mail() -> Response | tuple[str, int]:
    """Keep the address."""
    form = MailForm()
    if form.validate():
        try:
            with database().write() as session:
                set_mail_address(session, users.by_id(session, user().id), form.mail_address.data, actor=actor())
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        i18n.shown_at(flask.url_for("improvement.mail"))
        return _render(form), 422
    flask.flash(_("The address is kept."))
    return flask.redirect(flask.url_for("improvement.mail"), code=303)


@blueprint.post("/thu/thoi")
@role_required()
def remove_mail() -> Response:
    """Forget the address."""
    with database().write() as session:
        gone = remove_mail_address(session, users.by_id(session, user().id), actor=actor())
    flask.flash(_("You get no more reminders by mail.") if gone else _("There was no address."))
    return flask.redirect(flask.url_for("improvement.mail"), code=303)


def _address() -> str:
    with database().read() as session:
        return mail_queries.address_of(session, user().id)


def _render(form: MailForm) -> str:
    return flask.render_template(
        "improvement/mail.html", form=form, kept=_address(), switched_on=bool(settings().smtp_host)
    )
