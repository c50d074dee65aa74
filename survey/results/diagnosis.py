"""Diagnosis: tests of an agency against the rest of the province, by element for all agencies, by item for one.

Every verdict is a test with its p-value adjusted for how many were asked (Benjamini & Hochberg 1995): over all agencies
and elements in the heat table, over the items of one agency in its strengths and weaknesses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.compare import adjust, against_rest
from scoring.diagnose import diagnose, importances
from scoring.disclosure import SUPPRESSED
from scoring.moments import Moments
from scoring.scheme import DataError, figure
from scoring.weights import Design, stratified
from survey.core.cache import cached
from survey.results.compute import RoundResults, round_moments
from survey.structure.queries.population import population as read_population

SURE = 0.05
"""False discovery rate of calling a difference a difference."""
LARGE = 5.0
"""Percentage points from which a sure difference is called large."""
GAP_COLUMNS = ("agency", "level", "key", "gap", "se", "p", "p_bh")


def gaps(session: orm.Session, results: RoundResults) -> pd.DataFrame:
    """Return every agency against all others, overall and by element: `GAP_COLUMNS`, one row a figure.

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

    @property
    def large(self) -> bool:
        """Whether the figure is surely, and by `LARGE` points or more, another."""
        return self.verdict != "same" and abs(self.gap) >= LARGE


def contrasts(session: orm.Session, results: RoundResults) -> Mapping[tuple[str, str, str], Contrast]:
    """Return the `gaps` that exist by (agency, level, key), each with its verdict."""
    table, by_figure = gaps(session, results), {}
    keys = table[["agency", "level", "key"]].itertuples(index=False, name=None)
    values = (table[name].to_numpy(dtype=np.float64, na_value=np.nan).tolist() for name in ("gap", "p_bh"))
    for key, gap, p in zip(keys, *values, strict=True):
        if not np.isnan(gap):  # a missing p is not below anything: no verdict without a test
            by_figure[key] = Contrast(gap, ("above" if gap > 0 else "below") if p < SURE else "same")
    return by_figure


def diagnosis(session: orm.Session, results: RoundResults, agency: str) -> pd.DataFrame | None:
    """Return an agency's strengths and weaknesses, see `scoring.diagnose.diagnose`; None when it cannot be computed.

    That is so for an agency without responses of its own, with too few to show, or without others to compare with.
    """
    return cached(session, ("diagnosis", results.stamp, agency), lambda: _diagnosis(session, results, agency))


def _gaps(session: orm.Session, results: RoundResults) -> pd.DataFrame:
    moments, design = _sample(session, results)
    scheme = moments.scheme
    wanted = [figure(scheme, results.rules, "overall", "all")]
    wanted += [figure(scheme, results.rules, "element", element) for element in scheme.elements]
    shown = _shown(results)
    parts = []
    for agency in dict.fromkeys(moments.keys["agency"]):
        try:
            tests = against_rest(
                moments, design, wanted, agency, statistic=results.rules.statistic, confidence=results.rules.confidence
            )
        except DataError:  # the only agency with responses
            continue
        parts.append(tests.rename(columns={"diff": "gap"}).assign(agency=agency))
    if not parts:
        return pd.DataFrame(columns=list(GAP_COLUMNS))
    table = pd.concat(parts, ignore_index=True)
    keep = [row in shown for row in table[["agency", "level", "key"]].itertuples(index=False, name=None)]
    return adjust(table[np.array(keep, dtype=bool)].reset_index(drop=True))[list(GAP_COLUMNS)]


def _diagnosis(session: orm.Session, results: RoundResults, agency: str) -> pd.DataFrame | None:
    shown = _shown(results)
    if (agency, "overall", "all") not in shown:
        return None
    moments, design = _sample(session, results)
    weights = cached(session, ("importances", results.stamp), lambda: importances(moments))
    given = dict(zip(moments.scheme.codes, map(float, weights), strict=True))
    try:
        table = diagnose(moments, design, agency, importance=given, level=SURE)
    except DataError:
        return None
    return table[[(agency, "item", key) in shown for key in table["key"]]].reset_index(drop=True)


def _sample(session: orm.Session, results: RoundResults) -> tuple[Moments, Design]:
    """Return the moments of a round and how they were sampled."""

    def make() -> tuple[Moments, Design]:
        rules = results.rules
        moments, _ = round_moments(session, results.round, results.definition.scheme(), rules)
        population = read_population(session, results.round.id)
        return moments, stratified(moments.keys, moments.n, population if len(population) else None, rules)

    return cached(session, ("sample", results.stamp), make)


def _shown(results: RoundResults) -> frozenset[tuple[str, str, str]]:
    """Return the (agency, level, key) whose figures, all services together, exist and are shown."""
    table = results.table
    rows = table[(table["service"] == "") & (table["status"] != SUPPRESSED) & table["index"].notna()]
    return frozenset(rows[["agency", "level", "key"]].itertuples(index=False, name=None))
