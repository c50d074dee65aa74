"""Responses that deserve a second look. Flags are columns beside the data: nothing is deleted, excluding is a decision.

- `too_few_answers`: below the round's share of answered items (the validity rule).
- `straight_best`, `straight_worst`, `straight_middle`: one and the same answer to all of at least `min_items` items,
  told apart by the answer: the best of the scale, the worst, or one between. `straight_line` is any of the three. A
  line of "very satisfied" is what a satisfied citizen fills in, and leaving such lines out lowers the index by
  construction: they are told (`TOLD`), never left out of a figure "with and without" (`LEAVE_OUT`).
- `too_fast`: less than `seconds_per_item` for each answered item by the client's own clock; advisory.
- `burst`: one of so many responses of a counter within `window` that chance at the counter's own rate hardly explains
  it.
- `duplicate_text`: a comment that another response has, word for word.

Bursts, the null: given its N responses in the round, those of a counter fall independently and evenly over its opening
time (its days with responses × `day_hours`). The p-value of k responses in some window of share w of that time is the
scan statistic's approximation of Wallenstein & Neff (1987), (k/w - N - 1) b(k; N, w) + 2 P(X >= k) with X binomial
(N, w); exact for k > N/2 and w <= 1/2. Rush hours make windows fuller than the null does, so `alpha` is small and
shared by all counters (Bonferroni), and fewer than `min_burst` never count. Zhang & Conrad (2014) on speed and
straight-lining.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring.scheme import DataError

Flags = NDArray[np.bool_]
_DAY = 86_400_000_000_000  # nanoseconds
STRAIGHT = ("straight_best", "straight_worst", "straight_middle")
FLAGS = ("too_few_answers", *STRAIGHT, "too_fast", "burst", "duplicate_text")
LEAVE_OUT = ("too_fast", "burst")
"""Flags by which a figure "with and without" may leave responses out: they do not look at what was answered."""
TOLD = tuple(name for name in FLAGS if name not in LEAVE_OUT)
"""Flags that are told and counted, and leave nothing out."""


@dataclass(frozen=True)
class QualityRules:
    """Thresholds of the flags; stored with the round, printed with what they flag."""

    min_answered_share: float = 0.0
    min_items: int = 8
    seconds_per_item: float = 1.0
    #: minutes
    window: float = 10.0
    #: hours a counter is open on a day
    day_hours: float = 9.0
    alpha: float = 0.001
    min_burst: int = 5
    #: characters a comment needs for a repetition to be remarkable
    min_text: int = 20


def flags(
    answers: ArrayLike,
    *,
    duration_s: ArrayLike | None = None,
    counter: ArrayLike | None = None,
    submitted_at: ArrayLike | None = None,
    comment: ArrayLike | None = None,
    rules: QualityRules | None = None,
    levels: int = 5,
    counters: int | None = None,
) -> pd.DataFrame:
    """`FLAGS` as true/false columns, one row a response, `straight_line`, and `answered`, the share answered.

    `answers`: (n, items), 1..levels, 0 = no valid answer. Others are (n,) and optional: seconds (NaN unknown),
    counter codes ("" or None unknown), local times, comments. What is not known is not flagged. `counters`: see
    `bursts`.
    """
    rules = rules or QualityRules()
    table = np.asarray(answers)
    if table.ndim != 2:
        raise DataError(f"answers must be (n, items), not {table.shape}")
    given = (table > 0).sum(axis=1)
    share = given / max(table.shape[1], 1)
    line = straight_lines(table, min_items=rules.min_items, levels=levels)
    none = np.zeros(len(table), dtype=bool)
    fast = none
    if duration_s is not None:
        seconds = pd.to_numeric(pd.Series(np.asarray(duration_s)), errors="coerce").to_numpy(dtype=np.float64)
        fast = np.isfinite(seconds) & (given > 0) & (seconds < rules.seconds_per_item * given)
    burst = none if counter is None or submitted_at is None else bursts(counter, submitted_at, rules, counters)
    columns = {
        "answered": share,
        "too_few_answers": (given == 0) | (share < rules.min_answered_share),
        **{f"straight_{kind}": line == kind for kind in ("best", "worst", "middle")},
        "straight_line": line != "",
        "too_fast": fast,
        "burst": burst,
        "duplicate_text": none if comment is None else duplicate_text(comment, rules.min_text),
    }
    return pd.DataFrame(columns)


def straight_lines(answers: ArrayLike, *, min_items: int = 8, levels: int = 5) -> NDArray[np.object_]:
    """`best`, `worst` or `middle` for straight lines, "" for other responses, (n,).

    `answers`: (n, items), 1..levels, 0 = no valid answer. `middle` is any one answer between the worst and the best.

    >>> straight_lines([[5, 5, 0, 5], [1, 1, 1, 1], [4, 4, 4, 4], [4, 5, 4, 4]], min_items=3).tolist()
    ['best', 'worst', 'middle', '']
    """
    table = np.asarray(answers)
    high, low = table.max(axis=1, initial=0), np.where(table > 0, table, levels + 1).min(axis=1, initial=levels + 1)
    line = ((table > 0).sum(axis=1) >= max(min_items, 1)) & (high == low)
    kind = np.select([~line, high == levels, high == 1], ["", "best", "worst"], "middle")
    return np.asarray(kind, dtype=object)


def suspicious(table: pd.DataFrame, reasons: Collection[str] = LEAVE_OUT) -> Flags:
    """Which responses (n,) a figure "without" leaves out: those with one of `reasons`.

    `table`: of `flags`. Raises `DataError` for a reason that looks at what was answered (`TOLD`).
    """
    wrong = sorted(set(reasons) - set(LEAVE_OUT))
    if wrong:
        raise DataError(f"{wrong[0]!r} is no reason to leave a response out; reasons are {', '.join(LEAVE_OUT)}")
    return np.asarray(table[list(reasons)].any(axis=1), dtype=np.bool_)


def scan_p_value(k: int, n: int, share: float) -> float:
    """P(some window of `share` of the time holds k or more of n even, independent events); see the module."""
    if k <= 1:
        return 1.0 if n >= k else 0.0
    if k > n:
        return 0.0
    if not 0 < share < 1:
        return 1.0
    # As scipy.stats.binom, whose import alone takes longer than to look a province's year through.
    lower = np.arange(k)
    point = np.exp(np.log((n - lower) / (lower + 1) * share).sum() + (n - k) * np.log1p(-share))
    tail = special.betainc(k, n - k + 1, share)
    return float(np.clip((k / share - n - 1) * point + 2 * tail, 0.0, 1.0))


def bursts(
    counter: ArrayLike, submitted_at: ArrayLike, rules: QualityRules | None = None, counters: int | None = None
) -> Flags:
    """Which responses (n,) lie in a window fuller than their counter's own rate explains.

    `counters`: how many share `alpha`, where these are the responses of some of them; else those that are named here.
    """
    rules = rules or QualityRules()
    place, time = np.asarray(counter, dtype=object), pd.to_datetime(pd.Series(submitted_at))
    rows = np.flatnonzero(~pd.isna(place) & (place != "") & time.notna().to_numpy())
    moment = time.astype("datetime64[ns]").to_numpy()[rows].astype(np.int64)
    codes, names = pd.factorize(place[rows])
    order = np.argsort(codes, kind="stable")
    result = np.zeros(len(place), dtype=bool)
    for members in np.split(order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1]):
        days = len(np.unique(moment[members] // _DAY))
        share = rules.window / (60 * rules.day_hours * max(days, 1))
        result[rows[members]] = _in_full_window(moment[members] / 60e9, share, rules, counters or len(names))
    return result


def duplicate_text(comment: ArrayLike, min_text: int = 20) -> Flags:
    """Which comments (n,) of at least `min_text` characters occur more than once, case and spacing aside."""
    texts = pd.Series([_plain(text) for text in np.asarray(comment, dtype=object)], dtype=object)
    return np.asarray((texts.str.len() >= min_text) & texts.duplicated(keep=False), dtype=np.bool_)


def sensitivity(every: pd.DataFrame, unflagged: pd.DataFrame) -> pd.DataFrame:
    """What excluding flagged responses would change, one row a figure of `every`.

    Both are score tables of the same round, with all responses and without the flagged. Columns: the keys, `n`,
    `n_left`, `index`, `index_left`, `change` (points). No test: the two share most responses.
    """
    keys = ["agency", "service", "level", "key"]
    both = every[[*keys, "n", "index"]].merge(
        unflagged[[*keys, "n", "index"]], on=keys, how="left", suffixes=("", "_left"), sort=False
    )
    for name in ("index", "index_left"):
        both[name] = pd.to_numeric(both[name]).astype("Float64")
        both[name] = both[name].mask(both[name].to_numpy(dtype=float, na_value=np.nan) != both[name])
    for name in ("n", "n_left"):
        both[name] = both[name].astype("Int64")
    both["n_left"] = both["n_left"].fillna(0)
    return both[[*keys, "n", "n_left", "index", "index_left"]].assign(change=both["index_left"] - both["index"])


def _in_full_window(minutes: NDArray[np.float64], share: float, rules: QualityRules, counters: int) -> Flags:
    """Which events lie in a window of `rules.window` minutes that is too full."""
    order = np.argsort(minutes, kind="stable")
    time, n = minutes[order], len(minutes)
    limit = rules.min_burst
    while limit <= n and scan_p_value(limit, n, share) >= rules.alpha / counters:
        limit += 1
    last = np.searchsorted(time, time + rules.window, side="right")
    full = np.flatnonzero(last - np.arange(n) >= limit)
    edge = np.zeros(n + 1, dtype=np.int64)
    np.add.at(edge, full, 1)
    np.add.at(edge, last[full], -1)
    result = np.zeros(n, dtype=bool)
    result[order] = np.cumsum(edge)[:n] > 0
    return result


def _plain(text: object) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split()) if isinstance(text, str) else ""
