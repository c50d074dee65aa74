"""Delete-a-unit jackknife: the variance of any statistic by leaving out one respondent or cluster after the other.

It knows nothing of linearisation, and so checks it: for smooth statistics the two agree up to terms of order 1/n.
With θ the statistic and θ_(hj) its value without unit j of stratum h, whose other units' weights are raised by
n_h/(n_h - 1),

    v = Σ_h (1 - f_h) (n_h - 1)/n_h Σ_j (θ_(hj) - θ̄_h)²,   θ̄_h the mean over j.

Sources: Rust & Rao (1996), "Variance estimation for complex surveys using replication techniques", Statistical
Methods in Medical Research 5, equation 3 (JKn); Wolter (2007), chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.moments import Moments, lookup, peak
from scoring.scheme import DataError, Figure
from scoring.weights import Design

Floats = NDArray[np.float64]


def jackknife(theta: Callable[[Floats], ArrayLike], design: Design) -> Floats:
    """The jackknife variance of θ, shaped as θ.

    `theta`: from weights (cells,) to one number or many; whatever is done to the weights after sampling (raking, say)
    is to be done within. `design`: its cells must be no larger than its units: one respondent each, or clusters.
    Strata with a single unit add nothing. Raises `DataError` for cells of several units.

    >>> import pandas as pd
    >>> from scoring.weights import stratified
    >>> y, keys = np.array([1.0, 2.0, 4.0, 9.0]), pd.DataFrame({"agency": ["A"] * 4, "service": "s"})
    >>> design = stratified(keys, np.ones(4), None)
    >>> round(float(jackknife(lambda w: w @ y / w.sum(), design)), 9)  # of a mean: s²/n
    3.166666667
    >>> round(float(y.var(ddof=1) / 4), 9)
    3.166666667
    """
    if design.unit is None and (design.n > 1).any():
        raise DataError("the jackknife needs one cell for each respondent, or clusters")
    unit = np.arange(len(design.n)) if design.unit is None else design.unit
    total: Floats | float = np.zeros_like(np.asarray(theta(design.weight), dtype=np.float64))
    for h, size in enumerate(design.size):
        if size < 2:
            continue
        inside = (design.stratum == h) & (design.n > 0)
        raised = np.where(inside, design.weight * (size / (size - 1)), design.weight)
        left = np.stack(
            [np.asarray(theta(np.where(unit == j, 0.0, raised)), dtype=np.float64) for j in np.unique(unit[inside])]
        )
        total = total + (1 - design.fraction[h]) * (size - 1) / size * ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(total)


def values(
    moments: Moments,
    weight: ArrayLike,
    figures: Sequence[Figure],
    domain: ArrayLike | None = None,
    *,
    statistic: str = "top2",
) -> Floats:
    """Indices of domains from counts of answers and weights alone, (domains, figures), on 0..1.

    `weight`: (cells,). `domain`: (cells,) as for `scoring.estimate.estimate`. NaN where a part has no answers.
    """
    code = np.zeros(len(moments.n), dtype=np.intp) if domain is None else np.asarray(domain, dtype=np.intp)
    worth = np.array(lookup(moments.scheme.scale)[statistic][1:]) / peak(statistic, moments.scheme.scale)
    own = np.asarray(weight, dtype=np.float64)[:, None]
    above, below = (moments.counts @ worth) * own, moments.counts.sum(axis=2) * own
    result = np.zeros((int(code.max(initial=-1)) + 1, len(figures)))
    for d in range(len(result)):
        a, b = above[code == d].sum(axis=0), below[code == d].sum(axis=0)
        for k, figure in enumerate(figures):
            ratios = [(part.weight, a[list(part.items)].sum(), b[list(part.items)].sum()) for part in figure.parts]
            result[d, k] = sum(w * x / y if y > 0 else np.nan for w, x, y in ratios)
    return result
