"""The checker of published tables: errors that were put in are found, right tables are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.checking import CheckedSheet, PrintedRow, best_margin, check_sheet
from scoring.checking.numerals import decimal_mark, read_numeral
from scoring.checking.shares import is_possible, spread_is_possible
from scoring.checking.words import ColumnIs, role_of_heading
from tests.support.published_tables import ERRORS, LAYOUTS, Printed, seed_error


def check(grid: list[list[str]], items: int = 1) -> CheckedSheet:
    return check_sheet([PrintedRow(k, row) for k, row in enumerate(grid, 1) if any(row)], items=items)


def reasons(grid: list[list[str]], items: int = 1) -> list[tuple[str, tuple[int, int]]]:
    return [(flag.reason, flag.cell) for flag in check(grid, items).flags]


HEAD = ["Cơ quan", "Số phiếu", "Hài lòng", "Tỷ lệ hài lòng (%)", "Xếp hạng"]
RIGHT = [
    HEAD,
    ["Sở A", "400", "350", "87,5", "2"],
    ["Sở B", "300", "270", "90,0", "1"],
    ["Sở C", "221", "180", "81,4", "3"],
    ["Tổng cộng", "921", "800", "86,9", ""],
]


def changed(row: int, column: int, text: str) -> list[list[str]]:
    grid = [list(each) for each in RIGHT]
    grid[row][column] = text
    return grid


def test_a_right_table_has_no_flag() -> None:
    assert reasons(RIGHT) == []
    assert reasons([HEAD, ["Sở A", "400", "350", "87,5", "1"], ["Sở B", "300", "270", "90,0", "2"]]) == []  # two ranks


@pytest.mark.parametrize(
    ("row", "column", "text", "expected"),
    [
        (4, 1, "931", ("column_sum", (5, 1))),  # 400 + 300 + 221 = 921
        (1, 3, "88,5", ("share", (2, 3))),  # 350/400 = 87.5 %
        (4, 3, "86,3", ("share", (5, 3))),  # 800/921 = 86.86 %
        (2, 4, "3", ("rank", (3, 4))),
        (3, 1, "221,5", ("not_whole", (4, 1))),
        (3, 3, "81,,4", ("garbled", (4, 3))),
        (3, 3, "814", ("percent", (4, 3))),
        (2, 1, "", ("row_without_n", (3, 1))),
        (1, 2, "-350", ("negative", (2, 2))),
    ],
)
def test_one_wrong_cell_is_named(row: int, column: int, text: str, expected: tuple[str, tuple[int, int]]) -> None:
    assert expected in reasons(changed(row, column, text))


INTERVALS = [
    ["Cơ quan", "Số phiếu", "Chỉ số hài lòng (%)", "Cận dưới", "Cận trên"],
    ["Sở A", "400", "87,5", "84,3", "90,7"],
    ["Sở B", "300", "90,0", "86,6", "93,4"],
    ["Sở C", "221", "81,4", "76,3", "86,5"],
]


def test_an_interval_holds_what_it_is_of_and_ends_after_it_begins() -> None:
    assert reasons(INTERVALS) == []
    turned = [list(row) for row in INTERVALS]
    turned[1][3:] = ["90,7", "84,3"]
    assert ("ends", (2, 3)) in reasons(turned)
    outside = [list(row) for row in INTERVALS]
    outside[2][2] = "96,0"
    assert ("interval", (3, 2)) in reasons(outside)


@pytest.mark.parametrize(
    ("cell", "mark", "value"),
    [
        ("-4,5", ",", -4.5),
        ("1.234,5", ",", 1234.5),
        ("007", ",", None),
        ("1,2,3", ",", None),
        ("0,5", ",", 0.5),
        ("1e999", ",", None),
        ("1,2.3,4", ",", None),
    ],
)
def test_a_numeral_is_read_by_the_tables_mark(cell: str, mark: str, value: float | None) -> None:
    found = read_numeral(cell, mark)
    assert (found and found.value) == value


def test_the_last_of_two_marks_in_a_number_is_the_decimal_one() -> None:
    assert decimal_mark(["1.234,5", "12"]) == ","
    assert role_of_heading("N") is ColumnIs.POPULATION


def test_the_cell_that_most_flags_are_about_is_the_likely_one() -> None:
    """With 350 typed as 305 the column's sum, the row's share and nothing else fail: 305 is in both."""
    found = check(changed(1, 2, "305")).flags
    assert {flag.reason for flag in found} == {"column_sum", "share"}
    assert {flag.likely for flag in found} == {(2, 2)}


def test_published_tables_of_hue_and_son_la() -> None:
    grid = [
        ["source", "block", "parts", "total", "headline"],
        ["Hue", "1", "2063+2137+150", "4215", ""],
        ["Hue", "2", "1983+2128+104", "4215", ""],
        ["Son La", "", "15.3+16.39+14.31+17.88+19.75", "", "86.94"],
    ]
    found = check(grid).flags
    assert [(flag.cell, flag.values["sum"]) for flag in found] == [((2, 3), 4350), ((4, 4), pytest.approx(83.63))]


def test_grim_after_brown_and_heathers() -> None:
    """Their example: a mean of 5.19 of 28 whole marks cannot be (145/28 = 5.18, 146/28 = 5.21)."""
    assert not is_possible(5.19, 0.005, 28, 1)
    assert is_possible(5.18, 0.005, 28, 1)
    grid = [["Cơ quan", "n", "Tỷ lệ hài lòng (%)"], ["A", "30", "83,3"], ["B", "30", "84,0"], ["C", "12", "75,0"]]
    assert reasons(grid) == [("grim", (3, 2))]
    assert check(grid).flags[0].values["above"] == pytest.approx(100 * 26 / 30)


def test_grimmer_of_five_marks() -> None:
    """1, 2, 3, 4, 5 have the variance 10/4: 1.58; sums of squares of 15 marks in all are odd: 1.50 needs 54."""
    assert spread_is_possible(3.0, 0.005, 1.58, 0.005, 5)
    assert not spread_is_possible(3.0, 0.005, 1.50, 0.005, 5)


def test_several_questions_in_a_percentage_make_more_of_them_possible() -> None:
    grid = [["Cơ quan", "n", "Tỷ lệ hài lòng (%)"], ["A", "30", "83,3"], ["B", "30", "84,2"], ["C", "12", "75,0"]]
    assert reasons(grid) == [("grim", (3, 2))]
    assert reasons(grid, items=4) == []  # 101/120 = 84.17 %


def test_figures_without_any_n() -> None:
    grid = [["Cơ quan", "Chỉ số hài lòng (%)"], ["A", "83,94"], ["B", "84,09"]]
    assert reasons(grid) == [("no_n", (1, 1))]
    assert reasons([["Khảo sát, n = 400"], *grid]) == []


def test_the_best_margin_is_that_of_a_simple_random_sample() -> None:
    """1.96 √(.5 · .5/400) = 4.9 points; with N = 800 times √(400/799) = 3.47."""
    assert best_margin(50, 400) == pytest.approx(4.9, abs=0.001)
    assert best_margin(50, 400, 800) == pytest.approx(3.467, abs=0.001)
    grid = [
        ["Cơ quan", "n", "Tỷ lệ hài lòng (%)", "Sai số (±)"],
        ["A", "400", "50,0", "2,0"],
        ["B", "400", "60,0", "4,9"],
    ]
    found = check(grid)
    assert [(flag.reason, flag.cell) for flag in found.flags] == [("margin", (2, 3))]
    assert [round(one.margin, 1) for one in found.margins] == [4.9, 4.8]


def test_rounding_alone_is_no_error() -> None:
    """Thirds: 33.3 + 33.3 + 33.3 = 99.9, and one of them raised so that they make 100."""
    head = ["Cơ quan", "n", "Hài lòng (%)", "Bình thường (%)", "Không hài lòng (%)"]
    rows = [
        ["A", "600", "33,3", "33,3", "33,3"],
        ["B", "600", "33,4", "33,3", "33,3"],
        ["C", "600", "90,0", "6,5", "3,5"],
    ]
    assert reasons([head, *rows]) == []
    assert reasons([head, *rows, ["D", "600", "90,0", "6,5", "4,5"]]) == [("hundred", (5, 2))]


def flagged(table: Printed) -> set[tuple[int, int]]:
    return {cell for flag in check(table.grid).flags for cell in flag.cells}


def test_no_false_alarm_on_right_tables() -> None:
    wrong = [
        (seed, table.layout)
        for seed in range(225)
        for table in (LAYOUTS[seed % len(LAYOUTS)](np.random.default_rng([1, seed])),)
        if flagged(table)
    ]
    assert wrong == []


def found_of(seeds: range) -> tuple[int, dict[str, list[int]]]:
    """Return how many errors were put in, and the seeds of those that were not found, by kind."""
    kinds, put_in, missed = list(ERRORS), 0, dict[str, list[int]]()
    for seed in seeds:
        rng = np.random.default_rng([2, seed])
        kind, table = kinds[seed % len(kinds)], LAYOUTS[int(rng.integers(len(LAYOUTS)))](rng)
        error = seed_error(table, rng, kind)
        if error is None:
            continue
        put_in += 1
        if (error.cell[0] + 1, error.cell[1]) not in flagged(table):
            missed.setdefault(kind, []).append(seed)
    return put_in, missed


def test_errors_that_were_put_in_are_found() -> None:
    put_in, missed = found_of(range(420))
    assert put_in > 100
    assert sum(map(len, missed.values())) <= put_in // 100, missed


@pytest.mark.slow(reason="a thousand tables with one error each")
def test_ninety_nine_of_a_hundred_of_a_thousand_errors_are_found() -> None:
    put_in, missed = found_of(range(420, 4700))
    assert put_in >= 1000
    assert sum(map(len, missed.values())) <= put_in / 100, missed
