"""Imports there were: the list with the way in, one of them, and taking it back."""

from __future__ import annotations

import flask
from flask_babel import ngettext

from survey.accounts.auth import role_required
from survey.collect.imports.common import ROLES, View, blueprint, round_of, uploads
from survey.collect.operations.undo_responses import undo_responses
from survey.collect.queries import imports
from survey.core.errors import InputError
from survey.spreadsheets.guess_columns import with_letters
from survey.web.context import database, error_message, now, user
from survey.web.uploads import takes_upload


@blueprint.get("")
@role_required(*ROLES)
def batches() -> str:
    """List imports, and ask for a file."""
    return _list_page("")


@takes_upload
@blueprint.post("")
@role_required(*ROLES)
def upload() -> View:
    """Keep a file and go on to its columns."""
    with database().read() as session:
        round_code = round_of(session, flask.request.form.get("dot", "")).code
    try:
        kept = uploads().receive(flask.request.files.get("file"), user_id=user().id, now=now())
        if "no_headings" in flask.request.form:
            lettered = with_letters(kept.path.read_bytes(), kept.name)
            uploads().discard(kept)
            kept = uploads().keep(lettered, kept.name, user_id=user().id, now=now())
    except InputError as error:
        return _list_page(error_message(error)), 422
    return flask.redirect(flask.url_for("imports.columns", token=kept.token, dot=round_code), 303)


@blueprint.get("/lo/<int:number>")
@role_required(*ROLES)
def batch(number: int) -> str:
    """Show one import."""
    with database().read() as session:
        found = imports.batch(session, user(), number)
        if found is None:
            flask.abort(404)
        return flask.render_template(
            "collect/imports/batch.html", row=found, counted=imports.counted_of(session, number)
        )


@blueprint.post("/lo/<int:number>/huy")
@role_required(*ROLES)
def undo(number: int) -> View:
    """Take an import back."""
    try:
        with database().write() as session:
            found = imports.batch(session, user(), number)
            if found is None:
                flask.abort(404)
            count = undo_responses(session, found.batch, now=now(), user_id=user().id)
    except InputError as error:
        flask.flash(error_message(error), "error")
    else:
        flask.flash(
            ngettext(
                "The import was taken back: %(num)d response is no longer counted.",
                "The import was taken back: %(num)d responses are no longer counted.",
                count,
            )
        )
    return flask.redirect(flask.url_for("imports.batch", number=number), 303)


def _list_page(error: str) -> str:
    with database().read() as session:
        return flask.render_template(
            "collect/imports/batches.html",
            rows=imports.batches(session, user()),
            rounds=imports.rounds_to_fill(session),
            error=error,
        )
