"""The page after the password: the six digits, and a passkey where the person has one and the browser can."""

from __future__ import annotations

import flask

from survey.accounts import challenge
from survey.accounts.forms import CodeForm
from survey.accounts.passkeys import options_to_sign_in, relying_party
from survey.accounts.queries.passkeys import passkeys_of
from survey.web.context import database, settings


def render_code(form: CodeForm, user_id: int) -> str:
    """The page for a person whose password was right."""
    party = relying_party(settings().base_url)
    with database().read() as session:
        known = [passkey.credential_id for passkey in passkeys_of(session, user_id)]
    options = options_to_sign_in(party, known, challenge.begin("get")) if party and known else None
    return flask.render_template("accounts/code.html", form=form, passkey_options=options)
