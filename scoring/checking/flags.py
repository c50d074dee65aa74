"""Flags of a checked table: what does not fit, in which cell, compared with which others, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

Cell = tuple[int, int]
"""(row as a spreadsheet shows it, column from 0)"""


class FlagKind(StrEnum):
    """The kinds of flags."""

    SUM = "sum"
    SHARE = "share"
    GRIM = "grim"
    MEAN = "mean"
    RANK = "rank"
    TOTAL = "total"
    DECIMALS = "decimals"
    RANGE = "range"
    MISSING_N = "missing_n"
    MARGIN = "margin"


@dataclass(frozen=True)
class Flag:
    """One thing that does not fit."""

    kind: FlagKind
    cell: Cell
    #: which sentence says why, and the numbers in it
    reason: str
    values: Mapping[str, object] = field(default_factory=dict)
    #: the cells it was compared with
    others: tuple[Cell, ...] = ()
    #: the cell that is most likely the wrong one; None: nothing tells
    likely: Cell | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells that the flag is about."""
        return (self.cell, *self.others)


def with_suspects(flags: Sequence[Flag]) -> list[Flag]:
    """Flags, each with the cell that most of them are about, where there is one such."""
    often = Counter(cell for flag in flags for cell in set(flag.cells))
    found = []
    for flag in flags:
        ranked = sorted(set(flag.cells), key=lambda cell: -often[cell])
        sole = often[ranked[0]] > 1 and (len(ranked) == 1 or often[ranked[1]] < often[ranked[0]])
        found.append(replace(flag, likely=ranked[0] if sole else None))
    return found
