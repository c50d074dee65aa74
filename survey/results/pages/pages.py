"""What the evaluator's pages share: the blueprint, who may open it, and a round as one person may see it."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.models import Role
from survey.questionnaires.canonical import from_canonical
from survey.results.control_chart import control_picture
from survey.results.figures import ALL_SERVICES, OVERALL, PROVINCE, Figures
from survey.results.live import LiveTotals, is_live, live_totals
from survey.results.page_data import RoundPage, load_round
from survey.results.series import WEEK, day_sums, series
from survey.structure.queries import names, rounds
from survey.web import i18n
from survey.web.i18n import local_name

blueprint = flask.Blueprint("evaluator", __name__, url_prefix="/danh-gia")

RESULT_READERS = (Role.ADMIN, Role.EVALUATOR, Role.MANAGER)
REVIEWERS = (Role.ADMIN, Role.EVALUATOR)
"""Who reads comments before anyone else does, and decides which of them are shown."""


def load(session: orm.Session, round_code: str) -> RoundPage:
    """A round's results as far as this person may see them; 404 for an unknown round.

    While a round is open, those who are judged by it see its released totals whatever page they ask for.
    """
    totals = load_live(session, round_code)
    if totals is not None and flask.request.path.endswith(".csv"):
        flask.abort(409, description=_("Files follow once the round has ended."))
    if totals is not None:
        flask.abort(flask.make_response(live_page(session, totals)))
    visible = users.visible_agencies(session, flask.g.user)
    try:
        return load_round(session, round_code, visible, i18n.current_language().code)
    except InputError:
        flask.abort(404)


def load_live(session: orm.Session, round_code: str) -> LiveTotals | None:
    """The released totals of an open round where they are all this person may see of it; else None."""
    visible = users.visible_agencies(session, flask.g.user)
    try:
        round_ = rounds.by_code(session, round_code)
    except InputError:
        flask.abort(404)
    return live_totals(session, round_, visible) if visible is not None and is_live(round_, visible) else None


def live_page(session: orm.Session, totals: LiveTotals) -> str:
    """Render the released totals: the province and the own agencies, each with its questions."""
    language = i18n.current_language().code
    round_, figures = totals.round, Figures(totals.table)
    definition = from_canonical(rounds.get_version(session, round_.version_id).content)
    agency_of = names.agencies(session, on=round_.opens_on)
    across = [OVERALL, *(("element", element.code) for element in definition.elements)]
    titles = [str(_("Overall")), *(element.title.get(language) for element in definition.elements)]

    def name_of(code: str) -> str:
        return local_name(agency_of[code]) if code in agency_of else str(_("The whole province"))

    sums = day_sums(session, round_, len(definition.items), judged=True)
    own = [code for code in figures.agencies if (figure := figures.overall(code)) is not None and figure.exists]
    return flask.render_template(
        "results/live.html",
        live=totals,
        figures=figures,
        agencies=[PROVINCE, *own] if figures.overall() else own,
        own=own,
        columns=across,
        titles=[(title, "count") for title in titles],
        items=[(item.code, item.text.get(language)) for item in definition.items],
        name_of=name_of,
        charts={
            code: control_picture(series(sums, code, range(len(definition.items)), WEEK), depth=110) for code in own
        },
    )


def columns(page: RoundPage) -> list[tuple[str, str]]:
    """(level, key) of the overall index and the elements: the columns of most tables."""
    return [OVERALL, *(("element", element.code) for element in page.definition.elements)]


def asked_service(page: RoundPage, agency: str) -> str:
    """The service asked for; 404 when the page would have nothing to show."""
    service = flask.request.args.get("linh-vuc", ALL_SERVICES)
    if page.figures.overall(agency, service) is None:
        flask.abort(404)
    return service


def asked_agency(page: RoundPage) -> str:
    """The agency asked for (the province when none is); 404 for one that this person has no figures of."""
    agency = flask.request.args.get("co-quan", PROVINCE)
    if page.figures.overall(agency) is None:
        flask.abort(404)
    return agency
