"""Rank order: places that the figures beside them do not give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.checking.flags import Flag, FlagKind
from scoring.checking.tables import Numbers, PrintedTable, rows_of
from scoring.checking.words import ColumnIs
from scoring.weights import Floats

RANKED = (ColumnIs.INDEX, ColumnIs.SHARE, ColumnIs.MEAN, ColumnIs.OTHER, ColumnIs.COUNT)


def check_ranks(table: PrintedTable) -> list[Flag]:
    """Ranks that the figures they are most like do not give; within the groups of a column if that fits."""
    found: list[Flag] = []
    for ranks in table.of(ColumnIs.RANK):
        rows = table.leaf & np.isfinite(ranks.value)
        if rows.sum() < 3:
            continue
        tries = [
            (int(wrong.sum()), column, wrong, best)
            for column in table.of(*RANKED)
            for groups in _groupings(table)
            for wrong, best in (_misplaced(ranks.value, column.value, rows & np.isfinite(column.value), groups),)
            if (rows & np.isfinite(column.value)).sum() >= 0.8 * rows.sum()
        ]
        if not tries:
            continue
        count, column, wrong, best = min(tries, key=lambda one: (one[0], _distance(ranks, one[1])))
        if count > max(2, rows.sum() // 3):
            continue
        found += [
            Flag(
                FlagKind.RANK,
                table.cell(row, ranks),
                "rank",
                {"printed": float(ranks.value[row]), "best": int(best[0, row]), "worst": int(best[1, row])},
                (table.cell(row, column),),
            )
            for row in rows_of(wrong)
        ]
    return found


def _distance(ranks: Numbers, column: Numbers) -> int:
    """How far a figure stands from its rank; those before it are meant sooner than those behind."""
    steps = ranks.position - column.position
    return steps if steps > 0 else 100 - steps


def _groupings(table: PrintedTable) -> list[list[str]]:
    """All rows as one group, then as the words of each column of text group them."""
    whole = [""] * len(table.rows)
    texts = [[row.cells[k] for row in table.rows] for k in table.texts]
    return [whole, *(one for one in texts if 1 < len(set(one)) <= len(one) // 2)]


def _misplaced(
    rank: Floats, value: Floats, rows: NDArray[np.bool_], groups: list[str]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which ranks are wrong, and the best and worst rank of each row; the higher value is better.

    Equal values may share the best, the worst or the middle rank of them, or have any order.
    """
    wrong = np.zeros(len(rank), dtype=np.bool_)
    bounds = np.zeros((2, len(rank)), dtype=np.int64)
    for group in set(groups):
        inside = rows & np.array([one == group for one in groups])
        of = value[inside]
        above = (of[None, :] > of[:, None]).sum(axis=1) + 1
        below = (of[None, :] >= of[:, None]).sum(axis=1)
        dense = np.unique(-of, return_inverse=True)[1] + 1
        given = rank[inside]
        packed = bool((given != dense).sum() < ((given < above) | (given > below)).sum())
        right = (given == dense) if packed else (given >= above) & (given <= below)
        wrong[inside] = ~right
        bounds[:, inside] = np.stack([dense, dense] if packed else [above, below])
    return wrong, bounds
