"""The four thermometers as a table: the own round's row first, of every agency and year that another speaks of."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import orm

from survey.models import AgencyKind
from survey.results.compute import round_results
from survey.results.figures import Figures
from survey.results.queries.outside_figures import last_round_of, outside_figures

OWN_ROUND = "own"
"""Instrument of the province's own round."""
COLUMNS = ("agency", "year", "instrument", "value", "most", "percent", "lo", "hi", "n", "method", "source")


def thermometer_table(session: orm.Session) -> pd.DataFrame:
    """One row an agency, year and instrument, columns as `COLUMNS`; `lo` and `hi` of the own round alone."""
    rows: list[tuple[object, ...]] = []
    stored = outside_figures(session)
    own: dict[int, tuple[str, Figures]] = {}
    for year in {figure.year for figure in stored}:
        round_ = last_round_of(session, year)
        if round_ is not None:
            own[year] = round_.code, Figures(round_results(session, round_.code).table)
    for year, agency in dict.fromkeys((figure.year, figure.agency) for figure in stored):
        code, figures = own.get(year, ("", None))
        figure = figures.overall("" if agency.kind is AgencyKind.PROVINCE else agency.code) if figures else None
        if figure is not None and figure.exists:
            index = figure.index
            rows.append((agency.code, year, OWN_ROUND, index, 100.0, index, figure.lo, figure.hi, figure.n, "", code))
        for one in stored:
            if (one.year, one.agency_id) == (year, agency.id):
                value = (one.value, one.most, 100 * one.value / one.most, None, None)
                rows.append((agency.code, year, one.instrument.value, *value, one.n, one.method, one.source))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"lo": "float64", "hi": "float64"}).assign(n=table["n"].astype("Int64"))
