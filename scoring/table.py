"""Moments and transactions → the table of figures: every place × every level, nothing missing without a reason.

Places are all combinations of the `by` columns, each named or left empty (all of it): the province, every agency,
every service, every service of every agency. Figures are in percentage points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.clusters import ClusterSums, clustered
from scoring.disclosure import HIDDEN as HIDDEN
from scoring.disclosure import SUPPRESSED as SUPPRESSED
from scoring.disclosure import DisclosureRule, hide, protect_table
from scoring.estimate import Estimates, domains, estimate, joint, places, reach
from scoring.intervals import choose, interval, reliable
from scoring.moments import Moments
from scoring.pooling import Shown, pool
from scoring.scheme import DataError, Figure, Rules, Scheme, figures
from scoring.weights import Codes, Design, Floats, stratified

COLUMNS = (
    ("agency", "code of the deciding agency; empty: the whole province"),
    ("service", "code of the service; empty: all services"),
    ("level", "`overall`, `aspect`, `element` or `item`"),
    ("key", "code of the aspect, element or item; `all` for the overall index"),
    ("n", "respondents with at least one valid answer"),
    ("valid", "valid answers (1 to 5)"),
    ("c1", "answers “very dissatisfied”"),
    ("c2", "answers “dissatisfied”"),
    ("c3", "answers “neutral”"),
    ("c4", "answers “satisfied”"),
    ("c5", "answers “very satisfied”"),
    ("index", "the index, in percentage points, weighted by transactions"),
    ("se", "its standard error, in percentage points"),
    ("df", "degrees of freedom: respondents (or counter-days) less strata"),
    ("lo", "lower end of its interval, in percentage points"),
    ("hi", "upper end of its interval, in percentage points"),
    ("status", "`ok`, or why a figure or its interval is not there or is special, see docs/methodology.md"),
    ("n_eff", "effective answers: as many answers drawn at random would tell as much"),
    ("deff", "design effect: n over the effective answers"),
    ("coverage", "percent of the transactions that belong to strata with responses"),
    ("population", "transactions N of the place"),
    ("interval", "method of the interval"),
    ("warnings", "further words that hold for the figure, parted by spaces"),
)
"""Name and meaning of every column, in order. Further `by` columns follow `service`'s meaning, at the end."""

STATUS = {
    SUPPRESSED: "fewer respondents than `min_n`, or needed to keep such a figure from being worked out: not shown"
}
FIRST = ("agency", "service")
Place = tuple[str, ...]


def score_table(
    moments: Moments,
    scheme: Scheme,
    population: pd.DataFrame | None,
    rules: Rules | None = None,
    by: Sequence[str] = FIRST,
    strata: Sequence[str] = FIRST,
    *,
    design: Design | None = None,
    clusters: ClusterSums | None = None,
    beside: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row a figure, columns as `COLUMNS`.

    `population`: the strata's columns and `N`; None: every response counts the same. Places without responses but with
    transactions stand in the table as `no_data`. Figures of fewer than `rules.min_n` respondents are `suppressed`,
    with what would give them away (`scoring.disclosure`). Under `rules.pooling` what a total hides, or what no rows of
    the table explain, is one stratum of it (`scoring.pooling`), and those who rated nothing are nobody.

    `design`: of the cells of the moments, where more than N/n is known of them (raked weights); None: the stratified
    one. `clusters`: the same responses by counter and day, used when `rules.clusters` says so. `beside`: a table that
    readers have as well, whose hidden places decide about pooling in place of this one's; with it, `rules.min_n` may
    be 0 for a caller that hides rows itself. Raises `DataError` for columns, strata or a design that do not fit.
    """
    rules = rules or Rules()
    wanted = figures(scheme, rules)
    unknown = [name for name in (*by, *strata) if name not in moments.keys]
    if unknown:
        raise DataError(f"there is no key column {unknown[0]!r}; there are {', '.join(map(str, moments.keys))}")
    moments = moments.rated() if rules.pooling else moments
    design = _fitting(design, moments) or stratified(moments.keys, moments.n, population, rules, strata=strata)
    if clusters is not None and rules.clusters != "none":
        design = clustered(design, clusters, rules.min_n)
    ground = _Ground(moments, design, _Population.read(population, moments, strata), wanted, rules)
    every = [columns for size in range(len(by) + 1) for columns in combinations(by, size)]
    names = [*FIRST, *(name for name in by if name not in FIRST)]
    rule = DisclosureRule.of(rules)
    sizes = _joined([_sizes(ground, columns) for columns in every], names, wanted)
    hidden = protect_table(sizes, rule, by, scheme)
    shown = None
    if rules.pooling and (rules.min_n > 1 or beside is not None):
        shown = Shown.of(sizes, strata, hidden) if beside is None else Shown.of(beside, strata)
    parts = [_places(ground, columns, shown) for columns in every]
    return hide(_joined(parts, names, wanted), hidden, rule)


def _fitting(design: Design | None, moments: Moments) -> Design | None:
    """Return a design as it is; `DataError` when it is of other cells."""
    if design is None:
        return None
    if len(design.n) != len(moments.n) or not design.keys.equals(moments.keys):
        raise DataError("the design is of other cells than the moments")
    if (design.n != moments.n).any():
        raise DataError("the design has other respondents than the moments; make it of `moments.rated()`")
    return design


@dataclass(frozen=True, eq=False)
class _Population:
    """The transactions, row by row, read once for all kinds of places."""

    #: text of each column but N
    keys: dict[str, list[str]]
    #: (rows,) transactions
    count: Floats
    #: (rows,) whether the stratum (or, where services are not known, the agency) has responses
    answered: NDArray[np.bool_]

    @classmethod
    def read(cls, population: pd.DataFrame | None, moments: Moments, strata: Sequence[str]) -> _Population | None:
        """Return the transactions of the strata; None when there are none to read."""
        if population is None:
            return None
        keys = {str(name): population[name].astype(str).tolist() for name in population if name != "N"}
        there = moments.keys[moments.n > 0]
        found = set(_rows({name: there[name].astype(str).tolist() for name in strata}, strata, len(there)))
        loose: set[str] = set()
        if "agency" in strata and "service" in strata:
            loose = set(there.loc[there["service"] == "", "agency"])
        agencies = keys.get("agency", [""] * len(population))
        rows = _rows(keys, strata, len(population))
        answered = [row in found or a in loose for row, a in zip(rows, agencies, strict=True)]
        count = pd.to_numeric(population["N"]).to_numpy(dtype=np.float64)
        return cls(keys, count, np.array(answered, dtype=np.bool_))

    def rows(self, columns: Sequence[str]) -> list[Place]:
        """Return each row's place."""
        return _rows(self.keys, columns, len(self.count))


@dataclass(frozen=True, eq=False)
class _Ground:
    """What the figures of all places are made of."""

    moments: Moments
    design: Design
    population: _Population | None
    figures: Sequence[Figure]
    rules: Rules


@dataclass(frozen=True, eq=False)
class _Part:
    """The figures of one kind of places."""

    #: the columns that name a place, and each place by them
    columns: Sequence[str]
    places: list[Place]
    #: (places, figures) each, by column of the table
    figures: dict[str, NDArray[Any]]


def _domain(ground: _Ground, columns: Sequence[str]) -> tuple[Codes, list[Place]]:
    """Return each cell's place (-1: in none) and the places, those without responses at the end."""
    code, own = places(ground.moments.keys, columns)
    if "agency" not in columns and ground.design.known is not None:
        code = np.where(ground.design.known, code, -1)
    return code, _with_unanswered(own, ground, columns)


def _sizes(ground: _Ground, columns: Sequence[str]) -> _Part:
    """Return how many respondents every figure has at every place that the columns make: what hiding needs to know."""
    code, every = _domain(ground, columns)
    size, width = len(every), len(ground.figures)
    n = np.zeros((size, width), dtype=np.int64)
    used = (code >= 0) & (ground.design.weight > 0)
    np.add.at(n, code[used], reach(ground.moments, ground.figures)[used])
    lost = np.zeros(size, dtype=np.bool_)
    if ground.design.known is not None:
        lost[code[~ground.design.known & (code >= 0)]] = True
    words = np.where(lost, "no_population", "").astype(object)
    total, _ = _transactions(every, ground, columns)
    spread = {"warnings": words, "population": total}
    return _Part(columns, every, {"n": n} | {name: _across(column, width) for name, column in spread.items()})


def _places(ground: _Ground, columns: Sequence[str], shown: Shown | None) -> _Part:
    """Return the figures of every place that the columns make."""
    moments, rules = ground.moments, ground.rules
    code, every = _domain(ground, columns)
    design = ground.design if shown is None else pool(ground.design, shown, columns)
    found = estimate(moments, design, ground.figures, code, statistic=rules.statistic, renormalise=rules.renormalise)
    if "agency" not in columns and rules.rollup != "transactions":
        found = _rolled_up(found, ground, design, code, columns, shown)
    figures = _numbers(found, ground.figures, rules)
    # estimate() numbers domains up to the last that any cell is in; later ones have no cells at all
    left = len(every) - len(found.value)
    nothing = _nothing(left, len(ground.figures))
    figures = {name: np.concatenate([value, nothing[name]]) for name, value in figures.items()} if left else figures
    return _Part(columns, every, figures | _covered(figures, every, ground, columns))


def _joined(parts: Sequence[_Part], names: Sequence[str], wanted: Sequence[Figure]) -> pd.DataFrame:
    """Return the rows by place, figures in the order of the questionnaire within; `names`: the columns of places."""
    places = [
        tuple(place[part.columns.index(name)] if name in part.columns else "" for name in names)
        for part in parts
        for place in part.places
    ]
    order = sorted(range(len(places)), key=places.__getitem__)
    width = len(wanted)
    columns: dict[str, Any] = {
        name: pd.Series([places[k][i] for k in order for _ in range(width)], dtype=object)
        for i, name in enumerate(names)
    }
    columns["level"] = np.tile([figure.level for figure in wanted], len(places))
    columns["key"] = np.tile([figure.key for figure in wanted], len(places))
    for name in parts[0].figures:
        columns[name] = np.concatenate([part.figures[name] for part in parts])[order].ravel()
    extra = [name for name in names if name not in FIRST]
    return pd.DataFrame({name: columns[name] for name in [*(name for name, _ in COLUMNS if name in columns), *extra]})


def _with_unanswered(places: list[Place], ground: _Ground, columns: Sequence[str]) -> list[Place]:
    """Return the places with those added at the end that have transactions but no responses."""
    population = ground.population
    if population is None or not columns or not set(columns) <= set(population.keys):
        return places
    known = set(places)
    asked = {place for place, n in zip(population.rows(columns), population.count, strict=True) if n > 0}
    return places + sorted(place for place in asked - known if "" not in place)


def _rolled_up(
    found: Estimates, ground: _Ground, design: Design, code: Codes, columns: Sequence[str], shown: Shown | None
) -> Estimates:
    """Return figures wider than an agency as means of the agencies' figures, under `equal` and `given`.

    Agencies without the figure do not enter; the variance has their covariances (calibration can tie agencies). Those
    that are hidden beside the figure are one, with their shares together.
    """
    rules = ground.rules
    agency, labels = domains(design.keys, ["agency"])
    share = np.ones(len(labels))
    if rules.rollup == "given":
        share = np.array([float(rules.agency_weights.get(str(name), 0.0)) for name in labels["agency"]])
    rest = np.zeros(len(code), dtype=np.bool_) if shown is None else shown.hides(design, columns)
    value, variance, status = found.value.copy(), found.variance.copy(), found.status.copy()
    for d, k in np.ndindex(value.shape):
        inside = code == d
        place = np.where(inside, np.where(rest, len(labels), agency), -1)
        weights = np.append(share, share[np.unique(agency[inside & rest])].sum())
        parts = joint(
            ground.moments, design, [ground.figures[k]], place, statistic=rules.statistic, renormalise=rules.renormalise
        )  # fmt: skip
        weight = weights[parts.domain]
        if not weight.sum() > 0:
            value[d, k], variance[d, k], status[d, k] = np.nan, np.nan, "no_data"
            continue
        weight = weight / weight.sum()
        value[d, k], variance[d, k] = weight @ parts.value, weight @ parts.covariance @ weight
    return replace(found, value=value, variance=variance, status=status)


def _numbers(found: Estimates, wanted: Sequence[Figure], rules: Rules) -> dict[str, NDArray[Any]]:
    """Return the columns of the figures, (domains, figures) each."""
    value, variance = found.value, found.variance
    status = found.status.copy()
    census = status == "census"
    with np.errstate(invalid="ignore", divide="ignore"):
        n_eff = np.where(variance > 0, value * (1 - value) / variance, np.nan)
        deff = np.where(n_eff > 0, found.n / n_eff, np.nan)
    no_error = (status == "no_df") | (status == "no_data")
    se = np.where(no_error, np.nan, np.sqrt(variance))
    low, high, method = _intervals(found, wanted, se, census, rules)
    if rules.interval == "auto":
        enough, narrow = reliable(found.n, low, high, rules)
        few, wide = ~enough & ~census & ~no_error, enough & ~narrow & ~census & ~no_error
        status[few], status[wide] = "small_n", "wide"
        low, high = np.where(few | wide, np.nan, low), np.where(few | wide, np.nan, high)
    notes = np.array([" ".join(sorted(words)) for words in found.notes], dtype=object)
    return {
        "n": found.n,
        "valid": found.valid,
        **{f"c{k + 1}": found.counts[:, :, k] for k in range(5)},
        "index": 100 * value,
        "se": 100 * se,
        "df": found.df,
        "lo": 100 * low,
        "hi": 100 * high,
        "status": status,
        "n_eff": n_eff,
        "deff": deff,
        "interval": np.where(np.isnan(low) | census, "", np.array(method, dtype=object)),
        "warnings": np.repeat(notes[:, None], len(wanted), axis=1),
    }


def _intervals(
    found: Estimates, wanted: Sequence[Figure], se: Floats, census: NDArray[np.bool_], rules: Rules
) -> tuple[Floats, Floats, list[str]]:
    """Return both ends of each figure's interval on 0..1, and each figure's method."""
    low, high = np.full(found.value.shape, np.nan), np.full(found.value.shape, np.nan)
    automatic = rules.interval == "auto" or rules.statistic == "score"
    methods = [choose(rules.statistic, len(figure.parts)) if automatic else rules.interval for figure in wanted]
    for method in dict.fromkeys(methods):
        at = (slice(None), [k for k, name in enumerate(methods) if name == method])
        low[at], high[at] = interval(
            found.value[at],
            se[at],
            found.n[at],
            found.df[at],
            method,
            confidence=rules.confidence,
            n_kish=found.n_kish[at],
            answers=found.valid[at],
            census=census[at],
        )
    return low, high, methods


def _nothing(size: int, width: int) -> dict[str, NDArray[Any]]:
    """Return the columns of `size` places without responses."""
    shape = (size, width)
    none, zero, empty = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64), np.full(shape, "", dtype=object)
    return {
        **dict.fromkeys(("n", "valid", "c1", "c2", "c3", "c4", "c5", "df"), zero),
        **dict.fromkeys(("index", "se", "lo", "hi", "n_eff", "deff"), none),
        "status": np.full(shape, "no_data", dtype=object),
        "interval": empty,
        "warnings": empty,
    }


def _transactions(places: list[Place], ground: _Ground, columns: Sequence[str]) -> tuple[Floats, Floats]:
    """Return the transactions of each place, and those of them in strata with responses; NaN where unknown."""
    size, population = len(places), ground.population
    if population is None or not set(columns) <= set(population.keys):
        return np.full(size, np.nan), np.full(size, np.nan)
    number = {label: k for k, label in enumerate(places)}
    place = np.array([number.get(row, -1) for row in population.rows(columns)], dtype=np.intp)
    inside = place >= 0
    answered = inside & population.answered

    def total(rows: NDArray[np.bool_]) -> Floats:
        return np.bincount(place[rows], weights=population.count[rows], minlength=size).astype(np.float64)

    return total(inside), total(answered)


def _across(column: NDArray[Any], width: int) -> NDArray[Any]:
    """Return a column of places as (places, figures)."""
    return np.broadcast_to(column[:, None], (len(column), width))


def _covered(
    figures: dict[str, NDArray[Any]], places: list[Place], ground: _Ground, columns: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Return the transactions of each place, the share of them in strata with responses, and what warns of it."""
    total, reached = _transactions(places, ground, columns)
    share = np.divide(100 * reached, total, out=np.full(len(places), np.nan), where=total > 0)
    low = (share < 100 * ground.rules.min_coverage)[:, None] & (figures["status"] != "no_data")
    warnings = figures["warnings"]
    if low.any():
        warnings = warnings.copy()
        warnings[low] = [f"{words} low_coverage".strip() for words in warnings[low]]
    wide = {"population": total, "coverage": share}
    return {"warnings": warnings, **{name: _across(column, low.shape[1]) for name, column in wide.items()}}


def _rows(columns: Mapping[str, list[str]], names: Sequence[str], size: int) -> list[Place]:
    """Return each of `size` rows' values of the named columns."""
    return list(zip(*(columns[name] for name in names), strict=True)) if names else [()] * size
