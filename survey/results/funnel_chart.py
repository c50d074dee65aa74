"""Funnel plot geometry: agencies by respondents and adjusted index, and the range expected of them → coordinates.

Horizontal places are percentages of the drawing's width, vertical ones CSS pixels, as in `survey.results.charts`. Lines
are drawn in a box of 100 by its height that is stretched to the width: a chart fills a phone and a desk alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scoring.funnel import EXPECTED, INNER, OUTER
from survey.results.expected import ExpectedStanding, League

LEFT, RIGHT = 9.0, 98.0
TOP, HEIGHT, FOOT = 14, 320, 44
STEPS = 48
"""Places at which the curves are worked out."""
SIZES = tuple(m * 10**e for e in range(6) for m in (1, 2, 5))


@dataclass(frozen=True)
class FunnelMark:
    """An agency and where its mark goes."""

    standing: ExpectedStanding
    x: float
    y: float
    #: of those outside of their range, the furthest being 1; None within it
    number: int | None


@dataclass(frozen=True)
class FunnelChart:
    """Agencies of a league in their funnel."""

    marks: tuple[FunnelMark, ...]
    #: the expected range as a polygon, and the outer limits as lines, in the box of 100 by `depth`
    inner: str
    outer: tuple[str, str]
    #: height of the line of what is expected of all
    centre_y: float
    #: height of the target's line; None for none
    target_y: float | None
    ticks: tuple[tuple[float, str], ...]
    sizes: tuple[tuple[float, str], ...]
    top: int
    depth: int
    floor: int
    height: int
    #: ends of the upright axis, in percentage points
    least: int
    most: int
    left: float = LEFT
    right: float = RIGHT

    @property
    def outside(self) -> list[FunnelMark]:
        """The marks with a number, in their order."""
        return sorted((mark for mark in self.marks if mark.number is not None), key=lambda mark: mark.number or 0)


def funnel_chart(league: League, shown: Sequence[ExpectedStanding], *, target: float | None = None) -> FunnelChart:
    """The plot of a league with the agencies `shown` in it; its axis fits data, ranges and target."""
    sizes = [standing.n for standing in league.standings]
    small, large = min(sizes) / 1.15, max(sizes) * 1.15
    steps = [math.exp(math.log(small) + k / STEPS * math.log(large / small)) for k in range(STEPS + 1)]
    (lo, hi), (outer_lo, outer_hi) = (league.limits(steps, level) for level in (INNER, OUTER))
    values = [standing.adjusted for standing in league.standings]
    least, most = _ends(min(*values, *lo, target or 100), max(*values, *hi, target or 0))
    step = 5 if most - least <= 35 else 10

    def across(n: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * math.log(n / small) / math.log(large / small), 3)

    def down(value: float) -> float:
        return round(TOP + HEIGHT * (most - value) / (most - least), 2)

    def line(heights: Sequence[float]) -> str:
        return " ".join(f"{across(n)},{down(y) - TOP:.2f}" for n, y in zip(steps, heights, strict=True))

    back = " ".join(reversed(line(lo).split()))
    return FunnelChart(
        marks=_numbered([(standing, across(standing.n), down(standing.adjusted)) for standing in shown]),
        inner=f"{line(hi)} {back}",
        outer=(line(outer_lo), line(outer_hi)),
        centre_y=down(league.centre),
        target_y=None if target is None else down(target),
        ticks=tuple((down(t), str(t)) for t in range(-(-least // step) * step, most + 1, step)),
        sizes=tuple((across(n), f"{n}") for n in SIZES if small * 1.05 <= n <= large / 1.05),
        top=TOP,
        depth=HEIGHT,
        floor=TOP + HEIGHT,
        height=TOP + HEIGHT + FOOT,
        least=least,
        most=most,
    )


def _ends(low: float, high: float) -> tuple[int, int]:
    """Whole multiples of five around some percentage points and a point more, at least ten apart."""
    least, most = max(0, 5 * math.floor((low - 1) / 5)), min(100, 5 * math.ceil((high + 1) / 5))
    return (least, most) if most - least >= 10 else (max(0, most - 10), max(most, 10))


def _numbered(placed: Sequence[tuple[ExpectedStanding, float, float]]) -> tuple[FunnelMark, ...]:
    """The marks; those outside of their range have a number, the furthest 1, by which a list names them."""
    outside = [standing for standing, _, _ in placed if standing.band != EXPECTED]
    outside.sort(key=lambda one: (-max(one.index - one.hi, one.lo - one.index), one.agency))
    numbers = {standing.agency: number for number, standing in enumerate(outside, 1)}
    return tuple(FunnelMark(standing, x, y, numbers.get(standing.agency)) for standing, x, y in placed)
