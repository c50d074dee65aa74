"""Checker of published tables: what the printed numbers of a table contradict, cell by cell and with the reason.

Nothing is assumed about who made the table. What its columns are, headings say and the numbers prove: a relation (this
column is the sum of those, that one the percentage of these) counts only where it holds in more rows than chance makes.
What remains is arithmetic: a flag says that printed numbers cannot all be right, never why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.checking.flags import Cell, Flag, FlagKind, with_suspects
from scoring.checking.limits import BestMargin, best_margin, best_margins, check_limits
from scoring.checking.orders import check_ranks
from scoring.checking.shares import check_shares
from scoring.checking.sums import check_sums
from scoring.checking.tables import PrintedRow, find_tables
from scoring.checking.totals import check_totals
from scoring.checking.words import ColumnIs

__all__ = ["BestMargin", "Cell", "CheckedSheet", "Flag", "FlagKind", "PrintedRow", "best_margin", "check_sheet"]


@dataclass(frozen=True)
class CheckedSheet:
    """What was found on a sheet."""

    flags: Sequence[Flag]
    margins: Sequence[BestMargin]
    #: tables with numbers, and numbers in them
    tables: int
    numbers: int
    #: whether one of them says of how many people its figures are
    has_n: bool


def check_sheet(rows: Sequence[PrintedRow], *, items: int = 1) -> CheckedSheet:
    """Check the tables on a sheet; `items`: questions put together in one percentage or mean."""
    tables = find_tables(rows)
    flags: list[Flag] = []
    margins: list[BestMargin] = []
    for table in tables:
        found = [*check_limits(table), *check_sums(table), *check_shares(table, items), *check_totals(table)]
        flags += with_suspects([*found, *check_ranks(table)])
        margins += best_margins(table)
    numbers = sum(int((column.value == column.value).sum()) for table in tables for column in table.columns)
    has_n = any(table.of(ColumnIs.SAMPLE) for table in tables)
    return CheckedSheet(sorted(flags, key=lambda flag: (flag.cell, flag.kind)), margins, len(tables), numbers, has_n)
