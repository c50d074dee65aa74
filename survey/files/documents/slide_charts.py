"""Charts of slides: PowerPoint's own, whose numbers can be opened and altered; an index as a dot with its whisker."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
)
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

INK, MUTED, LINE, ACCENT = "1E1B18", "5B554E", "8C857B", "7A2E5D"
ANSWERS = ("9E2A2B", "E09F7D", "D8D4CC", "7FB2C9", "1F5A7A")
"""Colours of the five answers."""
STEP = 10
"""Percentage points to which the axis of a chart is rounded outwards."""
Box = tuple[Emu, Emu, Emu, Emu]
Row = tuple[str, float, float, float]
"""Name, index, lower and upper end; NaN where there is none."""

LONGEST = 60


def whole_box(width: float = 12.3, height: float = 4.9, left: float = 0.5, top: float = 1.75) -> Box:
    """A box in inches: by default all of a slide under its title."""
    return Inches(left), Inches(top), Inches(width), Inches(height)


def dots(slide: Any, rows: Sequence[Row], box: Box, about: str, *, joined: bool = False) -> None:
    """Add indices as dots with whiskers on an axis that fits the data; `joined` draws a line through them."""
    data = CategoryChartData(number_format="0.0")
    data.categories = [shortened(name) for name, *_ in rows]
    data.add_series("Chỉ số (%)", [None if math.isnan(index) else round(index, 2) for _, index, _, _ in rows])
    chart = _chart(slide, XL_CHART_TYPE.LINE_MARKERS, data, box, about)
    chart.has_legend = False
    series = chart.plots[0].series[0]
    series.smooth = False
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 9
    _fill(series.marker.format, ACCENT)
    if joined:
        series.format.line.color.rgb = RGBColor.from_string(LINE)
        series.format.line.width = Pt(1.5)
    else:
        series.format.line.fill.background()
    _whiskers(series, rows)
    low, high = axis_of(rows)
    axis = chart.value_axis
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high, STEP
    axis.has_title = True
    axis.axis_title.text_frame.text = f"%, trục từ {low} đến {high}"
    _small(axis.axis_title.text_frame.paragraphs[0].font)
    axis.major_gridlines.format.line.color.rgb = RGBColor.from_string("D8D4CC")
    _small(axis.tick_labels.font)
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    _small(chart.category_axis.tick_labels.font, 10 if len(rows) > 14 else 13)
    plot = chart.plots[0]
    if len(rows) <= 14:
        plot.has_data_labels = True
        labels = plot.data_labels
        labels.number_format, labels.number_format_is_linked = "0.0", False
        labels.show_value = True
        _small(labels.font)
        labels.position = XL_LABEL_POSITION.RIGHT


def answers(
    slide: Any, rows: Sequence[tuple[str, Sequence[float]]], levels: Sequence[str], box: Box, about: str
) -> None:
    """Add the five answers of items, their shares in percent, as bars, satisfied on the right; the first row on top."""
    data = CategoryChartData(number_format="0")
    data.categories = [shortened(name) for name, _ in reversed(rows)]
    for number, level in enumerate(levels):
        data.add_series(level, [round(shares[number], 1) for _, shares in reversed(rows)])
    chart = _chart(slide, XL_CHART_TYPE.BAR_STACKED_100, data, box, about)
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    _small(chart.legend.font)
    chart.plots[0].gap_width = 35
    for number, series in enumerate(chart.plots[0].series):
        _fill(series.format, ANSWERS[number])
        labels = series.data_labels
        labels.show_value = True
        labels.number_format, labels.number_format_is_linked = '[>=7]0;""', False  # a narrow part has no room
        _small(labels.font, 10)
        labels.font.color.rgb = RGBColor.from_string("FFFFFF" if number in (0, 4) else INK)
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    _small(chart.category_axis.tick_labels.font, 10 if len(rows) > 12 else 12)


def amounts(slide: Any, rows: Sequence[tuple[str, int]], box: Box, about: str) -> None:
    """Add numbers of things as bars from 0, the first row on top."""
    data = CategoryChartData(number_format="0")
    data.categories = [name for name, _ in reversed(rows)]
    data.add_series("Số việc", [number for _, number in reversed(rows)])
    chart = _chart(slide, XL_CHART_TYPE.BAR_CLUSTERED, data, box, about)
    chart.has_legend = False
    chart.plots[0].gap_width = 60
    _fill(chart.plots[0].series[0].format, ACCENT)
    chart.plots[0].has_data_labels = True
    _small(chart.plots[0].data_labels.font, 14)
    chart.value_axis.minimum_scale = 0
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    _small(chart.category_axis.tick_labels.font, 14)


def axis_of(rows: Sequence[Row]) -> tuple[int, int]:
    """The ends of the axis: the data with their whiskers, rounded outwards to tens within 0 and 100."""
    ends = [value for _, *values in rows for value in values if not math.isnan(value)]
    if not ends:
        return 0, 100
    low, high = STEP * math.floor(min(ends) / STEP), STEP * math.ceil(max(ends) / STEP)
    return max(0, low if low < high else low - STEP), min(100, high)


def shortened(name: str) -> str:
    """A name that fits beside a bar, cut at a word."""
    return name if len(name) <= LONGEST else f"{name[:LONGEST].rpartition(' ')[0]} …"


def _chart(slide: Any, kind: Any, data: CategoryChartData, box: Box, about: str) -> Any:
    frame = slide.shapes.add_chart(kind, *box, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", about)
    chart = frame.chart
    chart.has_title = False
    chart.font.name, chart.font.color.rgb = "Arial", RGBColor.from_string(INK)
    return chart


def _whiskers(series: Any, rows: Sequence[Row]) -> None:
    """Add the intervals as error bars of their own lengths (ECMA-376 21.2.2.55)."""
    bars = etree.Element(qn("c:errBars"))
    for name, value in (("errDir", "y"), ("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "0")):
        etree.SubElement(bars, qn(f"c:{name}")).set("val", value)
    for name, lengths in (
        ("plus", [high - index for _, index, _, high in rows]),
        ("minus", [index - low for _, index, low, _ in rows]),
    ):
        literal = etree.SubElement(etree.SubElement(bars, qn(f"c:{name}")), qn("c:numLit"))
        etree.SubElement(literal, qn("c:formatCode")).text = "General"
        etree.SubElement(literal, qn("c:ptCount")).set("val", str(len(rows)))
        for number, length in enumerate(lengths):
            if not math.isnan(length):
                point = etree.SubElement(literal, qn("c:pt"))
                point.set("idx", str(number))
                etree.SubElement(point, qn("c:v")).text = f"{length:.4f}"
    line = etree.SubElement(etree.SubElement(bars, qn("c:spPr")), qn("a:ln"))
    line.set("w", str(Pt(2)))
    colour = etree.SubElement(etree.SubElement(line, qn("a:solidFill")), qn("a:srgbClr"))
    colour.set("val", ACCENT)
    series._element.find(qn("c:cat")).addprevious(bars)


def _fill(form: Any, colour: str) -> None:
    form.fill.solid()
    form.fill.fore_color.rgb = RGBColor.from_string(colour)


def _small(font: Any, size: int = 12) -> None:
    font.size, font.name = Pt(size), "Arial"
