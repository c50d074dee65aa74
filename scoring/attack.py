"""What a reader of a table with hidden entries can work out from its sums: what `scoring.disclosure` defends against.

A hidden number lies between bounds that all the sums and "not below 0" leave it. In tables with one or two keys every
entry stands in at most two sums, so that the bounds are a flow problem: raising an entry must be made good along a
chain of other hidden entries, each moved no further than it can go (a hidden place has 1 to N respondents).
`Attack.wide` looks at chains of four entries first, which settles most, then pushes along shortest chains (Ford &
Fulkerson 1956) and stops as soon as the range is wide enough; everything is whole numbers and exact.
Where entries stand in more sums, or chains contradict each other, linear programming (`bounds`) decides.

Sources: Gusfield (1988), "A graph theoretic approach to statistical data security", SIAM J. Comput. 17; Willenborg & de
Waal, *Elements of Statistical Disclosure Control* (2001), ch. 8 (feasibility intervals).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.intervals import interval
from scoring.scheme import Figure, Rules, Scheme, figure

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Sum = tuple[int, Sequence[int] | NDArray[np.intp]]
"""A total and its parts, by position."""

Printed = dict[tuple[str, str], NDArray[np.float64]]
"""What a place prints: by level and key, n and the answers 1 to 5."""

Move = tuple[int, int, int]
"""An entry, its change, and the sum it answers to: how a chain came to the next sum."""

MOST = 1 << 40
"""More than any number of citizens: an entry without a bound above."""

_OUT = -1  # where a chain may end freely: entries that stand in one sum only


@dataclass(frozen=True, eq=False)
class Lines:
    """The sums of a table, made once for all its figures."""

    #: of each sum: position of the total, positions of the parts
    total: tuple[int, ...]
    parts: tuple[NDArray[np.intp], ...]
    #: of each entry: the sums it stands in, +1 as the total or -1 as a part
    of: dict[int, list[tuple[int, int]]]

    @classmethod
    def read(cls, sums: Iterable[Sum]) -> Lines:
        """The sums indexed from both sides."""
        pairs = [(int(total), np.asarray(parts, dtype=np.intp)) for total, parts in sums]
        of: dict[int, list[tuple[int, int]]] = {}
        for k, (total, parts) in enumerate(pairs):
            of.setdefault(total, []).append((k, 1))
            for part in parts.tolist():
                of.setdefault(part, []).append((k, -1))
        return cls(tuple(total for total, _ in pairs), tuple(parts for _, parts in pairs), of)

    @cached_property
    def simple(self) -> bool:
        """Whether no entry stands in more than two sums."""
        return all(len(sums) <= 2 for sums in self.of.values())

    @cached_property
    def members(self) -> tuple[NDArray[np.intp], ...]:
        """Entries of each sum, the total first."""
        return tuple(
            np.concatenate(([t], parts)).astype(np.intp) for t, parts in zip(self.total, self.parts, strict=True)
        )

    @cached_property
    def ends(self) -> tuple[Whole, Whole]:
        """(entries, 2) both sums of each entry (-1: none) and its sign there; only where `simple`."""
        size = max(self.of, default=-1) + 1
        line, sign = np.full((size, 2), _OUT, dtype=np.int64), np.zeros((size, 2), dtype=np.int64)
        for cell, sums in self.of.items():
            for k, (number, s) in enumerate(sums):
                line[cell, k], sign[cell, k] = number, s
        return line, sign

    @cached_property
    def crossing(self) -> Whole:
        """(sums, sums) the entry that stands in both, -1 where there is none or several; only where `simple`."""
        line, _ = self.ends
        found = np.full((len(self.total), len(self.total)), _OUT, dtype=np.int64)
        cells = np.flatnonzero((line >= 0).all(axis=1))
        np.add.at(found, (line[cells, 0], line[cells, 1]), cells + 1)
        times = np.zeros_like(found)
        np.add.at(times, (line[cells, 0], line[cells, 1]), 1)
        found, times = np.maximum(found, found.T), times + times.T
        return np.where(times == 1, found, _OUT)

    def component(self, hidden: Flags, cell: int) -> NDArray[np.intp]:
        """The hidden entries that sums tie to a hidden entry, itself included."""
        reach, left, seen = {cell}, [cell], set[int]()
        while left:
            for line, _ in self.of.get(left.pop(), ()):
                if line not in seen:
                    seen.add(line)
                    more = {c for c in (self.total[line], *self.parts[line].tolist()) if hidden[c]} - reach
                    reach |= more
                    left += more
        return np.array(sorted(reach), dtype=np.intp)


def bounds(
    n: ArrayLike,
    hidden: ArrayLike,
    sums: Iterable[Sum] | Lines,
    cell: int,
    *,
    low: ArrayLike = 0,
    high: ArrayLike = np.inf,
) -> tuple[float, float]:
    """The least and the greatest number that a hidden entry can hold, as far as a reader can know.

    `low`, `high`: what every entry (entries,) is known to lie between besides, as 1 and N.
    """
    from scipy.optimize import linprog  # seldom needed, and as long to import as a page takes

    size, gone = np.asarray(n, dtype=np.float64), np.asarray(hidden, dtype=bool)
    lines = sums if isinstance(sums, Lines) else Lines.read(sums)
    reach = lines.component(gone, cell)
    rows = sorted({line for c in reach.tolist() for line, _ in lines.of.get(c, ())})
    number = {line: k for k, line in enumerate(rows)}
    matrix = np.zeros((len(rows), len(reach)))
    for k, c in enumerate(reach.tolist()):
        for line, sign in lines.of.get(c, ()):
            matrix[number[line], k] = sign
    goal = (reach == cell).astype(np.float64)
    span = np.column_stack([np.broadcast_to(np.asarray(x, dtype=np.float64), size.shape)[reach] for x in (low, high)])
    ends = []
    for way in (1.0, -1.0):
        tied = (matrix, matrix @ size[reach]) if rows else (None, None)  # what the shown entries leave for the hidden
        found = linprog(way * goal, A_eq=tied[0], b_eq=tied[1], bounds=span, method="highs")
        ends.append(way * float(found.fun) if found.status == 0 else np.inf)
    return ends[0], ends[1]


class Attack:
    """A table with hidden entries as its reader sees it.

    `low`, `high`: (entries,) what every entry is known to lie between besides the sums: 0 and nothing when not given.
    """

    def __init__(
        self, size: Whole, hidden: Flags, lines: Lines, *, low: Whole | None = None, high: Whole | None = None
    ) -> None:
        self._size, self._hidden, self._lines = size, hidden.copy(), lines
        self._low = np.zeros_like(size) if low is None else low
        self._high = np.full_like(size, MOST) if high is None else high
        self._down, self._up = size - self._low, np.minimum(self._high - size, MOST)
        self._at: dict[int, list[int]] = {}
        for cell in np.flatnonzero(hidden).tolist():
            self.hide(cell)

    def hide(self, cell: int) -> None:
        """Hide one more entry. Ranges can only become wider."""
        self._hidden[cell] = True
        sums = self._lines.of.get(cell, [])
        for line, _ in sums:
            self._at.setdefault(line, []).append(cell)
        if len(sums) == 1:
            self._at.setdefault(_OUT, []).append(cell)

    def wide(self, cell: int, least: int) -> bool:
        """Whether a hidden entry can still be any of a range of numbers at least `least` wide."""
        sums = self._lines.of.get(cell, [])
        if not sums:
            return True
        if self._lines.simple:
            if len(sums) == 2 and self._squares(cell, least) >= least:
                return True
            found, certain = self._range(cell, least)
            if found >= least or certain:
                return found >= least
        ends = {"low": self._low, "high": np.where(self._high >= MOST, np.inf, self._high)}
        low, high = bounds(self._size, self._hidden, self._lines, cell, **ends)
        return high - low >= least - 1e-6

    def wide_by_squares(self, cell: int, least: int) -> bool:
        """Whether squares alone make a hidden entry wide; False where others might, or where it is in one sum."""
        return len(self._lines.of.get(cell, [])) == 2 and self._squares(cell, least) >= least

    def _squares(self, cell: int, least: int) -> int:
        """How wide the range is, up to `least`, that chains of four entries give together.

        A bound from below, and quick to have: every square of the entry, one entry more of each of its sums and the
        one that closes it gives as much as those of its entries hold that are lowered; squares share the former.
        """
        line, sign = self._lines.ends
        sides = []
        for k in (0, 1):
            others = self._lines.members[int(line[cell, k])]
            others = others[self._hidden[others] & (others != cell)]
            near = np.where(line[others, 0] == line[cell, k], 0, 1)
            change = -sign[cell, k] * sign[others, near]
            far = line[others, 1 - near]
            far = np.where(self._lines.crossing[line[cell, k], far] == others, far, _OUT)
            rest = np.where(far >= 0, -sign[others, 1 - near] * change, 0)
            sides.append((others, change, far, rest))
        (one, change1, far1, rest1), (two, change2, far2, rest2) = sorted(sides, key=lambda side: len(side[0]))
        last = self._lines.crossing[far1[:, None], far2[None, :]]
        change = rest1[:, None] * self._sign(last, far1[:, None])
        fits = (far1[:, None] >= 0) & (far2[None, :] >= 0) & (last >= 0) & self._hidden[last]
        fits &= change == rest2[None, :] * self._sign(last, far2[None, :])
        width = 0
        for way in (1, -1):
            room = min(least - width, int((self._up if way > 0 else self._down)[cell]))
            if room <= 0:
                continue
            rows, columns, cells = (
                np.minimum(np.where(moved * way < 0, self._down[at], self._up[at]), room)
                for at, moved in ((one, change1), (two, change2), (last, change))
            )
            width += _shared(rows, columns, np.where(fits, cells, 0), room)
        return width

    def _sign(self, cell: Whole, at: Whole) -> Whole:
        """The sign of entries in one of their two sums."""
        line, sign = self._lines.ends
        return np.asarray(np.where(line[cell, 0] == at, sign[cell, 0], sign[cell, 1]), dtype=np.int64)

    def _range(self, cell: int, least: int) -> tuple[int, bool]:
        """How wide the range is, counted up to `least`, and whether that is certain to be all."""
        width, certain = 0, True
        for direction in (1, -1):
            moved: dict[int, int] = {}
            room = min(least - width, int((self._up if direction > 0 else self._down)[cell]))
            while room > 0:
                step, sure = self._push(cell, direction, room, moved)
                certain &= sure
                if not step:
                    break
                width, room = width + step, room - step
        return width, certain

    def _push(self, cell: int, direction: int, room: int, moved: dict[int, int]) -> tuple[int, bool]:
        """Move an entry by up to `room`, making it good along a shortest chain; return the step (0: there is none)."""
        (start, sign), (goal, goal_sign) = (*self._lines.of[cell], (_OUT, 0))[:2]
        came: dict[int, Move] = {}
        owed = {start: -sign * direction}
        left, sure = deque([start]), True
        while left:
            node = left.popleft()
            for other in self._at[node]:
                if other == cell:
                    continue
                for change, far, rest in self._moves(other, node, owed[node]):
                    if self._slack(other, change, moved) <= 0:
                        continue
                    if far == goal:
                        if goal == _OUT or rest == goal_sign * direction:
                            return self._settle(came, (other, change, node), start, room, moved), True
                        sure = False
                    elif far not in owed:
                        owed[far], came[far] = rest, (other, change, node)
                        left.append(far)
                    elif owed[far] != rest and far != _OUT:
                        sure = False
        return 0, sure

    def _slack(self, cell: int, change: int, moved: dict[int, int]) -> int:
        """How far an entry can still go up or down."""
        here = moved.get(cell, 0)
        return int(self._up[cell]) - here if change > 0 else int(self._down[cell]) + here

    def _moves(self, cell: int, node: int, owed: int) -> list[tuple[int, int, int]]:
        """How an entry can give a sum what it is owed: its change, its other sum, and what that is owed then."""
        sums = self._lines.of[cell]
        if node == _OUT:
            line, sign = sums[0]
            return [(change, line, -sign * change) for change in (1, -1)]
        sign = next(s for line, s in sums if line == node)
        change = owed * sign
        far, far_sign = next(((line, s) for line, s in sums if line != node), (_OUT, 0))
        return [(change, far, -far_sign * change)]

    def _settle(self, came: dict[int, Move], last: Move, start: int, room: int, moved: dict[int, int]) -> int:
        """Carry out a chain found, as far as its entries allow; return how far."""
        chain, (cell, change, node) = [last[:2]], last
        while node != start:
            cell, change, node = came[node]
            chain.append((cell, change))
        step = min([room, *(self._slack(c, d, moved) for c, d in chain)])
        for c, d in chain:
            moved[c] = moved.get(c, 0) + d * step
        return step


def _shared(rows: Whole, columns: Whole, cells: Whole, room: int) -> int:
    """How much, up to `room`, can pass a table of which rows, columns and cells hold no more than given.

    Filled row by row, which need not be the most there is.
    """
    passed, left = 0, columns
    for row, most in zip(cells, rows.tolist(), strict=True):
        wanted = min(most, room - passed)
        free = np.minimum(row, left)
        taken = np.clip(wanted - (np.cumsum(free) - free), 0, free)
        left, passed = left - taken, passed + int(taken.sum())
        if passed == room:
            break
    return passed


def recompute(
    table: pd.DataFrame, population: pd.DataFrame | None, scheme: Scheme, rules: Rules
) -> NDArray[np.float64]:
    """Each row's index, worked out from what is printed in the table and N alone; NaN where it is not shown.

    `table`: of `scoring.table.score_table` by agency and service, under rules with `pooling`; `population`: `agency`,
    `service`, `N`. A reader can do this with a spreadsheet, for `top2` or level shares of province by transactions:
    shown services are strata of their own, what is left of a total is one. Independent of `scoring.pooling`.
    """
    reader = _Reader(table, population, scheme, rules)
    rows = zip(table["agency"], table["service"], table["level"], table["key"], strict=True)
    found = [reader.index(a, s, figure(scheme, rules, level, key)) for a, s, level, key in rows]
    return np.where(table["index"].isna(), np.nan, np.array(found, dtype=np.float64))


class _Reader:
    """Somebody with the printed table and the transactions."""

    def __init__(self, table: pd.DataFrame, population: pd.DataFrame | None, scheme: Scheme, rules: Rules) -> None:
        self._scheme = scheme
        self._levels = [int(k) for k in rules.statistic.removeprefix("level")] if "level" in rules.statistic else [4, 5]
        shown = table[table["status"] != "suppressed"]
        self._counts: dict[tuple[str, str], Printed] = {}
        for row in shown[["agency", "service", "level", "key", "n", *(f"c{k}" for k in range(1, 6))]].itertuples(
            index=False, name=None
        ):
            self._counts.setdefault(row[:2], {})[row[2:4]] = np.array(row[4:], dtype=np.float64)
        everything = {place for place, counts in self._counts.items() if len(counts) == len(scheme.levels)}
        self._counts = {place: counts for place, counts in self._counts.items() if place in everything}
        self._transactions: dict[tuple[str, str], float] | None = None
        if population is not None:
            self._transactions = {}
            for a, s, size in population[["agency", "service", "N"]].itertuples(index=False, name=None):
                self._transactions[a, s] = self._transactions.get((a, s), 0.0) + float(size)
        self._hidden = set(table.loc[table["status"] == "suppressed", ["agency", "service"]].itertuples(False, None))
        self._notes = dict(zip(zip(table["agency"], table["service"], strict=True), table["warnings"], strict=True))

    def index(self, agency: str, service: str, wanted: Figure) -> float:
        """One figure in percentage points."""
        place = (agency, service)
        if place not in self._counts:
            return np.nan
        lots = self._lots(agency, service)
        value = 0.0
        for part in wanted.parts:
            above = below = 0.0
            for weight, counts in lots:
                answers = np.sum([counts["item", self._scheme.codes[i]][1:] for i in part.items], axis=0)
                above += weight * sum(answers[k - 1] for k in self._levels)
                below += weight * answers.sum()
            value += part.weight * above / below if below else np.nan
        return 100 * value

    def _lots(self, agency: str, service: str) -> list[tuple[float, Printed]]:
        """The weight and the counts of what a place is made of, as far as it is printed, and of the rest."""
        whole = self._counts[agency, service]
        if self._transactions is None or (agency and (service or "equal" in self._note(agency))):
            return [(1.0, whole)]
        if "no_population" in self._note(agency):
            return [(1.0, whole)]
        inside = self._inside(self._counts, agency, service)
        lots = [(self.own_weight(*p), p, self._counts[p]) for p in inside]
        if agency:
            return self._agency(agency, [(w, c) for w, _, c in lots])
        if service:
            return self._with_rest([(w, c) for w, _, c in lots], whole, self._inside(self._hidden, agency, service))
        return self._province([(p[0], w, c) for w, p, c in lots])

    def _agency(self, agency: str, lots: list[tuple[float, Printed]]) -> list[tuple[float, Printed]]:
        """The lots of an agency: its shown services, and the rest of it."""
        found = self._with_rest(lots, self._counts[agency, ""], self._inside(self._hidden, agency, ""))
        _, unknown = self._spread(agency)
        return [*lots, (unknown, found[-1][1])] if unknown and len(found) > len(lots) else found

    def _province(self, lots: list[tuple[str, float, Printed]]) -> list[tuple[float, Printed]]:
        """The lots of the province: of every shown agency, and what is left of hidden ones together."""
        found = []
        for a in sorted({p[0] for p in self._counts if p[0] and not p[1]}):
            own = [(w, c) for agency, w, c in lots if agency == a]
            if "no_population" in self._note(a):
                continue
            if "equal" in self._note(a):
                total = sum(size for (x, _), size in (self._transactions or {}).items() if x == a)
                n = self._n(self._counts[a, ""])
                found.append((max(total, n) / max(n, 1), self._counts[a, ""]))
            else:
                found += self._agency(a, own)
        shown = {p[0] for p in self._counts if p[0] and not p[1]}
        found += [(w, c) for agency, w, c in lots if agency not in shown]
        rest = [p for p in self._inside(self._hidden, "", "") if p[0] not in shown]
        return self._with_rest(found, self._counts["", ""], rest)

    def _with_rest(
        self,
        lots: list[tuple[float, Printed]],
        whole: Printed,
        hidden: Iterable[tuple[str, str]],
    ) -> list[tuple[float, Printed]]:
        """The lots with what is left of the whole, by subtraction, as one more."""
        rest = {
            key: counts - np.sum([np.zeros(6), *(c[key] for _, c in lots)], axis=0) for key, counts in whole.items()
        }
        n = self._n(rest)
        total = sum((self._transactions or {}).get(p, 0.0) for p in hidden)
        return [*lots, (max(total, n) / n, rest)] if n else lots

    def _spread(self, agency: str) -> tuple[float, float]:
        """How much of their weight an agency's services keep, and the weight of those whose service is unknown.

        These stand for their share of the agency's transactions, where all its services are shown.
        """
        if "service_spread" not in self._note(agency) or any(p[0] == agency and p[1] for p in self._hidden):
            return 1.0, 0.0
        n = self._n(self._counts[agency, ""])
        named = [p for p in self._counts if p[0] == agency and p[1]]
        total = sum(self.transactions(*p) for p in named if self._n(self._counts[p]))
        return sum(self._n(self._counts[p]) for p in named) / n, total / n

    def _inside(self, places: Iterable[tuple[str, str]], agency: str, service: str) -> list[tuple[str, str]]:
        """The services of agencies that a place is made of."""
        return [
            p
            for p in places
            if p[0] and p[1] and agency in ("", p[0]) and service in ("", p[1])
            if agency or "no_population" not in self._note(p[0])
        ]

    def own_weight(self, agency: str, service: str) -> float:
        """The weight of a shown service."""
        counts, total = self._counts[agency, service], (self._transactions or {}).get((agency, service), 0.0)
        n = self._n(counts)
        if "equal" in self._note(agency) and (agency, "") in self._counts:
            n = self._n(self._counts[agency, ""])
            total = sum(size for (a, _), size in (self._transactions or {}).items() if a == agency)
        return max(total, n) / max(n, 1) * (self._spread(agency)[0] if (agency, "") in self._counts else 1.0)

    @property
    def shown(self) -> frozenset[tuple[str, str]]:
        """Places with all their figures."""
        return frozenset(self._counts)

    @property
    def hidden(self) -> frozenset[tuple[str, str]]:
        """Places that are hidden."""
        return frozenset(self._hidden)

    def counts(self, agency: str, service: str) -> Printed:
        """What a shown place prints."""
        return self._counts[agency, service]

    def stratum(self, place: tuple[str, str]) -> ShownPart:
        """What a shown place prints, as an attacker takes it in."""
        counts = self._counts[place]
        items = np.array([counts["item", code][1:] for code in self._scheme.codes])
        return ShownPart(
            self.transactions(*place),
            round(self._n(counts)),
            np.asarray(np.rint(items.sum(axis=1)), dtype=np.int64),
            np.asarray(np.rint(items[:, [k - 1 for k in self._levels]].sum(axis=1)), dtype=np.int64),
        )

    def transactions(self, agency: str, service: str) -> float:
        """N of a service of an agency, 0 where unknown."""
        return (self._transactions or {}).get((agency, service), 0.0)

    def _note(self, agency: str) -> str:
        return str(self._notes.get((agency, ""), ""))

    @staticmethod
    def _n(counts: Printed) -> float:
        return float(counts["overall", "all"][0])


@dataclass(frozen=True, eq=False)
class ShownPart:
    """A place that a total shows apart: what it prints."""

    #: transactions and respondents
    population: float
    n: int
    #: (items,) answers that are valid, and that are 4 or 5
    valid: Whole
    satisfied: Whole


@dataclass(frozen=True, eq=False)
class Row:
    """One printed figure of a total, numbers in percentage points as they stand there; NaN what is not printed."""

    level: str
    #: positions of the items it is made of
    items: tuple[int, ...]
    index: float
    se: float = np.nan
    lo: float = np.nan
    hi: float = np.nan
    df: float = np.nan
    n_eff: float = np.nan


@dataclass(frozen=True, eq=False)
class Rest:
    """The hidden places of one shown total, as far as a reader of its table and of N knows them."""

    #: agency and service of the total
    total: tuple[str, str]
    #: agency and service of each hidden place, and its transactions
    places: tuple[tuple[str, str], ...]
    population: tuple[float, ...]
    #: respondents of all hidden places together
    n: int
    #: (items,) their answers together that are valid, and that are 4 or 5
    valid: Whole
    satisfied: Whole
    shown: tuple[ShownPart, ...]
    printed: tuple[Row, ...]


@dataclass(frozen=True)
class Left:
    """What a hidden place can still be: respondents, and valid and satisfied answers to each item."""

    n: frozenset[int]
    valid: tuple[frozenset[int], ...]
    satisfied: tuple[frozenset[int], ...]


def rests(table: pd.DataFrame, population: pd.DataFrame, scheme: Scheme, rules: Rules, most: int = 2) -> list[Rest]:
    """The agencies and services of a score table that are shown, but for 2 to `most` of their parts."""
    reader = _Reader(table, population, scheme, rules)
    found = []
    for agency, service in sorted(p for p in reader.shown if bool(p[0]) != bool(p[1])):

        def inside(p: tuple[str, str], a: str = agency, s: str = service) -> bool:
            return bool(p[0] and p[1]) and a in ("", p[0]) and s in ("", p[1])

        hidden = sorted(p for p in reader.hidden if inside(p) and reader.transactions(*p) > 0)
        parts = sorted(p for p in reader.shown if inside(p))
        if not 2 <= len(hidden) <= most or len(hidden) < sum(inside(p) for p in reader.hidden):
            continue
        if any(reader.transactions(*p) <= 0 for p in parts):
            continue
        strata = tuple(reader.stratum(p) for p in parts)
        whole = reader.stratum((agency, service))
        columns = ["level", "key", "index", "se", "lo", "hi", "df", "n_eff"]
        rows = table[(table["agency"] == agency) & (table["service"] == service) & table["index"].notna()]
        found.append(
            Rest(
                (agency, service),
                tuple(hidden),
                tuple(reader.transactions(*p) for p in hidden),
                whole.n - sum(s.n for s in strata),
                np.asarray(whole.valid - sum(s.valid for s in strata)),
                np.asarray(whole.satisfied - sum(s.satisfied for s in strata)),
                strata,
                tuple(
                    Row(level, scheme.levels[level, key], *(np.nan if pd.isna(x) else float(x) for x in numbers))
                    for level, key, *numbers in rows[columns].astype(object).itertuples(index=False, name=None)
                ),
            )
        )
    return found


def search(
    rest: Rest, *, pooled: bool, indices: bool = True, errors: bool = True, within: float = 1e-9
) -> tuple[Left, ...]:
    """What each hidden place can be, by exact search: every whole number is tried.

    A candidate gives each place 1 to N respondents, no more valid answers to an item than respondents, no more
    satisfied ones than valid, and the sums of all places. With `indices` it must give the printed indices to `within`
    points, with `errors` also the printed standard errors, degrees of freedom, effective answers and intervals: items
    for themselves, joined by the numbers of respondents, and (indices only: errors of several items need how the
    answers of a person go together, which no table prints) added up to elements, aspects and the overall index.
    `pooled` says by which rule they were made: with ΣN/Σn for all hidden places, or N/n for each. The index of the
    whole is pooled answers, `top2`; intervals are those of `auto`, errors those without clusters.
    """
    size = len(rest.population)
    left = [(set[int](), [set[int]() for _ in rest.valid], [set[int]() for _ in rest.valid]) for _ in range(size)]
    fits_all = False
    for n in _compositions(rest.n, [max(int(N), 1) for N in rest.population]):
        hidden = _Lots.of(rest, n, pooled)
        candidates = [_answers(rest, i, n) for i in range(len(rest.valid))]
        if (indices or errors) and not fits_all:
            candidates = _fitting(rest, candidates, hidden, indices, errors, within)
            # Of one weight, places give the same figures whatever each of them holds: one candidate tells of all.
            fits_all = pooled and all(map(len, candidates))
        if not all(len(found) for found in candidates):
            continue
        for place, (sizes, valid, satisfied) in enumerate(left):
            sizes.add(n[place])
            for i, found in enumerate(candidates):
                valid[i] |= set(found[:, place, 0].tolist())
                satisfied[i] |= set(found[:, place, 1].tolist())
    return tuple(Left(frozenset(n), tuple(map(frozenset, b)), tuple(map(frozenset, a))) for n, b, a in left)


def _compositions(total: int, most: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield all ways to share a total among places that have 1 to `most` each."""
    if len(most) == 1:
        if 1 <= total <= most[0]:
            yield (total,)
        return
    for first in range(1, min(most[0], total - len(most) + 1) + 1):
        for others in _compositions(total - first, most[1:]):
            yield (first, *others)


def _answers(rest: Rest, item: int, n: tuple[int, ...]) -> Whole:
    """All (valid, satisfied) answers to an item that sums leave the places, (candidates, places, 2)."""
    total = np.array([rest.valid[item], rest.satisfied[item]])
    found = np.zeros((1, 0, 2), dtype=np.int64)
    for size in n[:-1]:
        b, a = (x.ravel() for x in np.meshgrid(*(np.arange(min(size, t) + 1) for t in total.tolist()), indexing="ij"))
        one = np.stack([b, a], axis=1)[a <= b]
        old, new = np.repeat(np.arange(len(found)), len(one)), np.tile(np.arange(len(one)), len(found))
        found = np.concatenate([found[old], one[new][:, None, :]], axis=1)
        left = total - found.sum(axis=1)
        found = found[(left[:, 1] >= 0) & (left[:, 0] >= left[:, 1])]
    last = total - found.sum(axis=1)
    fits = (last[:, 1] >= 0) & (last[:, 1] <= last[:, 0]) & (last[:, 0] <= n[-1])
    return np.concatenate([found[fits], last[fits][:, None, :]], axis=1)


@dataclass(frozen=True, eq=False)
class _Lots:
    """The strata of a total under one candidate: those shown, then the hidden places, together or apart."""

    #: (strata,) respondents, weight, sampling fraction
    n: NDArray[np.float64]
    weight: NDArray[np.float64]
    fraction: NDArray[np.float64]
    #: the shown strata, and whether the hidden places are one stratum
    shown: tuple[ShownPart, ...]
    pooled: bool

    @classmethod
    def of(cls, rest: Rest, n: tuple[int, ...], pooled: bool) -> _Lots:
        """The strata with these respondents at the hidden places."""
        hidden = [(rest.n, sum(rest.population))] if pooled else list(zip(n, rest.population, strict=True))
        pairs = [*((s.n, s.population) for s in rest.shown if s.n), *hidden]
        size, total = (np.array([pair[k] for pair in pairs], dtype=np.float64) for k in (0, 1))
        total = np.maximum(total, size)
        return cls(size, total / size, size / total, tuple(s for s in rest.shown if s.n), pooled)

    def counts(self, found: Whole, items: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(candidates, strata) valid and satisfied answers to some items, `found`: of the hidden places."""
        hidden = found.sum(axis=1, keepdims=True) if self.pooled else found
        parts = []
        for k, name in enumerate(("valid", "satisfied")):
            own = np.array([getattr(s, name)[list(items)].sum() for s in self.shown], dtype=np.float64)
            parts.append(np.concatenate([np.broadcast_to(own, (len(found), len(own))), hidden[:, :, k]], axis=1))
        return parts[0], parts[1]


def _fitting(
    rest: Rest, candidates: list[Whole], lots: _Lots, indices: bool, errors: bool, within: float
) -> list[Whole]:
    """The candidates that items' figures allow; none at all if no sum of them gives a wider index."""
    own = {row.items[0]: row for row in rest.printed if row.level == "item"}
    candidates = [
        found[_gives(lots, (i,), found, own[i], indices, errors, within)] if i in own else found
        for i, found in enumerate(candidates)
    ]
    for row in rest.printed:
        parts = [candidates[i] for i in row.items]
        if row.level == "item" or not indices or not all(map(len, parts)):
            continue
        sums = np.sum([found[:1] for found in parts], axis=0) if lots.pooled else _set_sum(parts)
        if sums is not None and not _gives(lots, row.items, sums, row, True, False, within).any():
            return [found[:0] for found in candidates]
    return candidates


def _gives(
    lots: _Lots, items: tuple[int, ...], found: Whole, row: Row, indices: bool, errors: bool, within: float
) -> Flags:
    """Which candidates (candidates,) give what a row prints."""
    valid, satisfied = lots.counts(found, items)
    below = valid @ lots.weight
    value = np.divide(satisfied @ lots.weight, below, out=np.full(len(found), np.nan), where=below > 0)
    fits: Flags = np.ones(len(found), dtype=np.bool_)
    if indices:
        fits &= np.abs(100 * value - row.index) <= within
    if errors and fits.any():
        at = np.flatnonzero(fits)
        numbers = _errors(lots, valid[at], satisfied[at], value[at], below[at])
        for name, number in numbers.items():
            printed = getattr(row, name)
            if not np.isnan(printed):
                scale = max(1.0, abs(printed)) if name == "n_eff" else 1.0  # which can be very large
                fits[at] &= np.abs(number - printed) <= within * scale
    return fits


def _errors(
    lots: _Lots,
    valid: NDArray[np.float64],
    satisfied: NDArray[np.float64],
    value: NDArray[np.float64],
    below: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """What an item's row prints besides its index, for each candidate: a reader's own arithmetic.

    Formulas of docs/methodology.md: Taylor's linearisation of a ratio, strata of one respondent centred at 0, Kish's
    design effect, and the interval on the number of answers.
    """
    w, f, n = lots.weight, lots.fraction, lots.n
    p, total = value[:, None], below[:, None]
    squares = (w / total) ** 2 * (satisfied * (1 - p) ** 2 + (valid - satisfied) * p**2)
    sums = w / total * (satisfied - p * valid)
    alone = n == 1
    spread = np.where(alone, squares, n / np.where(alone, 1, n - 1) * (squares - sums**2 / n))
    var = (spread * np.where(1 - f < 1e-12, 0.0, 1 - f)).sum(axis=1)
    spare = np.where(alone, (1 - f) * np.maximum((w * valid / total) ** 2 / 4 - sums**2, 0.0), 0.0).sum(axis=1)
    answers, df = valid.sum(axis=1), valid.sum(axis=1) - (valid > 0).sum(axis=1)
    kish = below**2 / (valid @ w**2)
    least = satisfied @ (w * f) / below
    most = least + (below - valid @ (w * f)) / below
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = var / (value * (1 - value) / np.maximum(answers - 1, 1))
        lo, hi = interval(
            value, np.sqrt(var + spare), answers, df, "jeffreys", n_kish=kish, answers=answers, possible=(least, most)
        )
        return {"se": 100 * np.sqrt(var), "df": df, "n_eff": answers / effect, "lo": 100 * lo, "hi": 100 * hi}


LARGEST = 2_000_000
"""Sums of candidates beyond which a wider index is not searched: the attack is then weaker, never wrong."""


def _set_sum(candidates: list[Whole]) -> Whole | None:
    """All sums of one candidate of each item, (sums, places, 2); None where there are too many to try.

    The last place has what the others leave, so that it need not be summed.
    """
    own = [found[:, :-1, :].reshape(len(found), -1) for found in candidates]
    whole = np.sum([found[0].sum(axis=0) for found in candidates], axis=0)
    shape = tuple(sum(int(found[:, k].max()) for found in own) + 1 for k in range(own[0].shape[1]))
    if np.prod(shape, dtype=np.float64) > LARGEST:
        return None
    there = np.zeros(shape)
    there[(0,) * len(shape)] = 1.0
    for found in own:
        one = np.zeros(shape)
        one[tuple(found.T)] = 1.0
        ways = np.fft.irfftn(np.fft.rfftn(there) * np.fft.rfftn(one), s=shape, axes=range(len(shape)))
        there = (ways > 0.5).astype(np.float64)  # nothing wraps: the shape holds the largest sum
    sums = np.argwhere(there > 0).astype(np.int64).reshape(-1, candidates[0].shape[1] - 1, 2)
    return np.concatenate([sums, (whole - sums.sum(axis=1))[:, None, :]], axis=1)


def cells_of_a_breakdown(
    weight: tuple[float, float], valid: Whole, satisfied: Whole, group: tuple[int, int], index: float, within: float
) -> Whole:
    """What a group of a breakdown can have in the first of two services, (candidates, 2) valid and satisfied.

    `weight`: N/n of the two services, whose counts are printed: `valid`, `satisfied` (2,) answers to an item. `group`:
    printed valid and satisfied answers of the group in both together; `index`: its printed index.
    """
    b, a = (x.ravel() for x in np.meshgrid(np.arange(group[0] + 1), np.arange(group[1] + 1), indexing="ij"))
    others, satisfied_others = group[0] - b, group[1] - a
    possible = (a <= b) & (satisfied_others <= others) & (b <= valid[0]) & (others <= valid[1])
    for k, (x, y) in enumerate(((b, a), (others, satisfied_others))):
        possible &= (y <= satisfied[k]) & (x - y <= valid[k] - satisfied[k])
    below = weight[0] * b + weight[1] * others
    value = 100 * (weight[0] * a + weight[1] * satisfied_others) / np.where(below > 0, below, np.nan)
    return np.asarray(np.stack([b, a], axis=1)[possible & (np.abs(value - index) <= within)], dtype=np.int64)
