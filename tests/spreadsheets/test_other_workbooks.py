"""Workbooks that are no .xlsx: what they hold, and what the converter's own process does to those made to harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from survey.core.errors import InputError
from survey.spreadsheets import other_workbooks, xlsx
from survey.spreadsheets.read import read_table

TABLES = Path(__file__).parents[1] / "fixtures" / "cases" / "tables"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def ods(rows: str, hidden: str = "") -> bytes:
    """Return an OpenDocument workbook with hand-written rows; `hidden` are those of a hidden sheet in front."""
    style = (
        '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
    )
    front = f'<table:table table:name="a" table:style-name="h">{hidden}</table:table>' if hidden else ""
    content = (
        f'<office:document-content xmlns:office="{OFFICE}:office:1.0" xmlns:table="{OFFICE}:table:1.0" '
        f'xmlns:text="{OFFICE}:text:1.0" xmlns:style="{OFFICE}:style:1.0"><office:automatic-styles>{style}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{front}"
        f'<table:table table:name="b">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return file.getvalue()


def cell(text: str, repeated: int = 1) -> str:
    many = f' table:number-columns-repeated="{repeated}"' if repeated > 1 else ""
    return f'<table:table-cell office:value-type="string"{many}><text:p>{text}</text:p></table:table-cell>'


def row(*cells: str, repeated: int = 1) -> str:
    many = f' table:number-rows-repeated="{repeated}"' if repeated > 1 else ""
    return f"<table:table-row{many}>{''.join(cells)}</table:table-row>"


@pytest.mark.parametrize("name", ["S3_ok.xls", "S3_ok.ods"])
def test_cells_are_those_of_the_same_table_as_xlsx(name: str) -> None:
    with (TABLES / name).open("rb") as file, (TABLES / "S3_ok.xlsx").open("rb") as same:
        assert list(read_table(file, name)) == list(read_table(same, "S3_ok.xlsx"))


def test_values_and_hidden_sheets() -> None:
    number = '<table:table-cell office:value-type="float" office:value="1234"><text:p>1.234</text:p></table:table-cell>'
    day = '<table:table-cell office:value-type="date" office:date-value="2026-11-25"/>'
    data = ods(row(cell("code"), cell("N"), cell("day")) + row(cell("a"), number, day), hidden=row(cell("x")))
    table = read_table(io.BytesIO(data), "t.ods")
    assert (table.columns, list(table)) == (("code", "N", "day"), [(2, ["a", "1234", "2026-11-25"])])


def test_a_workbook_that_asks_for_too_much_ends_alone() -> None:
    bomb = ods(row(cell("x", repeated=16_000), repeated=1_000_000))
    assert len(bomb) < 2_000
    with pytest.raises(InputError, match=r"damaged or larger than it looks|more rows or columns"):
        list(read_table(io.BytesIO(bomb), "b.ods"))


def test_rows_and_cells_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_CELLS", 10)
    with pytest.raises(InputError, match="more rows or columns"):
        list(read_table(io.BytesIO(ods(row(cell("a"), cell("b")) * 9)), "b.ods"))


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        (TABLES / "S3_ok.xls").read_bytes()[:3000],
        ods("<table:table-row>"),
    ],
    ids=["an empty shell", "half a file", "broken XML"],
)
def test_what_is_damaged_is_told(data: bytes) -> None:
    with pytest.raises(InputError, match=r"save it as \.xlsx"):
        list(read_table(io.BytesIO(data), "t.xls"))


def test_a_long_old_workbook_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_workbooks, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="too large"):
        list(other_workbooks.sheet_rows(io.BytesIO(bytes(101)), "t.xls"))
