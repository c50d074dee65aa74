"""The form as a PDF: a head, the rows flowed over as many A4 pages as they need, a corner code on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from survey.printing.posters.layouts import A4
from survey.printing.posters.qr import draw_code, modules, quiet_zone
from survey.printing.posters.typesetting import BOLD, MEDIUM, REGULAR, SEMIBOLD, Fitted, draw, fit, register_fonts
from survey.printing.questionnaire.corner import Corner
from survey.printing.questionnaire.rows import (
    INK,
    LEFT,
    MUTED,
    TALL,
    WIDTH,
    PaperRow,
    choices,
    comment,
    form_rows,
    scale_head,
)
from survey.printing.questionnaire.words import WORDS
from survey.questionnaires.definition import Definition

TOP, BOTTOM = A4[1] - 11 * mm, 13 * mm
CODE = 22 * mm
"""Width of the corner code's dark modules."""
HEAD = 26 * mm
"""Least height of the strip with the corner code, on every page; it grows with the names."""


@dataclass(frozen=True)
class PaperSheet:
    """Whose form it is. Empty names are printed as lines to write on."""

    questionnaire: str
    version: int
    content_hash: str
    agency: str = ""
    counter: str = ""
    round_name: str = ""
    #: to choose from, where the counter handles several
    services: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()


def render_form(definition: Definition, sheet: PaperSheet, *, bilingual: bool = False) -> bytes:
    """The PDF; the same input gives the same bytes."""
    register_fonts()
    languages = ("vi", "en") if bilingual else ("vi",)
    rows = [*_intro(sheet, languages), *form_rows(definition, languages), comment(languages)]
    head = _head(definition, sheet, languages)
    pages = paginate(rows, scale_head(definition, languages), TOP - head.height - BOTTOM)
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, lang="vi", invariant=1, initialFontName=REGULAR)
    canvas.setTitle(" - ".join(filter(None, (definition.title.get("vi"), sheet.counter))))
    canvas.setAuthor(sheet.agency or "SIPAS")
    canvas.setSubject(f"{sheet.questionnaire} v{sheet.version} {sheet.content_hash[:12]}")
    for number, page in enumerate(pages, 1):
        _frame(canvas, head, sheet, languages, (number, len(pages)))
        top = TOP - head.height
        for row in page:
            row.draw(canvas, top)
            top -= row.height
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def paginate(rows: Sequence[PaperRow], head: PaperRow, room: float) -> list[list[PaperRow]]:
    """The rows of each page. No row is split, no heading ends a page, the scale's heads stand on every page."""
    pages: list[list[PaperRow]] = [[]]
    used, headed = 0.0, False
    group: list[PaperRow] = []
    for row in rows:
        group.append(row)
        if row.keep:
            continue
        wanted = list(group) if headed or not row.scale else [*group[:-1], head, row]
        height = sum(r.height for r in wanted)
        if pages[-1] and used + height > room:
            pages.append([])
            used = 0.0
            wanted = [*group[:-1], head, row] if row.scale else list(group)
            height = sum(r.height for r in wanted)
        headed = row.scale
        pages[-1] += wanted
        used += height
        group = []
    return pages


def _intro(sheet: PaperSheet, languages: Sequence[str]) -> list[PaperRow]:
    """Promise, what to do, and what the answers belong to."""
    words = [WORDS[language] for language in languages]
    blocks: list[tuple[Fitted, str]] = []
    for place, said in enumerate(words):
        font, size, colour = (SEMIBOLD, 10, INK) if not place else (REGULAR, 8, MUTED)
        blocks.append((fit(said.promise, font, size, WIDTH, TALL), colour))
        blocks.append((fit(said.how, MEDIUM if not place else REGULAR, size, WIDTH, TALL), colour))
    height = sum(block.height for block, _ in blocks) + 1 * mm

    def paint(canvas: Canvas, top: float) -> None:
        for block, colour in blocks:
            canvas.setFillColor(colour)
            top = draw(canvas, block, LEFT, top, WIDTH)

    rows = [PaperRow(height, paint)]
    if len(sheet.agencies) > 1:
        rows.append(choices(" / ".join(said.agency for said in words), sheet.agencies))
    if len(sheet.services) != 1:
        rows.append(choices(" / ".join(said.service for said in words), sheet.services))
    return rows


@dataclass(frozen=True)
class _Head:
    """The words beside the corner code, set: whose form it is, then the titles; each with its colour."""

    names: Sequence[tuple[Fitted, str]]
    titles: Sequence[tuple[Fitted, str]]
    #: of the titles together, and of the strip
    titles_height: float
    height: float


def _head(definition: Definition, sheet: PaperSheet, languages: Sequence[str]) -> _Head:
    """Set the words of the head; names take the lines they need, and the strip is as high as all of them."""
    matrix = modules(Corner(sheet.questionnaire, sheet.version, sheet.content_hash, 1, 1).text())
    width = _beside_code(quiet_zone(matrix, CODE))
    day = " · ".join(filter(None, (sheet.round_name, WORDS[languages[0]].day)))
    names = [
        (fit(sheet.agency or "." * 60, MEDIUM, 9, width, TALL), MUTED),
        (fit(sheet.counter or "." * 44, SEMIBOLD, 11, width, TALL), INK),
        (fit(day, REGULAR, 8.5, width, TALL), MUTED),
    ]
    titles = []
    for k, language in enumerate(languages):
        font, size, high, colour = (REGULAR, 9, 4, MUTED) if k else (BOLD, 16, 8, INK)
        titles.append((fit(definition.title.get(language), font, size, width, high * mm), colour))
    titles_height = sum(block.height for block, _ in titles)
    needed = sum(block.height for block, _ in names) + titles_height + 2.5 * mm
    return _Head(names, titles, titles_height, max(HEAD, needed))


def _beside_code(quiet: float) -> float:
    """The width beside the corner code and its quiet zone."""
    return float(WIDTH - CODE - quiet - 4 * mm)


def _frame(canvas: Canvas, head: _Head, sheet: PaperSheet, languages: Sequence[str], place: tuple[int, int]) -> None:
    """Draw what is on every page: whose form it is, the title, the corner code, and the foot."""
    words = WORDS[languages[0]]
    number, pages = place
    matrix = modules(Corner(sheet.questionnaire, sheet.version, sheet.content_hash, number, pages).text())
    draw_code(canvas, matrix, LEFT + WIDTH - CODE, TOP - CODE, CODE)
    width = _beside_code(quiet_zone(matrix, CODE))
    top = TOP
    for block, colour in head.names:
        canvas.setFillColor(colour)
        top = draw(canvas, block, LEFT, top, width)
    top = min(top - 0.5 * mm, TOP - head.height + head.titles_height + 2 * mm)
    for block, colour in head.titles:
        canvas.setFillColor(colour)
        top = draw(canvas, block, LEFT, top, width)
    canvas.setFillColor(MUTED)
    canvas.setFont(REGULAR, 7.5)
    version = f"{sheet.questionnaire} v{sheet.version} · {sheet.content_hash[:12]}"
    canvas.drawString(LEFT, BOTTOM - 5 * mm, version)
    canvas.drawRightString(LEFT + WIDTH, BOTTOM - 5 * mm, words.page % (number, pages))
