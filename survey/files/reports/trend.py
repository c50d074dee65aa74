"""Trend of the province through the rounds: a line with its breaks, and the same numbers as a table."""

from __future__ import annotations

import math

from reportlab.platypus import Flowable, KeepTogether

from survey.files.reports import sentences, words
from survey.files.reports.context import PastRound
from survey.files.reports.parts import INDICES, Writer
from survey.files.reports.plots import Trend
from survey.files.reports.style import WIDTH, Cell, ruled, text
from survey.results.charts import TrendPoint, trend_chart

CHANGES = 136.0
SIZES = 54.0


def trend(writer: Writer, heading: Flowable) -> list[Flowable]:
    """The chart of the index through the rounds under a heading, and its table."""
    past = writer.context.past
    chart = trend_chart([_moment(one) for one in past])
    sure = [one.change is not None and one.change.sure for one in past]
    confidence = sentences.confidence(writer.context)
    notes = [words.TREND_NOTE, *([words.BREAK_NOTE] if chart.has_break else [])]
    rows: list[list[Cell]] = [
        writer.heads((words.ROUND_HEAD, words.INDEX_HEAD, words.SIZE, words.SINCE_BEFORE)),
        *(_row(writer, one) for one in past),
    ]
    drawn: list[Flowable] = [
        heading,
        writer.chart_caption(words.TREND_CHART.format(confidence=confidence)),
        Trend(chart, sure, WIDTH),
        writer.p(" ".join(notes), "note"),
    ]
    table = ruled(rows, [WIDTH - INDICES - SIZES - CHANGES, INDICES, SIZES, CHANGES], pad=1.6)
    caption = writer.caption(words.TREND_TABLE.format(confidence=confidence))
    return [KeepTogether(drawn), KeepTogether([caption, table])]


def _moment(one: PastRound) -> TrendPoint:
    figure = one.figure
    if figure is None:
        return TrendPoint(one.name, math.nan, math.nan, math.nan, broken=one.broken)
    return TrendPoint(one.name, figure.index, figure.lo, figure.hi, figure.thin, one.broken)


def _row(writer: Writer, one: PastRound) -> list[Cell]:
    size = sentences.whole(one.figure.n if one.figure else None)
    return [
        writer.p(text(one.name), "cell"),
        writer.figure(one.figure),
        writer.number(size, one.figure),
        _change(writer, one),
    ]


def _change(writer: Writer, one: PastRound) -> Flowable:
    """How the index moved since the round before, and whether that is significant."""
    if one.broken:
        return writer.p(words.NOT_COMPARED, "number_grey")
    if one.change is None or not one.change.exists:
        return writer.p("–", "number_grey")
    return writer.p(
        f"{sentences.signed(one.change.diff)} ({sentences.verdict(one.change)})",
        "number" if one.change.sure else "number_grey",
    )
