"""Sums of a partition: responses whose keys are numbers into lists of labels, as column files and workers have them.

The same moments and the same Σz by counter-day as `scoring.moments` and `scoring.clusters` make of text, without a text
for every response: a partition of a million responses is sorted once by one whole number, and every sum is that of a
run of equal numbers. Sums of several partitions add up by `scoring.moments.merge` and `ClusterSums.merge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.clusters import CLUSTER, ClusterSums, cluster_sums
from scoring.moments import Moments, features_of, lookup, moments_from_codes
from scoring.scheme import DataError, Scheme, nfc

_MOST = 1 << 62
_BLOCK = 1 << 18


@dataclass(frozen=True, eq=False)
class Labelled:
    """A key column by number."""

    #: (rows,) whole numbers into `labels`
    codes: NDArray[np.int32]
    #: (labels,) text, sorted, each once
    labels: NDArray[np.object_]

    @classmethod
    def of(cls, codes: NDArray[Any], labels: Sequence[str]) -> Labelled:
        """Column with its labels as the keys of moments have them: NFC, sorted, each once."""
        texts = np.array([nfc(str(label)) for label in labels], dtype=object)
        distinct, position = np.unique(texts, return_inverse=True)
        return cls(position.astype(np.int32)[codes], distinct)

    @classmethod
    def joined(cls, parts: Sequence[Labelled]) -> Labelled:
        """Column of several parts behind one another."""
        every = np.unique(np.concatenate([part.labels for part in parts]))
        return cls(np.concatenate([np.searchsorted(every, p.labels).astype(np.int32)[p.codes] for p in parts]), every)

    def select(self, rows: NDArray[np.bool_]) -> Labelled:
        """Column of some of its rows."""
        return Labelled(self.codes[rows], self.labels)

    def compact(self) -> Labelled:
        """Column without the labels that no row has."""
        used = np.bincount(self.codes, minlength=len(self.labels)) > 0
        place = np.cumsum(used, dtype=np.int32) - 1
        return Labelled(place[self.codes].astype(np.int32), self.labels[used])


@dataclass(frozen=True, eq=False)
class _Runs:
    """Rows of equal keys, in the order of the keys."""

    #: (rows,) what sorts the rows; None: they are sorted
    order: NDArray[np.intp] | None
    #: (runs,) first row of each
    start: NDArray[np.intp]
    #: (runs,) rows of each
    length: NDArray[np.intp]
    #: number of each run's label by column
    codes: dict[str, NDArray[np.int32]]

    def sort(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Rows in the order of the runs."""
        return values if self.order is None else values[self.order]


def partition_sums(
    answers: NDArray[np.uint8],
    keys: Mapping[str, Labelled],
    scheme: Scheme,
    *,
    features: Sequence[str] = ("top2",),
) -> tuple[Moments, ClusterSums | None]:
    """Moments of one row a respondent and, where the keys end with `CLUSTER`, the sums by counter-day.

    `answers`: (rows, items) 0 = no valid answer, 1..levels. `keys`: `agency`, `service`, further columns of the cells,
    then `counter` and `day` as `scoring.clusters.cluster_sums` takes them. Raises `DataError` for columns that do not
    fit.
    """
    for name, column in keys.items():
        if column.codes.shape != (len(answers),):
            raise DataError(f"{len(answers)} responses but keys {name!r} for {column.codes.shape}")
    own = [name for name in keys if name not in CLUSTER]
    runs = _runs(keys, len(answers))
    table = runs.sort(answers)
    changed = np.zeros(len(runs.start), dtype=np.bool_)
    changed[:1] = True
    for name in own:
        changed[1:] |= np.diff(runs.codes[name]) != 0
    cell = np.cumsum(changed) - 1
    cells = pd.DataFrame({name: keys[name].labels[runs.codes[name][changed]] for name in own}, dtype=object)
    found = moments_from_codes(table, np.repeat(cell, runs.length), cells, scheme, features=features)
    if not set(CLUSTER) <= set(keys):
        return found, None
    return found, _cluster_sums(table, runs, keys, scheme, features_of(features, scheme))


def _runs(keys: Mapping[str, Labelled], rows: int) -> _Runs:
    """Find where the combined key changes, after a sort where the rows are not sorted already."""
    number, size = np.zeros(rows, dtype=np.int64), 1
    for column in keys.values():
        if size * max(len(column.labels), 1) > _MOST:
            present, position = np.unique(number, return_inverse=True)
            number, size = position.astype(np.int64), len(present)
        number, size = number * len(column.labels) + column.codes, size * max(len(column.labels), 1)
    order = None
    if rows and (np.diff(number) < 0).any():
        order = np.argsort(number, kind="stable")
        number = number[order]
    start = np.flatnonzero(np.diff(number, prepend=number[:1] - 1))
    at = start if order is None else order[start]
    return _Runs(order, start, np.diff(start, append=rows), {name: column.codes[at] for name, column in keys.items()})


def _cluster_sums(
    table: NDArray[np.uint8], runs: _Runs, keys: Mapping[str, Labelled], scheme: Scheme, wanted: tuple[str, ...]
) -> ClusterSums:
    """Σz of each run; people whose counter is not known are told apart by their answers."""
    counter = keys[CLUSTER[0]]
    alone = counter.labels[runs.codes[CLUSTER[0]]] == ""
    n, sums = _sum_runs(table, runs, scheme, wanted)
    there = ~alone & (n > 0)
    text = pd.DataFrame({name: column.labels[runs.codes[name][there]] for name, column in keys.items()}, dtype=object)
    known = ClusterSums(scheme, wanted, text, n[there], sums[there])
    if not alone.any():
        return known
    rows = np.repeat(alone, runs.length)
    of_row = {name: np.repeat(runs.codes[name], runs.length)[rows] for name in keys}
    frame = pd.DataFrame({name: column.labels[of_row[name]] for name, column in keys.items()}, dtype=object)
    unknown = cluster_sums(table[rows], np.ones(int(rows.sum()), dtype=np.int64), frame, scheme, features=wanted)
    return unknown.merge(known)


def _sum_runs(
    table: NDArray[np.uint8], runs: _Runs, scheme: Scheme, wanted: tuple[str, ...]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Respondents with a valid answer and Σz of each run, a block of runs at a time."""
    worth = [np.array(lookup(scheme.scale)[name], dtype=np.uint8) for name in wanted]
    items = table.shape[1]
    n = np.zeros(len(runs.start), dtype=np.int32)
    sums = np.zeros((len(runs.start), len(wanted) * items), dtype=np.int32)
    first = 0
    while first < len(runs.start):
        row = int(runs.start[first])
        last = max(first + 1, int(np.searchsorted(runs.start, row + _BLOCK, side="right")) - 1)
        last = len(runs.start) if row + _BLOCK >= len(table) else last
        stop = len(table) if last >= len(runs.start) else int(runs.start[last])
        part, at = table[row:stop], runs.start[first:last] - row
        n[first:last] = np.add.reduceat(part.any(axis=1), at, dtype=np.int32)
        for k, values in enumerate(worth):
            sums[first:last, k * items : (k + 1) * items] = np.add.reduceat(values[part], at, axis=0, dtype=np.int32)
        first = last
    return n, sums
