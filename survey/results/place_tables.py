"""Tables of a place that was looked at: of the whole round with hardened weights, or of some of its responses.

They follow the round's rules, as `survey.results.compute` does, and know no page: an edition freezes them too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.clusters import CLUSTER, cluster_sums
from scoring.hardening import BLOCK, BLOCK_WEEKS, CLOSED, HOURS, OPEN, OTHER, harden, open_to_all
from scoring.moments import moments_from_patterns
from scoring.scheme import DataError, Rules, Scheme
from scoring.table import score_table
from scoring.weights import stratified
from survey.core.cache import cached
from survey.results.compute import RoundResults, without_service
from survey.results.places import PlaceLook
from survey.structure.queries.population import population as read_population

Flags = NDArray[np.bool_]
WEEK_DAYS = 7


def hardened_table(session: orm.Session, results: RoundResults, look: PlaceLook) -> pd.DataFrame:
    """The result table of a round with hardened weights; kept while its responses and the hours are the same."""
    key = ("hardened", results.stamp, tuple(look.counters.items()))
    return cached(session, key, lambda: _hardened(session, results, look))


def _hardened(session: orm.Session, results: RoundResults, look: PlaceLook) -> pd.DataFrame:
    population = read_population(session, results.round.id)
    return chosen_table(
        results, look, enough_answered(results, look), population if len(population) else None, hard=True
    )


def hardened_for_all(results: RoundResults, look: PlaceLook) -> frozenset[str]:
    """The agencies whose hardened index may be printed for everyone (`scoring.hardening.open_to_all`)."""
    keys = _keys(look, enough_answered(results, look), hard=True)
    cells = keys.groupby(["agency", "service", BLOCK, HOURS]).size().reset_index(name="n")
    return open_to_all(cells["agency"].tolist(), cells["n"].to_numpy(), results.rules.min_n)


def enough_answered(results: RoundResults, look: PlaceLook) -> Flags:
    """Which responses answer as many items as the round's rules ask for."""
    share = results.rules.min_answered_share
    given = (look.rows.items > 0).sum(axis=1)
    if share <= 0:
        return np.ones(len(given), dtype=bool)
    return np.asarray((given > 0) & (given >= share * look.rows.items.shape[1]))


def chosen_table(
    results: RoundResults, look: PlaceLook, chosen: Flags, population: pd.DataFrame | None, *, hard: bool
) -> pd.DataFrame:
    """The result table of the chosen responses, (n,), or with hardened weights; empty where the rules allow none."""
    scheme, rules = results.scheme, results.rules
    keys = _keys(look, chosen, hard=hard)
    digits = np.where(look.rows.items[chosen] > 0, look.rows.items[chosen], 0).astype(np.uint8)
    if len(scheme.items) > digits.shape[1]:  # the overall question stands after the items
        letters = look.columns.letters[chosen, digits.shape[1] : len(scheme.items)]
        digits = np.hstack([digits, np.where((letters >= ord("1")) & (letters <= ord("5")), letters - ord("0"), 0)])
    try:
        return _scored(digits, keys, scheme, rules, population, look if hard else None)
    except DataError:
        # a rule that such a table cannot follow (an element that nobody is left of): no index, rather than no page
        return results.table.iloc[:0]


def _scored(
    digits: NDArray[np.uint8],
    keys: pd.DataFrame,
    scheme: Scheme,
    rules: Rules,
    population: pd.DataFrame | None,
    hardened_by: PlaceLook | None,
) -> pd.DataFrame:
    ones = np.ones(len(digits), dtype=np.int64)
    cells = keys.drop(columns=list(CLUSTER))
    found = moments_from_patterns(digits, ones, cells, scheme, features=rules.features)
    by_day = rules.clusters != "none"
    clusters = cluster_sums(digits, ones, keys, scheme, features=rules.features) if by_day else None
    design = None
    if hardened_by is not None:
        rated = found.rated() if rules.pooling or by_day else found
        plain = stratified(rated.keys, rated.n, population, rules, without_service=without_service(rules))
        days = hardened_by.rows.open_week
        design = harden(plain, np.add.reduceat(days, np.arange(0, len(days), BLOCK_WEEKS)))
    return score_table(
        found,
        scheme,
        population,
        replace(rules, rollup="transactions") if hardened_by is None else rules,
        design=design,
        clusters=clusters,
        without_service=without_service(rules),
    )


def _keys(look: PlaceLook, chosen: Flags, *, hard: bool) -> pd.DataFrame:
    """The keys of the chosen responses' cells and counter-days, as `survey.results.compute` has them."""
    columns, rows = look.columns, look.rows
    pile, counter = columns.pile[chosen], columns.counter[chosen]
    day = rows.day[chosen]
    named = np.where(pile > 0, np.char.add("p", pile.astype(str)), np.char.add("c", counter.astype(str)))
    known = (pile > 0) | (counter > 0)
    keys = {
        "agency": np.array(look.agencies, dtype=object)[rows.agency[chosen]],
        "service": np.array(columns.services, dtype=object)[columns.service[chosen]],
    }
    if hard:
        # a live answer whose form nobody opened here is none of opening hours: a script made it, or an old page
        kind = np.where(rows.live, np.where(rows.open & columns.signed, OPEN, CLOSED), OTHER)[chosen]
        keys[BLOCK] = (day // (WEEK_DAYS * BLOCK_WEEKS)).astype(str).astype(object)
        keys[HOURS] = kind.astype(str).astype(object)
    keys[CLUSTER[0]] = np.where(known, named, "").astype(object)
    keys[CLUSTER[1]] = np.where((pile > 0) | (counter == 0), "", np.char.zfill(day.astype(str), 5)).astype(object)
    return pd.DataFrame(keys)
