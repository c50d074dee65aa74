"""Bars of answers: the weighted shares of the five answers to each item, which add to the index beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import orm

from scoring.composition import level_shares
from survey.core.cache import cached
from survey.results.agency_part import agency_part
from survey.results.charts import Segment, stacked_bar
from survey.results.compute import RoundResults, round_sums, without_service
from survey.results.figures import PROVINCE, ShownFigure
from survey.structure.queries.population import population as read_population


@dataclass(frozen=True, eq=False)
class Bars:
    """The weighted shares of a round's answers, in percent of the valid, by agency, service and item."""

    shares: Mapping[tuple[str, str, str], tuple[float, ...]]

    def of(self, figure: ShownFigure | None) -> tuple[Segment, ...]:
        """An item's bar; empty for a figure that is hidden or that nobody answered."""
        if figure is None or not figure.valid:
            return ()
        return stacked_bar(figure.counts, self.shares.get((figure.agency, figure.service, figure.key)))


UNWEIGHTED = Bars({})
"""For figures that are not weighted, such as groups of a breakdown: shares are those of the counts."""


def weighted_bars(session: orm.Session, results: RoundResults, agency: str = PROVINCE) -> Bars:
    """The bars of a round, or of one agency alone; cached while its responses and transactions are the same.

    An agency consists of whole strata, so that its own part is enough for it (`survey.results.agency_part`).
    """

    def make() -> Bars:
        moments = round_sums(session, results.round, results.scheme, results.rules).moments
        population, figures = read_population(session, results.round.id), results.table
        known = len(population) > 0
        if agency:
            moments = moments.select((moments.keys["agency"] == agency).to_numpy())
            population = population[population["agency"] == agency].reset_index(drop=True)
            figures = figures[figures["agency"] == agency]
            if not len(moments.n):
                return UNWEIGHTED
        table = level_shares(
            moments,
            population if known else None,
            figures,
            results.rules,
            without_service=without_service(results.rules),
        )
        values = table.drop(columns=["agency", "service", "key"]).to_numpy(dtype=np.float64)
        keys = table[["agency", "service", "key"]].itertuples(index=False, name=None)
        return Bars({key: tuple(row) for key, row in zip(keys, values.tolist(), strict=True) if np.isfinite(row[0])})

    return cached(session, ("bars", *(agency_part(session, results, agency) if agency else (results.stamp,))), make)
