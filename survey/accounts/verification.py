"""Re-authentication: who is signed in gives the password once more, before steps that a found screen must not allow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

import flask

from survey.accounts import attempts
from survey.accounts.forms import VerificationForm
from survey.accounts.operations import sessions
from survey.accounts.passwords import verify
from survey.core.errors import InputError
from survey.web.context import database, now, user
from survey.web.forms import Form

View = TypeVar("View", bound=Callable[..., Any])

RECENT = timedelta(minutes=10)
"""How long a password, code or passkey speaks for what follows."""


def verified_recently(view: View) -> View:
    """Let a POST pass once the password was given within `RECENT`; else ask for it, and send the form along again.

    Goes beneath `role_required`. What was typed is not lost: the page that asks carries every field.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        found = flask.g.user_session
        if now() - found.verified_at <= RECENT:
            return view(*args, **kwargs)
        form = VerificationForm()
        if not form.is_sent:
            return _ask(VerificationForm(formdata=None), 403)
        refused = 0 if form.validate() else 422
        refused = refused or verify_password(form, form.verification.data, "verification")
        if refused:
            return _ask(form, refused)
        with database().write() as session:
            sessions.note_verified(session, found.id, now())
        return view(*args, **kwargs)

    guarded.verified_recently = True  # type: ignore[attr-defined]
    return cast(View, guarded)


def verify_password(form: Form, password: str, field: str = "password") -> int:
    """The status of a refusal, said in the form, unless a password is that of who is signed in; guesses wait."""
    key = attempts.password_key(user().id)
    wait = attempts.wait_message(key)
    if wait:
        form.form_errors.append(wait)
        return 429
    if not verify(user().password_hash, password):
        attempts.record_failure(key, "user.password_failed", user().username)
        form.refuse(InputError("The current password is not right.", field=field))
        return 422
    attempts.record_success(key)
    return 0


def _ask(form: VerificationForm, status: int) -> tuple[str, int]:
    """The page that asks for the password; its form has the fields of the one that was sent, and its address."""
    sent = [(name, value) for name, value in flask.request.form.items(multi=True) if name not in form.own_names]
    return flask.render_template("accounts/verification.html", form=form, sent=sent), status
