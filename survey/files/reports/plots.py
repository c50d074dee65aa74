"""Standalone charts (trend, quadrants): `survey.results.charts` says where every mark goes, as it does for pages.

Its vertical places are CSS pixels from the top; here they are stretched to the height of the drawing, in points.
"""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from survey.core.numbers import fixed, with_sign
from survey.files.reports import words
from survey.files.reports.drawings import GRID, SMALL
from survey.files.reports.label_places import Box, places
from survey.files.reports.style import ACCENT, GREY, INK, LEVELS, LINE, MUTED
from survey.printing.posters.typesetting import LEADING, REGULAR, SEMIBOLD, Fitted, draw, fit
from survey.results.charts import QuadrantChart, SpotMark, TrendChart, TrendMark

NAME_LINES = 3
"""Lines that the name of a round may take under its dot."""


class Trend(Flowable):  # type: ignore[misc]
    """Indices through the rounds; a line joins rounds that can be compared, grey where the change is not sure."""

    def __init__(self, chart: TrendChart, sure: Sequence[bool], width: float, height: float = 110) -> None:
        super().__init__()
        self.chart, self.sure, self.width = chart, sure, width
        room = 0.86 * width / max(len(chart.marks), 1) - 6
        self.names: list[Fitted] = [_name(mark.moment.label, room) for mark in chart.marks]
        self.under = max((name.height for name in self.names), default=0.0) + 6
        self.depth = height
        self.height = height + self.under

    def draw(self) -> None:
        """Draw the axis, breaks and lines, then the rounds over them."""
        canvas = self.canv
        self._axis(canvas)
        for mark, sure in zip(self.chart.marks, self.sure, strict=True):
            self._leading_here(canvas, mark, sure)
        for mark, name in zip(self.chart.marks, self.names, strict=True):
            self._round(canvas, mark)
            canvas.setFillColor(HexColor(INK))
            room = 0.86 * self.width / len(self.chart.marks)
            draw(canvas, name, self._x(mark.x) - room / 2, self.under - 4, room, "centre")

    def _axis(self, canvas: Canvas) -> None:
        canvas.setLineWidth(0.4)
        canvas.setStrokeColor(HexColor(GRID))
        canvas.setFillColor(HexColor(MUTED))
        canvas.setFont(REGULAR, SMALL)
        for at, written in self.chart.ticks:
            canvas.line(self._x(6), self._y(at), self.width, self._y(at))
            canvas.drawRightString(self._x(5), self._y(at) - SMALL * 0.35, written)

    def _leading_here(self, canvas: Canvas, mark: TrendMark, sure: bool) -> None:
        """Draw the line from the round before, or the break that forbids one."""
        if mark.break_x is not None:
            x = self._x(mark.break_x)
            canvas.saveState()
            canvas.setStrokeColor(HexColor(INK))
            canvas.setLineWidth(0.8)
            canvas.setDash(4, 3)
            canvas.line(x, self._y(self.chart.floor), x, self._y(self.chart.top))
            canvas.restoreState()
            canvas.setFont(REGULAR, SMALL)
            canvas.setFillColor(HexColor(INK))
            canvas.drawCentredString(x, self._y(self.chart.top) + 4, words.BREAK)
        if mark.from_x is not None and mark.from_y is not None and mark.y is not None:
            canvas.setStrokeColor(HexColor(ACCENT if sure else GREY))
            canvas.setLineWidth(1.2)
            canvas.line(self._x(mark.from_x), self._y(mark.from_y), self._x(mark.x), self._y(mark.y))

    def _round(self, canvas: Canvas, mark: TrendMark) -> None:
        """Draw one round: whisker, dot, and the index above them."""
        colour, x = HexColor(GREY if mark.moment.thin else ACCENT), self._x(mark.x)
        canvas.setStrokeColor(colour)
        tops = [self._y(y) for y in (mark.y, mark.high) if y is not None]
        if mark.low is not None and mark.high is not None:
            canvas.setLineWidth(1.3)
            canvas.line(x, self._y(mark.low), x, self._y(mark.high))
            canvas.setLineWidth(0.9)
            for y in (mark.low, mark.high):
                canvas.line(x - 3.4, self._y(y), x + 3.4, self._y(y))
        if mark.y is not None:
            canvas.setFillColor(colour)
            canvas.circle(x, self._y(mark.y), 2.6, stroke=0, fill=1)
            canvas.setFont(SEMIBOLD, SMALL + 2)
            canvas.setFillColor(HexColor(GREY if mark.moment.thin else INK))
            canvas.drawCentredString(x, max(tops) + 5, fixed(mark.moment.index))

    def _x(self, percent: float) -> float:
        return self.width * percent / 100

    def _y(self, pixels: float) -> float:
        """The height of a place: the floor of the chart stands on the names, its top `SMALL` below the edge."""
        chart = self.chart
        share = (chart.floor - pixels) / (chart.floor - chart.top)
        return self.under + share * (self.depth - SMALL - 6)


def _name(label: str, width: float) -> Fitted:
    """The name of a round in a few lines, cut at a word where it would become too small to read."""
    room = NAME_LINES * (SMALL + 1) * LEADING
    fitted, shorter = fit(label, REGULAR, SMALL + 1, width, room), label
    while fitted.size < SMALL and " " in shorter:
        shorter = shorter.rpartition(" ")[0]
        fitted = fit(f"{shorter} …", REGULAR, SMALL + 1, width, room)
    return fitted


class Quadrant(Flowable):  # type: ignore[misc]
    """Importance upwards, performance to the right; every item a mark with its number beside it."""

    ABOVE, BELOW = 22.0, 18.0
    """Room for the title and two corners over the frame, in points; for the other corners and the axis under it."""

    def __init__(self, chart: QuadrantChart, title: str, width: float, height: float) -> None:
        super().__init__()
        self.chart, self.title, self.width, self.height = chart, title, width, height

    def draw(self) -> None:
        """Draw the frame with its words, then the items."""
        canvas = self.canv
        self._frame(canvas)
        self._words(canvas)
        for mark, label in zip(self.chart.marks, self.labels(), strict=True):
            self._spot(canvas, mark, label)

    def labels(self) -> list[Box]:
        """Where the numbers of the items stand, none upon another or upon a mark as far as there is room."""
        font = SMALL + 0.5
        sizes = [(stringWidth(str(mark.spot.number), SEMIBOLD, font) + 1, font * 0.8) for mark in self.chart.marks]
        spots = [self._place(mark) for mark in self.chart.marks]
        return places(spots, sizes, Box(0, self.BELOW, self.width, self.height - self.ABOVE - self.BELOW))

    def _place(self, mark: SpotMark) -> tuple[float, float]:
        return self.width * mark.x / 100, self._y(mark.y)

    def _y(self, pixels: float) -> float:
        chart = self.chart
        return self.BELOW + (chart.floor - pixels) / chart.depth * (self.height - self.ABOVE - self.BELOW)

    def _frame(self, canvas: Canvas) -> None:
        chart, top = self.chart, self.height - self.ABOVE
        canvas.setStrokeColor(HexColor(GRID))
        canvas.setLineWidth(0.6)
        canvas.rect(0, self.BELOW, self.width, top - self.BELOW, stroke=1, fill=0)
        canvas.setStrokeColor(HexColor(LINE))
        canvas.setLineWidth(0.5)
        canvas.line(0, self._y(chart.middle_y), self.width, self._y(chart.middle_y))
        canvas.line(self.width * chart.middle_x / 100, self.BELOW, self.width * chart.middle_x / 100, top)

    def _words(self, canvas: Canvas) -> None:
        canvas.setFillColor(HexColor(INK))
        title = fit(self.title, SEMIBOLD, SMALL + 1, self.width, (SMALL + 1) * 1.3)
        draw(canvas, title, 0, self.height)
        canvas.setFillColor(HexColor(MUTED))
        canvas.setFont(REGULAR, SMALL)
        over, under, middle = self.height - self.ABOVE + 3, self.BELOW - SMALL - 1, self.width / 2
        canvas.drawString(0, over, words.IMPROVE)
        canvas.drawRightString(self.width, over, words.KEEP)
        canvas.drawString(0, under, words.WATCH)
        canvas.drawRightString(self.width, under, words.MAINTAIN)
        reach = fixed(self.chart.reach, 0)
        canvas.drawString(0, 1.5, with_sign(f"-{reach}"))
        canvas.drawCentredString(middle, 1.5, words.LIKE_OTHERS)
        canvas.drawRightString(self.width, 1.5, with_sign(reach))

    def _spot(self, canvas: Canvas, mark: SpotMark, label: Box) -> None:
        """Draw an item: a filled square is significantly worse, a filled circle better, a ring neither."""
        x, y = self._place(mark)
        sure = mark.spot.verdict in ("strength", "weakness")
        if label.distance(x, y) > label.height:
            canvas.setStrokeColor(HexColor(LINE))
            canvas.setLineWidth(0.3)
            canvas.line(x, y, *label.middle)
        canvas.setStrokeColor(HexColor(MUTED))
        canvas.setLineWidth(0.8)
        if mark.spot.verdict == "weakness":
            canvas.setFillColor(HexColor(LEVELS[0]))
            canvas.rect(x - 2.2, y - 2.2, 4.4, 4.4, stroke=0, fill=1)
        else:
            canvas.setFillColor(HexColor(LEVELS[-1] if sure else "#FFFFFF"))
            canvas.circle(x, y, 2.4 if sure else 2.0, stroke=not sure, fill=1)
        canvas.setFillColor(HexColor(INK if sure else MUTED))
        canvas.setFont(SEMIBOLD if sure else REGULAR, SMALL + 0.5)
        canvas.drawCentredString(label.middle[0], label.bottom + 0.4, str(mark.spot.number))
