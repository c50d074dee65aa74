"""Confidence intervals of indices, all methods behind one function; nothing but sampling error is in them.

- `t`: estimate ∓ t·se, clipped to the scale. Right for means; undercovers shares near 0 or 1.
- `logit`: t interval on log(p / (1 - p)), se by the delta method (R `svyciprop(method = "xlogit")`).
- `beta`: Korn & Graubard (1998): Clopper & Pearson (1934) with the effective number of respondents
  p(1 - p)/se², scaled by (t_{n-1} / t_df)² for the few degrees of freedom (R `svyciprop(method = "beta")`).
- `wilson`: Wilson (1927) score interval with the same effective number of respondents.
- `jeffreys`: equal-tailed interval of the Beta(1/2, 1/2) prior (Brown, Cai & DasGupta 2001) on the number of *answers*
  over a design effect that does not trust few dissatisfied answers to know it: see `steady_effect`.

A share whose estimated variance is 0 without being a census (every answer the same, say) has no effective number from
its variance; then Clopper & Pearson with Kish's effective number of respondents stands in for every method, so that no
interval has width 0. A census has no sampling error: its interval is the index itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring.scheme import INTERVALS, DataError, Rules

METHOD_NAMES = {
    "jeffreys": "Jeffreys interval with a steadied design effect (Brown, Cai & DasGupta 2001)",
    "beta": "Korn-Graubard interval (Korn & Graubard 1998)",
    "logit": "t interval on the logit scale",
    "wilson": "Wilson score interval (Wilson 1927)",
    "t": "t interval",
    "clopper_pearson": "Clopper-Pearson interval with Kish's effective number (Clopper & Pearson 1934)",
    "census": "complete count: the index itself",
}
"""Name of every method an interval may have been computed by, in English: the one place pages and files take it from.

`computed` tells which one it was; `choose` what `auto` stands for. The last two are what stands in for a method where
it has nothing to work with (answers that all agree) or nothing to do.
"""

PRIOR_CORRELATION = 0.35
"""Correlation between the answers of one person to different items, where the data cannot tell (surveys: .2 to .5)."""
PRIOR_ANSWERS = 10.0
"""How many answers of the rarer kind the common design effect is worth."""

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]


def interval(
    p: ArrayLike,
    se: ArrayLike,
    n: ArrayLike,
    df: ArrayLike,
    method: str = "beta",
    *,
    confidence: float = 0.95,
    n_kish: ArrayLike | None = None,
    answers: ArrayLike | None = None,
    census: ArrayLike = False,
    possible: tuple[ArrayLike, ArrayLike] = (0.0, 1.0),
) -> Bounds:
    """The bounds (lo, hi) on 0..1, shaped as the arguments broadcast; NaN where there is no interval.

    `p`, `se` on 0..1; `n` respondents; `df` degrees of freedom, 0 or less: no interval (except in a census); `n_kish`:
    their effective number by weights, `n` when not given; `answers`: theirs, for `jeffreys`, `n` when not given;
    `possible`: the least and the most that the index can still be (`Estimates.least`, `most`): the bounds lie within.
    Raises `DataError` for an unknown method (`auto` included: see `choose`).

    >>> lo, hi = interval(0.8, 0.04, n=100, df=99, method="t")
    >>> round(float(lo), 3), round(float(hi), 3)
    (0.721, 0.879)
    """
    if method not in _METHODS and method != "jeffreys":
        raise DataError(f"no interval method {method!r}; known are {', '.join(INTERVALS[1:])}")
    kish = n if n_kish is None else n_kish
    every = (p, se, n, df, kish, n if answers is None else answers)
    given = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in every))
    value, error, respondents, freedom, weighted, valid = given
    complete = np.broadcast_to(np.asarray(census, dtype=bool), value.shape)
    lo, hi = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    usable = np.isfinite(value) & np.isfinite(error) & (freedom > 0) & ~complete
    flat = usable & _flat(value, error, method)
    spread = usable & ~flat
    alpha = 1 - confidence
    if method == "jeffreys":
        own, kish_, asked = (x[usable] for x in (respondents, weighted, valid))
        lo[usable], hi[usable] = _jeffreys(value[usable], error[usable], own, freedom[usable], kish_, asked, alpha)
    else:
        own, free = respondents[spread], freedom[spread]
        lo[spread], hi[spread] = _METHODS[method](value[spread], error[spread], own, free, alpha)
        lo[flat], hi[flat] = clopper_pearson(value[flat] * weighted[flat], weighted[flat], confidence)
    lo[complete], hi[complete] = value[complete], value[complete]
    lo, hi = np.maximum(lo, np.minimum(possible[0], value)), np.minimum(hi, np.maximum(possible[1], value))
    # Rounding can carry a bound past its estimate by 1e-17; an interval always holds its estimate.
    return np.clip(np.minimum(lo, value), 0.0, 1.0), np.clip(np.maximum(hi, value), 0.0, 1.0)


def computed(
    p: ArrayLike, se: ArrayLike, df: ArrayLike, method: str, *, census: ArrayLike = False
) -> NDArray[np.object_]:
    """The name (key of `METHOD_NAMES`) of what `interval` computes for each figure, "" where nothing."""
    value, error, freedom, complete = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (p, se, df)), np.asarray(census, dtype=bool)
    )
    usable = np.isfinite(value) & np.isfinite(error) & (freedom > 0)
    name = np.where(usable, method, "").astype(object)
    if method != "jeffreys":  # which is defined for answers that agree
        name[usable & _flat(value, error, method)] = "clopper_pearson"
    name[complete & np.isfinite(value)] = "census"
    return name


def _flat(value: Floats, error: Floats, method: str) -> NDArray[np.bool_]:
    """Where the method has no variance to work with.

    At an end of the scale a share has none to speak of; a mean score clipped by `t` has.
    """
    end = (value <= 0) | (value >= 1)
    return np.asarray((error <= 0) | (end & (method != "t")), dtype=np.bool_)


def choose(statistic: str, parts: int = 1) -> str:
    """The method `auto` stands for: `jeffreys` for a share of answers, `t` for mean scores and compositions.

    `auto` also means: no interval below `Rules.min_n_interval` respondents, where no method holds its level, and none
    `Rules.max_width` points wide or wider (`reliable`); docs/methodology.md says why.
    """
    return "t" if statistic == "score" or parts > 1 else "jeffreys"


def reliable(n: ArrayLike, lo: ArrayLike, hi: ArrayLike, rules: Rules) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where there are enough respondents, and where the interval (on 0..1) is narrow enough to be of use.

    `n`: Kish's effective number of respondents, so that 30 of whom one stands for most do not pass for 30.
    """
    width = 100 * (np.asarray(hi, dtype=np.float64) - np.asarray(lo, dtype=np.float64))
    enough = np.asarray(n) >= rules.min_n_interval - 1e-9  # equal weights give 30 but for the last digit
    return np.asarray(enough, dtype=np.bool_), np.asarray(~(width >= rules.max_width), dtype=np.bool_)


def wilson(x: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Bounds:
    """Wilson's interval for x of n independent answers, n > 0 (real numbers allowed: effective counts)."""
    yes, size = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    p = yes / size
    z = special.ndtri(0.5 + confidence / 2)
    centre = p + z**2 / (2 * size)
    half = z * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    lo, hi = (centre - half) / (1 + z**2 / size), (centre + half) / (1 + z**2 / size)
    # At x = 0 and x = n the bound is the end of the scale; rounding must not move it inside.
    return np.where(yes <= 0, 0.0, np.maximum(lo, 0.0)), np.where(yes >= size, 1.0, np.minimum(hi, 1.0))


def clopper_pearson(x: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Bounds:
    """The exact binomial interval for x of n independent answers, n > 0 (real numbers allowed)."""
    yes, size = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    tail = (1 - confidence) / 2
    no = np.maximum(size - yes, 0.0)
    # The inverse beta function has no value at a parameter 0; the bound there is the end of the scale.
    lo = np.where(yes > 0, special.betaincinv(np.where(yes > 0, yes, 1.0), no + 1, tail), 0.0)
    hi = np.where(no > 0, special.betaincinv(yes + 1, np.where(no > 0, no, 1.0), 1 - tail), 1.0)
    return np.asarray(lo, dtype=np.float64), np.asarray(hi, dtype=np.float64)


def effective(p: Floats, se: Floats, n: Floats, df: Floats, alpha: float) -> Floats:
    """Korn & Graubard's effective number of respondents: p(1 - p)/se² (t_{n-1} / t_df)² at level alpha/2."""
    ratio = _quantile(np.maximum(n - 1, 1), alpha) / _quantile(df, alpha)
    return np.asarray(p * (1 - p) / se**2 * ratio**2)


def steady_effect(p: Floats, se: Floats, n: Floats, n_kish: Floats, answers: Floats) -> Floats:
    """The design effect of a share of answers, drawn toward a common one where few answers tell it.

    The effect estimated, Var · answers / p(1 - p), rests on the rarer kind of answer: with one dissatisfied citizen it
    is chance, mostly too small. It is weighted as the number of such answers to `PRIOR_ANSWERS` against what
    `PRIOR_CORRELATION` between the answers of a person and the weights (Kish) give, and never taken below itself.
    """
    varied = (p > 0) & (p < 1) & (se > 0)
    spread = np.where(varied, p * (1 - p), 1.0)
    found = np.where(varied, answers * se**2 / spread, 0.0)
    common = (1 + (answers / n - 1) * PRIOR_CORRELATION) * n / n_kish
    rare = np.where(varied, np.minimum(p, 1 - p) * answers, 0.0)
    trust = rare / (rare + PRIOR_ANSWERS)
    return np.asarray(np.maximum(trust * found + (1 - trust) * common, found))


def _jeffreys(p: Floats, se: Floats, n: Floats, df: Floats, n_kish: Floats, answers: Floats, alpha: float) -> Bounds:
    ratio = _quantile(np.maximum(n - 1, 1), alpha) / _quantile(df, alpha)
    size = answers / steady_effect(p, se, n, n_kish, answers) * ratio**2
    yes, no = p * size, (1 - p) * size
    lo = np.where(p <= 0, 0.0, special.betaincinv(yes + 0.5, no + 0.5, alpha / 2))
    hi = np.where(p >= 1, 1.0, special.betaincinv(yes + 0.5, no + 0.5, 1 - alpha / 2))
    return np.asarray(lo, dtype=np.float64), np.asarray(hi, dtype=np.float64)


def _quantile(df: Floats, alpha: float) -> Floats:
    """The t quantile; figures of one place mostly share their degrees of freedom, so each is found once."""
    distinct, at = np.unique(df, return_inverse=True)
    return np.asarray(special.stdtrit(distinct, 1 - alpha / 2), dtype=np.float64)[at].reshape(df.shape)


def _t(p: Floats, se: Floats, _n: Floats, df: Floats, alpha: float) -> Bounds:
    half = _quantile(df, alpha) * se
    return p - half, p + half


def _logit(p: Floats, se: Floats, _n: Floats, df: Floats, alpha: float) -> Bounds:
    centre, half = special.logit(p), _quantile(df, alpha) * se / (p * (1 - p))
    return special.expit(centre - half), special.expit(centre + half)


def _beta(p: Floats, se: Floats, n: Floats, df: Floats, alpha: float) -> Bounds:
    size = effective(p, se, n, df, alpha)
    return clopper_pearson(p * size, size, 1 - alpha)


def _wilson(p: Floats, se: Floats, n: Floats, df: Floats, alpha: float) -> Bounds:
    size = effective(p, se, n, df, alpha)
    return wilson(p * size, size, 1 - alpha)


_METHODS = {"t": _t, "logit": _logit, "beta": _beta, "wilson": _wilson}
