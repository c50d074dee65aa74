"""Effect of actions: change of a figure beyond regression to the mean, against agencies that did not act on it.

Agencies act where they are worst, and a figure that is worst partly by bad luck rises by itself in the next round
(Galton 1886; Barnett, van der Pols & Dobson 2005, International Journal of Epidemiology 34). So the figure before is
shrunken by its reliability first; what those that did not act gained or lost on average is what the action has to beat.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from scoring.compare import holm
from scoring.scheme import DataError

FEWEST_OTHERS: Final = 4
"""Agencies that did not act on a figure, below which nothing is said of those that did."""
COLUMNS: Final = ("expected", "effect", "se", "df", "p", "p_holm", "lo", "hi", "others", "verdict")
VERDICTS: Final = ("better", "same", "worse", "unknown")

Floats = NDArray[np.float64]


def action_effects(table: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """The effect of the actions between two rounds, one row for each row of `table` with `acted`.

    `table`: one row an agency and figure of both rounds: `figure` (any label), `agency`, `before`, `se_before`,
    `after`, `se_after` (percentage points, errors above 0 and without finite-population correction), `acted` (bool).

    Of one figure, with x and s the index before and its error, y and t after, over the agencies i:
    mu, tau^2 by DerSimonian & Laird (1986) from the x of all; B = tau^2/(tau^2 + s^2), the reliability;
    m = mu + B (x - mu), the true index before as far as x tells, with variance v = B s^2. Among those that did not
    act r = y - m has the mean d and, beyond v + t^2, the variance omega^2 (the same estimate): what changed without
    actions. The effect of an action is y - (m + d), its variance v + t^2 + omega^2 + var(d), tested two-sidedly by t
    with as many degrees of freedom as others less one. P-values are adjusted by Holm (1979) over all actions given;
    the interval goes with the verdict: it excludes 0 exactly where `p_holm` is at most `level`.

    Result: `figure`, `agency`, `before`, `after` and `COLUMNS`. Figures with fewer than `FEWEST_OTHERS` agencies that
    did not act are `unknown`, as are rows whose errors are not known. Raises `DataError` for missing columns.
    """
    wanted = ("figure", "agency", "before", "se_before", "after", "se_after", "acted")
    missing = [name for name in wanted if name not in table]
    if missing:
        raise DataError(f"the table has no column {missing[0]!r}")
    parts = [_of_figure(rows) for _, rows in table.groupby("figure", sort=False)]
    empty = pd.DataFrame(columns=["figure", "agency", "before", "after", "expected", "effect", "se", "df", "others"])
    found = pd.concat([part for part in parts if len(part)] or [empty], ignore_index=True)
    effect, se, df = (found[name].to_numpy(dtype=np.float64) for name in ("effect", "se", "df"))
    known = np.isfinite(effect) & (se > 0)
    p = np.full(len(found), np.nan)
    p[known] = 2 * special.stdtr(df[known], -np.abs(effect[known] / se[known]))
    adjusted, margin = p.copy(), np.full(len(found), np.nan)
    if known.any():
        adjusted[known] = holm(p[known])
        quantile = special.stdtrit(df[known], 1 - _levels(p[known], adjusted[known], level) / 2)
        margin[known] = quantile * se[known]
    sure = known & (adjusted <= level)
    verdict = np.select([~known, sure & (effect > 0), sure], ["unknown", "better", "worse"], "same")
    return found.assign(p=p, p_holm=adjusted, lo=effect - margin, hi=effect + margin, verdict=verdict)


def _levels(p: Floats, adjusted: Floats, level: float) -> Floats:
    """The level of each interval by which it excludes 0 where Holm's procedure rejects, and only there."""
    place = np.argsort(np.argsort(p, kind="stable"), kind="stable")
    rejected = int((adjusted <= level).sum())
    return np.asarray(level / (len(p) - np.minimum(place, min(rejected, len(p) - 1))), dtype=np.float64)


def _of_figure(rows: pd.DataFrame) -> pd.DataFrame:
    """The effects of one figure, `figure, agency, before, after, expected, effect, se, df, others`."""
    x, s, y, t = (
        rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("before", "se_before", "after", "se_after")
    )
    acted = rows["acted"].to_numpy(dtype=bool)
    usable = np.isfinite(x) & np.isfinite(y) & (s > 0) & (t > 0)
    others = usable & ~acted
    count = int(others.sum())
    expected, error = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if count >= FEWEST_OTHERS:
        mean, spread, _ = _mean_and_spread(x[usable], s[usable] ** 2)
        reliability = np.where(usable, spread / (spread + np.where(usable, s, 1.0) ** 2), np.nan)
        shrunken, left = mean + reliability * (x - mean), reliability * s**2
        noise = left + t**2
        drift, change, of_drift = _mean_and_spread((y - shrunken)[others], noise[others])
        expected, error = shrunken + drift, np.sqrt(noise + change + of_drift)
    kept = rows.loc[acted, ["figure", "agency", "before", "after"]].reset_index(drop=True)
    return kept.assign(
        expected=np.where(usable, expected, np.nan)[acted],
        effect=np.where(usable, y - expected, np.nan)[acted],
        se=np.where(usable, error, np.nan)[acted],
        df=float(max(count - 1, 1)),
        others=count,
    )


def _mean_and_spread(values: Floats, variance: Floats) -> tuple[float, float, float]:
    """Mean, variance between and variance of the mean by DerSimonian & Laird (1986), moments of Cochran's Q."""
    weight = 1 / variance
    mean = float((weight * values).sum() / weight.sum())
    q = float((weight * (values - mean) ** 2).sum())
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    between = max(0.0, (q - (len(values) - 1)) / scale) if scale > 0 else 0.0
    weight = 1 / (variance + between)
    return float((weight * values).sum() / weight.sum()), between, float(1 / weight.sum())
