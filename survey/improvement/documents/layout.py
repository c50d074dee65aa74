"""Layout of an administrative document (Decree 30/2020/ND-CP): page, head, body, place of the signature, recipients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FONT = "Times New Roman"
SIZE = 14
BLANK = "……"
"""A blank for the office to fill in."""


class OfficeDocument:
    """An A4 document: margins top 20, bottom 20, left 30, right 20 mm; Times New Roman 14; page number top centre."""

    def __init__(self, issuer: str, above: str, number: str, place_and_day: str) -> None:
        self._document = Document()
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(20), Mm(20)
        section.left_margin, section.right_margin = Mm(30), Mm(20)
        section.different_first_page_header_footer = True  # the first page carries no number
        _page_number(section.header.paragraphs[0])
        style = self._document.styles["Normal"]
        style.font.name, style.font.size = FONT, Pt(SIZE)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
        self._document.core_properties.language = "vi-VN"
        self._head(issuer, above, number, place_and_day)

    def title(self, text: str, about: str = "") -> None:
        """Add the title in the middle, and what the document is about."""
        self._line(text.upper(), bold=True, middle=True, before=12)
        if about:
            self._line(about, bold=True, middle=True, after=12)

    def heading(self, text: str) -> None:
        """Add a heading."""
        self._line(text, bold=True, before=6)

    def paragraph(self, text: str) -> None:
        """Add a paragraph, justified, its first line indented."""
        added = self._document.add_paragraph(text)
        added.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        added.paragraph_format.first_line_indent = Mm(10)
        added.paragraph_format.space_after = Pt(6)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        """Add a table; widths in millimetres."""
        table = self._document.add_table(rows=1, cols=len(head))
        table.style = "Table Grid"
        table.autofit = False
        for number, text in enumerate(head):
            _cell(table.rows[0].cells[number], text, widths[number], bold=True)
        for row in rows:
            cells = table.add_row().cells
            for number, text in enumerate(row):
                _cell(cells[number], text, widths[number])

    def signature(self, recipients: Sequence[str], signer: Sequence[str]) -> None:
        """Add the recipients on the left and the place of the signature on the right."""
        left, right = self._two_columns()
        _write(left, "Nơi nhận:", size=12, bold=True, italic=True)
        for one in recipients:
            _write(left, f"- {one};", size=11)
        for line in signer:
            _write(right, line.upper(), size=SIZE, bold=True, middle=True)
        for _ in range(4):
            _write(right, "", size=SIZE)
        _write(right, BLANK, size=SIZE, bold=True, middle=True)

    def data(self) -> bytes:
        """Return the file."""
        out = BytesIO()
        self._document.save(out)
        return out.getvalue()

    def _head(self, issuer: str, above: str, number: str, place_and_day: str) -> None:
        left, right = self._two_columns()
        if above:
            _write(left, above.upper(), size=13, middle=True)
        _write(left, issuer.upper(), size=13, bold=True, middle=True)
        _write(left, f"Số: {number}", size=13, middle=True)
        _write(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=13, bold=True, middle=True)
        _write(right, "Độc lập - Tự do - Hạnh phúc", size=14, bold=True, middle=True)
        _write(right, place_and_day, size=14, italic=True, middle=True)

    def _two_columns(self) -> tuple[Any, Any]:
        table = self._document.add_table(rows=1, cols=2)
        table.autofit = False
        cells = table.rows[0].cells
        cells[0].width, cells[1].width = Mm(65), Mm(95)
        return cells[0], cells[1]

    def _line(self, text: str, *, bold: bool = False, middle: bool = False, before: int = 0, after: int = 6) -> None:
        added = self._document.add_paragraph()
        added.add_run(text).bold = bold
        if middle:
            added.alignment = WD_ALIGN_PARAGRAPH.CENTER
        added.paragraph_format.space_before, added.paragraph_format.space_after = Pt(before), Pt(after)


def place_and_day(place: str, day: date | None) -> str:
    """Return `Sơn La, ngày 05 tháng 3 năm 2026`, with blanks for a day that is not known yet."""
    if day is None:
        return f"{place}, ngày {BLANK} tháng {BLANK} năm {BLANK}"
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"{place}, ngày {day.day:02d} tháng {month} năm {day.year}"


def _write(cell: Any, text: str, *, size: int, bold: bool = False, italic: bool = False, middle: bool = False) -> None:
    first = cell.paragraphs[0]
    paragraph = first if not first.text and len(cell.paragraphs) == 1 and not first.runs else cell.add_paragraph()
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    paragraph.paragraph_format.space_after = Pt(0)
    if middle:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _cell(cell: Any, text: str, width: float, *, bold: bool = False) -> None:
    cell.width = Mm(width)
    _write(cell, text, size=12, bold=bold, middle=bold)


def _page_number(paragraph: Any) -> None:
    """Put the field of the page number into a paragraph, in the middle."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
