"""Style sheet of reports: A4, 25 mm margins, 11 pt, tables with rules above, under the head and below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from survey.printing.posters.typesetting import BOLD, REGULAR, SEMIBOLD, register_fonts

A4 = (210 * mm, 297 * mm)
MARGIN = 25 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, MUTED, LINE, ACCENT = "#1E1B18", "#5B554E", "#8C857B", "#7A2E5D"
GREY = "#79726A"
"""Numbers that rest on too little: lighter than other text, still readable (contrast 4.7 on white)."""
LEVELS = ("#9E2A2B", "#E09F7D", "#D8D4CC", "#7FB2C9", "#1F5A7A")
ON_LEVELS = ("#FFFFFF", INK, INK, INK, "#FFFFFF")
"""The colours of the five answers and of the numbers in them."""


SHADES = {
    ("below", True): "#E09F7D",
    ("below", False): "#F3DDD0",
    ("above", False): "#D7E6EE",
    ("above", True): "#7FB2C9",
}
"""Grounds of figures that are told apart from elsewhere, by verdict and whether by much, as on pages."""


@cache
def styles(body: float = 11) -> dict[str, ParagraphStyle]:
    """The paragraph styles by name; `body` is the size of running text in points."""
    register_fonts()
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=SEMIBOLD, italic=REGULAR, boldItalic=SEMIBOLD)
    small = body - 2
    base = ParagraphStyle(
        "body",
        fontName=REGULAR,
        bulletFontName=REGULAR,
        fontSize=body,
        leading=body * 1.36,
        textColor=HexColor(INK),
        spaceAfter=body * 0.45,
    )

    def style(name: str, **changed: object) -> ParagraphStyle:
        return ParagraphStyle(name, parent=base, **changed)

    cell = {"fontSize": small, "leading": small * 1.28, "spaceAfter": 0}
    every = (
        base,
        style("head", alignment=TA_CENTER, fontSize=10, leading=13, spaceAfter=0),
        style("head_bold", alignment=TA_CENTER, fontSize=10, leading=13, spaceAfter=0, fontName=BOLD),
        style("title", alignment=TA_CENTER, fontSize=15, leading=20, fontName=BOLD, spaceBefore=8, spaceAfter=1),
        style("subject", alignment=TA_CENTER, fontSize=12, leading=16, fontName=SEMIBOLD, spaceAfter=3),
        style("under", alignment=TA_CENTER, fontSize=10, leading=13.5, textColor=HexColor(MUTED), spaceAfter=6),
        style(
            "heading",
            fontName=SEMIBOLD,
            fontSize=body + 1.5,
            leading=(body + 1.5) * 1.3,
            textColor=HexColor(ACCENT),
            spaceBefore=body * 0.6,
            spaceAfter=2.5,
        ),
        style("caption", fontName=SEMIBOLD, fontSize=small + 0.5, leading=(small + 0.5) * 1.3, spaceAfter=2),
        style(
            "note",
            fontSize=small - 0.5,
            leading=(small - 0.5) * 1.34,
            textColor=HexColor(MUTED),
            spaceBefore=2,
            spaceAfter=3,
        ),
        style("line", fontSize=small, leading=small * 1.3, spaceBefore=1.5, spaceAfter=1.5),
        style("quote", fontSize=body - 1, leading=(body - 1) * 1.32, leftIndent=10, spaceAfter=3),
        style("cell", **cell),
        style("cell_small", **{**cell, "fontSize": small - 0.5, "leading": (small - 0.5) * 1.24}),
        style("shares", **{**cell, "fontSize": 7, "leading": 9}, textColor=HexColor(MUTED)),
        style("cell_bold", **cell, fontName=SEMIBOLD),
        style("number", **cell, alignment=TA_RIGHT),
        style("number_small", **{**cell, "fontSize": 7, "leading": 9}, alignment=TA_RIGHT),
        style("number_grey", **cell, alignment=TA_RIGHT, textColor=HexColor(GREY)),
        style("th", **cell, textColor=HexColor(MUTED)),
        style("th_right", **cell, alignment=TA_RIGHT, textColor=HexColor(MUTED)),
    )
    return {style.name: style for style in every}


def text(words: str) -> str:
    """Words of others as they may stand within a paragraph."""
    return escape(words)


Cell: TypeAlias = Flowable | str | list[Flowable]


Commands: TypeAlias = Sequence[tuple[object, ...]]
"""Of a `TableStyle`."""


def ruled(
    rows: Sequence[Sequence[Cell]],
    widths: Sequence[float],
    *,
    pad: float = 2.4,
    last: int = 0,
    under: Commands = (),
) -> Table:
    """A table whose first row is its head, repeated on every page; rules above, under the head and below.

    `last` rows at the end stand below the closing rule, as an axis does; what is drawn `under` the rules covers none.
    """
    table = Table([list(row) for row in rows], colWidths=list(widths), repeatRows=1, hAlign="LEFT")
    end = -1 - last
    table.setStyle(
        TableStyle(
            [
                *under,
                ("FONT", (0, 0), (-1, -1), REGULAR, 9),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), pad),
                ("BOTTOMPADDING", (0, 0), (-1, -1), pad),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
                ("LINEABOVE", (0, 0), (-1, 0), 0.9, HexColor(INK)),
                ("LINEBELOW", (0, 0), (-1, 0), 0.5, HexColor(INK)),
                ("LINEBELOW", (0, end), (-1, end), 0.9, HexColor(INK)),
                ("LINEBELOW", (0, "splitlast"), (-1, "splitlast"), 0.9, HexColor(INK)),
            ]
        )
    )
    return table


def paragraph(words: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph; `words` may hold the marks `<b>` and `<br/>`."""
    return Paragraph(words, style)
