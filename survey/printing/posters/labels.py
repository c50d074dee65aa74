"""Sheets of sticky labels, each label where the sheet has it."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.layouts import A4, INK
from survey.printing.posters.marks import draw_step_row
from survey.printing.posters.qr import QUIET_MODULES, draw_code, modules, printed_address, quiet_zone
from survey.printing.posters.side import Box, draw_side
from survey.printing.posters.typesetting import BOLD, REGULAR, SEMIBOLD, draw, fit
from survey.printing.posters.words import ENGLISH, VIETNAMESE, PosterText, Style

MAX_SHIFT = 5.0
"""Millimetres by which a sheet may be moved; a printer further off pulls its paper askew."""


@dataclass(frozen=True)
class LabelSheet:
    """Geometry of a sheet, in millimetres from the upper left corner of an A4 page."""

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float
    #: widest dark modules; narrower where the label's height leaves no more beside the quiet zone
    code: float

    @property
    def count(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows

    def code_size(self, side: int) -> float:
        """The width (mm) of the dark modules of a code of `side` modules: with quiet zone it fits the label."""
        return min(self.code, self.height * side / (side + 2 * QUIET_MODULES))


LABELS = {
    "8": LabelSheet(2, 4, 99.1, 67.7, 4.65, 13.1, 101.6, 67.7, 42),
    # the whole sheet without a rim: code and quiet zone together take the 42.3 mm of the label's height
    "21": LabelSheet(3, 7, 70, 42.3, 0, 0.45, 70, 42.3, 40),
    "21n": LabelSheet(3, 7, 63.5, 38.1, 7.25, 15.15, 66.0, 38.1, 40),
}
"""By kind. A code of 40 mm with four quiet modules would need 51 mm: no sheet of 21 labels on A4 has that height."""


def labels(canvas: Canvas, sheet: LabelSheet, text: PosterText, style: Style, shift: tuple[float, float]) -> None:
    """Draw a whole sheet of one counter's labels; `shift` moves all of them (mm right, mm down) to suit a printer."""
    for row in range(sheet.rows):
        for column in range(sheet.columns):
            x = (sheet.left + column * sheet.pitch_x + shift[0]) * mm
            y = A4[1] - (sheet.top + row * sheet.pitch_y + sheet.height + shift[1]) * mm
            _label(canvas, sheet, text, style, x, y)


def _label(canvas: Canvas, sheet: LabelSheet, text: PosterText, style: Style, x: float, y: float) -> None:
    """Draw one label with its lower left corner at (x, y)."""
    matrix = modules(text.address)
    width, height, code = sheet.width * mm, sheet.height * mm, sheet.code_size(len(matrix)) * mm
    quiet = quiet_zone(matrix, code)
    draw_code(canvas, matrix, x + quiet, y + (height - code) / 2, code)
    left = x + code + 2 * quiet
    column = x + width - left - 2.5 * mm
    if sheet.count == 8:
        draw_side(canvas, text, style, (left, y + 10 * mm, column, height - 14 * mm))
        canvas.setFillColor(INK)
        block = fit(printed_address(text.address), SEMIBOLD, 10, width - 6 * mm, 6 * mm)
        draw(canvas, block, x, y + 2.5 * mm + block.height, width, "centre")
    else:
        edge = 3 * mm if sheet.left else 4.5 * mm  # printers leave the rim of the paper white
        inner = column - (0 if sheet.left else 2 * mm)
        _small_side(canvas, text, style, (left, y + edge, inner, height - 2 * edge))


def _small_side(canvas: Canvas, text: PosterText, style: Style, box: Box) -> None:
    """Draw what fits beside the code of the smallest label: names, invitation, pictures, promise, address."""
    x, y, width, height = box
    address = printed_address(text.address)
    if canvas.stringWidth(address, SEMIBOLD, 5.5) > width:
        address = address.replace("/K/", " /K/")  # two lines: the host, then the code whole
    invitation = f"{VIETNAMESE.invitation} · {ENGLISH.invitation}" if style.bilingual else VIETNAMESE.invitation
    dates = text.dates(VIETNAMESE)
    promise = f"{VIETNAMESE.promise} {dates}".strip()
    above = ((text.agency, REGULAR, 5.5, 0.17, style.muted), (text.counter, SEMIBOLD, 7, 0.19, INK))
    below = ((promise, REGULAR, 5, 0.18, INK), (address, SEMIBOLD, 5.5, 0.14, INK))
    top = y + height
    for words, font, size, share, colour in (*above, (invitation, BOLD, 9, 0.2, style.colour)):
        canvas.setFillColor(colour)
        draw(canvas, fit(words, font, size, width, height * share), x, top, width)
        top -= height * share
    draw_step_row(canvas, style, x, top, width, height * 0.1)
    top -= height * 0.12
    for words, font, size, share, colour in below:
        canvas.setFillColor(colour)
        draw(canvas, fit(words, font, size, width, height * share), x, top, width)
        top -= height * share
