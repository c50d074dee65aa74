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
from scoring.compare import bounded_variance, without_correction
from scoring.disclosure import HIDDEN as HIDDEN
from scoring.disclosure import SUPPRESSED as SUPPRESSED
from scoring.disclosure import DisclosureRule, hide, protect_places, protect_table
from scoring.estimate import Estimates, Joint, domains, estimate, estimates, joint, places, reach
from scoring.intervals import choose, computed, interval, reliable
from scoring.moments import Moments
from scoring.pooling import Shown, pool
from scoring.scheme import DataError, Figure, Rules, Scheme, figures, nfc
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
    ("n_eff", "effective answers: as many answers drawn at random would tell as much; valid over deff"),
    ("deff", "Kish's design effect: the variance over that of as many answers drawn at random"),
    ("deff_plan", "the planner's factor: respondents for one effective answer"),
    ("coverage", "percent of the transactions that belong to strata with responses"),
    ("population", "transactions N of the place"),
    ("interval", "method of the interval"),
    ("warnings", "further words that hold for the figure, parted by spaces"),
)
"""Name and meaning of every column, in order. Further `by` columns follow `service`'s meaning, at the end."""

TEST_ERRORS = (
    (
        "se_test",
        "standard error for tests, in percentage points: no finite-population correction, bounded where needed",
    ),
    ("df_test", "its degrees of freedom"),
    ("bounded", "true where answers do not differ, so that `se_test` is a bound"),
)
"""Further columns of `score_table(..., tests=True)`, which `scoring.compare.changes` and `scoring.ranks` read."""

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
    least: int | None = None,
    beside: pd.DataFrame | None = None,
    tests: bool = False,
    without_service: str | None = None,
) -> pd.DataFrame:
    """One row a figure, columns as `COLUMNS`; with `tests` also `TEST_ERRORS`, for comparisons.

    `population`: the strata's columns and `N`; None: every response counts the same. Places without responses but with
    transactions stand in the table as `no_data`. Figures of fewer than `rules.min_n` respondents are `suppressed`,
    with what would give them away (`scoring.disclosure`). Under `rules.pooling` what a total hides, or what no rows of
    the table explain, is one stratum of it (`scoring.pooling`); with it or `clusters`, who rated nothing is nobody.

    `design`: of the cells of the moments, where more than N/n is known of them (raked weights); None: the stratified
    one. `clusters`: the same responses by counter and day, used when `rules.clusters` says so; `least`: people a
    cluster has at least, see `scoring.clusters.join_days` (None: `rules.min_n`). `beside`: a table that readers have
    as well, whose hidden places decide about pooling in place of this one's; with it, `rules.min_n` may be 0 for a
    caller that hides rows itself. `without_service`: see `scoring.weights.stratified`. Raises `DataError`
    for columns, strata or a design that do not fit.
    """
    rules = rules or Rules()
    wanted = figures(scheme, rules)
    unknown = [name for name in (*by, *strata) if name not in moments.keys]
    if unknown:
        raise DataError(f"there is no key column {unknown[0]!r}; there are {', '.join(map(str, moments.keys))}")
    by_day = clusters is not None and rules.clusters != "none"
    moments = moments.rated() if rules.pooling or by_day else moments
    design = _fitting(design, moments) or stratified(
        moments.keys, moments.n, population, rules, strata=strata, without_service=without_service
    )
    if clusters is not None and by_day:
        design = clustered(design, clusters, rules.min_n if least is None else least)
    ground = _Ground(moments, design, _Population.read(population, moments, strata, design), wanted, rules, tests)
    every = [columns for size in range(len(by) + 1) for columns in combinations(by, size)]
    names = [*FIRST, *(name for name in by if name not in FIRST)]
    rule = DisclosureRule.of(rules)
    sizes = [_sizes(ground, columns) for columns in every]
    hidden = _hidden(sizes, names, by, rule, wanted, scheme)
    shown = None
    if rules.pooling and (rules.min_n > 1 or beside is not None):
        shown = Shown.of(beside, strata) if beside is not None else _shown(sizes, names, strata, hidden, wanted)
    parts = [_places(ground, columns, shown) for columns in every]
    return _hide_test_errors(hide(_joined(parts, names, wanted), hidden, rule))


def _hidden(
    sizes: Sequence[_Part],
    names: Sequence[str],
    by: Sequence[str],
    rule: DisclosureRule,
    wanted: Sequence[Figure],
    scheme: Scheme,
) -> NDArray[np.bool_]:
    """Which rows of the table must be hidden, see `scoring.disclosure.protect_table`."""
    if not rule.whole:
        return protect_table(_joined(sizes, names, wanted), rule, by, scheme)
    places, order = _in_order(sizes, names)
    n, words, population = (
        np.concatenate([part.figures[name] for part in sizes])[order] for name in ("n", "warnings", "population")
    )
    keys = pd.DataFrame(places, columns=list(names), dtype=object)[list(by)]
    alone = np.asarray(words[:, 0] == "no_population", dtype=np.bool_)
    gone = protect_places(keys, n, rule, alone=alone, population=population[:, 0].astype(np.float64))
    return np.repeat(gone, len(wanted))


def _shown(
    sizes: Sequence[_Part],
    names: Sequence[str],
    strata: Sequence[str],
    hidden: NDArray[np.bool_],
    wanted: Sequence[Figure],
) -> Shown:
    """What readers see of the strata when these rows of the table are hidden."""
    overall = [figure.level for figure in wanted].index("overall")
    places, _ = _in_order(sizes, names)
    rows = pd.DataFrame(places, columns=list(names), dtype=object).assign(level="overall")
    return Shown.of(rows, strata, hidden.reshape(len(places), len(wanted))[:, overall])


def _fitting(design: Design | None, moments: Moments) -> Design | None:
    """A design as it is; `DataError` when it is of other cells."""
    if design is None:
        return None
    if len(design.n) != len(moments.n) or not design.keys.equals(moments.keys):
        raise DataError("the design is of other cells than the moments")
    if (design.n != moments.n).any():
        raise DataError("the design has other respondents than the moments; make it of `moments.rated()`")
    return design


def _hide_test_errors(table: pd.DataFrame) -> pd.DataFrame:
    """The table without the errors for tests of figures that are not shown."""
    hidden = table["status"] == SUPPRESSED
    for name in ("se_test", "df_test"):
        if name in table:
            table[name] = table[name].mask(hidden)
    return table.assign(bounded=table["bounded"] & ~hidden) if "bounded" in table else table


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
    def read(
        cls, population: pd.DataFrame | None, moments: Moments, strata: Sequence[str], design: Design
    ) -> _Population | None:
        """The transactions of the strata; None when there are none to read."""
        if population is None:
            return None
        keys = {str(name): [nfc(x) for x in population[name].astype(str)] for name in population if name != "N"}
        there = moments.keys[moments.n > 0]
        found = set(_rows({name: there[name].astype(str).tolist() for name in strata}, strata, len(there)))
        loose: set[str] = set()
        if "agency" in strata and "service" in strata:
            spread = np.array(["service_spread" in words for words in design.notes], dtype=bool)[moments.n > 0]
            loose = set(there.loc[(there["service"] == "").to_numpy() & ~spread, "agency"])
        agencies = keys.get("agency", [""] * len(population))
        rows = _rows(keys, strata, len(population))
        answered = [row in found or a in loose for row, a in zip(rows, agencies, strict=True)]
        count = pd.to_numeric(population["N"]).to_numpy(dtype=np.float64)
        return cls(keys, count, np.array(answered, dtype=np.bool_))

    def rows(self, columns: Sequence[str]) -> list[Place]:
        """Each row's place."""
        return _rows(self.keys, columns, len(self.count))


@dataclass(frozen=True, eq=False)
class _Ground:
    """What the figures of all places are made of."""

    moments: Moments
    design: Design
    population: _Population | None
    figures: Sequence[Figure]
    rules: Rules
    #: whether errors for tests are wanted as well
    tests: bool


@dataclass(frozen=True, eq=False)
class _Part:
    """The figures of one kind of places."""

    #: the columns that name a place, and each place by them
    columns: Sequence[str]
    places: list[Place]
    #: (places, figures) each, by column of the table
    figures: dict[str, NDArray[Any]]


def _domain(ground: _Ground, columns: Sequence[str]) -> tuple[Codes, list[Place]]:
    """Each cell's place (-1: in none) and the places, those without responses at the end."""
    code, own = places(ground.moments.keys, columns)
    if "agency" not in columns and ground.design.known is not None:
        code = np.where(ground.design.known, code, -1)
    return code, _with_unanswered(own, ground, columns)


def _sizes(ground: _Ground, columns: Sequence[str]) -> _Part:
    """How many respondents every figure has at every place that the columns make: what hiding needs to know."""
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
    """The figures of every place that the columns make."""
    moments, rules = ground.moments, ground.rules
    code, every = _domain(ground, columns)
    design = ground.design if shown is None else pool(ground.design, shown, columns)
    designs = (design, without_correction(design)) if ground.tests else (design,)
    found, *of_tests = _estimated(ground, designs, code, columns, shown)
    figures = _numbers(found, ground.figures, rules)
    for one in of_tests:
        figures |= _test_errors(one, rules)
    # estimate() numbers domains up to the last that any cell is in; later ones have no cells at all
    left = len(every) - len(found.value)
    nothing = _nothing(left, len(ground.figures), moments.scheme.scale.levels)
    figures = {name: np.concatenate([value, nothing[name]]) for name, value in figures.items()} if left else figures
    return _Part(columns, every, figures | _covered(figures, every, ground, columns))


def _in_order(parts: Sequence[_Part], names: Sequence[str]) -> tuple[list[Place], list[int]]:
    """All places by the columns `names`, sorted, and which of the parts' one after another each is."""
    places = [
        tuple(place[part.columns.index(name)] if name in part.columns else "" for name in names)
        for part in parts
        for place in part.places
    ]
    order = sorted(range(len(places)), key=places.__getitem__)
    return [places[k] for k in order], order


def _joined(parts: Sequence[_Part], names: Sequence[str], wanted: Sequence[Figure]) -> pd.DataFrame:
    """The rows by place, figures in the order of the questionnaire within; `names`: the columns of places."""
    places, order = _in_order(parts, names)
    width = len(wanted)
    columns: dict[str, Any] = {
        name: pd.Series([text for text in texts for _ in range(width)], dtype=object)
        for name, texts in zip(names, zip(*places, strict=True), strict=True)
    }
    again = np.tile(np.arange(width), len(places))
    for name in ("level", "key"):
        columns[name] = pd.array([getattr(figure, name) for figure in wanted], dtype="str").take(again)
    for name in parts[0].figures:
        columns[name] = np.concatenate([part.figures[name] for part in parts])[order].ravel()
    known = [name for name, _ in COLUMNS]
    levels = [name for name in parts[0].figures if name[0] == "c" and name[1:].isdigit()]
    at = known.index("c1")
    wanted_names = [name for name in (*known[:at], *levels, *known[at + 5 :]) if name in columns]
    extra = [name for name in names if name not in FIRST]
    tests = [name for name, _ in TEST_ERRORS if name in columns]
    return pd.DataFrame({name: columns[name] for name in [*wanted_names, *extra, *tests]})


def _with_unanswered(places: list[Place], ground: _Ground, columns: Sequence[str]) -> list[Place]:
    """The places with those added at the end that have transactions but no responses."""
    population = ground.population
    if population is None or not columns or not set(columns) <= set(population.keys):
        return places
    known = set(places)
    asked = {place for place, n in zip(population.rows(columns), population.count, strict=True) if n > 0}
    return places + sorted(place for place in asked - known if "" not in place)


def _estimated(
    ground: _Ground, designs: Sequence[Design], code: Codes, columns: Sequence[str], shown: Shown | None
) -> list[Estimates]:
    """The figures of places under each design, those wider than an agency by the rule `rollup`."""
    rules = ground.rules
    how: dict[str, Any] = {"statistic": rules.statistic, "renormalise": rules.renormalise}
    found = estimates(ground.moments, designs, ground.figures, code, **how)
    if "agency" not in columns and rules.rollup != "transactions":
        both = zip(found, designs, strict=True)
        return [_rolled_up(one, ground, design, code, columns, shown) for one, design in both]
    return found


def _rolled_up(
    found: Estimates, ground: _Ground, design: Design, code: Codes, columns: Sequence[str], shown: Shown | None
) -> Estimates:
    """Figures wider than an agency as means of the agencies' figures, under `equal` and `given`.

    Agencies without the figure do not enter; the variance has their covariances (calibration can tie agencies). Those
    that are hidden beside the figure are one, with their shares together. Kish's effective number is 1/Σ s²/n over the
    agencies' shares s. An agency whose error is unknown (one respondent, or answers that all agree) has the allowance
    that bounds it, see `Estimates.allowance` and `bounded_variance`.
    """
    rules = ground.rules
    agency, labels = domains(design.keys, ["agency"])
    share = np.ones(len(labels))
    if rules.rollup == "given":
        given = {nfc(str(name)): float(weight) for name, weight in rules.agency_weights.items()}
        share = np.array([given.get(str(name), 0.0) for name in labels["agency"]])
    rest = np.zeros(len(code), dtype=np.bool_) if shown is None else shown.hides(design, columns)
    names = ("value", "variance", "status", "n_kish", "allowance", "spread", "least", "most")
    new = {name: getattr(found, name).copy() for name in names}
    how: dict[str, Any] = {"statistic": rules.statistic, "renormalise": rules.renormalise}
    for d in range(len(found.value)):
        inside = code == d
        place = np.where(inside, np.where(rest, len(labels), agency), -1)
        weights = np.append(share, share[np.unique(agency[inside & rest])].sum())
        own = estimate(ground.moments, design, ground.figures, place, **how)
        for k, figure in enumerate(ground.figures):
            parts = joint(ground.moments, design, [figure], place, **how)
            weight = weights[parts.domain]
            if not weight.sum() > 0:
                new["value"][d, k], new["variance"][d, k], new["status"][d, k] = np.nan, np.nan, "no_data"
                continue
            rolled = _mean_of(own, parts, weight / weight.sum(), k, rules.confidence)
            for name, number in rolled.items():
                new[name][d, k] = number
    kept = names[:3] if rules.definitions == 1 else names
    return replace(found, **{name: new[name] for name in kept})


def _mean_of(own: Estimates, parts: Joint, weight: Floats, k: int, confidence: float) -> dict[str, float]:
    """One figure as the weighted mean of those of agencies; `parts` are those of `own` that there are."""
    at = parts.domain
    bound, zero = bounded_variance(own, confidence)
    spare = np.where(zero, bound, own.allowance)[at, k]
    answers = own.valid[at, k]
    return {
        "value": float(weight @ parts.value),
        "variance": float(weight @ parts.covariance @ weight),
        "n_kish": float(1 / (weight**2 / own.n_kish[at, k]).sum()),
        "allowance": float(weight**2 @ spare),
        "spread": float(weight**2 @ (own.spread[at, k] / answers) * answers.sum()),
        "least": float(weight @ own.least[at, k]),
        "most": float(weight @ own.most[at, k]),
    }


def _test_errors(found: Estimates, rules: Rules) -> dict[str, NDArray[Any]]:
    """The columns of `TEST_ERRORS`, (domains, figures) each."""
    variance, zero = bounded_variance(found, rules.confidence)
    se = 100 * np.sqrt(np.where(variance > 0, variance, np.nan))
    df = np.where(np.isnan(se) | (found.df <= 0), np.nan, found.df)
    return {"se_test": np.where(np.isnan(df), np.nan, se), "df_test": df, "bounded": zero}


def _numbers(found: Estimates, wanted: Sequence[Figure], rules: Rules) -> dict[str, NDArray[Any]]:
    """The columns of the figures, (domains, figures) each."""
    status, later = found.status.copy(), rules.definitions > 1
    census = status == "census"
    no_error = (status == "no_df") | (status == "no_data")
    lonely = np.array(["lonely_psu" in words for words in found.notes], dtype=bool)
    if not later:
        status[lonely[:, None] & (status == "ok")] = "lonely_psu"
    # a variance of 0 is a difference of sums, which rounding leaves a hair to either side
    se = np.where(no_error, np.nan, np.sqrt(np.maximum(found.variance, 0.0)))
    low, high, method = _intervals(found, wanted, se, census, rules)
    if rules.interval == "auto":
        enough, narrow = reliable(found.n_kish if later else found.n, low, high, rules)
        few, wide = ~enough & ~census & ~no_error, enough & ~narrow & ~census & ~no_error
        status[few], status[wide] = "small_n", "wide"
        low, high = np.where(few | wide, np.nan, low), np.where(few | wide, np.nan, high)
    notes = np.array([" ".join(sorted(words)) for words in found.notes], dtype=object)
    return {
        "n": found.n,
        "valid": found.valid,
        **{f"c{k + 1}": found.counts[:, :, k] for k in range(found.counts.shape[2])},
        "index": 100 * found.value,
        "se": 100 * se,
        "df": found.df,
        "lo": 100 * low,
        "hi": 100 * high,
        "status": status,
        **_effects(found, later),
        "interval": np.where(np.isnan(low) | census, "", method),
        "warnings": np.repeat(notes[:, None], len(wanted), axis=1),
    }


def whole_rows(
    found: Estimates, wanted: Sequence[Figure], rules: Rules, transactions: float, answered: float
) -> pd.DataFrame:
    """Rows of one place, that of everybody, columns as `COLUMNS`; figures of fewer than `min_n` people are hidden.

    `transactions`, and those in strata with responses (NaN where not known): as `score_table` finds them for a place.
    """
    figures = _numbers(found, wanted, rules)
    share = 100 * answered / transactions if transactions > 0 else np.nan
    if share < 100 * rules.min_coverage:
        low = figures["status"] != "no_data"
        figures["warnings"] = np.where(low, [f"{words} low_coverage".strip() for words in figures["warnings"][0]], "")
    width = len(wanted)
    figures |= {"population": np.full((1, width), transactions), "coverage": np.full((1, width), share)}
    table = _joined([_Part((), [()], figures)], FIRST, wanted)
    few = (table["n"] > 0) & (table["n"] < rules.min_n)
    return hide(table, few.to_numpy(), DisclosureRule.of(rules))


def _effects(found: Estimates, later: bool) -> dict[str, Floats]:
    """Effective answers and design effects, (domains, figures) each."""
    with np.errstate(invalid="ignore", divide="ignore"):
        binary = np.where(found.variance > 0, found.value * (1 - found.value) / found.variance, np.nan)
        plan = np.where(binary > 0, found.n / binary, np.nan)
    if not later:
        return {"n_eff": binary, "deff": plan}
    return {"n_eff": found.n_eff, "deff": found.deff, "deff_plan": plan}


def _intervals(
    found: Estimates, wanted: Sequence[Figure], se: Floats, census: NDArray[np.bool_], rules: Rules
) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Both ends of each figure's interval on 0..1, and the method by which it was computed."""
    low, high = np.full(found.value.shape, np.nan), np.full(found.value.shape, np.nan)
    name = np.full(found.value.shape, "", dtype=object)
    automatic = rules.interval == "auto" or rules.statistic == "score"
    methods = [choose(rules.statistic, len(figure.parts)) if automatic else rules.interval for figure in wanted]
    later = rules.definitions > 1
    error = np.sqrt(se**2 + found.allowance) if later else se
    for method in dict.fromkeys(methods):
        at = (slice(None), [k for k, name in enumerate(methods) if name == method])
        low[at], high[at] = interval(
            found.value[at],
            error[at],
            found.n[at],
            found.df[at],
            method,
            confidence=rules.confidence,
            n_kish=found.n_kish[at],
            answers=found.valid[at],
            census=census[at],
            possible=(found.least[at], found.most[at]) if later else (0.0, 1.0),
        )
        used = computed(found.value[at], error[at], found.df[at], method, census=census[at])
        name[at] = used if later else method
    return low, high, name


def _nothing(size: int, width: int, levels: int) -> dict[str, NDArray[Any]]:
    """The columns of `size` places without responses."""
    shape = (size, width)
    none, zero, empty = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64), np.full(shape, "", dtype=object)
    return {
        **dict.fromkeys(("n", "valid", *(f"c{k + 1}" for k in range(levels)), "df"), zero),
        **dict.fromkeys(("index", "se", "lo", "hi", "n_eff", "deff", "deff_plan", "se_test", "df_test"), none),
        "status": np.full(shape, "no_data", dtype=object),
        "interval": empty,
        "warnings": empty,
        "bounded": np.zeros(shape, dtype=np.bool_),
    }


def _transactions(places: list[Place], ground: _Ground, columns: Sequence[str]) -> tuple[Floats, Floats]:
    """The transactions of each place, and those of them in strata with responses; NaN where unknown."""
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
    """A column of places as (places, figures)."""
    return np.broadcast_to(column[:, None], (len(column), width))


def _covered(
    figures: dict[str, NDArray[Any]], places: list[Place], ground: _Ground, columns: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """The transactions of each place, the share of them in strata with responses, and what warns of it."""
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
    """Each of `size` rows' values of the named columns."""
    return list(zip(*(columns[name] for name in names), strict=True)) if names else [()] * size
