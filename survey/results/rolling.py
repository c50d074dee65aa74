"""Rolling year: the rounds of the last twelve months added up, the plain alternative to estimates that borrow.

Moments merge, so that four quarters count as one long round: each agency's service by all its transactions and all its
answers of the year. Nothing is modelled; what is gained in answers is lost in being up to date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce

import pandas as pd
from sqlalchemy import orm

from survey.core.cache import cached
from survey.models import Round
from survey.results.compute import RoundResults, Sums, round_sums, score_sums
from survey.results.figures import Figures, ShownFigure
from survey.structure.queries.counted import stamp
from survey.structure.queries.population import population as read_population
from survey.structure.queries.rounds import definition_of, find_rounds_before

YEAR = timedelta(days=365)
MOST = 4
"""Rounds that are counted together at most."""


@dataclass(frozen=True)
class RollingYear:
    """Rounds that are counted together, the latest first, and the overall figure of each (agency, service)."""

    rounds: Sequence[Round]
    figures: Mapping[tuple[str, str], ShownFigure]


def rolling_year(session: orm.Session, results: RoundResults) -> RollingYear | None:
    """A round with up to three that ended in the year before its last day; None where none asked the same questions.

    Under the rules of the round itself; figures of fewer people than it shows are hidden, as in its own table.
    """
    since = results.round.last_day - YEAR
    earlier = [
        one
        for one in find_rounds_before(session, results.round)
        if one.last_day > since and definition_of(one.version).scheme(results.rules) == results.scheme
    ]
    rounds = [results.round, *earlier][:MOST]
    counts = [read_population(session, one.id) for one in rounds]
    stamps = [
        (one.id, stamp(session, one.id), *known.itertuples(index=False, name=None))
        for one, known in zip(rounds, counts, strict=True)
    ]
    if not earlier:
        return None
    key = ("rolling year", results.stamp, *stamps)
    return RollingYear(rounds, cached(session, key, lambda: _figures(session, results, rounds, counts)))


def _figures(
    session: orm.Session, results: RoundResults, rounds: Sequence[Round], counts: Sequence[pd.DataFrame]
) -> dict[tuple[str, str], ShownFigure]:
    rules, scheme = results.rules, results.scheme
    sums = reduce(Sums.merge, [round_sums(session, one, scheme, rules) for one in rounds])
    known = pd.concat(counts).groupby(["agency", "service"])["N"].sum().reset_index()
    # A round of unknown transactions would weigh nothing: then every answer counts the same.
    table = score_sums(sums, scheme, known if all(map(len, counts)) else known.iloc[:0], rules, tests=False)
    figures = Figures(table)
    whole = table[(table["agency"] != "") & (table["service"] != "") & (table["level"] == "overall")]
    found = {}
    for agency, service in whole[["agency", "service"]].itertuples(index=False, name=None):
        figure = figures.overall(str(agency), str(service))
        if figure is not None and figure.exists:
            found[str(agency), str(service)] = figure
    return found
