"""Ranks with the uncertainty they have: ranges that hold for all agencies at once, and groups the data cannot separate.

A rank is a function of all pairwise differences. We form confidence bounds for those differences that hold together
(the maximum of the studentised differences, Gaussian draws, stepdown) and count, for each agency, who is surely above
and who is surely below: agency i of p ranks within [1 + surely above, p - surely below]. With probability at least the
confidence, all true ranks lie in their ranges, ties included; ranges from bootstrapping the ranks themselves do not
have that property when agencies tie. "Which office works better?" is a question about the process, so `rank_agencies`
takes errors without the finite-population correction, as tests do (`scoring.compare`). Estimates that differ by no more
than `TOLERANCE` are equal.

Sources: Mogstad, Romano, Shaikh & Wilhelm (2023), "Inference for ranks with applications to mobility across
neighbourhoods and academic achievement across countries", Review of Economic Studies 91; Romano & Wolf (2005) for the
stepdown. Checked against the authors' R package csranks 1.3.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring._callable import make_callable
from scoring.scheme import LETTERS, TOLERANCE, DataError, Rules

if TYPE_CHECKING:
    from scoring.scores import Scores

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

DRAWS = 10_000
"""Gaussian draws behind a critical value: its Monte Carlo error is then about 0.01."""
FEWER_DRAWS, MANY = 2_000, 100
"""Draws for more than `MANY` estimates, where work grows with their square: the error is then about 0.02."""

RANKED, TOO_FEW, NO_ERROR = "ranked", "too_few", "no_standard_error"
ALONE = "alone"
"""Status that callers give to the one agency of a league: there is nobody to rank it among."""
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class RankRanges:
    """Ranks of p estimates, the highest being 1, in the order given."""

    #: (p,) 1 + how many estimates are higher; equal estimates share the better rank
    rank: Whole
    #: (p,) best and worst rank that the data allow
    low: Whole
    high: Whole
    #: (p, p) row is surely above column
    above: Flags

    def __repr__(self) -> str:
        return f"RankRanges of {len(self.rank)}, {int(self.above.sum())} pairs told apart"

    def may_be_best(self, k: int) -> Flags:
        """Which estimates may be among the k highest, (p,): the set holds the true ones at the confidence.

        Mogstad et al. (2023), 3.4: the k best are among those whose best rank is k at most. A fair list for awards.
        """
        return np.asarray(self.low <= k)

    def may_be_worst(self, k: int) -> Flags:
        """Which estimates may be among the k lowest, (p,): a fair list of who needs help."""
        return np.asarray(self.high > len(self.rank) - k)

    def to_frame(self) -> pd.DataFrame:
        """`rank, low, high`, one row an estimate in the order given."""
        return pd.DataFrame({"rank": self.rank, "low": self.low, "high": self.high})


@dataclass(frozen=True, eq=False)
class Ranking:
    """Agencies by rank. Made by `rank`."""

    table: pd.DataFrame
    confidence: float

    def __repr__(self) -> str:
        ranked = self.table[self.table["status"] == RANKED]
        if not len(ranked):
            return "Ranking of 0: none has enough respondents"
        first = ranked.iloc[0]
        text = f"{first.iloc[0]} first with {first['value']:.2f}, rank {first['low']}-{first['high']} at"
        size = f"{len(ranked)} ({len(self.table) - len(ranked)} without rank)"
        return f"Ranking of {size}: {text} {100 * self.confidence:g} %"

    def to_frame(self) -> pd.DataFrame:
        """One row an agency, the best first: see `rank_table`."""
        return self.table


def rank(scores: Scores, *, seed: int = 0, level: str = "overall", key: str = "all") -> Ranking:
    """The ranks of the first key's places with their ranges: `rank_agencies` for results of `score`.

    `scoring.ranks(scores)` in a notebook. `seed`: of the draws.

    >>> from scoring import Item, Scheme, ranks, score
    >>> answers = pd.DataFrame({"school": ["A"] * 99 + ["B"] * 99, "q": [5, 4, 4] * 33 + [5, 2, 1] * 33})
    >>> ranks(score(answers, Scheme((Item("q", "teaching"),)), by=["school"]))
    Ranking of 2 (0 without rank): A first with 100.00, rank 1-1 at 95 %
    """
    table = rank_agencies(scores.table, scores.rules, seed=seed, level=level, key=key)
    return Ranking(table.rename(columns={"agency": scores.by[0]}), scores.rules.confidence)


def rank_ranges(
    estimates: ArrayLike,
    covariance: ArrayLike,
    *,
    seed: int,
    confidence: float = 0.95,
    simultaneous: bool = True,
    stepdown: bool = True,
    draws: int | None = None,
) -> RankRanges:
    """Rank ranges that hold at `confidence` for all p estimates together, or each for itself.

    `estimates`: (p,). `covariance`: (p, p), or (p,) variances of independent estimates; any unit. `seed`: of the
    draws; take it from the round, so that looking again never alters a rank. `draws`: if not given, `DRAWS`, or
    `FEWER_DRAWS` for more than `MANY`. Two estimates without any error are above one another when they differ.
    Raises `DataError` for values that are not finite or a covariance of another shape.

    >>> rank_ranges([90.0, 80.0, 79.0], [1.0, 1.0, 1.0], seed=1).to_frame().to_numpy().tolist()
    [[1, 1, 1], [2, 2, 3], [3, 2, 3]]
    """
    field = _Field.draw(estimates, covariance, seed, draws)
    return _together(field, confidence, stepdown) if simultaneous else _each(field, confidence, stepdown)


@dataclass(frozen=True, eq=False)
class _Field:
    """Estimates, the highest first, with what is needed to tell them apart."""

    #: (p,) in the order given
    value: Floats
    #: (p,) position of the k-th highest
    order: NDArray[np.intp]
    #: (p, p) standard errors of the differences, the highest first, as all that follows
    scale: Floats
    #: (p, draws) Gaussian draws with mean 0 and the estimates' covariance
    deviates: Floats

    @classmethod
    def draw(cls, estimates: ArrayLike, covariance: ArrayLike, seed: int, draws: int | None) -> _Field:
        """The field of estimates as `rank_ranges` takes them."""
        value, sigma = _checked(estimates, covariance)
        draws = draws or (DRAWS if len(value) <= MANY else FEWER_DRAWS)
        # Drawing in the order of the values makes the order of the rows harmless.
        order = np.lexsort((np.diag(sigma), -value))
        s = sigma[np.ix_(order, order)]
        scale = np.sqrt(np.maximum(np.diag(s)[:, None] + np.diag(s)[None, :] - 2 * s, 0.0))
        return cls(value, order, scale, np.ascontiguousarray(_deviates(s, draws, seed).T))

    def ranges(self, low: Whole, high: Whole, above: Flags) -> RankRanges:
        """Ranges in the order the estimates were given."""
        back = np.argsort(self.order)
        return RankRanges(ranks(self.value), low[back], high[back], above[np.ix_(back, back)])


def _together(field: _Field, confidence: float, stepdown: bool) -> RankRanges:
    """Ranges that hold for all estimates together."""
    p = len(field.value)
    above = _surely_above(field, _pairs(p), confidence, stepdown)
    return field.ranges(1 + above.sum(axis=0), p - above.sum(axis=1), above)


def _each(field: _Field, confidence: float, stepdown: bool) -> RankRanges:
    """Ranges that hold for each estimate by itself."""
    p = len(field.value)
    above = np.zeros((p, p), dtype=np.bool_)
    low, high = np.ones(p, dtype=np.int64), np.full(p, p, dtype=np.int64)
    for i in range(p):
        found = _surely_above(field, _pairs(p, i), confidence, stepdown)
        low[i], high[i] = 1 + found[:, i].sum(), p - found[i].sum()
        above[i] = found[i]
    return field.ranges(low, high, above)


def ranks(estimates: ArrayLike) -> Whole:
    """1 + the number of higher estimates, (p,); a difference of at most `TOLERANCE` is none.

    >>> ranks([30.0, 30.000000000000004, 40.0]).tolist()
    [2, 2, 1]
    """
    value = np.asarray(estimates, dtype=np.float64)
    return np.asarray(1 + (value[None, :] > value[:, None] + TOLERANCE).sum(axis=1), dtype=np.int64)


def letters(estimates: ArrayLike, above: ArrayLike, alphabet: str = LETTERS["clear"]) -> list[str]:
    """A label for each estimate: estimates that share a letter are not separated by the data.

    A letter is a maximal run, in the order of the estimates, without a separated pair. An estimate far less precise
    than its neighbours may be inseparable from one with which it shares no letter; `above` has every pair.
    """
    value, over = np.asarray(estimates, dtype=np.float64), np.asarray(above, dtype=np.bool_)
    order = np.argsort(-value, kind="stable")
    apart = (over | over.T)[np.ix_(order, order)]
    labels = [""] * len(order)
    reached, count = 0, 0
    start = 0
    for stop in range(1, len(order) + 1):
        while apart[start:stop, stop - 1].any():
            start += 1
        grown = stop == len(order) or apart[start:stop, stop].any()
        if grown and stop > reached:
            for k in range(start, stop):
                labels[order[k]] += _letter(count, alphabet)
            reached, count = stop, count + 1
    return labels


def rank_table(
    names: Sequence[str],
    estimates: ArrayLike,
    covariance: ArrayLike,
    n: ArrayLike,
    *,
    seed: int,
    min_n: int = 30,
    confidence: float = 0.95,
    draws: int | None = None,
    few: ArrayLike = False,
    each: bool = True,
    alphabet: str = LETTERS["clear"],
) -> pd.DataFrame:
    """The agencies by rank: `agency, value, n, rank, low, high, own_low, own_high, group, status`.

    `low`..`high` hold for all agencies together, `own_low`..`own_high` each for itself; `group` as in `letters`.
    Agencies below `min_n` respondents (status `too_few`), or whose variance is unknown, NaN (`no_standard_error`), are
    at the end by name with rank and ranges missing; they take no part in the others' ranks. The order of the rows given
    never matters. `few`: (p,) further agencies that count as below `min_n`, by Kish's n for instance. `each` False:
    without `own_low` and `own_high` (missing then), which take three times as long as the others. `alphabet`: the
    letters that name groups.
    """
    by_name = np.argsort(np.asarray(list(names), dtype=object), kind="stable")
    frame = pd.DataFrame({"agency": list(names), "value": np.asarray(estimates, dtype=np.float64), "n": np.asarray(n)})
    sigma = np.asarray(covariance, dtype=np.float64)
    sigma = np.diag(sigma) if sigma.ndim == 1 else sigma
    known = np.isfinite(np.diag(sigma)) & np.isfinite(frame["value"].to_numpy())
    frame["status"] = np.where(
        (frame["n"] < min_n) | np.asarray(few, dtype=bool), TOO_FEW, np.where(known, RANKED, NO_ERROR)
    )
    at = by_name[(frame["status"] == RANKED).to_numpy()[by_name]]
    value, part = frame["value"].to_numpy()[at], sigma[np.ix_(at, at)]
    field = _Field.draw(value, part, seed, draws)
    joint = _together(field, confidence, stepdown=True)
    columns: dict[str, Whole | None] = {
        "rank": joint.rank, "low": joint.low, "high": joint.high, "own_low": None, "own_high": None,
    }  # fmt: skip
    if each:
        few = len(at) <= MANY  # for many without stepdown: a little wider, and several times as quick
        own = _each(field, confidence, stepdown=few)
        columns |= {"own_low": own.low, "own_high": own.high}
    for name, figures in columns.items():
        found = pd.Series(pd.NA, index=frame.index[at], dtype="Int64") if figures is None else figures
        frame[name] = pd.Series(found, index=frame.index[at]).reindex(frame.index).astype("Int64")
    groups = letters(value, joint.above, alphabet)
    frame["group"] = pd.Series(groups, index=frame.index[at], dtype=object).reindex(frame.index)
    frame["group"] = frame["group"].where(frame["group"].notna(), "")
    frame["value"] = frame["value"].astype("Float64").mask(frame["value"].isna())
    frame = frame.sort_values(["rank", "agency"], na_position="last", kind="stable", ignore_index=True)
    return frame[["agency", "value", "n", *columns, "group", "status"]]


def rank_agencies(
    table: pd.DataFrame,
    rules: Rules | None = None,
    *,
    seed: int,
    level: str = "overall",
    key: str = "all",
    fpc: bool = False,
    draws: int | None = None,
    each: bool = True,
) -> pd.DataFrame:
    """The agencies of a score table by rank, as `rank_table`; percentage points.

    `table`: made with `tests=True` (`scoring.table`), of which the agencies' own rows of one `level` and `key` count.
    `fpc` True: the former way, from the errors with the finite-population correction. Agencies are disjoint strata, so
    that their figures are independent; variances of shares are those of `steady_variance`. No rank below
    `rules.min_n_interval` respondents, or effective ones (status `small_n`). Raises `DataError` for a table without
    errors for tests. `each`: see `rank_table`.
    """
    rules = rules or Rules()
    if not fpc and "se_test" not in table:
        raise DataError("the table has no column 'se_test': make it with score_table(..., tests=True)")
    here = (table["agency"] != "") & (table["service"] == "") & (table["level"] == level) & (table["key"] == key)
    rows = table[here]
    columns = ("index", "se", "lo", "hi") if fpc else ("index", "se_test")
    index, se, *ends = (rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in columns)
    if fpc:  # where everyone answered alike the error 0 means nothing; the interval's reach stands in for it
        reach = np.fmax(index - ends[0], ends[1] - index) / special.ndtri((1 + rules.confidence) / 2)
        se = np.where((rows["status"] == "zero_variance").to_numpy(), reach, se)
    n, variance = rows["n"].fillna(0).to_numpy(dtype=np.int64), se**2
    few = (rows["status"] == "small_n").to_numpy() | (n < rules.min_n_interval)
    if rules.statistic != "score":
        # a bound is no estimate, and few respondents are no ground: neither lends to the common design effect
        bound = (rows["status"] == "zero_variance").to_numpy() if fpc else rows["bounded"].to_numpy(dtype=np.bool_)
        own = ~(bound | few)
        steady = steady_variance(index, np.where(own, variance, np.nan), n, scale=100, confidence=rules.confidence)
        variance = np.where(own, steady, variance)
    return rank_table(
        list(rows["agency"]), index, variance, n, seed=seed, min_n=rules.min_n_interval,
        confidence=rules.confidence, draws=draws, few=few, each=each, alphabet=LETTERS[rules.letters],
    )  # fmt: skip


def steady_variance(
    share: ArrayLike, variance: ArrayLike, n: ArrayLike, *, scale: float = 1.0, confidence: float = 0.95
) -> Floats:
    """Variances (p,) of shares fit for ranking many: an agency's own, or a smoothed one where that is larger.

    With 30 respondents and few of them dissatisfied, an estimated variance is often far too small by chance, and among
    many agencies some always are: joint coverage of 60 rank ranges fell to 88 % (benchmarks/coverage.py). The smoothed
    one takes the design effect from all agencies together (a generalised variance function: Wolter 2007, ch. 7) and the
    share drawn toward one half by z² answers (Agresti & Coull 1998). `share` and `variance` on 0..`scale`; `n`
    respondents. Variances that are 0 (a census) or NaN (unknown) stay as they are and lend nothing to the others.
    """
    p, var, size = (np.asarray(x, dtype=np.float64) for x in (share, variance, n))
    p, var = p / scale, var / scale**2
    used = np.isfinite(p) & (var > 0) & (size > 0)
    random = np.where(used, p * (1 - p) / np.maximum(size, 1), 0.0).sum()
    if not random:
        return np.asarray(var * scale**2)
    effective = np.maximum(size, 1) * random / var[used].sum()
    z2 = special.ndtri((1 + confidence) / 2) ** 2
    drawn = (effective * p + z2 / 2) / (effective + z2)
    smooth = drawn * (1 - drawn) / (effective + z2)
    return np.asarray(np.where(used, np.fmax(var, smooth), var) * scale**2)


def _checked(estimates: ArrayLike, covariance: ArrayLike) -> tuple[Floats, Floats]:
    value = np.asarray(estimates, dtype=np.float64)
    sigma = np.asarray(covariance, dtype=np.float64)
    sigma = np.diag(sigma) if sigma.ndim == 1 else sigma
    if value.ndim != 1 or sigma.shape != (len(value), len(value)):
        raise DataError(f"{value.shape} estimates need as many variances or a square covariance, not {sigma.shape}")
    if not (np.isfinite(value).all() and np.isfinite(sigma).all() and (np.diag(sigma) >= 0).all()):
        raise DataError("estimates and covariance must be finite, variances not negative")
    return value, sigma


def _deviates(sigma: Floats, draws: int, seed: int) -> Floats:
    """Gaussian draws with mean 0 and the given covariance, (draws, p); singular covariances are fine."""
    standard = np.random.default_rng(seed).standard_normal((draws, len(sigma)))
    if np.count_nonzero(sigma - np.diag(np.diag(sigma))) == 0:
        return np.asarray(standard * np.sqrt(np.diag(sigma)))
    values, vectors = np.linalg.eigh(sigma)
    return np.asarray(standard @ (vectors * np.sqrt(np.maximum(values, 0.0))).T)


def _pairs(p: int, only: int | None = None) -> Flags:
    """The ordered pairs (p, p) of interest: all, or those with one estimate."""
    wanted = np.full((p, p), only is None, dtype=np.bool_)
    if only is not None:
        wanted[only] = wanted[:, only] = True
    np.fill_diagonal(wanted, False)
    return wanted


def _surely_above(field: _Field, wanted: Flags, confidence: float, stepdown: bool) -> Flags:
    """The ordered pairs whose difference has a positive joint lower bound, (p, p)."""
    value, scale = field.value[field.order], field.scale
    difference = value[:, None] - value[None, :]
    difference = np.where(np.abs(difference) <= TOLERANCE, 0.0, difference)
    certain: Flags = wanted & (scale == 0)
    above: Flags = certain & (difference > 0)
    left: Flags = wanted & ~certain
    studentised = np.divide(difference, scale, out=np.zeros_like(difference), where=scale > 0)
    while left.any():
        found = left & (studentised > _critical(field.deviates, scale, left, confidence))
        above = above | found
        left = left & ~found
        if not (stepdown and found.any()):
            break
    return above


def _critical(deviates: Floats, scale: Floats, pairs: Flags, confidence: float) -> float:
    """The quantile of the largest studentised difference over ordered pairs; `deviates`: (p, draws)."""
    # Both directions of a pair share one studentised difference up to its sign; the busier estimate takes the pair.
    both, linked = pairs & pairs.T, pairs | pairs.T
    place = np.argsort(np.argsort(-linked.sum(axis=1), kind="stable"), kind="stable")
    either = linked & (place[:, None] < place[None, :])
    sign = np.where(pairs, 1.0, -1.0) / np.where(either, scale, 1.0)
    largest = np.full(deviates.shape[1], -np.inf)
    step = max(1, _BLOCK // len(deviates))
    for start in range(0, len(largest), step):
        z, best = deviates[:, start : start + step], largest[start : start + step]
        for i in np.flatnonzero(either.any(axis=1)):
            j = np.flatnonzero(either[i])
            t = z[i] - z[j]
            t *= sign[i, j][:, None]
            twice = both[i, j]
            if twice.all():
                np.abs(t, out=t)
            else:
                np.abs(t, out=t, where=twice[:, None])
            np.maximum(best, t.max(axis=0), out=best)
    return float(np.quantile(largest, confidence))


def _letter(k: int, alphabet: str) -> str:
    """A..Z, then A2..Z2 and so on, of the letters of an alphabet."""
    return alphabet[k % len(alphabet)] + (str(k // len(alphabet) + 1) if k >= len(alphabet) else "")


make_callable(__name__, rank)
