"""Chart geometry: figures → coordinates of marks. Templates draw, and hold no arithmetic.

Horizontal places are percentages of the drawing's width, so that a chart fills a phone or a desk screen without
scaling its type; vertical places are CSS pixels. An axis of dots with whiskers fits the data of its chart; others run
from 0 to 100 percentage points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from survey.core.numbers import half_up

#: free space left of 0 and right of 100, in percent of the width, so that a dot at the edge is not cut
EDGE = 2.0
ROW_HEIGHT = 46
LABEL_BASE = 16
WHISKER_AT = 31
AXIS_HEIGHT = 24
TICKS = (0, 25, 50, 75, 100)
#: percentage points of the shortest axis
SHORTEST = 20
#: a segment narrower than this share of a stacked bar carries no text; its number stands beneath
NARROW = 8.0
#: the same where shares have a decimal
WIDER = 13.0


def place(value: float | None) -> float | None:
    """The horizontal place of a figure in percentage points; None where there is no figure.

    Figures outside 0..100 are held at the ends of the axis.
    """
    if value is None or not math.isfinite(value):
        return None
    return round(EDGE + min(max(value, 0.0), 100.0) * (100 - 2 * EDGE) / 100, 3)


class PlacedInterval:
    """Where a figure and its interval stand on the axis of a drawing."""

    index: float
    lo: float
    hi: float

    @property
    def dot(self) -> float | None:
        """Horizontal place of the dot, in percent of the drawing."""
        return place(self.index)

    @property
    def low(self) -> float | None:
        """Horizontal place of the whisker's left end."""
        return place(self.lo)

    @property
    def high(self) -> float | None:
        """Horizontal place of the whisker's right end."""
        return place(self.hi)


@dataclass(frozen=True)
class FittedAxis:
    """An axis of percentage points that fits the data, so that whiskers can be seen; one for all rows of a chart."""

    least: int = 0
    most: int = 100

    @property
    def whole(self) -> bool:
        """Whether it runs from 0 to 100, so that nothing needs to be said of it."""
        return (self.least, self.most) == (0, 100)

    @property
    def labels(self) -> tuple[int, ...]:
        """The values that are written at it: five at most."""
        span = self.most - self.least
        step = next(one for one in (5, 10, 20, 25) if span <= 4 * one or one == 25)
        return tuple(range(-(-self.least // step) * step, self.most + 1, step))

    def place(self, value: float | None) -> float | None:
        """The horizontal place of a figure; None where there is none."""
        if value is None or not math.isfinite(value):
            return None
        return place(100 * (value - self.least) / (self.most - self.least))


def fitting_axis(rows: Sequence[ChartRow]) -> FittedAxis:
    """The shortest axis of whole tens, at least `SHORTEST` long, that holds every figure, interval and mark."""
    every = [value for row in rows for value in (row.index, row.lo, row.hi, row.reference)]
    values = [min(max(value, 0.0), 100.0) for value in every if value is not None and math.isfinite(value)]
    if not values:
        return FittedAxis()
    least = max(0, 10 * math.floor((min(values) - 1) / 10))
    most = min(100, 10 * math.ceil((max(values) + 1) / 10))
    if most - least < SHORTEST:
        least = max(0, most - SHORTEST)
    return FittedAxis(least, max(most, least + SHORTEST))


@dataclass(frozen=True)
class ChartRow:
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

    row: ChartRow
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
class AxisTick:
    """A labelled place on the axis."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True)
class IntervalChart:
    """Dots with whiskers, one below the other, over one axis."""

    marks: tuple[Mark, ...]
    ticks: tuple[AxisTick, ...]
    #: where the rows end and the axis begins
    floor: int
    height: int
    axis: FittedAxis

    @property
    def has_reference(self) -> bool:
        """Whether a province line is drawn, and a legend therefore due."""
        return any(mark.reference is not None for mark in self.marks)


def interval_chart(rows: Sequence[ChartRow]) -> IntervalChart:
    """The chart of some rows, in their order."""
    axis = fitting_axis(rows)
    marks = tuple(
        Mark(
            row=row,
            label_y=top + LABEL_BASE,
            top=top + WHISKER_AT - 9,
            y=top + WHISKER_AT,
            bottom=top + WHISKER_AT + 9,
            cap_top=top + WHISKER_AT - 6,
            cap_bottom=top + WHISKER_AT + 6,
            dot=axis.place(row.index),
            low=axis.place(row.lo),
            high=axis.place(row.hi),
            reference=axis.place(row.reference),
        )
        for row, top in ((row, i * ROW_HEIGHT) for i, row in enumerate(rows))
    )
    floor = ROW_HEIGHT * len(rows)
    return IntervalChart(marks, _ticks(axis), floor, floor + AXIS_HEIGHT, axis)


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
    #: with how many decimals the shares of the bar are written
    decimals: int = 0


def stacked_bar(counts: Sequence[int], shares: Sequence[float] | None = None) -> tuple[Segment, ...]:
    """The five answers as parts of 100 %, dissatisfied left, satisfied right; nothing when nobody answered.

    `shares`: weighted shares in percent; None: those of the counts. Shares are written whole where they then add up to
    100, else with one decimal; `adds_up` says whether that is enough.
    """
    total = sum(counts)
    if not total:
        return ()
    parts = [100 * count / total for count in counts] if shares is None else list(shares)
    decimals = 0 if _adds_up(parts, 0) else 1
    segments = []
    left = 0.0
    for level, (count, share) in enumerate(zip(counts, parts, strict=True), 1):
        if count:
            middle = round(left + share / 2, 3)
            fits = share >= (WIDER if decimals else NARROW)
            segments.append(Segment(level, count, share, round(left, 3), round(share, 3), middle, fits, decimals))
        left += share
    return tuple(segments)


def adds_up(bar: Sequence[Segment]) -> bool:
    """Say whether the shares of a bar add up to 100 as they are written."""
    return not bar or _adds_up([segment.share for segment in bar], bar[0].decimals)


def _adds_up(shares: Sequence[float], decimals: int) -> bool:
    return sum(half_up(share, decimals) for share in shares) == 100


def _ticks(axis: FittedAxis) -> tuple[AxisTick, ...]:
    anchors = {axis.least: "start", axis.most: "end"}
    return tuple(AxisTick(axis.place(t) or 0.0, str(t), anchors.get(t, "middle")) for t in axis.labels)


PLOT_TOP = 28
PLOT_HEIGHT = 240
"""Vertical extent, in CSS pixels, of charts whose vertical axis is a scale."""


@dataclass(frozen=True)
class TrendPoint:
    """One round of a trend: an index with its interval, in percentage points; NaN for none."""

    label: str
    index: float
    lo: float
    hi: float
    thin: bool = False
    #: whether the questions or the rule differ from the round before: then no line leads here
    broken: bool = False


@dataclass(frozen=True)
class TrendMark:
    """A round and where its marks go; `x` in percent of the width, the rest in pixels."""

    moment: TrendPoint
    x: float
    y: float | None
    low: float | None
    high: float | None
    text_y: float
    #: the ends of a whisker stand out left and right of a dot that would hide a short one
    cap_left: float
    cap_right: float
    #: where the line from the round before begins; None for no line
    from_x: float | None
    from_y: float | None
    #: where the upright mark of a break stands; None for no break
    break_x: float | None


@dataclass(frozen=True)
class TrendChart:
    """Indices of one place through the rounds, on an upright axis of 0 to 100."""

    marks: tuple[TrendMark, ...]
    #: heights of the lines of the axis, and their texts
    ticks: tuple[tuple[float, str], ...]
    top: int
    floor: int
    height: int

    @property
    def has_break(self) -> bool:
        """Whether a break is drawn, and a legend therefore due."""
        return any(mark.break_x is not None for mark in self.marks)


def trend_chart(moments: Sequence[TrendPoint]) -> TrendChart:
    """The chart of some rounds in their order; a line joins rounds that can be compared."""
    left, right = 10.0, 96.0
    step = (right - left) / max(len(moments), 1)
    marks: list[TrendMark] = []
    for k, moment in enumerate(moments):
        x = round(left + step * (k + 0.5), 3)
        y, low, high = (_height(v) for v in (moment.index, moment.lo, moment.hi))
        before = marks[-1] if marks else None
        joined = before is not None and before.y is not None and y is not None and not moment.broken
        top = min(v for v in (y, high, float(PLOT_TOP + PLOT_HEIGHT)) if v is not None)
        marks.append(
            TrendMark(
                moment=moment,
                x=x,
                y=y,
                low=low,
                high=high,
                text_y=round(top - 10, 2),
                cap_left=round(x - 1.2, 3),
                cap_right=round(x + 1.2, 3),
                from_x=before.x if before and joined else None,
                from_y=before.y if before and joined else None,
                break_x=round(x - step / 2, 3) if before and moment.broken else None,
            )
        )
    ticks = tuple((round(PLOT_TOP + PLOT_HEIGHT * (1 - t / 100), 2), str(t)) for t in TICKS)
    floor = PLOT_TOP + PLOT_HEIGHT
    return TrendChart(tuple(marks), ticks, PLOT_TOP, floor, floor + AXIS_HEIGHT)


def _height(value: float) -> float | None:
    """The height of a figure in percentage points on an upright axis; None where there is no figure."""
    if not math.isfinite(value):
        return None
    return round(PLOT_TOP + PLOT_HEIGHT * (1 - min(max(value, 0.0), 100.0) / 100), 2)


@dataclass(frozen=True)
class Spot:
    """One item of a quadrant plot."""

    #: its number in the table beneath
    number: int
    #: percentage points above (or below) the rest of the province; NaN for unknown
    gap: float
    #: share of the overall result that it decides, in percent
    importance: float
    #: `strength`, `weakness`, `same` or `unknown`
    verdict: str
    #: code of the item
    item: str = ""


@dataclass(frozen=True)
class SpotMark:
    """An item and its place: `x` in percent of the width, `y` in pixels."""

    spot: Spot
    x: float
    y: float
    text_y: float


@dataclass(frozen=True)
class QuadrantChart:
    """Importance upwards, performance to the right; lines at the mean importance and at the rest of the province."""

    marks: tuple[SpotMark, ...]
    middle_x: float
    middle_y: float
    #: gap at the ends of the horizontal axis, in percentage points
    reach: float
    top: int
    floor: int
    height: int

    @property
    def depth(self) -> int:
        """Height of the frame."""
        return self.floor - self.top


def quadrant_chart(spots: Sequence[Spot]) -> QuadrantChart:
    """The plot of some items; those without a gap have no place in it.

    The upright axis runs from the least to the most important item: they differ by little, and it is their order that
    counts.
    """
    known = [spot for spot in spots if math.isfinite(spot.gap)]
    top, size = PLOT_TOP, PLOT_HEIGHT + 120
    reach = max((math.ceil(abs(spot.gap)) for spot in known), default=1) or 1
    least = min((spot.importance for spot in known), default=0.0)
    span = max((spot.importance for spot in known), default=1.0) - least or 1.0
    mean = sum(spot.importance for spot in spots) / len(spots) if spots else 0.0

    def height(importance: float) -> float:
        return round(top + size * (0.06 + 0.88 * (1 - (importance - least) / span)), 2)

    marks = tuple(
        SpotMark(
            spot=spot,
            x=round(50 + 46 * spot.gap / reach, 3),
            y=height(spot.importance),
            text_y=round(height(spot.importance) + 5, 2),
        )
        for spot in known
    )
    floor = top + size
    return QuadrantChart(marks, 50.0, height(mean), float(reach), top, floor, floor + 2 * AXIS_HEIGHT)
