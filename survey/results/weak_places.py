"""Where a weakness sits: counters, services, channels and groups of an agency that are worse than the rest of it.

Each place is tested against the rest of its agency (`scoring.compare.contrast`), without the finite-population
correction: the question is how the place works. All tests of an agency are one family (Benjamini & Hochberg 1995): of
the places named, at most 5 in 100 are expected to be named falsely.

Only figures that breakdowns and results show are tested, and only a rest of as many people: both sides can be read
there. The size of a difference and its interval hold what is shown nowhere else (how a rest is weighted, and how its
days differ); pages show these to evaluators alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.clusters import clustered
from scoring.compare import contrast, in_families
from scoring.disclosure import SUPPRESSED
from scoring.moments import Moments
from scoring.pooling import Shown, pool
from scoring.scheme import figure
from scoring.weights import Design, stratified
from survey.core.cache import cached
from survey.questionnaires.definition import BLANK, HIDDEN
from survey.results.agency_part import agency_part
from survey.results.breakdowns import Dimension, dimensions, group_sums, hidden_figures
from survey.results.compute import PLACES, RoundResults, Sums, round_sums, without_service
from survey.results.diagnosis import SURE
from survey.results.figures import ALL_SERVICES
from survey.results.group_sizes import GROUP
from survey.results.statements import WHERE_SENTENCES, Searched, Statement, choose
from survey.structure.queries.population import population as read_population

SERVICE = "linh-vuc"
"""The code of the dimension that breakdowns do not have: results tell services apart by themselves."""
NO_PLACES = frozenset({"", BLANK, HIDDEN})
"""Labels of who named no group."""
MOST = 3
"""How many places are named of one item."""

LARGEST = 100.0
"""The largest difference of two percentages: an interval of few people would reach beyond."""


@dataclass(frozen=True)
class WeakPlace:
    """A place of an agency whose citizens are less satisfied with an item than those of the rest of the agency."""

    #: `SERVICE` or the code of a dimension of breakdowns, and the group in it
    dimension: str
    group: str
    #: as breakdowns show it, in percent, and who answered
    index: float
    n: int
    #: percentage points above the rest of the agency, and the interval that goes with the verdict
    gap: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Where:
    """What is known of where an item of an agency is worse."""

    #: the places, those with most people behind the difference first
    places: tuple[WeakPlace, ...] = ()
    #: how many places could be tested
    tests: int = 0

    @property
    def found(self) -> int:
        """How many places are worse than the rest."""
        return len(self.places)

    @property
    def sentence(self) -> Statement[Searched]:
        """What is said above the places."""
        return choose(WHERE_SENTENCES, self)


def weak_places(session: orm.Session, results: RoundResults, agency: str, items: Sequence[str]) -> dict[str, Where]:
    """For each of some items, the places of an agency where it is worse than in the rest of the agency.

    `items`: codes; together they are the family, so that what is said of all of them holds at once.
    """
    wanted = tuple(items)
    return cached(
        session, ("weak places", results.stamp, agency, wanted), lambda: _weak(session, results, agency, wanted)
    )


def _weak(session: orm.Session, results: RoundResults, agency: str, items: tuple[str, ...]) -> dict[str, Where]:
    parts = [part for dimension in _every(results) for part in _tests(session, results, agency, dimension, items)]
    if not parts:
        return {item: Where() for item in items}
    table = pd.concat(parts, ignore_index=True)
    family = [f"places of {agency}"] * len(table)
    table = in_families(table, family, method="bh", confidence=1 - SURE)
    return {item: _where(table[table["key"] == item]) for item in items}


def _where(table: pd.DataFrame) -> Where:
    """The tests of one item, summed up."""
    worse = table[table["verdict"] == "below"]
    people = (worse["diff"] * worse["n_first"]).to_numpy(dtype=np.float64)
    rows = worse.iloc[np.argsort(people, kind="stable")]
    places = [
        WeakPlace(
            row["dimension"],
            row["group"],
            float(row["first"]),
            int(row["n_first"]),
            float(row["diff"]),
            max(float(row["lo_family"]), -LARGEST),
            float(row["hi_family"]),
        )
        for row in rows.to_dict("records")
    ]
    return Where(tuple(places[:MOST]), int(table["p"].notna().sum()))


def _every(results: RoundResults) -> tuple[Dimension, ...]:
    return (Dimension(SERVICE, "service"), *dimensions(results.definition))


def _tests(
    session: orm.Session, results: RoundResults, agency: str, dimension: Dimension, items: tuple[str, ...]
) -> list[pd.DataFrame]:
    """The tests along one dimension, kept while the agency's responses and what is hidden of it are the same."""
    hidden = _hidden(session, results, agency, dimension)
    key = ("weak places along", dimension, items, hidden, *agency_part(session, results, agency))
    return cached(session, key, lambda: list(_contrasts(session, results, agency, dimension, items, hidden)))


def _contrasts(
    session: orm.Session,
    results: RoundResults,
    agency: str,
    dimension: Dimension,
    items: tuple[str, ...],
    hidden: frozenset[tuple[str, str]],
) -> Iterator[pd.DataFrame]:
    """The tests along one dimension, a table for each of its groups that is shown: of the items that are shown."""
    moments, design = _sample(session, results, agency, dimension)
    label = moments.keys["service" if dimension.code == SERVICE else GROUP].to_numpy()
    scheme, rules = moments.scheme, results.rules
    least = max(rules.min_n, 1)
    for group in sorted(set(label) - NO_PLACES):
        inside = label == group
        shown = [key for key in items if (group, key) not in hidden]
        if not shown or inside.all():
            continue
        tests = contrast(
            moments,
            design,
            [figure(scheme, rules, "item", key) for key in shown],
            np.where(inside, 0, 1),
            statistic=rules.statistic,
            confidence=rules.confidence,
        )
        enough = (tests["n_first"] >= least) & (tests["n_second"] >= least)
        yield tests[enough].assign(dimension=dimension.code, group=group)


def _hidden(
    session: orm.Session, results: RoundResults, agency: str, dimension: Dimension
) -> frozenset[tuple[str, str]]:
    """The (group, item) of an agency whose figures nobody is shown."""
    if dimension.code == SERVICE:
        table = results.table[(results.table["agency"] == agency) & (results.table["level"] == "item")]
        table = table[table["status"] == SUPPRESSED]
        return frozenset(table[["service", "key"]].itertuples(index=False, name=None))
    gone = hidden_figures(session, results, dimension, agency)
    return frozenset(
        (group, key)
        for place, service, group, level, key in gone
        if (place, service, level) == (agency, ALL_SERVICES, "item")
    )


def _sample(session: orm.Session, results: RoundResults, agency: str, dimension: Dimension) -> tuple[Moments, Design]:
    """An agency's moments by group and their design, that of the figures which are shown of its groups."""
    rules = results.rules
    sums = _sums(session, results, dimension)
    own = (sums.moments.keys["agency"] == agency).to_numpy()
    moments = sums.moments.select(own)
    if rules.pooling or sums.clusters is not None:
        moments = moments.rated()
    population = read_population(session, results.round.id)
    population = population[population["agency"] == agency].reset_index(drop=True)
    known = population if len(population) else None
    design = stratified(moments.keys, moments.n, known, rules, without_service=without_service(rules))
    if sums.clusters is not None:
        clusters = sums.clusters.select((sums.clusters.keys["agency"] == agency).to_numpy())
        design = clustered(design, clusters, rules.min_n)
    if rules.pooling and rules.min_n > 1:
        columns = PLACES if dimension.code == SERVICE else ("agency", GROUP)
        design = pool(design, Shown.of(results.table, PLACES), columns)
    return moments, design


def _sums(session: orm.Session, results: RoundResults, dimension: Dimension) -> Sums:
    if dimension.code == SERVICE:
        return round_sums(session, results.round, results.definition.scheme(), results.rules)
    return group_sums(session, results, dimension)
