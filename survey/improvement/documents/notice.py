"""The notice 'You said – we did' for the wall: accepted actions in the posters' style, on A4 or A3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.emblem import Emblem, draw_emblem
from survey.printing.posters.qr import draw_code, modules, printed_address, quiet_zone
from survey.printing.posters.typesetting import BOLD, MEDIUM, REGULAR, SEMIBOLD, Fitted, draw, fit, register_fonts

PAPERS = {"A4": (210 * mm, 297 * mm), "A3": (297 * mm, 420 * mm)}
MOST = 4
"""Actions on a notice: more would be read by nobody who stands before it. The page has all."""
LARGEST, SMALLEST = 38, 10
"""Points of what was done, on A4."""
LONGEST = 220
"""Letters of a text on a notice."""
GAP, NO_LIMIT = 18, 1e6
Row = tuple[Fitted, Fitted]
"""What was said and what was done, wrapped."""
INK, MUTED, LINE, ACCENT = "#1E1B18", "#5B554E", "#8C857B", "#7A2E5D"
TITLE = "Ông/Bà đã nói – Chúng tôi đã làm"
SAID, DID = "Ông/Bà đã nói", "Chúng tôi đã làm"
WHOLE = "Sự phục vụ nói chung cần tốt hơn."
BETTER = "Cần làm tốt hơn: {text}"
CHECKED = "Ủy ban nhân dân tỉnh đã kiểm tra từng việc trước khi niêm yết."
MORE = "Xem tất cả và gửi phản ánh, kiến nghị:"
MORE_WITHOUT = "Gửi phản ánh, kiến nghị ngay tại quầy này."


@dataclass(frozen=True)
class NoticeLine:
    """What was said and what was done about it."""

    #: statement of the questionnaire; empty for the service as a whole
    said: str
    did: str
    #: when it was accepted, as `03/2026`
    month: str


def draw_notice(
    agency: str, lines: Sequence[NoticeLine], paper: str, address: str, emblem: Emblem | None = None
) -> bytes:
    """The notice (PDF) with the newest lines; `address`: of the public page, empty while it is not set."""
    register_fonts()
    width, height = PAPERS[paper]
    unit = width / PAPERS["A4"][0]  # everything grows with the paper
    out = BytesIO()
    canvas = Canvas(out, pagesize=(width, height), lang="vi", invariant=1, initialFontName=REGULAR)
    canvas.setTitle(f"{TITLE} – {agency}")
    canvas.setAuthor(agency)
    margin = 15 * mm * unit
    inner = width - 2 * margin
    top = _head(canvas, agency, emblem, (margin, height - margin, inner), unit)
    floor = _foot(canvas, address, (margin, margin, inner), unit)
    shown = list(lines[:MOST])
    rows = _sized(shown, inner, top - floor, unit)
    spare = min(40 * unit, (top - floor - sum(map(_height, rows))) / max(1, len(rows)))
    for line, row in zip(shown, rows, strict=True):
        _line(canvas, line, row, (margin, top, inner), unit)
        top -= _height(row) + spare
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, agency: str, emblem: Emblem | None, place: tuple[float, float, float], unit: float) -> float:
    left, top, inner = place
    canvas.setFillColor(ACCENT)
    canvas.rect(left, top - 4 * unit, inner, 4 * unit, stroke=0, fill=1)
    top -= 14 * unit
    name, width = left, inner
    if emblem is not None:
        side = 46 * unit
        draw_emblem(canvas, emblem, left, top, side)
        name, width = left + side * 1.2, inner - side * 1.2
    canvas.setFillColor(MUTED)
    block = fit(agency, SEMIBOLD, 22 * unit, width, 60 * unit)
    align = "left" if emblem else "centre"
    top = min(draw(canvas, block, name, top, width, align), top - 30 * unit)
    canvas.setFillColor(ACCENT)
    return (
        draw(canvas, fit(TITLE, BOLD, 50 * unit, inner, 130 * unit), left, top - 6 * unit, inner, "centre") - 14 * unit
    )


def _foot(canvas: Canvas, address: str, place: tuple[float, float, float], unit: float) -> float:
    """Draw where to read more; return the upper edge."""
    left, bottom, inner = place
    high = 92 * unit if address else 56 * unit
    top = bottom + high
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6 * unit)
    canvas.line(left, top, left + inner, top)
    x, width = left, inner
    if address:
        matrix = modules(address)
        size = high - 16 * unit
        draw_code(canvas, matrix, left + inner - size, bottom, size)
        width = inner - size - 2 * quiet_zone(matrix, size)
    y = top - 12 * unit
    for text, font, size_, colour in (
        (MORE if address else MORE_WITHOUT, SEMIBOLD, 16, INK),
        (printed_address(address), BOLD, 18, ACCENT),
        (CHECKED, REGULAR, 13, MUTED),
    ):
        if text:
            canvas.setFillColor(colour)
            y = draw(canvas, fit(text, font, size_ * unit, width, 26 * unit), x, y, width) - 2 * unit
    return top + 10 * unit


def _sized(lines: Sequence[NoticeLine], inner: float, room: float, unit: float) -> list[Row]:
    """The words of all lines at the largest size at which they fit the room together, the same for all."""
    size = LARGEST * unit
    while True:
        rows = [_row(line, inner, size, unit) for line in lines]
        if sum(map(_height, rows)) <= room or size <= SMALLEST * unit:
            return rows
        size -= unit


def _row(line: NoticeLine, inner: float, size: float, unit: float) -> Row:
    said = BETTER.format(text=line.said.rstrip(".")) if line.said else WHOLE
    left, right = _columns(inner, unit)
    return (
        fit(_cut(said), REGULAR, size * 0.76, left, NO_LIMIT),
        fit(_cut(line.did), BOLD, size, right, NO_LIMIT),
    )


def _cut(text: str) -> str:
    """A text that can be read standing, cut at a word; the page has all of it."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(' ')[0]} …"


def _height(row: Row) -> float:
    said, did = row
    return max(said.height, did.height) + 3.2 * said.size


def _columns(inner: float, unit: float) -> tuple[float, float]:
    """The widths of what was said and what was done."""
    return (inner - GAP * unit) * 0.42, (inner - GAP * unit) * 0.58


def _line(canvas: Canvas, line: NoticeLine, row: Row, place: tuple[float, float, float], unit: float) -> None:
    """Draw what was said on the left, smaller, and what was done on the right, for two metres away."""
    left, top, inner = place
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.4 * unit)
    canvas.line(left, top, left + inner, top)
    said, did = row
    top -= said.size * 0.5
    first, second = _columns(inner, unit)
    for label, block, colour, x, width in (
        (SAID, said, MUTED, left, first),
        (f"{DID}, {line.month}", did, ACCENT, left + first + GAP * unit, second),
    ):
        canvas.setFillColor(colour)
        below = draw(canvas, fit(label, MEDIUM, said.size * 0.7, width, NO_LIMIT), x, top, width)
        canvas.setFillColor(INK)
        draw(canvas, block, x, below - 2 * unit, width)
