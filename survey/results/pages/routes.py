"""The evaluator's pages. Every figure comes from `survey.results.compute`; these views choose, name and order."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial

import flask
import pandas as pd
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from scoring.nonresponse import with_limits
from survey.accounts.auth import role_required
from survey.accounts.queries import users
from survey.models import Role, RoundState
from survey.results.as_csv import csv_text
from survey.results.bars import UNWEIGHTED, weighted_bars
from survey.results.breakdowns import COUNTER, dimensions
from survey.results.chart_group import answer_bars
from survey.results.charts import adds_up, interval_chart
from survey.results.comments import comment_summary, masked_text
from survey.results.figures import ALL_SERVICES, PROVINCE, chart_row
from survey.results.frames import Frames, frames_for
from survey.results.headline import headline_for
from survey.results.intraclass import intraclass, intraclass_age
from survey.results.league_table import LeagueRow, league
from survey.results.page_data import RoundPage
from survey.results.pages.agency_list import agency_list
from survey.results.pages.doubts import doubts_view
from survey.results.pages.expected import league_view
from survey.results.pages.groups import Groups, asked_dimension, load_groups
from survey.results.pages.pages import RESULT_READERS, REVIEWERS, asked_service, blueprint, columns, load, load_live
from survey.results.pages.rates import instant_of, rates_view
from survey.results.pages.standing import standing_view
from survey.results.rates import rate_rows
from survey.results.statements import RANKS
from survey.results.unanswered import UNANSWERED, unanswered
from survey.results.withdrawn import withdrawn
from survey.structure.queries import rounds as round_queries
from survey.web.context import database
from survey.web.listing import PER_PAGE

ON_OVERVIEW = 10
"""Agencies a page of the overview, which shows more than their table."""


@blueprint.get("")
@role_required(*RESULT_READERS)
def rounds() -> str:
    """List the rounds."""
    with database().read() as session:
        found = round_queries.all_rounds(session)
        reviewer = flask.g.user.role in REVIEWERS
        return flask.render_template("results/rounds.html", rounds=found, reviewer=reviewer)


@blueprint.get("/co-quan-toi")
@role_required(Role.MANAGER)
def own() -> Response:
    """Lead the head of an agency to its page in the newest round that began; to the rounds while there is none."""
    with database().read() as session:
        begun = [one for one in round_queries.all_rounds(session) if one.state is not RoundState.DRAFT]
        mine = users.by_id(session, flask.g.user.id).agency
        if not begun or mine is None:
            return flask.redirect(flask.url_for("evaluator.rounds"))
        return flask.redirect(flask.url_for("evaluator.detail", round_code=begun[0].code, agency=mine.code))


@blueprint.get("/<round_code>")
@role_required(*RESULT_READERS)
def overview(round_code: str) -> str:
    """Show a round: the province, then agencies down and elements across."""
    with database().read() as session:
        page = load(session, round_code)
        across = columns(page)
        chart = interval_chart(
            [
                chart_row(page.label(level, key), page.figures.find(PROVINCE, ALL_SERVICES, level, key))
                for level, key in across
            ]
        )
        listed = agency_list(page, ON_OVERVIEW)
        agencies = interval_chart(
            [chart_row(page.agency_name(a), page.figures.overall(a), page.figures.overall()) for a in listed.page.rows]
        )
        return flask.render_template(
            "results/overview.html",
            page=page,
            columns=across,
            chart=chart,
            agency_chart=agencies,
            listed=listed,
            league_view=league_view(page),
            agency_page=lambda agency: flask.url_for("evaluator.detail", round_code=round_code, agency=agency),
            doubts=doubts_view(session, page),
            withdrawn=None if page.limited else withdrawn(session, page.results),
            intraclass=intraclass(session, page.results),
            intraclass_as_of=instant_of(intraclass_age(session, page.results)),
            shares=rates_view(session, page),
            unanswered=unanswered(page.figures.overall(), page.rules.statistic),
            unanswered_words=UNANSWERED,
            headline=headline_for(session, page.results, limited=page.limited),
            frames=_frames(session, page),
        )


@blueprint.get("/<round_code>/xep-hang")
@role_required(*RESULT_READERS)
def ranking(round_code: str) -> str:
    """Show the agencies by rank range, with what changed since the last round."""
    with database().read() as session:
        page = load(session, round_code)
        standings, before = league(session, page.results, page.figures)
        listed = agency_list(page, PER_PAGE, tuple(row.figure.agency for row in standings if row.figure.agency))
        return flask.render_template(
            "results/ranking.html",
            page=page,
            listed=listed,
            standings=[row for row in standings if row.figure.agency in {PROVINCE, *listed.page.rows}],
            before=before,
            ranks_sentence=RANKS,
        )


@blueprint.get("/<round_code>/xep-hang.csv")
@role_required(*RESULT_READERS)
def ranking_download(round_code: str) -> flask.Response:
    """Send the table of ranks as CSV."""
    with database().read() as session:
        page = load(session, round_code)
        standings, _before = league(session, page.results, page.figures)
        table = pd.DataFrame([_as_row(page, standing) for standing in standings])
    whole = ["n", "rank_low", "rank_high", "change_sure"]
    table[whole] = table[whole].astype("Int64")
    return _send_csv(table, _("SIPAS ranking %(name)s", name=page.round.code))


@blueprint.get("/<round_code>/toan-tinh", defaults={"agency": PROVINCE})
@blueprint.get("/<round_code>/co-quan/<agency>")
@role_required(*RESULT_READERS)
def detail(round_code: str, agency: str) -> str:
    """Show one agency (or the province) down to the five answers.

    All services or the one named by `?linh-vuc=`; everyone, or the group `?nhom=` of the dimension `?theo=`.
    """
    with database().read() as session:
        page = load(session, round_code)
        service = asked_service(page, agency)
        group = _asked_group(session, page, agency, service)
        figures = group[0].figures(group[1]) if group else page.figures
        across = columns(page)
        wider = (agency, service) if group else (PROVINCE, service)
        rows = [
            chart_row(
                page.label(level, key),
                figures.find(agency, service, level, key),
                page.figures.find(*wider, level, key) if agency or service or group else None,
            )
            for level, key in across
        ]
        bars = UNWEIGHTED if group else weighted_bars(session, page.results, agency)
        items = [figures.find(agency, service, "item", item.code) for item in page.definition.items]
        return flask.render_template(
            "results/detail.html",
            page=page,
            figures=figures,
            agency=agency,
            service=service,
            group=group,
            columns=across,
            overall=figures.overall(agency, service),
            chart=interval_chart(rows),
            services=page.figures.services(agency),
            standing=None if group or service or not agency else standing_view(session, page, agency),
            shares=rates_view(session, page),
            rate_rows=() if group or service else rate_rows(session, page.results, agency, limited=page.limited),
            counters=None if group or not agency else _counters(session, page, agency),
            comment_summary=None if group or service else comment_summary(session, page.results, page.figures, agency),
            masked_text=masked_text,
            bars=bars,
            answers=answer_bars(items, bars),
            item_name=partial(page.label, "item"),
            weighted=not group,
            adds_up=adds_up,
            unanswered=None if group else unanswered(figures.overall(agency, service), page.rules.statistic),
            unanswered_words=UNANSWERED,
            headline=None if group or service else headline_for(session, page.results, limited=page.limited),
            frames=None if group or service else _frames(session, page),
        )


@blueprint.get("/<round_code>/ket-qua.csv")
@role_required(*RESULT_READERS)
def download(round_code: str) -> flask.Response:
    """Send as CSV exactly what a page shows: the overview, or with `?co-quan=` (and `linh-vuc`) an agency's page.

    `?bang=day-du` sends every row of the round.
    """
    with database().read() as session:
        totals = load_live(session, round_code)
        if totals is not None:
            return _send_csv(totals.table, _("SIPAS results %(name)s", name=round_code))
        page = load(session, round_code)
        table = page.table
        name = page.round.code
        if flask.request.args.get("bang") == "day-du":
            name += "-" + _("all-figures")
        elif "co-quan" in flask.request.args:
            agency = flask.request.args["co-quan"]
            service = asked_service(page, agency)
            table = table[(table["agency"] == agency) & (table["service"] == service)]
            name += "-" + "-".join(part for part in (agency or "toan-tinh", service) if part)
        else:
            table = table[(table["service"] == ALL_SERVICES) & table["level"].isin(["overall", "element"])]
        table = with_limits(table, page.rules.statistic)
    return _send_csv(table, _("SIPAS results %(name)s", name=name))


def _send_csv(table: pd.DataFrame, title: str) -> flask.Response:
    body = csv_text(table, spreadsheet=True).encode()
    return flask.send_file(
        io.BytesIO(body), mimetype="text/csv", as_attachment=True, download_name=f"{title}.csv", etag=False
    )


def _as_row(page: RoundPage, standing: LeagueRow) -> Mapping[str, object]:
    """A row of the table of ranks, with all digits."""
    figure, change = standing.figure, standing.change
    return {
        "agency": figure.agency,
        "name": page.agency_name(figure.agency),
        "league": standing.league,
        "n": figure.n,
        "index": figure.index,
        "lo": figure.lo,
        "hi": figure.hi,
        "rank_low": standing.low,
        "rank_high": standing.high,
        "group": standing.group,
        "before": change.before if change else None,
        "change": change.diff if change else None,
        "change_lo": change.lo if change else None,
        "change_hi": change.hi if change else None,
        "change_sure": int(change.sure) if change and change.exists else None,
        "status": figure.status,
    }


def _asked_group(session: orm.Session, page: RoundPage, agency: str, service: str) -> tuple[Groups, str] | None:
    """The groups and which of them is asked for, None for everyone; 404 for what has no figures."""
    dimension = asked_dimension(page)
    if dimension is None:
        return None
    name = flask.request.args.get("nhom", "")
    if (service and not dimension.by_service) or (not agency and dimension.by_service):
        flask.abort(404)
    found = load_groups(session, page, dimension, agency)
    if name not in found.codes(service):
        flask.abort(404)
    return found, name


def _counters(session: orm.Session, page: RoundPage, agency: str) -> Groups:
    """An agency's figures by receiving counter."""
    dimension = next(d for d in dimensions(page.definition) if d.code == COUNTER)
    return load_groups(session, page, dimension, agency)


def _frames(session: orm.Session, page: RoundPage) -> Frames | None:
    """People chosen by chance beside those who chose to answer, as far as the reader may have it."""
    seen = frozenset(page.table["agency"]) if page.limited else None
    return frames_for(session, page.results, limited=page.limited, seen=seen)
