"""Addresses of published results. Nothing here knows who reads; nothing sets a cookie."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

import flask
import pandas as pd
from flask_babel import gettext as _
from sqlalchemy import orm

from survey import i18n
from survey.charts import interval_chart
from survey.comparisons import agency_ranks
from survey.db import Database
from survey.errors import InputError
from survey.exports.results_csv import csv_text
from survey.exports.results_json import json_text
from survey.figures import ALL_SERVICES, OVERALL, PROVINCE, Figures, chart_row
from survey.models import Round, RoundState
from survey.published.disclosure import LEVELS, hidden_agencies
from survey.queries import rounds as round_queries
from survey.round_page import RoundPage, load_round

blueprint = flask.Blueprint("published", __name__, url_prefix="/ket-qua")

COLUMNS = ["agency", "level", "key", "n", "index", "lo", "hi", "status"]
"""What the files of a published round hold, in this order."""


@blueprint.get("")
def rounds() -> str:
    """List the published rounds."""
    with _database().read() as session:
        found = [r for r in round_queries.all_rounds(session) if r.state is RoundState.PUBLISHED]
        return flask.render_template("published/rounds.html", rounds=found)


@blueprint.get("/<round_code>")
def results(round_code: str) -> flask.Response:
    """Show a published round to everyone."""
    with _database().read() as session:
        page = _load(session, round_code)
        hidden = _hidden(page)
        ranks = agency_ranks(page.results)
        order = [str(agency) for agency in ranks["agency"] if str(agency) not in hidden]
        columns = [OVERALL, *(("element", element.code) for element in page.definition.elements)]
        elements = [
            chart_row(page.label(*column), page.figures.find(PROVINCE, ALL_SERVICES, *column)) for column in columns
        ]
        agencies = [chart_row(page.agency_name(a), page.figures.overall(a), page.figures.overall()) for a in order]
        body = flask.render_template(
            "published/results.html",
            page=page,
            columns=columns,
            agencies=order,
            hidden=sorted(hidden, key=page.agency_name),
            ranks={str(row["agency"]): row for row in ranks.to_dict("records")},
            element_chart=interval_chart(elements),
            agency_chart=interval_chart(agencies),
        )
    return _public(flask.make_response(body))


@blueprint.get("/<round_code>/ket-qua.csv")
def as_csv(round_code: str) -> flask.Response:
    """Send the figures of the page as CSV."""
    with _database().read() as session:
        table = _public_table(_load(session, round_code))
    name = _("SIPAS results %(name)s", name=round_code) + ".csv"
    response = flask.Response(csv_text(table, spreadsheet=True), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"sipas-{round_code}.csv")
    response.headers["Content-Disposition"] += f"; filename*=UTF-8''{quote(name)}"
    return _public(response)


@blueprint.get("/<round_code>/ket-qua.json")
def as_json(round_code: str) -> flask.Response:
    """Send the figures of the page as JSON."""
    with _database().read() as session:
        table = _public_table(_load(session, round_code))
    return _public(flask.Response(json_text(table), mimetype="application/json"))


def _load(session: orm.Session, round_code: str) -> RoundPage:
    """Return a published round; 404 for any other, as if it did not exist."""
    try:
        found: Round = round_queries.by_code(session, round_code)
        if found.state is not RoundState.PUBLISHED:
            flask.abort(404)
        return load_round(session, round_code, None, i18n.current_language().code)
    except InputError:
        flask.abort(404)


def _hidden(page: RoundPage) -> frozenset[str]:
    figures: Figures = page.figures
    # Of a suppressed agency only this is known: it has respondents, and fewer than may be shown.
    respondents = {a: 1 if f.n is None else f.n for a in page.agencies if (f := figures.overall(a)) is not None}
    return hidden_agencies(respondents, page.rules.min_n_interval, page.rules.min_n)


def _public_table(page: RoundPage) -> pd.DataFrame:
    """Return the rows and columns everyone may have: those of the page."""
    table = page.table
    kept = (table["service"] == ALL_SERVICES) & table["level"].isin(LEVELS) & ~table["agency"].isin(_hidden(page))
    return table.loc[kept, COLUMNS]


def _public(response: flask.Response) -> flask.Response:
    """Let caches keep a published page for a few minutes: a link that is shared widely costs little."""
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return cast(flask.Response, response.make_conditional(flask.request))


def _database() -> Database:
    database: Any = flask.current_app.extensions["database"]
    return cast(Database, database)
