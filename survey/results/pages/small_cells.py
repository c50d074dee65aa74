"""Small cells: services of agencies with few answers, by estimates that borrow from elsewhere and are named so."""

from __future__ import annotations

import flask

from survey.accounts.auth import role_required
from survey.results.borrowed import borrowed_estimates
from survey.results.pages.pages import REVIEWERS, blueprint, load
from survey.results.rolling import rolling_year
from survey.web.context import database
from survey.web.listing import asked, list_page, word_filter


@blueprint.get("/<round_code>/o-it-phieu")
@role_required(*REVIEWERS)
def small_cells(round_code: str) -> str:
    """Show the estimates of all services of agencies with fewer responses than an interval needs."""
    with database().read() as session:
        page = load(session, round_code)
        rows = borrowed_estimates(session, page.results)
        rows = sorted(rows, key=lambda row: (page.agency_name(row.agency), page.service_name(row.service)))
        holds = word_filter(asked("tim"))
        rows = [row for row in rows if holds(f"{page.agency_name(row.agency)} {page.service_name(row.service)}")]
        return flask.render_template(
            "results/small_cells.html",
            page=page,
            listed=list_page(rows),
            words=asked("tim"),
            year=rolling_year(session, page.results),
        )
