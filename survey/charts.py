"""Where the marks of a chart go: figures → coordinates. Templates draw, and hold no arithmetic.

Horizontal places are percentages of the drawing's width, so that a chart fills a phone or a desk screen without
scaling its type; vertical places are CSS pixels. Every chart shares one axis of 0 to 100 percentage points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: free space left of 0 and right of 100, in percent of the width, so that a dot at the edge is not cut
EDGE = 2.0
ROW_HEIGHT = 46
LABEL_BASE = 16
WHISKER_AT = 31
AXIS_HEIGHT = 24
TICKS = (0, 25, 50, 75, 100)
#: a segment narrower than this share of a stacked bar carries no text; its number stands beneath
NARROW = 8.0


def place(value: float | None) -> float | None:
    """Return the horizontal place of a figure in percentage points; None where there is no figure.

    Figures outside 0..100 are held at the ends of the axis.
    """
    if value is None or not math.isfinite(value):
        return None
    return round(EDGE + min(max(value, 0.0), 100.0) * (100 - 2 * EDGE) / 100, 3)


@dataclass(frozen=True)
class Row:
    """What a dot-and-whisker chart shows in one row: an index with its interval, in percentage points; NaN for none."""

    label: str
    index: float
    lo: float
    hi: float
    #: too thin to be relied on: drawn in grey
    thin: bool = False
    #: the same figure of the whole province
    reference: float | None = None


@dataclass(frozen=True)
class Mark:
    """A row and where its marks go."""

    row: Row
    label_y: int
    top: int
    y: int
    bottom: int
    #: the ends of a whisker stand out above and below a dot that would hide a short one
    cap_top: int
    cap_bottom: int
    dot: float | None
    low: float | None
    high: float | None
    reference: float | None


@dataclass(frozen=True)
class Tick:
    """A labelled place on the axis."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True)
class IntervalChart:
    """Dots with whiskers, one below the other, over one axis."""

    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    #: where the rows end and the axis begins
    floor: int
    height: int

    @property
    def has_reference(self) -> bool:
        """Whether a province line is drawn, and a legend therefore due."""
        return any(mark.reference is not None for mark in self.marks)


def interval_chart(rows: Sequence[Row]) -> IntervalChart:
    """Return the chart of some rows, in their order."""
    marks = tuple(
        Mark(
            row=row,
            label_y=top + LABEL_BASE,
            top=top + WHISKER_AT - 9,
            y=top + WHISKER_AT,
            bottom=top + WHISKER_AT + 9,
            cap_top=top + WHISKER_AT - 6,
            cap_bottom=top + WHISKER_AT + 6,
            dot=place(row.index),
            low=place(row.lo),
            high=place(row.hi),
            reference=place(row.reference),
        )
        for row, top in ((row, i * ROW_HEIGHT) for i, row in enumerate(rows))
    )
    floor = ROW_HEIGHT * len(rows)
    return IntervalChart(marks, _ticks(), floor, floor + AXIS_HEIGHT)


@dataclass(frozen=True)
class Segment:
    """One answer's part of a 100 % bar; `x`, `width` and `middle` in percent of the bar."""

    level: int
    count: int
    share: float
    x: float
    width: float
    middle: float
    #: whether the share fits into the segment as text
    labelled: bool


def stacked_bar(counts: Sequence[int]) -> tuple[Segment, ...]:
    """Return the five answers as parts of 100 %, dissatisfied left, satisfied right; nothing when nobody answered."""
    total = sum(counts)
    segments = []
    before = 0
    for level, count in enumerate(counts, 1):
        share = 100 * count / total if total else 0.0
        left = 100 * before / total if total else 0.0
        if count:
            middle = round(left + share / 2, 3)
            segments.append(Segment(level, count, share, round(left, 3), round(share, 3), middle, share >= NARROW))
        before += count
    return tuple(segments)


def _ticks() -> tuple[Tick, ...]:
    anchors = {TICKS[0]: "start", TICKS[-1]: "end"}
    return tuple(Tick(EDGE + t * (100 - 2 * EDGE) / 100, str(t), anchors.get(t, "middle")) for t in TICKS)
