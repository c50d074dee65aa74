"""The sample at the counter: its plan for evaluators, and the ticket numbers for those who hand receipts out."""

from __future__ import annotations

from datetime import date

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Round
from survey.printing.operations.plan_slips import plan_slips
from survey.printing.pages.forms import SlipPlanForm
from survey.printing.pages.issued import ISSUERS
from survey.printing.pages.scope import UNIT_ROLES, blueprint, counter_of, pdf
from survey.printing.queries.receipt_batches import issuing_counter, issuing_counters
from survey.printing.queries.slip_plans import plans_of, rounds_with_slips, slip_list, weeks_of
from survey.structure.queries.rounds import find_round
from survey.structure.queries.scope import covers
from survey.web.context import actor, database, error_message, settings, today
from survey.web.i18n import local_name


@blueprint.get("/phat-ma/<round_code>")
@role_required(*ISSUERS)
def slip_plans(round_code: str) -> str:
    """Show the sample of a round: k of each counter, and the weeks with what their seeds are bound to."""
    with database().read() as session:
        round_ = _round(session, round_code)
        return _plans(session, round_, _offer(session, round_, SlipPlanForm(formdata=None)))


@blueprint.post("/phat-ma/<round_code>")
@role_required(*ISSUERS)
def plan(round_code: str) -> Response | tuple[str, int]:
    """Set the share of a counter."""
    with database().read() as session:
        form = _offer(session, _round(session, round_code), SlipPlanForm())
    if form.validate():
        try:
            with database().write() as session:
                plan_slips(
                    session,
                    _round(session, round_code),
                    issuing_counter(session, int(form.counter.data)),
                    form.every.data,
                    form.tickets.data,
                    zone=settings().timezone,
                    actor=actor(),
                )
            flask.flash(_("The sample of the counter is planned."))
            return flask.redirect(flask.url_for("staff.slip_plans", round_code=round_code), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        return _plans(session, _round(session, round_code), form), 422


@blueprint.get("/<int:counter_id>/so-duoc-phat")
@role_required(*UNIT_ROLES)
def slip_weeks(counter_id: int) -> str:
    """List the weeks of a counter's sample, with the ticket numbers of those that have begun."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        rounds = [(round_, weeks_of(session, round_.id, today())) for round_ in rounds_with_slips(session, counter.id)]
        return flask.render_template("printing/slip_weeks.html", counter=counter, rounds=rounds)


@blueprint.get("/<int:counter_id>/so-duoc-phat/<week>.pdf")
@role_required(*UNIT_ROLES)
def slip_list_pdf(counter_id: int, week: str) -> Response:
    """The ticket numbers of a week that get a receipt code, to lie at the counter."""
    from survey.printing.posters.slip_list import render_slip_list

    with database().read() as session:
        counter = counter_of(session, counter_id)
        try:
            found = slip_list(session, counter, date.fromisoformat(week), today())
        except ValueError:
            flask.abort(404)
        except InputError as error:
            flask.flash(error_message(error), "error")
            return flask.redirect(flask.url_for("staff.slip_weeks", counter_id=counter_id), 303)
        data = render_slip_list(
            counter.agency.name, counter.name, found.round.name, found.week_on, found.every, found.last, found.numbers
        )
    return pdf(data, f"{counter.agency.code}-{counter.code}-so-duoc-phat-{week}.pdf")


def _round(session: orm.Session, code: str) -> Round:
    return find_round(session, code) or flask.abort(404)


def _offer(session: orm.Session, round_: Round, form: SlipPlanForm) -> SlipPlanForm:
    counters = [one for one in issuing_counters(session) if covers(round_, one)]
    form.counter.options = [
        (str(one.id), f"{local_name(one.agency)}, {local_name(one)} ({one.code})") for one in counters
    ]
    return form


def _plans(session: orm.Session, round_: Round, form: SlipPlanForm) -> str:
    return flask.render_template(
        "printing/slip_plans.html",
        round=round_,
        form=form,
        plans=plans_of(session, round_.id),
        weeks=weeks_of(session, round_.id, today()),
    )
