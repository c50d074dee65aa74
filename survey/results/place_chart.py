"""Chart of a place: answers of each counter by week, with the range to be expected, above the weekly index.

Counts → coordinates of marks, as in `survey.results.charts`: horizontal places in percent of the width, vertical ones
in pixels. Bars are answers within opening hours and, above them, those outside of them; paper and files are within.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from scoring.detectors.volume import WeeklySums, expected_answers, expected_band
from survey.results.places import PlaceLook
from survey.results.queries.place_columns import HoursOfCounter

LEFT, RIGHT = 12.0, 99.0
LABEL, STRIP, GAP, AXIS = 26, 64, 14, 24
"""Heights: a strip's label, the strip, the space below it, the weeks' labels."""
MOST_COUNTERS = 6
"""Counters with a strip of their own; the others share one."""
FEW = 5
"""Answers that a week's index needs."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WeekBar:
    """One week of a counter: where its bar and the expected range lie."""

    x: float
    width: float
    #: top and height of the answers within opening hours, and of those outside
    top: float
    height: float
    outside_top: float
    outside_height: float
    #: top and height of the range to be expected
    band_top: float
    band_height: float
    #: the Monday, the answers within opening hours and outside of them, and the range to be expected of all
    week: date
    within: int
    outside: int
    least: float
    most: float


@dataclass(frozen=True)
class CounterStrip:
    """The weeks of a counter; None as counter: all others, or no known counter."""

    counter: HoursOfCounter | None
    label_y: float
    top: float
    floor: float
    bars: tuple[WeekBar, ...]
    #: the number at the strip's top
    most: int


@dataclass(frozen=True)
class PlaceChart:
    """Counter × week above the weekly index."""

    strips: tuple[CounterStrip, ...]
    index_label_y: float
    index_top: float
    index_floor: float
    #: (x, y) of each week's index
    dots: tuple[tuple[float, float], ...]
    #: x of a label, and the first day of its week
    weeks: tuple[tuple[float, date], ...]
    #: left end and width of the run of weeks that stands out; None: no run does
    run: tuple[float, float] | None
    height: float

    @property
    def index_depth(self) -> float:
        """Height of the frame of the index."""
        return self.index_floor - self.index_top

    @property
    def depth(self) -> float:
        """Height of all strips."""
        return self.index_floor


def place_chart(look: PlaceLook, agency: str, run: tuple[int, int] | None) -> PlaceChart:
    """The chart of an agency; `run` is the first week, and the week after the last, that stand out."""
    rows = look.rows
    own = rows.agency == look.agencies.index(agency)
    week, weeks = rows.day[own] // 7, rows.weeks
    counters, outside = look.columns.counter[own], (rows.live & ~rows.open)[own]
    numbers, sizes = np.unique(counters, return_counts=True)
    named = [int(n) for n in numbers[np.argsort(-sizes, kind="stable")] if int(n) in look.counters][:MOST_COUNTERS]
    groups = [counters == number for number in named]
    rest = ~np.isin(counters, named)
    shown: list[HoursOfCounter | None] = [look.counters[number] for number in named]
    if rest.any():
        groups, shown = [*groups, rest], [*shown, None]
    step = (RIGHT - LEFT) / weeks
    counts = np.array([np.bincount(week[group], minlength=weeks) for group in groups], dtype=np.float64)
    closed = np.array([np.bincount(week[group & outside], minlength=weeks) for group in groups], dtype=np.float64)
    low, high = expected_band(_expected(look, counts))
    strips, y = [], 0.0
    for k, counter in enumerate(shown):
        strips.append(_strip(counter, y, step, look.monday, (counts[k], closed[k], low[k], high[k])))
        y += LABEL + STRIP + GAP
    top, floor = y + LABEL, y + LABEL + STRIP
    return PlaceChart(
        strips=tuple(strips),
        index_label_y=y + LABEL - 8,
        index_top=top,
        index_floor=floor,
        dots=_dots(look, own, week, step, top),
        weeks=tuple((round(LEFT + step * (k + 0.5), 3), look.monday + timedelta(days=7 * k)) for k in _labelled(weeks)),
        run=None if run is None else (round(LEFT + step * run[0], 3), round(step * (run[1] - run[0]), 3)),
        height=floor + AXIS,
    )


def _expected(look: PlaceLook, counts: Floats) -> Floats:
    """The answers to be expected of each counter and week, by the season of the province."""
    nothing = np.zeros_like(counts)
    sums = WeeklySums(counts, nothing, nothing, nothing, look.rows.open_week)
    return expected_answers(sums, look.learnt.season)


def _strip(
    counter: HoursOfCounter | None, y: float, step: float, monday: date, weeks: tuple[Floats, Floats, Floats, Floats]
) -> CounterStrip:
    count, closed, low, high = weeks
    top, floor = y + LABEL, y + LABEL + STRIP
    most = max(float(count.max(initial=0)), float(high.max(initial=0)), 1.0)
    scale = STRIP / most
    bars = tuple(
        WeekBar(
            x=round(LEFT + step * (k + 0.15), 3),
            width=round(step * 0.7, 3),
            top=round(floor - scale * (n - out), 2),
            height=round(scale * (n - out), 2),
            outside_top=round(floor - scale * n, 2),
            outside_height=round(scale * out, 2),
            band_top=round(floor - scale * hi, 2),
            band_height=round(scale * (hi - lo), 2),
            week=monday + timedelta(days=7 * k),
            within=int(n - out),
            outside=int(out),
            least=round(float(lo), 2),
            most=round(float(hi), 2),
        )
        for k, (n, out, lo, hi) in enumerate(zip(count, closed, low, high, strict=True))
    )
    return CounterStrip(counter, y + LABEL - 8, top, floor, bars, round(most))


def _dots(
    look: PlaceLook, own: NDArray[np.bool_], week: NDArray[np.int64], step: float, top: float
) -> tuple[tuple[float, float], ...]:
    """Where the share of satisfied answers of each week lies that has enough of them."""
    items = look.rows.items[own]
    valid, satisfied = (items > 0).sum(axis=1), (items >= 4).sum(axis=1)
    weeks = look.rows.weeks
    people = np.bincount(week[valid > 0], minlength=weeks)
    given, good = (np.bincount(week, weights=each, minlength=weeks) for each in (valid, satisfied))
    return tuple(
        (round(LEFT + step * (k + 0.5), 3), round(top + STRIP * (1 - good[k] / given[k]), 2))
        for k in np.flatnonzero(people >= FEW)
    )


def _labelled(weeks: int) -> range:
    """The weeks whose first day is written: at most seven."""
    return range(0, weeks, max(1, -(-weeks // 6)))
