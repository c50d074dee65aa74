"""Comparisons: ranks within a round and changes since the round before, from computed results."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import ndtri
from sqlalchemy import orm

from scoring.compare import changes
from scoring.ranks import rank_table, steady_variance
from survey.core.cache import cached
from survey.models import Round
from survey.results.compute import RoundResults, round_results
from survey.structure.queries.rounds import find_rounds_before


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed since an earlier round."""

    before: Round
    #: one row a figure, see `scoring.compare.changes`
    table: pd.DataFrame
    #: whether both rounds asked comparable questions; if not, a change may be one of the questions
    comparable: bool


def agency_ranks(results: RoundResults) -> pd.DataFrame:
    """Return the agencies' ranks by overall index, see `scoring.ranks.rank_table`.

    Agencies are disjoint strata, so their estimates are independent. The seed comes from the round's code: looking
    again never alters a rank. Agencies with fewer respondents than the round's rules ask for an interval have no rank.
    """
    table = results.table
    rows = table[(table["agency"] != "") & (table["service"] == "") & (table["level"] == "overall")]
    index, se, lo, hi = (rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("index", "se", "lo", "hi"))
    # Where everyone answered alike the estimated error 0 means nothing; the interval's reach stands in for it.
    reach = np.fmax(index - lo, hi - index) / ndtri((1 + results.rules.confidence) / 2)
    unanimous = (rows["status"] == "zero_variance").to_numpy()
    n = rows["n"].fillna(0).to_numpy(dtype=np.int64)
    variance = np.where(unanimous, reach, se) ** 2
    if results.rules.statistic != "score":
        variance = steady_variance(index, variance, n, scale=100, confidence=results.rules.confidence)
    seed = int.from_bytes(hashlib.sha256(results.round.code.encode()).digest()[:8], "big")
    ranked = _ranked(
        tuple(rows["agency"]),
        index.tobytes(),
        variance.tobytes(),
        n.tobytes(),
        seed,
        results.rules.min_n_interval,
        results.rules.confidence,
    )
    return ranked.copy()


@lru_cache(maxsize=64)
def _ranked(
    agencies: tuple[str, ...], index: bytes, variance: bytes, n: bytes, seed: int, min_n: int, confidence: float
) -> pd.DataFrame:
    """Return the rank table of arrays given as bytes: equal figures have equal ranks, and they take long to find."""
    return rank_table(
        list(agencies),
        np.frombuffer(index),
        np.frombuffer(variance),
        np.frombuffer(n, dtype=np.int64),
        seed=seed,
        min_n=min_n,
        confidence=confidence,
    )


def changes_since_last_round(
    session: orm.Session, results: RoundResults, services: Sequence[str] | None = None
) -> Changes | None:
    """Return the changes of every figure since the latest round that ended before this one began; None without one.

    `services`: of these alone ("" all together); None: of all. Adjusted p-values are the same either way.
    """
    before = find_rounds_before(session, results.round)[:1]
    return changes_between(session, results, before[0], services) if before else None


def changes_between(
    session: orm.Session, results: RoundResults, before: Round, services: Sequence[str] | None = None
) -> Changes:
    """Return the changes of every figure since an earlier round."""
    earlier = round_results(session, before.code)
    families = (results.definition.family, earlier.definition.family)

    def make() -> pd.DataFrame:
        tables = [
            table if services is None else table[table["service"].isin(services)]
            for table in (results.table, earlier.table)
        ]
        return changes(tables[0], tables[1], families=families, confidence=results.rules.confidence)

    chosen = None if services is None else tuple(services)
    table = cached(session, ("changes", results.stamp, earlier.stamp, chosen), make)
    return Changes(before, table, comparable(results, earlier))


def comparable(one: RoundResults, other: RoundResults) -> bool:
    """Say whether two rounds asked the same and computed the index the same."""
    same_questions = one.definition.family == other.definition.family
    return same_questions and one.rules.composition == other.rules.composition


@dataclass(frozen=True, eq=False)
class Step:
    """One round of a series, and what changed since the round before it."""

    results: RoundResults
    #: None for the first round
    changes: Changes | None


def series(session: orm.Session, results: RoundResults) -> list[Step]:
    """Return the rounds up to this one, the earliest first; each began after the one before it had ended."""
    rounds = [results]
    while earlier := find_rounds_before(session, rounds[-1].round)[:1]:
        rounds.append(round_results(session, earlier[0].code))
    rounds.reverse()
    steps = [Step(rounds[0], None)]
    steps += [
        Step(now, changes_between(session, now, before.round, services=("",))) for before, now in pairwise(rounds)
    ]
    return steps
