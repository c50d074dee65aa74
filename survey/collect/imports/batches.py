"""Imports there were: the list with the way in, one of them, and taking it back."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.accounts.verification import verified_recently
from survey.collect.imports.common import ROLES, View, blueprint, round_of, uploads
from survey.collect.imports.forms import UploadForm
from survey.collect.operations.undo_responses import withdraw_batch
from survey.collect.queries import imports
from survey.core.errors import InputError
from survey.spreadsheets.guess_columns import with_letters
from survey.structure.operations.withdraw import Why
from survey.structure.queries.withdrawals import withdrawals_of_batch
from survey.web.context import actor, database, user
from survey.web.formatters import named_with_days
from survey.web.reasons import ReasonForm
from survey.web.uploads import Upload, takes_upload


@blueprint.get("")
@role_required(*ROLES)
def batches() -> str:
    """List imports, and ask for a file."""
    return _list_page(UploadForm())


@takes_upload
@blueprint.post("")
@role_required(*ROLES)
def upload() -> View:
    """Keep a file and go on to its columns."""
    form = UploadForm()
    with database().read() as session:
        round_code = round_of(session, form.round.data).code
        _offer(form, session)
    if form.validate():
        try:
            kept = _received(form)
            return flask.redirect(flask.url_for("imports.columns", token=kept.token, dot=round_code), 303)
        except InputError as error:
            form.refuse(error, "file")
    return _list_page(form), 422


def _received(form: UploadForm) -> Upload:
    """Keep the file; one without headings gets letters for them."""
    kept = uploads().receive(form.file.data, actor=actor())
    if not form.no_headings.data:
        return kept
    lettered = with_letters(kept.path.read_bytes(), kept.name)
    uploads().discard(kept)
    return uploads().keep(lettered, kept.name, actor=actor())


@blueprint.get("/lo/<int:number>")
@role_required(*ROLES)
def batch(number: int) -> str:
    """Show one import."""
    with database().read() as session:
        return _batch_page(session, number, ReasonForm())


@blueprint.post("/lo/<int:number>/huy")
@role_required(*ROLES)
@verified_recently
def undo(number: int) -> View:
    """Take an import back, with the reason; of one that counts, a unit asks an evaluator to."""
    form = ReasonForm()
    if form.validate():
        try:
            with database().write() as session:
                why = Why(form.chosen, form.note.data)
                count = withdraw_batch(session, _row(session, number).batch, why, actor=actor())
            flask.flash(_undone(count))
            return flask.redirect(flask.url_for("imports.batch", number=number), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        return _batch_page(session, number, form), 422


def _undone(count: int | None) -> str:
    if count is None:
        return str(_("An evaluator reads your reason and decides; until then the import counts as before."))
    return str(
        ngettext(
            "The import was taken back: %(num)d response is no longer counted.",
            "The import was taken back: %(num)d responses are no longer counted.",
            count,
        )
    )


def _row(session: orm.Session, number: int) -> imports.BatchRow:
    """An import that the person may see; 404 for any other."""
    found = imports.batch(session, user(), number)
    if found is None:
        flask.abort(404)
    return found


def _batch_page(session: orm.Session, number: int, why: ReasonForm) -> str:
    return flask.render_template(
        "collect/imports/batch.html",
        row=_row(session, number),
        counted=imports.counted_of(session, number),
        why=why,
        asked=withdrawals_of_batch(session, number),
    )


def _list_page(form: UploadForm) -> str:
    with database().read() as session:
        _offer(form, session)
        return flask.render_template("collect/imports/batches.html", rows=imports.batches(session, user()), form=form)


def _offer(form: UploadForm, session: orm.Session) -> None:
    form.round.options = [(round_.code, named_with_days(round_)) for round_ in imports.rounds_to_fill(session)]
