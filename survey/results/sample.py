"""The sample behind a round's figures: moments and the design that goes with its table, for tests, ranks and files."""

from __future__ import annotations

from sqlalchemy import orm

from scoring.clusters import clustered
from scoring.moments import Moments
from scoring.pooling import pooled
from scoring.weights import Design, stratified
from survey.core.cache import cached
from survey.results.compute import RoundResults, round_sums, without_service
from survey.structure.queries.population import population as read_population


def sample(session: orm.Session, results: RoundResults) -> tuple[Moments, Design]:
    """The moments of a round and the design of its province and agencies: what the table hides is pooled."""

    def make() -> tuple[Moments, Design]:
        rules = results.rules
        sums = round_sums(session, results.round, results.scheme, rules)
        found = sums.moments.rated() if rules.pooling or sums.clusters is not None else sums.moments
        population = read_population(session, results.round.id)
        known = population if len(population) else None
        design = stratified(found.keys, found.n, known, rules, without_service=without_service(rules))
        if sums.clusters is not None:
            design = clustered(design, sums.clusters, rules.min_n)
        return found, pooled(design, results.table) if rules.pooling and rules.min_n > 1 else design

    return cached(session, ("sample", results.stamp), make)
