"""The calibrated index beside the plain one: figures, how calibrating went, balance and love plot, for evaluators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.results.as_csv import csv_text
from survey.results.calibrated import Calibrated, calibrated_results
from survey.results.figures import PROVINCE, Figures
from survey.results.love_plot import LoveRow, love_plot
from survey.results.page_data import RoundPage
from survey.results.pages.pages import REVIEWERS, blueprint, load
from survey.structure.queries.margins import variables
from survey.web import i18n
from survey.web.context import database, error_message

Names = Mapping[str, tuple[str, Mapping[str, str]]]


@blueprint.get("/<round_code>/can-chinh")
@role_required(*REVIEWERS)
def calibrated(round_code: str) -> str:
    """Show the calibrated figures of a round, and what calibrating did."""
    with database().read() as session:
        page = load(session, round_code)
        found, problem = None, ""
        try:
            found = calibrated_results(session, page.results)
        except InputError as error:
            problem = error_message(error)
        language = i18n.current_language().code
        names: Names = {
            one.code: (one.title(language), {code: one.category(code, language) for code in one.categories})
            for one in variables(session, page.round)
        }
        return flask.render_template(
            "results/calibrated.html",
            page=page,
            found=found,
            distance=100 * found.calibration.distance if found else 0.0,
            trimmed=100 * found.calibration.trimmed_share if found else 0.0,
            problem=problem,
            figures=Figures(found.table[found.table["service"] == ""]) if found else None,
            places=[PROVINCE, *page.agencies],
            names=names,
            balance=_balance(page, found, names) if found else [],
            chart=_chart(page, found, names) if found else None,
        )


@blueprint.get("/<round_code>/can-chinh.csv")
@role_required(*REVIEWERS)
def calibrated_download(round_code: str) -> Response:
    """Send the calibrated figures as CSV, with all digits."""
    with database().read() as session:
        page = load(session, round_code)
        try:
            found = calibrated_results(session, page.results)
        except InputError as error:
            flask.abort(409, description=error_message(error))
        if found is None:
            flask.abort(404)
        reply = flask.make_response(csv_text(found.table, spreadsheet=True))
    reply.mimetype = "text/csv"
    # decisions.md 3: what is not for the public says so in its name
    name = f"chi-so-can-chinh-khong-phat-hanh-{page.round.code}.csv"
    reply.headers.set("Content-Disposition", "attachment", filename=name)
    return reply


def _label(page: RoundPage, names: Names, row: Mapping[Any, object]) -> str:
    title, categories = names.get(str(row["variable"]), (str(row["variable"]), {}))
    text = f"{title} {categories.get(str(row['category']), row['category'])}"
    return f"{text} ({page.agency_name(str(row['agency']))})" if row["agency"] else text


def _balance(page: RoundPage, found: Calibrated, names: Names) -> list[tuple[str, Mapping[str, object]]]:
    """Each category's name, and its row of the balance table."""
    rows = found.calibration.balance.to_dict("records")
    return [(_label(page, names, row), {str(name): value for name, value in row.items()}) for row in rows]


def _chart(page: RoundPage, found: Calibrated, names: Names) -> object:
    """The love plot, the widest difference before first."""
    rows = [
        LoveRow(_label(page, names, row), float(row["std_before"]), float(row["std_after"]))
        for row in found.calibration.balance.to_dict("records")
    ]
    return love_plot(sorted(rows, key=lambda row: -abs(row.before)))
