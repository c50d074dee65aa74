"""Answers unlike the others': what a form filled in by an official looks like, and scores shaped as nobody's are.

Agencies differ in many features of their answers, together and by a little. One whose features are strange in a
combination that no other has stands out by Mahalanobis' distance; one with more very satisfied, or very dissatisfied,
persons than its ordinary ones would lead to expect, by the shape of its scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from scoring.detectors.rows import Flags, Floats, Measured, PlaceRows, centred, distance
from scoring.funnel import robust_spread

FEATURES, LIMIT = 17, 8.0
"""The number of features with which the limit of the distance was measured, and that limit."""
CLIPPED = 2.5
"""Distances are drawn in to this before their correlation is taken."""
KEPT = 0.8
"""The share of the learnt correlation; the rest is that of independent features (a ridge against few agencies)."""
THROUGH = 0.6
"""The share of the main items that a form gone through answers. A form may be sent after one tap (the overall question)
or before its end: what it leaves blank then tells how somebody uses the form, not how the agency's are filled in."""
ENOUGH = 5
"""Responses from which a mean or a variance of an agency is taken."""
HUBER, ROUNDS, FLOOR = 1.5, 15, 0.1
"""Huber's constant, steps of the regression, and what is added to squared errors as the weight of an agency."""
CLUSTERED = 1.3
CURVE = ((1.0, 2.0, 3.0, 4.0, 4.5, 5.0), (0.0, 0.5, 0.62, 0.55, 0.45, 0.0))
"""The usual spread of the answers within a response by their mean: a mean at either end leaves no room for any."""


def features(rows: PlaceRows) -> dict[str, Measured]:
    """Features of how the forms of each agency are filled in, among those gone through (`THROUGH`).

    Log odds: all main items answered; the block that is not for everybody left blank; any "do not know"; the same
    answer to everything; each question about the respondent skipped, and its first option taken. Means: the spread
    within a response beyond what its mean explains; the mean and the log variance of the log seconds a question.
    """
    main = rows.items[:, rows.main]
    through = np.asarray((main != 0).sum(axis=1) >= THROUGH * main.shape[1])
    complete = np.asarray((main > 0).all(axis=1))
    high, low = main.max(axis=1, initial=-1), main.min(axis=1, initial=9)

    def share(chosen: Flags) -> Measured:
        return rows.share(np.asarray(chosen & through), through)

    result = {
        "complete": share(complete),
        "do_not_know": share(np.asarray((main == -1).any(axis=1))),
        "straight_line": share(complete & (high == low)),
    }
    if not rows.main.all():
        result["block_blank"] = share(np.asarray((rows.items[:, ~rows.main] == 0).all(axis=1)))
    for k in range(rows.respondent.shape[1]):
        result[f"skipped_{k}"] = share(rows.respondent[:, k] == 0)
        result[f"first_{k}"] = share(rows.respondent[:, k] == 1)
    return result | {"spread": _within_spread(rows, main)} | _durations(rows, through)


def _within_spread(rows: PlaceRows, main: NDArray[np.int8]) -> Measured:
    given = main > 0
    number = given.sum(axis=1)
    value = np.where(given, main, 0).astype(np.float64)
    mean = value.sum(axis=1) / np.maximum(number, 1)
    spread = np.sqrt(np.maximum((value**2).sum(axis=1) / np.maximum(number, 1) - mean**2, 0))
    excess = spread - np.interp(mean, *CURVE)
    enough = number >= THROUGH * main.shape[1]
    return _mean(rows, enough, excess, 0.2)


def _durations(rows: PlaceRows, through: Flags) -> dict[str, Measured]:
    timed = through & np.isfinite(rows.duration) & (rows.duration > 0)
    asked = (rows.items != 0).sum(axis=1) + (rows.respondent != 0).sum(axis=1)
    logs = np.log(np.where(timed, rows.duration, 1.0) / np.maximum(asked, 1))
    mean, error = _mean(rows, timed, logs, 0.5)
    n = np.maximum(rows.count(timed), 2)
    variance = np.maximum(rows.total(timed, logs**2) / n - np.nan_to_num(mean) ** 2, 0.01)
    return {
        "duration": (mean, error),
        "duration_spread": (np.where(np.isfinite(mean), np.log(variance), np.nan), np.sqrt(2 / n)),
    }


def _mean(rows: PlaceRows, chosen: Flags, value: Floats, deviation: float) -> Measured:
    n = rows.count(chosen)
    mean = np.where(n >= ENOUGH, rows.total(chosen, value) / np.maximum(n, 1), np.nan)
    return mean, deviation / np.sqrt(np.maximum(n, 2))


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual of the features, learnt from all agencies."""

    #: centre and spread of each feature
    centres: dict[str, tuple[float, float]]
    #: (k, k) inverse of the shrunken correlation
    inverse: Floats

    @property
    def limit(self) -> float:
        """The limit of the distance: 8.0 for 17 features, for others as improbable by the chi-square distribution."""
        tail = special.chdtrc(FEATURES, LIMIT**2)
        return float(np.sqrt(special.chdtri(max(len(self.centres), 1), tail)))


def learn_features(measured: dict[str, Measured]) -> Usual:
    """Learn centre, spread and correlation of the features over the agencies."""
    centres = {name: centred(pair) for name, pair in measured.items()}
    z = np.clip(_distances(measured, centres), -CLIPPED, CLIPPED)
    spread = z.std(axis=0)
    standard = (z - z.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlation = standard.T @ standard / max(len(z), 1)
    np.fill_diagonal(correlation, 1.0)
    return Usual(centres, np.linalg.inv(KEPT * correlation + (1 - KEPT) * np.eye(len(centres))))


def unlike(measured: dict[str, Measured], usual: Usual) -> Floats:
    """Mahalanobis' distance of each agency's features from the usual, (A,)."""
    z = _distances(measured, usual.centres)
    return np.asarray(np.sqrt(np.einsum("ai,ij,aj->a", z, usual.inverse, z)))


def _distances(measured: dict[str, Measured], centres: dict[str, tuple[float, float]]) -> Floats:
    return np.stack([distance(measured[name], centre) for name, centre in centres.items()], axis=1)


@dataclass(frozen=True, eq=False)
class Shape:
    """The scores of each agency's persons: the ordinary ones, and how many stand at the ends."""

    #: (A,) mean of the middle half of the scores
    middle: Floats
    #: log odds of scores from 92, up to 55, and of 100
    ends: dict[str, Measured]


def shape(rows: PlaceRows) -> Shape:
    """The shape of the scores of each agency's persons."""
    agency, score = rows.agency[rows.scored], rows.score[rows.scored]
    order = np.lexsort((score, agency))
    agency, score = agency[order], score[order]
    size = np.bincount(agency, minlength=rows.agencies)
    rank = np.arange(len(agency)) - (np.cumsum(size) - size)[agency]
    inner = (rank >= size[agency] * 0.25) & (rank < size[agency] * 0.75)
    n = np.bincount(agency[inner], minlength=rows.agencies)
    total = np.bincount(agency[inner], weights=score[inner], minlength=rows.agencies)
    ends = {
        "high": rows.share(rows.score >= 92, rows.scored),
        "low": rows.share(rows.score <= 55, rows.scored),
        "highest": rows.share(rows.score == 100, rows.scored),
    }
    return Shape(np.where(n > 0, total / np.maximum(n, 1), np.nan), ends)


Line = tuple[Floats, tuple[float, float]]
"""Coefficients (3,) of 1, x and x², and centre and spread of what they leave over."""


def learn_shape(found: Shape) -> dict[str, Line]:
    """Learn the share at each end that goes with the middle's mean: Huber's regression over the agencies."""
    known = np.isfinite(found.middle)
    terms = _terms(found.middle)[known]
    result: dict[str, Line] = {}
    for name, (share, error) in found.ends.items():
        if known.sum() < FEATURES + 3:
            result[name] = (np.zeros(3), (np.nan, np.nan))
            continue
        y, s = share[known], error[known]
        weight = 1 / (s**2 + FLOOR)
        line: Floats = np.zeros(3)
        for _ in range(ROUNDS):
            root = np.sqrt(weight)
            line = np.asarray(np.linalg.lstsq(terms * root[:, None], y * root, rcond=None)[0], dtype=np.float64)
            left = y - terms @ line
            scale = max(1.4826 * float(np.median(np.abs(left))), 1e-9)
            weight = np.minimum(1, HUBER * scale / np.maximum(np.abs(left), 1e-9)) / (s**2 + FLOOR)
        result[name] = (line, robust_spread(y - terms @ line, s))
    return result


def misshapen(found: Shape, lines: dict[str, Line]) -> Floats:
    """The largest funnel z of the ends' shares beyond what the middle leads to expect, (A,); s² × 1.3."""
    terms = _terms(found.middle)
    values = [
        distance((found.ends[name][0] - terms @ line, found.ends[name][1] * np.sqrt(CLUSTERED)), centre)
        for name, (line, centre) in lines.items()
    ]
    return np.asarray(np.max(values, axis=0))


def _terms(middle: Floats) -> Floats:
    x = middle - 80
    return np.stack([np.ones(len(x)), x, x**2 / 10], axis=1)
