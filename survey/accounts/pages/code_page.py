"""The page after the password: the six digits, and a passkey where the person has one and the browser can."""

from __future__ import annotations

import flask
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts import attempts, challenge, device
from survey.accounts.auth import begin_session
from survey.accounts.forms import CodeForm
from survey.accounts.operations.sign_in import record_sign_in
from survey.accounts.passkeys import options_to_sign_in, relying_party
from survey.accounts.queries.passkeys import passkeys_of
from survey.models import User
from survey.web.context import database, now, settings
from survey.web.navigation import home
from survey.web.queries.installation import read_has_begun


def render_code(form: CodeForm, user_id: int) -> str:
    """The page for a person whose password was right."""
    party = relying_party(settings().base_url)
    with database().read() as session:
        known = [passkey.credential_id for passkey in passkeys_of(session, user_id)]
    options = options_to_sign_in(party, known, challenge.begin("get")) if party and known else None
    return flask.render_template("accounts/code.html", form=form, passkey_options=options)


def begin(session: orm.Session, person: User) -> str:
    """Begin the session of a person whose second factor was right; the page on which it begins."""
    record_sign_in(session, person, now())
    begin_session(session, person)
    return home(person.role, begun=read_has_begun(session))


def complete(key: str, name: str, target: str) -> Response:
    """Redirect a person who is signed in, forget the failed tries, and know this device next time."""
    attempts.record_success(key)
    attempts.record_success(attempts.sign_in_key(name))
    reply = flask.redirect(target, code=303)
    device.remember(reply, name)
    return reply
