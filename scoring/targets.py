"""Targets judged with the uncertainty there is: reached, not reached, or not to be told yet.

A target is reached where the whole interval of the index lies at it or above, not reached where all of it lies below.
Between them the data cannot tell, and how many more respondents would is a matter of arithmetic: an interval narrows
with the square root of the respondents, with the finite-population correction as 1/n - 1/N (Cochran 1977, 2.6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scoring.scheme import TOLERANCE

REACHED, NOT_REACHED, CANNOT_TELL, NO_INTERVAL = "reached", "not_reached", "cannot_tell", "no_interval"


@dataclass(frozen=True)
class Judgement:
    """What the data say of a target."""

    #: one of the four above
    verdict: str
    #: respondents that would tell, were the index to stay, beyond those there are; None: no number would, or it is told
    more: int | None = None


def judge(
    index: float, lo: float, hi: float, target: float, *, n: int, population: int | None = None, fpc: bool = True
) -> Judgement:
    """Whether an index with its interval reaches a target, in percentage points.

    `n`: its respondents; `population`: N, by which the interval shrinks under `fpc`. `no_interval` where the figure or
    its interval does not exist.

    >>> judge(80, 76, 84, 82, n=100)
    Judgement(verdict='cannot_tell', more=300)
    """
    if not all(map(math.isfinite, (index, lo, hi))):
        return Judgement(NO_INTERVAL)
    if lo >= target - TOLERANCE:
        return Judgement(REACHED)
    if hi < target - TOLERANCE:
        return Judgement(NOT_REACHED)
    gap = abs(index - target)
    side = index - lo if index > target else hi - index
    if gap <= TOLERANCE or side <= 0 or n <= 0:
        return Judgement(CANNOT_TELL)
    left = 1 / n if not fpc or not population else 1 / n - 1 / population
    needed = 1 / (left * (gap / side) ** 2 + (0.0 if not fpc or not population else 1 / population))
    return Judgement(CANNOT_TELL, max(1, math.ceil(needed - TOLERANCE) - n))
