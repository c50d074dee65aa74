"""The numbers that a chart shows, as a table with one row a mark, in percentage points and with all digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import singledispatch
from typing import Any

import pandas as pd

from survey.results.chart_group import AnswerBar, ChartGroup
from survey.results.charts import IntervalChart, QuadrantChart, TrendChart
from survey.results.control_chart import ControlPicture
from survey.results.funnel_chart import FunnelChart
from survey.results.place_chart import PlaceChart

Named = Callable[[str], str]


def numbers(chart: Any, name_of: Named) -> pd.DataFrame:
    """The table of a chart; `name_of`: what the codes in it are called."""
    return pd.DataFrame(list(_rows(chart, name_of)))


@singledispatch
def _rows(chart: Any, _name_of: Named) -> Iterator[dict[str, object]]:
    """Yield the rows of a chart."""
    raise TypeError(f"no table is known of {type(chart).__name__}")


@_rows.register
def _interval(chart: IntervalChart, _name_of: Named) -> Iterator[dict[str, object]]:
    for mark in chart.marks:
        row = mark.row
        yield {"label": row.label, "index": row.index, "lo": row.lo, "hi": row.hi, "reference": row.reference}


@_rows.register
def _trend(chart: TrendChart, _name_of: Named) -> Iterator[dict[str, object]]:
    for mark in chart.marks:
        one = mark.moment
        yield {"label": one.label, "index": one.index, "lo": one.lo, "hi": one.hi, "new_series": one.broken}


@_rows.register
def _quadrant(chart: QuadrantChart, _name_of: Named) -> Iterator[dict[str, object]]:
    for mark in chart.marks:
        spot = mark.spot
        yield {
            "number": spot.number, "item": spot.item, "gap": spot.gap, "importance": spot.importance,
            "verdict": spot.verdict,
        }  # fmt: skip


@_rows.register
def _funnel(chart: FunnelChart, name_of: Named) -> Iterator[dict[str, object]]:
    for mark in chart.marks:
        one = mark.standing
        yield {
            "agency": one.agency, "label": name_of(one.agency), "n": one.n, "index": one.index,
            "adjusted": one.adjusted, "expected": one.expected, "lo": one.lo, "hi": one.hi, "band": one.band,
        }  # fmt: skip


@_rows.register
def _control(chart: ControlPicture, _name_of: Named) -> Iterator[dict[str, object]]:
    for mark in chart.marks:
        yield {
            "start": mark.start.isoformat(), "n": mark.n, "index": mark.value, "lower": mark.lower,
            "upper": mark.upper, "sign": mark.sign, "direction": mark.direction,
        }  # fmt: skip


@_rows.register
def _place(chart: PlaceChart, _name_of: Named) -> Iterator[dict[str, object]]:
    for strip in chart.strips:
        counter = strip.counter.name if strip.counter else ""
        for bar in strip.bars:
            yield {
                "counter": counter, "week": bar.week.isoformat(), "within_hours": bar.within,
                "outside_hours": bar.outside, "expected_lo": bar.least, "expected_hi": bar.most,
            }  # fmt: skip


@_rows.register
def _answers(bar: AnswerBar, _name_of: Named) -> Iterator[dict[str, object]]:
    shares = {segment.level: segment.share for segment in bar.segments}
    for answer, count in enumerate(bar.counts, 1):
        yield {"answer": answer, "answers": count, "share": shares.get(answer, 0.0)}


@_rows.register
def _group(group: ChartGroup, name_of: Named) -> Iterator[dict[str, object]]:
    for code, chart in group.parts:
        for row in _rows(chart, name_of):
            yield {"code": code, "label": name_of(code), **row}
