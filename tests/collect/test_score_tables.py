"""Reading tables and column maps: what spreadsheets write, and what is told when it cannot be read."""

from __future__ import annotations

import codecs
import io
import unicodedata
from datetime import date

import pytest

from survey.core.errors import InputError, TableError
from survey.questionnaires import bundled
from survey.results.score_files import count_answers, read_population
from survey.spreadsheets.column_map import parse_map
from survey.spreadsheets.read import Checker, open_table, parse_whole, read_table
from survey.spreadsheets.times import parse_day

AGENCY = "Sở Nội vụ"


def rows(content: bytes) -> list[tuple[int, list[str]]]:
    return list(read_table(io.BytesIO(content), "t.csv"))


def columns(content: bytes) -> tuple[str, ...]:
    return read_table(io.BytesIO(content), "t.csv").columns


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_separators_line_ends_and_byte_order_mark(separator: str, end: str, mark: bytes) -> None:
    content = mark + end.join([separator.join(["agency", "N"]), separator.join([AGENCY, "7"]), ""]).encode()
    assert columns(content) == ("agency", "N")
    assert rows(content) == [(2, [AGENCY, "7"])]


def test_utf16_as_excel_writes_unicode_text() -> None:
    assert rows(f"agency\tN\r\n{AGENCY}\t7\r\n".encode("utf-16")) == [(2, [AGENCY, "7"])]


def test_excel_separator_hint() -> None:
    assert rows(b"sep=;\r\na;b\r\n1,5;2\r\n") == [(2, ["1,5", "2"])]


def test_decomposed_letters_become_the_same_name() -> None:
    decomposed = unicodedata.normalize("NFD", AGENCY)
    assert decomposed != AGENCY
    assert rows(f"agency\n{decomposed}\n{AGENCY}\n".encode()) == [(2, [AGENCY]), (3, [AGENCY])]


def test_quoted_cells_with_separators_quotes_and_line_breaks() -> None:
    assert rows(b'a,b\n"1, ""x""\nsecond",2\n3,4\n') == [(2, ['1, "x" second', "2"]), (3, ["3", "4"])]


def test_empty_rows_are_left_out_and_rows_keep_their_number() -> None:
    assert rows(b"a,b\n\n,\n1,2\n") == [(4, ["1", "2"])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,a\n1,2\n", "two columns named 'a'"),
        (b"a,,c\n1,2,3\n", "header of column 2 is empty"),
        (b"a,b\n1,2\n1,2,3\n", "row 3 has 3 cells, the header has 2"),
        (b'a,b\n"1,2\n', "row 2 cannot be read as CSV"),
        ("a,b\nĐất,2\n".encode("cp1258", "replace") + b"\xd0\xe3\n", "not UTF-8"),
        (b"PK\x03\x04\x00\x00,b\n", "is damaged"),
        (b"\x00\x01,b\n", "not a text table"),
    ],
)
def test_what_cannot_be_read_is_told(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rows(content)


def test_missing_column_names_those_there_are() -> None:
    table = read_table(io.BytesIO(b"agency,service,n,N\n"), "pop.csv")
    assert table.position("N") == 3
    assert table.position("Agency") == 0
    with pytest.raises(InputError, match=r"pop.csv has no column 'dept'; its columns are: agency, service, n, N"):
        table.position("dept")


def test_missing_file_and_folder(tmp_path) -> None:
    for path, message in ((tmp_path / "no.csv", "There is no file"), (tmp_path, "is a folder")):
        with pytest.raises(InputError, match=message), open_table(path):
            pass


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("1234", 1234), ("1.234", 1234), ("1.234.567", 1234567), ("12 345", 12345), ("1\u00a0234", 1234)],
)
def test_whole_numbers(text: str, number: int) -> None:
    assert parse_whole(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1,5", "1.23.456", "1e3", "NA", "một", "١٢", "9999999999"])
def test_not_whole_numbers(text: str) -> None:
    assert parse_whole(text) is None


@pytest.mark.parametrize("text", ["2026-03-01", "01/03/2026", "1/3/2026", "1.3.2026"])
def test_dates_are_day_first(text: str) -> None:
    assert parse_day(text) == date(2026, 3, 1)


def test_dates_that_are_none() -> None:
    assert [parse_day(text) for text in ("03/13/2026", "2026", "mai")] == [None, None, None]


def test_checker_tells_everything_at_once() -> None:
    check = Checker("x.csv")
    check.whole(3, "N", "nhiều")
    check.day(4, "valid_from", "hôm qua")
    with pytest.raises(TableError) as caught:
        check.finish()
    message = str(caught.value)
    assert "row 3, column 'N': 'nhiều' is not a whole number, 0 or more" in message
    assert "row 4, column 'valid_from': 'hôm qua' is not a date" in message


SHORT = bundled()["sipas-short"]
CODES = list(SHORT.scheme().codes)


def counted(text: str, data: dict | None = None):
    known = {slot.code for slot in SHORT.slots} | {"agency", "service"}
    table = read_table(io.BytesIO(text.encode()), "r.csv")
    return count_answers(table, SHORT, parse_map(data or {}, known, "map.yaml"), ("agency", "service"))


def test_codes_blanks_and_labels_are_counted_as_answers() -> None:
    text = "agency,service,note," + ",".join(CODES) + "\n"
    text += (
        "A,S,x," + ",".join(["5", "", "Hài lòng", "rat khong hai long", "Không liên quan", "3", "4.0", "1", "2"]) + "\n"
    )
    assert dict(counted(text)) == {(("A", "S"), "5.41x3412"): 1}


def test_map_renames_fixes_and_translates() -> None:
    questions = [f"Câu {k}" for k in range(1, 10)]
    text = ";".join(["Đơn vị", *questions[:8]]) + "\n" + ";".join(["Sở TN&MT", "Tạm được", *["5"] * 7]) + "\n"
    data = {
        "columns": {"Đơn vị": "agency", **dict(zip(questions[:8], CODES, strict=False))},
        "fixed": {"service": "dat-dai"},
        "values": {"Tạm được": 3},
        "values_of": {"agency": {"Sở TN&MT": "so-tnmt"}},
        "absent": [CODES[8]],
    }
    assert dict(counted(text, data)) == {(("so-tnmt", "dat-dai"), "35555555."): 1}


def test_missing_item_columns_are_named() -> None:
    with pytest.raises(InputError, match=f"no column for these items: {CODES[1]}"):
        counted("agency," + ",".join(c for c in CODES if c != CODES[1]) + "\n")


def test_wrong_answers_name_row_column_value_and_what_is_expected() -> None:
    text = "agency," + ",".join(CODES) + "\nA" + ",5" * 9 + "\nA,6" + ",5" * 8 + "\n,5" + ",5" * 8 + "\n"
    with pytest.raises(TableError) as caught:
        counted(text)
    assert [(cell.row, cell.column, cell.value) for cell in caught.value.cells] == [
        (3, CODES[0], "6"),
        (4, "agency", ""),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"colums": {}}, "'colums' is not a part of a column map"),
        ({"columns": {"a": "nothing"}}, "'nothing' is not a code"),
        ({"columns": {"a": "agency", "b": "agency"}}, "two columns stand for agency: 'a' and 'b'"),
        ({"columns": ["a"]}, "columns must be a list of"),
        ({"absent": "x"}, "absent must be a list"),
    ],
)
def test_map_errors(data: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_map(data, {"agency", "service"}, "map.yaml")


def test_population_refuses_twins_and_numbers_that_are_none(tmp_path) -> None:
    path = tmp_path / "pop.csv"
    twin = unicodedata.normalize("NFD", "Lĩnh vực đất đai")
    path.write_text(f"agency,service,N\nA,Lĩnh vực đất đai,10\nA,{twin},20\nB,S,-3\n", "utf-8")
    with pytest.raises(TableError) as caught:
        read_population(path)
    assert [(cell.row, cell.column) for cell in caught.value.cells] == [(3, "service"), (4, "N")]
