"""Differences with their standard errors: between rounds, between an agency and the rest of the province, between two.

Every comparison is a t test of a difference d = a - b: Var(d) = Var(a) + Var(b) - 2 Cov(a, b), df(d) = df(a) + df(b).
Rounds are independent samples; parts of one round lie in different strata, so that the covariance is 0 unless weights
are calibrated across them or they share clusters, and then it is computed. "The rest of the province" leaves the agency
out: a comparison with a whole that contains the part would count the part on both sides.

*Did the office change?* is a question about how it works, of which this period's transactions are themselves a sample
(Deming 1953, enumerative against analytic studies; Cochran 1977, 2.14). So tests leave the finite-population correction
out: with it, an office that did not change is called changed in 6 % of the pairs of rounds where a tenth was asked, in
67 % where 95 % were, and always in a census (`benchmarks/false_alarms.py`). The interval of a period's index keeps it.

*Families.* Whoever reads several tests together is told which belong together, and each has the p-value and interval
that hold for all of its family (`in_families`): an interval excludes 0 exactly where the verdict is a difference.

Sources: Cochran (1977), 2.14 and 5A.12 (domains in different strata); Deming (1953), "On the distinction between
enumerative and analytic surveys", JASA 48; Šidák (1967), JASA 62; Holm (1979); Benjamini & Hochberg (1995); Benjamini &
Yekutieli (2005), JASA 100, for the intervals that go with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from scoring._callable import make_callable
from scoring.estimate import Estimates, estimate, joint
from scoring.moments import Moments
from scoring.scheme import TOLERANCE, DataError, Figure, Scheme, nfc
from scoring.weights import Codes, Design

if TYPE_CHECKING:
    from scoring.scores import Scores

Floats = NDArray[np.float64]

STATUS = {
    "ok": "a difference with its test",
    "no_data": "one side has no figure: no difference",
    "no_test": "one side has no standard error: a difference without a test",
    "exact": "both sides are complete counts: the difference has no sampling error",
    "zero_variance": "all answers of one side agree: its error is bounded by its number of respondents",
    "other_items": "other questions stand behind the figure than before: neither a difference nor a test",
}
TEST_COLUMNS = ("diff", "se", "df", "t", "p", "lo", "hi", "status")
SIDE_COLUMNS = ("first", "second", "n_first", "n_second")
FAMILY_COLUMNS = ("family", "tests", "p_family", "lo_family", "hi_family", "verdict")
VERDICTS = ("above", "below", "same", "unknown")
"""What a test says at its family's level; `same`: the data cannot tell, `unknown`: there is no test."""
METHODS = ("sidak", "bh")
QUESTIONS = ("across", "within")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Changes between two rounds. Made by `compare`."""

    table: pd.DataFrame
    confidence: float

    def __repr__(self) -> str:
        found = self.table["verdict"].value_counts()
        verdicts = ", ".join(f"{int(found.get(word, 0))} {word}" for word in VERDICTS)
        return f"Comparison of {len(self.table)} figures at {100 * self.confidence:g} %: {verdicts}"

    def to_frame(self) -> pd.DataFrame:
        """One row a figure: the keys and what `changes` gives."""
        return self.table


def compare(now: Scores, before: Scores, *, question: str = "across", method: str = "sidak") -> Comparison:
    """The change of every figure between two rounds, tested in families: `changes` for results of `score`.

    `scoring.compare(now, before)` in a notebook. Raises `DataError` when the two have different keys.

    >>> from scoring import Item, Scheme, compare, score
    >>> scheme, school = Scheme((Item("q", "teaching"),)), ["A"] * 100 + ["B"] * 100
    >>> answers = [[5] * a + [1] * (100 - a) + [4] * 60 + [2] * 40 for a in (50, 80)]
    >>> before, now = (score(pd.DataFrame({"school": school, "q": q}), scheme, by=["school"]) for q in answers)
    >>> found = compare(now, before).to_frame().query("level == 'overall'").round(6)
    >>> found[["school", "diff", "tests", "verdict"]].to_numpy().tolist()
    [['', 15.0, 1, 'above'], ['A', 30.0, 2, 'above'], ['B', 0.0, 2, 'same']]
    """
    if now.by != before.by:
        raise DataError(f"the results have other keys: {', '.join(now.by)} and {', '.join(before.by)}")
    keys = [*(["agency", "service"] if len(now.by) == 1 else now.names()), "level", "key"]
    schemes, confidence = (now.scheme, before.scheme), now.rules.confidence
    table = changes(
        now.table, before.table, schemes=schemes, keys=keys, confidence=confidence, question=question, method=method
    )
    return Comparison(now.named(table), confidence)


def holm(p: ArrayLike) -> Floats:
    """p-values adjusted by Holm (1979): any below α at family-wise error α. Equals R's `p.adjust(p, "holm")`."""
    value = _p_values(p)
    order = np.argsort(value, kind="stable")
    stepped = np.maximum.accumulate(value[order] * np.arange(len(value), 0, -1))
    return np.asarray(np.minimum(stepped, 1.0)[np.argsort(order, kind="stable")])


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """p-values adjusted by Benjamini & Hochberg (1995): any below α at false discovery rate α."""
    value = _p_values(p)
    order = np.argsort(value, kind="stable")
    stepped = value[order] * (len(value) / np.arange(1, len(value) + 1))
    lowest = np.minimum.accumulate(stepped[::-1])[::-1]
    return np.asarray(np.minimum(lowest, 1.0)[np.argsort(order, kind="stable")])


def difference_tests(
    a: ArrayLike,
    b: ArrayLike,
    variance: ArrayLike,
    df: ArrayLike,
    *,
    exact: ArrayLike = False,
    zero: ArrayLike = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """`TEST_COLUMNS` for differences a - b, rows as given; what is not known is missing, never NaN arithmetic.

    `variance`, `df`: of the difference; NaN or df <= 0: no test. `exact`: both sides are censuses, so that a difference
    is real (p = 0) or surely none (p = 1). `zero`: marks rows whose variance was bounded (`zero_variance`). Unit:
    percentage points; a difference of at most `TOLERANCE` is 0.

    >>> difference_tests([80.0], [74.0], [9.0], [100])[["diff", "se", "p"]].round(3).to_numpy().tolist()
    [[6.0, 3.0, 0.048]]
    """
    first, second, var, free = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (a, b, variance, df))
    )
    diff = first - second
    diff = np.where(np.abs(diff) <= TOLERANCE, 0.0, diff)
    sure = np.broadcast_to(np.asarray(exact, dtype=bool), diff.shape) & np.isfinite(diff)
    tested = np.isfinite(diff) & np.isfinite(var) & (var > 0) & (free > 0) & ~sure
    se = np.where(tested, np.sqrt(np.where(tested, var, 1.0)), np.where(sure, 0.0, np.nan))
    degrees = np.where(tested, free, 1.0)
    t = np.where(tested, diff / np.where(tested, se, 1.0), np.nan)
    p = np.where(tested, 2 * special.stdtr(degrees, -np.abs(np.where(tested, t, 0.0))), np.nan)
    p = np.where(sure, np.where(diff == 0, 1.0, 0.0), p)
    margin = np.where(tested, special.stdtrit(degrees, (1 + confidence) / 2) * se, np.where(sure, 0.0, np.nan))
    status = np.full(diff.shape, "ok", dtype=object)
    status[np.broadcast_to(np.asarray(zero, dtype=bool), diff.shape)] = "zero_variance"
    status[~tested] = "no_test"
    status[sure] = "exact"
    status[~np.isfinite(diff)] = "no_data"
    numbers = {"diff": diff, "se": se, "df": np.where(tested, free, np.nan), "t": t, "p": p}
    numbers |= {"lo": diff - margin, "hi": diff + margin}
    return pd.DataFrame({name: _nullable(values) for name, values in numbers.items()} | {"status": status})


def changes(
    now: pd.DataFrame,
    before: pd.DataFrame,
    *,
    families: tuple[str, str] = ("", ""),
    schemes: tuple[Scheme, Scheme] | None = None,
    keys: Sequence[str] = ("agency", "service", "level", "key"),
    confidence: float = 0.95,
    fpc: bool = False,
    question: str = "across",
    method: str = "sidak",
) -> pd.DataFrame:
    """The change of every figure between two rounds, the rows of both score tables in the order of `now`.

    `now`, `before`: score tables made with `tests=True` (`scoring.table`); independent samples. `fpc` True: the
    former way, with the correction, from `se, df, lo, hi` alone. `families`: the questionnaire family of (now,
    before); when they differ each row warns `other_questionnaire`: then a change of the index may be a change of the
    questions. `schemes`: the questionnaires of (now, before); a figure that other items make than before is
    `other_items`, without difference or test, and warns `other_items`; figures of the same items are tested. Result:
    `keys`, `before`, `now`, `TEST_COLUMNS`, `FAMILY_COLUMNS`, `p_holm`, `p_bh`, `warnings`; families by `question` as
    in `family_names`, `method` as in `in_families`. Raises `DataError` for tables without errors for tests.
    """
    errors = ["se", "df", "lo", "hi"] if fpc else ["se_test", "df_test", "bounded"]
    missing = [name for table in (now, before) for name in errors if name not in table]
    if missing:
        raise DataError(f"the tables have no column {missing[0]!r}: make them with score_table(..., tests=True)")
    columns = [*keys, "index", "status", *errors]
    both = now[columns].merge(before[columns], on=list(keys), how="outer", suffixes=("_now", "_before"), sort=False)
    place = {key: i for i, key in enumerate(zip(*(now[k] for k in keys), strict=True))}
    order = [place.get(key, len(place)) for key in zip(*(both[k] for k in keys), strict=True)]
    both = both.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    read = _side if fpc else _process_side
    sides = {side: read(both, side, confidence) for side in ("now", "before")}
    (a, var_a, df_a, exact_a, zero_a), (b, var_b, df_b, exact_b, zero_b) = sides["now"], sides["before"]
    broken = _broken(both, schemes)
    tests = difference_tests(
        np.where(broken, np.nan, a), b, var_a + var_b, df_a + df_b,
        exact=exact_a & exact_b, zero=zero_a | zero_b, confidence=confidence,
    )  # fmt: skip
    tests["status"] = tests["status"].mask(broken & np.isfinite(a) & np.isfinite(b), "other_items")
    result = both[list(keys)].assign(before=_nullable(b), now=_nullable(a)).join(tests)
    family = family_names(result, question)
    result = in_families(result, family, method=method, confidence=confidence)
    result = adjust(result, ["family"])
    words = ["other_questionnaire"] if families[0] != families[1] else []
    return result.assign(warnings=[" ".join([*words, *(["other_items"] if gone else [])]) for gone in broken])


def changed_figures(now: Scheme, before: Scheme) -> frozenset[tuple[str, str]]:
    """The (level, key) of figures that other items make now than before, or that only one round has."""
    new, old = (
        {place: frozenset(scheme.codes[i] for i in items) for place, items in scheme.levels.items()}
        for scheme in (now, before)
    )
    return frozenset(place for place in {*new, *old} if new.get(place) != old.get(place))


def family_names(table: pd.DataFrame, question: str = "across") -> NDArray[np.object_]:
    """The name of each row's family of tests, (rows,): the tests that answer one question together.

    `across`: "which agencies (services) …?", the same level and key of all agencies; figures of the whole province
    are one family a level ("in which elements did the province …?"). `within`: "in which elements (items) …?", the
    keys of one level at one place. `table`: `level`, `key`, and, where there are any, `agency` and `service`. Raises
    `DataError` for another question.
    """
    if question not in QUESTIONS:
        raise DataError(f"question must be one of {', '.join(QUESTIONS)}, not {question!r}")
    empty = pd.Series("", index=table.index, dtype=object)
    agency, service = (table.get(name, empty).to_numpy(dtype=object) for name in ("agency", "service"))
    names = []
    for a, s, level, key in zip(agency, service, table["level"], table["key"], strict=True):
        if question == "within" or not (a or s):
            names.append(" / ".join(str(word) for word in (a or "province", s, level) if word))
        else:
            place = ("agencies", s) if a else ("services", "")
            names.append(" / ".join(str(word) for word in (*place, level, key) if word))
    return np.array(names, dtype=object)


def in_families(
    table: pd.DataFrame, family: ArrayLike, *, method: str = "sidak", confidence: float = 0.95
) -> pd.DataFrame:
    """The table of tests with `FAMILY_COLUMNS`: p-values and intervals that hold for a family, and verdicts.

    `table`: `diff, se, df, p` (percentage points). `family`: (rows,) names, `family_names`. `method`: `sidak`, every
    statement of the family is right at once with probability `confidence` (Šidák 1967: m intervals, each at
    confidence^(1/m); correlated tests only make it safer); `bh`, for screening many: of the differences stated, the
    expected share of false ones is at most 1 - confidence (Benjamini & Hochberg 1995), with the intervals at 1 - R (1
    - confidence)/m that go with R of m statements (Benjamini & Yekutieli 2005). Either way the interval excludes 0
    exactly where the verdict is `above` or `below`. Result: `family`, `tests` (m, those with a p-value), `p_family`,
    `lo_family`, `hi_family`, `verdict` (`VERDICTS`).

    >>> one = pd.DataFrame({"diff": [6.0, 6.0], "se": [2.9, 2.0], "df": [500, 500], "p": [0.039, 0.0028]})
    >>> in_families(one, ["a", "a"])["verdict"].tolist()
    ['same', 'above']
    """
    if method not in METHODS:
        raise DataError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    labels = np.asarray(family, dtype=object)
    diff, se, df, p = (table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("diff", "se", "df", "p"))
    tested = np.isfinite(p)
    tests, level, adjusted = np.zeros(len(table), dtype=np.int64), np.full(len(table), np.nan), np.full(len(p), np.nan)
    codes, names = pd.factorize(labels)
    for k in range(len(names)):
        members = np.flatnonzero((codes == k) & tested)
        tests[codes == k] = m = len(members)
        if not m:
            continue
        if method == "bh":
            adjusted[members] = benjamini_hochberg(p[members])
            found = int((adjusted[members] <= 1 - confidence).sum())
            level[members] = (1 - confidence) * max(found, 1) / m
        else:
            adjusted[members] = -np.expm1(m * np.log1p(-np.minimum(p[members], 1 - 1e-16)))
            level[members] = -np.expm1(np.log(confidence) / m)
    free = np.where(tested & np.isfinite(df), df, 1.0)
    quantile = special.stdtrit(free, 1 - np.where(tested, level, 1.0) / 2)
    margin = np.where(tested, np.where(se > 0, quantile * se, 0.0), np.nan)  # complete counts have no error
    lo, hi = diff - margin, diff + margin
    numbers = {"p_family": adjusted, "lo_family": lo, "hi_family": hi}
    return table.assign(
        family=labels,
        tests=tests,
        **{name: _nullable(values) for name, values in numbers.items()},
        verdict=np.select([~tested, lo > 0, hi < 0], ["unknown", "above", "below"], "same"),
    )


def adjust(table: pd.DataFrame, by: Sequence[str] = (), rows: ArrayLike | None = None) -> pd.DataFrame:
    """The table with `p_holm` and `p_bh`: adjusted within groups of `by`, over the rows of the mask `rows`.

    Rows outside the mask and rows without a p-value are in no family and have none.
    """
    inside = table["p"].notna().to_numpy() & (True if rows is None else np.asarray(rows, dtype=bool))
    at = np.flatnonzero(inside)
    p = table["p"].to_numpy(dtype=np.float64, na_value=np.nan)
    adjusted = np.full((2, len(table)), np.nan)
    groups = table.iloc[at].groupby(list(by), sort=False).indices.values() if by and len(at) else [np.arange(len(at))]
    for members in groups:
        family = at[members]
        adjusted[:, family] = holm(p[family]), benjamini_hochberg(p[family])
    return table.assign(p_holm=_nullable(adjusted[0]), p_bh=_nullable(adjusted[1]))


def against_rest(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    agency: str,
    *,
    fpc: bool = False,
    statistic: str = "top2",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """An agency against all others of the province that have a known N, one row a figure, see `contrast`."""
    domain = _and_rest(moments, design, nfc(agency))
    if not (domain == 0).any():
        raise DataError(f"there are no responses for agency {agency!r}")
    return contrast(moments, design, figures, domain, fpc=fpc, statistic=statistic, confidence=confidence)


def each_against_rest(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    *,
    fpc: bool = False,
    statistic: str = "top2",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """`against_rest` of every agency that has others to compare with, a column `agency` first; no rows where none has.

    Agencies are in the order of the cells, figures in that given.
    """
    pairs = {name: _and_rest(moments, design, name) for name in dict.fromkeys(moments.keys["agency"])}
    kept = {name: domain for name, domain in pairs.items() if (domain == 1).any()}
    if not kept:
        return pd.DataFrame(columns=["agency", "level", "key", *SIDE_COLUMNS, *TEST_COLUMNS])
    tests = contrasts(
        moments, design, figures, list(kept.values()), fpc=fpc, statistic=statistic, confidence=confidence
    )
    tests.insert(0, "agency", np.repeat(np.array(list(kept), dtype=object), len(figures)))
    return tests


def _and_rest(moments: Moments, design: Design, agency: str) -> Codes:
    """0 for an agency's cells (cells,), 1 for those of the others that have a known N, -1 for those that have none."""
    own = (moments.keys["agency"] == agency).to_numpy()
    known = np.ones(len(own), dtype=bool) if design.known is None else design.known
    return np.where(own, 0, np.where(known, 1, -1))


def between(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    first: str,
    second: str,
    *,
    fpc: bool = False,
    statistic: str = "top2",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Agency `first` against agency `second`, one row a figure, see `contrast`."""
    agency = moments.keys["agency"].to_numpy()
    first, second = nfc(first), nfc(second)
    for name in (first, second):
        if not (agency == name).any():
            raise DataError(f"there are no responses for agency {name!r}")
    domain = np.where(agency == first, 0, np.where(agency == second, 1, -1))
    return contrast(moments, design, figures, domain, fpc=fpc, statistic=statistic, confidence=confidence)


def contrast(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    domain: ArrayLike,
    *,
    fpc: bool = False,
    statistic: str = "top2",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Domain 0 less domain 1: `level, key, first, second, n_first, n_second`, `TEST_COLUMNS`; percentage points.

    `domain`: (cells,) 0, 1, or -1 for cells in neither. `fpc` True keeps the finite-population correction: right for
    "were this period's citizens more satisfied here than there?", wrong for "does this agency work better?".
    """
    return contrasts(moments, design, figures, [domain], fpc=fpc, statistic=statistic, confidence=confidence)


def contrasts(
    moments: Moments,
    design: Design,
    figures: Sequence[Figure],
    pairs: Sequence[ArrayLike],
    *,
    fpc: bool = False,
    statistic: str = "top2",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """`contrast` of several pairs of domains (each (cells,)), the figures of the first pair first."""
    used = design if fpc else without_correction(design)
    found = [_pair(moments, used, figures, np.asarray(one, dtype=np.intp), statistic, confidence) for one in pairs]
    values = {name: np.concatenate([one[name] for one in found], axis=-1) for name in found[0]}
    first, second = 100 * values["value"]
    tests = difference_tests(
        first,
        second,
        100**2 * values["variance"],
        values["df"],
        exact=values["exact"],
        zero=values["zero"],
        confidence=confidence,
    )
    sides = {"first": _nullable(first), "second": _nullable(second)}
    sides |= dict(zip(SIDE_COLUMNS[2:], values["n"], strict=True))
    places = {"level": [f.level for f in figures] * len(pairs), "key": [f.key for f in figures] * len(pairs)}
    return pd.DataFrame({**places, **sides, **tests})


def _pair(
    moments: Moments, design: Design, figures: Sequence[Figure], code: Codes, statistic: str, confidence: float
) -> dict[str, NDArray[Any]]:
    """What the tests of one pair of domains need: value and n (2, figures), the others (figures,), on 0..1."""
    if not all((code == k).any() for k in (0, 1)):
        raise DataError("a comparison needs responses on both sides")
    found = estimate(moments, design, figures, np.where(code <= 1, code, -1), statistic=statistic)
    variance, zero = bounded_variance(found, confidence)
    return {
        "value": found.value,
        "n": found.n,
        "variance": variance[0] + variance[1] - 2 * _covariances(moments, design, figures, code, statistic),
        "df": found.df[0] + found.df[1],
        "exact": (found.status == "census").all(axis=0),
        "zero": zero.any(axis=0),
    }


def bounded_variance(found: Estimates, confidence: float = 0.95) -> tuple[Floats, NDArray[np.bool_]]:
    """Variances (domains, figures) fit for comparing, NaN where unknown, and which ones are bounds.

    Where all answers agree the estimated variance 0 says only that other answers are rare: with n of them alike, their
    share lies below 1 - (α/2)^(1/n) (Clopper & Pearson 1934), which could move the index by at most that times its
    distance from the far end of the scale. That distance over the normal quantile stands in as standard error. Strata
    with a single unit have their allowance in (`Estimates.allowance`).
    """
    zero = found.status == "zero_variance"
    rare = 1 - ((1 - confidence) / 2) ** (1 / np.maximum(found.n_kish, 1.0))
    far = np.maximum(found.value, 1 - found.value)
    bound = (rare * far / special.ndtri((1 + confidence) / 2)) ** 2
    known = ~np.isin(found.status, ["no_data", "no_df"])
    return np.where(known, np.where(zero, bound, found.variance) + found.allowance, np.nan), zero


def without_correction(design: Design) -> Design:
    """The design without the finite-population correction: for questions about the process behind the period.

    Under `fail`, strata whose only transaction was asked are no reason to refuse; they follow `adjust`.
    """
    fail = design.lonely == "fail" and not design.is_lonely.any()
    return replace(design, fraction=np.zeros_like(design.fraction), lonely="adjust" if fail else design.lonely)


def _covariances(moments: Moments, design: Design, figures: Sequence[Figure], domain: Codes, statistic: str) -> Floats:
    """Cov(domain 0, domain 1) of each figure; computed only where the design ties the two."""
    ties = [(labels, domain) for labels in (design.stratum, design.unit) if labels is not None]
    if design.clusters is not None:
        ties.append((design.clusters.unit, domain[design.clusters.cell]))
    shared = [np.intersect1d(labels[side == 0], labels[side == 1]).size > 0 for labels, side in ties]
    result = np.zeros(len(figures))
    if not (design.adjustments or any(shared)):
        return result
    both = joint(moments, design, figures, domain, statistic=statistic)
    place = np.full((2, len(figures)), -1, dtype=np.intp)
    place[both.domain, both.figure] = np.arange(len(both.value))
    there = (place >= 0).all(axis=0)
    result[there] = both.covariance[place[0, there], place[1, there]]
    return result


def _broken(both: pd.DataFrame, schemes: tuple[Scheme, Scheme] | None) -> NDArray[np.bool_]:
    """The rows whose figure other items make in one round than in the other."""
    gone = changed_figures(*schemes) if schemes else frozenset()
    return np.array(
        [place in gone for place in zip(both["level"], both["key"], strict=True)] if gone else [False] * len(both)
    )


def _process_side(
    both: pd.DataFrame, side: str, _confidence: float
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """What `_side` does from the errors for tests: nothing is exact."""
    value, se, df = (
        both[f"{name}_{side}"].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("index", "se_test", "df_test")
    )
    zero = both[f"bounded_{side}"].fillna(False).to_numpy(dtype=np.bool_)
    return value, se**2, np.where(np.isfinite(df), df, 0.0), np.zeros(len(both), dtype=np.bool_), zero


def _side(
    both: pd.DataFrame, side: str, confidence: float
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Value, variance, df, census flag and zero-variance flag of one round's columns."""
    value, se, df, lo, hi = (
        both[f"{name}_{side}"].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("index", "se", "df", "lo", "hi")
    )
    status = both[f"status_{side}"].to_numpy(dtype=object)
    zero = (status == "zero_variance") | ((se == 0) & (status != "census"))
    reach = np.fmax(value - lo, hi - value) / special.ndtri((1 + confidence) / 2)
    variance = np.where(zero, np.where(reach > 0, reach**2, np.nan), se**2)
    exact = status == "census"
    return value, np.where(exact, 0.0, variance), np.where(np.isfinite(df), df, 0.0), exact, zero


def _p_values(p: ArrayLike) -> Floats:
    value = np.asarray(p, dtype=np.float64)
    if value.ndim != 1 or not ((value >= 0) & (value <= 1)).all():
        raise DataError("p-values must be one row of numbers in 0..1")
    return value


def _nullable(values: ArrayLike) -> pd.Series[float]:
    """Numbers as a column in which NaN is a missing value."""
    column = np.array(values, dtype=np.float64)
    return pd.Series(pd.arrays.FloatingArray(column, np.isnan(column)))


make_callable(__name__, compare)
