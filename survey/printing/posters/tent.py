"""The table tent: two A6 faces on an A4 sheet, with marks where it is cut and folded."""

from __future__ import annotations

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.layouts import A4, INK
from survey.printing.posters.qr import draw_code, modules, printed_address, quiet_zone
from survey.printing.posters.side import draw_side
from survey.printing.posters.typesetting import REGULAR, SEMIBOLD, draw, fit
from survey.printing.posters.words import ENGLISH, VIETNAMESE, PosterText, Style

WIDTH, FACE, FLAP = 148 * mm, 105 * mm, 40 * mm
MARGIN, CODE = 7 * mm, 50 * mm


def folds() -> tuple[float, float]:
    """The heights of the two folds: between flap and face, and the ridge."""
    base = (A4[1] - 2 * FACE - FLAP) / 2
    return base + FLAP, base + FLAP + FACE


def tent(canvas: Canvas, text: PosterText, style: Style) -> None:
    """Draw two A6 faces back to back over the ridge, and a flap of 40 mm to stand on."""
    left = (A4[0] - WIDTH) / 2
    foot, ridge = folds()
    base = foot - FLAP
    _fold_marks(canvas, left, [foot, ridge])
    _crop_marks(canvas, left, base, 2 * FACE + FLAP)
    canvas.setFillColor("#5B554E")
    notes = [VIETNAMESE, ENGLISH] if style.bilingual else [VIETNAMESE]
    note = fit(" / ".join(f"{words.cut}, {words.fold}" for words in notes), REGULAR, 8, WIDTH, 12)
    draw(canvas, note, left, base + FLAP * 0.55, WIDTH, "centre")
    _face(canvas, text, style, left, foot)
    canvas.saveState()
    canvas.translate(2 * left + WIDTH, 2 * ridge + FACE)
    canvas.rotate(180)
    _face(canvas, text, style, left, ridge)
    canvas.restoreState()


def _face(canvas: Canvas, text: PosterText, style: Style, x: float, y: float) -> None:
    """Draw one A6 face, lying, with its lower left corner at (x, y)."""
    matrix = modules(text.address)
    quiet = quiet_zone(matrix, CODE)
    right = x + WIDTH - MARGIN - CODE - quiet * 0.6
    column = right - quiet - (x + MARGIN)
    draw_side(canvas, text, style, (x + MARGIN, y + MARGIN, column, FACE - 2 * MARGIN))
    code_y = y + (FACE - CODE) / 2 + 4 * mm
    draw_code(canvas, matrix, right, code_y, CODE)
    canvas.setFillColor(INK)
    reach = CODE + quiet * 1.2
    block = fit(printed_address(text.address), SEMIBOLD, 10, reach, 26)
    draw(canvas, block, right - quiet * 0.6, code_y - quiet, reach, "centre")


def _fold_marks(canvas: Canvas, left: float, heights: list[float]) -> None:
    """Draw dashes outside the tent where it is folded."""
    canvas.setStrokeColor("#5B554E")
    canvas.setLineWidth(0.6)
    canvas.setDash(3, 2)
    for y in heights:
        canvas.line(left - 9 * mm, y, left - 2 * mm, y)
        canvas.line(left + WIDTH + 2 * mm, y, left + WIDTH + 9 * mm, y)
    canvas.setDash()


def _crop_marks(canvas: Canvas, left: float, base: float, height: float) -> None:
    """Draw solid corner marks outside the tent where it is cut."""
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.4)
    for x, sx in ((left, -1), (left + WIDTH, 1)):
        for y, sy in ((base, -1), (base + height, 1)):
            canvas.line(x + sx * 2 * mm, y, x + sx * 7 * mm, y)
            canvas.line(x, y + sy * 2 * mm, x, y + sy * 7 * mm)
