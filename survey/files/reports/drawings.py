"""Charts inside table cells: `survey.results.charts` says where every mark goes, as it does for pages."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from survey.core.numbers import fixed, with_sign
from survey.files.reports.style import ACCENT, GREY, INK, LEVELS, LINE, MUTED, ON_LEVELS, SHADES
from survey.printing.posters.typesetting import MEDIUM, REGULAR, SEMIBOLD
from survey.results.charts import IntervalChart, Mark, Segment
from survey.results.diagnosis import Contrast
from survey.results.statements import SHORT_CONTRAST_WORDS, choose

GRID = "#DDD9D2"
SMALL = 7.0


class Rule(Flowable):  # type: ignore[misc]
    """The short line under the names of an administrative head, in the middle of its column."""

    def __init__(self, length: float) -> None:
        super().__init__()
        self.length, self.height = length, 4

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """Take the whole width, so that the line is in the middle."""
        self.width = width
        return width, self.height

    def draw(self) -> None:
        """Draw the line."""
        self.canv.setStrokeColor(HexColor(INK))
        self.canv.setLineWidth(0.7)
        self.canv.line((self.width - self.length) / 2, 1, (self.width + self.length) / 2, 1)


class Whisker(Flowable):  # type: ignore[misc]
    """A dot with its interval on the axis of its chart, the province's own figure as an upright mark."""

    def __init__(self, mark: Mark, chart: IntervalChart, width: float, height: float = 13) -> None:
        super().__init__()
        self.mark, self.ticks, self.width, self.height = mark, chart.ticks, width, height

    def draw(self) -> None:
        """Draw the axis faintly, then the marks."""
        canvas, mark, middle = self.canv, self.mark, self.height / 2
        canvas.setLineWidth(0.4)
        canvas.setStrokeColor(HexColor(GRID))
        for tick in self.ticks:
            x = self._x(tick.x)
            canvas.line(x, -3, x, self.height + 3)
        if mark.reference is not None:
            canvas.setStrokeColor(HexColor(MUTED))
            canvas.setLineWidth(1)
            x = self._x(mark.reference)
            canvas.line(x, middle - 6, x, middle + 6)
        colour = HexColor(GREY if mark.row.thin else ACCENT)
        canvas.setStrokeColor(colour)
        canvas.setFillColor(colour)
        if mark.low is not None and mark.high is not None:
            canvas.setLineWidth(1.3)
            low, high = self._x(mark.low), self._x(mark.high)
            canvas.line(low, middle, high, middle)
            canvas.setLineWidth(0.9)
            for x in (low, high):
                canvas.line(x, middle - 3.2, x, middle + 3.2)
        if mark.dot is not None:
            canvas.circle(self._x(mark.dot), middle, 2.3, stroke=0, fill=1)

    def _x(self, percent: float | None) -> float:
        return self.width * (percent or 0) / 100


class Axis(Flowable):  # type: ignore[misc]
    """The numbers under the dots of a table."""

    def __init__(self, chart: IntervalChart, width: float) -> None:
        super().__init__()
        self.chart, self.width, self.height = chart, width, SMALL + 1

    def draw(self) -> None:
        """Write the numbers."""
        canvas = self.canv
        canvas.setFont(REGULAR, SMALL)
        canvas.setFillColor(HexColor(MUTED))
        for tick in self.chart.ticks:
            x = self.width * tick.x / 100
            write = {"start": canvas.drawString, "end": canvas.drawRightString}.get(
                tick.anchor, canvas.drawCentredString
            )
            write(x, 1, tick.text)


class Bar(Flowable):  # type: ignore[misc]
    """The five answers as parts of 100 %, satisfied on the right; the share stands in every part that has room."""

    def __init__(self, segments: Sequence[Segment], width: float, height: float = 12) -> None:
        super().__init__()
        self.segments, self.width, self.height = segments, width, height

    def draw(self) -> None:
        """Draw the parts with a thin gap between neighbours."""
        canvas = self.canv
        for segment in self.segments:
            x, width = self.width * segment.x / 100, self.width * segment.width / 100
            canvas.setFillColor(HexColor(LEVELS[segment.level - 1]))
            canvas.rect(x, 0, max(width - 0.8, 0.3), self.height, stroke=0, fill=1)
            if segment.labelled:
                canvas.setFillColor(HexColor(ON_LEVELS[segment.level - 1]))
                canvas.setFont(MEDIUM, SMALL)
                canvas.drawCentredString(x + width / 2, self.height / 2 - SMALL * 0.34, fixed(segment.share))


class Key(Flowable):  # type: ignore[misc]
    """The five answers' colours with their words, in one line."""

    def __init__(self, labels: Sequence[str], width: float) -> None:
        super().__init__()
        self.labels, self.width, self.height = labels, width, 12

    def draw(self) -> None:
        """Draw a square and a word for each answer."""
        canvas, step = self.canv, self.width / len(self.labels)
        canvas.setFont(REGULAR, SMALL + 0.5)
        for number, label in enumerate(self.labels):
            canvas.setFillColor(HexColor(LEVELS[number]))
            canvas.rect(number * step, 2, 7, 7, stroke=0, fill=1)
            canvas.setFillColor(HexColor(INK))
            canvas.drawString(number * step + 10, 3, label)


class Contrasted(Flowable):  # type: ignore[misc]
    """An index, and under it how it stands against the other agencies.

    A difference that is told apart has a triangle and a word, so that the shade behind it tells nothing by itself.
    """

    VALUE, LEADING = 9.0, 9.3

    def __init__(self, value: str, contrast: Contrast | None, width: float, *, grey: bool = False) -> None:
        super().__init__()
        self.value, self.contrast, self.width, self.grey = value, contrast, width, grey
        self.height = self.LEADING * (1 if contrast is None else 2) + 1

    def draw(self) -> None:
        """Write one or two lines, at the right."""
        canvas, contrast = self.canv, self.contrast
        canvas.setFillColor(HexColor(GREY if self.grey else INK))
        canvas.setFont(REGULAR, self.VALUE)
        canvas.drawRightString(self.width, self.height - self.LEADING + 1.5, self.value)
        if contrast is None:
            return
        gap = with_sign(fixed(contrast.gap))
        if contrast.verdict == "same":
            canvas.setFillColor(HexColor(GREY))
            canvas.setFont(REGULAR, SMALL)
            canvas.drawRightString(self.width, 2.3, gap)
            return
        label = f"{choose(SHORT_CONTRAST_WORDS, contrast).text()} {gap}"
        canvas.setFillColor(HexColor(INK))
        canvas.setFont(SEMIBOLD, SMALL)
        canvas.drawRightString(self.width, 2.3, label)
        left = self.width - stringWidth(label, SEMIBOLD, SMALL) - 6.5
        triangle(canvas, max(left, -1.5), 2.4, upward=contrast.verdict == "above")


class Gap(Flowable):  # type: ignore[misc]
    """A difference to the other agencies in a narrow cell; under one that is told apart the word that says so."""

    LEADING = 8.4

    def __init__(self, contrast: Contrast | None, width: float) -> None:
        super().__init__()
        self.contrast, self.width = contrast, width
        self.word = choose(SHORT_CONTRAST_WORDS, contrast).text() if contrast else ""
        self.height = self.LEADING * (2 if self.word else 1) + 1

    def draw(self) -> None:
        """Write one or two lines, at the right."""
        canvas = self.canv
        canvas.setFillColor(HexColor(INK if self.word else GREY))
        canvas.setFont(REGULAR, SMALL)
        gap = "–" if self.contrast is None else with_sign(fixed(self.contrast.gap))
        canvas.drawRightString(self.width, self.height - self.LEADING + 1.6, gap)
        canvas.drawRightString(self.width, 2.4, self.word)


def triangle(canvas: Canvas, x: float, y: float, *, upward: bool) -> None:
    """Draw a triangle 4.6 points wide whose box begins at (x, y)."""
    base, tip = (y, y + 4.4) if upward else (y + 4.4, y)
    path = canvas.beginPath()
    path.moveTo(x, base)
    path.lineTo(x + 4.6, base)
    path.lineTo(x + 2.3, tip)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


class ShadeKey(Flowable):  # type: ignore[misc]
    """The shades of `Contrasted` with their words, two in a line."""

    ROW = 13.0

    def __init__(self, meant: Sequence[tuple[Contrast, str]], width: float) -> None:
        super().__init__()
        self.meant, self.width = meant, width
        self.height = self.ROW * -(-len(meant) // 2) + 3

    def draw(self) -> None:
        """Draw a square with its triangle, and what it says."""
        canvas, canvas_width = self.canv, self.width / 2
        canvas.setLineWidth(0.3)
        for k, (contrast, said) in enumerate(self.meant):
            x, y = (k % 2) * canvas_width, self.height - self.ROW * (k // 2 + 1)
            canvas.setStrokeColor(HexColor(LINE))
            canvas.setFillColor(HexColor(SHADES[contrast.verdict, contrast.large]))
            canvas.rect(x, y + 1, 12, 10, stroke=1, fill=1)
            canvas.setFillColor(HexColor(INK))
            triangle(canvas, x + 3.7, y + 3.8, upward=contrast.verdict == "above")
            canvas.setFont(REGULAR, SMALL + 0.5)
            canvas.drawString(x + 16, y + 3.5, said)
