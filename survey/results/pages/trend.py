"""The index through the rounds: a line only between rounds that can be compared, each change with its test."""

from __future__ import annotations

from dataclasses import dataclass

import flask
import pandas as pd

from survey.accounts.auth import role_required
from survey.models import Round
from survey.results.charts import TrendChart, TrendPoint, trend_chart
from survey.results.comparisons import Step, series
from survey.results.figures import ALL_SERVICES, Figures, ShownFigure
from survey.results.league_table import IndexChange, change_of
from survey.results.pages.pages import RESULT_READERS, asked_agency, blueprint, columns, load
from survey.web.context import database


@dataclass(frozen=True)
class Point:
    """One round of a trend."""

    round: Round
    figure: ShownFigure | None
    #: since the round before; None for the first
    change: IndexChange | None
    #: whether the questions behind the figure, or the rule, differ from the round before
    broken: bool
    #: whether the form changed since the round before: the line ends, the change is told with that
    new_form: bool


@blueprint.get("/<round_code>/dien-bien")
@role_required(*RESULT_READERS)
def trend(round_code: str) -> str:
    """Show the province or the agency named by `?co-quan=` through the rounds up to this one."""
    with database().read() as session:
        page = load(session, round_code)
        agency = asked_agency(page)
        steps = series(session, page.results)
        figures = [Figures(_part(step, agency)) for step in steps]
        lines = [(level, key, _points(steps, figures, agency, level, key)) for level, key in columns(page)]
        return flask.render_template(
            "results/trend.html",
            page=page,
            agency=agency,
            chart=_chart(lines[0][2]),
            lines=lines,
            steps=steps,
        )


def _part(step: Step, agency: str) -> pd.DataFrame:
    table = step.results.table
    return table[(table["agency"] == agency) & (table["service"] == ALL_SERVICES)]


def _points(steps: list[Step], figures: list[Figures], agency: str, level: str, key: str) -> list[Point]:
    """One figure through the rounds."""
    points = []
    for step, found in zip(steps, figures, strict=True):
        change = None if step.changes is None else change_of(step.changes, agency, level, key)
        other_rule = step.changes is not None and not step.changes.comparable
        points.append(
            Point(
                round=step.results.round,
                figure=found.find(agency, ALL_SERVICES, level, key),
                change=change,
                broken=other_rule or (change is not None and change.other_items),
                new_form=step.changes is not None and step.changes.new_form,
            )
        )
    return points


def _chart(points: list[Point]) -> TrendChart:
    nan = float("nan")
    return trend_chart(
        [
            TrendPoint(
                point.round.code, figure.index, figure.lo, figure.hi, figure.thin, point.broken or point.new_form
            )
            if (figure := point.figure) is not None
            else TrendPoint(point.round.code, nan, nan, nan, broken=point.broken or point.new_form)
            for point in points
        ]
    )
