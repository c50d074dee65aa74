"""A probability sample at the counter: its own index, its band, and how far wall codes select themselves.

Receipts go to a random 1 in k of transactions (`slip_numbers`), so that who is invited is chance; who answers is not
quite, and a band of some points says so. Answers by codes on the wall choose themselves altogether. The difference of
the two frames measures that choice where an agency has enough of both, and over the province where it has not.

Two frames are compared, not joined: a composite in the manner of Hartley (1962) would carry the wall's selection into
the sample. Sources: Hartley (1962), Multiple frame surveys; Lohr (2021), Sampling, ch. 14; Kish (1965) for bands of
bias beside errors of sampling; power of a difference: Cochran (1977), 4.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring.scheme import DataError

FEWEST: Final = 5
"""Answers that an agency needs in both frames to be compared by itself."""
BAND: Final = 4.0
"""Points by which those who got a receipt and answered may differ from all who got one."""
POWER: Final = 0.8

Floats = NDArray[np.float64]


def slip_numbers(every: int, tickets: int, seed: int) -> list[int]:
    """The ticket numbers of a week that get a receipt: of each `every` in a row one, drawn by the seed.

    Of the run that begins after ticket s it is s + 1 + SHA-256("seed:s") mod `every`, its first eight bytes read as a
    number, so that anyone who is told the seed afterwards can draw the sample again. Every ticket has the same chance
    1/`every`, also in the last run, of which only the part that there is counts.
    Raises `DataError` for a step or a number of tickets below 1.
    """
    if every < 1 or tickets < 1:
        raise DataError("a receipt goes to one of at least one ticket")
    numbers = (start + 1 + _drawn(f"{seed}:{start}") % every for start in range(0, tickets, every))
    return [number for number in numbers if number <= tickets]


def first_asked(every: int, day: str, seed: int) -> int:
    """The person who is asked first of those who leave on a day; then every `every`-th one after him or her.

    A systematic sample with a start by chance (Cochran 1977, 8): 1 + SHA-256("seed:day") mod `every`, its first eight
    bytes read as a number, `day` being written as 2026-03-02. Everyone has the same chance 1/`every`.
    Raises `DataError` for a step below 1.
    """
    if every < 1:
        raise DataError("one of at least one person is asked")
    return 1 + _drawn(f"{seed}:{day}") % every


def _drawn(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:8], "big")


@dataclass(frozen=True)
class FrameIndex:
    """Mean score of the people of one frame, in percent; NaN where there is nobody, no error for fewer than two."""

    n: int
    index: float
    se: float
    df: float
    lo: float
    hi: float


def frame_index(score: ArrayLike, cluster: ArrayLike, *, band: float = 0.0, confidence: float = 0.95) -> FrameIndex:
    """The index of a frame from people's scores, (n,) percent, and their clusters (counter and day), (n,) labels.

    With clusters c of sums of deviations e_c = sum (y - mean) the variance is m/(m - 1) sum e_c^2 / n^2 for m clusters
    (linearised mean), t with m - 1 degrees of freedom. `band` points are added on both sides, within 0..100.
    """
    y, of = np.asarray(score, dtype=np.float64), np.asarray(cluster)
    if y.shape != of.shape or y.ndim != 1:
        raise DataError("scores and clusters must have one length")
    n = len(y)
    if not n:
        return FrameIndex(0, *[np.nan] * 5)
    mean = float(y.mean())
    sums = np.bincount(np.unique(of, return_inverse=True)[1], weights=y - mean)
    m = len(sums)
    if m < 2:
        return FrameIndex(n, mean, np.nan, 0.0, np.nan, np.nan)
    se = float(np.sqrt(m / (m - 1) * (sums**2).sum()) / n)
    half = float(special.stdtrit(m - 1, (1 + confidence) / 2)) * se + band
    return FrameIndex(n, mean, se, m - 1.0, max(0.0, mean - half), min(100.0, mean + half))


@dataclass(frozen=True)
class Selection:
    """How far an index by wall codes lies from that of the sample, in points."""

    difference: float
    se: float
    lo: float
    hi: float
    p: float
    #: the smallest difference that would be seen with a chance of `POWER`
    seen_from: float
    #: agencies that it is made of
    agencies: int


def selection(wall: FrameIndex, sample: FrameIndex, *, confidence: float = 0.95) -> Selection | None:
    """How far one agency's wall codes lie from its sample; None with too few of either.

    Welch's (1947) degrees of freedom; it is seen from (t_{1-a/2} + t_POWER) se on.
    """
    if min(wall.n, sample.n) < FEWEST or not (wall.se >= 0 and sample.se >= 0):
        return None
    parts = np.array([wall.se, sample.se]) ** 2
    se = float(np.sqrt(parts.sum()))
    df = float(parts.sum() ** 2 / (parts**2 / [wall.df, sample.df]).sum()) if se else 1.0
    return _selection(wall.index - sample.index, se, df, 1, confidence)


def pooled_selection(
    wall: list[FrameIndex], sample: list[FrameIndex], transactions: ArrayLike, *, confidence: float = 0.95
) -> Selection | None:
    """How far wall codes lie from the sample over the province: the agencies' differences by their transactions.

    With w = N/sum N over the agencies that have `FEWEST` of both or, joined, some of both: d = sum w d_a, variance
    sum w^2 (s_wall^2 + s_sample^2). Agencies without an error of their own in a frame take the pooled variance of a
    person there. None where no agency has answers of both frames.
    """
    n_all = np.asarray(transactions, dtype=np.float64)
    both = np.array([w.n > 0 and s.n > 0 for w, s in zip(wall, sample, strict=True)]) & (n_all > 0)
    if not both.any():
        return None
    weight = n_all[both] / n_all[both].sum()
    difference = np.array([w.index - s.index for w, s in zip(wall, sample, strict=True)])[both]
    variance = sum(_variances(frame, both) for frame in (wall, sample))
    df = max(float(sum(one.n for k, one in enumerate(sample) if both[k])) - float(both.sum()), 1.0)
    return _selection(float(weight @ difference), float(np.sqrt(weight**2 @ variance)), df, int(both.sum()), confidence)


def _variances(frames: list[FrameIndex], chosen: NDArray[np.bool_]) -> Floats:
    n = np.array([one.n for one in frames], dtype=np.float64)[chosen]
    own = np.array([one.se for one in frames])[chosen] ** 2
    firm = np.isfinite(own) & (n >= FEWEST)
    person = float((own[firm] * n[firm] * n[firm]).sum() / n[firm].sum()) if firm.any() else 50.0**2
    return np.asarray(np.where(firm, own, person / np.maximum(n, 1)))


def _selection(difference: float, se: float, df: float, agencies: int, confidence: float) -> Selection:
    quantile = float(special.stdtrit(df, (1 + confidence) / 2))
    p = float(2 * special.stdtr(df, -abs(difference) / se)) if se else float(difference == 0)
    seen = (quantile + float(special.stdtrit(df, POWER))) * se
    return Selection(difference, se, difference - quantile * se, difference + quantile * se, p, seen, agencies)
