"""Diagnosis: tests of an agency against the rest of the province, by element for all agencies, by item for one.

Every verdict is a test within its family, and the interval beside it is the one that goes with it (`scoring.compare`):
for one figure, all agencies together in the heat table; for one agency, its items together. Both screen many
(Benjamini & Hochberg 1995): of the differences stated, at most 5 in 100 are expected to be false.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.compare import each_against_rest, family_names, in_families
from scoring.diagnose import diagnose
from scoring.disclosure import SUPPRESSED
from scoring.importance import Importance, overall_importance, people_behind
from scoring.moments import decode
from scoring.scheme import DataError, figure
from survey.core.cache import cached
from survey.questionnaires.definition import OVERALL
from survey.results.compute import RoundResults
from survey.results.queries import responses
from survey.results.sample import sample
from survey.results.statements import CONTRAST_WORDS, Difference, Statement, choose

SURE = 0.05
"""False discovery rate of calling a difference a difference."""
LARGE = 5.0
"""Percentage points from which a sure difference is called large."""
GAP_COLUMNS = ("agency", "level", "key", "gap", "se", "p", "tests", "p_family", "lo_family", "hi_family", "verdict")


def gaps(session: orm.Session, results: RoundResults) -> pd.DataFrame:
    """Every agency against all others, overall and by element: `GAP_COLUMNS`, one row a figure.

    Figures that are suppressed, and agencies with nothing to compare with, have no row.
    """
    return cached(session, ("gaps", results.stamp), lambda: _gaps(session, results))


@dataclass(frozen=True)
class Contrast:
    """How one figure of an agency stands against that of all other agencies together."""

    #: percentage points above the others
    gap: float
    #: `above`, `below`, or `same` where the difference is not significant
    verdict: str
    #: the interval of the gap that goes with the verdict
    lo: float = float("nan")
    hi: float = float("nan")

    @property
    def large(self) -> bool:
        """Whether the figure is told apart, and by `LARGE` points or more."""
        return self.verdict != "same" and abs(self.gap) >= LARGE

    @property
    def word(self) -> Statement[Difference]:
        """What is said of it beside its number."""
        return choose(CONTRAST_WORDS, self)


def contrasts(session: orm.Session, results: RoundResults) -> Mapping[tuple[str, str, str], Contrast]:
    """The `gaps` that exist by (agency, level, key), each with its verdict."""
    table = gaps(session, results)
    keys = table[["agency", "level", "key"]].itertuples(index=False, name=None)
    numbers = table[["gap", "lo_family", "hi_family"]].to_numpy(dtype=np.float64, na_value=np.nan).tolist()
    return {
        key: Contrast(gap, "same" if verdict == "unknown" else verdict, lo, hi)
        for key, (gap, lo, hi), verdict in zip(keys, numbers, table["verdict"], strict=True)
        if not np.isnan(gap)
    }


def diagnosis(session: orm.Session, results: RoundResults, agency: str) -> pd.DataFrame | None:
    """An agency's strengths and weaknesses, see `scoring.diagnose.diagnose`; None when it cannot be computed.

    That is so for an agency without responses of its own, with too few to show, or without others to compare with.
    `importance` is missing where no question about the whole was asked; then `priority` is the number of dissatisfied
    citizens (`people`) behind the gap.
    """
    return cached(session, ("diagnosis", results.stamp, agency), lambda: _diagnosis(session, results, agency))


def importance(session: orm.Session, results: RoundResults) -> Importance | None:
    """How much each item weighs in what citizens say of the whole; None where they were not asked of it."""
    return cached(session, ("importance", results.stamp), lambda: _importance(session, results))


def _importance(session: orm.Session, results: RoundResults) -> Importance | None:
    positions = {slot.code: position for position, slot in enumerate(results.definition.slots)}
    if OVERALL not in positions:
        return None
    scheme, key = results.definition.scheme(), responses.answer_key(positions[OVERALL])
    found = responses.patterns(session, results.round.id, ("agency", key))
    if not found.answers:
        return None
    return overall_importance(
        decode(found.answers, scheme),
        np.array([int(answer) if answer in tuple("12345") else 0 for answer in found.keys[key]], dtype=np.int64),
        found.keys["agency"].to_numpy(),
        keys=scheme.codes,
        counts=found.counts,
        seed=int.from_bytes(hashlib.sha256(results.round.code.encode()).digest()[:8], "big"),
        confidence=results.rules.confidence,
    )


def _gaps(session: orm.Session, results: RoundResults) -> pd.DataFrame:
    moments, design = sample(session, results)
    scheme, rules = moments.scheme, results.rules
    wanted = [figure(scheme, rules, "overall", "all")]
    wanted += [figure(scheme, rules, "element", element) for element in scheme.elements]
    shown = _shown(results)
    table = each_against_rest(
        moments,
        design,
        wanted,
        fpc=rules.fpc_in_tests,
        statistic=rules.statistic,
        confidence=rules.confidence,
    )
    if not len(table):
        return pd.DataFrame(columns=list(GAP_COLUMNS))
    keep = [row in shown for row in zip(table["agency"], table["level"], table["key"], strict=True)]
    table = table[np.array(keep, dtype=bool)].reset_index(drop=True)
    table = in_families(table, family_names(table, "across"), method="bh", confidence=1 - SURE)
    return table.rename(columns={"diff": "gap"})[list(GAP_COLUMNS)]


def _diagnosis(session: orm.Session, results: RoundResults, agency: str) -> pd.DataFrame | None:
    shown = _shown(results)
    if (agency, "overall", "all") not in shown:
        return None
    moments, design = sample(session, results)
    weights = importance(session, results)
    given = dict.fromkeys(moments.scheme.codes, 1.0) if weights is None else dict(_shares(weights))
    try:
        table = diagnose(moments, design, agency, importance=given, level=SURE, fpc=results.rules.fpc_in_tests)
    except DataError:
        return None
    table = table[[(agency, "item", key) in shown for key in table["key"]]].reset_index(drop=True)
    gap, n = (table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("gap", "n"))
    table["people"] = people_behind(np.nan_to_num(gap), n)
    return table if weights is not None else _by_people(table)


def _shares(weights: Importance) -> Mapping[str, float]:
    return dict(zip(weights.keys, map(float, weights.share), strict=True))


def _by_people(table: pd.DataFrame) -> pd.DataFrame:
    """A diagnosis without importance: weaknesses by the citizens behind them, strengths by their gap."""
    place = table["verdict"].map({"weakness": 0, "strength": 1, "same": 2, "unknown": 3}).to_numpy()
    people = table["people"].to_numpy(dtype=np.float64)
    gap = np.nan_to_num(table["gap"].to_numpy(dtype=np.float64, na_value=np.nan))
    order = np.lexsort((-gap, -people, place))
    table = table.assign(importance=np.nan, priority=-people, quadrant="")
    return table.iloc[order].reset_index(drop=True)


def _shown(results: RoundResults) -> frozenset[tuple[str, str, str]]:
    """The (agency, level, key) whose figures, all services together, exist and are shown."""
    table = results.table
    rows = table[(table["service"] == "") & (table["status"] != SUPPRESSED) & table["index"].notna()]
    return frozenset(rows[["agency", "level", "key"]].itertuples(index=False, name=None))
