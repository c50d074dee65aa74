"""Samples of other units' piles, keyed in again: which wait, and the page for one form."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.collect.entry import form
from survey.collect.entry.common import View, blueprint, definition_of, entry_page
from survey.collect.operations.spot_check import enter_spot_form, refuse_own_unit
from survey.collect.queries import entry
from survey.collect.queries.spot_checks import SpotRow, spot_form, waiting_spot_checks
from survey.core.errors import InputError
from survey.models import Role, SpotForm
from survey.web.context import actor, database, error_message


@blueprint.get("/nhap-lai")
@role_required(*Role)
def spot_checks() -> str:
    """List the samples of other units' piles that wait to be keyed in again."""
    with database().read() as session:
        return flask.render_template("collect/entry/spot_checks.html", rows=open_samples(session))


@blueprint.get("/nhap-lai/<int:number>/<int:place>")
@role_required(*Role)
def spot_page(number: int, place: int) -> View:
    """Ask for a form of a sample, without showing what was keyed in first."""
    with database().read() as session:
        found, _kept = _form(session, number, place)
        return entry_page(found, form.Keyed(), place, "spot")


@blueprint.post("/nhap-lai/<int:number>/<int:place>")
@role_required(*Role)
def spot_key_in(number: int, place: int) -> View:
    """Compare what was keyed in again with what is stored."""
    with database().read() as session:
        found, _kept = _form(session, number, place)
        definition = definition_of(found)
        keyed = form.read(flask.request.form, definition)
        if "check" in flask.request.form:
            return entry_page(found, keyed, place, "spot")
        if keyed.mistakes:
            return entry_page(found, keyed, place, "spot"), 422
        answers = definition.pack(keyed.answers)
    try:
        with database().write() as session:
            enter_spot_form(session, _form(session, number, place)[1], answers, actor=actor())
        flask.flash(_("Form %(number)d is compared; the evaluator sees how well both agree.", number=place))
    except InputError as error:
        flask.flash(error_message(error), "error")
    return flask.redirect(flask.url_for("paper.spot_checks"), 303)


def open_samples(session: orm.Session) -> list[SpotRow]:
    """The samples that the person may key in: those of other units."""
    rows = []
    for row in waiting_spot_checks(session):
        try:
            refuse_own_unit(session, row.check.batch_id, actor().user_id)
        except InputError:
            continue
        rows.append(row)
    return rows


def _form(session: orm.Session, number: int, place: int) -> tuple[entry.PileRow, SpotForm]:
    """A pile and a form of its sample; 404 for one that is not in it, or none of another unit's."""
    found, kept = entry.pile(session, None, number), spot_form(session, number, place)
    if found is None or kept is None or number not in {row.check.batch_id for row in open_samples(session)}:
        flask.abort(404)
    return found, kept
