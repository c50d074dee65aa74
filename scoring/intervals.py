"""Confidence intervals of indices on 0..1: one call, `interval`, with the degenerate cases fixed.

Methods: `beta` Korn & Graubard (1998), Clopper-Pearson with the effective number of answers p(1-p)/Var, corrected for
the degrees of freedom, as R's `svyciprop(method = "beta")`; `logit`, the t interval of log(p/(1-p)) carried back (R's
`xlogit`); `wilson` with the effective number of answers; `t`, the estimate plus and minus t times its standard error,
kept inside 0..1. `choose` is the rule behind `auto`. Coverage of each was measured (docs/methodology.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring.scheme import DataError

Floats = NDArray[np.float64]
METHODS = ("beta", "logit", "wilson", "t")


def choose(method: str, *, proportion: bool) -> str:
    """Return the method in force: under `auto`, `beta` for shares of answers and `t` for means and composites."""
    if method == "auto":
        return "beta" if proportion else "t"
    if method not in METHODS:
        raise DataError(f"interval must be one of auto, {', '.join(METHODS)}, not {method!r}")
    return method


def interval(
    p: ArrayLike,
    se: ArrayLike,
    n: ArrayLike,
    df: ArrayLike,
    method: str,
    *,
    confidence: float = 0.95,
    n_kish: ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """Return lower and upper ends on 0..1, in the shape of `p`; NaN where p or se is NaN or df is not positive.

    `n`: respondents with a valid answer; `n_kish`: their Kish effective number, which alone speaks where all answers
    are the same (se = 0); default `n`. A census is for the caller: its interval is [p, p].
    """
    estimate, error, size, degrees = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (p, se, n, df))
    )
    kish = size if n_kish is None else np.broadcast_to(np.asarray(n_kish, dtype=np.float64), estimate.shape)
    low, high = np.full(estimate.shape, np.nan), np.full(estimate.shape, np.nan)
    usable = ~np.isnan(estimate) & ~np.isnan(error) & (degrees > 0)
    same = usable & (error <= 0)
    low[same], high[same] = clopper_pearson(estimate[same] * kish[same], kish[same], confidence)
    # at 0 or 1 the methods on a curved scale have no variance to speak of; t has
    varied = usable & (error > 0)
    inner = varied & (estimate > 0) & (estimate < 1) if method != "t" else varied
    arguments = estimate[inner], error[inner], size[inner], degrees[inner], confidence
    low[inner], high[inner] = _METHODS[method](*arguments)
    edge = varied & ~inner
    low[edge], high[edge] = clopper_pearson(estimate[edge] * kish[edge], kish[edge], confidence)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def clopper_pearson(x: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the exact binomial interval for x of n; neither need be whole (effective numbers)."""
    count, size = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    tail = (1 - confidence) / 2
    rest = np.maximum(size - count, 0.0)
    low = np.where(count > 0, special.betaincinv(np.maximum(count, 1e-300), rest + 1, tail), 0.0)
    high = np.where(rest > 1e-12, special.betaincinv(count + 1, np.maximum(rest, 1e-300), 1 - tail), 1.0)
    return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)


def wilson(x: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return Wilson's (1927) score interval for x of n."""
    count, size = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    z = special.ndtri((1 + confidence) / 2)
    p = count / size
    centre = (p + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    # with none or all of n the bound is the end of the scale exactly, whatever rounding says
    low = np.where(count <= 0, 0.0, np.maximum(centre - half, 0.0))
    return low, np.where(count >= size, 1.0, np.minimum(centre + half, 1.0))


def _quantile(df: Floats, confidence: float) -> Floats:
    return np.asarray(special.stdtrit(df, (1 + confidence) / 2), dtype=np.float64)


def _t(p: Floats, se: Floats, _n: Floats, df: Floats, confidence: float) -> tuple[Floats, Floats]:
    half = _quantile(df, confidence) * se
    return p - half, p + half


def _logit(p: Floats, se: Floats, _n: Floats, df: Floats, confidence: float) -> tuple[Floats, Floats]:
    centre, half = special.logit(p), _quantile(df, confidence) * se / (p * (1 - p))
    return special.expit(centre - half), special.expit(centre + half)


def _wilson(p: Floats, se: Floats, _n: Floats, _df: Floats, confidence: float) -> tuple[Floats, Floats]:
    effective = p * (1 - p) / se**2
    return wilson(p * effective, effective, confidence)


def _beta(p: Floats, se: Floats, n: Floats, df: Floats, confidence: float) -> tuple[Floats, Floats]:
    # one respondent has no t quantile of n - 1; the design's own then stands for both
    plain = np.where(n > 1, np.maximum(n - 1, 1.0), df)
    effective = p * (1 - p) / se**2 * (_quantile(plain, confidence) / _quantile(df, confidence)) ** 2
    return clopper_pearson(p * effective, effective, confidence)


_METHODS = {"beta": _beta, "logit": _logit, "wilson": _wilson, "t": _t}
