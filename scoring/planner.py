"""How many citizens to ask, and where: sample size by the official rule or for a wanted precision, and its allocation.

Sources: n = N/(1 + N e²) is the rule of QĐ 1383/QĐ-BNV (2012); Cochran (1977), 4.4 (size for a proportion, finite
population) and 5.5 (Neyman allocation); Kish (1965), 8.2 (design effect). Whole numbers by divisor methods (Balinski &
Young 1982): the priority N S/√(n(n+1)) minimises the variance exactly among whole allocations (Wright 2012).

The planner's factor `deff` here is not Kish's design effect of answers (`Estimates.deff`): it is the variance of the
index times n *respondents* over p(1 - p), column `deff_plan` of a score table. A respondent with 14 answers that go
together a little tells more than one answer, so it is mostly below 1 where Kish's is above (.36 and 5.04).
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, inf, nan, sqrt

import pandas as pd
from scipy import special

from scoring.scheme import DataError


def official_size(population: int, error: float = 0.05) -> int:
    """The sample size n = ⌈N/(1 + N e²)⌉, computed without rounding; 0 for an empty population."""
    if population < 0 or not 0 < error < 1:
        raise DataError(f"expected a population from 0 and an error in (0, 1), not {population!r} and {error!r}")
    return ceil(population / (1 + population * Fraction(str(error)) ** 2))


def half_width(
    n: int, population: int | None, share: float, *, deff: float = 1.0, confidence: float = 0.95, strata: int = 1
) -> float:
    """The expected half-width (on 0..1) of the t interval of a share from n respondents.

    `population`: N for the finite-population correction, None for none. `deff`: the planner's factor of the index in a
    former round, column `deff_plan`. Infinite when there are no degrees of freedom, n - strata; 0 for a census.
    """
    if population is not None and n >= population:
        return 0.0
    if n <= max(strata, 1):
        return inf
    left = 1.0 if population is None else 1 - n / population
    return float(special.stdtrit(n - strata, (1 + confidence) / 2)) * sqrt(deff * left * share * (1 - share) / (n - 1))


def size_for(
    width: float,
    population: int | None,
    share: float = 0.5,
    *,
    deff: float = 1.0,
    confidence: float = 0.95,
    strata: int = 1,
) -> int:
    """The smallest n whose expected half-width is at most `width` (on 0..1); N if only a census does.

    `share`: the expected index; 0.5 is the cautious choice. Raises `DataError` outside 0 < width < 1, 0 < share < 1,
    deff > 0.
    """
    if not (0 < width < 1 and 0 < share < 1 and deff > 0):
        raise DataError("expected 0 < width < 1, 0 < share < 1 and deff > 0")

    def enough(n: int) -> bool:
        return half_width(n, population, share, deff=deff, confidence=confidence, strata=strata) <= width

    low, high = 0, max(strata, 1) + 1
    while not enough(high):  # the half-width falls with n, so doubling and halving find the edge
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high if population is None else min(high, population)


def size_for_change(
    change: float,
    share: float = 0.5,
    *,
    deff: float = 1.0,
    before: int | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
) -> int | None:
    """The smallest n of a new round that tells a change of the index by `change` (on 0..1) with the power wanted.

    The two-sided test of two independent rounds with variance deff p(1 - p)/n each (Fleiss, Levin & Paik 2003, 4.3,
    without continuity correction), without the finite-population correction, as changes are tested: y = (z + z') SE.
    `before`: respondents of the round compared with; None: as many as in the new one. None where the round before has
    so few that no number would tell. Raises `DataError` outside 0 < change, share, power, confidence < 1, deff > 0.

    >>> size_for_change(0.1, 0.8), size_for_change(0.1, 0.8, before=400), size_for_change(0.1, 0.8, before=100)
    (252, 184, None)
    """
    if not (all(0 < x < 1 for x in (change, share, power, confidence)) and deff > 0 and (before is None or before > 0)):
        raise DataError("expected change, share, power and confidence in (0, 1), deff > 0 and before > 0")
    variance = deff * share * (1 - share)
    allowed = (change / float(special.ndtri((1 + confidence) / 2) + special.ndtri(power))) ** 2
    left = allowed / 2 if before is None else allowed - variance / before
    return max(2, ceil(variance / left - 1e-9)) if left > 0 else None


def person_factor(variance: float, n: int, share: float) -> float:
    """The planner's factor n Var / p(1 - p): respondents for one effective answer (column `deff_plan`).

    `variance`: of the index on 0..1, from n respondents. NaN where the index is 0 or 1.

    >>> round(person_factor(0.02**2, 400, 0.8), 9)
    1.0
    """
    return n * variance / (share * (1 - share)) if 0 < share < 1 else nan


@dataclass(frozen=True)
class Plan:
    """How many citizens to ask, by cell."""

    #: respondents by cell, and transactions N
    n: Mapping[str, int]
    population: Mapping[str, int]
    #: expected half-width of the interval of the whole, on 0..1
    half_width: float

    def __repr__(self) -> str:
        total, of = sum(self.n.values()), sum(self.population.values())
        return f"Plan: ask {total} of {of} in {len(self.n)} cells, ± {100 * self.half_width:.1f} points"

    def to_frame(self) -> pd.DataFrame:
        """`cell, population, n`, one row a cell."""
        return pd.DataFrame(
            {"cell": list(self.n), "population": [self.population[k] for k in self.n], "n": self.n.values()}
        )


def plan(
    population: Mapping[str, int],
    *,
    width: float | None = None,
    error: float = 0.05,
    share: float = 0.5,
    deff: float = 1.0,
    confidence: float = 0.95,
    method: str = "proportional",
    spread: Mapping[str, float] | None = None,
    minimum: int = 0,
) -> Plan:
    """How many citizens to ask in every cell: by the official rule, or for a half-width of the whole's interval.

    `population`: N by cell. `width` (on 0..1): the half-width wanted, `size_for`; None: `official_size` with `error`.
    `deff`: the planner's factor, `deff_plan` of a former round. Others as in `allocate`. Raises `DataError` as these.

    >>> plan({"land": 3000, "civil status": 2000}, width=0.04, share=0.8)
    Plan: ask 360 of 5000 in 2 cells, ± 4.0 points
    """
    whole = sum(population.values())
    cells = max(sum(size > 0 for size in population.values()), 1)
    if width is None:
        n = official_size(whole, error)
    else:
        n = size_for(width, whole, share, deff=deff, confidence=confidence, strata=cells)
    n = max(n, sum(min(minimum, size) for size in population.values()))
    asked = allocate(n, population, method=method, spread=spread, minimum=minimum)
    return Plan(asked, dict(population), half_width(n, whole, share, deff=deff, confidence=confidence, strata=cells))


def allocate(
    total: int,
    population: Mapping[str, int],
    *,
    method: str = "proportional",
    spread: Mapping[str, float] | None = None,
    minimum: int = 0,
) -> dict[str, int]:
    """Whole sample sizes by cell that sum to `total` exactly and never exceed N.

    `population`: N by cell. `method`: `proportional` to N, or `neyman`, proportional to N·S with S the standard
    deviation of `spread` (for a share √(p(1-p))). Every cell first gets `minimum`, or N where N is less. Ties go to the
    name that comes first. Raises `DataError` when total does not fit between the minima and ΣN, or S is missing.
    """
    if method not in ("proportional", "neyman"):
        raise DataError(f"method must be proportional or neyman, not {method!r}")
    if any(size < 0 for size in population.values()):
        raise DataError("N must not be negative")
    if method == "neyman" and (spread is None or not set(population) <= set(spread)):
        raise DataError("neyman allocation needs the standard deviation of every cell")
    result = {name: min(minimum, size) for name, size in sorted(population.items())}
    if not sum(result.values()) <= total <= sum(population.values()):
        raise DataError(
            f"{total} does not fit: the minima need {sum(result.values())} and there are {sum(population.values())}"
        )
    weight = {name: size * (1.0 if spread is None else spread[name]) for name, size in population.items()}
    if spread is not None and method == "proportional":
        weight = {name: float(size) for name, size in population.items()}

    def priority(name: str) -> float:
        n = result[name]
        if method == "proportional":
            return -weight[name] / (n + 0.5)
        return -weight[name] / sqrt(n * (n + 1)) if n else (-inf if weight[name] else 0.0)

    queue = [(priority(name), name) for name, size in population.items() if result[name] < size]
    heapq.heapify(queue)
    for _ in range(total - sum(result.values())):
        _, name = heapq.heappop(queue)
        result[name] += 1
        if result[name] < population[name]:
            heapq.heappush(queue, (priority(name), name))
    return {name: result[name] for name in population}
