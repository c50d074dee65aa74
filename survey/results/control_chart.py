"""Control chart geometry: an agency's index by week or month with its limits → coordinates of marks.

Places are as in `survey.results.charts`: percentages of the width across, CSS pixels down. Lines and limits are drawn
in a box of 100 by its height that is stretched to the width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scoring.control_charts import ControlChart
from survey.results.series import Series
from survey.results.statements import FEWEST_POINTS, SIGN_WORDS, Signed, Statement, choose

LEFT, RIGHT = 9.0, 98.0
MOST_LABELS = 6


@dataclass(frozen=True)
class ControlMark:
    """One point and where it goes."""

    start: date
    n: int
    value: float
    lower: float
    upper: float
    sign: str
    #: 1 up, -1 down, 0 without a sign
    direction: int
    x: float
    y: float
    label: bool

    @property
    def word(self) -> Statement[Signed]:
        """What the chart says of the point."""
        return choose(SIGN_WORDS, self)


@dataclass(frozen=True)
class ControlPicture:
    """A control chart as it is drawn."""

    marks: tuple[ControlMark, ...]
    #: the line through the points, the middle lines, and the areas within limits, each in the box of 100 by `depth`
    line: str
    centres: tuple[str, ...]
    areas: tuple[str, ...]
    #: places of known changes, and of actions done with their text
    breaks: tuple[float, ...]
    actions: tuple[tuple[float, str], ...]
    target_y: float | None
    #: what the latest limits say of the target; `unknown` without either
    assurance: str
    ticks: tuple[tuple[float, str], ...]
    top: int
    depth: int
    least: int
    most: int
    left: float = LEFT
    right: float = RIGHT

    @property
    def points(self) -> int:
        """How many points there are."""
        return len(self.marks)

    @property
    def signs(self) -> int:
        """How many of them have a sign."""
        return sum(mark.direction != 0 for mark in self.marks)

    @property
    def floor(self) -> int:
        """Where the axis begins."""
        return self.top + self.depth

    @property
    def height(self) -> int:
        """The height of all of it."""
        return self.floor + 28


def control_picture(
    data: Series,
    *,
    rebase: Sequence[int] = (),
    target: float | None = None,
    actions: Sequence[tuple[date, str]] = (),
    depth: int = 220,
    top: int = 14,
    ends: tuple[int, int] | None = None,
) -> ControlPicture:
    """The picture of a series, whose axis fits its points and limits; without limits below `FEWEST_POINTS`."""
    m = len(data.starts)
    chart = data.chart(rebase)
    limits = m >= FEWEST_POINTS
    least, most = ends or _ends(chart, limits, target)
    step = max(5, 5 * math.ceil((most - least) / 30))

    def across(k: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (k + 0.5) / max(m, 1), 3)

    def down(value: float) -> float:
        return round(depth * (most - min(max(value, least), most)) / (most - least), 2)

    def line(at: Sequence[int], values: Sequence[float], *, widen: bool = False) -> list[str]:
        places = [(across(k), v) for k, v in zip(at, values, strict=True)]
        if widen:
            places = [(across(at[0] - 0.5), values[0]), *places, (across(at[-1] + 0.5), values[-1])]
        return [f"{x},{down(v)}" for x, v in places]

    parts = [range(a, b) for a, b in zip([0, *rebase], [*rebase, m], strict=True) if b > a]
    every = max(1, math.ceil(m / MOST_LABELS))
    marks = tuple(
        ControlMark(
            start, data.n[k], float(chart.value[k]), float(chart.lower[k]), float(chart.upper[k]),
            str(chart.sign[k]) if limits else "", int(chart.direction[k]) if limits else 0,
            across(k), round(top + down(float(chart.value[k])), 2), k % every == 0,
        )
        for k, start in enumerate(data.starts)
    )  # fmt: skip
    areas = [
        " ".join(
            line(list(p), chart.upper[p.start : p.stop].tolist(), widen=True)
            + line(list(p), chart.lower[p.start : p.stop].tolist(), widen=True)[::-1]
        )
        for p in parts
    ]
    return ControlPicture(
        marks=marks,
        line=" ".join(line(range(m), chart.value.tolist())),
        centres=tuple(" ".join(line(list(p), chart.centre[p.start : p.stop].tolist(), widen=True)) for p in parts)
        if limits
        else (),
        areas=tuple(areas) if limits else (),
        breaks=tuple(across(at - 0.5) for at in rebase),
        actions=tuple((across(_place(data.starts, day)), what) for day, what in actions if _within(data.starts, day)),
        target_y=None if target is None else round(top + down(target), 2),
        assurance="unknown" if target is None or not limits else chart.assurance(target),
        ticks=tuple((round(top + down(t), 2), str(t)) for t in range(-(-least // step) * step, most + 1, step)),
        top=top,
        depth=depth,
        least=least,
        most=most,
    )


def _ends(chart: ControlChart, limits: bool, target: float | None) -> tuple[int, int]:
    values = [*chart.value.tolist(), *([target] if target is not None else [])]
    values += [*chart.lower.tolist(), *chart.upper.tolist()] if limits else []
    low, high = min(values, default=0.0), max(values, default=100.0)
    least, most = max(0, 5 * math.floor((low - 1) / 5)), min(100, 5 * math.ceil((high + 1) / 5))
    return least, max(most, least + 10)


def _within(starts: Sequence[date], day: date) -> bool:
    return bool(starts) and day >= starts[0]


def _place(starts: Sequence[date], day: date) -> int:
    """The last period that began by a day."""
    return max(k for k, start in enumerate(starts) if start <= day)
