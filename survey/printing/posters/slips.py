"""Sheets of receipt slips: ten to an A4 page, each with a code of its own that takes one response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.layouts import A4, INK
from survey.printing.posters.qr import draw_code, modules, printed_address, quiet_zone
from survey.printing.posters.side import draw_side
from survey.printing.posters.typesetting import REGULAR, SEMIBOLD, draw, fit, register_fonts
from survey.printing.posters.words import PosterText, Style

COLUMNS, ROWS = 2, 5
WIDTH, HEIGHT = 95 * mm, 56 * mm
LEFT, TOP = (A4[0] - COLUMNS * WIDTH) / 2, (A4[1] - ROWS * HEIGHT) / 2
CODE = 40 * mm
PER_PAGE = COLUMNS * ROWS


def render_slips(text: PosterText, addresses: Sequence[str], style: Style | None = None) -> bytes:
    """The PDF of slips, one for each address, in their order, with lines to cut along."""
    style = style or Style()
    register_fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, lang="vi", invariant=1, initialFontName=REGULAR)
    canvas.setTitle(f"Mã trên giấy hẹn - {text.counter}")
    canvas.setAuthor(text.agency)
    canvas.setSubject("Mỗi mã dùng một lần")
    for start in range(0, len(addresses), PER_PAGE):
        page = addresses[start : start + PER_PAGE]
        _cut_lines(canvas)
        for place, address in enumerate(page):
            x = LEFT + place % COLUMNS * WIDTH
            y = A4[1] - TOP - (place // COLUMNS + 1) * HEIGHT
            _slip(canvas, replace(text, address=address), style, x, y)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _slip(canvas: Canvas, text: PosterText, style: Style, x: float, y: float) -> None:
    """Draw one slip with its lower left corner at (x, y)."""
    matrix = modules(text.address)
    quiet = quiet_zone(matrix, CODE)
    code_x, code_y = x + WIDTH - CODE - quiet, y + HEIGHT - CODE - quiet
    draw_code(canvas, matrix, code_x, code_y, CODE)
    canvas.setFillColor(INK)
    room = code_y - quiet - y
    reach = CODE + 2 * quiet - 2 * mm
    block = fit(printed_address(text.address), SEMIBOLD, 8, reach, max(room - 1 * mm, 2 * mm))
    draw(canvas, block, code_x - quiet + 1 * mm, y + (room + block.height) / 2 + 0.5 * mm, reach, "centre")
    margin = 4 * mm
    column = code_x - quiet - (x + margin)
    draw_side(canvas, text, style, (x + margin, y + margin, column, HEIGHT - 2 * margin), once=True)


def _cut_lines(canvas: Canvas) -> None:
    """Draw hair lines between the slips and ticks at the rim of the page."""
    canvas.setStrokeColor("#8C857B")
    canvas.setLineWidth(0.4)
    canvas.setDash(2, 3)
    for column in range(COLUMNS + 1):
        x = LEFT + column * WIDTH
        canvas.line(x, TOP - 4 * mm, x, A4[1] - TOP + 4 * mm)
    for row in range(ROWS + 1):
        y = TOP + row * HEIGHT
        canvas.line(LEFT - 5 * mm, y, A4[0] - LEFT + 5 * mm, y)
    canvas.setDash()
