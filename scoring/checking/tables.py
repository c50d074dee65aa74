"""Tables found on a sheet: heading, rows, what each column is, its numbers and how far each may be off by rounding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.checking.flags import Cell
from scoring.checking.numerals import MAX_DECIMALS, Numeral, decimal_mark, read_numeral
from scoring.checking.words import (
    BETWEEN,
    ColumnIs,
    is_mean_row,
    is_part_total_row,
    is_total_row,
    is_weight_row,
    role_of_heading,
)
from scoring.weights import Floats

MAX_COLUMNS = 80
"""Columns that are looked at."""
MAX_ROWS = 20_000
"""Rows that are looked at."""
_YEARS = (1990, 2100)
_SAMPLE_SIZE = re.compile(r"(?:\b[nN] ?= ?|cỡ mẫu:? (?:là )?|sample of |sample size:? )(\d[\d.,]*)")


class PrintedRow(NamedTuple):
    """A row of a sheet: its number there, and its cells."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers."""

    position: int
    heading: str
    role: ColumnIs
    #: (rows,) values, NaN where there is no number
    value: Floats
    #: one unit of the last printed decimal; shares are in percent
    unit: float
    #: whether the heading itself says what the column is
    named: bool

    @cached_property
    def half(self) -> Floats:
        """(rows,) how far the true value may be from the printed one."""
        return self.unit / 2 + 1e-9 * (1 + np.abs(np.nan_to_num(self.value)))


@dataclass(frozen=True, eq=False)
class PrintedTable:
    """One table: its columns of numbers, and what kind of row each row is."""

    title: str
    rows: Sequence[PrintedRow]
    columns: Sequence[Numbers]
    labels: Sequence[str]
    headings: Sequence[str]
    heading_row: int
    mark: str
    #: (rows,) totals, totals of parts, rows of the whole, rows of weights
    total: NDArray[np.bool_]
    part_total: NDArray[np.bool_]
    mean_row: NDArray[np.bool_]
    weight_row: NDArray[np.bool_]
    #: positions of the columns of text
    texts: Sequence[int]

    @property
    def leaf(self) -> NDArray[np.bool_]:
        """(rows,) rows that are no summary of others."""
        return ~(self.total | self.part_total | self.mean_row | self.weight_row)

    def of(self, *roles: ColumnIs) -> list[Numbers]:
        """The columns of some roles, in order."""
        return [column for column in self.columns if column.role in roles]

    def cell(self, row: int, column: Numbers) -> Cell:
        """The address of a number."""
        return self.rows[row].number, column.position

    @property
    def stated_n(self) -> int | None:
        """The sample size that the title or a note says for the whole table."""
        found = _SAMPLE_SIZE.search(self.title)
        digits = re.sub(r"\D", "", found[1]) if found else ""
        return int(digits) if digits else None

    @property
    def is_estimated(self) -> bool:
        """Whether figures come from a design with weights: shares of it are no plain shares of counts."""
        return bool(self.of(ColumnIs.ERROR, ColumnIs.LOWER, ColumnIs.UPPER, ColumnIs.POPULATION))


def find_tables(rows: Sequence[PrintedRow]) -> list[PrintedTable]:
    """The tables on a sheet; rows without text are left out beforehand and part them where headings follow."""
    rows = [PrintedRow(row.number, row.cells[:MAX_COLUMNS]) for row in rows[:MAX_ROWS]]
    mark = decimal_mark(cell for row in rows for cell in row.cells)
    found = [_table(block, mark) for block in _blocks(rows, mark)]
    return [table for table in found if table is not None]


def _blocks(rows: Sequence[PrintedRow], mark: str) -> list[list[PrintedRow]]:
    blocks: list[list[PrintedRow]] = []
    last, numbers = 0, False
    for row in rows:
        digits = any(read_numeral(cell, mark) for cell in row.cells)
        if not blocks or (row.number > last + 1 and not digits and numbers):
            blocks.append([])
            numbers = False
        blocks[-1].append(row)
        last, numbers = row.number, numbers or digits
    return blocks


def _is_data(row: PrintedRow, mark: str) -> bool:
    """Say whether a row has numbers that are no years, nor the numbers (1) (2) (3) of columns."""
    values = [found.value for cell in row.cells if (found := read_numeral(cell, mark)) is not None]
    if not values or (len(values) > 1 and all(_YEARS[0] <= value <= _YEARS[1] for value in values)):
        return False
    texts = sum(bool(cell.strip()) for cell in row.cells)
    return not (len(values) == texts > 2 and values == [float(k) for k in range(1, texts + 1)])


def _table(block: Sequence[PrintedRow], mark: str) -> PrintedTable | None:
    first = next((k for k, row in enumerate(block) if _is_data(row, mark) or _is_expression(row)), None)
    if first is None:
        return None
    width = max(len(row.cells) for row in block)
    names, above = _heading(block[:first], width)
    body = [PrintedRow(row.number, [*row.cells, *[""] * (width - len(row.cells))]) for row in block[first:]]
    numerals = [[read_numeral(cell, mark) for cell in row.cells] for row in body]
    notes = [" ".join(row.cells) for row in block[first:] if sum(map(bool, row.cells)) == 1]
    filled = [sum(bool(row.cells[k].strip()) for row in body) for k in range(width)]
    counted = [sum(row[k] is not None for row in numerals) for k in range(width)]
    numeric = [k for k in range(width) if counted[k] and counted[k] >= 0.6 * filled[k]]
    columns = [_column(k, names[k], [row[k] for row in numerals]) for k in numeric]
    texts = [k for k in range(width) if k not in numeric and filled[k]]
    labels = [_label(row, texts) for row in body]
    kinds = [
        np.array([is_one(label) for label in labels], dtype=np.bool_)
        for is_one in (is_total_row, is_part_total_row, is_mean_row, is_weight_row)
    ]
    heading_row = block[first - 1].number if first else block[0].number
    title = " ".join([*above, *notes])
    return PrintedTable(
        title, body, columns, labels, names, heading_row, mark, kinds[0], kinds[1], kinds[2], kinds[3], texts
    )


def _is_expression(row: PrintedRow) -> bool:
    return any(is_expression(cell) for cell in row.cells)


_EXPRESSION = re.compile(r"\d[\d.,]*(?: ?\+ ?\d[\d.,]*)+", re.ASCII)


def is_expression(cell: str) -> bool:
    """Say whether a cell is a sum written out: 2063+2137+150."""
    return _EXPRESSION.fullmatch(cell.strip()) is not None


def _heading(rows: Sequence[PrintedRow], width: int) -> tuple[list[str], list[str]]:
    """A name a column and the titles above: the last rows of several texts, groups going on to the right."""
    wide = [k for k, row in enumerate(rows) if sum(bool(cell.strip()) for cell in row.cells) > 1]
    start = len(rows)
    while start - 1 in wide:
        start -= 1
    names = [""] * width
    for row in rows[start:]:
        group, last = "", row is rows[-1]
        for k in range(width):
            text = row.cells[k].strip() if k < len(row.cells) else ""
            lower = [r for r in rows[start:] if r.number > row.number]
            below = not last and any(k < len(r.cells) and r.cells[k].strip() for r in lower)
            group = text or (group if below else "")
            if group and not re.fullmatch(r"\(?\d{1,2}\)?", group):
                names[k] = f"{names[k]}{BETWEEN}{group}" if names[k] else group
    return names, [" ".join(row.cells) for row in rows[:start]]


def _label(row: PrintedRow, texts: Sequence[int]) -> str:
    """What a row is called: its first text, in the first two columns of words, that is more than a number."""
    said = [row.cells[k].strip() for k in texts[:2] if row.cells[k].strip()]
    longer = [text for text in said if not re.fullmatch(r"[IVXLC]{1,6}[.)]?|[A-Z][.)]?", text)]
    return (longer or said or [""])[0]


def _column(position: int, heading: str, cells: Sequence[Numeral | None]) -> Numbers:
    value = np.array([np.nan if cell is None else cell.value for cell in cells], dtype=np.float64)
    decimals = max((cell.decimals for cell in cells if cell is not None), default=0)
    role = role_of_heading(heading)
    there = value[~np.isnan(value)]
    share = role is ColumnIs.SHARE or (role is None and any(cell is not None and cell.percent for cell in cells))
    if share and decimals and len(there) and (np.abs(there) <= 1).all() and (there % 1 != 0).any():
        value, decimals = 100 * value, max(decimals - 2, 0) if decimals < MAX_DECIMALS else decimals
    unit = 0.0 if decimals >= MAX_DECIMALS else 10.0**-decimals
    return Numbers(
        position, heading, role or _role_of_numbers(there, decimals, share=share), value, unit, role is not None
    )


def _role_of_numbers(there: Floats, decimals: int, *, share: bool) -> ColumnIs:
    """What numbers without a telling heading are taken for."""
    if share:
        return ColumnIs.SHARE
    if decimals:
        return ColumnIs.OTHER
    if len(there) > 1 and (there == np.arange(1, len(there) + 1)).all():
        return ColumnIs.SERIAL
    if len(there) and (there >= _YEARS[0]).all() and (there <= _YEARS[1]).all() and len(set(there)) <= len(there) // 2:
        return ColumnIs.OTHER
    return ColumnIs.COUNT


def rows_of(mask: NDArray[np.bool_]) -> list[int]:
    """The positions of rows."""
    return [int(k) for k in np.flatnonzero(mask)]
