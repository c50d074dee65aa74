"""Moments and transactions → the table of figures: every place × every level, nothing missing without a reason.

Places are all combinations of the `by` columns, each named or left empty (all of it): the province, every agency,
every service, every service of every agency. Figures are in percentage points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.disclosure import HIDDEN as HIDDEN
from scoring.disclosure import SUPPRESSED as SUPPRESSED
from scoring.disclosure import DisclosureRule, suppress
from scoring.estimate import Estimates, domains, estimate, joint
from scoring.intervals import choose, interval, reliable
from scoring.moments import Moments
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
    ("df", "degrees of freedom: respondents less strata"),
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


def score_table(
    moments: Moments,
    scheme: Scheme,
    population: pd.DataFrame | None,
    rules: Rules | None = None,
    by: Sequence[str] = FIRST,
    strata: Sequence[str] = FIRST,
) -> pd.DataFrame:
    """Return one row a figure, columns as `COLUMNS`.

    `population`: the strata's columns and `N`; None: every response counts the same. Places without responses but with
    transactions stand in the table as `no_data`. Figures of fewer than `rules.min_n` respondents are `suppressed`,
    with what would give them away (`scoring.disclosure`). Raises `DataError` for columns or strata that do not fit.
    """
    rules = rules or Rules()
    wanted = figures(scheme, rules)
    unknown = [name for name in (*by, *strata) if name not in moments.keys]
    if unknown:
        raise DataError(f"there is no key column {unknown[0]!r}; there are {', '.join(map(str, moments.keys))}")
    design = stratified(moments.keys, moments.n, population, rules, strata=strata)
    every = [columns for size in range(len(by) + 1) for columns in combinations(by, size)]
    parts = [_places(moments, design, population, wanted, rules, columns, strata) for columns in every]
    table = pd.concat(parts, ignore_index=True)
    for name in (*FIRST, *by):
        table[name] = (table[name] if name in table else pd.Series("", index=table.index)).fillna("").astype(object)
    extra = [name for name in by if name not in FIRST]
    table = table[[name for name, _ in COLUMNS] + extra]
    table = _in_order(table, extra)
    return suppress(table, DisclosureRule.of(rules), by, scheme)


def _in_order(table: pd.DataFrame, extra: Sequence[str]) -> pd.DataFrame:
    """Return the rows by place, figures in the order of the questionnaire within."""
    return table.sort_values([*FIRST, *extra], kind="stable").reset_index(drop=True)


def _places(
    moments: Moments,
    design: Design,
    population: pd.DataFrame | None,
    wanted: Sequence[Figure],
    rules: Rules,
    columns: Sequence[str],
    strata: Sequence[str],
) -> pd.DataFrame:
    """Return the figures of every place that the columns make."""
    code, labels = domains(moments.keys, columns)
    wide = "agency" not in columns
    if wide and design.known is not None:
        code = np.where(design.known, code, -1)
    labels = _with_unanswered(labels, population, columns)
    found = estimate(moments, design, wanted, code, statistic=rules.statistic, renormalise=rules.renormalise)
    if wide and rules.rollup != "transactions":
        found = _rolled_up(found, moments, design, wanted, code, rules)
    size = len(found.value)
    frame = _frame(found, wanted, rules, size)
    left = len(labels) - size
    if left > 0:
        frame = pd.concat([frame, _nothing(wanted, left)], ignore_index=True)
    # estimate() numbers domains up to the last that any cell is in; later ones have no cells at all
    repeated = labels.loc[labels.index.repeat(len(wanted))].reset_index(drop=True)
    frame = pd.concat([repeated, frame.iloc[: len(repeated)].reset_index(drop=True)], axis=1)
    return _covered(frame, labels, moments, population, columns, strata, rules, len(wanted))


def _with_unanswered(labels: pd.DataFrame, population: pd.DataFrame | None, columns: Sequence[str]) -> pd.DataFrame:
    """Return the places with those added at the end that have transactions but no responses."""
    if population is None or not columns or not set(columns) <= set(population):
        return labels
    known = set(labels.itertuples(index=False, name=None))
    part = population.loc[pd.to_numeric(population["N"]) > 0, list(columns)].astype(str).drop_duplicates()
    rows = [row for row in part.itertuples(index=False, name=None) if row not in known and "" not in row]
    added = pd.DataFrame(sorted(rows), columns=list(columns), dtype=object)
    return pd.concat([labels, added], ignore_index=True) if rows else labels


def _rolled_up(
    found: Estimates, moments: Moments, design: Design, wanted: Sequence[Figure], code: Codes, rules: Rules
) -> Estimates:
    """Return figures wider than an agency as means of the agencies' figures, under `equal` and `given`.

    Agencies without the figure do not enter; the variance has their covariances (calibration can tie agencies).
    """
    agency, labels = domains(design.keys, ["agency"])
    share = np.ones(len(labels))
    if rules.rollup == "given":
        share = np.array([float(rules.agency_weights.get(str(name), 0.0)) for name in labels["agency"]])
    value, variance, status = found.value.copy(), found.variance.copy(), found.status.copy()
    for d, k in np.ndindex(value.shape):
        place = np.where(code == d, agency, -1)
        parts = joint(
            moments, design, [wanted[k]], place, statistic=rules.statistic, renormalise=rules.renormalise
        )  # fmt: skip
        weight = share[parts.domain]
        if not weight.sum() > 0:
            value[d, k], variance[d, k], status[d, k] = np.nan, np.nan, "no_data"
            continue
        weight = weight / weight.sum()
        value[d, k], variance[d, k] = weight @ parts.value, weight @ parts.covariance @ weight
    return replace(found, value=value, variance=variance, status=status)


def _frame(found: Estimates, wanted: Sequence[Figure], rules: Rules, size: int) -> pd.DataFrame:
    """Return the figures of `size` domains as rows, domain by domain."""
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
    notes = [" ".join(sorted(words)) for words in found.notes]
    columns = {
        "level": np.tile([figure.level for figure in wanted], size),
        "key": np.tile([figure.key for figure in wanted], size),
        "n": found.n.ravel(),
        "valid": found.valid.ravel(),
        **{f"c{k + 1}": found.counts[:, :, k].ravel() for k in range(5)},
        "index": 100 * value.ravel(),
        "se": 100 * se.ravel(),
        "df": found.df.ravel(),
        "lo": 100 * low.ravel(),
        "hi": 100 * high.ravel(),
        "status": status.ravel(),
        "n_eff": n_eff.ravel(),
        "deff": deff.ravel(),
        "interval": np.where(
            np.isnan(low) | census, "", np.broadcast_to(np.array(method, dtype=object), low.shape)
        ).ravel(),
        "warnings": np.repeat(np.array(notes, dtype=object), len(wanted)),
    }
    return pd.DataFrame(columns)


def _intervals(
    found: Estimates, wanted: Sequence[Figure], se: Floats, census: NDArray[np.bool_], rules: Rules
) -> tuple[Floats, Floats, list[str]]:
    """Return both ends of each figure's interval on 0..1, and each figure's method."""
    low, high = np.full(found.value.shape, np.nan), np.full(found.value.shape, np.nan)
    methods = []
    for k, figure in enumerate(wanted):
        automatic = choose(rules.statistic, len(figure.parts))
        method = automatic if rules.interval == "auto" or rules.statistic == "score" else rules.interval
        at = (slice(None), k)
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
        methods.append(method)
    return low, high, methods


def _nothing(wanted: Sequence[Figure], size: int) -> pd.DataFrame:
    """Return rows of `size` places without responses."""
    rows = len(wanted) * size
    none = np.full(rows, np.nan)
    counts = {name: np.zeros(rows, dtype=np.int64) for name in ("n", "valid", "c1", "c2", "c3", "c4", "c5", "df")}
    return pd.DataFrame(
        {
            "level": np.tile([figure.level for figure in wanted], size),
            "key": np.tile([figure.key for figure in wanted], size),
            **counts,
            **dict.fromkeys(("index", "se", "lo", "hi", "n_eff", "deff"), none),
            "status": np.full(rows, "no_data", dtype=object),
            "interval": np.full(rows, "", dtype=object),
            "warnings": np.full(rows, "", dtype=object),
        }
    )


def _covered(
    frame: pd.DataFrame,
    labels: pd.DataFrame,
    moments: Moments,
    population: pd.DataFrame | None,
    columns: Sequence[str],
    strata: Sequence[str],
    rules: Rules,
    width: int,
) -> pd.DataFrame:
    """Return the rows with the transactions of each place and the share of them in strata with responses."""
    total, share = np.full(len(labels), np.nan), np.full(len(labels), np.nan)
    if population is not None and set(columns) <= set(population):
        number = {label: k for k, label in enumerate(labels.itertuples(index=False, name=None))}
        if not columns:
            number = {(): 0}
        place = np.array([number.get(row, -1) for row in _rows(population, columns)], dtype=np.intp)
        count = pd.to_numeric(population["N"]).to_numpy(dtype=np.float64)
        inside = place >= 0
        total = np.bincount(place[inside], weights=count[inside], minlength=len(labels))
        answered = inside & _answered(moments, population, strata)
        reached = np.bincount(place[answered], weights=count[answered], minlength=len(labels))
        share = np.divide(100 * reached, total, out=np.full(len(labels), np.nan), where=total > 0)
    frame["population"] = np.repeat(total, width)
    frame["coverage"] = np.repeat(share, width)
    low = (frame["coverage"] < 100 * rules.min_coverage) & (frame["status"] != "no_data")
    frame["warnings"] = np.where(low, (frame["warnings"] + " low_coverage").str.strip(), frame["warnings"])
    return frame


def _rows(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    if not columns:
        return [()] * len(table)
    return list(zip(*(table[name].astype(str) for name in columns), strict=True))


def _answered(moments: Moments, population: pd.DataFrame, strata: Sequence[str]) -> NDArray[np.bool_]:
    """Return which rows of the population have responses in their stratum (or, without a service, in their agency)."""
    keys = moments.keys[moments.n > 0]
    there = set(_rows(keys, strata))
    rows = _rows(population, strata)
    loose: set[str] = set()
    if "agency" in strata and "service" in strata:
        loose = set(keys.loc[keys["service"] == "", "agency"])
    agencies = population["agency"].astype(str) if "agency" in population else pd.Series([""] * len(rows))
    return np.array([row in there or a in loose for row, a in zip(rows, agencies, strict=True)], dtype=np.bool_)
