"""A new action: from a weakness with one press, carrying its numbers, its place and the themes of comments along."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.improvement.finding import finding_of, worst_service
from survey.improvement.finding_record import Finding
from survey.improvement.operations.keep_action import ActionAim, add_action
from survey.improvement.pages.common import EDITORS, blueprint, scope, title_of
from survey.improvement.pages.forms import NewActionForm
from survey.improvement.queries import actions as action_queries
from survey.results.live import is_live
from survey.results.page_data import RoundPage, load_round
from survey.structure.queries import rounds as round_queries
from survey.web import i18n
from survey.web.context import actor, database, today
from survey.web.formatters import percent


@blueprint.get("/dot/<round_code>/co-quan/<agency>/moi")
@role_required(*EDITORS)
def new(round_code: str, agency: str) -> str:
    """Show the form of a new action with what the results say of the weakness it begins from."""
    with database().read() as session:
        page, figure = _load(session, round_code, agency), _figure()
        form = NewActionForm(place=_place(page, agency, *figure))
        return _render(session, page, agency, figure, form)


@blueprint.post("/dot/<round_code>/co-quan/<agency>/moi")
@role_required(*EDITORS)
def add(round_code: str, agency: str) -> Response | tuple[str, int]:
    """Enter an action that answers to the results of a round."""
    form = NewActionForm()
    form.offer()
    with database().read() as session:
        page, figure = _load(session, round_code, agency), _figure()
        _check_figure(page, *figure)
        finding = finding_of(session, page, agency, *figure)
    number = _add(page, agency, figure, finding, form) if form.validate() else None
    if number is None:
        with database().read() as session:
            i18n.shown_at(flask.request.full_path.rstrip("?"))
            return _render(session, _load(session, round_code, agency), agency, figure, form), 422
    flask.flash(_("Saved: action %(number)s.", number=number))
    return flask.redirect(flask.url_for("improvement.action", number=number), code=303)


def _add(page: RoundPage, agency: str, figure: tuple[str, str], finding: Finding, form: NewActionForm) -> int | None:
    """The number of the action that was entered, or None when the form says why not."""
    level, key = figure
    aim = ActionAim(
        element=key if level == "element" else None,
        item=key if level == "item" else None,
        figures=finding.stored(),
    )
    try:
        with database().write() as session:
            round_, found = action_queries.answered_by(session, page.round.id, page.agency_of[agency].id)
            added = add_action(
                session,
                round_=round_,
                agency=found,
                aim=aim,
                wording=form.wording(),
                due_on=form.due_on.data,
                today=today(),
                actor=actor(),
            )
            return added.id
    except InputError as error:
        form.refuse(error)
        return None


def _load(session: orm.Session, round_code: str, agency: str) -> RoundPage:
    """A round as this person may see it; 404 for an unknown one, for another agency, and for an open round."""
    visible = scope(session)
    round_ = round_queries.find_round(session, round_code)
    if round_ is None or (visible is not None and is_live(round_, visible)):
        flask.abort(404)
    page = load_round(session, round_code, visible, i18n.current_language().code)
    if not agency or page.figures.overall(agency) is None:
        flask.abort(404)
    return page


def _figure() -> tuple[str, str]:
    """Level and key of the figure that the address names; the overall index without one."""
    for argument, level in (("muc", "item"), ("yeu-to", "element")):
        if key := flask.request.args.get(argument, ""):
            return level, key
    return "overall", "all"


def _check_figure(page: RoundPage, level: str, key: str) -> None:
    known = {
        "item": {item.code for item in page.definition.items},
        "element": {element.code for element in page.definition.elements},
    }
    if key not in known.get(level, {"all"}):
        flask.abort(404)


def _place(page: RoundPage, agency: str, level: str, key: str) -> str:
    """Where to look first: the service with the lowest index of this figure."""
    worst = worst_service(page, agency, level, key)
    if worst is None:
        return ""
    service, index = worst
    return str(_("Service %(service)s (%(index)s)", service=page.service_name(service), index=percent(index)))


def _render(session: orm.Session, page: RoundPage, agency: str, figure: tuple[str, str], form: NewActionForm) -> str:
    _check_figure(page, *figure)
    form.offer()
    return flask.render_template(
        "improvement/new.html",
        page=page,
        agency=agency,
        title=title_of(page.definition, *figure),
        finding=finding_of(session, page, agency, *figure),
        fewest=page.results.disclosure.min_n,
        form=form,
    )
