"""An agency's strengths and weaknesses in words its head can act upon, and where each item stands."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.models import Role
from survey.results.charts import QuadrantChart, Spot, quadrant_chart
from survey.results.diagnosis import SURE, diagnosis
from survey.results.item_lines import ItemLines, item_lines
from survey.results.page_data import RoundPage
from survey.results.pages.pages import RESULT_READERS, blueprint, load
from survey.results.statements import WEAK_PLACE_GAP
from survey.results.strengths import ItemFinding, findings, lowest, weaknesses, worst
from survey.results.strengths import strengths as strengths_of
from survey.results.weak_places import weak_places
from survey.web.context import database
from survey.web.formatters import signed

ACTION_EDITORS = (Role.ADMIN, Role.MANAGER)
"""Who may plan an action from a weakness."""


@dataclass(frozen=True)
class StrengthsSection:
    """Findings that call for the same."""

    code: str
    title: str
    advice: str
    findings: tuple[ItemFinding, ...]


@blueprint.get("/<round_code>/co-quan/<agency>/manh-yeu")
@role_required(*RESULT_READERS)
def strengths(round_code: str, agency: str) -> str:
    """Show what an agency does well, what to better first, and how many citizens stand behind it."""
    with database().read() as session:
        page = load(session, round_code)
        if not agency or page.figures.overall(agency) is None:
            flask.abort(404)
        found = findings(page.definition, page.figures, agency, diagnosis(session, page.results, agency))
        return flask.render_template(
            "results/strengths.html",
            page=page,
            agency=agency,
            findings=sorted(found, key=lambda finding: finding.number),
            sections=sections(found),
            lowest=lowest(found),
            lines={one.key: one for one in lines_of(session, page, agency)},
            gaps=gaps_of(session, page, agency, found),
            chart=chart(found),
            rate=100 * SURE,
            may_plan=flask.g.user.role in ACTION_EDITORS,
        )


def lines_of(session: orm.Session, page: RoundPage, agency: str) -> list[ItemLines]:
    """What is said of the worst and the best items of an agency or the province."""
    return item_lines(
        session,
        page.results,
        page.figures,
        agency,
        page.language,
        names=page.agency_of,
        limited=page.limited,
    )


def gaps_of(session: orm.Session, page: RoundPage, agency: str, found: list[ItemFinding]) -> dict[str, list[str]]:
    """For each of the worst items the differences of its places to the rest of the agency; for evaluators alone."""
    if page.limited:
        return {}
    known = weak_places(session, page.results, agency, [finding.key for finding in worst(found)])
    return {
        key: [
            WEAK_PLACE_GAP.here(gap=signed(one.gap), interval=f"({signed(one.lo)}; {signed(one.hi)})")
            for one in where.places
        ]
        for key, where in known.items()
    }


def sections(found: list[ItemFinding]) -> list[StrengthsSection]:
    """The findings by what they call for; empty ones are left out."""
    weighed = any(f.importance is not None for f in found)
    first = [f for f in weaknesses(found) if f.quadrant == "improve" or not weighed]
    then = [f for f in weaknesses(found) if f.quadrant != "improve" and weighed]
    well = strengths_of(found)
    every = [
        StrengthsSection(
            "improve",
            _("Improve first"),
            _("Citizens are less satisfied here than with other agencies, and it weighs much in the whole.")
            if weighed
            else _("Citizens are less satisfied here than with other agencies. What concerns most people comes first."),
            tuple(first),
        ),
        StrengthsSection(
            "watch",
            _("Improve next"),
            _("Citizens are less satisfied here than with other agencies, but it weighs less."),
            tuple(then),
        ),
        StrengthsSection(
            "keep",
            _("Done well"),
            _("Citizens are more satisfied here than with other agencies. Keep it so, and share how it is done."),
            tuple(well),
        ),
    ]
    return [section for section in every if section.findings]


def chart(found: list[ItemFinding]) -> QuadrantChart | None:
    """The plot of importance against performance; None where citizens were not asked of the whole."""
    ordered = sorted(found, key=lambda finding: finding.number)
    spots = [Spot(f.number, f.gap, f.importance, f.verdict, f.key) for f in ordered if f.importance is not None]
    return quadrant_chart(spots) if spots else None
