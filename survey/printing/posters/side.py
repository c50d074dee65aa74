"""The column of words beside a code: on table tents, large labels and receipt slips."""

from __future__ import annotations

from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.emblem import draw_emblem
from survey.printing.posters.marks import draw_small_steps
from survey.printing.posters.typesetting import BOLD, REGULAR, SEMIBOLD, SMALLEST, draw, fit
from survey.printing.posters.words import ENGLISH, VIETNAMESE, PosterText, Style

INK = "#1E1B18"
Box = tuple[float, float, float, float]


def draw_side(canvas: Canvas, text: PosterText, style: Style, box: Box, once: bool = False) -> None:
    """Draw names, invitation, steps and promise into a box (x, y, width, height); `once`: what a one-use code is."""
    x, y, width, height = box
    unit = height / 100
    english = style.bilingual
    _names(canvas, text, style, (x, y + unit * 72, width, unit * 28))
    canvas.setFillColor(style.colour)
    block = fit(VIETNAMESE.invitation, BOLD, unit * 10, width, unit * (19 if english else 24))
    top = draw(canvas, block, x, y + unit * 71, width)
    if english:
        canvas.setFillColor(style.muted)
        draw(canvas, fit(ENGLISH.invitation, REGULAR, unit * 4.2, width, unit * 5.5), x, top, width)
    bottom = draw_small_steps(canvas, style, x, y + unit * 44, width, unit * 8.6)
    lines = [(VIETNAMESE.once if once else VIETNAMESE.promise, REGULAR, INK)]
    if english:
        lines.append((ENGLISH.once if once else ENGLISH.promise, REGULAR, style.muted))
    dates = [text.dates(words) for words in ((VIETNAMESE, ENGLISH) if english else (VIETNAMESE,))]
    if any(dates):
        lines.append((" · ".join(dates), REGULAR, style.muted))
    bottom -= unit * 1.2
    size = unit * 3.9  # one size for all of these lines, so that none shouts
    blocks = [fit(words, font, size, width, bottom - y) for words, font, _ in lines]
    while sum(block.height for block in blocks) > bottom - y and size > SMALLEST:
        size -= 0.1
        blocks = [fit(words, font, size, width, bottom - y) for words, font, _ in lines]
    for block, (_, _, colour) in zip(blocks, lines, strict=True):
        canvas.setFillColor(colour)
        bottom = draw(canvas, block, x, bottom, width)


def _names(canvas: Canvas, text: PosterText, style: Style, box: Box) -> None:
    """Draw the emblem, the agency and the counter; in two languages, both names of each."""
    x, y, width, height = box
    top = y + height
    if style.emblem:
        side = height * 0.62
        draw_emblem(canvas, style.emblem, x, top, side)
        x, width = x + side * 1.15, width - side * 1.15
    rows = [(text.agency, SEMIBOLD, 0.15, 0.45, style.muted), (text.counter, BOLD, 0.19, 0.5, INK)]
    names = " · ".join(name for name in (text.agency_en, text.counter_en) if name)
    if style.bilingual and names:
        rows = [(name, font, size, share * 0.78, colour) for name, font, size, share, colour in rows]
        rows.append((names, REGULAR, 0.12, 0.24, style.muted))
    for name, font, size, share, colour in rows:
        canvas.setFillColor(colour)
        top = draw(canvas, fit(name, font, height * size, width, height * share), x, top, width)
