"""Percentages against the counts they come from, and percentages and means that no count of n people can give.

GRIM: Brown & Heathers (2017), Social Psychological and Personality Science 8; GRIMMER: Anaya (2016), Allard (2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from scoring.checking.evidence import is_believed
from scoring.checking.flags import Flag, FlagKind
from scoring.checking.sums import ADDITIVE, LEARNT_FROM
from scoring.checking.tables import Numbers, PrintedTable, rows_of
from scoring.checking.words import ColumnIs, is_of_others, is_plain_share
from scoring.weights import Floats

WIDEST = 5
"""Counts that a numerator has at most."""
SCALE = (1.0, 5.0)
"""Lowest and highest mark of an answer."""


def check_shares(table: PrintedTable, items: int = 1) -> list[Flag]:
    """Percentages and means that counts contradict; `items`: questions put together in one of them."""
    found: list[Flag] = []
    for column in _shares(table):
        wrong = _from_counts(table, column)
        found += _grim(table, column, items) if wrong is None else wrong
    for column in table.of(ColumnIs.MEAN):
        found += _means(table, column, items)
    return found


def _shares(table: PrintedTable) -> list[Numbers]:
    roles = (ColumnIs.SHARE, ColumnIs.OTHER) if table.is_estimated else (ColumnIs.SHARE, ColumnIs.INDEX, ColumnIs.OTHER)
    columns = [c for c in table.of(*roles) if c.role is not ColumnIs.OTHER or not c.named]
    return [c for c in columns if c.unit and (np.nan_to_num(c.value) >= 0).all() and not _is_constant(c)]


def _is_constant(column: Numbers) -> bool:
    there = column.value[np.isfinite(column.value)]
    return not len(there)


def _numerators(counts: Sequence[Numbers]) -> Iterator[list[Numbers]]:
    for start in range(len(counts)):
        for end in range(start + 1, min(len(counts), start + WIDEST) + 1):
            yield list(counts[start:end])


def _denominators(
    table: PrintedTable, counts: Sequence[Numbers], above: Sequence[Numbers]
) -> Iterator[tuple[list[Numbers], Floats | None]]:
    """Yield (columns whose sum is the denominator, or numbers that are it); a sum has the numerator in it."""
    for column in counts:
        yield [column], None
    first, last = counts.index(above[0]), counts.index(above[-1])
    for start in range(first + 1):
        for end in range(max(last + 1, start + 2), len(counts) + 1):
            yield list(counts[start:end]), None
    if table.stated_n:
        yield [], np.full(len(table.rows), float(table.stated_n))


def _from_counts(table: PrintedTable, column: Numbers) -> list[Flag] | None:
    """Where a percentage does not follow from its counts; None when it follows from no counts of the table."""
    counts = table.of(*ADDITIVE)[:20]
    numerators = list(_numerators(counts))
    best: tuple[float, list[Numbers], list[Numbers], Floats, NDArray[np.bool_]] | None = None
    tried = len(numerators) * 3 * len(counts)
    for above in numerators:
        top = np.sum([c.value for c in above], axis=0)
        whole = _whole_of_column(table, top) if len(above) == 1 else None
        below: list[tuple[list[Numbers], Floats | None]] = [([], whole)] if whole is not None else []
        for under, given in [*_denominators(table, counts, above), *below]:
            if under == above:
                continue
            base = given if given is not None else np.sum([c.value for c in under], axis=0)
            share = np.divide(100 * top, base, out=np.full(len(top), np.nan), where=np.isfinite(base) & (base > 0))
            there = np.isfinite(share) & np.isfinite(column.value) & (top > 0) & (share < 100)
            held = there & (np.abs(share - column.value) <= column.half)
            rows, hits = int(there[:LEARNT_FROM].sum()), int(held[:LEARNT_FROM].sum())
            odds = hits * _surprise(column.value[:LEARNT_FROM][held[:LEARNT_FROM]], column.unit)
            beside = column.named and above[-1].position == column.position - 1
            if is_believed(hits, rows, odds, tried, hinted=beside) and (best is None or odds > best[0]):
                best = (odds, above, under, share, np.isfinite(share) & np.isfinite(column.value))
    if best is None:
        return None
    _, above, under, share, there = best
    wrong = there & (np.abs(share - column.value) > column.half)
    return [
        Flag(
            FlagKind.SHARE,
            table.cell(row, column),
            "share",
            {"printed": float(column.value[row]), "share": float(share[row])},
            tuple(table.cell(row, c) for c in {id(c): c for c in (*above, *under)}.values()),
        )
        for row in rows_of(wrong)
        if not _is_made_to_fit(table, column, row, float(share[row]))
    ]


def _surprise(value: Floats, unit: float) -> float:
    """How unlikely it is to hit one of these values by chance."""
    return log10(1 + float(np.ptp(value)) / max(unit, 1e-6)) if len(value) else 0.0


def _whole_of_column(table: PrintedTable, top: Floats) -> Floats | None:
    """The sum of a column's rows, as the denominator of each of them."""
    leaf = table.leaf & np.isfinite(top)
    whole = top[leaf].sum()
    return np.full(len(top), whole) if leaf.sum() > 1 and whole > 0 else None


def _is_made_to_fit(table: PrintedTable, column: Numbers, row: int, share: float) -> bool:
    """Say whether a share was moved by one unit so that the shares beside or below it make 100."""
    if abs(share - column.value[row]) > 1.5 * column.unit + 1e-9:
        return False
    beside = [c.value[row] for c in table.of(ColumnIs.SHARE) if isfinite(c.value[row])]
    below = column.value[table.leaf & np.isfinite(column.value)]
    return any(len(one) > 1 and abs(float(np.sum(one)) - 100) < 1e-6 for one in (beside, below))


def _bases(table: PrintedTable) -> list[tuple[Numbers | None, Floats]]:
    """What may be the n of a row: columns of respondents, else what the title says."""
    own: list[tuple[Numbers | None, Floats]] = [(c, c.value) for c in table.of(ColumnIs.SAMPLE)]
    stated = table.stated_n
    return own or ([(None, np.full(len(table.rows), float(stated)))] if stated else [])


def _grim(table: PrintedTable, column: Numbers, items: int) -> list[Flag]:
    """Percentages that no count of that n gives."""
    if column.role is not ColumnIs.SHARE or is_of_others(column.heading):
        return []
    plain = is_plain_share(column.heading) and not table.is_estimated
    return _impossible(table, column, items, 100.0, FlagKind.GRIM, plain=plain)


def _means(table: PrintedTable, column: Numbers, items: int) -> list[Flag]:
    """Means of whole marks that no n people can give, and spreads that go with no such mean."""
    found = _impossible(table, column, items, 1.0, FlagKind.MEAN, plain=not table.is_estimated)
    spreads = [c for c in table.of(ColumnIs.SPREAD) if c.position > column.position]
    if items == 1 and spreads and (found or _impossible(table, column, 1, 1.0, FlagKind.MEAN, plain=True) == []):
        found += _grimmer(table, column, spreads[0])
    return found


def is_possible(printed: float, half: float, n: int, per: float) -> bool:
    """Say whether `per` · k / n rounds to what is printed for some whole k.

    >>> is_possible(33.3, 0.05, 30, 100), is_possible(34.0, 0.05, 30, 100)
    (True, False)
    """
    least = ceil((printed - half) * n / per - 1e-9)
    return least <= floor((printed + half) * n / per + 1e-9)


def _impossible(
    table: PrintedTable, column: Numbers, items: int, per: float, kind: FlagKind, *, plain: bool
) -> list[Flag]:
    best: tuple[float, Numbers | None, Floats, list[int], int, int] | None = None
    bases = _bases(table)
    if not column.unit:
        return []
    for n_column, base in bases:
        n = base * items
        shown_rows = np.isfinite(n) & (n >= 1) & np.isfinite(column.value) & (n % 1 == 0) & (n * column.unit < per / 2)
        rows = rows_of(shown_rows)
        wrong = [k for k in rows if not is_possible(column.value[k], column.half[k], int(n[k]), per)]
        held = [k for k in rows if k not in set(wrong)]
        odds = sum(-log10(min(n[k] * column.unit / per, 1.0)) for k in held)
        if best is None or odds > best[0]:
            best = (odds, n_column, n, wrong, len(held), len(rows))
    if best is None:
        return []
    odds, n_column, n, wrong, hits, total = best
    if not (plain and total <= 2) and not is_believed(hits, total, odds, len(bases), hinted=plain):
        return []
    return [_cannot_be(table, column, n_column, k, int(n[k]), per, kind) for k in wrong]


def _cannot_be(
    table: PrintedTable,
    column: Numbers,
    n_column: Numbers | None,
    row: int,
    n: int,
    per: float,
    kind: FlagKind,
) -> Flag:
    printed = float(column.value[row])
    below = floor(printed * n / per)
    values = {"printed": printed, "n": n, "below": per * below / n, "above": per * (below + 1) / n, "unit": column.unit}
    others = (table.cell(row, n_column),) if n_column is not None else ()
    return Flag(kind, table.cell(row, column), "grim" if kind is FlagKind.GRIM else "mean", values, others)


def _grimmer(table: PrintedTable, mean: Numbers, spread: Numbers) -> list[Flag]:
    """Standard deviations that whole marks with that mean cannot have."""
    found = []
    for n_column, n in _bases(table)[:1]:
        for row in range(len(table.rows)):
            m, s, size = mean.value[row], spread.value[row], n[row]
            if (
                not (isfinite(m) and isfinite(s) and isfinite(size))
                or size < 2
                or size * mean.unit >= 0.5
                or not spread.unit
            ):
                continue
            if not is_possible(m, mean.half[row], int(size), 1.0):
                continue
            if not spread_is_possible(m, float(mean.half[row]), s, float(spread.half[row]), int(size)):
                others = (table.cell(row, mean), *((table.cell(row, n_column),) if n_column is not None else ()))
                values = {"printed": float(s), "mean": float(m), "n": int(size)}
                found.append(Flag(FlagKind.MEAN, table.cell(row, spread), "spread", values, others))
    return found


def spread_is_possible(mean: float, mean_half: float, spread: float, half: float, n: int) -> bool:
    """Say whether n whole marks can have this mean and standard deviation (over n - 1, or over n), as printed.

    The sum of squares is a whole number, odd or even with the sum (GRIMMER).

    >>> spread_is_possible(3.0, 0.005, 1.58, 0.005, 5), spread_is_possible(3.0, 0.005, 1.50, 0.005, 5)
    (True, False)
    """
    for total in range(ceil((mean - mean_half) * n - 1e-9), floor((mean + mean_half) * n + 1e-9) + 1):
        for divisor in (n - 1, n):
            low = max(spread - half, 0.0) ** 2 * divisor + total**2 / n
            high = (spread + half) ** 2 * divisor + total**2 / n
            least, most = ceil(low - 1e-9), floor(high + 1e-9)
            least += (least - total) % 2
            if least <= most:
                return True
    return False
