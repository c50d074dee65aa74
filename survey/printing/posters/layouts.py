"""The A4 and A5 posters. All sizes are points, the origin is at the lower left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.emblem import draw_emblem
from survey.printing.posters.marks import draw_steps
from survey.printing.posters.qr import draw_code, modules, printed_address, quiet_zone
from survey.printing.posters.typesetting import BOLD, MEDIUM, REGULAR, SEMIBOLD, draw, fit
from survey.printing.posters.words import ENGLISH, VIETNAMESE, PosterText, Style, Variant

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
    bilingual: tuple[float, float, float]  # shares of head, title and steps that a second language leaves


POSTERS = {
    # the code takes 153 mm with its quiet zone; the rest is for names of two lines at 14 points, and what to do
    "A4": PosterSpec(A4, 9 * mm, 120 * mm, 38 * mm, 44, 15, 22, 34 * mm, (1.08, 0.82, 0.68)),
    "A5": PosterSpec(A5, 7 * mm, 90 * mm, 18 * mm, 33, 10, 15, 19 * mm, (0.86, 0.96, 0.86)),
}
EMBLEM = 28 * mm
"""An emblem's largest side: wider, it takes the line from the names."""


def poster(canvas: Canvas, spec: PosterSpec, text: PosterText, style: Style) -> None:
    """Draw one poster page: names, invitation, code, address, steps, promise, from the top down."""
    if style.bilingual:
        # the second language takes its room from the names, the title and the pictures, never from the code
        head, title, steps = spec.bilingual
        spec = replace(spec, head=spec.head * head, title=spec.title * title, steps=spec.steps * steps)
    width, height = spec.page
    inner = width - 2 * spec.margin
    left, top = spec.margin, height - spec.margin
    _names(canvas, text, style, (left, top, inner, spec.head))
    top -= spec.head
    top = _invitation(canvas, spec, style, (left, top, inner))
    canvas.setFillColor(INK)
    top = draw(canvas, fit(VIETNAMESE.question, MEDIUM, spec.text, inner, spec.text * 1.3), left, top, inner, "centre")
    if style.bilingual:
        canvas.setFillColor(style.muted)
        english = f"{ENGLISH.invitation}. {ENGLISH.question}"
        block = fit(english, REGULAR, spec.text * 0.8, inner, spec.text * 1.1)
        top = draw(canvas, block, left, top, inner, "centre")
    bottom = _foot(canvas, spec, text, style)
    _code_between(canvas, spec, text, top, bottom)


def _invitation(canvas: Canvas, spec: PosterSpec, style: Style, line: tuple[float, float, float]) -> float:
    """Draw the invitation, white on a black band where contrast counts most; return its lower edge."""
    left, top, inner = line
    if style.variant is not Variant.HIGH_CONTRAST:
        canvas.setFillColor(style.colour)
        block = fit(VIETNAMESE.invitation, BOLD, spec.title, inner, spec.title * 1.3)
        return draw(canvas, block, left, top, inner, "centre")
    block = fit(VIETNAMESE.invitation, BOLD, spec.title, inner * 0.94, spec.title * 1.3)
    canvas.setFillColor("#000000")
    canvas.rect(left, top - block.height, inner, block.height, stroke=0, fill=1)
    canvas.setFillColor("#FFFFFF")
    return draw(canvas, block, left, top + block.size * 0.02, inner, "centre") - spec.text * 0.3


def _names(canvas: Canvas, text: PosterText, style: Style, box: tuple[float, float, float, float]) -> None:
    """Draw the agency's and the counter's name, the emblem before them."""
    left, top, width, height = box
    if style.variant is not Variant.INK_SAVING:
        canvas.setFillColor(style.colour)
        canvas.rect(left, top - height * 0.04, width, height * 0.04, stroke=0, fill=1)
    top -= height * 0.08
    height *= 0.92
    if style.emblem:
        side = min(height, EMBLEM)
        draw_emblem(canvas, style.emblem, left, top - (height - side) / 2, side)
        left, width = left + side * 1.2, width - side * 1.2
    english = " · ".join(name for name in (text.agency_en, text.counter_en) if name) if style.bilingual else ""
    shares = ((0.17, 0.345), (0.23, 0.345)) if english else ((0.21, 0.46), (0.29, 0.54))
    shown = [(text.agency, SEMIBOLD, style.muted), (text.counter, BOLD, INK)]
    blocks = [
        (fit(name, font, _half_points(height * size), width, height * share), colour)
        for (name, font, colour), (size, share) in zip(shown, shares, strict=True)
    ]
    if english:
        rest = height - sum(block.height for block, _ in blocks)
        blocks.append((fit(english, REGULAR, _half_points(height * 0.135), width, rest), style.muted))
    align = "left" if style.emblem else "centre"
    top -= (height - sum(block.height for block, _ in blocks)) / 2
    for block, colour in blocks:
        canvas.setFillColor(colour)
        top = draw(canvas, block, left, top, width, align)


def _half_points(size: float) -> float:
    """A size rounded down to half points, so that type shrinks in steps that meet whole points."""
    return floor(size * 2) / 2


def _foot(canvas: Canvas, spec: PosterSpec, text: PosterText, style: Style) -> float:
    """Draw the steps and, under a thin line, dates and promise; return the upper edge."""
    left, inner = spec.margin, spec.page[0] - 2 * spec.margin
    lines = [(VIETNAMESE.promise, SEMIBOLD, INK, 0.82)]
    if style.bilingual:
        lines.append((ENGLISH.promise, REGULAR, style.muted, 0.68))
    dates = [text.dates(words) for words in ((VIETNAMESE, ENGLISH) if style.bilingual else (VIETNAMESE,))]
    if any(dates):
        lines.append((" · ".join(dates), MEDIUM, style.muted, 0.74))
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
