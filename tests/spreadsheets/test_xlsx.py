"""Workbooks as tables: real dates and numbers, hidden sheets, lies about size, and files that are something else."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from survey.core.errors import InputError
from survey.spreadsheets import xlsx
from survey.spreadsheets.read import Checker, column_letter, read_table


def workbook(rows: list[list[Any]], *, hidden_first: bool = False) -> io.BytesIO:
    """Return a workbook as Excel writes one."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    if hidden_first:
        book.add_worksheet("Danh mục").hide()
    sheet = book.add_worksheet("Dữ liệu")
    if hidden_first:
        sheet.activate()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(r, c, value, day)
            elif isinstance(value, tuple):
                sheet.write_formula(r, c, value[0], None, value[1])
            else:
                sheet.write(r, c, value)
    book.close()
    file.seek(0)
    return file


def test_values_are_what_a_csv_would_hold() -> None:
    name = unicodedata.normalize("NFD", "Sở  Nội vụ")
    file = workbook(
        [
            ["code", "name", "valid_from", "N", "at", ""],
            ["so", name, date(2025, 7, 1), 1234.0, datetime(2026, 11, 25, 8, 30)],  # noqa: DTZ001 (cells have no zone)
            [],
            ["x", True, None, 12.5, ("=1+1", 2)],
        ]
    )
    table = read_table(file, "t.xlsx")
    assert table.columns == ("code", "name", "valid_from", "N", "at")
    assert list(table) == [
        (2, ["so", "Sở Nội vụ", "2025-07-01", "1234", "2026-11-25 08:30:00"]),
        (4, ["x", "TRUE", "", "12.5", "2"]),
    ]


def test_hidden_sheets_are_passed_over() -> None:
    table = read_table(workbook([["code"], ["a"]], hidden_first=True), "t.xlsx")
    assert list(table) == [(2, ["a"])]


def test_the_claimed_size_of_a_sheet_is_not_believed() -> None:
    file = workbook([["code", "name"], ["a", "A"], ["b", "B"]])
    lying = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(lying, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                assert b'<dimension ref="A1:B3"/>' in data
                data = data.replace(b'ref="A1:B3"', b'ref="A1"')
            new.writestr(part.filename, data)
    lying.seek(0)
    assert list(read_table(lying, "t.xlsx")) == [(2, ["a", "A"]), (3, ["b", "B"])]


def test_progress_ends_at_the_size_of_the_file() -> None:
    file = workbook([["code"], *([f"c{k}"] for k in range(2000))])
    told: list[int] = []
    assert len(list(read_table(file, "t.xlsx", told.append))) == 2000
    assert sum(told) > 0


def test_an_archive_that_unpacks_to_too_much() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        block = b"\x00" * (1024 * 1024)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(xlsx.MAX_UNPACKED // len(block) + 1):
                part.write(block)
    assert bomb.tell() < 1_000_000
    bomb.seek(0)
    with pytest.raises(InputError, match="unpacks to more than can be read"):
        read_table(bomb, "bom.xlsx")


def forged(cell: str, monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Return a workbook whose second row holds one hand-written cell."""
    file = workbook([["code", "name"], ["a", "A"]])
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", cell.encode() + b"</sheetData>")
            new.writestr(part.filename, data)
    out.seek(0)
    return out


@pytest.mark.parametrize(
    "cell",
    [
        '<row r="999999999999"><c r="A999999999999"><v>1</v></c></row>',
        '<row r="3"><c r="ZZZ3"><v>1</v></c></row>',
    ],
)
def test_far_away_cells_end_the_reading(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="more rows or columns than can be read"):
        list(read_table(forged(cell, monkeypatch), "t.xlsx"))


def test_many_cells_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_CELLS", 100)
    with pytest.raises(InputError, match="row 51"):
        list(read_table(workbook([["code", "name"]] * 60), "t.xlsx"))


def other_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (other_zip(), "not a workbook"),
        (workbook([["code"], ["a"]]).getvalue()[:900], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .xlsx"),
        (workbook([]).getvalue(), "empty"),
        (workbook([["code", ""], ["a", "b"], ["c", "d"]]).getvalue(), "row 2 has 2 cells, the header has 1"),
    ],
)
def test_files_that_are_something_else(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(read_table(io.BytesIO(data), "t.xlsx"))


def test_a_broken_part_is_told_as_damage() -> None:
    file, out = workbook([["code"], ["a"]]), io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            broken = part.filename == "xl/worksheets/sheet1.xml"
            new.writestr(part.filename, b"<worksheet><sheetData><row" if broken else old.read(part))
    out.seek(0)
    with pytest.raises(InputError, match="damaged"):
        list(read_table(out, "t.xlsx"))


def test_a_workbook_of_another_writer() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Mã", "Ngày"])
    book.active.append(["a", date(2026, 1, 31)])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    assert list(read_table(file, "t.xlsx")) == [(2, ["a", "2026-01-31"])]


def test_cells_are_named_as_a_spreadsheet_does() -> None:
    assert [column_letter(k) for k in (0, 2, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "C",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
    table = read_table(io.BytesIO(b"Code,name,N\na,A,1\n"), "t.csv")
    check = Checker.of(table)
    check.wrong(7, "N", "x", "a whole number")
    check.wrong(2, "code", "y", "at most %(limit)d characters", limit=64)
    assert [cell.address for cell in check.cells] == ["C7", "A2"]
    assert str(check.cells[1]) == "row 2, column 'code' (A2): 'y' is not at most 64 characters"
