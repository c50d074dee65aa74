"""Strengths and weaknesses of an agency: items that set it apart from the rest of the province, by what they matter.

Each item is tested against the rest of the province (`scoring.compare`), p-values adjusted over the agency's items.
Items are ordered by importance × gap. Importance is derived: Johnson's relative weights of the items for the overall
number of satisfied answers. They share out the overall's variance among correlated items, are never negative, sum to 1,
and stay defined where items are collinear, as answers of one citizen nearly are; regression coefficients do none of it.
The correlations are those within agencies, pooled, so that what separates agencies does not pass for what moves
citizens.

Sources: Johnson (2000), "A heuristic method for estimating the relative weight of predictor variables in multiple
regression", Multivariate Behavioral Research 35; Martilla & James (1977) for importance × performance.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.compare import adjust, against_rest, in_families
from scoring.moments import Moments
from scoring.scheme import DataError, Rules, figure
from scoring.weights import Design

Floats = NDArray[np.float64]

QUADRANTS = {
    (True, True): "keep",  # matters much, does well
    (True, False): "improve",  # matters much, does poorly
    (False, True): "maintain",
    (False, False): "watch",
}


def diagnose(
    moments: Moments,
    design: Design,
    agency: str,
    *,
    importance: Mapping[str, float] | None = None,
    level: float = 0.05,
    correction: str = "bh",
    fpc: bool = False,
) -> pd.DataFrame:
    """The agency's items, what to act on first: one row an item.

    `importance`: given weights by item code, any positive scale; None: derived from all responses, see `importances`.
    `correction`: `bh` (screening, default) or `holm`. Columns: `key`, `index` and `rest` (percent), `gap`, `se`, `p`,
    `p_adjusted`, `lo`, `hi` (the interval of the gap that goes with the verdict: that of Benjamini & Yekutieli, `holm`
    the wider of Šidák), `n` citizens who answered, `dissatisfied` and `neutral` among them, `importance` (sums to 1),
    `priority` = importance × gap, `verdict` (`strength`, `weakness`, `same`, `unknown`), `quadrant`. Weaknesses come
    first, by priority, then strengths, then the others.
    """
    if correction not in ("bh", "holm"):
        raise DataError(f"correction must be bh or holm, not {correction!r}")
    scheme = moments.scheme
    items = [figure(scheme, Rules(), "item", code) for code in scheme.codes]
    tests = adjust(against_rest(moments, design, items, agency, fpc=fpc))
    method = "bh" if correction == "bh" else "sidak"
    tests = in_families(tests, ["items"] * len(tests), method=method, confidence=1 - level)
    weight = importances(moments) if importance is None else _given(importance, scheme.codes)
    counts = moments.counts[(moments.keys["agency"] == agency).to_numpy()].sum(axis=0)
    result = pd.DataFrame(
        {
            "key": scheme.codes,
            "index": tests["first"],
            "rest": tests["second"],
            "gap": tests["diff"],
            "se": tests["se"],
            "p": tests["p"],
            "p_adjusted": tests[f"p_{correction}"],
            "lo": tests["lo_family"],
            "hi": tests["hi_family"],
            "n": counts.sum(axis=1),
            "dissatisfied": counts[:, :2].sum(axis=1),
            "neutral": counts[:, 2],
            "importance": weight,
            "priority": tests["diff"] * weight,
        }
    )
    apart = (result["p_adjusted"] <= level).fillna(False).to_numpy(dtype=bool)
    gap = result["gap"].to_numpy(dtype=np.float64, na_value=np.nan)
    result["verdict"] = np.select(
        [result["p"].isna(), apart & (gap < 0), apart & (gap > 0)], ["unknown", "weakness", "strength"], "same"
    )
    result["quadrant"] = quadrants(result["importance"].to_numpy(), gap)
    place = result["verdict"].map({"weakness": 0, "strength": 1, "same": 2, "unknown": 3})
    size = -np.abs(np.nan_to_num(result["priority"].to_numpy(dtype=np.float64, na_value=np.nan)))
    return result.iloc[np.lexsort((np.arange(len(result)), size, place))].reset_index(drop=True)


def importances(moments: Moments) -> Floats:
    """Johnson's relative weight of each item for the overall number of satisfied answers, (items,), sum 1.

    With R the correlations of the items, s their standard deviations and R^(1/2) = Λ the loadings of the items on their
    closest orthogonal counterparts, the overall Σ s_i z_i has coefficients β = Λ s / √(sᵀ R s) on these, and item i the
    weight Σ_k Λ_ik² β_k². An item whose answers never differ has weight 0; all equal if none differs.
    """
    correlation, spread = within_agency(moments)
    if not spread.any():
        return np.full(len(spread), 1 / len(spread))
    values, vectors = np.linalg.eigh(correlation)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    weight = root**2 @ (root @ spread) ** 2
    return np.asarray(np.where(spread > 0, weight, 0.0) / weight[spread > 0].sum())


def within_agency(moments: Moments) -> tuple[Floats, Floats]:
    """Correlations (items, items) and standard deviations (items,) of "satisfied" within agencies.

    Pairwise: each from the citizens who answered both items, deviations from their own agency's means being pooled.
    Such a matrix can have negative eigenvalues; they are set to 0 and the diagonal back to 1.
    """
    agency, names = pd.factorize(moments.keys["agency"])
    cross = np.zeros((len(names), *moments.cross.shape[1:]))
    np.add.at(cross, agency, moments.cross)
    top, valid = moments.feature("top2"), moments.feature("answered")
    pairs, one = cross[:, valid, valid], cross[:, top, valid]
    size = np.maximum(pairs, 1.0)
    shared = (cross[:, top, top] - one * one.transpose(0, 2, 1) / size).sum(axis=0)
    own = (one - one**2 / size).sum(axis=0)  # of a 0/1 variable: Σz² = Σz
    scale = np.sqrt(np.maximum(own * own.T, 0.0))
    correlation = np.divide(shared, scale, out=np.zeros_like(shared), where=scale > 1e-9)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
    diagonal = np.sqrt(np.diag(positive))
    freedom = np.maximum(np.diagonal(pairs, axis1=1, axis2=2) - 1, 0).sum(axis=0)
    variance = np.divide(np.diag(own), freedom, out=np.zeros(len(own)), where=freedom > 0)
    return np.asarray(positive / np.outer(diagonal, diagonal)), np.sqrt(np.where(variance > 1e-12, variance, 0.0))


def quadrants(importance: Floats, gap: Floats) -> list[str]:
    """`keep`, `improve`, `maintain` or `watch` for each item, "" where the gap is NaN.

    Lines are drawn at the mean importance and at a gap of 0, the rest of the province.
    """
    matters = importance >= importance.mean() * (1 - 1e-9)  # items of equal importance all matter alike
    return ["" if np.isnan(g) else QUADRANTS[bool(m), bool(g >= 0)] for m, g in zip(matters, gap, strict=True)]


def _given(importance: Mapping[str, float], codes: tuple[str, ...]) -> Floats:
    missing = [code for code in codes if code not in importance]
    weight = np.array([float(importance.get(code, 0.0)) for code in codes])
    if missing or not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        raise DataError(f"importance needs a number not below 0 for every item{': ' + missing[0] if missing else ''}")
    return np.asarray(weight / weight.sum())
