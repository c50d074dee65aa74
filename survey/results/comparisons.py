"""Comparisons: ranks within a round and changes since the round before, from computed results."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.compare import changes
from scoring.ranks import ALONE, RANKED, rank_agencies
from scoring.scheme import Rules
from survey.core.cache import cached
from survey.models import Round
from survey.results.compute import RoundResults, round_results
from survey.structure.queries.leagues import league_order
from survey.structure.queries.rounds import find_rounds_before


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed since an earlier round."""

    before: Round
    #: one row a figure, see `scoring.compare.changes`
    table: pd.DataFrame
    #: whether both rounds asked comparable questions; if not, a change may be one of the questions
    comparable: bool
    #: whether the same questions stand in another form: a change may then be one of the form, and says so
    new_form: bool


def agency_ranks(results: RoundResults, *, each: bool = True) -> pd.DataFrame:
    """The agencies' ranks by overall index within their leagues, see `scoring.ranks.rank_agencies`.

    The column `league` says among whom; whoever is alone in a league has no rank (status `alone`). The seed comes from
    the round's code: looking again never alters a rank. Agencies with fewer respondents than the round's rules ask for
    an interval have no rank. `each` False: without the ranges that hold for one agency by itself, which take longest.
    """
    rules = results.rules
    old_errors = rules.fpc_in_tests or results.tested is None
    table = results.table if results.tested is None else results.tested
    rows = table[(table["agency"] != "") & (table["service"] == "") & (table["level"] == "overall")]
    if not results.leagues or not len(rows):
        return _in_league(_league_ranks(results, rows, old_errors, each), "")
    league = np.array([results.leagues.get(agency, "") for agency in rows["agency"]], dtype=object)
    parts = []
    for name in league_order(results.leagues, rows["agency"]):
        part = _league_ranks(results, rows[league == name], old_errors, each)
        if (part["status"] == RANKED).sum() == 1:
            alone = part["status"] == RANKED
            part.loc[alone, ["rank", "low", "high", "own_low", "own_high"]] = pd.NA
            part.loc[alone, ["group", "status"]] = ["", ALONE]
        parts.append(_in_league(part, name))
    return pd.concat(parts, ignore_index=True)


def _in_league(ranks: pd.DataFrame, name: str) -> pd.DataFrame:
    ranks.insert(1, "league", name)
    return ranks


def _league_ranks(results: RoundResults, rows: pd.DataFrame, old_errors: bool, each: bool) -> pd.DataFrame:
    """The ranks of the agencies of one league among each other."""
    rules = results.rules
    columns = ("index", "n", *(("se", "lo", "hi") if old_errors else ("se_test",)))
    numbers = tuple((name, rows[name].to_numpy(dtype=np.float64, na_value=np.nan).tobytes()) for name in columns)
    bounded = () if old_errors else tuple(rows["bounded"].astype(bool))
    seed = int.from_bytes(hashlib.sha256(results.round.code.encode()).digest()[:8], "big")
    choices = (rules.statistic, rules.min_n_interval, rules.confidence, rules.letters)
    return _ranked(tuple(rows["agency"]), tuple(rows["status"]), numbers, bounded, seed, choices, each).copy()


@lru_cache(maxsize=64)
def _ranked(
    agencies: tuple[str, ...],
    status: tuple[str, ...],
    numbers: tuple[tuple[str, bytes], ...],
    bounded: tuple[bool, ...],
    seed: int,
    choices: tuple[str, int, float, str],
    each: bool,
) -> pd.DataFrame:
    """The ranks of figures given as bytes: equal figures have equal ranks, and they take long to find.

    `bounded`: empty for the errors with the finite-population correction.
    """
    statistic, min_n_interval, confidence, letters = choices
    rows = pd.DataFrame({"agency": agencies, "service": "", "level": "overall", "key": "all", "status": status})
    for name, values in numbers:
        rows[name] = np.frombuffer(values)
    rules = Rules(statistic=statistic, min_n_interval=min_n_interval, confidence=confidence, letters=letters)
    if bounded or not len(rows):
        return rank_agencies(
            rows.assign(bounded=np.array(bounded, dtype=bool), se_test=rows.get("se_test")), rules, seed=seed, each=each
        )
    return rank_agencies(rows, rules, seed=seed, fpc=True, each=each)


def changes_since_last_round(
    session: orm.Session, results: RoundResults, services: Sequence[str] | None = None
) -> Changes | None:
    """The changes of every figure since the latest round that ended before this one began; None without one.

    `services`: of these alone ("" all together); None: of all. Adjusted p-values are the same either way.
    """
    before = find_rounds_before(session, results.round)[:1]
    return changes_between(session, results, before[0], services) if before else None


def changes_between(
    session: orm.Session, results: RoundResults, before: Round, services: Sequence[str] | None = None
) -> Changes:
    """The changes of every figure since an earlier round."""
    earlier = round_results(session, before.code)

    def make() -> pd.DataFrame:
        now, then = (_of_services(one, services) for one in (results, earlier))
        return changes(
            now,
            then,
            families=(results.definition.family, earlier.definition.family),
            schemes=(results.scheme, earlier.scheme),
            confidence=results.rules.confidence,
            fpc=results.rules.fpc_in_tests,
        )

    chosen = None if services is None else tuple(services)
    table = cached(session, ("changes", results.stamp, earlier.stamp, chosen), make)
    same = comparable(results, earlier)
    return Changes(before, table, same, same and not results.definition.same_form(earlier.definition))


def _of_services(results: RoundResults, services: Sequence[str] | None) -> pd.DataFrame:
    """The rows of some services (None: of all) with the errors that tests need."""
    table = results.table if results.tested is None else results.tested
    return table if services is None else table[table["service"].isin(services)]


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
    """The rounds up to this one, the earliest first; each began after the one before it had ended."""
    rounds = [results]
    while earlier := find_rounds_before(session, rounds[-1].round)[:1]:
        rounds.append(round_results(session, earlier[0].code))
    rounds.reverse()
    steps = [Step(rounds[0], None)]
    steps += [
        Step(now, changes_between(session, now, before.round, services=("",))) for before, now in pairwise(rounds)
    ]
    return steps
