"""Passkeys: a person's own, added, named and removed; and signing in with one after the password."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts import attempts, challenge, pending_sign_in
from survey.accounts.auth import role_required
from survey.accounts.forms import CodeForm, PasskeyForm, PasskeySignInForm
from survey.accounts.operations import keep_passkey as operations
from survey.accounts.pages.code_page import begin, complete, render_code
from survey.accounts.passkeys import options_to_add, read_new, relying_party
from survey.accounts.queries import users
from survey.accounts.queries.passkeys import passkeys_of
from survey.accounts.verification import verified_recently
from survey.core.errors import InputError
from survey.web.context import actor, database, now, settings, user

blueprint = flask.Blueprint("passkeys", __name__)

Page = tuple[str, int]


@blueprint.get("/tai-khoan/khoa")
@role_required()
def page() -> Response | str:
    """List a person's passkeys, and let them add one."""
    if user().totp_secret is None:
        return flask.redirect(flask.url_for("second_factor.page"))
    return _render(PasskeyForm(formdata=None))


@blueprint.post("/tai-khoan/khoa")
@role_required()
@verified_recently
def add() -> Response | Page:
    """Add the passkey that the browser brings."""
    form, party, asked = PasskeyForm(), relying_party(settings().base_url), challenge.current("add")
    if not form.validate():
        return _render(form), 422
    made = read_new(party, form.credential.data, asked.data) if party and asked else None
    if made is None:
        form.form_errors.append(_("The browser brought no passkey. Try once more, or use one-time codes alone."))
        return _render(form), 422
    challenge.end()
    by = actor()
    try:
        with database().write() as session:
            operations.add_passkey(session, users.by_id(session, user().id), made, name=form.name.data, actor=by)
    except InputError as error:
        form.refuse(error)
        return _render(form), 422
    flask.flash(_("The passkey was added. Signing in takes it in place of the six digits."))
    return flask.redirect(flask.url_for("passkeys.page"), code=303)


@blueprint.post("/tai-khoan/khoa/<int:number>/xoa")
@role_required()
@verified_recently
def remove(number: int) -> Response:
    """Remove a passkey, for example that of a lost device."""
    by = actor()
    with database().write() as session:
        removed = operations.remove_passkey(session, users.by_id(session, user().id), number, actor=by)
    flask.flash(_("The passkey was removed.") if removed else _("The passkey was removed already."))
    return flask.redirect(flask.url_for("passkeys.page"), code=303)


@blueprint.post("/dang-nhap/khoa")
def sign_in() -> Response | Page:
    """Take a passkey after the password and begin the session."""
    with database().read() as session:
        person = pending_sign_in.pending_user(session)
        if person is None:
            return flask.redirect(flask.url_for("auth.sign_in_page"))
        number, name = person.id, person.username
    flask.g.tried_name = name
    form, key = PasskeySignInForm(), attempts.code_key(number)
    wait = attempts.wait_message(key)
    if wait:
        return _refuse(number, wait), 429
    party, asked = relying_party(settings().base_url), challenge.current("get")
    right, target = False, pending_sign_in.pending_target()
    if form.validate() and party and asked:
        with database().write() as session:
            person = users.by_id(session, number)
            right = operations.use_passkey(session, person, party, form.credential.data, asked, now=now())
            if right:
                begins_at = begin(session, person)
    if not right:
        attempts.record_failure(key, "user.passkey_failed", name)
        return _refuse(number, _("That passkey was not accepted. Try once more, or enter the six digits.")), 422
    return complete(key, name, target or begins_at)


def _refuse(number: int, message: str) -> str:
    """The page after the password, with what went wrong; it asks for another challenge."""
    form = CodeForm(formdata=None)
    form.form_errors.append(message)
    return render_code(form, number)


def _render(form: PasskeyForm) -> str:
    """The page of a person's passkeys; it says why where browsers offer none at this address."""
    party = relying_party(settings().base_url)
    with database().read() as session:
        found = passkeys_of(session, user().id)
    known = [passkey.credential_id for passkey in found]
    options = None
    if party is not None:
        options = options_to_add(party, user().id, user().username, known, challenge.begin("add"))
    return flask.render_template(
        "accounts/passkeys.html", form=form, passkeys=found, options=options, address=settings().base_url
    )
