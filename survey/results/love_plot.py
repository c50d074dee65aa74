"""Love plot geometry: standardised differences of categories before and after calibration → coordinates.

Horizontal places are percentages of the drawing's width, vertical ones CSS pixels, as in `survey.results.charts`.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from survey.results.charts import AXIS_HEIGHT, EDGE, AxisTick

ROW_HEIGHT, LINE = 40, 17
LABEL_BASE, MARK_AT = 15, 28
LETTERS = 40
"""Letters of a line of a label: what a telephone of 360 pixels has room for."""
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
    #: lines of the label, with the height of each
    lines: tuple[tuple[str, int], ...]
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

    marks, top = [], 0
    for row in rows:
        lines = textwrap.wrap(row.label, LETTERS) or [""]
        last = top + LINE * (len(lines) - 1)
        placed = tuple((line, top + LABEL_BASE + LINE * k) for k, line in enumerate(lines))
        marks.append(LoveMark(row, placed, last + MARK_AT, place(row.before), place(row.after)))
        top = last + ROW_HEIGHT
    texts = [(-reach, "start"), (-USUAL, "middle"), (0.0, "middle"), (USUAL, "middle"), (reach, "end")]
    if reach > 4 * USUAL:
        texts = [one for one in texts if abs(one[0]) != USUAL]
    ticks = tuple(AxisTick(place(value), f"{value:g}".replace(".", ",").replace("-", "−"), at) for value, at in texts)
    left, right = place(-USUAL), place(USUAL)
    return LovePlot(tuple(marks), ticks, left, round(right - left, 3), place(0.0), top, top + AXIS_HEIGHT)
