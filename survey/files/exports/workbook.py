"""The results of a round as one Excel workbook: figures, their distribution, ranks, changes, quality and method.

Rows are written one after the other and leave memory at once. Text is stored as text, never as a formula or a link.
Charts are Excel's own and read the cells, so that they say what the sheets say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from survey.core.spreadsheet_text import is_formula, printable
from survey.files.exports.appendix_sheet import write_appendix
from survey.files.exports.content import Content, SheetColumn, WorkbookSheet, figure_sheets
from survey.files.exports.facts import method_sheet, quality_sheet
from survey.results.bars import Bars

FORMS = {
    "text": "",
    "whole": "#,##0",
    "index": "0.0",
    "signed": "+0.0;-0.0;0.0",
    "real": "0.000",
    "p": "0.0000",
    "day": "dd/mm/yyyy",
    "moment": "dd/mm/yyyy hh:mm",
}
"""Number formats: figures are shown short and stored with all their digits."""

INK, LINE, HEAD = "#1E1B18", "#8C857B", "#F3ECEF"
ACCENT = "#7A2E5D"
FIVE = ("#9E2A2B", "#E09F7D", "#D8D4CC", "#7FB2C9", "#1F5A7A")

Progress = Callable[[int], object]


def write_workbook(
    path: Path,
    content: Content,
    *,
    now: datetime,
    english: bool = False,
    more: Sequence[WorkbookSheet] = (),
    progress: Progress | None = None,
) -> None:
    """Write the workbook; `english` adds a second header row, `more` are further sheets for its end."""
    sheets = [*figure_sheets(content), quality_sheet(content), method_sheet(content, now), *more]
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
            "default_date_format": FORMS["day"],
        },
    )
    book.set_properties(
        {"title": printable(f"SIPAS {content.results.round.name}"), "created": now.replace(tzinfo=None)}
    )
    with book:
        write_appendix(book, content)
        styles = _Styles(book)
        for sheet in sheets:
            rows = _write_sheet(book.add_worksheet(sheet.title[0]), sheet, styles, english)
            _chart(book, sheet, rows, content.bars)
            if progress:
                progress(1)


class _Styles:
    """The formats of a workbook, each created once."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": HEAD, "font_color": INK, "bottom": 1}
        )
        self.below = book.add_format(
            {"italic": True, "text_wrap": True, "valign": "top", "bg_color": HEAD, "font_color": INK, "bottom": 1}
        )
        self.of = {name: book.add_format({"num_format": form} if form else {}) for name, form in FORMS.items()}
        # a leading apostrophe that is not part of the text: stays text even when somebody edits the cell
        self.quoted = book.add_format({"quote_prefix": True})
        self.quoted_head = book.add_format({"bold": True, "quote_prefix": True, "bg_color": HEAD, "bottom": 1})


def _write_sheet(page: Any, sheet: WorkbookSheet, styles: _Styles, english: bool) -> list[tuple[Any, ...]]:
    """Write header and rows; return the rows."""
    heads = 2 if english else 1
    for k, column in enumerate(sheet.columns):
        page.set_column(k, k, column.width)
    _write_head(page, 0, [column.title[0] for column in sheet.columns], styles.head, styles)
    if english:
        _write_head(page, 1, [column.title[1] for column in sheet.columns], styles.below, styles)
    rows = list(sheet.rows)
    for number, row in enumerate(rows, heads):
        for k, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            _write_cell(page, number, k, value, column, styles)
    page.freeze_panes(heads, sheet.frozen)
    page.autofilter(heads - 1, 0, heads - 1 + len(rows), len(sheet.columns) - 1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, heads - 1)
    return rows


def _write_head(page: Any, row: int, titles: Iterable[str], style: Any, styles: _Styles) -> None:
    for k, title in enumerate(titles):
        text = printable(title)
        page.write_string(row, k, text, styles.quoted_head if is_formula(text) else style)


def _write_cell(page: Any, row: int, at: int, value: Any, column: SheetColumn, styles: _Styles) -> None:
    """Write one value: numbers as numbers, days as days, text as text, nothing as an empty cell."""
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, at, value)
    elif isinstance(value, datetime):
        page.write_datetime(row, at, value, styles.of["moment"])
    elif isinstance(value, date):
        page.write_datetime(row, at, datetime(value.year, value.month, value.day), styles.of["day"])  # noqa: DTZ001
    elif isinstance(value, int | float):
        form = column.form if column.form != "text" else "whole"
        page.write_number(row, at, value, styles.of["whole" if form == "real" and isinstance(value, int) else form])
    else:
        text = printable(str(value))
        page.write_string(row, at, text, styles.quoted if is_formula(text) else styles.of["text"])


def _chart(book: Any, sheet: WorkbookSheet, rows: Sequence[tuple[Any, ...]], bars: Bars) -> None:
    """Put the sheet's chart on a sheet of its own: the league of the agencies, the answers to the questions."""
    if not rows:
        return
    if sheet.code == "indices":
        _league(book, sheet, rows)
    elif sheet.code == "distribution":
        _distribution(book, sheet, rows, bars)


def _league(book: Any, sheet: WorkbookSheet, rows: Sequence[tuple[Any, ...]]) -> None:
    """Draw each agency's index as a dot with its interval as a whisker, best first within its league."""
    agency, service, key, index = (sheet.position(code) for code in ("agency", "service", "key", "index"))
    shown = [k for k, row in enumerate(rows) if row[agency] and not row[service] and row[key] == "all"]
    order = {league: place for place, league in enumerate(dict.fromkeys(sheet.leagues.values()))}
    league_of = {k: sheet.leagues.get(rows[k][agency], "") for k in shown}
    shown = [k for k in shown if rows[k][index] is not None]
    shown.sort(key=lambda k: (order.get(league_of[k], len(order)), -rows[k][index]))
    if not shown:
        return
    page = book.add_worksheet("Biểu đồ xếp hạng")
    number = book.add_format({"num_format": FORMS["index"]})
    page.set_column(0, 1, 38)
    page.set_column(2, 6, 12)
    heads = ("Nhóm cơ quan", "Cơ quan", "Chỉ số (%)", "Cận dưới (%)", "Cận trên (%)", "Vạch xuống", "Vạch lên")
    for k, head in enumerate(heads):
        page.write_string(0, k, head)
    name, low, high = (sheet.position(code) for code in ("agency_name", "lo", "hi"))
    for at, k in enumerate(shown, 1):
        row = rows[k]
        page.write_string(at, 0, league_of[k])
        page.write_string(at, 1, printable(row[name]))
        page.write_number(at, 2, row[index], number)
        if row[low] is not None and row[high] is not None:
            page.write_number(at, 3, row[low], number)
            page.write_number(at, 4, row[high], number)
            page.write_formula(at, 5, f"=C{at + 1}-D{at + 1}", number, row[index] - row[low])
            page.write_formula(at, 6, f"=E{at + 1}-C{at + 1}", number, row[high] - row[index])
    last = len(shown)
    chart = book.add_chart({"type": "line"})
    chart.add_series(
        {
            "name": "Chỉ số (%)",
            "categories": [page.name, 1, 0 if len(order) > 1 else 1, last, 1],
            "values": [page.name, 1, 2, last, 2],
            "line": {"none": True},
            "marker": {"type": "circle", "size": 4, "fill": {"color": ACCENT}, "border": {"color": ACCENT}},
            "y_error_bars": {
                "type": "custom",
                "minus_values": f"='{page.name}'!$F$2:$F${last + 1}",
                "plus_values": f"='{page.name}'!$G$2:$G${last + 1}",
                "line": {"color": INK, "width": 1.25},
            },
        }
    )
    chart.set_title({"name": "Chỉ số hài lòng của các cơ quan, với khoảng tin cậy (%)", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    grid = {"visible": True, "line": {"color": "#D8D4CC", "width": 0.5}}
    chart.set_y_axis({"min": 0, "max": 100, "num_format": "0", "major_gridlines": grid})
    chart.set_x_axis({"num_font": {"rotation": -60, "size": 9}})
    chart.set_size({"width": 1100, "height": 760})
    page.insert_chart(1, 8, chart, {"description": "Mỗi cơ quan một chấm là chỉ số, một vạch là khoảng tin cậy."})
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 1)


def _distribution(book: Any, sheet: WorkbookSheet, rows: Sequence[tuple[Any, ...]], bars: Bars) -> None:
    """Draw the five answers to every question, province, as bars of 100 %, weighted as the index is."""
    agency, service, valid = (sheet.position(code) for code in ("agency", "service", "valid"))
    level, label, key = (sheet.position(code) for code in ("level", "label", "key"))
    shares = {item: of for (place, of_service, item), of in bars.shares.items() if not place and not of_service}
    shown = [row for row in rows if not row[agency] and not row[service] and row[valid] and row[key] in shares]
    if not shown:
        return
    page = book.add_worksheet("Biểu đồ phân bố")
    page.set_column(0, 0, 60)
    answers = [column for column in sheet.columns if column.code in ("c1", "c2", "c3", "c4", "c5")]
    page.write_string(0, 0, "Nội dung")
    for k, column in enumerate(answers, 1):
        page.write_string(0, k, f"{column.title[0]} (%)")
    percent = book.add_format({"num_format": "0.0"})
    for at, row in enumerate(shown, 1):
        text = row[label] if row[label] == row[level] else f"{row[level]}: {row[label]}"
        page.write_string(at, 0, printable(text))
        for k, share in enumerate(shares[row[key]], 1):
            page.write_number(at, k, share, percent)
    chart = book.add_chart({"type": "bar", "subtype": "percent_stacked"})
    for k, colour in enumerate(FIVE, 1):
        chart.add_series(
            {
                "name": [page.name, 0, k],
                "categories": [page.name, 1, 0, len(shown), 0],
                "values": [page.name, 1, k, len(shown), k],
                "fill": {"color": colour},
                "border": {"color": "#FBFAF7", "width": 0.75},
                "gap": 40,
            }
        )
    chart.set_title({"name": "Câu trả lời của toàn tỉnh theo năm mức", "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"reverse": True, "num_font": {"size": 8}})
    chart.set_x_axis({"num_format": "0%", "label_position": "low"})
    chart.set_size({"width": 1100, "height": 90 + 34 * len(shown)})
    page.insert_chart(1, 7, chart, {"description": "Mỗi câu hỏi một thanh, chia theo năm mức trả lời."})
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 1)
