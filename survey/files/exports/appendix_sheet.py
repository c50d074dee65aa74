"""The workbook's first sheet, as it goes with a decision: departments and communes apart, for A4 in landscape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from survey.core.spreadsheet_text import is_formula, printable
from survey.files.exports.content import Content
from survey.models import AgencyKind
from survey.results.expected import leagues
from survey.results.figures import ALL_SERVICES, PROVINCE, Figures, ShownFigure
from survey.web.wording import BANDS

TITLE = "Phụ lục"
COMMUNES = (AgencyKind.COMMUNE, AgencyKind.DISTRICT)
PARTS = ("I. Sở, ban, ngành và trung tâm phục vụ hành chính công", "II. Ủy ban nhân dân các xã, phường")
HIDDEN = "không nêu"
NUMBER, NAME, COUNT, RATE, FIGURE, BAND = 6, 44, 10, 10, 11, 22
"""Widths of the columns, in characters."""
NOTES = (
    "Chỉ số: tỷ lệ phần trăm câu trả lời “hài lòng” và “rất hài lòng” trong số câu trả lời hợp lệ, theo quy tắc của "
    "đợt (xem trang Phương pháp).",
    "So với mức mong đợi: so với các cơ quan cùng loại, có tính đến số phiếu; “–” là chưa đủ số liệu để nói.",
    f"“{HIDDEN.capitalize()}”: quá ít người trả lời nên không nêu chỉ số.",
)


def write_appendix(book: Any, content: Content) -> None:
    """Add the sheet to a workbook, row after row."""
    page = book.add_worksheet(TITLE)
    elements = content.definition.elements
    heads = (
        *("STT", "Cơ quan", "Số phiếu", "Tỷ lệ phản hồi (%)", "Chỉ số chung (%)"),
        *(element.title.get("vi") for element in elements),
        "So với mức mong đợi",
    )
    for at, width in enumerate((NUMBER, NAME, COUNT, RATE, FIGURE, *[FIGURE] * len(elements), BAND)):
        page.set_column(at, at, width)
    styles = _styles(book)
    round_ = content.results.round
    last = len(heads) - 1
    title = printable(f"CHỈ SỐ HÀI LÒNG CỦA CÁC CƠ QUAN – {round_.name}")
    page.merge_range(0, 0, 0, last, "", styles["title"])
    page.write_string(0, 0, title, styles["title"])
    days = f"Từ ngày {round_.opens_on:%d/%m/%Y} đến ngày {round_.last_day:%d/%m/%Y}"
    page.merge_range(1, 0, 1, last, "", styles["days"])
    page.write_string(1, 0, days, styles["days"])
    page.set_row(2, 62)
    for at, head in enumerate(heads):
        _text(page, 2, at, head, styles, "head")
    row = _rows(page, 3, content, styles, last)
    for note in NOTES:
        page.merge_range(row, 0, row, last, "", styles["note"])
        page.write_string(row, 0, note, styles["note"])
        row += 1
    page.freeze_panes(3, 2)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
    page.fit_to_pages(1, 0)
    page.repeat_rows(2)
    page.set_footer("&C&P/&N")


def _rows(page: Any, row: int, content: Content, styles: dict[str, Any], last: int) -> int:
    """Write the province, then each part; return the row after them."""
    figures = Figures(content.table)
    bands = {one.agency: one.band for league in leagues(content.results, ranked=False) for one in league.standings}
    _agency(page, row, "", PROVINCE, content, figures, bands, styles, whole=True)
    row += 1
    of_communes = [code for code in figures.agencies if _is_commune(content, code)]
    others = [code for code in figures.agencies if code not in set(of_communes)]
    for heading, codes in zip(PARTS, (others, of_communes), strict=True):
        if not codes:
            continue
        page.merge_range(row, 0, row, last, "", styles["part"])
        page.write_string(row, 0, heading, styles["part"])
        row += 1
        for number, code in enumerate(codes, 1):
            _agency(page, row, str(number), code, content, figures, bands, styles)
            row += 1
    return row


def _is_commune(content: Content, code: str) -> bool:
    return code in content.agencies and content.agencies[code].kind in COMMUNES


def _agency(
    page: Any,
    row: int,
    number: str,
    code: str,
    content: Content,
    figures: Figures,
    bands: dict[str, str],
    styles: dict[str, Any],
    *,
    whole: bool = False,
) -> None:
    """One agency's row: name, respondents, rate, index, elements, band."""
    kind = "whole" if whole else "row"
    overall = figures.overall(code)
    _text(page, row, 0, number, styles, kind, "centre")
    _text(page, row, 1, content.agency_name(code), styles, kind)
    n = overall.n if overall is not None else None
    _number(page, row, 2, n, styles, kind, "count")
    _number(page, row, 3, overall.response_rate if overall is not None else None, styles, kind, "figure")
    shown: Sequence[ShownFigure | None] = (
        overall,
        *(figures.find(code, ALL_SERVICES, "element", element.code) for element in content.definition.elements),
    )
    for at, figure in enumerate(shown, 4):
        exists = figure is not None and figure.exists
        if figure is not None and exists:
            _number(page, row, at, figure.index, styles, kind, "figure")
        else:
            _text(page, row, at, HIDDEN if figure is not None and figure.n is None else "–", styles, kind, "centre")
    band = BANDS.text(bands[code]) if code in bands and n is not None else "" if whole else "–"
    _text(page, row, 4 + len(shown), band, styles, kind, "centre")


def _text(page: Any, row: int, at: int, text: str, styles: dict[str, Any], kind: str, form: str = "") -> None:
    said = printable(text)
    page.write_string(row, at, said, styles[f"{kind}:quoted" if is_formula(said) else f"{kind}:{form}".rstrip(":")])


def _number(page: Any, row: int, at: int, value: float | None, styles: dict[str, Any], kind: str, form: str) -> None:
    if value is None or not math.isfinite(value):
        _text(page, row, at, "–", styles, kind, "centre")
    else:
        page.write_number(row, at, value, styles[f"{kind}:{form}"])


def _styles(book: Any) -> dict[str, Any]:
    """The formats of the sheet, by kind of row and of cell."""
    base = {"font_size": 11, "valign": "vcenter", "text_wrap": True, "font_color": "#1E1B18"}
    head = {**base, "bold": True, "align": "center", "bg_color": "#F3ECEF", "top": 1, "bottom": 1}
    styles = {
        "title": book.add_format({**base, "bold": True, "font_size": 14, "align": "center", "text_wrap": False}),
        "days": book.add_format({**base, "align": "center", "italic": True, "text_wrap": False}),
        "part": book.add_format({**base, "bold": True, "bottom": 1, "text_wrap": False}),
        "note": book.add_format({**base, "font_size": 10, "text_wrap": False}),
        "head": book.add_format(head),
        "head:quoted": book.add_format({**head, "quote_prefix": True}),
    }
    for kind, more in (("row", {"bottom": 4}), ("whole", {"bottom": 1, "bold": True})):
        common = {**base, **more}
        styles |= {
            kind: book.add_format(common),
            f"{kind}:quoted": book.add_format({**common, "quote_prefix": True}),
            f"{kind}:centre": book.add_format({**common, "align": "center"}),
            f"{kind}:count": book.add_format({**common, "num_format": "#,##0"}),
            f"{kind}:figure": book.add_format({**common, "num_format": "0.00"}),
        }
    return styles
