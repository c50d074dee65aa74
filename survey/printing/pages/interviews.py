"""The enumerator block, for evaluators: its plan, the sheets of a week, and the tablets that interviewers carry."""

from __future__ import annotations

from datetime import date, timedelta

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import end_session, role_required
from survey.accounts.verification import verified_recently
from survey.core.errors import InputError
from survey.models import Counter, Round, RoundState
from survey.printing.operations.plan_interviews import plan_interviews
from survey.printing.operations.prepare_tablet import prepare_tablet, revoke_tablet
from survey.printing.pages.forms import InterviewPlanForm, TabletForm
from survey.printing.pages.issued import ISSUERS
from survey.printing.pages.scope import blueprint, pdf
from survey.printing.queries import units
from survey.printing.queries.interviews import interview_sheet, interviews_of, tablet_of, tablets_of
from survey.printing.queries.receipt_batches import issuing_counter, issuing_counters, monday
from survey.printing.queries.slip_plans import weeks_of
from survey.structure.queries.rounds import find_round
from survey.structure.queries.scope import covers
from survey.web.context import actor, database, error_message, settings, today
from survey.web.i18n import local_name
from survey.web.interviewer import give


@blueprint.get("/phong-van/<round_code>")
@role_required(*ISSUERS)
def interviews(round_code: str) -> str:
    """Show the interviews of a round: k of each counter, the sheets of the weeks, and the tablets."""
    with database().read() as session:
        return _page(session, _round(session, round_code))


@blueprint.post("/phong-van/<round_code>")
@role_required(*ISSUERS)
def plan_interview(round_code: str) -> Response | tuple[str, int]:
    """Set every how many people who leave a counter one is asked."""
    with database().read() as session:
        form = _offer_plan(session, _round(session, round_code), InterviewPlanForm())
    if form.validate():
        try:
            with database().write() as session:
                counter = issuing_counter(session, int(form.counter.data))
                round_ = _round(session, round_code)
                plan_interviews(session, round_, counter, form.every.data, zone=settings().timezone, actor=actor())
            flask.flash(_("The interviews at the counter are planned."))
            return flask.redirect(flask.url_for("staff.interviews", round_code=round_code), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        return _page(session, _round(session, round_code), plan=form), 422


@blueprint.post("/phong-van/<round_code>/may")
@role_required(*ISSUERS)
@verified_recently
def prepare(round_code: str) -> Response | tuple[str, int]:
    """Make this device the tablet of an interviewer: it gets its cookie, and the evaluator is signed out of it."""
    with database().read() as session:
        form = _offer_tablet(session, _round(session, round_code), TabletForm())
    if form.validate():
        try:
            with database().write() as session:
                reply = _become(session, _round(session, round_code), int(form.counter.data))
        except InputError as error:
            form.refuse(error)
        else:
            return reply
    with database().read() as session:
        return _page(session, _round(session, round_code), tablet=form), 422


def _become(session: orm.Session, round_: Round, counter_id: int) -> Response:
    """Lead this device to its form, with its cookie; nobody is signed in on it any more, for people are handed it."""
    tablet, token = prepare_tablet(session, round_, issuing_counter(session, counter_id), actor=actor())
    at = flask.url_for("respond.show", code=tablet.code, lang=None)
    reply = flask.redirect(at, 303)
    give(reply, token, at, round_.ends + timedelta(days=1))
    end_session(session)
    return reply


@blueprint.post("/phong-van/<round_code>/may/<int:number>/thu-hoi")
@role_required(*ISSUERS)
def revoke_interviewer(round_code: str, number: int) -> Response:
    """Let a tablet take no more answers."""
    with database().write() as session:
        tablet = tablet_of(session, _round(session, round_code).id, number) or flask.abort(404)
        revoke_tablet(session, tablet, actor=actor())
    flask.flash(_("The tablet takes no more answers. Those that came stay."))
    return flask.redirect(flask.url_for("staff.interviews", round_code=round_code), 303)


@blueprint.get("/phong-van/<round_code>/<int:counter_id>/<week>.pdf")
@role_required(*ISSUERS)
def interview_pdf(round_code: str, counter_id: int, week: str) -> Response:
    """The sheets of a week for the interviewers at a counter, one a day."""
    from survey.printing.posters.interview_sheet import render_interview_sheet

    with database().read() as session:
        round_, counter = _round(session, round_code), units.any_counter(session, counter_id)
        if counter is None:
            flask.abort(404)
        try:
            found = interview_sheet(session, round_, counter, date.fromisoformat(week), today())
        except ValueError:
            flask.abort(404)
        except InputError as error:
            flask.flash(error_message(error), "error")
            return flask.redirect(flask.url_for("staff.interviews", round_code=round_code), 303)
        data = render_interview_sheet(counter.agency.name, counter.name, round_.name, found.every, found.days)
    return pdf(data, f"{counter.agency.code}-{counter.code}-phong-van-{week}.pdf")


def _round(session: orm.Session, code: str) -> Round:
    return find_round(session, code) or flask.abort(404)


def _named(counter: Counter) -> tuple[str, str]:
    return str(counter.id), f"{local_name(counter.agency)}, {local_name(counter)} ({counter.code})"


def _offer_plan(session: orm.Session, round_: Round, form: InterviewPlanForm) -> InterviewPlanForm:
    form.counter.options = [_named(one) for one in issuing_counters(session) if covers(round_, one)]
    return form


def _offer_tablet(session: orm.Session, round_: Round, form: TabletForm) -> TabletForm:
    form.counter.options = [_named(row.counter) for row in interviews_of(session, round_.id) if row.counter.active]
    return form


def _page(
    session: orm.Session, round_: Round, plan: InterviewPlanForm | None = None, tablet: TabletForm | None = None
) -> str:
    return flask.render_template(
        "printing/interviews.html",
        round=round_,
        plan=plan or _offer_plan(session, round_, InterviewPlanForm(formdata=None)),
        tablet=tablet or _offer_tablet(session, round_, TabletForm(formdata=None)),
        plannable=round_.state in (RoundState.DRAFT, RoundState.OPEN),
        opened=round_.state is RoundState.OPEN,
        rows=interviews_of(session, round_.id),
        begun=[week for week in weeks_of(session, round_.id, today()) if week.begun],
        this_week=monday(today()),
        tablets=tablets_of(session, round_.id),
    )
