"""Limits of knowledge: what those who did not answer could change in a figure, from what is printed of it and N.

Worst and best case: Manski (1989), Journal of Human Resources 24. Effective size under a bias: Meng (2018), Annals of
Applied Statistics 12. No response model is assumed; a transaction counts as one person.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Number = TypeVar("Number", float, NDArray[np.float64])

BIASES = (2, 5, 10)
"""Points by which those who answer may differ from everybody, for which an effective size is given."""
COLUMNS = (
    ("bound_low", "worst case: the share if everyone who did not answer were dissatisfied, in percentage points"),
    ("bound_high", "best case: the share if everyone who did not answer were satisfied, in percentage points"),
    ("holds_down", "the interval holds while those who did not answer are at most so many points less satisfied"),
    ("holds_up", "the interval holds while those who did not answer are at most so many points more satisfied"),
    *(
        (f"n_eff_bias{bias}", f"people drawn at random who would tell as much if the index were {bias} points off")
        for bias in BIASES
    ),
)
"""Name and meaning of the columns of `with_limits`, in order."""


def worst_and_best(share: Number, n: Number, population: Number) -> tuple[Number, Number]:
    """Worst and best case of a share (percent) of n of N people: all others dissatisfied, all others satisfied.

    >>> [round(x, 1) for x in worst_and_best(84.0, 300.0, 1000.0)]
    [25.2, 95.2]
    """
    rate = n / population
    return rate * share, rate * share + 100 * (1 - rate)


def tipping_point(distance: Number, n: Number, population: Number) -> Number:
    """Points by which those who did not answer must differ so that the index moves by `distance` points.

    The index of everybody is that of the n, less (1 - n/N) times the difference.

    >>> round(tipping_point(4.0, 300.0, 1000.0), 2)
    5.71
    """
    return distance / (1 - n / population)


def effective_size(share: Number, bias: float, population: Number) -> Number:
    """People drawn at random of N whose share has the mean squared error that a bias of so many points makes alone.

    With S² = p(1 - p) N/(N - 1): 1/(bias²/S² + 1/N).

    >>> round(effective_size(84.0, 5, 5000.0), 1)
    53.2
    """
    p = share / 100
    spread = p * (1 - p) * population / (population - 1)
    return 1 / ((bias / 100) ** 2 / spread + 1 / population)


def others_must_be(everybody: Number, answered: Number, n: Number, population: Number) -> Number:
    """Index (percent) of those who did not answer, if everybody's and that of the n of N who answered are both true.

    >>> round(others_must_be(84.0, 96.4, 2000.0, 10000.0), 1)
    80.9
    """
    rate = n / population
    return (everybody - rate * answered) / (1 - rate)


def with_limits(table: pd.DataFrame, statistic: str = "top2") -> pd.DataFrame:
    """A table of figures (`scoring.table.COLUMNS`) with `COLUMNS` behind them, empty where N or the figure is missing.

    Worst and best case rest on the share of satisfied answers as counted, without weights: each person counts once.
    For a mean score (`statistic`) they rest on the index.
    """
    columns = ("n", "population", "index", "lo", "hi", "valid", "c4", "c5")
    n, population, index, low, high, valid, c4, c5 = (
        pd.to_numeric(table[name]).to_numpy(dtype=np.float64, na_value=np.nan) for name in columns
    )
    known = (n > 0) & (population >= n) & np.isfinite(index)
    n, population = np.where(known, n, np.nan), np.where(known & (population > 1), population, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        counted = 100 * (c4 + c5) / valid if statistic == "top2" else index
        worst, best = worst_and_best(counted, n, population)
        missing = np.where(n < population, population, np.nan)
        found = {
            "bound_low": worst,
            "bound_high": best,
            "holds_down": tipping_point(index - low, n, missing),
            "holds_up": tipping_point(high - index, n, missing),
        } | {f"n_eff_bias{bias}": effective_size(index, bias, population) for bias in BIASES}
    return table.assign(**{name: np.where(np.isfinite(found[name]), found[name], np.nan) for name, _ in COLUMNS})
