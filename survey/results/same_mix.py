"""Bands at the same mix of people: agencies raked to the channels, or other groups, of their league together.

Who is asked on paper answers otherwise than who scans a code, and an agency cannot choose who comes. Raking gives each
agency the mix of its league over the groups that it has, and leaves its services as they weigh (Deming & Stephan 1940).
For evaluators alone: the cells behind it are not all printed (docs/methodology.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.clusters import CLUSTER, clustered
from scoring.scheme import DataError
from scoring.table import score_table
from scoring.weights import Design, rake, stratified
from survey.core.cache import cached
from survey.questionnaires.definition import BLANK, UNKNOWN
from survey.results.breakdowns import CHANNEL, COUNTER, Dimension, dimensions
from survey.results.compute import PLACES, RoundResults, Sums, round_sums, without_service
from survey.results.expected import ExpectedStanding, League, leagues, standing_of
from survey.structure.queries.population import population as read_population

MET = 1e-6
"""How far a total may be from what it was raked to, as a share: beyond, an agency's margins contradict each other."""
RULE_CHANNEL = "channel"
"""What rules call the channel; other names are codes of respondent questions."""
Margins = Mapping[str | tuple[str, ...], pd.DataFrame]


@dataclass(frozen=True)
class MixStanding:
    """An agency as it is, and at the mix of its league."""

    plain: ExpectedStanding
    #: None where its services and its groups cannot both be kept, or it has too few respondents
    same: ExpectedStanding | None


def mix_dimensions(results: RoundResults) -> list[Dimension]:
    """What agencies can be raked to the same mix of: the channel, and what the form asks people for."""
    return [one for one in dimensions(results.definition) if one.code != COUNTER]


def chosen_by_rule(results: RoundResults) -> list[Dimension]:
    """The dimensions that the round's rules name, as far as its questionnaire has them."""
    of = {RULE_CHANNEL if one.code == CHANNEL else one.code: one for one in mix_dimensions(results)}
    return [of[code] for code in results.rules.same_mix if code in of]


def mix_standings(
    session: orm.Session, results: RoundResults, chosen: Sequence[Dimension]
) -> list[tuple[League, list[MixStanding]]]:
    """The plain leagues with each agency's standing at the same mix; none where that cannot be worked out at all."""
    plain, same = leagues(results, ranked=False), leagues_at_same_mix(session, results, chosen)
    if not same:
        return []
    found = []
    for league in plain:
        rows = []
        for standing in league.standings:
            beside = standing_of(same, standing.agency)
            rows.append(MixStanding(standing, beside[1] if beside else None))
        found.append((league, rows))
    return found


def leagues_at_same_mix(session: orm.Session, results: RoundResults, chosen: Sequence[Dimension]) -> list[League]:
    """The leagues of a round with every agency raked to its league's mix of each dimension; see `leagues`.

    Without ranks, and what is expected is the same of all: the services are in the weights. Agencies whose services
    and groups cannot both be kept are left out.
    """

    def make() -> list[League]:
        raked = _raked_table(session, results, chosen)
        if raked is None:
            return []
        rules = replace(results.rules, expected_by="none")
        return leagues(replace(results, table=raked, tested=raked, rules=rules), ranked=False)

    return cached(session, ("same mix", results.stamp, tuple(chosen)), make)


def _raked_table(session: orm.Session, results: RoundResults, chosen: Sequence[Dimension]) -> pd.DataFrame | None:
    sums, rules = _sums(session, results, chosen), results.rules
    population = read_population(session, results.round.id)
    moments = sums.moments.rated()
    known = population if len(population) else None
    try:
        design = stratified(moments.keys, moments.n, known, rules, without_service=without_service(rules))
        if sums.clusters is not None:
            design = clustered(design, sums.clusters, rules.min_n)
        margins = margins_of(design, results.leagues, [one.code for one in chosen])
        raked, _report = rake(design, margins)
        table = score_table(
            moments, moments.scheme, known, replace(rules, pooling=False), by=("agency",), design=raked, tests=True
        )
    except DataError:
        return None
    return table[~table["agency"].isin(contradicted(raked, margins))].reset_index(drop=True)


def _sums(session: orm.Session, results: RoundResults, chosen: Sequence[Dimension]) -> Sums:
    """The sums of a round by agency, service and each dimension; who declined or left a question out is one group."""
    found = round_sums(session, results.round, results.scheme, results.rules, (*PLACES, *(one.key for one in chosen)))

    def named(keys: pd.DataFrame) -> pd.DataFrame:
        keys = keys.rename(columns={one.key: one.code for one in chosen})
        asked = [one.code for one in chosen if one.of_question]
        return keys.assign(**{code: keys[code].replace(UNKNOWN, BLANK) for code in asked})

    columns = [*PLACES, *(one.code for one in chosen)]
    moments = replace(found.moments, keys=named(found.moments.keys)).collapse(columns)
    if found.clusters is None:
        return replace(found, moments=moments)
    clusters = replace(found.clusters, keys=named(found.clusters.keys)).collapse([*columns, *CLUSTER])
    return replace(found, moments=moments, clusters=clusters)


def margins_of(design: Design, leagues: Mapping[str, str], groups: Sequence[str]) -> Margins:
    """The totals that weights are raked to: of each service as it is, and of each group as in the agency's league.

    `groups`: the key columns. A group that an agency has nobody of is left to the others, in proportion.
    """
    cells = design.keys.assign(N=np.asarray(design.weight * design.n, dtype=np.float64))
    cells = cells[cells["N"] > 0]
    margins: dict[str | tuple[str, ...], pd.DataFrame] = {PLACES: cells.groupby(list(PLACES))["N"].sum().reset_index()}
    for group in groups:
        own = cells.groupby(["agency", group], as_index=False)["N"].sum()
        total = own.groupby("agency")["N"].transform("sum")
        league = own["agency"].map(lambda code: leagues.get(code, "")).rename("league")
        share = own.groupby([league, group])["N"].transform("sum")
        margins["agency", group] = own.assign(N=total * share / share.groupby(own["agency"]).transform("sum"))
    return margins


def contradicted(design: Design, margins: Margins) -> set[str]:
    """The agencies whose raked totals are not those of the margins: all of a service came by one channel, for example.

    Their margins contradict each other, and raking ends nowhere.
    """
    cells = design.keys.assign(reached=np.asarray(design.weight * design.n, dtype=np.float64))
    found: set[str] = set()
    for name, wanted in margins.items():
        columns = [name] if isinstance(name, str) else list(name)
        both = wanted.merge(cells.groupby(columns, as_index=False)["reached"].sum(), on=columns)
        off = (both["reached"] - both["N"]).abs() > MET * both["N"]
        found |= set(both.loc[off, "agency"])
    return found
