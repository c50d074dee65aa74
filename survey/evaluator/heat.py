"""The heat table: every agency and element at a glance, shaded only where the data can tell a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask
import pandas as pd

from survey.auth import role_required
from survey.current import database
from survey.evaluator.pages import RESULT_READERS, blueprint, columns, load
from survey.figures import ALL_SERVICES, Figure
from survey.insights import SURE, gaps

LARGE = 5.0
"""Percentage points from which a difference is shaded strongly."""


@dataclass(frozen=True)
class Cell:
    """One figure, and how it stands against the other agencies together."""

    figure: Figure | None
    #: percentage points above the rest of the province; None when it cannot be said
    gap: float | None
    #: `above`, `below`, or `same` when the data cannot tell
    verdict: str
    #: at least `LARGE` points apart
    large: bool

    @property
    def shade(self) -> str:
        """The class of the cell."""
        return f"heat-{self.verdict}{'-much' if self.large and self.verdict != 'same' else ''}"


@blueprint.get("/<round_code>/bang-nhiet")
@role_required(*RESULT_READERS)
def heat(round_code: str) -> str:
    """Show agencies down and elements across, shaded by how each stands against the other agencies."""
    with database().read() as session:
        page = load(session, round_code)
        across = columns(page)
        tests = {
            (str(row.agency), str(row.level), str(row.key)): (row.gap, row.p_bh)
            for row in gaps(session, page.results).itertuples(index=False)
        }
        rows = [
            (
                agency,
                [
                    _cell(page.figures.find(agency, ALL_SERVICES, level, key), tests.get((agency, level, key)))
                    for level, key in across
                ],
            )
            for agency in page.agencies
        ]
        return flask.render_template(
            "evaluator/heat.html", page=page, columns=across, rows=rows, large=LARGE, rate=100 * SURE
        )


def _cell(figure: Figure | None, test: tuple[Any, Any] | None) -> Cell:
    """Return a cell; without a test it is not shaded."""
    if figure is None or not figure.exists or test is None or pd.isna(test[0]):
        return Cell(figure, None, "same", large=False)
    gap = float(test[0])
    sure = not pd.isna(test[1]) and float(test[1]) < SURE
    verdict = ("above" if gap > 0 else "below") if sure else "same"
    return Cell(figure, gap, verdict, large=abs(gap) >= LARGE)
