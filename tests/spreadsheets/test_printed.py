"""Printed tables as they come: text copied from a PDF, CSV with titles above it, every sheet of a workbook."""

from __future__ import annotations

import io

import openpyxl
import pytest

from survey.core.errors import InputError
from survey.spreadsheets.printed import read_printed, text_rows


def test_text_of_a_pdf_with_single_spaces() -> None:
    text = """Bảng 2. Kết quả khảo sát năm 2025
Cơ quan   Số phiếu   Hài lòng   Tỷ lệ (%)
1 Sở Nội vụ 120 115 95,83
2 Phường 3 80 78 97,50
Tổng cộng 1 200 1 150 95,83"""
    assert text_rows(text.split("\n")) == [
        (1, ["Bảng 2. Kết quả khảo sát năm 2025"]),
        (2, ["Cơ quan", "Số phiếu", "Hài lòng", "Tỷ lệ (%)"]),
        (3, ["Sở Nội vụ", "120", "115", "95,83"]),
        (4, ["Phường 3", "80", "78", "97,50"]),
        (5, ["Tổng cộng", "1200", "1150", "95,83"]),
    ]


def test_headings_copied_one_a_line() -> None:
    lines = ["Cơ quan", "n", "Tỷ lệ", "Sở Y tế 30 83,3", "Sở Tư pháp 40 85,0"]
    assert text_rows(lines)[:2] == [(3, ["Cơ quan", "n", "Tỷ lệ"]), (4, ["Sở Y tế", "30", "83,3"])]


def test_marks_part_cells_only_where_they_part_words() -> None:
    assert text_rows(["a;b", "1,5;2,5"]) == [(1, ["a", "b"]), (2, ["1,5", "2,5"])]
    assert text_rows(["a\tb", "1,5\t2,5"]) == [(1, ["a", "b"]), (2, ["1,5", "2,5"])]
    assert text_rows(['x,"y, z"', '1,"2,5"']) == [(1, ["x", "y, z"]), (2, ["1", "2,5"])]
    assert text_rows(["Tỷ lệ", "A 1,5", "B 2,5"])[1:] == [(2, ["A", "1,5"]), (3, ["B", "2,5"])]


def test_every_visible_sheet_is_read_with_its_own_row_numbers() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Một"
    book.active.append(["Tiêu đề"])
    book.active.append([])
    book.active.append(["A", 1.5])
    book.create_sheet("Hai").append(["B", 2])
    book.create_sheet("Trống")
    book.create_sheet("Ẩn").append(["C", 3])
    book["Ẩn"].sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    sheets = [(sheet.name, list(sheet.rows)) for sheet in read_printed(file, "a.xlsx")]
    assert sheets == [("Một", [(1, ["Tiêu đề"]), (3, ["A", "1.5"])]), ("Hai", [(1, ["B", "2"])])]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xfe", "xin chào".encode("cp1258", "replace") + b"\xc3"])
def test_nothing_and_broken_text_are_one_sentence(data: bytes) -> None:
    with pytest.raises(InputError):
        read_printed(io.BytesIO(data), "a.csv")
