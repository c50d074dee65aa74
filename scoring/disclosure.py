"""What may be shown: small groups hidden, and enough besides that subtraction does not bring them back.

A published table obeys sums: an agency is the sum of its services, the province that of its agencies, the answers of
an element are those of its items. Whoever knows all entries of a sum but one knows that one. `protect` hides every
group of 1 to `min_n` - 1 respondents and then, sum by sum, the smallest entries that help, until (a) no sum has a
single hidden entry, (b) hidden parts of a shown total make at least `min_n` respondents together, and (c) the range of
every hidden number that all the sums and "not below 0" allow is at least `min_n` wide (`scoring.attack`). A group of 0
hides nothing.

`protect_table` does so for a table of figures. A place of which one figure must go is hidden whole, its zeros too: a
shown "nobody answered this" would give all hidden answers to it to the place's neighbour. Of the respondents of a
hidden place `min_n` numbers must be left between 1 and its N; where N is smaller, as many as there are.
Rules from before `pooling` hide figure by figure: figures that add up to one (the items of an element) together or not
at all, and zeros never.

Source: Willenborg & de Waal, *Elements of Statistical Disclosure Control* (2001), ch. 8 (secondary suppression).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.attack import MOST, Attack, Flags, Lines, Sum, Whole
from scoring.scheme import DataError, Rules, Scheme

SUPPRESSED = "suppressed"
HIDDEN = ("valid", "c1", "c2", "c3", "c4", "c5", "index", "se", "df", "lo", "hi", "n_eff", "deff", "deff_plan")
"""Columns blanked where a figure is hidden, besides n."""
TELLTALE = frozenset({"lonely_psu", "population_below_sample"})
"""Warnings that tell how many respondents there are."""
ZEROS = frozenset({"renormalised"})
"""Warnings that tell where nobody answered."""


@dataclass(frozen=True)
class DisclosureRule:
    """The one rule of pages, exports, API, comments and trends."""

    #: groups of fewer respondents are not shown at all (anonymity)
    min_n: int = 5
    #: below this many respondents an index is shown without interval and rank (quality)
    min_n_quality: int = 30
    #: an interval this wide or wider, in percentage points, is not shown
    max_width: float = 30.0
    #: a place hidden for one figure is hidden for all, zeros included (`Rules.pooling`)
    whole: bool = True

    @classmethod
    def of(cls, rules: Rules) -> DisclosureRule:
        """The rule of a round."""
        return cls(rules.min_n, rules.min_n_interval, rules.max_width, rules.pooling)

    def shows(self, n: int) -> bool:
        """Whether figures, comments or a trend point of n respondents may be shown by themselves."""
        return n == 0 or n >= self.min_n

    def shows_interval(self, n: int, width: float) -> bool:
        """Whether an interval `width` percentage points wide, and a rank, may be shown for n respondents."""
        return self.shows(n) and n >= self.min_n_quality and width < self.max_width


def may_show(n: int, rules: Rules) -> bool:
    """Whether what n respondents said may be shown by itself, under the rules of a round."""
    return DisclosureRule.of(rules).shows(n)


def protect_groups(n: ArrayLike, rule: DisclosureRule | None = None, *, least: int = 0) -> Flags:
    """Which groups (groups,) must be hidden when they are all of a total that is shown.

    `n`: respondents of each, every respondent in one group; `least`: groups below this are hidden in any case. Whoever
    subtracts the shown groups from the total finds the hidden ones together: the next smallest are hidden with them
    until they are two or more and have `min_n` respondents. Groups of 0 are never hidden.
    """
    size, rule = np.asarray(n, dtype=np.int64), rule or DisclosureRule()
    if (size < 0).any():
        raise DataError("respondents must not be negative")
    hidden = (size > 0) & (size < max(rule.min_n, least))
    for k in np.argsort(size, kind="stable"):
        if not hidden.any() or (hidden.sum() > 1 and size[hidden].sum() >= rule.min_n):
            break
        hidden[k] = hidden[k] or size[k] > 0
    return hidden


def protect(n: ArrayLike, sums: Iterable[Sum], rule: DisclosureRule | None = None) -> Flags:
    """Which of the cells (cells,) must be hidden. `n`: respondents of each cell; `sums`: see `Sum`.

    Raises `DataError` when a total is not the sum of its parts or n is negative.
    """
    size, rule, lines = np.asarray(n, dtype=np.int64), rule or DisclosureRule(), Lines.read(sums)
    for total, parts in zip(lines.total, lines.parts, strict=True):
        if size[total] != size[parts].sum():
            raise DataError(f"cell {total} has {size[total]} respondents, its parts {size[parts].sum()}")
    if (size < 0).any():
        raise DataError("respondents must not be negative")
    return _protected(_Cells(size, size > 0, lines, rule.min_n), (size > 0) & (size < rule.min_n))


def sums_of(keys: pd.DataFrame, parents: Mapping[str, str] | None = None) -> list[Sum]:
    """The sums among rows whose key columns are a name or "" (all of it), every combination distinct.

    For every column, the row with "" is the sum of the rows that have a name there and the same elsewhere. `parents`:
    the agency above each agency, where the rows of an agency above count the agencies below it as well; these then are
    its parts, and what stands highest are the parts of the whole.
    """
    rows = [tuple(row) for row in keys.astype(str).itertuples(index=False, name=None)]
    place = {row: k for k, row in enumerate(rows)}
    if len(place) < len(rows):
        raise DataError("every combination of keys must be given once")
    found: list[Sum] = []
    for column, name in enumerate(keys.columns):
        above = (parents or {}) if name == "agency" else {}
        parts: dict[int, list[int]] = {}
        for row, k in place.items():
            total = place.get((*row[:column], above.get(row[column], ""), *row[column + 1 :]))
            if row[column] and total is not None:
                parts.setdefault(total, []).append(k)
        found += parts.items()
    return found


def protect_table(
    table: pd.DataFrame,
    rule: DisclosureRule | None = None,
    by: Sequence[str] = ("agency", "service"),
    scheme: Scheme | None = None,
    parents: Mapping[str, str] | None = None,
    *,
    known: ArrayLike | None = None,
    gone: ArrayLike | None = None,
) -> Flags:
    """Which rows of a score table (n still in it) must be hidden; places are sums over `by`, see `sums_of`.

    What the places leave unnamed (responses without a service, without a counter) is a place like the others, known by
    subtraction unless something is hidden with it; agencies without N are in no sum of agencies. A column `population`
    has each place's N, which bounds what a reader can think of it. `known`, `gone`: rows (rows,) that another table
    tells whatever is hidden here, and rows that are hidden in any case.
    Under `whole` all rows of a place go, or none; under the older rule figures add up to one another by `scheme`
    (without one, each is a table of its own), and rows of nobody stay.
    """
    rule = rule or DisclosureRule()
    number = table["n"].to_numpy(dtype=np.int64)
    none = np.zeros(len(table), dtype=np.bool_)
    disclosed, lost = (none if x is None else np.asarray(x, bool) for x in (known, gone))
    hidden = lost & ((number > 0) | rule.whole)
    if not rule.whole and not (hidden | ((number > 0) & (number < rule.min_n))).any():
        return hidden
    place = table.groupby(list(by), sort=False).ngroup().to_numpy()
    figure, names = pd.factorize(pd.MultiIndex.from_frame(table[["level", "key"]]))
    first = np.unique(place, return_index=True)[1]
    size = np.zeros((len(first), len(names)), dtype=np.int64)
    begun, fixed = np.zeros(size.shape, dtype=np.bool_), np.zeros(size.shape, dtype=np.bool_)
    size[place, figure], begun[place, figure], fixed[place, figure] = number, hidden, disclosed
    keys = table.iloc[first][list(by)].reset_index(drop=True)
    alone = table.iloc[first]["warnings"].str.contains("no_population").to_numpy() if "warnings" in table else None
    if rule.whole:
        most = table["population"].to_numpy(dtype=np.float64)[first] if "population" in table else None
        return protect_places(
            keys,
            size,
            rule,
            alone=alone,
            population=most,
            parents=parents,
            known=np.asarray(fixed.any(axis=1)),
            gone=np.asarray(begun.any(axis=1)),
        )[place]
    lines = Lines.read(_without(sums_of(keys, parents), keys, alone))
    _hide_figures(size, begun, fixed, lines, rule.min_n, _units(list(names), scheme))
    return np.asarray(begun[place, figure] & (number > 0), dtype=np.bool_)


def protect_places(
    keys: pd.DataFrame,
    size: Whole,
    rule: DisclosureRule,
    *,
    alone: Flags | None = None,
    population: NDArray[np.float64] | None = None,
    parents: Mapping[str, str] | None = None,
    known: Flags | None = None,
    gone: Flags | None = None,
) -> Flags:
    """Which places (places,) must be hidden under `DisclosureRule.whole`; see `protect_table`.

    `keys`: what names each place; `size`: (places, figures) respondents; `alone`: places without N (places,).
    """
    none = np.zeros(len(size), dtype=np.bool_)
    start, fixed = (none if flags is None else flags for flags in (gone, known))
    keys, rests = _unnamed(keys, size, alone, parents)
    small = (size > 0) & (size < rule.min_n)
    if not (start.any() or small.any() or ((rests > 0) & (rests < rule.min_n)).any()):
        return none
    more = len(rests)
    most = np.full(len(size) + more, np.nan)
    if population is not None:
        most[: len(size)] = population
    start, fixed = (np.pad(flags, (0, more)) for flags in (start, fixed))
    apart = None if alone is None else np.pad(alone, (0, more))
    lines = Lines.read(_without(sums_of(keys, parents), keys, apart))
    return _hide_places(np.concatenate([size, rests]), start, fixed, lines, rule.min_n, most)[: len(size)]


UNNAMED = "\N{REPLACEMENT CHARACTER}"
"""Stands in a key column for those of a total whom none of its rows names."""


def _unnamed(
    keys: pd.DataFrame, size: Whole, alone: Flags | None, parents: Mapping[str, str] | None
) -> tuple[pd.DataFrame, Whole]:
    """The places' keys with a row more for each total whose parts do not make it up, and those rows' sizes.

    `size`: (places, figures) respondents. An agency that has others below it is a total of these and of itself, which
    no row tells apart: with `parents` agencies are not looked at.
    """
    rows, sizes = [tuple(row) for row in keys.astype(str).itertuples(index=False, name=None)], list(size)
    apart = {k for k, one in enumerate(alone) if one} if alone is not None else set()
    for column, name in enumerate(keys.columns):
        if name == "agency" and parents:
            continue
        place = {row: k for k, row in enumerate(rows)}
        left: dict[tuple[str, ...], Whole] = {}
        for row, k in place.items():
            total = (*row[:column], "", *row[column + 1 :])
            if row[column] and total in place and not (name == "agency" and k in apart):
                left[total] = left.get(total, sizes[place[total]]) - sizes[k]
        for total, rest in left.items():
            if (rest > 0).any():
                rows.append((*total[:column], UNNAMED, *total[column + 1 :]))
                sizes.append(np.maximum(rest, 0))
    more = np.array(sizes[len(size) :], dtype=np.int64).reshape(-1, size.shape[1])
    return pd.DataFrame(rows, columns=keys.columns), more


def _hide_places(
    size: Whole, gone: Flags, disclosed: Flags, lines: Lines, min_n: int, population: NDArray[np.float64] | None
) -> Flags:
    """The places (places,) that must go with all their figures; `size`: (places, figures) respondents.

    What is hidden must hold for the respondents of the places, of whom a reader knows 1 to N, and for every figure.
    """
    n = size.max(axis=1, initial=0)
    above = np.full(len(n), np.inf) if population is None else np.where(population > 0, population, np.inf)
    high = np.maximum(np.minimum(above, MOST), n).astype(np.int64)
    whole = _Cells.beside(n, disclosed, lines, min_n)
    whole = replace(whole, low=np.minimum(n, 1), high=high, least=np.minimum(min_n - 1, high - np.minimum(n, 1)))
    parts = [figure for figure in np.unique(size, axis=1).T if (figure != n).any()]
    layers = [whole, *(_Cells(n, whole.free & (n > 0), lines, min_n, there=whole.free) for n in parts)]
    hidden: Flags = gone | ((size > 0) & (size < min_n)).any(axis=1)
    figures = np.array(parts, dtype=np.int64).reshape(len(parts), len(n))
    settled: list[Flags] = [np.zeros(len(n), dtype=np.bool_)] * len(layers)  # an entry that is wide stays so
    wide = np.zeros(figures.shape, dtype=np.bool_)
    while any((hidden & ~before).any() for before in settled):
        for k, layer in enumerate(layers):
            if k == 1:
                fresh = hidden & whole.free & ~settled[k]
                wide |= _wide_by_figure(
                    figures, np.where(fresh, ~wide.all(axis=0), fresh), hidden & whole.free, lines, min_n
                )
            hidden = settled[k] = _protected(layer, hidden, settled[k], wide[k - 1] if k else None)
    return hidden


def _wide_by_figure(size: Whole, among: Flags, hidden: Flags, lines: Lines, min_n: int) -> Flags:
    """Which entries `among` the hidden ones are wide (figures, entries), as far as squares of entries tell.

    `size`: (figures, entries). What moves along chains is no more than their entries hold: what is wide by the least
    that any of some figures has of each entry is so in each of these, and only where it is not are they looked at by
    halves.
    """
    wide = np.zeros(size.shape, dtype=np.bool_)
    if not lines.simple or not len(size) or not among.any():
        return wide
    attack = Attack(size.min(axis=0), hidden, lines)
    found = np.zeros(size.shape[1], dtype=np.bool_)
    for cell in np.flatnonzero(among).tolist():
        found[cell] = attack.wide_by_squares(cell, min_n)
    wide[:, found] = True
    left, half = among & ~found, len(size) // 2
    if half and left.any():
        for part in (slice(None, half), slice(half, None)):
            there = left & (size[part] > 0).any(axis=0)
            wide[part] |= _wide_by_figure(size[part], there, hidden, lines, min_n)
    return wide


def _hide_figures(
    size: Whole, gone: Flags, fixed: Flags, lines: Lines, min_n: int, units: Iterable[tuple[int, list[int]]]
) -> None:
    """Add to `gone`, in place, what must go of figures that add up; all arrays (places, figures)."""
    done: dict[tuple[bytes, ...], Flags] = {}
    for above, unit in units:
        few = ((size[:, unit] > 0) & (size[:, unit] < min_n)).any(axis=1) | gone[:, unit].any(axis=1)
        begun: Flags = np.asarray(few | gone[:, above] if above >= 0 else few, dtype=np.bool_)
        single = above >= 0 and len(unit) == 1  # the same answers under another name
        if not single:
            begun = _together(size[:, unit], begun, fixed[:, unit].any(axis=1) & ~begun, lines, min_n, done)
        gone[:, unit] = begun[:, None]


def suppress(
    table: pd.DataFrame,
    rule: DisclosureRule,
    by: Sequence[str] = ("agency", "service"),
    scheme: Scheme | None = None,
    parents: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """A score table without the figures that `protect_table` names, their n and what tells it included."""
    return hide(table, protect_table(table, rule, by, scheme, parents), rule)


def hide(table: pd.DataFrame, rows: ArrayLike, rule: DisclosureRule | None = None) -> pd.DataFrame:
    """A score table without the figures of the rows (rows,) and whatever tells their n; status `suppressed`."""
    hidden = np.asarray(rows, dtype=np.bool_)
    if not hidden.any():
        return table
    telltale = TELLTALE | ZEROS if (rule or DisclosureRule()).whole else TELLTALE
    result = table.copy()
    counts = [
        name for name in map(str, result) if name[:1] == "c" and name[1:].isdigit()
    ]  # of a scale with more answers
    for name in dict.fromkeys(name for name in ("n", *HIDDEN, *counts) if name in result):
        if result[name].dtype.kind in "iu":
            result[name] = result[name].astype("Int64")
        result.loc[hidden, name] = pd.NA if result[name].dtype.kind in "iu" else np.nan
    result.loc[hidden, "status"] = SUPPRESSED
    result.loc[hidden, "interval"] = ""
    kept = [" ".join(word for word in words.split() if word not in telltale) for words in result["warnings"][hidden]]
    result.loc[hidden, "warnings"] = kept
    return result


def _units(names: Sequence[tuple[str, str]], scheme: Scheme | None) -> list[tuple[int, list[int]]]:
    """The figures that add up to one, wholes first: position of that one (-1: none) and of its parts."""
    if scheme is None:
        return [(-1, [k]) for k in range(len(names))]
    place = {name: k for k, name in enumerate(names)}
    found: dict[int, list[int]] = {}
    for level, key in scheme.levels:
        if (level, key) in place:
            wholes = [name for name in _wholes(scheme, level, key) if name in place]
            found.setdefault(place[wholes[0]] if wholes else -1, []).append(place[level, key])
    return list(found.items())


def _wholes(scheme: Scheme, level: str, key: str) -> list[tuple[str, str]]:
    """The figures that a figure is a part of, the next one first."""
    if level == "overall":
        return []
    if level == "aspect":
        return [("overall", "all")]
    element = key if level == "element" else scheme.items[scheme.codes.index(key)].element
    higher = [("aspect", scheme.aspect_of[element]), ("overall", "all")]
    return higher if level == "element" else [("element", element), *higher]


def _without(sums: Iterable[Sum], keys: pd.DataFrame, alone: Flags | None) -> list[Sum]:
    """The sums without the agencies that are in no wider figure."""
    if alone is None or "agency" not in keys or not alone.any():
        return list(sums)
    agency = keys["agency"].to_numpy()
    return [(t, [p for p in parts if not (alone[p] and agency[p] != agency[t])]) for t, parts in sums]


@dataclass(frozen=True, eq=False)
class _Cells:
    """A table of respondents, as it is protected."""

    #: (cells,) respondents
    size: Whole
    #: (cells,) whether hiding it would tell the reader less: there is somebody, and no other table tells of them
    free: Flags
    lines: Lines
    min_n: int
    #: (cells,) what may be hidden, nobody included; None: as `free`
    there: Flags | None = None
    #: (cells,) what a reader knows it to lie between besides the sums; None: 0 and up
    low: Whole | None = None
    high: Whole | None = None
    #: (cells,) how wide the range of a hidden number must be; None: `min_n`
    least: Whole | None = None

    def is_small(self, gone: NDArray[np.intp]) -> bool:
        """Whether entries that a reader knows together are too few, or cannot but be what they are."""
        known = int(self.size[gone].sum())
        spare = known if self.low is None else known - int(self.low[gone].sum()) + 1
        return known > 0 and spare < self.min_n

    @classmethod
    def beside(cls, size: Whole, fixed: Flags, lines: Lines, min_n: int) -> _Cells:
        """A table some of whose entries are told elsewhere, and with them what these leave no choice."""
        free = (size > 0) & ~fixed
        left = list(range(len(lines.total))) if fixed.any() else []
        while left:
            members = lines.members[left.pop()]
            last = members[free[members]]
            if len(last) == 1:
                free[last] = False
                left += [line for line, _ in lines.of[int(last[0])]]
        return cls(size, free, lines, min_n)


def _together(
    size: Whole, hidden: Flags, fixed: Flags, lines: Lines, min_n: int, done: dict[tuple[bytes, ...], Flags]
) -> Flags:
    """The places to hide for all of some figures that add up to one; `size`: (places, figures)."""
    while True:
        begun = hidden
        for n in size.T:
            # Where nobody answered the others, a figure is its whole under another name and covers for nothing.
            lends = (size > 0).sum(axis=1) >= min(size.shape[1], 2)
            own, start = np.where(lends | (n < min_n), n, 0), hidden & (n > 0) & (lends | (n < min_n))
            key = (own.tobytes(), start.tobytes(), fixed.tobytes())
            if key not in done:  # figures that everyone answered have the same respondents
                done[key] = _protected(_Cells.beside(own, fixed, lines, min_n), start)
            hidden = hidden | done[key]
        if (hidden == begun).all():
            return hidden


def _protected(cells: _Cells, start: Flags, settled: Flags | None = None, wide: Flags | None = None) -> Flags:
    """`start` with what else must go; entries that are `settled` were found safe before, those `wide` are so anyway."""
    hidden = start & (cells.free if cells.there is None else cells.there)
    left = np.flatnonzero(hidden if settled is None else hidden & ~settled).tolist()
    left += _close(hidden, cells, left)
    attack = Attack(cells.size, hidden, cells.lines, low=cells.low, high=cells.high)
    left = [
        cell for cell in left if cells.size[cell] > 0 and (wide is None or not wide[cell])
    ]  # of nobody may come out
    while left:  # an entry that is wide stays so, whatever else is hidden
        cell = left.pop()
        while not attack.wide(cell, cells.min_n if cells.least is None else int(cells.least[cell])):
            more = _widen(hidden, cells, cell)
            if not more:
                break
            more += _close(hidden, cells, more)
            for other in more:
                attack.hide(other)
            left += more
    return start | hidden


def _close(hidden: Flags, cells: _Cells, among: Iterable[int]) -> list[int]:
    """Hide more, in place, until no sum of these cells gives a hidden entry or a too small group of them away.

    Returns what else was hidden.
    """
    found, lines = [], cells.lines
    left = dict.fromkeys(line for cell in among for line, _ in lines.of.get(cell, ()))
    while left:
        line = next(iter(left))
        total, parts = lines.total[line], lines.parts[line]
        gone = parts[hidden[parts]]
        alone = len(gone) + hidden[total] == 1
        small = not hidden[total] and cells.is_small(gone)
        cell = _hide_one(hidden, cells, total, parts) if alone or small else None
        if cell is None:
            del left[line]
        else:  # every sum of the entry now hidden must be looked at again
            found.append(cell)
            left |= dict.fromkeys(other for other, _ in lines.of[cell])
    return found


def _hide_one(hidden: Flags, cells: _Cells, total: int, parts: ArrayLike) -> int | None:
    """Hide the smallest shown part that has respondents, else the total; return it, None when there was none."""
    part = np.asarray(parts, dtype=np.intp)
    shown = part[~hidden[part] & cells.free[part]]
    if len(shown):
        cell = int(shown[np.argmin(cells.size[shown])])
    elif not hidden[total] and cells.free[total]:
        cell = total
    else:
        return None
    hidden[cell] = True
    return cell


def _widen(hidden: Flags, cells: _Cells, cell: int) -> list[int]:
    """Hide one more entry in the sums of a cell, else in those tied to it; return it, nothing when none is left."""
    lines = cells.lines
    for tied in ((cell,), lines.component(hidden, cell).tolist()):
        for line in dict.fromkeys(line for c in tied for line, _ in lines.of.get(c, ())):
            found = _hide_one(hidden, cells, lines.total[line], lines.parts[line])
            if found is not None:
                return [found]
    return []
