"""Control charts say whether a series of weeks or months is one steady process, or whether something has happened.

An XmR chart (individuals and moving range) takes its limits from how much neighbouring points differ; a p′ chart
(Laney) does the same after each share is divided by the standard error its number of answers gives, so that months of
few answers have wider limits and an over-dispersed series has no false alarms. Limits stand at three sigma. Signs are
the four of the NHS's *Making Data Count*: a point outside the limits; two of three neighbours beyond two sigma on one
side; seven neighbours on one side of the centre; seven neighbours that rise, or fall, throughout.

A series is cut where somebody marked a known change (a moved office): each part has limits of its own and no sign
reaches across. A flat part has its value as limits.

Sources: Shewhart (1931); Wheeler (1993), "Understanding Variation", for 2.66 and 3.267; Laney (2002), "Improved control
charts for attributes", Quality Engineering 14; Nelson (1982) for leaving out moving ranges that a single jump made.
Signs and their order of precedence are checked against the NHS's R package NHSRplotthedots 0.2.2, p′ limits against
qicharts2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.scheme import TOLERANCE, DataError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Signs = NDArray[np.int64]

SIGMAS = 3
RUN = 7
"""Neighbours that make a run or a trend."""
XMR_FACTOR = 2.66
"""Three sigma in mean moving ranges of two points, 3 / 1.128 as Wheeler prints it."""
D2 = 1.128
"""A mean moving range of two normal points in standard deviations."""
SCREEN = 3.267
"""A moving range above this many mean ones was made by a jump: left out of the mean (Nelson 1982)."""

OUTSIDE, TREND, TWO_OF_THREE, RUN_OF_SEVEN, NONE = "outside", "trend", "two_of_three", "run", ""
"""Signs in their order of precedence; a point has one."""
Assurance = Literal["reaches", "misses", "hit_and_miss", "unknown"]


@dataclass(frozen=True, eq=False)
class ControlChart:
    """A series of m points with its centre line, limits and signs, in the unit of the values."""

    #: (m,)
    value: Floats
    centre: Floats
    lower: Floats
    upper: Floats
    #: (m,) names of the signs, `NONE` for a point that is as expected
    sign: NDArray[np.object_]
    #: (m,) 1 where a sign points up, -1 down, 0 without a sign
    direction: Signs

    def __repr__(self) -> str:
        return f"ControlChart of {len(self.value)} points, {int((self.direction != 0).sum())} with a sign"

    def to_frame(self) -> pd.DataFrame:
        """`value, centre, lower, upper, sign, direction`, one row a point."""
        columns = ("value", "centre", "lower", "upper", "sign", "direction")
        return pd.DataFrame({name: getattr(self, name) for name in columns})

    def assurance(self, target: float) -> Assurance:
        """What the latest limits say of a target that higher values reach; `unknown` without points.

        `reaches`: the process stays above it unless something changes. `hit_and_miss`: the target lies within limits.
        """
        if not len(self.value):
            return "unknown"
        if target < self.lower[-1]:
            return "reaches"
        return "misses" if target > self.upper[-1] else "hit_and_miss"


def xmr_chart(values: ArrayLike, *, rebase: Sequence[int] = ()) -> ControlChart:
    """The XmR chart of (m,) values of equal footing, in time order.

    `rebase`: positions at which a part with limits of its own begins. Raises `DataError` for values that are missing.

    >>> xmr_chart([81, 79] * 4 + [90] + [81, 79] * 4).sign[7:10].tolist()
    ['', 'outside', '']
    """
    value = _series(values)
    parts = []
    for part in _parts(len(value), rebase):
        y = value[part]
        centre = float(y.mean())
        sigma = XMR_FACTOR / SIGMAS * _mean_moving_range(y)
        parts.append((np.full(len(y), centre), np.full(len(y), sigma)))
    return _charted(value, parts, rebase)


def p_prime_chart(successes: ArrayLike, totals: ArrayLike, *, rebase: Sequence[int] = ()) -> ControlChart:
    """The p′ chart of m periods, in percent: Laney (2002), eqs. 3-6.

    `successes`, `totals`: (m,) satisfied answers and answers of each period. Limits end at 0 and 100. Raises
    `DataError` for a period without answers.

    >>> chart = p_prime_chart([80, 85, 78], [100, 100, 100])
    >>> chart.centre.round(6).tolist(), chart.sign.tolist()
    ([81.0, 81.0, 81.0], ['', '', ''])
    """
    hits, size = _series(successes), _series(totals)
    if hits.shape != size.shape or (size <= 0).any() or (hits < 0).any() or (hits > size + TOLERANCE).any():
        raise DataError("a p′ chart needs 0 to n satisfied of n answers in every period, n at least 1")
    parts = []
    for part in _parts(len(hits), rebase):
        centre = hits[part].sum() / size[part].sum()
        error = np.sqrt(centre * (1 - centre) / size[part])
        z = np.divide(hits[part] / size[part] - centre, error, out=np.zeros_like(error), where=error > 0)
        sigma = error * _mean_moving_range(z, screen=False) / D2
        parts.append((np.full(len(error), 100 * centre), 100 * sigma))
    return _charted(100 * hits / size, parts, rebase, ends=(0.0, 100.0))


def _series(values: ArrayLike) -> Floats:
    value = np.asarray(values, dtype=np.float64)
    if value.ndim != 1 or not np.isfinite(value).all():
        raise DataError("a control chart needs one finite value for each period")
    return value


def _parts(m: int, rebase: Sequence[int]) -> Iterator[slice]:
    """Yield the parts that have limits of their own."""
    starts = [0, *rebase]
    if list(rebase) != sorted(set(rebase)) or any(not 0 < start < m for start in rebase):
        raise DataError(f"a chart of {m} points is cut at increasing positions from 1 to {m - 1}, not {list(rebase)}")
    for start, stop in zip(starts, [*rebase, m], strict=True):
        if stop > start:
            yield slice(start, stop)


def _mean_moving_range(value: Floats, *, screen: bool = True) -> float:
    """The mean distance of neighbours; 0 for a single point. `screen`: without those that a jump made."""
    moving = np.abs(np.diff(value))
    if not len(moving) or moving.max() <= TOLERANCE:
        return 0.0
    if screen:
        moving = moving[moving < SCREEN * moving.mean()]
    return float(moving.mean())


def _charted(
    value: Floats,
    parts: Sequence[tuple[Floats, Floats]],
    rebase: Sequence[int],
    ends: tuple[float, float] = (-np.inf, np.inf),
) -> ControlChart:
    """The chart of values whose parts have these centres and sigmas."""
    centre = np.concatenate([part[0] for part in parts]) if parts else np.empty(0)
    sigma = np.concatenate([part[1] for part in parts]) if parts else np.empty(0)
    lower, upper = (np.clip(centre + side * SIGMAS * sigma, *ends) for side in (-1, 1))
    sign, direction = np.full(len(value), NONE, dtype=object), np.zeros(len(value), dtype=np.int64)
    for part in _parts(len(value), rebase):
        sign[part], direction[part] = _signs(value[part], centre[part], sigma[part], lower[part], upper[part])
    return ControlChart(value, centre, lower, upper, sign, direction)


def _signs(
    value: Floats, centre: Floats, sigma: Floats, lower: Floats, upper: Floats
) -> tuple[NDArray[np.object_], Signs]:
    """Each point's sign and direction, the strongest sign first."""
    m = len(value)
    side = np.sign(np.where(np.abs(value - centre) <= TOLERANCE, 0.0, value - centre)).astype(np.int64)
    outside: Flags = (value > upper + TOLERANCE) | (value < lower - TOLERANCE)
    near: Flags = ~outside & (np.abs(value - centre) > 2 * sigma + TOLERANCE)
    step = np.sign(np.diff(value)).astype(np.int64)
    trend = _runs(step, RUN - 1, points=m)
    sign, direction = np.full(m, NONE, dtype=object), np.zeros(m, dtype=np.int64)
    for name, towards in (
        (RUN_OF_SEVEN, _runs(side, RUN, points=m)),
        (TWO_OF_THREE, np.where(near, _two_of_three(near, side), 0)),
        (TREND, trend),
        (OUTSIDE, np.where(outside, side, 0)),
    ):
        found = towards != 0
        sign[found], direction[found] = name, towards[found]
    return sign, direction


def _runs(side: Signs, length: int, *, points: int) -> Signs:
    """Return, for each of the points, 1 or -1 where it belongs to a run of `length` equal sides, else 0.

    `side`: of the points, or of the steps between them (one fewer): a run of steps takes in both of its ends.
    """
    found = np.zeros(points, dtype=np.int64)
    extra = points - len(side)
    for start in range(len(side) - length + 1):
        first = side[start]
        if first and (side[start : start + length] == first).all():
            found[start : start + length + extra] = first
    return found


def _two_of_three(near: Flags, side: Signs) -> Signs:
    """1 or -1 where a point lies in three neighbours on one side of which two lie beyond two sigma, else 0."""
    found = np.zeros(len(side), dtype=np.int64)
    for start in range(len(side) - 2):
        window = slice(start, start + 3)
        if abs(side[window].sum()) == 3 and near[window].sum() >= 2:
            found[window] = side[start]
    return found
