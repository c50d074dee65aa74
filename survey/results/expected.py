"""Expected ranges: which agencies are better or worse than expected among those of their league (funnel)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.funnel import INNER, Funnel, common_errors, effective_answers, mean_funnel, share_funnel
from scoring.ranks import RANKED
from survey.results.comparisons import agency_ranks
from survey.results.compute import RoundResults
from survey.results.service_mix import expected_of_services, mix_cells
from survey.structure.queries.leagues import league_order

FEWEST = 5
"""Agencies of a league from which an expected range is worked out: fewer do not tell how much agencies differ."""
MANY, BEST_OF_MANY = 10, 3
"""From so many ranked agencies on, the lists of who may be best or worst are of so many places; else of one."""


@dataclass(frozen=True)
class ExpectedStanding:
    """One agency against what is expected of its league."""

    agency: str
    n: int
    #: percentage points
    index: float
    #: `better`, `expected` or `worse`
    band: str
    #: the range expected of an agency with as many respondents, and with its services where the league is `by_services`
    lo: float
    hi: float
    #: best and worst rank in the league that the data allow; None without a rank
    low: int | None
    high: int | None
    #: what is expected of it, in percentage points: the league's centre, or what its services reach in the league
    expected: float
    #: the index less what is expected of it, plus the league's centre: its height in the picture
    adjusted: float


@dataclass(frozen=True, eq=False)
class League:
    """Agencies compared with each other, and the range expected of them."""

    #: code; empty: all agencies
    code: str
    #: best index first
    standings: tuple[ExpectedStanding, ...]
    #: what is expected of all, in percentage points
    centre: float
    #: mean squared distance in standard errors: above 1, agencies differ more than chance makes them
    dispersion: float
    #: respondents (m,), confidence -> low and high (m,) of the expected range
    limits: Callable[[Sequence[float], float], tuple[list[float], list[float]]]
    #: of how many places the lists of who may be best or worst are; 0 where too few are ranked
    k: int
    #: effective answers of a respondent; NaN where the index is a mean
    per_respondent: float
    may_be_best: tuple[str, ...]
    may_be_worst: tuple[str, ...]
    #: whether what is expected of an agency depends on its mix of services
    by_services: bool = False

    def count(self, band: str) -> int:
        """How many agencies are in a band."""
        return sum(standing.band == band for standing in self.standings)

    def find(self, agency: str) -> ExpectedStanding | None:
        """An agency's standing, None where it is not in the league."""
        return next((standing for standing in self.standings if standing.agency == agency), None)


def leagues(results: RoundResults, *, ranked: bool = True) -> list[League]:
    """The leagues of a round that are large enough for an expected range, by overall index.

    `ranked` False: without ranks, which take long to find. Everything comes from figures that are printed: the pooled
    index and respondents of each agency that is shown, and of each of its services that is.
    """
    table = results.table if results.tested is None else results.tested
    rows = table[(table["agency"] != "") & (table["service"] == "") & (table["level"] == "overall")]
    rows = rows[rows["index"].notna() & rows["n"].notna()]
    ranks = agency_ranks(results, each=False) if ranked else None
    cells = mix_cells(results.table) if results.rules.expected_by == "services" else None
    found = []
    for code in league_order(results.leagues, rows["agency"]):
        part = rows[np.array([results.leagues.get(agency, "") for agency in rows["agency"]], dtype=object) == code]
        made = _league(results, code, part, cells, None if ranks is None else ranks[ranks["league"] == code])
        if made is not None:
            found.append(made)
    return found


def standing_of(found: Sequence[League], agency: str) -> tuple[League, ExpectedStanding] | None:
    """An agency's league and standing; None where there is no expected range for it."""
    for league in found:
        standing = league.find(agency)
        if standing is not None:
            return league, standing
    return None


def _league(
    results: RoundResults, code: str, rows: pd.DataFrame, cells: pd.DataFrame | None, ranks: pd.DataFrame | None
) -> League | None:
    if len(rows) < FEWEST:
        return None
    index, n = (rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("index", "n"))
    error = rows["se_test" if "se_test" in rows else "se"].to_numpy(dtype=np.float64, na_value=np.nan)
    if "bounded" in rows:
        error = np.where(rows["bounded"].astype(bool), np.nan, error)
    of_services = None if cells is None else expected_of_services(rows, cells, fewest=FEWEST)
    mean = float((n * index).sum() / n.sum())
    adjusted = index if of_services is None else np.clip(index - of_services + mean, 0, 100)
    rules = results.rules
    funnel, per_respondent = _funnel(index, adjusted, error**2, n, rules.statistic, rules.min_n_interval)
    if funnel is None:
        return None
    expected = np.full(len(index), funnel.centre) if of_services is None else of_services
    shift = 0.0 if of_services is None else of_services - mean
    lo, hi = (np.clip(end + shift, 0, 100) for end in funnel.limits(funnel.size, INNER))
    ranked = pd.DataFrame(columns=["agency", "low", "high"]) if ranks is None else ranks[ranks["status"] == RANKED]
    ends = zip(ranked["low"].astype(int), ranked["high"].astype(int), strict=True)
    place = dict(zip(ranked["agency"].astype(str), ends, strict=True))
    standings = [
        ExpectedStanding(
            agency=agency,
            n=int(size),
            index=float(value),
            band=band,
            lo=float(a),
            hi=float(b),
            low=place.get(agency, (None, None))[0],
            high=place.get(agency, (None, None))[1],
            expected=float(e),
            adjusted=float(height),
        )
        for agency, size, value, band, a, b, e, height in zip(
            rows["agency"], n, index, funnel.band, lo, hi, expected, adjusted, strict=True
        )
    ]
    k = 0 if len(place) < FEWEST else BEST_OF_MANY if len(place) >= MANY else 1
    ordered = list(place)

    def limits(sizes: Sequence[float], confidence: float) -> tuple[list[float], list[float]]:
        low, high = funnel.limits(np.asarray(sizes) * per_respondent, confidence)
        return low.tolist(), high.tolist()

    return League(
        code=code,
        standings=tuple(sorted(standings, key=lambda one: (-one.index, one.agency))),
        centre=funnel.centre,
        dispersion=funnel.dispersion,
        limits=limits,
        k=k,
        per_respondent=math.nan if results.rules.statistic == "score" else per_respondent,
        may_be_best=tuple(agency for agency in ordered if place[agency][0] <= k),
        may_be_worst=tuple(agency for agency in reversed(ordered) if k and place[agency][1] > len(place) - k),
        by_services=of_services is not None,
    )


def _funnel(
    index: np.ndarray, adjusted: np.ndarray, variance: np.ndarray, n: np.ndarray, statistic: str, firm: int
) -> tuple[Funnel | None, float]:
    """The funnel of a league's adjusted figures and by how much its size grows with a respondent.

    None without firm errors.
    """
    if statistic == "score":
        errors = common_errors(variance, n, firm=firm)
        if not np.isfinite(errors).all():
            return None, math.nan
        return mean_funnel(adjusted, errors), float(errors[0] ** -2.0 / n[0])
    answers = effective_answers(index, variance, n, firm=firm)
    if not np.isfinite(answers).all():
        return None, math.nan
    return share_funnel(adjusted, answers), float(answers[0] / n[0])
