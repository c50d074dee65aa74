"""Actions of an agency: entered beside its weaknesses, and set against how the figure moved since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.models import Action, ActionState, Agency, Role, Round
from survey.results.comparisons import changes_between
from survey.results.figures import OVERALL
from survey.results.operations.keep_action import Wording, add_action, alter_action
from survey.results.page_data import RoundPage
from survey.results.pages.pages import blueprint, load
from survey.results.queries import actions as action_queries
from survey.results.standings import Change, change_of
from survey.structure.queries import rounds as round_queries
from survey.web.context import database, error_message, now

ACTION_EDITORS = (Role.ADMIN, Role.MANAGER)
"""Who enters and alters actions: the head of the agency (and of those above it), and administrators."""
OPEN = (ActionState.PLANNED, ActionState.DOING)


@dataclass(frozen=True)
class Followed:
    """An action, and what became of the figure it is about."""

    action: Action
    title: str
    #: since the round it answers to; None while that is the round looked at, or an incomparable one
    change: Change | None
    comparable: bool
    overdue: bool


def followed(session: orm.Session, page: RoundPage, agency: str) -> list[Followed]:
    """Return the agency's actions up to the round of the page, each with the change of its figure since."""
    today = round_queries.local_day(page.round, now())
    return [
        _follow(session, page, action, today)
        for action in action_queries.actions_of(session, agency)
        if action.round.opens_on <= page.round.opens_on
    ]


def _follow(session: orm.Session, page: RoundPage, action: Action, today: date) -> Followed:
    level, key = OVERALL if action.element is None else ("element", action.element)
    change, comparable = None, True
    if action.round_id != page.round.id:
        since = changes_between(session, page.results, action.round, services=("",))
        comparable = since.comparable
        change = change_of(since, action.agency.code, level, key) if comparable else None
    overdue = action.state in OPEN and action.due_on < today
    return Followed(action, page.label(level, key), change, comparable, overdue)


@blueprint.post("/<round_code>/co-quan/<agency>/cai-thien")
@role_required(*ACTION_EDITORS)
def action_add(round_code: str, agency: str) -> Response:
    """Enter an action that answers to the results of a round."""
    with database().read() as session:
        page = load(session, round_code)
        if not agency or page.figures.overall(agency) is None:
            flask.abort(404)
        elements = {element.code for element in page.definition.elements}
    element = flask.request.form.get("element") or None
    if element is not None and element not in elements:
        flask.abort(404)
    try:
        with database().write() as session:
            made = add_action(
                session,
                round_=session.get_one(Round, page.round.id),
                agency=session.get_one(Agency, page.agency_of[agency].id),
                element=element,
                wording=_wording(),
                user_id=flask.g.user.id,
                now=now(),
            )
            number = made.id
    except InputError as error:
        flask.flash(error_message(error), "error")
        return flask.redirect(_register(round_code, agency), code=303)
    flask.flash(_("Saved: action %(number)s.", number=number))
    return flask.redirect(_register(round_code, agency), code=303)


@blueprint.get("/cai-thien/<int:number>")
@role_required(*ACTION_EDITORS)
def action_page(number: int) -> str:
    """Show the form of one action."""
    with database().read() as session:
        return _form(_own(session, number))


@blueprint.post("/cai-thien/<int:number>")
@role_required(*ACTION_EDITORS)
def action_alter(number: int) -> Response | tuple[str, int]:
    """Alter an action."""
    try:
        with database().write() as session:
            action = _own(session, number)
            at = _register(action.round.code, action.agency.code)
            alter_action(session, action, wording=_wording(), user_id=flask.g.user.id, now=now())
    except InputError as error:
        with database().read() as session:
            return _form(_own(session, number), error_message(error)), 422
    flask.flash(_("Saved: action %(number)s.", number=number))
    return flask.redirect(at, code=303)


def _own(session: orm.Session, number: int) -> Action:
    """Return an action of an agency this person answers for; 404 for any other."""
    action = action_queries.find(session, number)
    visible = users.visible_agencies(session, flask.g.user)
    if action is None or (visible is not None and action.agency.code not in visible):
        flask.abort(404)
    return action


def _form(action: Action, mistake: str | None = None) -> str:
    typed = flask.request.form if mistake else None
    return flask.render_template(
        "results/action.html", action=action, states=list(ActionState), mistake=mistake, typed=typed or {}
    )


def _wording() -> Wording:
    form = flask.request.form
    return Wording(
        what=form.get("what", ""),
        cause=form.get("cause", ""),
        responsible=form.get("responsible", ""),
        due_on=form.get("due_on", ""),
        state=form.get("state", ActionState.PLANNED.value),
        evidence=form.get("evidence", ""),
    )


def _register(round_code: str, agency: str) -> str:
    return flask.url_for("evaluator.strengths", round_code=round_code, agency=agency, _anchor="cai-thien")
