"""Love plot geometry: standardised differences of categories before and after calibration → coordinates.

Horizontal places are percentages of the drawing's width, vertical ones CSS pixels, as in `survey.results.charts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from survey.results.charts import AXIS_HEIGHT, EDGE, AxisTick

ROW_HEIGHT = 40
LABEL_BASE, MARK_AT = 15, 28
USUAL = 0.1
"""Standardised difference below which a category is usually called balanced."""


@dataclass(frozen=True)
class LoveRow:
    """A category with its standardised differences."""

    label: str
    before: float
    after: float


@dataclass(frozen=True)
class LoveMark:
    """A category and where its marks go."""

    row: LoveRow
    label_y: int
    y: int
    before: float
    after: float


@dataclass(frozen=True)
class LovePlot:
    """Categories one below the other over an axis of standardised differences with 0 in the middle."""

    marks: tuple[LoveMark, ...]
    ticks: tuple[AxisTick, ...]
    #: left edge and width of the strip in which differences are small
    near: float
    near_width: float
    middle: float
    floor: int
    height: int


def love_plot(rows: Sequence[LoveRow]) -> LovePlot:
    """The plot of some categories, in their order; its axis is as wide on both sides."""
    widest = max((abs(x) for row in rows for x in (row.before, row.after)), default=0.0)
    reach = max(0.2, math.ceil(widest * 10) / 10)

    def place(value: float) -> float:
        return round(EDGE + (value + reach) / (2 * reach) * (100 - 2 * EDGE), 3)

    marks = tuple(
        LoveMark(row, top + LABEL_BASE, top + MARK_AT, place(row.before), place(row.after))
        for row, top in ((row, k * ROW_HEIGHT) for k, row in enumerate(rows))
    )
    floor = ROW_HEIGHT * len(rows)
    texts = [(-reach, "start"), (-USUAL, "middle"), (0.0, "middle"), (USUAL, "middle"), (reach, "end")]
    if reach > 4 * USUAL:
        texts = [one for one in texts if abs(one[0]) != USUAL]
    ticks = tuple(AxisTick(place(value), f"{value:g}".replace(".", ",").replace("-", "−"), at) for value, at in texts)
    left, right = place(-USUAL), place(USUAL)
    return LovePlot(marks, ticks, left, round(right - left, 3), place(0.0), floor, floor + AXIS_HEIGHT)
