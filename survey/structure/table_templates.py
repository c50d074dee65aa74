"""Templates of the tables that are imported: workbooks filled with what is known, with drop-down lists."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter

from survey.models import BatchKind
from survey.structure.table_columns import COLUMNS

SHEET, LISTS = "Bảng nhập", "Danh mục"
MORE_ROWS = 500
"""Rows below the filled ones that have drop-down lists too."""
SEVERAL = "Nhiều mục thì ghi cách nhau bằng dấu phẩy"
"""What a template says of a list, in the language of its headings."""


@dataclass(frozen=True)
class Template:
    """What stands in a template."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str | int | None]]
    #: position of a column → what may be chosen there
    choices: Mapping[int, Sequence[str]]
    #: positions of columns that may hold several of their choices
    several: frozenset[int] = frozenset()


def headings_of(kind: BatchKind) -> list[str]:
    """The Vietnamese headings of a kind of table, in order."""
    return [column.heading for column in COLUMNS[kind]]


def workbook_of(template: Template) -> bytes:
    """A template as an Excel workbook; codes are text, so that their zeros stay."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#F3ECEF", "border": 1})
        text, number = book.add_format({"num_format": "@"}), book.add_format({"num_format": "#,##0"})
        sheet, lists = book.add_worksheet(SHEET), book.add_worksheet(LISTS)
        lists.hide()
        for k, heading in enumerate(template.headings):
            numeric = any(isinstance(row[k], int) for row in template.rows)
            longest = max((len(str(row[k] or "")) for row in template.rows), default=0)
            sheet.set_column(k, k, min(max(12, len(heading) + 2, longest + 2), 48), number if numeric else text)
            sheet.write_string(0, k, heading, head)
        for place, row in enumerate(template.rows, 1):
            for k, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(place, k, value, number)
                elif value:
                    sheet.write_string(place, k, value, text)
        for at, (k, choices) in enumerate(template.choices.items()):
            lists.write_column(0, at, choices)
            letter = chr(ord("A") + at)
            several = (
                {"input_title": template.headings[k][:32], "input_message": SEVERAL} if k in template.several else {}
            )
            if choices:
                sheet.data_validation(
                    1,
                    k,
                    len(template.rows) + MORE_ROWS,
                    k,
                    {
                        "validate": "list",
                        "source": f"='{LISTS}'!${letter}$1:${letter}${len(choices)}",
                        "error_type": "information",
                        **several,
                    },
                )
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
    return file.getvalue()
