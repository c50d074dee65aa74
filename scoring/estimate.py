"""Moments → indices, their variances and covariances, for any domains and figures.

Every figure is C = Σ_k W_k A_k / B_k, with A and B weighted totals over the domain of "answers that count" and "valid
answers" of a part's items. Linearised (Taylor), a respondent's contribution is

    u_i = w_i 1(i in domain) αᵀ z_i,    α = Σ_k W_k (e_A - (A_k / B_k) e_B) / B_k,

plus a constant per cell when weights are calibrated (the residual of the calibration). The variance is that of Σ u over
strata: Σ_h (1 - f_h) n_h/(n_h - 1) Σ_i (u_i - ū_h)², n_h being all respondents (or clusters) of the stratum, those
outside the domain with u = 0. One call, `variance`, does it for every figure; composites need no covariances by hand.

Sources: Woodruff (1971); Cochran (1977), chapters 5 and 6; Särndal, Swensson & Wretman (1992), chapter 5; Deville &
Särndal (1992) for calibration residuals; lonely strata and degrees of freedom as R survey 4.1 (`svyrecvar`, `degf`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.clusters import degrees, numbering, residuals, residuals_of
from scoring.moments import Moments, peak
from scoring.scheme import DataError, Figure, Scheme
from scoring.unit_layout import residual_layout
from scoring.weights import RAKING_SWEEPS, Adjustment, Clusters, Codes, Design, Floats

TINY = 1e-24
"""A variance of an index (scale 0..1) below this is none: 10⁹ answers that differ once give more than 10⁻¹⁸."""

Number = TypeVar("Number", np.int64, np.float64)

_BLOCK = 4096
_SHARED = ("n", "weight", "stratum", "unit", "names", "adjustments", "clusters")
"""What designs have in common whose figures `estimates` makes together."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """Figures by domain: arrays (domains, figures), indices on 0..1.

    Where `status` is `no_data`, value and variance are NaN; `scoring.table` makes explicit blanks of them.
    """

    figures: tuple[Figure, ...]
    value: Floats
    variance: Floats
    #: sampling units minus strata, R's `degf`
    df: NDArray[np.int64]
    #: respondents with at least one valid answer in the figure
    n: NDArray[np.int64]
    #: valid answers
    valid: NDArray[np.int64]
    #: (domains, figures, 5) answers 1..5
    counts: NDArray[np.int64]
    #: Kish's effective n of those respondents
    n_kish: Floats
    #: word for each figure: see `STATUS`
    status: NDArray[np.object_]
    #: (domains,) words that figures of the domain carry besides
    notes: tuple[frozenset[str], ...]
    #: variance that strata with a single unit may have beyond what the rule `adjust` found: see `_allowance`
    allowance: Floats
    #: variance of one answer drawn at random: over `valid`, the figure's variance if answers were independent
    spread: Floats
    #: the least and the most that the index of all transactions can still be, given those who answered: see `_possible`
    least: Floats
    most: Floats

    @property
    def se(self) -> Floats:
        """Standard errors on 0..1."""
        return np.sqrt(self.variance)

    @property
    def deff(self) -> Floats:
        """Kish's design effect (1965, 8.2): variance over that of as many answers drawn at random, with replacement.

        R survey's `svymean(deff = "replace")` for one item. NaN where there is no variance.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            random = np.where(self.spread > TINY, self.spread / np.maximum(self.valid - 1, 1), np.nan)
            return np.where(self.variance > 0, self.variance / random, np.nan)

    @property
    def n_eff(self) -> Floats:
        """Effective answers: as many answers drawn at random would tell as much; `valid` over `deff`."""
        return np.asarray(self.valid / self.deff)

    def __repr__(self) -> str:
        return f"Estimates({len(self.value)} domains × {len(self.figures)} figures)"

    def to_frame(self) -> pd.DataFrame:
        """One row a domain and figure: `domain, level, key, n, valid, value, se, df, status`, on 0..1."""
        size, width = self.value.shape
        columns = {name: getattr(self, name).ravel() for name in ("n", "valid", "value", "se", "df", "status")}
        return pd.DataFrame(
            {
                "domain": np.repeat(np.arange(size), width),
                "level": [f.level for f in self.figures] * size,
                "key": [f.key for f in self.figures] * size,
                **columns,
            }
        )


STATUS = {
    "ok": "an index with its standard error and interval",
    "no_data": "nobody in the domain gave a valid answer (or a part of the composition has none): no figure",
    "no_df": "one respondent (or cluster) for each stratum: no standard error and no interval",
    "small_n": "too few respondents for any method to hold its level: no interval under `auto`",
    "wide": "an interval too wide to be of use: none under `auto`",
    "population_below_sample": "a stratum has more responses than transactions: N is wrong; n was used in its place",
    "census": "everyone answered: no sampling error, the interval is the index itself",
    "zero_variance": "answers do not differ: interval from the effective number of respondents alone",
    "lonely_psu": "a stratum has a single respondent (or cluster): its variance follows the rule `lonely`",
}
"""Status words, the first that holds being the one given; `lonely_psu` is a warning, and the status of old editions."""


def domains(keys: pd.DataFrame, columns: Sequence[str]) -> tuple[Codes, pd.DataFrame]:
    """Each cell's domain number and the domains' keys; a cell with an empty key is in no domain (-1).

    Without columns there is one domain, everything.
    """
    codes, _ = places(keys, columns)
    if not columns:
        return codes, pd.DataFrame(index=range(1))
    inside = np.flatnonzero(codes >= 0)
    first = inside[np.unique(codes[inside], return_index=True)[1]]
    return codes, keys[list(columns)].iloc[first].reset_index(drop=True)


def places(keys: pd.DataFrame, columns: Sequence[str]) -> tuple[Codes, list[tuple[Any, ...]]]:
    """What `domains` does, the domains' keys as rows in order."""
    missing = [name for name in columns if name not in keys]
    if missing:
        raise DataError(f"there is no key column {missing[0]!r}")
    if not columns:
        return np.zeros(len(keys), dtype=np.intp), [()]
    values = [keys[name].to_numpy(dtype=object) for name in columns]
    given = ~np.logical_or.reduce([pd.isna(column) | (column == "") for column in values])
    rows = list(zip(*(column[given] for column in values), strict=True))
    distinct = sorted(set(rows))
    number = {row: k for k, row in enumerate(distinct)}
    codes = np.full(len(keys), -1, dtype=np.intp)
    codes[given] = [number[row] for row in rows]
    return codes, distinct


def estimate(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    domain: ArrayLike | None = None,
    *,
    statistic: str = "top2",
    renormalise: bool = False,
) -> Estimates:
    """Figures of every domain.

    `domain`: (cells,) domain number, -1 for cells in none; None: one domain of everything. Domains are parts of the
    sample, not samples: the variance keeps the whole design. Raises `DataError` for a stratum with a single unit under
    `fail`.
    """
    return estimates(moments, (design,), figures, domain, statistic=statistic, renormalise=renormalise)[0]


def estimates(
    moments: Moments,
    designs: Sequence[Design],
    figures: Sequence[Figure],
    domain: ArrayLike | None = None,
    *,
    statistic: str = "top2",
    renormalise: bool = False,
) -> list[Estimates]:
    """`estimate` under designs that differ in sampling fractions and the rule for lonely strata alone.

    Figures, their linearisation, numbers of respondents and degrees of freedom are the same in all of them. Raises
    `DataError` for designs of other weights, strata or units.
    """
    design = designs[0]
    if any(getattr(other, name) is not getattr(design, name) for other in designs for name in _SHARED):
        raise DataError("the designs differ in more than sampling fractions")
    code = _domain(moments, domain)
    size = int(code.max(initial=-1)) + 1
    used = np.where(design.weight > 0, code, -1)
    line = _linearise(moments, design, figures, used, size, statistic, renormalise)
    mean = _cell_means(moments, design, line.alpha, used, statistic)
    within = _cell_within(moments, design, line.alpha, used, statistic)
    if design.clusters is not None:
        variances = _cluster_variances(moments, mean, line.alpha, designs, used, size, statistic)
    else:
        of_people = _calibrated_variance if design.adjustments else variance
        variances = [of_people(mean, within, one, used, size) for one in designs]
    reached = reach(moments, figures)
    n = _sum(reached, used, size)
    weighted = _sum(reached * design.weight[:, None], used, size)
    squares = _sum(reached * (design.weight**2)[:, None], used, size)
    n_kish = np.divide(weighted**2, squares, out=np.zeros_like(weighted), where=squares > 0)
    counts = np.stack([_sum(moments.counts[:, list(f.items)].sum(axis=1), code, size) for f in figures], axis=1)
    df = degrees_of_freedom(moments, design, figures, used, size)
    spread = _spread(moments, design, line, used, size, statistic)
    found = []
    for one, (raw, lonely) in zip(designs, variances, strict=True):
        var = np.where(np.isnan(line.value), np.nan, np.where(raw <= TINY, 0.0, raw))
        census, short = complete(one, used, size), _any(in_short_strata(one), used, size)
        least, most = _possible(moments, one, line, used, size, statistic)
        found.append(
            Estimates(
                figures=tuple(figures),
                value=line.value,
                variance=var,
                df=df,
                n=n,
                valid=counts.sum(axis=2),
                counts=counts,
                n_kish=n_kish,
                status=status_words(line.value, var, df, census, short),
                notes=notes_of(one, used, size, lonely, line.lost),
                allowance=_allowance(moments, one, line, mean, used, size),
                spread=spread,
                least=least,
                most=most,
            )
        )
    return found


def variance(
    mean: Floats, within: Floats, design: Design, domain: ArrayLike, size: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """The variance of Σ u by domain, (size, figures), and which domains meet a lonely stratum, (size,).

    `mean`, `within`: (cells, figures) mean of u and Σ(u - mean)² over the respondents of each cell, in its domain;
    outside it, u is 0. For row-level data a cell is a respondent and `within` is 0. This is the only place where a sum
    of contributions becomes a variance.
    """
    code = np.asarray(domain)
    inside = (code >= 0) & (design.n > 0)
    code, stratum, n = code[inside], design.stratum[inside], design.n[inside].astype(np.float64)
    mean, within = mean[inside], within[inside]
    if design.unit is not None:
        # A cluster is one unit: its total of u is all that counts.
        units = int(design.unit.max(initial=-1)) + 1
        pairs, first, at = np.unique(code * units + design.unit[inside], return_index=True, return_inverse=True)
        mean = _add(mean * n[:, None], at, len(pairs))
        within, n = np.zeros_like(mean), np.ones(len(pairs))
        code, stratum = code[first], stratum[first]
    strata = len(design.names)
    pairs, at = np.unique(code * strata + stratum, return_inverse=True)
    of = pairs % strata
    total = _add(mean * n[:, None], at, len(pairs))
    present = np.bincount(at, weights=n, minlength=len(pairs))
    centre = np.where(design.is_lonely[of][:, None], 0.0, total / design.size[of][:, None])
    squares = _add(within + n[:, None] * (mean - centre[at]) ** 2, at, len(pairs))
    squares += np.maximum(design.size[of] - present, 0)[:, None] * centre**2
    into = pairs // strata
    result = _add(squares * stratum_scale(design)[of][:, None], into, size)
    lonely = np.bincount(into[design.is_lonely[of]], minlength=size)[:size] > 0
    if design.lonely == "average":
        result *= _average_factor(design, of, into, size)[:, None]
    return result, lonely


def covariance(mean: Floats, within: Floats, design: Design, touched: NDArray[np.bool_] | None = None) -> Floats:
    """The covariance matrix of the sums of several contributions u, (figures, figures).

    `mean`: (cells, figures) of u over *all* respondents of a cell, 0 where it does not enter; `within`:
    (cells, figures, figures) Σ(u - mean)(u - mean)ᵀ, or (figures, figures) if already summed with the strata's scale.
    `touched`: (strata, figures) strata of each figure's domain, which the rule `average` counts; all when not given.
    """
    n = design.n.astype(np.float64)
    stratum = design.stratum
    scale = stratum_scale(design)
    inner = within if within.ndim == 2 else np.asarray(np.tensordot(scale[stratum], within, axes=1))
    if design.unit is not None:
        units = int(design.unit.max(initial=-1)) + 1
        first = np.unique(design.unit, return_index=True)[1]
        mean, stratum = _add(mean * n[:, None], design.unit, units), stratum[first]
        n, inner = np.ones(units), np.zeros_like(inner)
    total = _add(mean * n[:, None], stratum, len(design.names))
    centre = np.where(design.is_lonely[:, None], 0.0, total / np.maximum(design.size, 1)[:, None])
    spread = (mean - centre[stratum]) * np.sqrt(scale[stratum] * n)[:, None]
    result = spread.T @ spread + inner
    if design.lonely == "average":
        every = np.ones((len(design.names), mean.shape[1]), dtype=np.bool_)
        result = result * _average_matrix(design, every if touched is None else touched)
    return np.asarray((result + result.T) / 2)


@dataclass(frozen=True, eq=False)
class Joint:
    """Figures with their full covariance; m = domains × figures, figures fastest. Domains without data are left out."""

    #: (m,) rows: the domains' number, and the figure's
    domain: Codes
    figure: Codes
    #: (m,) on 0..1
    value: Floats
    #: (m, m)
    covariance: Floats
    #: (m,)
    df: NDArray[np.int64]
    n: NDArray[np.int64]


def joint(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    domain: ArrayLike | None = None,
    *,
    statistic: str = "top2",
    renormalise: bool = False,
) -> Joint:
    """Figures of all domains with the covariance among all of them.

    One figure and `domains(keys, ["agency"])` is the vector of agency indices; many figures and one domain are, for
    example, all items with their covariances.
    """
    code = _domain(moments, domain)
    size, width = int(code.max(initial=-1)) + 1, len(figures)
    used = np.where(design.weight > 0, code, -1)
    line = _linearise(moments, design, figures, used, size, statistic, renormalise)
    value, alpha = line.value, line.alpha
    if design.clusters is not None:
        return _clustered_joint(moments, design, figures, used, size, statistic, value, alpha)
    means = _cell_means(moments, design, alpha, used, statistic)
    spread = np.zeros((len(moments.n), size * width))
    inner = np.zeros((size * width, size * width))
    scale = stratum_scale(design)[design.stratum] * design.weight**2
    at = columns_of(moments, statistic)
    for d in range(size):
        cells = np.flatnonzero(used == d)
        block = slice(d * width, (d + 1) * width)
        spread[cells, block] = means[cells]
        cross = np.tensordot(scale[cells], moments.within[np.ix_(cells, at, at)], axes=1)
        inner[block, block] = alpha[d] @ cross @ alpha[d].T
    spread = _calibrate(spread, design)
    touched = np.zeros((len(design.names), size * width), dtype=np.bool_)
    for d in range(size):
        touched[design.stratum[used == d], d * width : (d + 1) * width] = True
    matrix = covariance(spread, inner, design, touched)
    return _joined(moments, design, figures, used, value, matrix)


def _joined(
    moments: Moments, design: Design, figures: Sequence[Figure], domain: Codes, value: Floats, matrix: Floats
) -> Joint:
    """What there are data for; `value`: (domains, figures)."""
    size, width = value.shape
    keep = ~np.isnan(value.ravel())
    n = _sum(reach(moments, figures), domain, size).ravel()[keep]
    df = degrees_of_freedom(moments, design, figures, domain, size).ravel()[keep]
    rows = np.flatnonzero(keep)
    return Joint(rows // width, rows % width, value.ravel()[keep], matrix[np.ix_(keep, keep)], df, n)


def _clustered_joint(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    domain: Codes,
    size: int,
    statistic: str,
    value: Floats,
    alpha: Floats,
) -> Joint:
    """`joint` for a design with clusters."""
    if design.adjustments and size > 1:
        raise DataError("calibrated weights with clusters have no joint figures of several domains")
    totals = cluster_totals(moments, design, alpha, domain, statistic)
    if design.adjustments:
        mean = _cell_means(moments, design, alpha, domain, statistic)
        totals, domain_of = _calibrated_totals(totals, mean, design), np.zeros_like(domain)
    else:
        domain_of = domain
    matrix = residuals(totals, design, domain_of, size).covariance(size)
    return _joined(moments, design, figures, domain, value, matrix)


def _domain(moments: Moments, domain: ArrayLike | None) -> Codes:
    code = np.zeros(len(moments.n), dtype=np.intp) if domain is None else np.asarray(domain, dtype=np.intp)
    if code.shape != moments.n.shape:
        raise DataError(f"domain has {code.shape} numbers for {len(moments.n)} cells")
    return code


def columns_of(moments: Moments, statistic: str) -> NDArray[np.intp]:
    """The positions in z of the numerator's and the denominator's indicators."""
    width = moments.cross.shape[1]
    every = np.arange(width, dtype=np.intp)
    return np.concatenate([every[moments.feature(statistic)], every[moments.feature("answered")]])


@dataclass(frozen=True, eq=False)
class Linearised:
    """Figures of D domains made of P parts (pooled ratios), with what their linearisation needs."""

    #: (D, figures), NaN where there is none
    value: Floats
    #: (D, figures, 2·items) coefficients α of the respondents' indicators
    alpha: Floats
    #: (D, figures) whether a part without answers was left out
    lost: NDArray[np.bool_]
    #: (D, figures, P) weight of each part in the figure over the part's weighted valid answers
    per_answer: Floats
    #: (D, P) index of each part, and its weighted valid answers
    ratio: Floats
    below: Floats
    #: (P, items) 1 where the item is in the part
    members: Floats


def _linearise(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    domain: Codes,
    size: int,
    statistic: str,
    renormalise: bool,
) -> Linearised:
    """Values and coefficients of the figures."""
    totals = _sum(moments.sums[:, columns_of(moments, statistic)] * design.weight[:, None], domain, size)
    return linearise(totals, moments.scheme, figures, statistic, renormalise=renormalise)


def linearise(
    totals: Floats, scheme: Scheme, figures: Sequence[Figure], statistic: str, *, renormalise: bool = False
) -> Linearised:
    """Values and coefficients of the figures of domains, whose weighted totals of the indicators are (D, 2·items)."""
    items, top = len(scheme.items), peak(statistic, scheme.scale)
    parts = list(dict.fromkeys(part.items for figure in figures for part in figure.parts))
    members = np.zeros((len(parts), items))
    for p, positions in enumerate(parts):
        members[p, list(positions)] = 1.0
    shares = np.zeros((len(figures), len(parts)))
    for k, figure in enumerate(figures):
        for part in figure.parts:
            shares[k, parts.index(part.items)] += part.weight
    above, below = totals[:, :items] @ members.T / top, totals[:, items:] @ members.T
    there = below > 0
    ratio = np.divide(above, below, out=np.zeros_like(above), where=there)
    lost = (shares[None] * ~there[:, None, :]).sum(axis=2) > 0
    weights = shares[None] * there[:, None, :]
    present = weights.sum(axis=2)
    if renormalise:
        weights = np.divide(weights, present[:, :, None], out=np.zeros_like(weights), where=present[:, :, None] > 0)
    value = np.where((present > 0) & (renormalise | ~lost), (weights * ratio[:, None, :]).sum(axis=2), np.nan)
    per_answer = np.divide(weights, below[:, None, :], out=np.zeros_like(weights), where=there[:, None, :])
    alpha = np.concatenate([per_answer / top @ members, -(per_answer * ratio[:, None, :]) @ members], axis=2)
    return Linearised(value, alpha, lost & ~np.isnan(value), per_answer, ratio, below, members)


def _spread(moments: Moments, design: Design, line: Linearised, domain: Codes, size: int, statistic: str) -> Floats:
    """The variance of one answer drawn at random, (domains, figures), NaN where there is no figure.

    Of a pooled share p that is p(1 - p), of a mean score the weighted variance of the answers' scores. A composition
    has parts of S_k² and m_k valid answers: Σ W_k² S_k²/m_k times all its answers, so that divided by them it is the
    variance of the composition from independent answers.
    """
    second = None
    if statistic == "score":
        score = (np.arange(moments.counts.shape[2]) / peak(statistic, moments.scheme.scale)) ** 2
        second = _sum((moments.counts @ score) * design.weight[:, None], domain, size)
    return spread_of(line, second, _sum(moments.answered, domain, size))


def spread_of(line: Linearised, second: Floats | None, answered: NDArray[np.int64]) -> Floats:
    """`Estimates.spread` from `second`, (D, items) weighted Σ score² (None: shares), and (D, items) valid answers."""
    square = line.ratio
    if second is not None:
        square = np.divide(second @ line.members.T, line.below, out=np.zeros_like(line.below), where=line.below > 0)
    own = np.maximum(square - line.ratio**2, 0.0)
    valid = answered @ line.members.T
    weight = line.per_answer * line.below[:, None, :]
    part = np.divide(own, valid, out=np.zeros_like(own), where=valid > 0)
    answers = ((weight > 0) * valid[:, None, :]).sum(axis=2)
    return np.asarray(np.where(np.isnan(line.value), np.nan, (weight**2 * part[:, None, :]).sum(axis=2) * answers))


def _possible(
    moments: Moments, design: Design, line: Linearised, domain: Codes, size: int, statistic: str
) -> tuple[Floats, Floats]:
    """The least and the most that the index of this period's transactions can still be, (domains, figures).

    Of a stratum the sampling fraction f has been seen. The others, N - n, may all be dissatisfied or all satisfied;
    they are taken to answer as many items as those who answered. Without the finite-population correction (f = 0) the
    bounds are 0 and 1.
    """
    seen = np.clip(design.fraction, 0.0, 1.0)[design.stratum]
    if not seen.any():
        return np.zeros(line.value.shape), np.ones(line.value.shape)
    weighted = moments.sums[:, columns_of(moments, statistic)] * (design.weight * seen)[:, None]
    return possible_of(line, _sum(weighted, domain, size), peak(statistic, moments.scheme.scale))


def possible_of(line: Linearised, seen: Floats, top: int) -> tuple[Floats, Floats]:
    """`Estimates.least` and `most` from the part of the totals that was seen, (D, 2·items)."""
    items = line.members.shape[1]
    above, below = seen[:, :items] @ line.members.T / top, seen[:, items:] @ line.members.T
    least = (line.per_answer * above[:, None, :]).sum(axis=2)
    unseen = (line.per_answer * (line.below - below)[:, None, :]).sum(axis=2)
    return np.clip(least, 0.0, 1.0), np.clip(least + np.maximum(unseen, 0.0), 0.0, 1.0)


def single_units(design: Design, domain: ArrayLike | None = None, size: int = 1) -> NDArray[np.bool_]:
    """The strata with a single sampling unit that speaks for others, (strata,).

    `domain`, `size`: those that figures are made of, whose layout is known already; any will do.
    """
    if design.clusters is None:
        return design.is_lonely
    domain = np.zeros(len(design.n), dtype=np.intp) if domain is None else domain
    count = np.bincount(residual_layout(numbering(design, domain, size)).of, minlength=len(design.names))
    return np.asarray((count == 1) & (design.fraction < 1), dtype=np.bool_)


def _allowance(moments: Moments, design: Design, line: Linearised, mean: Floats, domain: Codes, size: int) -> Floats:
    """What to add to variances for strata with a single unit, (domains, figures); 0 but for the rule `adjust`.

    One unit tells nothing of how units of its stratum differ. Its own index lies in 0..1, so that its variance is at
    most 1/4 (Popoviciu 1935); with the share s of the stratum in the figure, that is s² (1 - f)/4. Where `adjust` found
    less, the rest is returned. The errors printed stay those of R; intervals and tests take the allowance in.
    """
    result = np.zeros((size, mean.shape[1]))
    cells = np.flatnonzero(single_units(design, domain, size)[design.stratum] & (domain >= 0) & (design.n > 0))
    if design.lonely != "adjust" or not len(cells):
        return result
    code, stratum = domain[cells], design.stratum[cells]
    per_item = line.per_answer[code] @ line.members
    share = np.einsum("cki,ci->ck", per_item, moments.answered[cells] * design.weight[cells, None])
    pairs, at = np.unique(code * len(design.names) + stratum, return_inverse=True)
    share, found = (_add(x, at, len(pairs)) for x in (share, mean[cells] * design.n[cells, None]))
    left = np.clip(1 - design.fraction, 0.0, 1.0)[pairs % len(design.names)][:, None]
    return _add(left * np.maximum(share**2 / 4 - found**2, 0.0), pairs // len(design.names), size)


def _cell_means(moments: Moments, design: Design, alpha: Floats, domain: Codes, statistic: str) -> Floats:
    """The mean of u in each cell, (cells, figures); 0 outside the domains."""
    result = np.zeros((len(moments.n), alpha.shape[1]))
    at = columns_of(moments, statistic)
    cells = np.flatnonzero((domain >= 0) & (moments.n > 0))
    for start in range(0, len(cells), _BLOCK):
        c = cells[start : start + _BLOCK]
        average = moments.sums[np.ix_(c, at)] * (design.weight[c] / moments.n[c])[:, None]
        result[c] = (alpha[domain[c]] @ average[:, :, None])[:, :, 0]
    return result


def _cell_within(moments: Moments, design: Design, alpha: Floats, domain: Codes, statistic: str) -> Floats:
    """Σ(u - mean)² in each cell, (cells, figures). Clusters do not need it: their totals are their units."""
    result = np.zeros((len(moments.n), alpha.shape[1]))
    if design.unit is not None or design.clusters is not None:
        return result
    at = columns_of(moments, statistic)
    cells = np.flatnonzero((domain >= 0) & (moments.n > 1))
    for start in range(0, len(cells), _BLOCK):
        c = cells[start : start + _BLOCK]
        a = alpha[domain[c]]
        form = np.einsum("ckf,ckf->ck", a @ moments.within[np.ix_(c, at, at)], a)
        result[c] = np.maximum(form, 0.0) * (design.weight[c] ** 2)[:, None]
    return result


def contributions(
    moments: Moments, one: Design, wanted: Figure, domain: Codes, design: Design, statistic: str
) -> tuple[Floats, Floats]:
    """Each person's part e = αᵀz less its stratum's mean: Σe by row of the clusters (rows,), Σe² by domain.

    `one`: the design with weights 1; `design`: the one whose weights make α and whose domains these are.
    """
    size = int(domain.max(initial=-1)) + 1
    alpha = _linearise(moments, design, [wanted], domain, size, statistic, renormalise=True).alpha
    clusters = one.clusters
    if clusters is None:
        raise DataError("the design has no clusters")
    mean = _cell_means(moments, one, alpha, domain, statistic)[:, 0]
    within = _cell_within(moments, replace(one, clusters=None), alpha, domain, statistic)[:, 0]
    inside = domain >= 0
    pairs, pair = np.unique(np.where(inside, domain * len(one.names) + one.stratum, -1), return_inverse=True)
    people = np.bincount(pair, weights=one.n, minlength=len(pairs))
    centre = np.bincount(pair, weights=one.n * mean, minlength=len(pairs)) / np.maximum(people, 1)
    own = np.where(inside, centre[pair], 0.0)
    squares = np.where(inside, within + one.n * (mean - own) ** 2, 0.0)
    totals = cluster_totals(moments, one, alpha, domain, statistic)[:, 0] - clusters.n * own[clusters.cell]
    return totals, _add(squares[inside, None], domain[inside], size)[:, 0]


def cluster_totals(moments: Moments, design: Design, alpha: Floats, domain: Codes, statistic: str) -> Floats:
    """Σu of each row of the design's clusters, (rows, figures), 0 outside the domains.

    `alpha`: (domains, figures, 2·items) as `_linearise` gives it.
    """
    clusters = design.clusters
    if clusters is None or clusters.features != moments.features:
        raise DataError("the design's clusters are of other answers than the moments")
    code = domain[clusters.cell]
    rows = np.flatnonzero(code >= 0)
    result = np.zeros((len(code), alpha.shape[1]))
    own, weight = code[rows], design.weight[clusters.cell[rows]]
    at = columns_of(moments, statistic)
    sums = np.ascontiguousarray(clusters.sums[:, at][rows].T, dtype=np.float64)
    used = (alpha != 0).any(axis=0)
    one = len(alpha) == 1  # then α is the same number in all rows
    for figure in range(alpha.shape[1]):  # α is mostly 0: a figure has the items that count for it
        total = np.zeros(len(rows))
        for column in np.flatnonzero(used[figure]).tolist():
            factor = alpha[:, figure, column]
            total += (factor if one else factor.take(own)) * sums[column]
        result[rows, figure] = total * weight
    return result


def _cluster_variances(
    moments: Moments,
    mean: Floats,
    alpha: Floats,
    designs: Sequence[Design],
    domain: Codes,
    size: int,
    statistic: str,
) -> list[tuple[Floats, NDArray[np.bool_]]]:
    """`variance` with the clusters of designs as units; they differ as in `estimates`."""
    totals = cluster_totals(moments, designs[0], alpha, domain, statistic)
    if not designs[0].adjustments:
        return [(found.variance(size), found.lonely) for found in residuals_of(designs, totals, domain, size)]
    return [_calibrated_cluster_variance(totals, mean, design, domain, size) for design in designs]


def _calibrated_cluster_variance(
    totals: Floats, mean: Floats, design: Design, domain: Codes, size: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """`variance` with clusters for calibrated weights, domain by domain."""
    result, lonely = np.zeros((size, mean.shape[1])), np.zeros(size, dtype=np.bool_)
    everywhere = np.zeros_like(domain)
    for d in range(size):
        inside = domain == d
        own = _calibrated_totals(totals * _in_rows(inside, design), mean * inside[:, None], design)
        found = residuals(own, design, everywhere, 1)
        result[d], lonely[d] = found.variance(1)[0], bool(found.lonely[0])
    return result, lonely


def _in_rows(inside: NDArray[np.bool_], design: Design) -> NDArray[np.bool_]:
    """A flag of cells as one of the rows of the clusters, (rows, 1)."""
    return inside[design.clusters.cell][:, None] if design.clusters is not None else inside[:, None]


def _calibrated_totals(totals: Floats, mean: Floats, design: Design) -> Floats:
    """Σu of rows of clusters after the residuals of every calibration step, which are constant in a cell."""
    if design.clusters is None:
        return totals
    shift = _calibrate(mean, design) - mean
    return totals + shift[design.clusters.cell] * design.clusters.n[:, None]


def _calibrated_variance(
    mean: Floats, within: Floats, design: Design, domain: Codes, size: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """`variance` for calibrated weights: a residual reaches every cell, so domains are taken one by one."""
    result = np.zeros((size, mean.shape[1]))
    _, lonely = variance(mean, within, design, domain, size)
    everywhere = np.zeros(len(design.n), dtype=np.intp)
    for d in range(size):
        inside = (domain == d)[:, None]
        residual = _calibrate(mean * inside, design)
        result[d] = variance(residual, within * inside, design, everywhere, 1)[0][0]
    return result, lonely


def _calibrate(mean: Floats, design: Design) -> Floats:
    """Cell means of u after the residuals of every calibration step.

    Post-stratification: less the group's mean of u/w (weighted by the former weights) times w. Raking: the same over
    the margins in turn with plain means, `RAKING_SWEEPS` times, as R survey 4.1 does.
    """
    for steps in design.adjustments:
        raked = steps[0].before is None
        for _ in range(RAKING_SWEEPS if raked else 1):
            for step in steps:
                mean = mean - _projection(mean, step, design)
    return mean


def _projection(mean: Floats, step: Adjustment, design: Design) -> Floats:
    """The part of u that the step's groups explain."""
    groups = int(step.group.max(initial=-1)) + 1
    mass = design.n * (step.after > 0) * (1.0 if step.before is None else step.before)
    scaled = np.divide(mean, step.after[:, None], out=np.zeros_like(mean), where=step.after[:, None] > 0)
    top = _add(scaled * mass[:, None], step.group, groups)
    bottom = np.bincount(step.group, weights=mass, minlength=groups)[:, None]
    average = np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
    return np.asarray(average[step.group] * step.after[:, None])


def stratum_scale(design: Design) -> Floats:
    """(1 - f) n/(n - 1) for each stratum; a single unit follows the rule for lonely strata."""
    left = np.where(1 - design.fraction < 1e-12, 0.0, 1 - design.fraction)
    size = design.size.astype(np.float64)
    scale = left * np.divide(size, size - 1, out=np.zeros_like(size), where=size > 1)
    if design.lonely == "fail" and design.is_lonely.any():
        name = design.names[int(np.flatnonzero(design.is_lonely)[0])]
        raise DataError(f"stratum {name!r} has a single sampling unit; choose another rule than lonely='fail'")
    return np.where(design.is_lonely, left if design.lonely == "adjust" else 0.0, scale)


def _average_factor(design: Design, stratum: Codes, domain: Codes, size: int) -> Floats:
    """Return, for each domain, strata over strata with a variance of their own; NaN when none has."""
    every = np.bincount(domain, minlength=size)[:size].astype(np.float64)
    own = np.bincount(domain[~design.is_lonely[stratum]], minlength=size)[:size].astype(np.float64)
    return np.asarray(np.divide(every, own, out=np.full(size, np.nan), where=own > 0))


def _average_matrix(design: Design, touched: NDArray[np.bool_]) -> Floats:
    """The factors of `average` for a covariance matrix; `touched`: (strata, figures)."""
    every = touched.sum(axis=0).astype(np.float64)
    own = (touched & ~design.is_lonely[:, None]).sum(axis=0).astype(np.float64)
    root = np.sqrt(np.divide(every, own, out=np.full(len(own), np.nan), where=own > 0))
    return np.asarray(np.outer(root, root))


def reach(moments: Moments, figures: Sequence[Figure]) -> NDArray[np.int64]:
    """Respondents with a valid answer in each figure, (cells, figures)."""
    groups = list(moments.scheme.groups)
    columns = [
        moments.answered[:, figure.items[0]]
        if figure.level == "item"
        else moments.reached[:, groups.index((figure.level, figure.key))]
        for figure in figures
    ]
    return np.stack(columns, axis=1)


def degrees_of_freedom(
    moments: Moments, design: Design, figures: Sequence[Figure], domain: Codes, size: int
) -> NDArray[np.int64]:
    """R's `degf`: sampling units less strata of the domain; for an item, of those who answered it."""
    if design.clusters is not None:
        return degrees(design, domain, _cluster_reach(moments, design.clusters, figures), size)
    reached = reach(moments, figures)
    pooled = [k for k, figure in enumerate(figures) if figure.level != "item"]
    reached[:, pooled] = moments.n[:, None]
    inside = domain >= 0
    code, stratum, reached = domain[inside], design.stratum[inside], reached[inside]
    units = reached if design.unit is None else _distinct(code, design.unit[inside], reached)
    own = _distinct(code, stratum, reached)
    return np.asarray(_sum(units, code, size) - _sum(own, code, size), dtype=np.int64)


def _cluster_reach(moments: Moments, clusters: Clusters, figures: Sequence[Figure]) -> NDArray[np.int64]:
    """Respondents of each row of the clusters for an item, all of them for other figures, (rows, figures)."""
    answered = clusters.sums[:, moments.feature("answered")]
    columns = [answered[:, f.items[0]] if f.level == "item" else clusters.n for f in figures]
    return np.stack(columns, axis=1).astype(np.int64)


def _distinct(code: Codes, label: Codes, reach: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 at one cell of each (domain, label) that anyone reached, else 0; (cells, figures)."""
    pairs, first, at = np.unique(code * (int(label.max(initial=0)) + 1) + label, return_index=True, return_inverse=True)
    result = np.zeros_like(reach)
    result[first] = _add(reach.astype(np.float64), at, len(pairs)) > 0
    return result


def complete(design: Design, domain: Codes, size: int) -> NDArray[np.bool_]:
    """The domains whose every stratum is complete."""
    open_ended = (1 - design.fraction[design.stratum] >= 1e-12) & (design.n > 0)
    return ~_any(open_ended, domain, size)


def in_short_strata(design: Design) -> NDArray[np.bool_]:
    """The cells of strata with fewer transactions than respondents."""
    return np.isin(design.stratum, list(design.short))


def _any(flag: NDArray[np.bool_], domain: Codes, size: int) -> NDArray[np.bool_]:
    return np.asarray(np.bincount(domain[flag & (domain >= 0)], minlength=size)[:size] > 0, dtype=np.bool_)


def status_words(
    value: Floats,
    var: Floats,
    df: NDArray[np.int64],
    census: NDArray[np.bool_],
    short: NDArray[np.bool_],
) -> NDArray[np.object_]:
    """The first word of `STATUS` that holds; those about intervals are added with the intervals."""
    status = np.full(value.shape, "ok", dtype=object)
    status[var == 0] = "zero_variance"
    status[np.broadcast_to(census[:, None], value.shape)] = "census"
    status[np.broadcast_to(short[:, None], value.shape)] = "population_below_sample"
    status[((df <= 0) & ~census[:, None]) | np.isnan(var)] = "no_df"
    status[np.isnan(value)] = "no_data"
    return status


def notes_of(
    design: Design, domain: Codes, size: int, lonely: NDArray[np.bool_], lost: NDArray[np.bool_]
) -> tuple[frozenset[str], ...]:
    """The words every figure of a domain carries."""
    notes: list[set[str]] = [set() for _ in range(size)]
    for d, words in zip(domain, design.notes or [frozenset[str]()] * len(domain), strict=True):
        if d >= 0:
            notes[d] |= words
    for flag, word in (
        (lonely, "lonely_psu"),
        (_any(in_short_strata(design), domain, size), "population_below_sample"),
        (lost.any(axis=1), "renormalised"),
    ):
        for d in np.flatnonzero(flag):
            notes[d].add(word)
    return tuple(frozenset(words) for words in notes)


def _sum(values: NDArray[Number], domain: Codes, size: int) -> NDArray[Number]:
    """Sums of rows by domain, rows with domain -1 left out; whole numbers stay whole."""
    inside = domain >= 0
    result = np.zeros((size, *values.shape[1:]), dtype=values.dtype)
    np.add.at(result, domain[inside], values[inside])
    return result


def _add(values: Floats, at: Codes, size: int) -> Floats:
    """Sums of rows by number."""
    result = np.zeros((size, *values.shape[1:]))
    np.add.at(result, at, values)
    return result
