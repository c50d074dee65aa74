"""Importance of the items: how much of what citizens say of the whole each of them accounts for, with an interval.

The whole is a question of its own ("Nhìn chung, Ông/Bà có hài lòng không?"), not the sum of the items: taken from
their sum, importance is circular and only says which items vary most. Johnson's relative weights share out the R² of
the overall answer among correlated items. With R the correlations of the items, r theirs with the overall answer and
Λ = R^(1/2) the loadings of the items on their closest orthogonal counterparts, β = Λ⁻¹ r and item j has the raw
weight ε_j = Σ_k Λ_jk² β_k²; Σ ε = R². All correlations are those within agencies, so that what separates agencies
does not pass for what moves citizens. The interval is a delete-a-group jackknife over citizens.

Sources: Johnson (2000), "A heuristic method for estimating the relative weight of predictor variables in multiple
regression", Multivariate Behavioral Research 35, equations 1-4; Kott (2001), "The delete-a-group jackknife", Journal of
Official Statistics 17; Martilla & James (1977) for importance × performance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring.scheme import DataError

Floats = NDArray[np.float64]

GROUPS = 40
"""Random groups of the jackknife; its interval has one degree of freedom less."""


@dataclass(frozen=True, eq=False)
class Importance:
    """Relative weights of k items for an overall question."""

    keys: tuple[str, ...]
    #: (k,) share of each item in R²; they sum to 1
    share: Floats
    #: (k,) ends of the shares' intervals, each by itself
    lo: Floats
    hi: Floats
    #: share of the overall answer's variance within agencies that the items account for
    r2: float
    #: citizens who answered the overall question and at least one item
    n: int
    confidence: float

    def __repr__(self) -> str:
        first = ", ".join(f"{self.keys[k]} {100 * self.share[k]:.0f} %" for k in np.argsort(-self.share)[:3])
        return f"Importance of {len(self.keys)} items (R² {self.r2:.2f}, {self.n} citizens): {first}, …"

    def to_frame(self) -> pd.DataFrame:
        """`key, importance, lo, hi` in the order of the items, shares of 1."""
        return pd.DataFrame({"key": self.keys, "importance": self.share, "lo": self.lo, "hi": self.hi})


def overall_importance(
    answers: ArrayLike,
    overall: ArrayLike,
    agency: ArrayLike,
    *,
    keys: Sequence[str] = (),
    counts: ArrayLike | None = None,
    seed: int = 0,
    groups: int = GROUPS,
    confidence: float = 0.95,
) -> Importance | None:
    """The importance of the items for the overall answer; None where it cannot be told.

    `answers`: (n, items), whole numbers, 0 = no valid answer. `overall`: (n,) answers to the overall question, 0 =
    none; such rows are left out. `agency`: (n,). `keys`: the items' codes. `counts`: (n,) how often each row was
    given. `seed`: of the random groups; take it from the round. None: fewer than 2·groups citizens, overall answers
    that do not differ within agencies, or items none of which goes with them. Raises `DataError` for shapes that do
    not fit.
    """
    table, whole, place = np.asarray(answers), np.asarray(overall), np.asarray(agency, dtype=object)
    if table.ndim != 2 or whole.shape != (len(table),) or place.shape != (len(table),):
        raise DataError(f"answers (n, items) need n overall answers and agencies, not {whole.shape} and {place.shape}")
    if keys and len(keys) != table.shape[1]:
        raise DataError(f"{table.shape[1]} items have {len(keys)} keys")
    used = np.flatnonzero((whole > 0) & (table > 0).any(axis=1))
    if counts is not None:
        used = np.repeat(used, np.asarray(counts)[used])
    if len(used) < 2 * groups:
        return None
    value = np.c_[table[used], whole[used]].astype(np.float64)
    known = value > 0
    centred = _within(value, known, pd.factorize(place[used])[0])
    group = np.random.default_rng(seed).permutation(len(used)) % groups
    crosses = np.stack([_cross(centred[group == g], known[group == g]) for g in range(groups)])
    total = crosses.sum(axis=0)
    raw = relative_weights(_correlations(total))
    if not raw.sum() > 1e-12:
        return None
    share = raw / raw.sum()
    left = np.array([relative_weights(_correlations(total - part)) for part in crosses])
    sums = left.sum(axis=1, keepdims=True)
    left = np.divide(left, sums, out=np.tile(share, (groups, 1)), where=sums > 1e-12)
    se = np.sqrt((groups - 1) / groups * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    half = special.stdtrit(groups - 1, (1 + confidence) / 2) * se
    names = tuple(keys) or tuple(str(k) for k in range(table.shape[1]))
    lo, hi = np.clip(share - half, 0, 1), np.clip(share + half, 0, 1)
    return Importance(names, share, lo, hi, float(raw.sum()), len(used), confidence)


def relative_weights(correlation: ArrayLike) -> Floats:
    """Johnson's raw relative weights (items,), which sum to R²; the overall answer stands last.

    `correlation`: (items + 1, items + 1). Directions in which the items do not vary carry nothing.

    >>> relative_weights([[1.0, 0.0, 0.6], [0.0, 1.0, 0.3], [0.6, 0.3, 1.0]]).round(2).tolist()
    [0.36, 0.09]
    """
    matrix = np.asarray(correlation, dtype=np.float64)
    values, vectors = np.linalg.eigh(matrix[:-1, :-1])
    values = np.where(values > 1e-9, values, 0.0)
    root = (vectors * np.sqrt(values)) @ vectors.T
    inverse = (vectors * np.divide(1.0, np.sqrt(values), out=np.zeros_like(values), where=values > 0)) @ vectors.T
    return np.asarray(root**2 @ (inverse @ matrix[:-1, -1]) ** 2)


def people_behind(gap: ArrayLike, people: ArrayLike) -> Floats:
    """How many more citizens would be satisfied if the item were as elsewhere: -gap/100 × people.

    It is 0 where the item stands above the others. `gap`: percentage points against the others; `people`: those whom
    the item concerns (transactions, or respondents). This orders what to do first where no overall question was asked.

    >>> people_behind([-10.0, 4.0], [300, 300]).tolist()
    [30.0, 0.0]
    """
    points, size = np.asarray(gap, dtype=np.float64), np.asarray(people, dtype=np.float64)
    return np.asarray(np.maximum(-points, 0.0) / 100 * size)


def _within(value: Floats, known: NDArray[np.bool_], agency: NDArray[np.intp]) -> Floats:
    """Deviations from the agencies' means, 0 where there is no answer."""
    size = int(agency.max(initial=-1)) + 1
    result = np.zeros_like(value)
    for j in range(value.shape[1]):
        count = np.bincount(agency, weights=known[:, j], minlength=size)
        mean = np.bincount(agency, weights=value[:, j], minlength=size) / np.maximum(count, 1)
        result[:, j] = np.where(known[:, j], value[:, j] - mean[agency], 0.0)
    return result


def _cross(value: Floats, known: NDArray[np.bool_]) -> Floats:
    """Σ xy over citizens who answered both, and Σ x² over the same, (2, k, k)."""
    return np.stack([value.T @ value, (value**2).T @ known.astype(np.float64)])


def _correlations(cross: Floats) -> Floats:
    """Pairwise correlations (k, k) made positive semi-definite; 0 where one of the two does not vary."""
    scale = np.sqrt(np.maximum(cross[1] * cross[1].T, 0.0))
    matrix = np.divide(cross[0], scale, out=np.zeros_like(scale), where=scale > 1e-9)
    still = np.diag(cross[0]) <= 1e-9
    np.fill_diagonal(matrix, 1.0)
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
    diagonal = np.sqrt(np.maximum(np.diag(positive), 1e-12))
    result = positive / np.outer(diagonal, diagonal)
    result[still], result[:, still] = 0.0, 0.0
    return np.asarray(result)
