"""The pages: A4 and A5 posters, the A6 table tent, and label sheets. All sizes are points, origin at the lower left."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.posters.emblem import draw_emblem
from survey.posters.marks import draw_small_steps, draw_steps
from survey.posters.qr import draw_code, modules, printed_address, quiet_zone
from survey.posters.typesetting import BOLD, MEDIUM, REGULAR, SEMIBOLD, draw, fit
from survey.posters.words import ENGLISH, VIETNAMESE, PosterText, Style, Variant

A4 = (210 * mm, 297 * mm)
A5 = (148 * mm, 210 * mm)
INK = "#1E1B18"


@dataclass(frozen=True)
class PosterSpec:
    """Measures of a poster."""

    page: tuple[float, float]
    margin: float
    code: float  # width of the dark modules
    head: float  # height of the names' box
    title: float  # type size of the invitation
    text: float  # type size of sentences
    address: float  # type size of the address
    steps: float  # height of the steps' box


POSTERS = {
    "A4": PosterSpec(A4, 15 * mm, 92 * mm, 33 * mm, 50, 17, 24, 35 * mm),
    "A5": PosterSpec(A5, 7 * mm, 90 * mm, 17 * mm, 33, 10, 15, 19 * mm),
}


@dataclass(frozen=True)
class LabelSheet:
    """Geometry of a sheet of labels, in millimetres from the upper left corner of an A4 page."""

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float
    code: float  # width of the dark modules

    @property
    def count(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


LABELS = {
    8: LabelSheet(2, 4, 99.1, 67.7, 4.65, 13.1, 101.6, 67.7, 42),
    # a label 38.1 mm high cannot hold a code of 40 mm: this is the largest with its quiet zone
    21: LabelSheet(3, 7, 63.5, 38.1, 7.25, 15.15, 66.0, 38.1, 28),
}


def poster(canvas: Canvas, spec: PosterSpec, text: PosterText, style: Style) -> None:
    """Draw one poster page: names, invitation, code, address, steps, promise, from the top down."""
    if style.bilingual:
        # the second language takes its room from the names, the title and the pictures, never from the code
        spec = replace(spec, head=spec.head * 0.86, title=spec.title * 0.96, steps=spec.steps * 0.86)
    width, height = spec.page
    inner = width - 2 * spec.margin
    left, top = spec.margin, height - spec.margin
    _names(canvas, text, style, (left, top, inner, spec.head))
    top -= spec.head
    canvas.setFillColor(style.colour)
    block = fit(VIETNAMESE.invitation, BOLD, spec.title, inner, spec.title * 1.3)
    top = draw(canvas, block, left, top, inner, "centre")
    canvas.setFillColor(INK)
    top = draw(canvas, fit(VIETNAMESE.question, MEDIUM, spec.text, inner, spec.text * 1.3), left, top, inner, "centre")
    if style.bilingual:
        canvas.setFillColor(style.muted)
        english = f"{ENGLISH.invitation}. {ENGLISH.question}"
        block = fit(english, REGULAR, spec.text * 0.8, inner, spec.text * 1.1)
        top = draw(canvas, block, left, top, inner, "centre")
    bottom = _foot(canvas, spec, text, style)
    _code_between(canvas, spec, text, top, bottom)


def _names(canvas: Canvas, text: PosterText, style: Style, box: tuple[float, float, float, float]) -> None:
    """Draw the agency's and the counter's name, the emblem before them."""
    left, top, width, height = box
    if style.variant is not Variant.INK_SAVING:
        canvas.setFillColor(style.colour)
        canvas.rect(left, top - height * 0.04, width, height * 0.04, stroke=0, fill=1)
    top -= height * 0.14
    height *= 0.78
    if style.emblem:
        draw_emblem(canvas, style.emblem, left, top, height)
        left, width = left + height * 1.2, width - height * 1.2
    shown = [(text.agency, SEMIBOLD, 0.23, 0.44, style.muted), (text.counter, BOLD, 0.33, 0.5, INK)]
    if style.bilingual and (text.agency_en or text.counter_en):
        english = " · ".join(name for name in (text.agency_en, text.counter_en) if name)
        shown = [(name, font, size * 0.86, share * 0.8, colour) for name, font, size, share, colour in shown]
        shown.append((english, REGULAR, 0.15, 0.22, style.muted))
    blocks = [
        (fit(name, font, height * size, width, height * share), colour) for name, font, size, share, colour in shown
    ]
    align = "left" if style.emblem else "centre"
    top -= (height - sum(block.height for block, _ in blocks)) / 2
    for block, colour in blocks:
        canvas.setFillColor(colour)
        top = draw(canvas, block, left, top, width, align)


def _foot(canvas: Canvas, spec: PosterSpec, text: PosterText, style: Style) -> float:
    """Draw the steps and, under a thin line, dates and promise; return the upper edge."""
    left, inner = spec.margin, spec.page[0] - 2 * spec.margin
    lines = [(VIETNAMESE.promise, SEMIBOLD, INK, 0.82)]
    if style.bilingual:
        lines.append((ENGLISH.promise, REGULAR, style.muted, 0.68))
    if text.dates(VIETNAMESE):
        lines.append((text.dates(VIETNAMESE), REGULAR, style.muted, 0.74))
    blocks = [(fit(line, font, spec.text * s, inner, spec.text * 1.1), colour) for line, font, colour, s in lines]
    top = spec.margin + sum(block.height for block, _ in blocks)
    rule = top + spec.text * 0.4
    for block, colour in blocks:
        canvas.setFillColor(colour)
        top = draw(canvas, block, left, top, inner, "centre")
    canvas.setStrokeColor("#8C857B")
    canvas.setLineWidth(0.5)
    canvas.line(left, rule, left + inner, rule)
    upper = rule + spec.text * 0.5 + spec.steps
    draw_steps(canvas, style, left, upper, inner, spec.steps, spec.text * 0.88)
    return upper


def _code_between(canvas: Canvas, spec: PosterSpec, text: PosterText, top: float, bottom: float) -> None:
    """Draw the code with its quiet zone and the address under it, in the middle of the room that is left."""
    matrix = modules(text.address)
    quiet = quiet_zone(matrix, spec.code)
    canvas.setFillColor(INK)
    width = spec.page[0] - 2 * spec.margin
    block = fit(printed_address(text.address), SEMIBOLD, spec.address, width, spec.address * 1.4)
    needed = spec.code + 2 * quiet + block.height
    spare = max(0.0, top - bottom - needed)
    upper = top - spare / 2 - quiet
    draw_code(canvas, matrix, (spec.page[0] - spec.code) / 2, upper - spec.code, spec.code)
    canvas.setFillColor(INK)
    draw(canvas, block, spec.margin, upper - spec.code - quiet, width, "centre")


def tent(canvas: Canvas, text: PosterText, style: Style) -> None:
    """Draw a table tent on A4: two A6 faces back to back over the ridge, and a flap of 40 mm to stand on."""
    width, face, flap = 148 * mm, 105 * mm, 40 * mm
    left = (A4[0] - width) / 2
    base = (A4[1] - 2 * face - flap) / 2
    _fold_marks(canvas, left, width, [base + flap, base + flap + face])
    _crop_marks(canvas, left, base, width, 2 * face + flap)
    canvas.setFillColor("#5B554E")
    note = fit(f"{VIETNAMESE.cut}, {VIETNAMESE.fold}", REGULAR, 8, width, 12)
    draw(canvas, note, left, base + flap * 0.55, width, "centre")
    _face(canvas, text, style, left, base + flap)
    canvas.saveState()
    canvas.translate(2 * left + width, 2 * (base + flap) + 3 * face)
    canvas.rotate(180)
    _face(canvas, text, style, left, base + flap + face)
    canvas.restoreState()


def _face(canvas: Canvas, text: PosterText, style: Style, x: float, y: float) -> None:
    """Draw one A6 face, lying, with its lower left corner at (x, y)."""
    width, height, margin, code = 148 * mm, 105 * mm, 7 * mm, 50 * mm
    matrix = modules(text.address)
    quiet = quiet_zone(matrix, code)
    right = x + width - margin - code - quiet * 0.6
    column = right - quiet - (x + margin)
    _side(canvas, text, style, (x + margin, y + margin, column, height - 2 * margin))
    code_y = y + (height - code) / 2 + 4 * mm
    draw_code(canvas, matrix, right, code_y, code)
    canvas.setFillColor(INK)
    reach = code + quiet * 1.2
    block = fit(printed_address(text.address), SEMIBOLD, 10, reach, 26)
    draw(canvas, block, right - quiet * 0.6, code_y - quiet, reach, "centre")


def _side(canvas: Canvas, text: PosterText, style: Style, box: tuple[float, float, float, float]) -> None:
    """Draw names, invitation, steps and promise in a column beside a code."""
    x, y, width, height = box
    unit = height / 100
    indent = 0.0
    if style.emblem:
        side = unit * 18
        draw_emblem(canvas, style.emblem, x, y + height, side)
        indent = side * 1.15
    canvas.setFillColor(style.muted)
    names = width - indent
    top = draw(canvas, fit(text.agency, SEMIBOLD, unit * 4.2, names, unit * 13), x + indent, y + height, names)
    canvas.setFillColor(INK)
    draw(canvas, fit(text.counter, BOLD, unit * 5.4, names, unit * 15), x + indent, top, names)
    canvas.setFillColor(style.colour)
    top = draw(canvas, fit(VIETNAMESE.invitation, BOLD, unit * 10, width, unit * 24), x, y + unit * 70, width)
    if style.bilingual:
        canvas.setFillColor(style.muted)
        draw(canvas, fit(ENGLISH.invitation, REGULAR, unit * 4.2, width, unit * 6), x, top, width)
    bottom = draw_small_steps(canvas, style, x, y + unit * 42, width, unit * 9.4)
    dates = text.dates(VIETNAMESE)
    canvas.setFillColor(INK)
    block = fit(VIETNAMESE.promise, REGULAR, unit * 3.9, width, unit * (8.5 if dates else 12))
    bottom = draw(canvas, block, x, bottom - unit * 0.8, width)
    if dates:
        canvas.setFillColor(style.muted)
        draw(canvas, fit(dates, REGULAR, unit * 3.6, width, unit * 4.6), x, bottom, width)


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
    width, height, code = sheet.width * mm, sheet.height * mm, sheet.code * mm
    quiet = quiet_zone(matrix, code)
    draw_code(canvas, matrix, x + quiet, y + (height - code) / 2, code)
    left = x + code + 2 * quiet
    column = x + width - left - 2.5 * mm
    large = sheet.count == 8
    if large:
        _side(canvas, text, style, (left, y + 10 * mm, column, height - 14 * mm))
    else:
        _small_side(canvas, text, style, (left, y + 3 * mm, column, height - 6 * mm))
    if large:
        canvas.setFillColor(INK)
        block = fit(printed_address(text.address), SEMIBOLD, 8, width - 6 * mm, 6 * mm)
        draw(canvas, block, x, y + 2.5 * mm + block.height, width, "centre")


def _small_side(canvas: Canvas, text: PosterText, style: Style, box: tuple[float, float, float, float]) -> None:
    """Draw what fits beside the code of the smallest label: names, invitation, promise, address."""
    x, y, width, height = box
    address = printed_address(text.address)
    if canvas.stringWidth(address, SEMIBOLD, 5.5) > width:
        address = address.replace("/K/", " /K/")  # two lines: the host, then the code whole
    parts = (
        (text.agency, REGULAR, 5.5, 0.19, style.muted),
        (text.counter, SEMIBOLD, 7, 0.2, INK),
        (VIETNAMESE.invitation, BOLD, 9, 0.22, style.colour),
        (VIETNAMESE.promise, REGULAR, 5, 0.21, INK),
        (address, SEMIBOLD, 5.5, 0.18, INK),
    )
    top = y + height
    for words, font, size, share, colour in parts:
        canvas.setFillColor(colour)
        draw(canvas, fit(words, font, size, width, height * share), x, top, width)
        top -= height * share


def _fold_marks(canvas: Canvas, left: float, width: float, heights: list[float]) -> None:
    """Draw dashes outside the tent where it is folded."""
    canvas.setStrokeColor("#5B554E")
    canvas.setLineWidth(0.6)
    canvas.setDash(3, 2)
    for y in heights:
        canvas.line(left - 9 * mm, y, left - 2 * mm, y)
        canvas.line(left + width + 2 * mm, y, left + width + 9 * mm, y)
    canvas.setDash()


def _crop_marks(canvas: Canvas, left: float, base: float, width: float, height: float) -> None:
    """Draw solid corner marks outside the tent where it is cut."""
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.4)
    for x, sx in ((left, -1), (left + width, 1)):
        for y, sy in ((base, -1), (base + height, 1)):
            canvas.line(x + sx * 2 * mm, y, x + sx * 7 * mm, y)
            canvas.line(x, y + sy * 2 * mm, x, y + sy * 7 * mm)
