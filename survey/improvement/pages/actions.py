"""Actions of an agency: entered beside its weaknesses, and altered until they are done."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.models import Action
from survey.results.operations.keep_action import add_action, alter_action
from survey.results.page_data import RoundPage
from survey.results.pages.forms import ActionForm
from survey.results.pages.pages import blueprint, load
from survey.results.pages.register import ACTION_EDITORS
from survey.results.pages.strengths import action_form, strengths_page
from survey.results.queries import actions as action_queries
from survey.web import i18n
from survey.web.context import actor, database


@blueprint.post("/<round_code>/co-quan/<agency>/cai-thien")
@role_required(*ACTION_EDITORS)
def action_add(round_code: str, agency: str) -> Response | tuple[str, int]:
    """Enter an action that answers to the results of a round."""
    with database().read() as session:
        page = load(session, round_code)
        if not agency or page.figures.overall(agency) is None:
            flask.abort(404)
        form = action_form(page)
        valid = form.validate()
        if form.element.errors:
            flask.abort(404)
    number = _add(page, agency, form) if valid else None
    if number is None:
        with database().read() as session:
            i18n.shown_at(_register(round_code, agency))
            return strengths_page(session, load(session, round_code), agency, form), 422
    flask.flash(_("Saved: action %(number)s.", number=number))
    return flask.redirect(_register(round_code, agency), code=303)


def _add(page: RoundPage, agency: str, form: ActionForm) -> int | None:
    """Return the number of the action that was entered, or None when the form says why not."""
    try:
        with database().write() as session:
            round_, found = action_queries.answered_by(session, page.round.id, page.agency_of[agency].id)
            made = add_action(
                session,
                round_=round_,
                agency=found,
                element=form.element.data or None,
                wording=form.wording(),
                actor=actor(),
            )
            return made.id
    except InputError as error:
        form.refuse(error)
        return None


@blueprint.get("/cai-thien/<int:number>")
@role_required(*ACTION_EDITORS)
def action_page(number: int) -> str:
    """Show the form of one action."""
    with database().read() as session:
        action = _own(session, number)
        form = ActionForm(obj=action)
        form.offer([])
        return flask.render_template("results/action.html", action=action, form=form)


@blueprint.post("/cai-thien/<int:number>")
@role_required(*ACTION_EDITORS)
def action_alter(number: int) -> Response | tuple[str, int]:
    """Alter an action."""
    form = ActionForm()
    form.offer([])
    del form.element  # what an action is about stays as it was entered
    with database().read() as session:
        action = _own(session, number)
        at = _register(action.round.code, action.agency.code)
    if form.validate():
        try:
            with database().write() as session:
                alter_action(session, _own(session, number), wording=form.wording(), actor=actor())
        except InputError as error:
            form.refuse(error)
    if form.errors:
        with database().read() as session:
            return flask.render_template("results/action.html", action=_own(session, number), form=form), 422
    flask.flash(_("Saved: action %(number)s.", number=number))
    return flask.redirect(at, code=303)


def _own(session: orm.Session, number: int) -> Action:
    """Return an action of an agency this person answers for; 404 for any other."""
    action = action_queries.find(session, number)
    visible = users.visible_agencies(session, flask.g.user)
    if action is None or (visible is not None and action.agency.code not in visible):
        flask.abort(404)
    return action


def _register(round_code: str, agency: str) -> str:
    return flask.url_for("evaluator.strengths", round_code=round_code, agency=agency, _anchor="cai-thien")
