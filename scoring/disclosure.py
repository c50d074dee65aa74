"""What may be shown: small groups hidden, and enough besides that subtraction does not bring them back.

A published table obeys sums: an agency is the sum of its services, the province that of its agencies. Whoever knows
all entries of a sum but one knows that one. `protect` hides every group of 1 to `min_n` - 1 respondents and then, sum
by sum, the smallest entries that help, until (a) no sum has a single hidden entry, (b) hidden parts of a shown total
make at least `min_n` respondents together, and (c) the range of every hidden number that all the sums and "not below
0" allow, found by linear programming, is at least `min_n` wide. A group of 0 hides nothing.

Sources: Gusfield (1988), "A graph theoretic approach to statistical data security" (exact recovery in two-way tables);
Willenborg & de Waal, *Elements of Statistical Disclosure Control* (2001), ch. 8 (secondary suppression, feasibility
intervals).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

from scoring.scheme import DataError, Rules

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Sum = tuple[int, Sequence[int] | NDArray[np.intp]]
"""A total and its parts, by position."""


@dataclass(frozen=True)
class DisclosureRule:
    """The one rule of pages, exports, API, comments and trends."""

    #: groups of fewer respondents are not shown at all (anonymity)
    min_n: int = 5
    #: below this many respondents an index is shown without interval and rank (quality)
    min_n_quality: int = 30
    #: an interval this wide or wider, in percentage points, is not shown
    max_width: float = 30.0

    @classmethod
    def of(cls, rules: Rules) -> DisclosureRule:
        """Return the rule of a round."""
        return cls(rules.min_n, rules.min_n_interval, rules.max_width)

    def shows(self, n: int) -> bool:
        """Whether figures, comments or a trend point of n respondents may be shown by themselves."""
        return n == 0 or n >= self.min_n

    def shows_interval(self, n: int, width: float) -> bool:
        """Whether an interval `width` percentage points wide, and a rank, may be shown for n respondents."""
        return self.shows(n) and n >= self.min_n_quality and width < self.max_width


def protect(n: ArrayLike, sums: Iterable[Sum], rule: DisclosureRule | None = None) -> Flags:
    """Return which of the cells (cells,) must be hidden. `n`: respondents of each cell; `sums`: see `Sum`.

    Raises `DataError` when a total is not the sum of its parts or n is negative.
    """
    size, rule = np.asarray(n, dtype=np.int64), rule or DisclosureRule()
    lines = [(total, np.asarray(parts, dtype=np.intp)) for total, parts in sums]
    for total, parts in lines:
        if size[total] != size[parts].sum():
            raise DataError(f"cell {total} has {size[total]} respondents, its parts {size[parts].sum()}")
    if (size < 0).any():
        raise DataError("respondents must not be negative")
    hidden = (size > 0) & (size < rule.min_n)
    while True:
        _close(hidden, size, lines, rule.min_n)
        narrow = [cell for cell in np.flatnonzero(hidden) if _width(size, hidden, lines, int(cell)) < rule.min_n]
        if not any(_widen(hidden, size, lines, int(cell)) for cell in narrow):
            return hidden


def bounds(n: ArrayLike, hidden: ArrayLike, sums: Iterable[Sum], cell: int) -> tuple[float, float]:
    """Return the least and the greatest number that a hidden cell can hold, as far as a reader can know."""
    size, gone = np.asarray(n, dtype=np.float64), np.asarray(hidden, dtype=bool)
    lines = [(total, np.asarray(parts, dtype=np.intp)) for total, parts in sums]
    reach = _component(gone, lines, cell)
    at = {int(c): k for k, c in enumerate(reach)}
    rows, right = [], []
    for total, parts in lines:
        row = np.zeros(len(reach))
        for c, sign in [(total, 1.0), *((int(part), -1.0) for part in parts)]:
            if c in at:
                row[at[c]] += sign
        if row.any():
            rows.append(row)
            right.append(float(row @ size[reach]))  # what the shown entries of the sum leave for the hidden ones
    goal = np.zeros(len(reach))
    goal[at[cell]] = 1.0
    matrix, vector = (np.array(rows), np.array(right)) if rows else (None, None)
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(sign * goal, A_eq=matrix, b_eq=vector, bounds=(0, None), method="highs")
        ends.append(sign * float(found.fun) if found.status == 0 else np.inf)
    return ends[0], ends[1]


def sums_of(keys: pd.DataFrame) -> list[Sum]:
    """Return the sums among rows whose key columns are a name or "" (all of it), every combination distinct.

    For every column, the row with "" is the sum of the rows that have a name there and the same elsewhere.
    """
    rows = [tuple(row) for row in keys.astype(str).itertuples(index=False, name=None)]
    place = {row: k for k, row in enumerate(rows)}
    if len(place) < len(rows):
        raise DataError("every combination of keys must be given once")
    found: list[Sum] = []
    for column in range(keys.shape[1]):
        parts: dict[int, list[int]] = {}
        for row, k in place.items():
            total = place.get((*row[:column], "", *row[column + 1 :]))
            if row[column] and total is not None:
                parts.setdefault(total, []).append(k)
        found += parts.items()
    return found


def protect_table(
    table: pd.DataFrame, rule: DisclosureRule | None = None, by: Sequence[str] = ("agency", "service")
) -> Flags:
    """Return which rows of a score table (n still in it) must be hidden, figure by figure; places are sums over `by`.

    What the places leave unnamed (responses without a service, agencies without N) counts as known to the reader.
    """
    hidden = np.zeros(len(table), dtype=bool)
    for rows in table.groupby(["level", "key"], sort=False).indices.values():
        part = table.iloc[rows]
        sums, n = sums_of(part[list(by)]), part["n"].to_numpy(dtype=np.int64)
        extra = [max(int(n[total] - n[parts].sum()), 0) for total, parts in sums]
        closed = [(total, [*parts, len(n) + k]) for k, (total, parts) in enumerate(sums)]
        size = np.concatenate([n, np.array(extra, dtype=np.int64)])
        consistent = [line for line in closed if size[line[0]] == size[np.asarray(line[1])].sum()]
        first = (size > 0) & (size < (rule or DisclosureRule()).min_n)
        if first[: len(n)].any():
            hidden[rows] = protect(size, consistent, rule)[: len(n)]
    return hidden


def _width(size: Whole, hidden: Flags, lines: Sequence[Sum], cell: int) -> float:
    low, high = bounds(size, hidden, lines, cell)
    return high - low


def _close(hidden: Flags, size: Whole, lines: Sequence[tuple[int, NDArray[np.intp]]], min_n: int) -> None:
    """Hide more, in place, until no sum gives a hidden entry or a too small group of them away."""
    changed = True
    while changed:
        changed = False
        for total, parts in lines:
            gone = parts[hidden[parts]]
            alone = len(gone) + hidden[total] == 1
            small = len(gone) > 0 and not hidden[total] and size[gone].sum() < min_n
            if alone or small:
                changed = _hide_one(hidden, size, total, parts) or changed


def _hide_one(hidden: Flags, size: Whole, total: int, parts: NDArray[np.intp]) -> bool:
    """Hide the smallest shown part that has respondents, else the total; return whether there was one."""
    shown = parts[~hidden[parts] & (size[parts] > 0)]
    if len(shown):
        hidden[shown[np.argmin(size[shown])]] = True
        return True
    if not hidden[total] and size[total] > 0:
        hidden[total] = True
        return True
    return False


def _widen(hidden: Flags, size: Whole, lines: Sequence[tuple[int, NDArray[np.intp]]], cell: int) -> bool:
    """Hide one more entry in the sums tied to a cell; return whether there was one left."""
    reach = set(_component(hidden, lines, cell).tolist())
    for total, parts in lines:
        if (total in reach or not reach.isdisjoint(parts.tolist())) and _hide_one(hidden, size, total, parts):
            return True
    return False


def _component(hidden: Flags, lines: Sequence[tuple[int, NDArray[np.intp]]], cell: int) -> NDArray[np.intp]:
    """Return the hidden cells that sums tie to a hidden cell, itself included."""
    entries = [{c for c in (total, *parts.tolist()) if hidden[c]} for total, parts in lines]
    reach, grown = {cell}, True
    while grown:
        more = reach.union(*(entry for entry in entries if entry & reach))
        grown, reach = len(more) > len(reach), more
    return np.array(sorted(reach), dtype=np.intp)
