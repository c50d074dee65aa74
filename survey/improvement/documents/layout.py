"""Layout of an administrative document (Decree 30/2020/ND-CP): page, head, body, place of the signature, recipients."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FONT = "Times New Roman"
SIZE = 14
BLANK = "……"
"""A blank for the office to fill in; it stands on a yellow ground, so that none is overlooked."""
COLUMNS = (62, 98)
"""Widths of the two columns of head and signature, in millimetres."""


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
        self._appendices = False
        self._head(issuer, above, number, place_and_day)

    def describe(self, title: str, author: str, at: datetime | None = None) -> None:
        """Say what the file is called, whose it is and when it was made, where programs look for that."""
        about = self._document.core_properties
        about.title, about.author, about.comments = title[:255], author[:255], ""
        if at is not None:
            about.created = about.modified = at.astimezone(UTC).replace(tzinfo=None)

    def title(self, text: str, about: str = "") -> None:
        """Add the title in the middle, and what the document is about."""
        self._line(text.upper(), bold=True, middle=True, before=12)
        if about:
            self._line(about, bold=True, middle=True, after=0)
            _rule(self._document.add_paragraph(), side=60, after=10)

    def middle(self, text: str, *, bold: bool = True) -> None:
        """Add a line in the middle, for example who decides."""
        self._line(text, bold=bold, middle=True, before=6)

    def heading(self, text: str) -> None:
        """Add a heading."""
        self._line(text, bold=True, before=6)

    def paragraph(self, text: str) -> None:
        """Add a paragraph, justified, its first line indented."""
        _runs(self._body(), text)

    def marked(self, text: str) -> None:
        """Add a paragraph of a text in the form of reports: escaped for XML, `<b>` for what matters, `<br/>`."""
        added = self._body()
        for number, part in enumerate(re.split(r"</?b>", text.replace("<br/>", " "))):
            _runs(added, html.unescape(part), bold=number % 2 == 1)

    def caption(self, text: str) -> None:
        """Add what the table below shows; the two stay on one page."""
        added = self._document.add_paragraph()
        _runs(added, text, bold=True, size=12)
        added.paragraph_format.space_before, added.paragraph_format.space_after = Pt(6), Pt(3)
        added.paragraph_format.keep_with_next = True

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        size: int = 12,
        numbers: Sequence[int] = (),
    ) -> None:
        """Add a table whose head stands on each page; widths in millimetres, `numbers` are columns of numbers."""
        table = self._document.add_table(rows=1, cols=len(head))
        table.style = "Table Grid"
        table.autofit = False
        _set_widths(table, widths)
        _repeated(table.rows[0])
        for number, text in enumerate(head):
            _cell(table.rows[0].cells[number], text, widths[number], size, bold=True)
        for row in rows:
            added = table.add_row()
            _whole(added)
            for number, (cell, text) in enumerate(zip(added.cells, row, strict=True)):
                _cell(cell, text, widths[number], size, middle=number in numbers)
        space = self._document.add_paragraph()
        space.paragraph_format.space_after = Pt(0)
        space.paragraph_format.line_spacing = Pt(8)

    def note(self, text: str) -> None:
        """Add a note in small letters under a table."""
        added = self._document.add_paragraph()
        added.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        _runs(added, text, size=11, italic=True)
        added.paragraph_format.space_after = Pt(6)

    def appendix(self, number: str, title: str, belongs: str) -> None:
        """Begin an appendix on pages of its own, turned for wide tables: its number, title, what it belongs to."""
        if not self._appendices:
            section = self._document.add_section(WD_SECTION.NEW_PAGE)
            section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
            section.different_first_page_header_footer = False
            _flatten(self._document.paragraphs[-1])  # it holds the section's end; at full height it may take a page
        first = self._line(f"Phụ lục {number}".strip(), bold=True, middle=True, after=0)
        first.paragraph_format.page_break_before = self._appendices
        self._appendices = True
        self._line(title, bold=True, middle=True, after=0)
        added = self._document.add_paragraph()
        added.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _runs(added, f"({belongs})", italic=True)
        _rule(self._document.add_paragraph(), side=104, after=8)

    def signature(self, recipients: Sequence[str], signer: Sequence[str]) -> None:
        """Add the recipients on the left and the place of the signature on the right."""
        left, right = self._two_columns()
        _write(left, "Nơi nhận:", size=12, bold=True, italic=True)
        for number, one in enumerate(recipients, 1):
            _write(left, f"- {one}{'.' if number == len(recipients) else ';'}", size=11)
        for line in signer:
            _write(right, line.upper(), size=SIZE, bold=True, middle=True)
        for _ in range(4):
            _write(right, "", size=SIZE)
        _write(right, BLANK, size=SIZE, bold=True, middle=True)

    def data(self) -> bytes:
        """The file."""
        out = BytesIO()
        self._document.save(out)
        return out.getvalue()

    def _head(self, issuer: str, above: str, number: str, place_and_day: str) -> None:
        left, right = self._two_columns()
        if above:
            _write(left, above.upper(), size=13, middle=True)
        _write(left, issuer.upper(), size=13, bold=True, middle=True)
        _rule(left.add_paragraph(), side=22, after=4)
        _write(left, f"Số: {number}", size=13, middle=True)
        _write(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=12, bold=True, middle=True)
        _write(right, "Độc lập - Tự do - Hạnh phúc", size=13, bold=True, middle=True)
        _rule(right.add_paragraph(), side=18, after=4)
        _write(right, place_and_day, size=14, italic=True, middle=True)

    def _two_columns(self) -> tuple[Any, Any]:
        table = self._document.add_table(rows=1, cols=2)
        table.autofit = False
        _set_widths(table, COLUMNS)
        _whole(table.rows[0])
        left, right = table.rows[0].cells
        left.width, right.width = (Mm(width) for width in COLUMNS)
        return left, right

    def _line(self, text: str, *, bold: bool = False, middle: bool = False, before: int = 0, after: int = 6) -> Any:
        added = self._document.add_paragraph()
        _runs(added, text, bold=bold)
        if middle:
            added.alignment = WD_ALIGN_PARAGRAPH.CENTER
        else:
            added.paragraph_format.keep_with_next = True
        added.paragraph_format.space_before, added.paragraph_format.space_after = Pt(before), Pt(after)
        return added

    def _body(self) -> Any:
        added = self._document.add_paragraph()
        added.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        added.paragraph_format.first_line_indent = Mm(10)
        added.paragraph_format.space_after = Pt(6)
        return added


def place_of(administration: str) -> str:
    """The place in the head of a document: the name of the province; a blank where the name tells none."""
    found = re.search(r"\b(?:tỉnh|thành phố)\s+(.+)$", administration, re.IGNORECASE)
    return found[1] if found else BLANK


def place_and_day(place: str, day: date | None) -> str:
    """`Sơn La, ngày 05 tháng 3 năm 2026`, with blanks for a day that is not known yet."""
    if day is None:
        return f"{place}, ngày {BLANK} tháng {BLANK} năm {BLANK}"
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"{place}, ngày {day.day:02d} tháng {month} năm {day.year}"


def _write(cell: Any, text: str, *, size: int, bold: bool = False, italic: bool = False, middle: bool = False) -> None:
    first = cell.paragraphs[0]
    paragraph = first if not first.text and len(cell.paragraphs) == 1 and not first.runs else cell.add_paragraph()
    _runs(paragraph, text, bold=bold, italic=italic, size=size)
    paragraph.paragraph_format.space_after = Pt(0)
    if middle:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _runs(paragraph: Any, text: str, *, bold: bool = False, italic: bool = False, size: int | None = None) -> None:
    """Write text into a paragraph, the blanks in it on a yellow ground."""
    for part in filter(None, re.split(f"({BLANK})", text)):
        run = paragraph.add_run(part)
        run.bold, run.italic = bold, italic
        if size is not None:
            run.font.size = Pt(size)
        if part == BLANK:
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _cell(cell: Any, text: str, width: float, size: int, *, bold: bool = False, middle: bool = False) -> None:
    cell.width = Mm(width)
    _write(cell, text, size=size, bold=bold, middle=bold or middle)


def _rule(paragraph: Any, *, side: float, after: int) -> None:
    """Make an empty paragraph a thin line, `side` millimetres from both edges."""
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm(side)
    form.space_before, form.space_after, form.line_spacing = Pt(0), Pt(after), Pt(3)
    border = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    border.append(top)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc"
    )


def _flatten(paragraph: Any) -> None:
    """Make an empty paragraph so low that it never begins a page."""
    form = paragraph.paragraph_format
    form.space_before, form.space_after, form.line_spacing = Pt(0), Pt(0), Pt(1)


def _set_widths(table: Any, widths: Sequence[float]) -> None:
    """Set the widths of columns where LibreOffice reads them; Word reads those of cells."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)


def _repeated(row: Any) -> None:
    """Let a row stand at the top of each page that its table reaches."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _whole(row: Any) -> None:
    """Keep a row on one page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _page_number(paragraph: Any) -> None:
    """Put the field of the page number into a paragraph, in the middle."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
