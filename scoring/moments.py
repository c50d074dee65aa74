"""Responses → sufficient statistics, in one pass; everything after works on these and never sees a response again.

A *cell* is a distinct row of the keys (agency × service, and whatever else is asked for: counter, channel, sex, day).
Per cell we keep how many respondents it has, the five answer counts of each item, how many respondents answered
anything in each element, aspect and overall, and the cross-products Σ z zᵀ of the respondents' indicator vectors z
(item answered with 4 or 5; item answered). Every index is a ratio of totals of z, every linearised variance a quadratic
form in Σ z zᵀ (docs/methodology.md), so figures for any domain made of whole cells, with their covariances, follow.

All of it is whole numbers, so that merging parts in any order gives exactly the whole: the pass can run in chunks, in
the database (`GROUP BY` the answers), or on several machines.

How it is fast: the answers, sorted by cell, become bit planes (an answer is at most 5, three bits), and a cross-product
of two indicators is the number of bits their AND has set: 64 respondents in one machine operation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.scheme import DataError, Scale, Scheme, nfc

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

DEFAULT_SCALE = Scale()


@cache
def lookup(scale: Scale = DEFAULT_SCALE) -> Mapping[str, tuple[int, ...]]:
    """The value of each feature for the answers 0 (none), 1..levels.

    >>> lookup()["top2"]
    (0, 0, 0, 0, 1, 1)
    """
    answers = range(scale.levels + 1)
    return {
        "answered": tuple(int(a > 0) for a in answers),
        "top2": tuple(int(a in scale.satisfied) for a in answers),
        "score": tuple(max(a - 1, 0) for a in answers),
        **{f"level{k}": tuple(int(a == k) for a in answers) for k in answers if k},
    }


def peak(feature: str, scale: Scale = DEFAULT_SCALE) -> int:
    """The largest value of a feature of an answer; a figure is a ratio to it, so that figures lie in 0..1."""
    return scale.levels - 1 if feature == "score" else 1


LOOKUP = lookup()
"""`lookup` of the scale 1..5."""
PEAK = {name: peak(name) for name in LOOKUP}
"""`peak` of the scale 1..5."""

_CHUNK = 1 << 20
_WORD = 64


@dataclass(frozen=True, eq=False)
class Moments:
    """Sufficient statistics of responses, one row a cell. Build with `moments` or `moments_from_patterns`.

    `features` names the indicators crossed, `answered` last; `cross[c]` is Σ z zᵀ with z = feature by feature, items
    in the order of the scheme within each.
    """

    scheme: Scheme
    #: (cells,) distinct rows of text, sorted; at least `agency` and `service`; "" where unknown
    keys: pd.DataFrame
    #: (cells,) respondents
    n: Counts
    #: (cells, items, levels) answers 1..5, or as many as the scale has
    counts: Counts
    #: (cells, groups) respondents with at least one valid answer in each of `scheme.groups`
    reached: Counts
    #: indicators whose cross-products are kept
    features: tuple[str, ...]
    #: (cells, features·items, features·items)
    cross: Counts

    def __repr__(self) -> str:
        keys = ", ".join(map(str, self.keys))
        return (
            f"Moments({int(self.n.sum())} responses to {len(self.scheme.items)} items, {len(self.n)} cells by {keys})"
        )

    @cached_property
    def answered(self) -> Counts:
        """(cells, items) valid answers."""
        return np.asarray(self.counts.sum(axis=2), dtype=np.int64)

    @cached_property
    def sums(self) -> Counts:
        """(cells, features·items) Σ z."""
        table = lookup(self.scheme.scale)
        values = np.array([table[name][1:] for name in self.features], dtype=np.int64)
        return np.asarray(
            np.einsum("cik,fk->cfi", self.counts, values).reshape(len(self.n), self.cross.shape[1]), dtype=np.int64
        )

    @cached_property
    def within(self) -> Floats:
        """(cells, features·items, features·items) Σ (z - z̄)(z - z̄)ᵀ, exactly 0 where all answers of a cell agree."""
        n = np.maximum(self.n, 1)[:, None, None]
        return (n * self.cross - self.sums[:, :, None] * self.sums[:, None, :]) / n

    def feature(self, name: str) -> slice:
        """Where feature `name` stands in z."""
        if name not in self.features:
            raise DataError(f"these moments do not hold {name!r}; make them with features=({name!r},)")
        at = self.features.index(name) * len(self.scheme.items)
        return slice(at, at + len(self.scheme.items))

    def select(self, mask: ArrayLike) -> Moments:
        """The moments of the cells where `mask` is true. For the figures of a part use a domain instead."""
        at = np.flatnonzero(np.asarray(mask, dtype=bool))
        keys = self.keys.iloc[at].reset_index(drop=True)
        return replace(
            self,
            keys=keys,
            n=self.n[at],
            counts=self.counts[at],
            reached=self.reached[at],
            cross=self.cross[at],
        )

    def rated(self) -> Moments:
        """The moments of those who gave at least one valid answer: all that a table's n counts.

        Others have z = 0. Counting them as respondents of a stratum would make its weight N/n tell how many there are.
        """
        everybody = list(self.scheme.groups).index(("overall", "all"))
        n = np.asarray(self.reached[:, everybody], dtype=np.int64)
        return self if (n == self.n).all() else replace(self, n=n)

    def collapse(self, columns: Sequence[str]) -> Moments:
        """The same moments with fewer key columns, cells that become equal being added."""
        return _gather([replace(self, keys=self.keys[list(columns)])])


def moments(answers: ArrayLike, keys: pd.DataFrame, scheme: Scheme, *, features: Sequence[str] = ("top2",)) -> Moments:
    """The moments of one row a respondent.

    `answers`: (n, items), 0 = no valid answer, 1..5; columns in the order of `scheme`. `keys`: n rows of text.
    `features`: what shall be estimable beside answer counts, of `scoring.scheme.STATISTICS`. Raises `DataError`.
    """
    codes, cells = cells_of(keys)
    return moments_from_codes(answers, codes, cells, scheme, features=features)


def moments_from_codes(
    answers: ArrayLike, codes: ArrayLike, cells: pd.DataFrame, scheme: Scheme, *, features: Sequence[str] = ("top2",)
) -> Moments:
    """The moments of respondents whose cell is known by number: `codes` (n,) are rows of `cells`."""
    table = _table(answers, scheme)
    code = np.asarray(codes)
    if code.shape != (len(table),):
        raise DataError(f"{len(table)} responses but keys for {code.shape}")
    if len(code) and (int(code.min()) < 0 or int(code.max()) >= len(cells)):
        raise DataError(f"cell numbers must lie in 0..{len(cells) - 1}")
    wanted = features_of(features, scheme)
    total = _empty(cells, scheme, wanted)
    for start in range(0, len(table), _CHUNK):
        _add_chunk(total, table[start : start + _CHUNK], code[start : start + _CHUNK])
    return total


def moments_from_patterns(
    patterns: Sequence[str] | ArrayLike,
    counts: ArrayLike,
    keys: pd.DataFrame,
    scheme: Scheme,
    *,
    features: Sequence[str] = ("top2",),
) -> Moments:
    """The moments of distinct answers with how often each was given (`SELECT …, answers, count(*) … GROUP BY`).

    `patterns`: strings whose first characters are the answers to the items (any other character than 1..5 is no valid
    answer; what follows the items is ignored), or an array as in `moments`. `counts`: (rows,) whole numbers from 0.
    """
    table = decode(patterns, scheme)
    times = np.asarray(counts)
    if times.shape != (len(table),) or not np.issubdtype(times.dtype, np.integer) or (times < 0).any():
        raise DataError("counts must be one whole number, not negative, for each pattern")
    codes, cells = cells_of(keys)
    if len(codes) != len(table):
        raise DataError(f"{len(table)} patterns but {len(codes)} rows of keys")
    total = _empty(cells, scheme, features_of(features, scheme))
    # Chunks hold about _CHUNK respondents once patterns are repeated; a pattern given more often makes its own chunk.
    chunk = (np.cumsum(times) - 1) // _CHUNK
    edges = np.flatnonzero(np.diff(chunk, prepend=-1, append=chunk[-1] + 1 if len(chunk) else 0))
    for start, stop in pairwise(edges):
        part = slice(start, stop)
        _add_chunk(total, np.repeat(table[part], times[part], axis=0), np.repeat(codes[part], times[part]))
    return total.select(total.n > 0) if (total.n == 0).any() else total


def merge(first: Moments, *others: Moments) -> Moments:
    """The moments of all responses together; order does not matter, and counts are exact."""
    for other in others:
        if (other.scheme, other.features, set(other.keys)) != (first.scheme, first.features, set(first.keys)):
            raise DataError("moments can be merged when questionnaire, features and key columns are the same")
    if len(others) == 1:
        at = rows_among(first.keys, others[0].keys)
        if at is not None:
            return _plus(first, others[0], at)
    return _gather([first, *others])


_FEW = 64


def rows_among(keys: pd.DataFrame, wanted: pd.DataFrame) -> NDArray[np.intp] | None:
    """The rows of sorted distinct `keys` that have the text of each row of `wanted`; None where one has not.

    So too, unasked, for more than a few rows: then numbering all of them again is as quick.
    """
    if len(wanted) > _FEW:
        return None
    columns = [keys[name].to_numpy(dtype=object) for name in keys]
    found = []
    for row in wanted[list(keys)].itertuples(index=False, name=None):
        start, stop = 0, len(keys)
        for column, text in zip(columns, row, strict=True):
            start = bisect_left(column, text, start, stop)
            stop = bisect_right(column, text, start, stop)
        if start == stop:
            return None
        found.append(start)
    return np.array(found, dtype=np.intp)


def _plus(first: Moments, other: Moments, at: NDArray[np.intp]) -> Moments:
    """Moments with those of other responses, whose cells stand at `at`; the keys stay."""
    added = {name: getattr(first, name).copy() for name in ("n", "counts", "reached", "cross")}
    for name, total in added.items():
        np.add.at(total, at, getattr(other, name))
    return replace(first, **added)


def read_answers(frame: pd.DataFrame, scheme: Scheme) -> NDArray[np.uint8]:
    """The answers (n, items) of a table with one column an item: 1..5, anything missing is 0.

    Another scale's answers are read in its own numbers and returned as 1..levels. Raises `DataError` naming row and
    column of the first value that is neither.
    """
    scale = scheme.scale
    known = {*range(scale.first, scale.last + 1)} | ({0} if scale.first > 0 else set())  # 0: no valid answer
    table = np.zeros((len(frame), len(scheme.items)), dtype=np.uint8)
    columns = {nfc(str(name)): frame[name] for name in frame}
    for j, code in enumerate(scheme.codes):
        column = columns.get(nfc(code))
        if column is None:
            raise DataError(f"column {code!r} is missing")
        values = pd.to_numeric(column, errors="coerce")
        wrong = column.notna() & ~values.isin(known) & (column.astype(str) != "")
        if wrong.any():
            row, range_ = int(np.flatnonzero(wrong)[0]), f"{scale.first}..{scale.last}"
            raise DataError(f"row {row + 1}, column {code!r}: {column.iloc[row]!r} is not {range_} or empty")
        table[:, j] = (values - scale.first + 1).clip(lower=0).fillna(0).to_numpy(dtype=np.uint8)
    return table


def enough_answers(answers: ArrayLike, scheme: Scheme, min_share: float) -> NDArray[np.bool_]:
    """Which responses (n,) answer at least `min_share` of the items (and at least one)."""
    given = (_table(answers, scheme) > 0).sum(axis=1)
    return np.asarray((given > 0) & (given >= min_share * len(scheme.items)), dtype=np.bool_)


def features_of(features: Sequence[str], scheme: Scheme) -> tuple[str, ...]:
    """The features kept, in a fixed order, `answered` last."""
    known = lookup(scheme.scale)
    unknown = sorted(set(features) - set(known))
    if unknown:
        raise DataError(f"unknown feature {unknown[0]!r}; known are {', '.join(known)}")
    return (*(name for name in known if name != "answered" and name in features), "answered")


def _table(answers: ArrayLike, scheme: Scheme) -> NDArray[np.uint8]:
    """Checked answers as (n, items) uint8."""
    table = np.asarray(answers)
    if table.ndim != 2 or table.shape[1] != len(scheme.items):
        raise DataError(f"answers must be (n, {len(scheme.items)}), not {table.shape}")
    levels = scheme.scale.levels
    if table.dtype != np.uint8:
        if table.size and not (np.isin(table, np.arange(levels + 1)).all()):
            raise DataError(f"answers must be whole numbers 0..{levels}")
        table = table.astype(np.uint8)
    if table.size and int(table.max()) > levels:
        raise DataError(f"answers must be whole numbers 0..{levels}, not {int(table.max())}")
    return table


def decode(patterns: Sequence[str] | ArrayLike, scheme: Scheme) -> NDArray[np.uint8]:
    """Packed answer strings as (rows, items) uint8, 0 for whatever is not 1..5."""
    if isinstance(patterns, np.ndarray) and patterns.ndim == 2:
        return _table(patterns, scheme)
    items = len(scheme.items)
    texts = [str(text)[:items] for text in np.asarray(patterns, dtype=object)]
    short = [text for text in texts if len(text) < items]
    if short:
        raise DataError(f"answers {short[0]!r} are shorter than the {items} items of the questionnaire")
    raw = np.frombuffer("".join(texts).encode("latin-1", "replace"), dtype=np.uint8).reshape(len(texts), items)
    return decode_bytes(raw, scheme)


def decode_bytes(packed: NDArray[np.uint8], scheme: Scheme) -> NDArray[np.uint8]:
    """Packed answers, (rows, at least items) a byte a character, as (rows, items) uint8, 0 for whatever is not 1..5."""
    items = len(scheme.items)
    if packed.ndim != 2 or packed.shape[1] < items:
        raise DataError(f"packed answers of {packed.shape} are shorter than the {items} items of the questionnaire")
    if scheme.scale.levels > 9:
        raise DataError("answers of a scale of more than 9 levels do not fit one character: give an array")
    digit = packed[:, :items] - np.uint8(ord("0"))  # wraps below "0" to large values
    return np.where(digit <= scheme.scale.levels, digit, np.uint8(0))


def cells_of(keys: pd.DataFrame) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Each row's cell number and the distinct rows as text, sorted; missing keys are ""."""
    for name in ("agency", "service"):
        if name not in keys:
            raise DataError(f"keys need a column {name!r}")
    names = [str(name) for name in keys]
    cell = np.zeros(len(keys), dtype=np.int64)
    at: list[NDArray[np.int64]] = []  # for each column so far, the label of each distinct row
    labels: list[NDArray[Any]] = []
    for name in names:
        codes, values = _factorize(keys[name])
        present, cell = np.unique(cell * len(values) + codes, return_inverse=True)
        before, here = np.divmod(present, len(values))
        at = [*(column[before] for column in at), here]
        labels.append(values)
    cells = {name: values[column] for name, values, column in zip(names, labels, at, strict=True)}
    return cell.astype(np.intp), pd.DataFrame(cells, dtype=object)


def _factorize(column: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Codes and sorted distinct values of a column as text, missing being ""."""
    codes, values = pd.factorize(column, use_na_sentinel=True)
    texts = np.array([*(nfc(str(value)) for value in values), ""], dtype=object)
    distinct, position = np.unique(texts, return_inverse=True)
    return position[codes].astype(np.int64), distinct  # code -1 (missing) is the last text, ""


def _empty(cells: pd.DataFrame, scheme: Scheme, features: tuple[str, ...]) -> Moments:
    """Moments of no responses in the given cells, to be added to in place."""
    size, items, width = len(cells), len(scheme.items), len(features) * len(scheme.items)
    return Moments(
        scheme=scheme,
        keys=cells,
        n=np.zeros(size, dtype=np.int64),
        counts=np.zeros((size, items, scheme.scale.levels), dtype=np.int64),
        reached=np.zeros((size, len(scheme.groups)), dtype=np.int64),
        features=features,
        cross=np.zeros((size, width, width), dtype=np.int64),
    )


def _add_chunk(total: Moments, table: NDArray[np.uint8], codes: NDArray[Any]) -> None:
    """Add respondents to `total` in place."""
    if not len(table):
        return
    n = np.bincount(codes, minlength=len(total.n))
    present = np.flatnonzero(n)
    words = -(-n[present] // _WORD)
    starts = np.concatenate(([0], np.cumsum(words)[:-1]))
    bits = _planes(table, codes, n, present, starts, int(words.sum()), total.scheme.scale)
    total.n[present] += n[present]
    total.counts[present] += _count_levels(bits, starts, total.scheme.scale.levels)
    answered = bits["answered"]
    for g, items in enumerate(total.scheme.groups.values()):
        total.reached[present, g] += _popcount(np.bitwise_or.reduce(answered[list(items)], axis=0)[None], starts)[0]
    total.cross[present] += _cross(bits, starts, total.features, total.scheme.scale)


def _planes(
    table: NDArray[np.uint8],
    codes: NDArray[Any],
    n: NDArray[np.intp],
    present: NDArray[np.intp],
    starts: NDArray[np.intp],
    words: int,
    scale: Scale,
) -> dict[str, NDArray[np.uint64]]:
    """Bit planes (items, words): each cell begins a new word.

    `bit0`, `bit1`, … of the answer, `answered`, and `top`, the satisfied (the answers 4 and 5 are those with bit 2).
    """
    small = codes.astype(np.uint16) if len(n) <= 1 << 16 else codes  # numpy sorts 16-bit keys by radix
    order = np.argsort(small, kind="stable")
    rows = np.full(words * _WORD, len(table), dtype=np.intp)  # padding points at an extra empty response
    first = np.concatenate(([0], np.cumsum(n[present])[:-1]))
    shift = np.repeat(starts * _WORD - first, n[present])
    rows[np.arange(len(order)) + shift] = order
    columns = np.ascontiguousarray(np.vstack([table, np.zeros((1, table.shape[1]), dtype=np.uint8)])[rows].T)
    pack = {f"bit{k}": np.packbits(columns >> k & 1, axis=1).view(np.uint64) for k in range(scale.levels.bit_length())}
    answered = np.bitwise_or.reduce(list(pack.values()))
    if scale.satisfied == (4, 5):
        return {**pack, "answered": answered, "top": pack["bit2"]}
    top = np.packbits(columns >= scale.satisfied[0], axis=1).view(np.uint64)
    return {**pack, "answered": answered, "top": top}


def _popcount(planes: NDArray[np.uint64], starts: NDArray[np.intp]) -> Counts:
    """Set bits per cell, (planes, cells)."""
    return np.add.reduceat(np.bitwise_count(planes), starts, axis=1, dtype=np.int64)


def _count_levels(bits: dict[str, NDArray[np.uint64]], starts: NDArray[np.intp], levels: int) -> Counts:
    """The answers 1..levels per cell and item, (cells, items, levels)."""
    if levels != 5:
        counted = [_popcount(_plane(bits, f"level{k}"), starts) for k in range(1, levels + 1)]
        return np.stack(counted, axis=2).transpose(1, 0, 2)
    # 4 and 5 are the answers with bit 2 set
    bit0, bit1, bit2 = (_popcount(bits[name], starts) for name in ("bit0", "bit1", "bit2"))
    three, five = (_popcount(bits["bit0"] & bits[name], starts) for name in ("bit1", "bit2"))
    return np.stack([bit0 - three - five, bit1 - three, three, bit2 - five, five], axis=2).transpose(1, 0, 2)


def _cross(
    bits: dict[str, NDArray[np.uint64]], starts: NDArray[np.intp], features: tuple[str, ...], scale: Scale
) -> Counts:
    """Σ z zᵀ per cell, (cells, width, width)."""
    basis = {name: _basis(name, scale) for name in features}
    names = list(dict.fromkeys(plane for name in features for plane in basis[name]))
    planes = np.concatenate([_plane(bits, name) for name in names])
    width, items = len(planes), len(bits["answered"])
    raw = np.empty((len(starts), width, width), dtype=np.int64)
    for i in range(width):
        row = _popcount(planes[i] & planes[i:], starts).T
        raw[:, i, i:] = row
        raw[:, i:, i] = row
    if names == [plane for name in features for plane in basis[name]]:
        return raw
    change = np.zeros((len(features), len(names)), dtype=np.int64)
    for f, name in enumerate(features):
        for plane, value in basis[name].items():
            change[f, names.index(plane)] = value
    blocks = raw.reshape(len(starts), len(names), items, len(names), items)
    # change · raw · changeᵀ on the feature axes, one side at a time
    half = np.einsum("fa,caibj->cfibj", change, blocks)
    full = np.einsum("gb,cfibj->cfigj", change, half)
    return np.asarray(full.reshape(len(starts), len(features) * items, len(features) * items), dtype=np.int64)


def _basis(feature: str, scale: Scale) -> dict[str, int]:
    """A feature as a combination of bit planes: the score is the answer less one, if there is one."""
    if feature == "score":
        return {**{f"bit{k}": 1 << k for k in range(scale.levels.bit_length())}, "answered": -1}
    return {"top" if feature == "top2" else feature: 1}


def _plane(bits: dict[str, NDArray[np.uint64]], name: str) -> NDArray[np.uint64]:
    """One plane of the basis, levels being made from the bits."""
    if name in bits:
        return bits[name]
    level = int(name.removeprefix("level"))
    plane = bits["answered"]
    for k in range(sum(bit.startswith("bit") for bit in bits)):
        bit = bits[f"bit{k}"]
        plane = plane & (bit if level >> k & 1 else ~bit)
    return plane


def _gather(parts: Iterable[Moments]) -> Moments:
    """The sum of moments, cells with equal keys being added."""
    parts = list(parts)
    columns = list(parts[0].keys)
    codes, cells = cells_of(pd.concat([part.keys[columns] for part in parts], ignore_index=True))
    total = _empty(cells, parts[0].scheme, parts[0].features)
    for name in ("n", "counts", "reached", "cross"):
        np.add.at(getattr(total, name), codes, np.concatenate([getattr(part, name) for part in parts]))
    return total
