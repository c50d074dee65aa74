"""Funnels give the range expected of an agency, by its number of answers and the spread between agencies.

An agency of forty answers is often first or last by chance alone. A funnel plot draws each agency's figure against how
much it was measured by, with the range in which an agency like all others would lie: wide where few answered. Agencies
differ a little for reasons nobody asked about (over-dispersion), so the range allows for the spread between them, which
is estimated after drawing in the extreme tenth at each end (winsorising): else the outliers would excuse themselves.

Shares are compared on the arcsine scale, where the standard error depends on the effective number of answers alone, so
that an agency near 100 % is judged by the error an ordinary one would have. Bands are those of the Care Quality
Commission: *better*, *as expected* or *worse* than expected at 95 %; the outer limit of the picture is 99.8 %.

Sources: Spiegelhalter (2005), "Funnel plots for comparing institutional performance", Statistics in Medicine 24, and
"Handling over-dispersion of performance indicators", Quality and Safety in Health Care 14 (additive random effects,
eqs. 3-5); DerSimonian & Laird (1986) for the variance between agencies. Checked against R's FunnelPlotR 0.6.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring.scheme import DataError

Floats = NDArray[np.float64]

WINSORISED = 0.1
"""The share of agencies at each end whose distance is drawn in before the spread between agencies is estimated."""
INNER, OUTER = 0.95, 0.998
"""Confidence of the two funnels: of the bands, and of the outer line."""
QUARTILE = 0.6745
"""The median distance of a standard normal figure from its centre."""
HALVINGS = 45
"""Bisections of the spread: its range over 2^45."""
BETTER, EXPECTED, WORSE = "better", "expected", "worse"


@dataclass(frozen=True, eq=False)
class Funnel:
    """p agencies of one league with the range expected of each, in the unit of the values."""

    #: (p,)
    value: Floats
    #: (p,) effective answers for shares, 1 / error² for means: what the funnel narrows with
    size: Floats
    centre: float
    #: the mean squared winsorised distance in standard errors: above 1, agencies differ more than chance makes them
    dispersion: float
    #: (p,) distance from the centre in standard errors that allow for the spread between agencies
    z: Floats
    #: sizes (m,), confidence -> low and high (m,): the funnel's lines
    limits: Callable[[ArrayLike, float], tuple[Floats, Floats]]

    def __repr__(self) -> str:
        bands = self.band
        return (
            f"Funnel of {len(bands)} around {self.centre:.2f}: {bands.count(BETTER)} better, {bands.count(WORSE)} worse"
        )

    @property
    def band(self) -> list[str]:
        """Bands (p,): `better`, `expected` or `worse` than expected at 95 %."""
        reach = _quantile(INNER)
        return [BETTER if z > reach else WORSE if z < -reach else EXPECTED for z in self.z]

    def to_frame(self) -> pd.DataFrame:
        """`value, size, z, lo, hi, outer_lo, outer_hi, band`, one row an agency in the order given."""
        (lo, hi), (outer_lo, outer_hi) = (self.limits(self.size, level) for level in (INNER, OUTER))
        return pd.DataFrame(
            {
                "value": self.value, "size": self.size, "z": self.z, "lo": lo, "hi": hi,
                "outer_lo": outer_lo, "outer_hi": outer_hi, "band": self.band,
            }
        )  # fmt: skip


def share_funnel(percent: ArrayLike, effective: ArrayLike, *, centre: float | None = None) -> Funnel:
    """The funnel of p shares in percent, each from so many effective answers, both (p,).

    `centre`: what is expected of all; if not given, the share of all answers together. Raises `DataError` for shares
    outside of 0..100 or without answers.

    >>> share_funnel([80, 80, 95], [400, 400, 400]).centre
    85.0
    """
    share, size = np.asarray(percent, dtype=np.float64) / 100, np.asarray(effective, dtype=np.float64)
    if share.ndim != 1 or share.shape != size.shape or not ((share >= 0) & (share <= 1) & (size > 0)).all():
        raise DataError("a funnel of shares needs percentages from 0 to 100, each with its effective answers")
    middle = float((share * size).sum() / size.sum()) if centre is None else centre / 100
    target, error = float(np.arcsin(np.sqrt(middle))), 0.5 / np.sqrt(size)
    z, dispersion, between = _distances(np.arcsin(np.sqrt(share)) - target, error)

    def limits(sizes: ArrayLike, confidence: float) -> tuple[Floats, Floats]:
        reach = _quantile(confidence) * np.sqrt(0.25 / np.asarray(sizes, dtype=np.float64) + between)
        low, high = np.clip(target - reach, 0, np.pi / 2), np.clip(target + reach, 0, np.pi / 2)
        return np.asarray(100 * np.sin(low) ** 2), np.asarray(100 * np.sin(high) ** 2)

    return Funnel(100 * share, size, 100 * middle, dispersion, z, limits)


def mean_funnel(values: ArrayLike, errors: ArrayLike, *, centre: float | None = None) -> Funnel:
    """The funnel of p figures of any scale with their standard errors, both (p,).

    `centre`: what is expected of all; if not given, the mean weighted by precision. Raises `DataError` for errors that
    are not positive.
    """
    value, error = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if value.ndim != 1 or value.shape != error.shape or not (np.isfinite(value) & (error > 0)).all():
        raise DataError("a funnel of means needs finite values, each with a standard error above 0")
    weight = error**-2.0
    middle = float((value * weight).sum() / weight.sum()) if centre is None else centre
    z, dispersion, between = _distances(value - middle, error)

    def limits(sizes: ArrayLike, confidence: float) -> tuple[Floats, Floats]:
        reach = _quantile(confidence) * np.sqrt(1 / np.asarray(sizes, dtype=np.float64) + between)
        return np.asarray(middle - reach), np.asarray(middle + reach)

    return Funnel(value, weight, middle, dispersion, z, limits)


def robust_spread(values: ArrayLike, errors: ArrayLike) -> tuple[float, float]:
    """The median m of p figures and the spread tau between them that chance does not explain.

    For looking for what does not fit: a few polluted figures move neither. tau >= 0 is where the median of
    |y - m| / sqrt(s² + tau²) is that of a normal distribution, .6745 (a robust form of Spiegelhalter's additive
    over-dispersion, 2005). Figures or errors (p,) that are not finite are left out; `DataError` when none is left.

    >>> [round(part, 3) for part in robust_spread([1, 2, 3, 4, 5, 6, 100], [1e-9] * 7)]
    [4.0, 2.965]
    """
    value, error = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    known = np.isfinite(value) & np.isfinite(error)
    if not known.any():
        raise DataError("a spread needs at least one finite figure with its error")
    value, square = value[known], error[known] ** 2
    centre = float(np.median(value))
    distance = np.abs(value - centre)
    if np.median(distance / np.sqrt(square)) <= QUARTILE:
        return centre, 0.0
    low, high = 0.0, float(distance.max()) / QUARTILE
    for _ in range(HALVINGS):
        tau = (low + high) / 2
        if np.median(distance / np.sqrt(square + tau * tau)) > QUARTILE:
            low = tau
        else:
            high = tau
    return centre, high


def effective_answers(percent: ArrayLike, variance: ArrayLike, n: ArrayLike, *, firm: int = 30) -> Floats:
    """The effective answers (p,) behind shares of `n` respondents, by the design effect that all have together.

    `percent`, `variance`, `n`: (p,) shares, their variances in squared points and respondents. Agencies of `firm`
    respondents or more with a known variance above 0 lend the effect (a generalised variance function: Wolter 2007,
    ch. 7); one agency's own variance is mostly noise, and in a picture the range must be a line over n. NaN where no
    agency is firm.

    >>> effective_answers([50, 50], [25, 25], [100, 10]).tolist()
    [100.0, 10.0]
    """
    share, own, size = (np.asarray(x, dtype=np.float64) for x in (percent, variance, n))
    used = (size >= firm) & np.isfinite(own) & (own > 0) & (share > 0) & (share < 100)
    if not used.any():
        return np.full(len(size), np.nan)
    random = (share[used] * (100 - share[used]) / size[used]).sum()
    return np.asarray(size * random / own[used].sum())


def common_errors(variance: ArrayLike, n: ArrayLike, *, firm: int = 30) -> Floats:
    """Standard errors (p,) of means of `n` respondents by the spread that all have together, likewise."""
    own, size = (np.asarray(x, dtype=np.float64) for x in (variance, n))
    used = (size >= firm) & np.isfinite(own) & (own > 0)
    if not used.any():
        return np.full(len(size), np.nan)
    return np.asarray(np.sqrt((own[used] * size[used]).mean() / size))


def expected_by_mix(satisfied: ArrayLike, answers: ArrayLike) -> Floats:
    """What is expected of p agencies by their mix of c kinds of answers, in percent: indirect standardisation.

    `satisfied`, `answers`: (p, c) counts; the kinds are what an agency cannot choose, its services for instance. Each
    kind's share over all agencies, weighted by the agency's own mix; NaN for an agency without answers. What an agency
    is above that, added to the share of all, is its adjusted figure.

    >>> expected_by_mix([[90, 0], [90, 10]], [[100, 0], [100, 20]]).round(4).tolist()
    [90.0, 83.3333]
    """
    hits, size = np.asarray(satisfied, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    if hits.shape != size.shape or hits.ndim != 2:
        raise DataError(f"satisfied and answers must be of one shape (agencies, kinds), not {hits.shape}, {size.shape}")
    total, kind = size.sum(axis=1), size.sum(axis=0)
    rate = np.divide(hits.sum(axis=0), kind, out=np.zeros_like(kind), where=kind > 0)
    return np.asarray(100 * np.divide(size @ rate, total, out=np.full_like(total, np.nan), where=total > 0))


def _distances(difference: Floats, error: Floats) -> tuple[Floats, float, float]:
    """Distances that allow for the spread between agencies, its ratio to chance, and its variance."""
    z = difference / error
    p = len(z)
    if not p:
        return z, np.nan, 0.0
    low, high = np.quantile(z, [WINSORISED, 1 - WINSORISED])
    dispersion = float(np.mean(np.clip(z, low, high) ** 2))
    weight = error**-2.0
    free = weight.sum() - (weight**2).sum() / weight.sum()
    between = max(0.0, (p * dispersion - (p - 1)) / free) if free > 0 else 0.0
    return np.asarray(difference / np.sqrt(error**2 + between)), dispersion, between


def _quantile(confidence: float) -> float:
    return float(special.ndtri((1 + confidence) / 2))
