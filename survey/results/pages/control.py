"""Control charts: an agency's answers by week or month, what is usual for it, and what may have happened."""

from __future__ import annotations

import io
from dataclasses import dataclass

import flask
import pandas as pd
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Agency, Role
from survey.results.as_csv import csv_text
from survey.results.chart_group import ChartGroup
from survey.results.control_chart import ControlPicture, control_picture
from survey.results.operations.mark_change import mark_change, unmark_change
from survey.results.page_data import RoundPage
from survey.results.pages.forms import KnownChangeForm
from survey.results.pages.pages import RESULT_READERS, REVIEWERS, blueprint, columns, load
from survey.results.queries.days import done_actions
from survey.results.series import MONTH, WEEK, DaySums, at_counter, counter_day_sums, day_sums, series
from survey.results.statements import ASSURANCE_SENTENCES, PROCESS_SENTENCES, choose
from survey.structure.queries import names
from survey.structure.queries.leagues import league_order
from survey.structure.queries.targets import days_of_changes, known_change, known_changes
from survey.web.context import actor, database
from survey.web.i18n import local_name

SMALL = 64
"""Height of a chart among many, in pixels."""


@dataclass(frozen=True)
class ControlView:
    """One control chart on a page."""

    level: str
    key: str
    title: str
    picture: ControlPicture
    #: what the page calls its drawing
    anchor: str

    @property
    def sentence(self) -> str:
        """Whether the series is one steady process, and whether it reaches a target again and again."""
        said = [choose(PROCESS_SENTENCES, self.picture).here()]
        if self.picture.target_y is not None:
            said.append(choose(ASSURANCE_SENTENCES, self.picture).here())
        return " ".join(said)


def asked_unit() -> str:
    """The period that `?ky=` asks for."""
    return MONTH if flask.request.args.get("ky") == "thang" else WEEK


def sums_of(session: orm.Session, page: RoundPage) -> DaySums:
    """The answers by agency and day as this person may see them."""
    return day_sums(
        session, page.round, len(page.results.scheme.items), page.rules.min_answered_share, judged=page.limited
    )


def positions(page: RoundPage, level: str, key: str) -> list[int]:
    """Where the items of a figure stand among all items."""
    codes = page.results.scheme.codes
    if level == "overall":
        return list(range(len(codes)))
    element = next(element for element in page.definition.elements if element.code == key)
    return [codes.index(item.code) for item in element.items]


def views(session: orm.Session, page: RoundPage, agency: str, unit: str) -> list[ControlView]:
    """The charts of an agency: overall, then its elements."""
    sums, marked = sums_of(session, page), [change.on_day for change in known_changes(session, agency)]
    done, found = done_actions(session, agency), []
    for level, key in columns(page):
        data = series(sums, agency, positions(page, level, key), unit)
        target = page.results.targets.get((agency, key if level == "element" else ""))
        picture = control_picture(
            data, rebase=data.rebased_at(marked), target=target, actions=done, depth=220 if level == "overall" else 110
        )
        found.append(ControlView(level, key, page.label(level, key), picture, f"control-{key}"))
    return found


def counter_views(session: orm.Session, page: RoundPage, agency: str, unit: str) -> list[ControlView]:
    """The charts of the counters that received enough of an agency's answers, those with the most signs first.

    None for those who are judged: a counter's answers are told them by what a period may show, at the close.
    """
    if page.limited:
        return []
    items = len(page.definition.items)
    sums = counter_day_sums(session, page.round, items, page.rules.min_answered_share)
    marked = [change.on_day for change in known_changes(session, agency)]
    found = []
    for number, counter in names.counters(session).items():
        data = series(sums, at_counter(agency, number), range(items), unit)
        if sum(data.n) >= page.rules.min_n_interval:
            picture = control_picture(data, rebase=data.rebased_at(marked), depth=110)
            found.append(
                ControlView("counter", counter.code, local_name(counter), picture, f"control-counter-{number}")
            )
    return sorted(found, key=lambda view: (-view.picture.signs, view.title))


@blueprint.get("/<round_code>/co-quan/<agency>/kiem-soat")
@role_required(*RESULT_READERS)
def control(round_code: str, agency: str) -> str:
    """Show the control charts of an agency; `?ky=thang` by month."""
    with database().read() as session:
        return _render(session, round_code, agency, KnownChangeForm())


@blueprint.post("/<round_code>/co-quan/<agency>/kiem-soat")
@role_required(*REVIEWERS)
def mark_known_change(round_code: str, agency: str) -> Response | tuple[str, int]:
    """Mark a known change, from which on the charts have limits of their own."""
    form = KnownChangeForm()
    if form.validate():
        try:
            with database().write() as session:
                mark_change(session, _agency(session, agency), form.on_day.data, form.reason.data, actor=actor())
        except InputError as error:
            form.refuse(error)
        else:
            flask.flash(_("The change is marked."))
            return flask.redirect(flask.url_for("evaluator.control", round_code=round_code, agency=agency), 303)
    with database().read() as session:
        return _render(session, round_code, agency, form), 422


@blueprint.post("/<round_code>/co-quan/<agency>/kiem-soat/<int:number>/xoa")
@role_required(*REVIEWERS)
def unmark_known_change(round_code: str, agency: str, number: int) -> Response:
    """Take the mark of a known change away."""
    with database().write() as session:
        place, change = _agency(session, agency), known_change(session, number)
        if change is None or change.agency_id != place.id:
            flask.abort(404)
        unmark_change(session, place, change, actor=actor())
    flask.flash(_("The mark is gone."))
    return flask.redirect(flask.url_for("evaluator.control", round_code=round_code, agency=agency), 303)


@blueprint.get("/<round_code>/co-quan/<agency>/kiem-soat.csv")
@role_required(*RESULT_READERS)
def control_download(round_code: str, agency: str) -> flask.Response:
    """Send the points, limits and signs of an agency's charts as CSV."""
    with database().read() as session:
        page = _page(session, round_code, agency)
        rows = [
            {"level": view.level, "key": view.key, "start": mark.start.isoformat(), "n": mark.n, "index": mark.value,
             "lower": mark.lower, "upper": mark.upper, "sign": mark.sign, "direction": mark.direction}
            for view in [
                *views(session, page, agency, asked_unit()),
                *counter_views(session, page, agency, asked_unit()),
            ]
            for mark in view.picture.marks
        ]  # fmt: skip
    fields = ["level", "key", "start", "n", "index", "lower", "upper", "sign", "direction"]
    body = io.BytesIO(csv_text(pd.DataFrame(rows, columns=fields), spreadsheet=True).encode())
    name = _("SIPAS control chart %(name)s", name=f"{round_code}-{agency}") + ".csv"
    return flask.send_file(body, mimetype="text/csv", as_attachment=True, download_name=name, etag=False)


@blueprint.get("/<round_code>/kiem-soat")
@role_required(*RESULT_READERS)
def controls(round_code: str) -> str:
    """Show the charts of all agencies that a person may see, small, on one screen."""
    with database().read() as session:
        page = load(session, round_code)
        sums, every = sums_of(session, page), list(range(len(page.results.scheme.items)))
        unit = asked_unit()
        leagues, marked = page.results.leagues, days_of_changes(session)
        groups = []
        for league in league_order(leagues, page.agencies):
            part = sorted((a for a in page.agencies if leagues.get(a, "") == league), key=page.agency_name)
            data = {agency: series(sums, agency, every, unit) for agency in part}
            shown = {agency: found for agency, found in data.items() if found.starts}
            pictures = [
                (agency, control_picture(found, rebase=found.rebased_at(marked.get(agency, [])), depth=SMALL, top=4))
                for agency, found in shown.items()
            ]
            pictures.sort(key=lambda one: -one[1].signs)
            groups.append((league, pictures, ChartGroup(tuple(pictures))))
        return flask.render_template("results/controls.html", page=page, groups=groups, unit=unit)


def _page(session: orm.Session, round_code: str, agency: str) -> RoundPage:
    page = load(session, round_code)
    if not agency or page.figures.overall(agency) is None:
        flask.abort(404)
    return page


def _agency(session: orm.Session, code: str) -> Agency:
    found = names.agencies(session).get(code)
    if found is None:
        flask.abort(404)
    return found


def _render(session: orm.Session, round_code: str, agency: str, form: KnownChangeForm) -> str:
    page = _page(session, round_code, agency)
    found = views(session, page, agency, asked_unit())
    return flask.render_template(
        "results/control.html",
        page=page,
        agency=agency,
        views=found,
        counters=counter_views(session, page, agency, asked_unit()),
        unit=asked_unit(),
        changes=known_changes(session, agency),
        may_mark=flask.g.user.role in (Role.ADMIN, Role.EVALUATOR),
        form=form,
    )
