"""The queue of withdrawals: what was taken back or is asked to be, with its reason, and deciding on it."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.accounts.verification import verified_recently
from survey.collect.evidence.common import ROLES, View, blueprint
from survey.collect.evidence.forms import RefusalForm
from survey.collect.operations.decide_withdrawal import agree_to_withdrawal, refuse_withdrawal
from survey.collect.queries import withdrawals as queries
from survey.core.errors import InputError
from survey.structure.operations.exclude_responses import ask_reversal, keep_exclusion, reverse_exclusion
from survey.structure.queries.exclusion_rule import ExclusionRule
from survey.structure.queries.names import agencies
from survey.web.context import actor, database, error_message


@blueprint.get("/rut-lai")
@role_required(*ROLES)
def withdrawals() -> str:
    """List what was taken back, what waits first; about one agency where the address names it."""
    agency = flask.request.args.get("co-quan", "")
    with database().read() as session:
        return flask.render_template(
            "collect/evidence/withdrawals.html",
            rows=queries.withdrawals(session, agency),
            agencies=queries.withdrawing_agencies(session),
            agency=agency,
        )


@blueprint.get("/rut-lai/<int:number>")
@role_required(*ROLES)
def withdrawal(number: int) -> str:
    """Show one withdrawal with its reason."""
    with database().read() as session:
        return _withdrawal_page(session, number, RefusalForm())


@blueprint.post("/rut-lai/<int:number>/dong-y")
@role_required(*ROLES)
@verified_recently
def agree(number: int) -> View:
    """Let a withdrawal take effect."""
    try:
        with database().write() as session:
            agree_to_withdrawal(session, _row(session, number).row, actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return flask.redirect(flask.url_for("evidence.withdrawal", number=number), 303)
    flask.flash(_("Agreed: it is in force now."))
    return flask.redirect(flask.url_for("evidence.withdrawals"), 303)


@blueprint.post("/rut-lai/<int:number>/khong")
@role_required(*ROLES)
@verified_recently
def disagree(number: int) -> View:
    """Refuse a withdrawal, with the reason."""
    form = RefusalForm()
    if form.validate():
        try:
            with database().write() as session:
                refuse_withdrawal(session, _row(session, number).row, form.reason.data, actor=actor())
            flask.flash(_("Refused: everything counts as before."))
            return flask.redirect(flask.url_for("evidence.withdrawals"), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        return _withdrawal_page(session, number, form), 422


@blueprint.post("/rut-lai/<int:number>/khoi-phuc")
@role_required(*ROLES)
@verified_recently
def ask_to_reverse(number: int) -> View:
    """Ask another person to count again what a rule left out, with the reason."""
    form = RefusalForm()
    if form.validate():
        try:
            with database().write() as session:
                ask_reversal(session, _row(session, number).row, form.reason.data, actor=actor())
            flask.flash(_("Asked: they count again once another person agrees."))
            return flask.redirect(flask.url_for("evidence.withdrawal", number=number), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        return _withdrawal_page(session, number, form), 422


@blueprint.post("/rut-lai/<int:number>/khoi-phuc/dong-y")
@role_required(*ROLES)
@verified_recently
def reverse(number: int) -> View:
    """Count again what a rule left out, as another person asked."""
    try:
        with database().write() as session:
            count = reverse_exclusion(session, _row(session, number).row, actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return flask.redirect(flask.url_for("evidence.withdrawal", number=number), 303)
    flask.flash(ngettext("Reversed: %(num)d response counts again.", "Reversed: %(num)d responses count again.", count))
    return flask.redirect(flask.url_for("evidence.withdrawals"), 303)


@blueprint.post("/rut-lai/<int:number>/khoi-phuc/khong")
@role_required(*ROLES)
@verified_recently
def keep(number: int) -> View:
    """Refuse to count again what a rule left out, with the reason."""
    form = RefusalForm()
    if form.validate():
        try:
            with database().write() as session:
                keep_exclusion(session, _row(session, number).row, form.reason.data, actor=actor())
            flask.flash(_("Refused: they stay left out."))
            return flask.redirect(flask.url_for("evidence.withdrawals"), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        return _withdrawal_page(session, number, form), 422


def _row(session: orm.Session, number: int) -> queries.WithdrawalRow:
    """A withdrawal; 404 for any other."""
    found = queries.withdrawal(session, number)
    if found is None:
        flask.abort(404)
    return found


def _withdrawal_page(session: orm.Session, number: int, form: RefusalForm) -> str:
    found = _row(session, number)
    names = agencies(session)
    facts = found.row.facts or {}
    return flask.render_template(
        "collect/evidence/withdrawal.html",
        found=found,
        shares=queries.correction_shares(session, found),
        form=form,
        rule=ExclusionRule.of(facts["rule"]) if "rule" in facts else None,
        preview=[(code, names.get(code), *numbers) for code, numbers in facts.get("preview", {}).items()],
    )
