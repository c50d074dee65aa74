"""The queue of batches: what units brought, one of them, and letting it count or refusing it."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import orm

from survey.accounts import audit_words
from survey.accounts.auth import role_required
from survey.accounts.queries import audit
from survey.accounts.verification import verified_recently
from survey.collect.evidence.common import ROLES, View, blueprint
from survey.collect.evidence.forms import RefusalForm
from survey.collect.operations.review_batch import must_be_checked, refuse_batch, release_batch
from survey.collect.operations.spot_check import draw_spot_check
from survey.collect.queries import evidence
from survey.collect.queries.spot_checks import spot_check
from survey.core.errors import InputError
from survey.web.context import actor, database, error_message

HISTORY = 50
"""Events of a batch that its page shows."""


@blueprint.get("")
@role_required(*ROLES)
def batches() -> str:
    """List the batches of responses, those that wait first; of one agency where the address names it."""
    agency = flask.request.args.get("co-quan", "")
    with database().read() as session:
        return flask.render_template(
            "collect/evidence/batches.html",
            rows=evidence.batches(session, agency=agency),
            agencies=evidence.brought_agencies(session),
            agency=agency,
        )


@blueprint.get("/<int:number>")
@role_required(*ROLES)
def batch(number: int) -> str:
    """Show one batch with what tells whether it can be believed, and its history."""
    with database().read() as session:
        return _batch_page(session, number, RefusalForm())


@blueprint.post("/<int:number>/duyet")
@role_required(*ROLES)
@verified_recently
def release(number: int) -> View:
    """Let a batch count."""
    try:
        with database().write() as session:
            count = release_batch(session, _row(session, number).batch, actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return flask.redirect(flask.url_for("evidence.batch", number=number), 303)
    flask.flash(ngettext("Released: %(num)d response counts now.", "Released: %(num)d responses count now.", count))
    return flask.redirect(flask.url_for("evidence.batches"), 303)


@blueprint.post("/<int:number>/mau")
@role_required(*ROLES)
def draw(number: int) -> View:
    """Draw the sample of a pile that another unit keys in again."""
    try:
        with database().write() as session:
            draw_spot_check(session, _row(session, number).batch, actor=actor())
        flask.flash(_("The sample is drawn. Another unit finds it under “Samples to key in again”."))
    except InputError as error:
        flask.flash(error_message(error), "error")
    return flask.redirect(flask.url_for("evidence.batch", number=number), 303)


@blueprint.post("/<int:number>/tu-choi")
@role_required(*ROLES)
@verified_recently
def refuse(number: int) -> View:
    """Refuse a batch, with the reason."""
    form = RefusalForm()
    if form.validate():
        try:
            with database().write() as session:
                refuse_batch(session, _row(session, number).batch, form.reason.data, actor=actor())
            flask.flash(_("Refused: the batch does not count, and who brought it reads why."))
            return flask.redirect(flask.url_for("evidence.batches"), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        return _batch_page(session, number, form), 422


def _row(session: orm.Session, number: int) -> evidence.EvidenceRow:
    """A batch of responses; 404 for any other."""
    found = evidence.batch(session, number)
    if found is None:
        flask.abort(404)
    return found


def _batch_page(session: orm.Session, number: int, form: RefusalForm) -> str:
    found = _row(session, number)
    levels = evidence.answer_levels(session, found)
    compared, agreed = evidence.agreement(session, number)
    given = sum(levels)
    subjects = (f"import_batch:{number}", f"entry_batch:{number}")
    lines = [
        line for subject in subjects for line in audit.of_subject(session, subject, found.batch.created_at, HISTORY)
    ]
    return flask.render_template(
        "collect/evidence/batch.html",
        row=found,
        levels=levels,
        satisfied=100 * sum(levels[3:]) / given if given else None,
        compared=compared,
        agreement=100 * agreed / compared if compared else None,
        agreed=agreed,
        form=form,
        spot=spot_check(session, number),
        must_check=must_be_checked(session, found.batch),
        lines=sorted(lines, key=lambda line: -line.event.id)[:HISTORY],
        action_words=audit_words.action,
    )
