"""Cluster variance: counter-days as sampling units, since people of one counter and one day resemble one another.

A thin second accumulator is kept beside the moments: of each counter-day its respondents and Σz, never a matrix. It
adds up like the moments. After pooling (`scoring.pooling`), with T_ch the sum of a cluster's contributions
u in stratum h, n_ch its respondents there, ū_h the stratum's mean of u, m_h its clusters and f_h = n_h/N_h,

    Var = Σ_c [ Σ_h √((1 - f_h) m_h/(m_h - 1)) (T_ch - n_ch ū_h) ]²

Weights N_h/n_h make the strata post-strata of the sampled counter-days, hence the residuals from ū_h; a counter that
serves several fields has one residual a day, over all of them. With clusters of one person this is the stratified
variance of `scoring.estimate` exactly. Degrees of freedom: clusters less strata, where strata that share clusters count
as one. In R, with e the terms of the bracket by person: `sum(tapply(e, cluster, sum)^2)`.

Clusters of fewer than `min_n` people are joined with the counter's next one, in the order of the days: no cluster of a
file is then a small group, and whoever uses the file finds the same errors. People whose counter is not known are
units by themselves, as without clusters; where no counter is known there are no clusters.

Sources: Särndal, Swensson & Wretman (1992), result 7.6.1 (post-stratified residuals, clusters); Liang & Zeger (1986),
"Longitudinal data analysis using generalized linear models", Biometrika 73 (sums over clusters); Donner (1986), "A
review of inference procedures for the intraclass correlation coefficient", Int. Stat. Rev. 54 (ANOVA estimator); Kish
(1965), 5.4 (deff = 1 + (b - 1) ρ).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from scoring.moments import Moments, cells_of, decode, features_of, lookup, rows_among
from scoring.scheme import DataError, Figure, Scheme
from scoring.unit_layout import Adder, Numbering, degrees_layout, residual_layout
from scoring.weights import Clusters, Codes, Design, Floats

CLUSTER = ("counter", "day")
"""Key columns that name a cluster within its agency. `counter` may be a paper pile, `day` then is ""; "" where it is
not known: these people are told apart by their answers, which stand in `day`, and one of several is as good as another.
"""

Small = NDArray[np.int32]
_CHUNK = 1 << 17


@dataclass(frozen=True, eq=False)
class RowNumbers:
    """Rows of counter-days by number instead of text."""

    #: (rows,) the cell a row is part of, and (cells,) what names a cell
    cell: Codes
    cells: pd.DataFrame
    #: (rows,) whether the counter is not known
    alone: NDArray[np.bool_]
    #: (rows with a counter,) their counter-day in order
    day: Codes
    #: (counter-days,) number of the counter, in order
    counter: Codes

    @classmethod
    def of(cls, keys: pd.DataFrame) -> RowNumbers:
        """The numbers of rows by their keys."""
        cell, cells = cells_of(keys[[str(name) for name in keys if name not in CLUSTER]])
        alone = (keys["counter"] == "").to_numpy()
        return cls(cell, cells, alone, *_counter_days(keys[~alone]))


@dataclass(frozen=True, eq=False)
class ClusterSums:
    """Σz of every counter-day by the keys of the moments' cells. Build with `cluster_sums`; add with `merge`."""

    scheme: Scheme
    features: tuple[str, ...]
    #: (rows,) distinct rows of text, sorted: the columns of the moments' cells, then `counter` and `day`
    keys: pd.DataFrame
    #: (rows,) respondents with at least one valid answer
    n: Small
    #: (rows, features·items) Σz, as `Moments.sums`
    sums: Small

    def merge(self, *others: ClusterSums) -> ClusterSums:
        """The sums of all responses together, in any order; `DataError` for other items, features or keys."""
        for other in others:
            if (other.scheme, other.features, list(other.keys)) != (self.scheme, self.features, list(self.keys)):
                raise DataError("clusters can be merged when questionnaire, features and key columns are the same")
        if len(others) == 1:
            at = rows_among(self.keys, others[0].keys)
            if at is not None:
                return self._plus(others[0], at)
        every = [self, *others]
        codes, cells = cells_of(pd.concat([part.keys for part in every], ignore_index=True))
        return _added(
            self, codes, cells, *(np.concatenate([getattr(p, name) for p in every]) for name in ("n", "sums"))
        )

    def _plus(self, other: ClusterSums, at: Codes) -> ClusterSums:
        """These sums with those of other responses, whose rows stand at `at`; what names the rows stays."""
        n, sums = self.n.copy(), self.sums.copy()
        np.add.at(n, at, other.n)
        np.add.at(sums, at, other.sums)
        found = replace(self, n=n, sums=sums)
        if "numbers" in self.__dict__:
            found.__dict__["numbers"] = self.numbers
        return found

    @cached_property
    def numbers(self) -> RowNumbers:
        """What the keys alone tell of the rows, for `clustered`."""
        return RowNumbers.of(self.keys)

    def select(self, mask: ArrayLike) -> ClusterSums:
        """The rows (rows,) where `mask` is true."""
        at = np.flatnonzero(np.asarray(mask, dtype=bool))
        return replace(self, keys=self.keys.iloc[at].reset_index(drop=True), n=self.n[at], sums=self.sums[at])

    def collapse(self, columns: Sequence[str]) -> ClusterSums:
        """The same sums with fewer key columns, rows that become equal being added."""
        codes, cells = cells_of(self.keys[list(columns)])
        return _added(self, codes, cells, self.n, self.sums)


def cluster_sums(
    patterns: Sequence[str] | ArrayLike,
    counts: ArrayLike,
    keys: pd.DataFrame,
    scheme: Scheme,
    *,
    features: Sequence[str] = ("top2",),
) -> ClusterSums:
    """The sums of distinct answers with how often each was given, as `scoring.moments.moments_from_patterns`.

    `keys`: (rows,) text: the columns of the moments' cells (`agency`, `service`, …), `counter` ("": not known) and
    `day` (any text that sorts by time). Responses without a valid answer are nobody. One row a response (`counts` all
    1) is as good as one row a pattern. Raises `DataError`.
    """
    missing = [name for name in CLUSTER if name not in keys]
    if missing:
        raise DataError(f"clusters need a key column {missing[0]!r}")
    table, times = decode(patterns, scheme), np.asarray(counts)
    if times.shape != (len(table),) or len(keys) != len(table):
        raise DataError(f"{len(table)} patterns, {times.shape} counts and {len(keys)} rows of keys do not fit")
    wanted = features_of(features, scheme)
    codes, cells = cells_of(_without_counter(keys, table))
    worth = np.array([lookup(scheme.scale)[name] for name in wanted], dtype=np.int32)
    n, sums = np.zeros(len(cells), dtype=np.int32), np.zeros((len(cells), len(wanted) * table.shape[1]), dtype=np.int32)
    order = np.argsort(codes, kind="stable")
    for start in range(0, len(order), _CHUNK):
        at = order[start : start + _CHUNK]
        answers, weight = table[at], times[at].astype(np.int32)
        here, row = np.unique(codes[at], return_inverse=True)
        add = sparse.csr_array((weight, (row, np.arange(len(at)))), shape=(len(here), len(at)))
        n[here] += add @ answers.any(axis=1).astype(np.int32)
        sums[here] += add @ np.concatenate([values[answers] for values in worth], axis=1)
    found = ClusterSums(scheme, wanted, cells, n, sums)
    return found.select(n > 0) if (n == 0).any() else found


def clustered(design: Design, found: ClusterSums, min_n: int = 5) -> Design:
    """The design with counter-days as sampling units; those below `min_n` people joined with the next one.

    `design`: of cells of `Moments.rated`, whose key columns the sums have as well. Pool, rake or compare it afterwards
    like any other; where no counter is known it is returned as it is. Raises `DataError` when the sums are of other
    respondents than the cells.
    """
    columns = [str(name) for name in found.keys if name not in CLUSTER]
    if set(columns) != set(design.keys):
        raise DataError(f"clusters are by {', '.join(columns)}, the cells by {', '.join(map(str, design.keys))}")
    numbers = found.numbers
    cell = _rows_of(numbers.cells[columns], design.keys[columns])[numbers.cell]
    inside = np.bincount(cell[cell >= 0], weights=found.n[cell >= 0], minlength=len(design.n))
    if (cell < 0).any() or (inside != design.n).any():
        raise DataError("the clusters hold other respondents than the cells; make the design of `moments.rated()`")
    if numbers.alone.all():
        return design
    if not numbers.alone.any():
        unit = _joined_days(numbers.day, numbers.counter, found.n, min_n)
        return replace(design, clusters=Clusters(found.keys, cell, unit, found.n, found.sums, found.features))
    at = np.repeat(np.arange(len(cell)), np.where(numbers.alone, found.n, 1))
    alone, keys = numbers.alone[at], found.keys.iloc[at].reset_index(drop=True)
    n = np.where(alone, 1, found.n[at]).astype(np.int32)
    sums = np.where(alone[:, None], found.sums[at] // np.maximum(found.n[at], 1)[:, None], found.sums[at])
    unit = np.zeros(len(at), dtype=np.intp)
    unit[~alone] = _joined_days(numbers.day, numbers.counter, n[~alone], min_n)
    unit[alone] = unit.max() + 1 + np.arange(int(alone.sum()))
    return replace(design, clusters=Clusters(keys, cell[at], unit, n, sums.astype(np.int32), found.features))


def _rows_of(wanted: pd.DataFrame, keys: pd.DataFrame) -> Codes:
    """The row of `keys` that has the text of each row of `wanted`, -1 where none has."""
    codes, cells = cells_of(pd.concat([keys, wanted], ignore_index=True))
    row = np.full(len(cells), -1, dtype=np.intp)
    row[codes[: len(keys)]] = np.arange(len(keys))
    return row[codes[len(keys) :]]


def join_days(keys: pd.DataFrame, n: ArrayLike, least: int) -> Codes:
    """Each row's cluster number: the days of a counter in order, joined until they hold `least` people.

    What is left at the end of a counter joins the cluster before it. All rows of a counter's day are in one cluster,
    whatever the service: which of two hidden services somebody came for changes nothing.
    """
    return _joined_days(*_counter_days(keys), n, least)


def _counter_days(keys: pd.DataFrame) -> tuple[Codes, Codes]:
    """Each row's counter-day in order, and each counter-day's counter."""
    agency, counter, date = (pd.factorize(keys[name], sort=True)[0].astype(np.int64) for name in ("agency", *CLUSTER))
    counter = agency * (counter.max(initial=0) + 1) + counter
    days, day = np.unique(counter * (date.max(initial=0) + 1) + date, return_inverse=True)
    return day, days // (date.max(initial=0) + 1)


def _joined_days(day: Codes, counter: Codes, n: ArrayLike, least: int) -> Codes:
    """`join_days` for rows by number, see `_counter_days`."""
    people = np.bincount(day, weights=np.asarray(n), minlength=len(counter))
    begins = np.ones(len(counter), dtype=np.bool_)
    first = np.flatnonzero(np.diff(counter, prepend=-1))
    last = np.append(first[1:], len(counter))
    few = np.logical_or.reduceat(people < least, first) if len(first) else np.zeros(0, dtype=np.bool_)
    for start, stop in zip(first[few].tolist(), last[few].tolist(), strict=True):
        held, begun = 0.0, start
        for k, size in enumerate(people[start:stop].tolist(), start):
            begins[k] = k == start or held >= max(least, 1)
            held, begun = (size, k) if begins[k] else (held + size, begun)
        begins[begun] = begun == start or held >= least
    return np.asarray((np.cumsum(begins) - 1)[day], dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Residuals:
    """The terms in brackets of the formula above: what every cluster adds to figures of a domain."""

    #: (pairs,) number of the domain, and of the cluster
    domain: Codes
    unit: Codes
    #: (pairs, figures)
    value: Floats
    #: (domains,) some stratum has a single cluster
    lonely: NDArray[np.bool_]

    def variance(self, size: int) -> Floats:
        """The variance of figures of each of `size` domains, (size, figures)."""
        return Adder.by(self.domain, size).sums(self.value**2)

    def covariance(self, size: int) -> Floats:
        """The covariance matrix of all figures of all domains, (size·figures, size·figures), figures fastest."""
        width = self.value.shape[1]
        column = (self.domain[:, None] * width + np.arange(width)).ravel()
        row = np.repeat(self.unit, width)
        shape = (int(self.unit.max(initial=-1)) + 1, size * width)
        matrix = sparse.csr_array((self.value.ravel(), (row, column)), shape=shape)
        return np.asarray((matrix.T @ matrix).toarray(), dtype=np.float64)


def residuals(totals: Floats, design: Design, domain: ArrayLike, size: int) -> Residuals:
    """The residuals of clusters. `totals`: (rows, figures) Σu of each row of the clusters, 0 outside domains.

    `domain`: (cells,) of the design, as in `scoring.estimate.variance`. Raises `DataError` for a single cluster in a
    stratum under the rule `fail`.
    """
    return residuals_of((design,), totals, domain, size)[0]


def residuals_of(designs: Sequence[Design], totals: Floats, domain: ArrayLike, size: int) -> list[Residuals]:
    """`residuals` under designs that differ in sampling fractions and the rule for lonely strata alone."""
    clusters, strata = _clusters(designs[0]), len(designs[0].names)
    layout = residual_layout(numbering(designs[0], domain, size))
    of, home, where = layout.of, layout.home, layout.where
    people = np.bincount(layout.group, weights=clusters.n, minlength=len(of))
    respondents = np.maximum(np.bincount(of, weights=people, minlength=strata)[home], 1)[:, None]
    inside = totals[layout.inside]
    centres, terms = layout.to_pairs.sums(inside) / respondents, layout.to_terms.sums(inside)
    crowd = -people[layout.at][:, None]
    found = []
    for design in designs:
        scale, lonely = _scale(design, of)
        centre = centres.copy()
        centre[lonely[home]] = 0.0
        # Every pair of domain and stratum has all clusters of it: outside the domain u is 0, its residual is not.
        value = crowd * centre[layout.row]
        value += terms
        value *= scale[home[layout.row]][:, None]
        met = np.bincount(where[lonely[home]], minlength=size)[:size] > 0
        one = Residuals(layout.domain, layout.unit, layout.to_units.sums(value), met)
        found.append(_averaged(one, lonely, where, home, size) if design.lonely == "average" else one)
    return found


def degrees(design: Design, domain: ArrayLike, reached: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Clusters less strata of every domain, (size, figures), of those whom a figure reached.

    `reached`: (rows, figures) respondents of each row of the clusters. Strata that share clusters count as one.
    """
    layout = degrees_layout(numbering(design, domain, size))
    if layout is None:
        return np.zeros((size, reached.shape[1]), dtype=np.int64)
    seen = (layout.to_units.sums(reached[layout.inside].astype(np.float64)) > 0).astype(np.float64)
    touched = (layout.to_parts.sums(seen) > 0).astype(np.float64)
    return np.asarray(layout.to_domains.sums(seen) - layout.parts_to_domains.sums(touched), dtype=np.int64)


def numbering(design: Design, domain: ArrayLike, size: int) -> Numbering:
    """The strata, clusters and domains of the rows of the design's clusters."""
    clusters = _clusters(design)
    code = np.asarray(domain, dtype=np.intp)[clusters.cell]
    return Numbering(design.stratum[clusters.cell], clusters.unit, code, clusters.n > 0, len(design.names), size)


def cluster_effect(icc: float, people: float) -> float:
    """Kish's design effect of asking `people` a counter-day whose answers correlate by `icc`: 1 + (b - 1) ρ."""
    return 1 + (people - 1) * icc


def _without_counter(keys: pd.DataFrame, table: NDArray[np.uint8]) -> pd.DataFrame:
    """The keys; people whose counter is not known have their answers (rows, items) in the place of the day."""
    alone = np.flatnonzero((keys["counter"].isna() | (keys["counter"] == "")).to_numpy())
    if not len(alone):
        return keys
    day = keys["day"].to_numpy(dtype=object).copy()
    day[alone] = [(row + ord("0")).tobytes().decode("ascii") for row in table[alone]]
    return keys.assign(counter=keys["counter"].fillna(""), day=day)


def _clusters(design: Design) -> Clusters:
    if design.clusters is None:
        raise DataError("the design has no clusters")
    return design.clusters


def _scale(design: Design, of: Codes) -> tuple[Floats, NDArray[np.bool_]]:
    """√((1 - f) m/(m - 1)) of each stratum, and which have a single cluster; `of`: stratum of each cluster."""
    m = np.bincount(of, minlength=len(design.names)).astype(np.float64)
    left = np.where(1 - design.fraction < 1e-12, 0.0, 1 - design.fraction)
    lonely = (m == 1) & (left > 0)
    if design.lonely == "fail" and lonely.any():
        name = design.names[int(np.flatnonzero(lonely)[0])]
        raise DataError(f"stratum {name!r} has a single sampling unit; choose another rule than lonely='fail'")
    scale = left * np.divide(m, m - 1, out=np.zeros_like(m), where=m > 1)
    return np.sqrt(np.where(lonely, left if design.lonely == "adjust" else 0.0, scale)), lonely


def _averaged(found: Residuals, lonely: NDArray[np.bool_], where: Codes, home: Codes, size: int) -> Residuals:
    """The residuals under the rule `average`: strata with a single cluster vary as the others do."""
    every = np.bincount(where, minlength=size)[:size].astype(np.float64)
    own = np.bincount(where[~lonely[home]], minlength=size)[:size].astype(np.float64)
    factor = np.sqrt(np.divide(every, own, out=np.full(size, np.nan), where=own > 0))
    return replace(found, value=found.value * factor[found.domain][:, None])


def _added(like: ClusterSums, codes: Codes, cells: pd.DataFrame, n: Small, sums: Small) -> ClusterSums:
    order = np.argsort(codes, kind="stable")
    first = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return replace(
        like,
        keys=cells,
        n=np.add.reduceat(n[order], first).astype(np.int32),
        sums=np.add.reduceat(sums[order], first, axis=0).astype(np.int32),
    )


def likeness(
    moments: Moments, design: Design, wanted: Figure, domain: ArrayLike, *, statistic: str = "top2"
) -> pd.DataFrame:
    """How alike people of the same counter and day answer, a row for each domain that has clusters.

    Columns: `domain` (its number), `n` respondents, `clusters`, `size` (people a cluster), `icc` (intra-class
    correlation of a person's part in the index within strata, by analysis of variance: Donner 1986; may be below 0),
    `deff` (variance with clusters over that of respondents; what a planner multiplies n by). NaN where there is too
    little to tell. `domain`: (cells,), -1 for cells in none. The design's clusters and pooled strata are used.
    """
    from scoring.estimate import contributions, estimate  # which takes variances from here

    code = np.asarray(domain, dtype=np.intp)
    clusters, size = _clusters(design), int(code.max(initial=-1)) + 1
    one = replace(design, weight=np.ones(len(design.n)), fraction=np.zeros(len(design.names)), lonely="certainty")
    totals, squares = contributions(moments, one, wanted, np.where(design.weight > 0, code, -1), design, statistic)
    inside = np.flatnonzero(code[clusters.cell] >= 0)
    units = int(clusters.unit.max(initial=-1)) + 1
    own, node = np.unique(code[clusters.cell[inside]] * units + clusters.unit[inside], return_inverse=True)
    people = np.bincount(node, weights=clusters.n[inside], minlength=len(own))
    where = own // units
    n, many, sum_n2 = (np.bincount(where, weights=x, minlength=size) for x in (people, np.ones(len(own)), people**2))
    squared = Adder.by(node, len(own)).sums(totals[inside, None])[:, 0] ** 2
    between = np.bincount(where, weights=squared / people, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_between, mean_within = between / (many - 1), (squares - between) / (n - many)
        common = (n - sum_n2 / n) / (many - 1)
        icc = (mean_between - mean_within) / (mean_between + (common - 1) * mean_within)
        clustered_variance = estimate(moments, design, [wanted], code, statistic=statistic).variance[:, 0]
        plain = estimate(moments, replace(design, clusters=None), [wanted], code, statistic=statistic).variance[:, 0]
        found = {"n": n, "clusters": many, "size": n / many, "icc": icc, "deff": clustered_variance / plain}
    frame = pd.DataFrame({"domain": np.arange(size), **found})
    return frame[frame["clusters"] > 0].astype({"n": np.int64, "clusters": np.int64}).reset_index(drop=True)
