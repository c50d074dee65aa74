"""Limits of single cells: impossible decimals and values, a missing n, and margins that no sample of n can reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from scoring.checking.flags import Cell, Flag, FlagKind
from scoring.checking.numerals import is_garbled
from scoring.checking.shares import SCALE
from scoring.checking.sums import ADDITIVE
from scoring.checking.tables import Numbers, PrintedTable, rows_of
from scoring.checking.words import ColumnIs, is_about_satisfaction, is_of_others

NORMAL = 1.959963984540054
"""Quantile of a 95 % interval."""


def check_limits(table: PrintedTable) -> list[Flag]:
    """Cells that cannot be, whatever the others say."""
    return [*_decimals(table), *_ranges(table), *_intervals(table), *_missing_n(table), *_margins(table)]


def _decimals(table: PrintedTable) -> Iterator[Flag]:
    for column in table.columns:
        for k, row in enumerate(table.rows):
            text = row.cells[column.position]
            if text and is_garbled(text, table.mark):
                yield Flag(FlagKind.DECIMALS, table.cell(k, column), "garbled", {"text": text})
    for column in _counts(table):
        for k in rows_of(np.isfinite(column.value) & (np.nan_to_num(column.value) % 1 != 0)):
            if not table.weight_row[k]:
                yield Flag(FlagKind.DECIMALS, table.cell(k, column), "not_whole", {"printed": float(column.value[k])})


def _counts(table: PrintedTable) -> list[Numbers]:
    """The columns of counts: those called so, and those in which nearly all is whole."""
    found = table.of(*ADDITIVE)
    for column in table.of(ColumnIs.OTHER):
        there = column.value[np.isfinite(column.value)]
        if not column.named and len(there) > 4 and (there % 1 != 0).sum() == 1:
            found.append(column)
    return found


def _ranges(table: PrintedTable) -> Iterator[Flag]:
    for column in table.columns:
        for k in rows_of(np.isfinite(column.value)):
            value = float(column.value[k])
            if column.role in (ColumnIs.SHARE, ColumnIs.INDEX) and _is_percent(table, column):
                if not 0 <= value <= 100 and not (value > 100 and is_of_others(column.heading)):
                    yield Flag(FlagKind.RANGE, table.cell(k, column), "percent", {"printed": value})
            elif column.role in ADDITIVE and value < 0:
                yield Flag(FlagKind.RANGE, table.cell(k, column), "negative", {"printed": value})
            elif column.role is ColumnIs.MEAN and _is_of_marks(column) and not SCALE[0] <= value <= SCALE[1]:
                yield Flag(FlagKind.RANGE, table.cell(k, column), "scale", {"printed": value})


def _is_percent(table: PrintedTable, column: Numbers) -> bool:
    """Say whether nearly all of a column lies between 0 and 100, and it is no change."""
    there = column.value[np.isfinite(column.value)]
    signed = any(row.cells[column.position].lstrip().startswith(("+", "±")) for row in table.rows)
    return not signed and bool(((there >= 0) & (there <= 100)).mean() >= 0.6)


def _is_of_marks(column: Numbers) -> bool:
    there = column.value[np.isfinite(column.value)]
    return bool(((there >= SCALE[0]) & (there <= SCALE[1])).mean() >= 0.6)


def _intervals(table: PrintedTable) -> Iterator[Flag]:
    """Yield intervals that do not hold what they are of."""
    for low in table.of(ColumnIs.LOWER):
        high = next((c for c in table.of(ColumnIs.UPPER) if c.position > low.position), None)
        if high is None:
            continue
        before = [
            c for c in table.columns if c.position < low.position and c.role not in (ColumnIs.ERROR, ColumnIs.SAMPLE)
        ]
        of = before[-1] if before and before[-1].role in (ColumnIs.INDEX, ColumnIs.SHARE, ColumnIs.MEAN) else None
        for k in rows_of(np.isfinite(low.value) & np.isfinite(high.value)):
            ends = {"low": float(low.value[k]), "high": float(high.value[k])}
            cells: tuple[Cell, ...] = (table.cell(k, low), table.cell(k, high))
            if ends["low"] > ends["high"]:
                yield Flag(FlagKind.RANGE, cells[0], "ends", ends, cells[1:])
            elif (
                of is not None
                and isfinite(of.value[k])
                and not (
                    ends["low"] - low.half[k] - of.half[k] <= of.value[k] <= ends["high"] + high.half[k] + of.half[k]
                )
            ):
                yield Flag(
                    FlagKind.RANGE, table.cell(k, of), "interval", {**ends, "printed": float(of.value[k])}, cells
                )


def _missing_n(table: PrintedTable) -> Iterator[Flag]:
    figures = [c for c in _figures(table) if c.named]
    if not figures:
        return
    sizes = table.of(ColumnIs.SAMPLE)
    if not sizes and not table.of(*ADDITIVE) and not table.is_estimated and table.stated_n is None:
        yield Flag(
            FlagKind.MISSING_N, (table.heading_row, figures[0].position), "no_n", {"heading": figures[0].heading}
        )
    for column in sizes[:1]:
        there = np.isfinite(column.value) & (np.nan_to_num(column.value) > 0)
        shown = np.isfinite(figures[0].value)
        if shown.sum() > 2 and (there & shown).sum() >= 0.6 * shown.sum():
            for k in rows_of(shown & ~there & ~table.weight_row):
                here = (table.cell(k, figures[0]),)
                yield Flag(FlagKind.MISSING_N, table.cell(k, column), "row_without_n", {}, here)


def _figures(table: PrintedTable) -> list[Numbers]:
    """The columns of what people answered."""
    about = is_about_satisfaction(table.title)
    return [
        c
        for c in table.of(ColumnIs.SHARE, ColumnIs.MEAN, ColumnIs.INDEX)
        if not is_of_others(c.heading) and (c.role is not ColumnIs.INDEX or about or is_about_satisfaction(c.heading))
    ]


@dataclass(frozen=True)
class BestMargin:
    """The smallest margin of error that a figure can have: half of its 95 % interval under simple random sampling."""

    cell: Cell
    label: str
    #: what the figure is, and its size in percent
    heading: str
    share: float
    n: int
    #: in percentage points
    margin: float


def best_margin(share: float, n: int, population: int | None = None) -> float:
    """The smallest margin of error, in points, of a share (percent) of n people drawn at random.

    1.96 √(p(1 - p)/n), with the finite-population correction where N is known; at 0 and 100 the rule of three, 300/n.

    >>> round(best_margin(50, 400), 2), round(best_margin(100, 150), 2)
    (4.9, 2.0)
    """
    left = 1.0 if population is None or population < 2 else max(population - n, 0) / (population - 1)
    p = share / 100
    return 300 / n * sqrt(left) if p <= 0 or p >= 1 else 100 * NORMAL * sqrt(left * p * (1 - p) / n)


def best_margins(table: PrintedTable) -> list[BestMargin]:
    """The smallest margin of every share with its n."""
    sizes = [c for c in table.of(ColumnIs.SAMPLE) if np.isfinite(c.value).any()]
    found = []
    for column in _figures(table):
        if column.role is ColumnIs.MEAN or not _is_percent(table, column):
            continue
        for k in rows_of(np.isfinite(column.value)):
            n = _size(table, sizes, k)
            share = float(column.value[k])
            if n and 0 <= share <= 100:
                margin = best_margin(share, n, _population(table, k))
                found.append(BestMargin(table.cell(k, column), table.labels[k], column.heading, share, n, margin))
    return found


def _size(table: PrintedTable, sizes: list[Numbers], row: int) -> int:
    if sizes:
        return int(sizes[0].value[row]) if isfinite(sizes[0].value[row]) else 0
    return table.stated_n or 0


def _population(table: PrintedTable, row: int) -> int | None:
    found = [c.value[row] for c in table.of(ColumnIs.POPULATION) if isfinite(c.value[row])]
    return int(found[0]) if found else None


def _margins(table: PrintedTable) -> Iterator[Flag]:
    """Yield printed margins that are smaller than any sample of that n can reach."""
    for column in table.of(ColumnIs.MARGIN):
        shares = [c for c in table.of(ColumnIs.SHARE) if c.position < column.position and not is_of_others(c.heading)]
        sizes = table.of(ColumnIs.SAMPLE)
        for k in rows_of(np.isfinite(column.value)):
            n, population = _size(table, sizes, k), _population(table, k)
            if not n or not shares or not isfinite(shares[-1].value[k]) or not 0 < shares[-1].value[k] < 100:
                continue
            best = best_margin(float(shares[-1].value[k]), n, population)
            printed = abs(float(column.value[k]))
            if printed + column.unit / 2 < best * (1 - 1e-6) - 1e-9 and not _is_census(n, population):
                cells = (table.cell(k, shares[-1]), *((table.cell(k, sizes[0]),) if sizes else ()))
                values = {"printed": printed, "best": best, "n": n}
                yield Flag(FlagKind.MARGIN, table.cell(k, column), "margin", values, cells)


def _is_census(n: int, population: int | None) -> bool:
    return population is not None and n >= population
