"""An agency's strengths and weaknesses in words its head can act upon, and where each item stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import flask
import pandas as pd
from flask_babel import gettext as _

from survey.auth import role_required
from survey.charts import QuadrantChart, Spot, quadrant_chart
from survey.evaluator.actions import KEEPERS, followed
from survey.evaluator.pages import RESULT_READERS, blueprint, database, load
from survey.figures import ALL_SERVICES, Figure
from survey.insights import SURE, diagnosis
from survey.round_page import RoundPage

LOWEST = 3
"""How many items of an agency without weaknesses are named as its own lowest."""


@dataclass(frozen=True)
class Finding:
    """One item of an agency against the other agencies together."""

    #: its number in the questionnaire
    number: int
    key: str
    figure: Figure | None
    #: index of the other agencies together, and this one's less that
    rest: float
    gap: float
    #: share of the overall result it decides, in percent
    importance: float
    #: citizens who answered with 1 or 2, with 3, and at all
    dissatisfied: int
    neutral: int
    n: int
    #: `strength`, `weakness`, `same`, `unknown`
    verdict: str
    #: `keep`, `improve`, `maintain`, `watch`, or "" when unknown
    quadrant: str


@dataclass(frozen=True)
class Section:
    """Findings that call for the same."""

    code: str
    title: str
    advice: str
    findings: tuple[Finding, ...]


@blueprint.get("/<round_code>/co-quan/<agency>/manh-yeu")
@role_required(*RESULT_READERS)
def strengths(round_code: str, agency: str) -> str:
    """Show what an agency does well, what to better first, and how many citizens stand behind it."""
    with database().read() as session:
        page = load(session, round_code)
        if not agency or page.figures.overall(agency) is None:
            flask.abort(404)
        found = findings(page, agency, diagnosis(session, page.results, agency))
        return flask.render_template(
            "evaluator/strengths.html",
            page=page,
            agency=agency,
            findings=sorted(found, key=lambda finding: finding.number),
            sections=sections(found),
            lowest=lowest(found),
            chart=chart(found),
            rate=100 * SURE,
            actions=followed(session, page, agency),
            may_keep=flask.g.user.role in KEEPERS,
        )


def findings(page: RoundPage, agency: str, table: pd.DataFrame | None) -> list[Finding]:
    """Return the items of a diagnosis in its order, what to act on first."""
    if table is None:
        return []
    numbers = {item.code: k for k, item in enumerate(page.definition.items, 1)}
    return [
        Finding(
            number=numbers[row["key"]],
            key=row["key"],
            figure=page.figures.find(agency, ALL_SERVICES, "item", row["key"]),
            rest=_real(row["rest"]),
            gap=_real(row["gap"]),
            importance=100 * _real(row["importance"]),
            dissatisfied=int(row["dissatisfied"]),
            neutral=int(row["neutral"]),
            n=int(row["n"]),
            verdict=row["verdict"],
            quadrant=row["quadrant"],
        )
        for row in table.to_dict("records")
    ]


def sections(found: list[Finding]) -> list[Section]:
    """Return the findings by what they call for; empty ones are left out."""
    first = [f for f in found if f.verdict == "weakness" and f.quadrant == "improve"]
    then = [f for f in found if f.verdict == "weakness" and f.quadrant != "improve"]
    well = [f for f in found if f.verdict == "strength"]
    every = [
        Section(
            "improve",
            _("Improve first"),
            _("Citizens are less satisfied here than with other agencies, and it weighs much in the whole."),
            tuple(first),
        ),
        Section(
            "watch",
            _("Improve next"),
            _("Citizens are less satisfied here than with other agencies, but it weighs less."),
            tuple(then),
        ),
        Section(
            "keep",
            _("Done well"),
            _("Citizens are more satisfied here than with other agencies. Keep it so, and share how it is done."),
            tuple(well),
        ),
    ]
    return [section for section in every if section.findings]


def lowest(found: list[Finding]) -> list[Finding]:
    """Return the agency's own lowest items, to begin with when none is worse than elsewhere."""
    if any(f.verdict == "weakness" for f in found):
        return []
    shown = [f for f in found if f.figure is not None and f.figure.exists]
    return sorted(shown, key=lambda f: (f.figure.index if f.figure else 0.0, f.number))[:LOWEST]


def chart(found: list[Finding]) -> QuadrantChart:
    """Return the plot of importance against performance."""
    ordered = sorted(found, key=lambda finding: finding.number)
    return quadrant_chart([Spot(f.number, f.gap, f.importance, f.verdict) for f in ordered])


def _real(value: Any) -> float:
    return math.nan if pd.isna(value) else float(value)
