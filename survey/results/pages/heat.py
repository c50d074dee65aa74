"""The heat table: every agency and element at a glance, shaded only where the data can tell a difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import flask

from survey.accounts.auth import role_required
from survey.results.diagnosis import LARGE, SURE, Contrast, contrasts
from survey.results.figures import ALL_SERVICES, ShownFigure
from survey.results.page_data import RoundPage
from survey.results.pages.agency_list import agency_list
from survey.results.pages.pages import RESULT_READERS, blueprint, columns, load
from survey.results.statements import CONTRAST_WORDS
from survey.web.context import database
from survey.web.listing import PER_PAGE


@dataclass(frozen=True)
class Cell:
    """One figure, and how it stands against the other agencies together; None where that cannot be said."""

    figure: ShownFigure | None
    contrast: Contrast | None

    @property
    def shade(self) -> str:
        """The class of the cell."""
        if self.contrast is None:
            return "heat-same"
        return f"heat-{self.contrast.verdict}{'-much' if self.contrast.large else ''}"


@blueprint.get("/<round_code>/bang-nhiet")
@role_required(*RESULT_READERS)
def heat(round_code: str) -> str:
    """Show agencies down and elements across, shaded by how each stands against the other agencies."""
    with database().read() as session:
        page = load(session, round_code)
        across = columns(page)
        found = contrasts(session, page.results)
        listed = agency_list(page, PER_PAGE)
        rows = [(agency, [_cell(page, found, agency, *column) for column in across]) for agency in listed.page.rows]
        return flask.render_template(
            "results/heat.html",
            page=page,
            listed=listed,
            columns=across,
            rows=rows,
            large=LARGE,
            rate=100 * SURE,
            words={word.code: word for word in CONTRAST_WORDS},
        )


def _cell(page: RoundPage, found: Mapping[tuple[str, str, str], Contrast], agency: str, level: str, key: str) -> Cell:
    """A cell; a figure that is not shown stands against nothing."""
    figure = page.figures.find(agency, ALL_SERVICES, level, key)
    exists = figure is not None and figure.exists
    return Cell(figure, found.get((agency, level, key)) if exists else None)
