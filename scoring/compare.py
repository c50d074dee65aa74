"""Differences with their standard errors: between rounds, between an agency and the rest of the province, between two.

Every comparison is a t test of a difference d = a - b: Var(d) = Var(a) + Var(b) - 2 Cov(a, b), df(d) = df(a) + df(b).
Rounds are independent samples; parts of one round lie in different strata, so that the covariance is 0 unless weights
are calibrated across them or they share clusters, and then it is computed. "The rest of the province" leaves the agency
out: a comparison with a whole that contains the part would count the part on both sides.

Sources: Cochran (1977), 5A.12 (domains in different strata); Holm (1979); Benjamini & Hochberg (1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring.estimate import Estimates, estimate, joint
from scoring.moments import Moments
from scoring.scheme import DataError, Figure
from scoring.weights import Codes, Design

Floats = NDArray[np.float64]

STATUS = {
    "ok": "a difference with its test",
    "no_data": "one side has no figure: no difference",
    "no_test": "one side has no standard error: a difference without a test",
    "exact": "both sides are complete counts: the difference has no sampling error",
    "zero_variance": "all answers of one side agree: its error is bounded by its number of respondents",
}
TEST_COLUMNS = ("diff", "se", "df", "t", "p", "lo", "hi", "status")


def holm(p: ArrayLike) -> Floats:
    """Return p-values adjusted by Holm (1979): any below α at family-wise error α. Equals R's `p.adjust(p, "holm")`."""
    value = _p_values(p)
    order = np.argsort(value, kind="stable")
    stepped = np.maximum.accumulate(value[order] * np.arange(len(value), 0, -1))
    return np.asarray(np.minimum(stepped, 1.0)[np.argsort(order, kind="stable")])


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Return p-values adjusted by Benjamini & Hochberg (1995): any below α at false discovery rate α."""
    value = _p_values(p)
    order = np.argsort(value, kind="stable")
    stepped = value[order] * (len(value) / np.arange(1, len(value) + 1))
    lowest = np.minimum.accumulate(stepped[::-1])[::-1]
    return np.asarray(np.minimum(lowest, 1.0)[np.argsort(order, kind="stable")])


def difference_tests(
    a: ArrayLike,
    b: ArrayLike,
    variance: ArrayLike,
    df: ArrayLike,
    *,
    exact: ArrayLike = False,
    zero: ArrayLike = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return `TEST_COLUMNS` for differences a - b, rows as given; what is not known is missing, never NaN arithmetic.

    `variance`, `df`: of the difference; NaN or df <= 0: no test. `exact`: both sides are censuses, so that a difference
    is real (p = 0) or surely none (p = 1). `zero`: marks rows whose variance was bounded (`zero_variance`).
    """
    first, second, var, free = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (a, b, variance, df))
    )
    diff = first - second
    sure = np.broadcast_to(np.asarray(exact, dtype=bool), diff.shape) & np.isfinite(diff)
    tested = np.isfinite(diff) & np.isfinite(var) & (var > 0) & (free > 0) & ~sure
    se = np.where(tested, np.sqrt(np.where(tested, var, 1.0)), np.where(sure, 0.0, np.nan))
    degrees = np.where(tested, free, 1.0)
    t = np.where(tested, diff / np.where(tested, se, 1.0), np.nan)
    p = np.where(tested, 2 * special.stdtr(degrees, -np.abs(np.where(tested, t, 0.0))), np.nan)
    p = np.where(sure, np.where(diff == 0, 1.0, 0.0), p)
    margin = np.where(tested, special.stdtrit(degrees, (1 + confidence) / 2) * se, np.where(sure, 0.0, np.nan))
    status = np.full(diff.shape, "ok", dtype=object)
    status[np.broadcast_to(np.asarray(zero, dtype=bool), diff.shape)] = "zero_variance"
    status[~tested] = "no_test"
    status[sure] = "exact"
    status[~np.isfinite(diff)] = "no_data"
    numbers = {"diff": diff, "se": se, "df": np.where(tested, free, np.nan), "t": t, "p": p}
    numbers |= {"lo": diff - margin, "hi": diff + margin}
    return pd.DataFrame({name: _nullable(values) for name, values in numbers.items()} | {"status": status})


def changes(
    now: pd.DataFrame,
    before: pd.DataFrame,
    *,
    families: tuple[str, str] = ("", ""),
    keys: Sequence[str] = ("agency", "service", "level", "key"),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the change of every figure between two rounds, the rows of both score tables in the order of `now`.

    `now`, `before`: tables with `keys` and `index, se, df, lo, hi, status` (`scoring.table`); independent samples.
    `families`: the questionnaire family of (now, before); when they differ each row warns `other_questionnaire`: then
    a change of the index may be a change of the questions. Result: `keys`, `before`, `now`, `TEST_COLUMNS`, `p_holm`,
    `p_bh`, `warnings`. Adjusted p-values are among the agencies for the same service, level and key ("which agencies
    changed?"); the province's own row (agency "") is one question and stays unadjusted.
    """
    columns = [*keys, "index", "se", "df", "lo", "hi", "status"]
    both = now[columns].merge(before[columns], on=list(keys), how="outer", suffixes=("_now", "_before"), sort=False)
    place = {key: i for i, key in enumerate(zip(*(now[k] for k in keys), strict=True))}
    order = [place.get(key, len(place)) for key in zip(*(both[k] for k in keys), strict=True)]
    both = both.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    sides = {side: _side(both, side, confidence) for side in ("now", "before")}
    (a, var_a, df_a, exact_a, zero_a), (b, var_b, df_b, exact_b, zero_b) = sides["now"], sides["before"]
    tests = difference_tests(
        a, b, var_a + var_b, df_a + df_b, exact=exact_a & exact_b, zero=zero_a | zero_b, confidence=confidence
    )
    result = both[list(keys)].assign(before=_nullable(b), now=_nullable(a)).join(tests)
    part = [k for k in keys if k != "agency"]
    result = adjust(result, part, result["agency"] != "" if "agency" in keys else None)
    return result.assign(warnings="other_questionnaire" if families[0] != families[1] else "")


def adjust(table: pd.DataFrame, by: Sequence[str] = (), rows: ArrayLike | None = None) -> pd.DataFrame:
    """Return the table with `p_holm` and `p_bh`: adjusted within groups of `by`, over the rows of the mask `rows`.

    Rows outside the mask and rows without a p-value are in no family and have none.
    """
    inside = table["p"].notna().to_numpy() & (True if rows is None else np.asarray(rows, dtype=bool))
    at = np.flatnonzero(inside)
    p = table["p"].to_numpy(dtype=np.float64, na_value=np.nan)
    adjusted = np.full((2, len(table)), np.nan)
    groups = table.iloc[at].groupby(list(by), sort=False).indices.values() if by and len(at) else [np.arange(len(at))]
    for members in groups:
        family = at[members]
        adjusted[:, family] = holm(p[family]), benjamini_hochberg(p[family])
    return table.assign(p_holm=_nullable(adjusted[0]), p_bh=_nullable(adjusted[1]))


def against_rest(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    agency: str,
    *,
    fpc: bool = True,
    statistic: str = "top2",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return an agency against all others of the province that have a known N, one row a figure, see `contrast`."""
    own = (moments.keys["agency"] == agency).to_numpy()
    if not own.any():
        raise DataError(f"there are no responses for agency {agency!r}")
    known = np.ones(len(own), dtype=bool) if design.known is None else design.known
    domain = np.where(own, 0, np.where(known, 1, -1))
    return contrast(moments, design, figures, domain, fpc=fpc, statistic=statistic, confidence=confidence)


def between(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    first: str,
    second: str,
    *,
    fpc: bool = True,
    statistic: str = "top2",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return agency `first` against agency `second`, one row a figure, see `contrast`."""
    agency = moments.keys["agency"].to_numpy()
    for name in (first, second):
        if not (agency == name).any():
            raise DataError(f"there are no responses for agency {name!r}")
    domain = np.where(agency == first, 0, np.where(agency == second, 1, -1))
    return contrast(moments, design, figures, domain, fpc=fpc, statistic=statistic, confidence=confidence)


def contrast(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    domain: ArrayLike,
    *,
    fpc: bool = True,
    statistic: str = "top2",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return domain 0 less domain 1: `level, key, first, second, n_first, n_second`, `TEST_COLUMNS`; percentage points.

    `domain`: (cells,) 0, 1, or -1 for cells in neither. `fpc` False leaves the finite-population correction out: the
    cautious choice when the question is about how the agencies work rather than about this period's transactions.
    """
    code = np.asarray(domain, dtype=np.intp)
    used = design if fpc else replace(design, fraction=np.zeros_like(design.fraction))
    if not all((code == k).any() for k in (0, 1)):
        raise DataError("a comparison needs responses on both sides")
    found = estimate(moments, used, figures, np.where(code <= 1, code, -1), statistic=statistic)
    variance, zero = bounded_variance(found, confidence)
    total = variance[0] + variance[1] - 2 * _covariances(moments, used, figures, code, statistic)
    tests = difference_tests(
        100 * found.value[0],
        100 * found.value[1],
        100**2 * total,
        found.df[0] + found.df[1],
        exact=(found.status == "census").all(axis=0),
        zero=zero.any(axis=0),
        confidence=confidence,
    )
    sides = {"first": _nullable(100 * found.value[0]), "second": _nullable(100 * found.value[1])}
    sides |= {"n_first": found.n[0], "n_second": found.n[1]}
    return pd.DataFrame({"level": [f.level for f in figures], "key": [f.key for f in figures], **sides, **tests})


def bounded_variance(found: Estimates, confidence: float = 0.95) -> tuple[Floats, NDArray[np.bool_]]:
    """Return variances (domains, figures) fit for comparing, NaN where unknown, and which ones are bounds.

    Where all answers agree the estimated variance 0 says only that other answers are rare: with n of them alike, their
    share lies below 1 - (α/2)^(1/n) (Clopper & Pearson 1934), which could move the index by at most that times its
    distance from the far end of the scale. That distance over the normal quantile stands in as standard error.
    """
    zero = found.status == "zero_variance"
    rare = 1 - ((1 - confidence) / 2) ** (1 / np.maximum(found.n_kish, 1.0))
    far = np.maximum(found.value, 1 - found.value)
    bound = (rare * far / special.ndtri((1 + confidence) / 2)) ** 2
    known = ~np.isin(found.status, ["no_data", "no_df"])
    return np.where(known, np.where(zero, bound, found.variance), np.nan), zero


def _covariances(moments: Moments, design: Design, figures: Sequence[Figure], domain: Codes, statistic: str) -> Floats:
    """Return Cov(domain 0, domain 1) of each figure; computed only where the design ties the two."""
    shared = [
        np.intersect1d(labels[domain == 0], labels[domain == 1]).size > 0
        for labels in (design.stratum, design.unit)
        if labels is not None
    ]
    result = np.zeros(len(figures))
    if not (design.adjustments or any(shared)):
        return result
    for k, figure in enumerate(figures):
        both = joint(moments, design, [figure], domain, statistic=statistic)
        result[k] = both.covariance[0, 1] if len(both.value) == 2 else 0.0
    return result


def _side(
    both: pd.DataFrame, side: str, confidence: float
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return value, variance, df, census flag and zero-variance flag of one round's columns."""
    value, se, df, lo, hi = (
        both[f"{name}_{side}"].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("index", "se", "df", "lo", "hi")
    )
    status = both[f"status_{side}"].to_numpy(dtype=object)
    zero = (status == "zero_variance") | ((se == 0) & (status != "census"))
    reach = np.fmax(value - lo, hi - value) / special.ndtri((1 + confidence) / 2)
    variance = np.where(zero, np.where(reach > 0, reach**2, np.nan), se**2)
    exact = status == "census"
    return value, np.where(exact, 0.0, variance), np.where(np.isfinite(df), df, 0.0), exact, zero


def _p_values(p: ArrayLike) -> Floats:
    value = np.asarray(p, dtype=np.float64)
    if value.ndim != 1 or not ((value >= 0) & (value <= 1)).all():
        raise DataError("p-values must be one row of numbers in 0..1")
    return value


def _nullable(values: ArrayLike) -> pd.Series[float]:
    """Return numbers as a column in which NaN is a missing value."""
    column = np.array(values, dtype=np.float64)
    return pd.Series(pd.arrays.FloatingArray(column, np.isnan(column)))
