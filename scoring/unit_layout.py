"""Layout of cluster samples: which rows make which cluster, stratum and domain, worked out once for equal numbering.

The variance of a domain adds rows up by stratum, by cluster and by domain (`scoring.clusters`). Where one response
came, the sums differ and what is added to what does not: layouts are memoized by the content of the numberings they
follow from, and figures of the same places share them.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from scoring.weights import Codes, Floats

T = TypeVar("T")
MEMOIZED_ROWS = 400_000
"""Rows of the layouts memoized of each kind, the least recently used going first: about 60 bytes a row."""


@dataclass(frozen=True, eq=False)
class Numbering:
    """What a layout follows from; two of equal content are equal."""

    #: (rows,) each row's stratum, cluster and domain (-1: in none)
    stratum: Codes
    unit: Codes
    domain: Codes
    #: (rows,) whether anybody is in the row
    anyone: NDArray[np.bool_]
    #: how many strata and domains there are
    strata: int
    size: int

    def __post_init__(self) -> None:
        """Take the hash of the content once."""
        content = hashlib.blake2b(repr((self.strata, self.size, len(self.unit))).encode(), digest_size=16)
        for array in (self.stratum, self.unit, self.domain, self.anyone):
            content.update(np.ascontiguousarray(array).data)
        object.__setattr__(self, "_content", content.digest())

    def __hash__(self) -> int:
        """The hash of the content."""
        return hash(self._content)  # type: ignore[attr-defined]

    def __eq__(self, other: object) -> bool:
        """Whether the content is the same."""
        return isinstance(other, Numbering) and self._content == other._content  # type: ignore[attr-defined]


@dataclass(frozen=True, eq=False)
class Adder:
    """Sums of rows by label, for labels given once."""

    matrix: sparse.csr_array

    @classmethod
    def by(cls, label: Codes, size: int) -> Adder:
        """Adds rows (rows,) up by their labels 0..size - 1."""
        chosen = (np.ones(len(label)), (label, np.arange(len(label))))
        return cls(sparse.csr_array(chosen, shape=(size, len(label))))

    def sums(self, values: Floats) -> Floats:
        """The sums (size, columns) of rows (rows, columns)."""
        return np.asarray(self.matrix @ values, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class ResidualLayout:
    """How residuals of clusters come from rows. Group: one cluster's rows in one stratum; pair: domain × stratum."""

    #: (rows,) group of each row
    group: Codes
    #: (groups,) stratum of each group, sorted
    of: Codes
    #: (inside,) rows in any domain
    inside: Codes
    #: (pairs,) domain and stratum of each pair
    where: Codes
    home: Codes
    #: adds rows inside up by pair
    to_pairs: Adder
    #: (terms,) pair and group of each term: every pair has all clusters of its stratum
    row: Codes
    at: Codes
    #: adds rows inside up by term
    to_terms: Adder
    #: adds terms up by domain × cluster, and (sums,) these two of each sum
    to_units: Adder
    domain: Codes
    unit: Codes


@dataclass(frozen=True, eq=False)
class DegreesLayout:
    """How degrees of freedom come from rows. A part: clusters of a domain that share strata with one another."""

    #: (inside,) rows in any domain with anybody in them
    inside: Codes
    #: adds rows inside up by domain × cluster
    to_units: Adder
    #: (parts,) a domain × cluster of each part
    first: Codes
    #: adds the former up by part, and by domain
    to_parts: Adder
    to_domains: Adder
    #: adds parts up by domain
    parts_to_domains: Adder


class _Memo(Generic[T]):
    """Layouts by numbering, those of `MEMOIZED_ROWS` rows together; threads that ask at once make them twice."""

    def __init__(self, make: Callable[[Numbering], T]) -> None:
        self._make = make
        self._held: OrderedDict[Numbering, T] = OrderedDict()
        self._rows = 0
        self._lock = Lock()

    def get(self, numbering: Numbering) -> T:
        """The layout of a numbering."""
        with self._lock:
            if numbering in self._held:
                self._held.move_to_end(numbering)
                return self._held[numbering]
        found = self._make(numbering)
        with self._lock:
            if numbering not in self._held:
                self._held[numbering] = found
                self._rows += len(numbering.unit)
            while self._rows > MEMOIZED_ROWS:
                oldest, _ = self._held.popitem(last=False)
                self._rows -= len(oldest.unit)
        return found


def residual_layout(numbering: Numbering) -> ResidualLayout:
    """The layout of residuals of every domain's clusters."""
    return _RESIDUALS.get(numbering)


def degrees_layout(numbering: Numbering) -> DegreesLayout | None:
    """The layout of degrees of freedom of every domain; None where nobody is in any."""
    return _DEGREES.get(numbering)


def _residual_layout(numbering: Numbering) -> ResidualLayout:
    stratum, code, strata = numbering.stratum, numbering.domain, numbering.strata
    units = int(numbering.unit.max(initial=-1)) + 1
    groups, group = np.unique(stratum * units + numbering.unit, return_inverse=True)
    of, unit = np.divmod(groups, units)
    inside = np.flatnonzero(code >= 0)
    pairs, pair = np.unique(code[inside] * strata + stratum[inside], return_inverse=True)
    where, home = np.divmod(pairs, strata)
    begin = np.searchsorted(of, np.arange(strata))
    length = np.bincount(of, minlength=strata)[home]
    offset = np.concatenate(([0], np.cumsum(length)))
    row = np.repeat(np.arange(len(pairs)), length)
    at = np.arange(offset[-1]) - offset[row] + begin[home[row]]
    term = offset[pair] + group[inside] - begin[home[pair]]
    both, joined = np.unique(where[row] * units + unit[at], return_inverse=True)
    return ResidualLayout(
        group=group,
        of=of,
        inside=inside,
        where=where,
        home=home,
        to_pairs=Adder.by(pair, len(pairs)),
        row=row,
        at=at,
        to_terms=Adder.by(term, len(row)),
        to_units=Adder.by(joined, len(both)),
        domain=both // units,
        unit=both % units,
    )


def _degrees_layout(numbering: Numbering) -> DegreesLayout | None:
    inside = np.flatnonzero((numbering.domain >= 0) & numbering.anyone)
    if not len(inside):
        return None
    code, stratum, unit = numbering.domain[inside], numbering.stratum[inside], numbering.unit[inside]
    units = int(unit.max()) + 1
    own, node = np.unique(code * units + unit, return_inverse=True)
    homes, home = np.unique(code * numbering.strata + stratum, return_inverse=True)
    count = len(own) + len(homes)
    edges = sparse.coo_array((np.ones(len(node)), (node, len(own) + home)), shape=(count, count))
    _, part = connected_components(edges, directed=False)
    where = own // units
    parts, of = np.unique(part[: len(own)], return_inverse=True)
    first = np.unique(of, return_index=True)[1]
    return DegreesLayout(
        inside=inside,
        to_units=Adder.by(node, len(own)),
        first=first,
        to_parts=Adder.by(of, len(parts)),
        to_domains=Adder.by(where, numbering.size),
        parts_to_domains=Adder.by(where[first], numbering.size),
    )


_RESIDUALS: _Memo[ResidualLayout] = _Memo(_residual_layout)
_DEGREES: _Memo[DegreesLayout | None] = _Memo(_degrees_layout)
