"""Figures of the whole: a weighted mean of the parts lies between them, and is what the printed weights make it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from scoring.checking.flags import Flag, FlagKind
from scoring.checking.tables import Numbers, PrintedTable, rows_of
from scoring.checking.words import ColumnIs, is_total_column
from scoring.weights import Floats

AVERAGED = (ColumnIs.SHARE, ColumnIs.INDEX, ColumnIs.MEAN)


def check_totals(table: PrintedTable) -> list[Flag]:
    """Figures of the whole that the parts contradict, down columns and along rows with weights."""
    found: list[Flag] = []
    for row in rows_of(table.total | table.part_total | table.mean_row):
        parts = _parts(table, row)
        if parts is not None:
            found += _down(table, row, parts)
    return [*found, *_along(table)]


def _parts(table: PrintedTable, row: int) -> NDArray[np.bool_] | None:
    """The rows that a row is the whole of; None where they cannot be told.

    A row of the whole is believed to be one where it stands at an end of the table and all else are parts.
    """
    place = np.arange(len(table.rows))
    if table.part_total[row]:
        earlier = rows_of((table.total | table.part_total | table.mean_row) & (place < row))
        rows = table.leaf & (place < row) & (place > (earlier[-1] if len(earlier) else -1))
    else:
        rows = table.leaf & ((place < row) if row > 0 and table.leaf[:row].any() else (place > row))
    at_end = row in (0, len(place) - 1) or not table.leaf[row + 1 :].any() or not table.leaf[:row].any()
    alone = int((table.mean_row | table.total).sum()) <= 2
    named = len({table.labels[int(k)] for k in rows_of(rows)}) == int(rows.sum())
    return rows if rows.sum() > 1 and at_end and alone and named else None


def _down(table: PrintedTable, row: int, parts: NDArray[np.bool_]) -> Iterator[Flag]:
    columns = [c for c in table.of(*AVERAGED) if np.isfinite(c.value[row]) and np.isfinite(c.value[parts]).sum() > 1]
    columns = [c for c in columns if not _is_sum(c, parts, row)]
    weights = [*table.of(ColumnIs.WEIGHT), *table.of(ColumnIs.SAMPLE, ColumnIs.POPULATION, ColumnIs.COUNT)]
    weights = [w for w in weights if np.isfinite(w.value[parts]).all() and w.value[parts].sum() > 0]
    ways: list[Numbers | None] = [*weights, None]
    fits = {id(way): [_is_mean(c, way, parts, row) for c in columns] for way in ways}
    named = [w for w in weights if w.role is ColumnIs.WEIGHT]
    best = named[0] if named else max(ways, key=lambda way: sum(fits[id(way)]), default=None)
    meant = bool(named) or sum(fits[id(best)]) >= max(2, 0.6 * len(columns))
    for column, fit in zip(columns, fits[id(best)], strict=True):
        there = parts & np.isfinite(column.value)
        cells = tuple(table.cell(k, column) for k in rows_of(there))
        low, high = float(column.value[there].min()), float(column.value[there].max())
        printed = float(column.value[row])
        if not low - column.half[row] * 2 <= printed <= high + column.half[row] * 2:
            yield Flag(
                FlagKind.TOTAL,
                table.cell(row, column),
                "outside_parts",
                {"printed": printed, "low": low, "high": high},
                cells,
            )
        elif meant and not fit:
            mean, _ = _mean(column, best, there)
            yield Flag(
                FlagKind.TOTAL,
                table.cell(row, column),
                "weighted",
                {"printed": printed, "mean": mean, "by": best.heading if best is not None else ""},
                cells + (tuple(table.cell(k, best) for k in rows_of(there)) if best is not None else ()),
            )


def _is_sum(column: Numbers, parts: NDArray[np.bool_], row: int) -> bool:
    """Say whether a total of shares is their sum: 100, each part being less."""
    value = column.value[parts & np.isfinite(column.value)]
    return bool(abs(column.value[row] - 100) < 1e-9 and (value < 100).all())


def _mean(column: Numbers, weight: Numbers | None, parts: NDArray[np.bool_]) -> tuple[float, float]:
    """The weighted mean of parts, and how far rounding may have moved it."""
    value = column.value[parts]
    w = np.ones(len(value)) if weight is None else weight.value[parts]
    if not w.sum() > 0:
        return float("nan"), 0.0
    mean = float(value @ w / w.sum())
    # rounded weights move it by a sum of many small independent amounts: four standard deviations of that
    rounded = weight is not None and weight.unit < 1
    rough = 4 * weight.unit / sqrt(12) * float(np.linalg.norm(value - mean) / w.sum()) if weight and rounded else 0.0
    return mean, column.unit + rough + 1e-9 * (1 + abs(mean))


def _is_mean(column: Numbers, weight: Numbers | None, parts: NDArray[np.bool_], row: int) -> bool:
    mean, near = _mean(column, weight, parts & np.isfinite(column.value))
    return bool(abs(mean - column.value[row]) <= near)


def _along(table: PrintedTable) -> Iterator[Flag]:
    """Yield rows whose total is not what a row of weights makes of the columns before it."""
    rows = rows_of(table.weight_row)
    figures = [
        c for c in table.columns if (c.role in (*AVERAGED, ColumnIs.OTHER) and c.unit < 1) or is_total_column(c.heading)
    ]
    if len(rows) != 1 or len(figures) < 3:
        return
    last = figures[-1]
    before = [c for c in figures[:-1] if np.isfinite(c.value[rows[0]])]
    w = np.array([c.value[rows[0]] for c in before])
    if len(before) < 2 or not w.sum() > 0:
        return
    value = np.array([c.value for c in before])
    plain = table.leaf & np.isfinite(value).all(axis=0) & np.isfinite(last.value)
    ways = {"weighted_row": w @ value / w.sum(), "weighted_sum": value.sum(axis=0)}
    near = {
        "weighted_row": (max(c.unit for c in before) + last.unit) / 2,
        "weighted_sum": sum(c.unit / 2 for c in before) + last.unit / 2,
    }
    held = {way: plain & (np.abs(total - last.value) <= near[way] + 1e-9) for way, total in ways.items()}
    best = max(ways, key=lambda way: int(held[way].sum()))
    if held[best].sum() < max(2, 0.6 * plain.sum()):
        return
    yield from _unlike(table, last, before, ways[best], plain & ~held[best], best)


def _unlike(
    table: PrintedTable,
    last: Numbers,
    before: Sequence[Numbers],
    total: Floats,
    wrong: NDArray[np.bool_],
    reason: str,
) -> Iterator[Flag]:
    for row in rows_of(wrong):
        values = {"printed": float(last.value[row]), "mean": float(total[row])}
        yield Flag(FlagKind.TOTAL, table.cell(row, last), reason, values, tuple(table.cell(row, c) for c in before))
