"""Against the last round: answers that became more, and another index, at the same time.

Years differ everywhere; what all agencies have in common is taken away. This is the only check that sees a patient
insider, and only where years are alike (see docs/methodology.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.detectors.rows import Floats, Measured, PlaceRows

PERSON = 20.0


@dataclass(frozen=True, eq=False)
class Earlier:
    """The round before, and transactions of both, all (A,); NaN where it is not known."""

    #: responses, mean score and transactions of the round before
    size: Floats
    index: Floats
    transactions: Floats
    #: transactions of this round
    now: Floats


def rate_change(rows: PlaceRows, earlier: Earlier) -> Measured:
    """The change of log(n / N) of each agency, with its error."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.log((rows.size + 0.5) / earlier.now) - np.log((earlier.size + 0.5) / earlier.transactions)
    return _known(rate, np.sqrt(1 / (rows.size + 0.5) + 1 / (earlier.size + 0.5)))


def index_change(rows: PlaceRows, earlier: Earlier) -> Measured:
    """The change of the mean score of each agency in points, with its error."""
    n, before = np.maximum(rows.count(rows.scored), 1), np.maximum(earlier.size, 1)
    return _known(rows.index - earlier.index, PERSON * np.sqrt(1 / n + 1 / before))


def _known(value: Floats, error: Floats) -> Measured:
    known = np.isfinite(value) & np.isfinite(error)
    return np.where(known, value, np.nan), np.where(known, error, np.nan)
