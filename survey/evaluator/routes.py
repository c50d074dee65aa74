"""The evaluator's pages. Every figure comes from `survey.results`; these views choose, name and order."""

from __future__ import annotations

import io
from typing import cast

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey import i18n
from survey.auth import role_required
from survey.charts import interval_chart
from survey.db import Database
from survey.errors import InputError
from survey.evaluator.league import league
from survey.exports.results_csv import csv_text
from survey.figures import ALL_SERVICES, OVERALL, PROVINCE, chart_row
from survey.models import Role
from survey.queries import rounds as round_queries
from survey.queries import users
from survey.round_page import RoundPage, load_round

blueprint = flask.Blueprint("evaluator", __name__, url_prefix="/danh-gia")

RESULT_READERS = (Role.ADMIN, Role.EVALUATOR, Role.MANAGER)


@blueprint.get("")
@role_required(*RESULT_READERS)
def rounds() -> str:
    """List the rounds."""
    with _database().read() as session:
        found = round_queries.all_rounds(session)
        return flask.render_template("evaluator/rounds.html", rounds=found)


@blueprint.get("/<round_code>")
@role_required(*RESULT_READERS)
def overview(round_code: str) -> str:
    """Show a round: the province, then agencies down and elements across."""
    with _database().read() as session:
        page = _load(session, round_code)
        columns = [OVERALL, *(("element", element.code) for element in page.definition.elements)]
        chart = interval_chart(
            [
                chart_row(page.label(level, key), page.figures.find(PROVINCE, ALL_SERVICES, level, key))
                for level, key in columns
            ]
        )
        agencies = interval_chart(
            [chart_row(page.agency_name(a), page.figures.overall(a), page.figures.overall()) for a in page.agencies]
        )
        return flask.render_template(
            "evaluator/overview.html", page=page, columns=columns, chart=chart, agency_chart=agencies
        )


@blueprint.get("/<round_code>/xep-hang")
@role_required(*RESULT_READERS)
def ranking(round_code: str) -> str:
    """Show the agencies by rank range, with what changed since the last round."""
    with _database().read() as session:
        page = _load(session, round_code)
        standings, before = league(session, page)
        return flask.render_template("evaluator/ranking.html", page=page, standings=standings, before=before)


@blueprint.get("/<round_code>/toan-tinh", defaults={"agency": PROVINCE})
@blueprint.get("/<round_code>/co-quan/<agency>")
@role_required(*RESULT_READERS)
def detail(round_code: str, agency: str) -> str:
    """Show one agency (or the province), all services or the one named by `?linh-vuc=`, down to the five answers."""
    with _database().read() as session:
        page = _load(session, round_code)
        service = _known_service(page, agency)
        columns = [OVERALL, *(("element", element.code) for element in page.definition.elements)]
        rows = [
            chart_row(
                page.label(level, key),
                page.figures.find(agency, service, level, key),
                page.figures.find(PROVINCE, service, level, key) if agency or service else None,
            )
            for level, key in columns
        ]
        return flask.render_template(
            "evaluator/detail.html",
            page=page,
            agency=agency,
            service=service,
            columns=columns,
            overall=page.figures.overall(agency, service),
            chart=interval_chart(rows),
            services=page.figures.services(agency),
        )


@blueprint.get("/<round_code>/ket-qua.csv")
@role_required(*RESULT_READERS)
def download(round_code: str) -> flask.Response:
    """Send as CSV exactly what a page shows: the overview, or with `?co-quan=` (and `linh-vuc`) an agency's page.

    `?bang=day-du` sends every row of the round.
    """
    with _database().read() as session:
        page = _load(session, round_code)
        table = page.table
        name = page.round.code
        if flask.request.args.get("bang") == "day-du":
            name += "-" + _("all-figures")
        elif "co-quan" in flask.request.args:
            agency = flask.request.args["co-quan"]
            service = _known_service(page, agency)
            table = table[(table["agency"] == agency) & (table["service"] == service)]
            name += "-" + "-".join(part for part in (agency or "toan-tinh", service) if part)
        else:
            table = table[(table["service"] == ALL_SERVICES) & table["level"].isin(["overall", "element"])]
        body = csv_text(table, spreadsheet=True).encode()
    file_name = _("SIPAS results %(name)s", name=name) + ".csv"
    return flask.send_file(
        io.BytesIO(body), mimetype="text/csv", as_attachment=True, download_name=file_name, etag=False
    )


def _load(session: orm.Session, round_code: str) -> RoundPage:
    """Return a round's results as far as this person may see them; 404 for an unknown round."""
    visible = users.visible_agencies(session, flask.g.user)
    try:
        return load_round(session, round_code, visible, i18n.current_language().code)
    except InputError:
        flask.abort(404)


def _known_service(page: RoundPage, agency: str) -> str:
    """Return the service asked for; 404 when the page would have nothing to show."""
    service = flask.request.args.get("linh-vuc", ALL_SERVICES)
    if page.figures.overall(agency, service) is None:
        flask.abort(404)
    return service


def _database() -> Database:
    return cast(Database, flask.current_app.extensions["database"])
