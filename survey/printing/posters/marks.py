"""The three drawn steps, as paths: a telephone, a code in a frame, an answer with its tick."""

from __future__ import annotations

from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.typesetting import REGULAR, SEMIBOLD, draw, fit
from survey.printing.posters.words import ENGLISH, VIETNAMESE, Style


def draw_steps(canvas: Canvas, style: Style, x: float, top: float, width: float, height: float, size: float) -> None:
    """Draw the steps side by side, each its picture over its words, within the box."""
    column = width / 3
    picture = height * (0.46 if style.bilingual else 0.54)
    for number, draw_picture in enumerate((_telephone, _scan, _answer)):
        left = x + number * column
        canvas.setStrokeColor(style.colour)
        canvas.setFillColor(style.colour)
        canvas.setLineWidth(picture * 0.045)
        canvas.setLineCap(1)
        canvas.setLineJoin(1)
        draw_picture(canvas, left + column / 2, top - picture / 2, picture)
        _between(canvas, left, top - picture / 2, picture, number)
        words = f"{number + 1}. {VIETNAMESE.steps[number]}"
        rest = height - picture - size * 0.3
        share = 0.62 if style.bilingual else 1.0
        canvas.setFillColor("#1E1B18")
        block = fit(words, SEMIBOLD, size, column - size * 0.8, rest * share)
        bottom = draw(canvas, block, left, top - picture - size * 0.3, column, "centre")
        if style.bilingual:
            canvas.setFillColor(style.muted)
            block = fit(ENGLISH.steps[number], REGULAR, size * 0.75, column - size * 0.8, rest * (1 - share))
            draw(canvas, block, left, bottom, column, "centre")


def draw_small_steps(canvas: Canvas, style: Style, x: float, top: float, width: float, line: float) -> float:
    """Draw the steps one under the other, a small picture before each; return the lower edge."""
    for number, draw_picture in enumerate((_telephone, _scan, _answer)):
        middle = top - line * (number + 0.5)
        canvas.setStrokeColor(style.colour)
        canvas.setFillColor(style.colour)
        canvas.setLineWidth(line * 0.05)
        canvas.setLineCap(1)
        draw_picture(canvas, x + line * 0.4, middle, line * 0.8)
        canvas.setFillColor("#1E1B18")
        words = f"{number + 1}. {VIETNAMESE.steps[number]}"
        block = fit(words, SEMIBOLD, line * 0.48, width - line, line * 0.95)
        draw(canvas, block, x + line, middle + block.height / 2, width)
    return top - line * 3


def _between(canvas: Canvas, left: float, middle: float, picture: float, number: int) -> None:
    """Draw the arrow head that leads from one step to the next."""
    if number == 0:
        return
    reach = picture * 0.1
    path = canvas.beginPath()
    path.moveTo(left - reach / 2, middle + reach)
    path.lineTo(left + reach / 2, middle)
    path.lineTo(left - reach / 2, middle - reach)
    canvas.drawPath(path, stroke=1, fill=0)


def _telephone(canvas: Canvas, x: float, y: float, size: float) -> None:
    width, height = size * 0.5, size * 0.9
    canvas.roundRect(x - width / 2, y - height / 2, width, height, size * 0.09, stroke=1, fill=0)
    canvas.line(x - width * 0.15, y + height * 0.4, x + width * 0.15, y + height * 0.4)
    canvas.circle(x, y, size * 0.13, stroke=1, fill=0)
    canvas.circle(x, y, size * 0.04, stroke=0, fill=1)


def _scan(canvas: Canvas, x: float, y: float, size: float) -> None:
    half, arm = size * 0.42, size * 0.2
    for sx in (-1, 1):
        for sy in (-1, 1):
            path = canvas.beginPath()
            path.moveTo(x + sx * (half - arm), y + sy * half)
            path.lineTo(x + sx * half, y + sy * half)
            path.lineTo(x + sx * half, y + sy * (half - arm))
            canvas.drawPath(path, stroke=1, fill=0)
    box = size * 0.16
    for dx, dy in ((-1, 1), (1, 1), (-1, -1)):
        cx, cy = x + dx * size * 0.16, y + dy * size * 0.16
        canvas.rect(cx - box / 2, cy - box / 2, box, box, stroke=1, fill=0)
    canvas.rect(x + size * 0.11, y - size * 0.21, size * 0.1, size * 0.1, stroke=0, fill=1)


def _answer(canvas: Canvas, x: float, y: float, size: float) -> None:
    radius = size * 0.1
    for row, dy in enumerate((0.3, 0, -0.3)):
        cx, cy = x - size * 0.28, y + size * dy
        canvas.circle(cx, cy, radius, stroke=1, fill=1 if row == 0 else 0)
        canvas.line(cx + size * 0.22, cy, x + size * 0.38, cy)
    canvas.saveState()
    canvas.setStrokeColor("#FFFFFF")
    path = canvas.beginPath()
    cx, cy = x - size * 0.28, y + size * 0.3
    path.moveTo(cx - radius * 0.5, cy)
    path.lineTo(cx - radius * 0.1, cy - radius * 0.4)
    path.lineTo(cx + radius * 0.5, cy + radius * 0.45)
    canvas.drawPath(path, stroke=1, fill=0)
    canvas.restoreState()


def draw_step_row(canvas: Canvas, style: Style, x: float, top: float, width: float, height: float) -> float:
    """Draw the three pictures in a row without words, arrow heads between; return the lower edge."""
    column = width / 3
    for number, draw_picture in enumerate((_telephone, _scan, _answer)):
        canvas.setStrokeColor(style.colour)
        canvas.setFillColor(style.colour)
        canvas.setLineWidth(height * 0.06)
        canvas.setLineCap(1)
        canvas.setLineJoin(1)
        draw_picture(canvas, x + (number + 0.5) * column, top - height / 2, height)
        _between(canvas, x + number * column, top - height / 2, height, number)
    return top - height
