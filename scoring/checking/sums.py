"""Sums that do not add up: along rows, down columns, written out in one cell, and shares that should make 100."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10

import numpy as np
from numpy.typing import NDArray

from scoring.checking.evidence import is_believed
from scoring.checking.flags import Cell, Flag, FlagKind
from scoring.checking.numerals import read_numeral
from scoring.checking.tables import Numbers, PrintedTable, is_expression, rows_of
from scoring.checking.words import ColumnIs, fold, is_level, is_total_column
from scoring.weights import Floats

ADDITIVE = (ColumnIs.COUNT, ColumnIs.SAMPLE, ColumnIs.POPULATION)
LEARNT_FROM = 200
"""Rows from which relations are learnt."""
Found = tuple[float, tuple[int, int], NDArray[np.bool_], NDArray[np.bool_]]
"""A relation: its score, the run of parts, rows where it can be told, rows where it holds."""
WIDEST = 12
"""Parts that a sum along a row has at most."""


def check_sums(table: PrintedTable) -> list[Flag]:
    """The sums of a table that do not add up."""
    return [*_along_rows(table), *_hundreds(table), *_down_columns(table), *_expressions(table)]


def _runs(columns: Sequence[Numbers]) -> Iterator[tuple[int, int]]:
    """Yield (first, last + 1) of every run of at least two neighbouring columns."""
    for start in range(len(columns)):
        for end in range(start + 2, min(len(columns), start + WIDEST) + 1):
            yield start, end


def _along_rows(table: PrintedTable) -> list[Flag]:
    """Rows in which a column is not the sum of a run of others, where it is in most rows."""
    found: list[Flag] = []
    for roles in (ADDITIVE, (ColumnIs.SHARE,), (ColumnIs.OTHER, ColumnIs.INDEX)):
        columns = [c for c in table.of(*roles) if np.isfinite(c.value).any()]
        if roles == ADDITIVE or any(is_total_column(c.heading) for c in columns) or roles == (ColumnIs.SHARE,):
            found += _relations(table, columns)
    return found


def _relations(table: PrintedTable, columns: Sequence[Numbers]) -> list[Flag]:
    value = np.array([c.value for c in columns]).reshape(len(columns), len(table.rows))
    exact = all(c.unit == 1 for c in columns)
    spans = list(_runs(columns))
    tried = len(spans) * len(columns)
    best: dict[int, Found] = {}
    for start, end in spans:
        parts = value[start:end]
        total, several = parts.sum(axis=0), (parts != 0).sum(axis=0) > 1
        slack = sum(c.unit / 2 for c in columns[start:end]) if not exact else 0.0
        for k, column in enumerate(columns):
            if start <= k < end:
                continue
            there = np.isfinite(total) & np.isfinite(column.value) & several
            near = slack + (column.unit / 2 if not exact else 0.0) + 1e-9 * (1 + np.abs(np.nan_to_num(total)))
            held = there & (np.abs(total - column.value) <= near)
            first = slice(None, LEARNT_FROM)
            rows, hits = int(there[first].sum()), int(held[first].sum())
            odds = _odds(
                column.value[first][held[first]], np.broadcast_to(near, held.shape)[first][held[first]], exact=exact
            )
            hinted = is_total_column(column.heading) and k in (start - 1, end)
            if is_believed(hits, rows, odds, tried, hinted=hinted):
                score = hits / rows * odds
                if k not in best or score > best[k][0]:
                    best[k] = (score, (start, end), there, held)
    kept = {k: one for k, one in best.items() if not _is_explained(k, one, best)}
    return [
        flag
        for k, (_, (start, end), there, held) in kept.items()
        for flag in _unlike_sums(table, columns[k], columns[start:end], there & ~held)
    ]


def _is_explained(k: int, one: Found, best: Mapping[int, Found]) -> bool:
    """Say whether the same parts make up another column in more rows: they are that one's."""
    _, span, there, held = one
    return any(
        other != k and found[1] == span and (found[2] & ~found[3]).sum() < (there & ~held).sum()
        for other, found in best.items()
    )


def _odds(value: Floats, near: Floats, *, exact: bool) -> float:
    """How surprising it is that sums hit these values."""
    width = np.ones_like(value) if exact else 2 * near + 1e-9
    return float(np.log10(1 + np.abs(value) / width).sum())


def _unlike_sums(
    table: PrintedTable, column: Numbers, parts: Sequence[Numbers], wrong: NDArray[np.bool_]
) -> Iterator[Flag]:
    for row in rows_of(wrong):
        total = float(sum(c.value[row] for c in parts))
        yield Flag(
            FlagKind.SUM,
            table.cell(row, column),
            "row_sum",
            {"printed": float(column.value[row]), "sum": total, "parts": len(parts)},
            tuple(table.cell(row, c) for c in parts),
        )


def _hundreds(table: PrintedTable) -> list[Flag]:
    """Rows whose shares do not make 100, where those beside each other do elsewhere or are levels."""
    columns = table.of(ColumnIs.SHARE)
    value = np.array([c.value for c in columns]).reshape(len(columns), len(table.rows))
    best: Found | None = None
    spans = list(_runs(columns))
    for start, end in spans:
        total = value[start:end].sum(axis=0)
        there = np.isfinite(total) & ((value[start:end] > 0).sum(axis=0) > 1)
        near = sum(c.unit / 2 for c in columns[start:end]) + 1e-6
        held = there & (np.abs(total - 100) <= near)
        rows, hits = int(there[:LEARNT_FROM].sum()), int(held[:LEARNT_FROM].sum())
        levels = end - start > 2 and all(is_level(c.heading) for c in columns[start:end])
        odds = hits * log10(100 / (2 * near + min(c.unit for c in columns[start:end])))
        close = levels and rows and bool((np.abs(total[there] - 100) < 15).all()) and end - start == len(columns)
        if (close or is_believed(hits, rows, odds, len(spans))) and (best is None or odds > best[0]):
            best = (odds, (start, end), there, held)
    if best is None:
        return []
    _, (start, end), there, held = best
    return [
        Flag(
            FlagKind.SUM,
            table.cell(row, columns[start]),
            "hundred",
            {"sum": float(value[start:end, row].sum()), "parts": end - start},
            tuple(table.cell(row, c) for c in columns[start + 1 : end]),
        )
        for row in rows_of(there & ~held)
    ]


def _down_columns(table: PrintedTable) -> list[Flag]:
    """Totals that are not the sum of their rows."""
    found: list[Flag] = []
    for row in rows_of(table.total | table.part_total | table.mean_row):
        found += _total_row(table, row)
    return found


def _candidates(table: PrintedTable, row: int) -> list[NDArray[np.bool_]]:
    """The sets of rows that a total may be the sum of, the likeliest first."""
    place = np.arange(len(table.rows))
    summary = table.total | table.part_total | table.mean_row
    before, after = place < row, place > row
    earlier, later = rows_of(summary & before), rows_of(summary & after)
    since = before & (place > (earlier[-1] if len(earlier) else -1))
    until = after & (place < (later[0] if len(later) else len(place)))
    sets = [
        table.leaf & before,
        table.leaf & since,
        table.part_total & before,
        table.leaf & after,
        table.leaf & until,
        table.part_total & after,
    ]
    if table.part_total[row]:
        sets = [sets[1], sets[4]]
    return [one for one in sets if one.sum() > 1]


def _total_row(table: PrintedTable, row: int) -> list[Flag]:
    columns = [c for c in table.of(*ADDITIVE) if np.isfinite(c.value[row])] + [
        c for c in table.of(ColumnIs.SHARE, ColumnIs.WEIGHT) if _is_whole_of_shares(table, c, row)
    ]
    sets = _candidates(table, row)
    fits = [[_adds_up(column, rows, row) for column in columns] for rows in sets]
    if not sets or not columns:
        return []
    best = max(range(len(sets)), key=lambda k: (sum(fit is True for fit in fits[k]), -k))
    proven = any(fit is True for fit in fits[best])
    if not proven and (table.mean_row[row] or (not any(c.role in ADDITIVE for c in columns) and len(columns) > 1)):
        return []
    return [
        Flag(
            FlagKind.SUM,
            table.cell(row, column),
            "column_sum",
            {"printed": float(column.value[row]), "sum": float(np.nansum(column.value[sets[best]]))},
            tuple(table.cell(k, column) for k in rows_of(sets[best] & np.isfinite(column.value))),
        )
        for column, fit in zip(columns, fits[best], strict=True)
        if fit is False
    ]


def _adds_up(column: Numbers, rows: NDArray[np.bool_], row: int) -> bool | None:
    """Say whether a total is the sum of its rows; None where that cannot be meant."""
    parts = column.value[rows & np.isfinite(column.value)]
    total = column.value[row]
    if len(parts) < 2 or ((parts == parts[0]).all() and parts[0] == total) or (total == 0 and not parts.any()):
        return None
    slack = 0.0 if column.unit == 1 and column.role in ADDITIVE else (len(parts) + 1) * column.unit / 2
    return bool(abs(parts.sum() - total) <= slack + 1e-9 * (1 + abs(total)))


def _is_whole_of_shares(table: PrintedTable, column: Numbers, row: int) -> bool:
    """Say whether a total of shares is the whole of them: 100, and each part less."""
    parts = column.value[table.leaf & np.isfinite(column.value)]
    return bool(abs(column.value[row] - 100) < 1e-9 and len(parts) > 1 and (parts < 100).all())


def _expressions(table: PrintedTable) -> list[Flag]:
    """Sums written out in a cell that are not the total beside them: 2063+2137+150 | 4215."""
    totals = [c for c in table.columns if is_total_column(c.heading) or fold(c.heading) in {"headline", "ket qua"}]
    found = []
    for k, row in enumerate(table.rows):
        for position, cell in enumerate(row.cells):
            if not is_expression(cell):
                continue
            parts = [read_numeral(part, table.mark or ".") for part in cell.split("+")]
            if any(part is None for part in parts):
                continue
            said = [part for part in parts if part is not None]
            total = sum(part.value for part in said)
            decimals = max(part.decimals for part in said)
            slack = 0.0 if decimals == 0 else (len(said) + 1) * 10.0**-decimals / 2
            beside = [c for c in totals if np.isfinite(c.value[k])]
            if beside and all(abs(c.value[k] - total) > slack + 1e-9 * total for c in beside):
                here: Cell = (row.number, position)
                values = {"printed": float(beside[0].value[k]), "sum": total, "parts": len(said)}
                found.append(Flag(FlagKind.SUM, table.cell(k, beside[0]), "row_sum", values, (here,)))
    return found
