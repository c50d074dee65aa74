"""Intra-class correlation of a round: how much people of one counter and day answer the same, and what that costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy import orm

from scoring.clusters import cluster_effect, likeness
from scoring.scheme import figure
from survey.core.errors import InputError
from survey.models import Round
from survey.results.compute import RoundResults, round_results
from survey.results.freshness import age, recent
from survey.results.sample import sample
from survey.structure.queries.rounds import find_rounds_before

LEAST_CLUSTERS = 10
"""Counter-days below which nothing is said: the correlation would be chance."""

NOTICEABLE = 1.05
"""Design effect from which it is said that likeness widens intervals."""


@dataclass(frozen=True)
class Intraclass:
    """Intra-class correlation of the overall index among people of one counter and day, in the province."""

    #: intra-class correlation, 0 where it was found below
    icc: float
    #: people a counter-day, and how many counter-days
    size: float
    clusters: int
    #: variance with counter-days over that with people as units
    deff: float

    @property
    def wider(self) -> float:
        """How many times the standard error is that of as many people who answer independently."""
        return math.sqrt(self.deff)

    @property
    def matters(self) -> bool:
        """Whether people of one counter and day agree so much that the province's intervals become wider."""
        return self.deff > NOTICEABLE


def intraclass(session: orm.Session, results: RoundResults) -> Intraclass | None:
    """The correlation of a round; None where respondents are the units, or counter-days are too few to tell.

    That of a round that takes answers may be some minutes old (`survey.results.freshness`).
    """
    return recent(session, results, ("intraclass",), lambda: _intraclass(session, results))


def intraclass_age(session: orm.Session, results: RoundResults) -> timedelta | None:
    """How old the correlation is; None where it is of the responses that count now."""
    return age(session, results, ("intraclass",))


def effect_before(session: orm.Session, round_: Round) -> float | None:
    """Kish's design effect of counter-days in the newest round that had ended when one began.

    It is what a target multiplies the number of people by; None where no round before tells.
    """
    for before in find_rounds_before(session, round_):
        try:
            found = intraclass(session, round_results(session, before.code))
        except InputError:  # a round that cannot be scored tells nothing
            continue
        if found is not None:
            return cluster_effect(found.icc, found.size)
    return None


def _intraclass(session: orm.Session, results: RoundResults) -> Intraclass | None:
    moments, design = sample(session, results)
    if design.clusters is None:
        return None
    known = np.ones(len(design.n), dtype=np.bool_) if design.known is None else design.known
    whole = figure(moments.scheme, results.rules, "overall", "all")
    table = likeness(moments, design, whole, np.where(known, 0, -1), statistic=results.rules.statistic)
    if not len(table):
        return None
    found = table.iloc[0]
    icc, deff = float(found["icc"]), float(found["deff"])
    if not (found["clusters"] >= LEAST_CLUSTERS and math.isfinite(icc) and math.isfinite(deff)):
        return None
    return Intraclass(max(icc, 0.0), float(found["size"]), int(found["clusters"]), deff)
