"""What a response stands for: population weights, post-stratification, raking, trimming, and what weighting costs.

The weight of a respondent of stratum h is N_h / n_h (transactions over respondents). Weights are constant within a cell
(`scoring.moments`), so they are kept per cell. A row-level design is the same thing with one respondent a cell.

Sources: Cochran, *Sampling Techniques* (1977), chapters 5 and 5A; Deming & Stephan (1940) and Deville, Särndal &
Sautory (1993) for raking and its residuals; Kish, *Survey Sampling* (1965) for the effective n of weights.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.scheme import DataError, Rules, nfc

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

RAKING_SWEEPS = 10
"""Sweeps of the residuals over raked margins; R survey 4.1 has the same number."""


@dataclass(frozen=True, eq=False)
class Adjustment:
    """One calibration step, as its residuals need it: groups of cells and the weights right after the step."""

    group: Codes  # (cells,)
    after: Floats  # (cells,)
    #: weights before a post-stratification; None for a raked margin, whose residual means are unweighted
    before: Floats | None = None


@dataclass(frozen=True, eq=False)
class Clusters:
    """Sampling units that are groups of respondents, finer than cells; see `scoring.clusters.clustered`."""

    #: (rows,) what names a row: the columns of the cells, `counter` and `day`
    keys: pd.DataFrame
    #: (rows,) the cell a row is part of, and the cluster
    cell: Codes
    unit: Codes
    #: (rows,) respondents
    n: NDArray[np.int32]
    #: (rows, features·items) Σ z of the row's respondents
    sums: NDArray[np.int32]
    features: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Design:
    """How the respondents of each cell were sampled and what they stand for. Build with `stratified`."""

    #: (cells,) the keys of the cells
    keys: pd.DataFrame
    #: (cells,) respondents
    n: NDArray[np.int64]
    #: (cells,) weight of one respondent
    weight: Floats
    #: (cells,) number of the stratum
    stratum: Codes
    #: the strata's names, for messages
    names: tuple[str, ...]
    #: (strata,) sampling fraction used by the finite-population correction; 0: none
    fraction: Floats
    #: what a stratum with a single sampling unit contributes, see `Rules.lonely`
    lonely: str = "adjust"
    #: (cells,) number of the primary sampling unit (cluster); None: every respondent is one
    unit: Codes | None = None
    #: calibration steps in order, each list one calibration (one post-stratification, or all margins of a raking)
    adjustments: tuple[tuple[Adjustment, ...], ...] = ()
    #: (cells,) false where no N is known: such cells have figures of their own but do not enter wider ones
    known: NDArray[np.bool_] | None = None
    #: (cells,) words that figures using the cell must carry
    notes: tuple[frozenset[str], ...] = ()
    #: strata with fewer transactions than respondents, by number
    short: frozenset[int] = frozenset()
    #: transactions N by names of strata, and of the agencies that are one stratum; None: no population at all
    totals: Mapping[tuple[str, ...], float] | None = None
    #: clusters by their sums; None: respondents, or `unit`
    clusters: Clusters | None = None
    #: strata of responses without a service that were spread over the others of their agency, see `spread_totals`
    spread: frozenset[tuple[str, ...]] = frozenset()

    def __repr__(self) -> str:
        units = "" if self.unit is None else f", {int(self.size.sum())} clusters"
        step = "".join(", raked" if steps[0].before is None else ", post-stratified" for steps in self.adjustments)
        return f"Design({int(self.n.sum())} respondents in {len(self.names)} strata{units}{step})"

    @cached_property
    def size(self) -> NDArray[np.int64]:
        """(strata,) sampling units of the whole sample: respondents, or clusters."""
        if self.unit is None:
            return np.bincount(self.stratum, weights=self.n, minlength=len(self.names)).astype(np.int64)
        first = np.unique(self.unit[self.n > 0], return_index=True)[1]
        return np.bincount(self.stratum[self.n > 0][first], minlength=len(self.names)).astype(np.int64)

    @cached_property
    def is_lonely(self) -> NDArray[np.bool_]:
        """(strata,) a single sampling unit speaks for others."""
        return np.asarray((self.size == 1) & (self.fraction < 1), dtype=np.bool_)


def stratified(
    keys: pd.DataFrame,
    n: ArrayLike,
    population: pd.DataFrame | None,
    rules: Rules | None = None,
    *,
    strata: Sequence[str] = ("agency", "service"),
    clusters: Sequence[str] = (),
    without_service: str | None = None,
) -> Design:
    """The stratified design of cells.

    `keys`, `n`: cells and their respondents (`moments.keys`, `moments.n`). `population`: the strata's columns and `N`;
    with `clusters`, also a column `clusters` (how many the stratum has in all) if the finite-population correction is
    wanted. None: every response counts the same and there is no correction.

    A stratum without N makes its agency one stratum: weighted equally within, with the agency's total N if there is any
    (note `equal_within_agency`), else alone and outside all wider figures (note `no_population`). N below n counts as n
    and is noted. Raises `DataError` for a negative or missing N, or a stratum without N that is in no agency.

    `without_service`: the service code ("" or another) of responses whose service is not known: they are spread over
    the services of their agency (`spread_totals`; note `service_spread`). None: the agency is one stratum, as above.
    """
    rules = rules or Rules()
    counts = np.asarray(n, dtype=np.int64)
    if population is None:
        return _unweighted(keys, counts, rules, strata, clusters)
    totals = _totals(population, strata)
    own = labels_of(keys, strata)
    totals, loose = spread_totals(own, counts, totals, strata, without_service)
    known = np.array([totals.get(x, 0.0) > 0 and ("" not in x or x in loose) for x in own], dtype=bool)
    labels, notes = list(own), [frozenset[str]()] * len(own)
    if not known.all():
        labels, notes = _fall_back(own, known, strata, totals)
    notes = _with_word(own, notes, loose, strata)
    names, stratum = number_labels(labels)
    respondents = np.bincount(stratum, weights=counts, minlength=len(names))
    transactions = np.array([totals.get(name, 0.0) for name in names])
    has_n = transactions > 0
    short = has_n & (transactions < respondents)
    used = np.where(has_n, np.maximum(transactions, respondents), respondents)
    weight = used / np.maximum(respondents, 1)
    unit = _units(keys, stratum, clusters)
    design = Design(
        keys=keys,
        n=counts,
        weight=weight[stratum],
        stratum=stratum,
        names=tuple(" / ".join(part for part in name if part) for name in names),
        fraction=np.where(has_n, respondents / np.maximum(used, 1), 0.0) * rules.fpc,
        lonely=rules.lonely,
        unit=unit,
        known=has_n[stratum],
        notes=tuple(notes),
        short=frozenset(int(h) for h in np.flatnonzero(short)),
        totals=totals,
        spread=loose,
    )
    return design if unit is None else _cluster_fraction(design, names, population, strata, rules)


def post_stratify(design: Design, columns: Sequence[str], totals: pd.DataFrame) -> Design:
    """The design with weights scaled so that each cell of `columns` has its known total (column `N`).

    Raises `DataError` for an empty cell with N > 0, or respondents in a cell without a total.
    """
    group, target = _targets(design, columns, totals)
    before = design.weight
    after = _scale(design, group, target, before)
    step = Adjustment(group=group, after=after, before=before)
    return replace(design, weight=after, adjustments=(*design.adjustments, (step,)))


@dataclass(frozen=True)
class Raking:
    """How raking went."""

    converged: bool
    iterations: int
    #: largest relative distance of a margin from its total at the end
    distance: float
    #: smallest and largest factor by which a weight changed
    ratio: tuple[float, float]
    #: share of respondents whose factor was cut to the bounds
    bounded: float


def rake(
    design: Design,
    margins: Mapping[str | tuple[str, ...], pd.DataFrame],
    *,
    bounds: tuple[float, float] | None = None,
    max_iterations: int = 500,
    tolerance: float = 1e-13,
) -> tuple[Design, Raking]:
    """The design raked to several margins, and how that went.

    `margins`: for each column (or tuple of columns) its known totals, column `N`; all must sum to the same. `bounds`:
    the smallest and largest factor a weight may change by; with bounds the margins may be met less exactly, which the
    report says. Raises `DataError` for margins that do not sum alike, or an empty category with N > 0.
    """
    targets = [_targets(design, _columns(name), totals) for name, totals in margins.items()]
    sums = [float(target.sum()) for _, target in targets]
    if not np.allclose(sums, sums[0], rtol=1e-9, atol=0):
        raise DataError("margins must sum to the same total: " + ", ".join(f"{s:g}" for s in sums))
    start = design.weight
    weight, steps, iterations = start, [start] * len(targets), 0
    distance = np.inf
    while iterations < max_iterations and distance > tolerance:
        before = weight
        for m, (group, target) in enumerate(targets):
            weight = steps[m] = _bound(_scale(design, group, target, weight), start, bounds)
        iterations += 1
        distance = float(np.max(np.abs(weight - before) / np.maximum(before, np.finfo(float).tiny), initial=0.0))
    adjustments = tuple(Adjustment(group, after) for (group, _), after in zip(targets, steps, strict=True))
    report = _raking_report(design, weight, targets, iterations, distance <= tolerance, bounds)
    return replace(design, weight=weight, adjustments=(*design.adjustments, adjustments)), report


@dataclass(frozen=True)
class Trimming:
    """What trimming changed."""

    cap: float
    #: respondents whose weight was cut
    trimmed: int
    #: share of all weight that was moved to the others
    moved: float


def trim(design: Design, max_ratio: float = 5.0) -> tuple[Design, Trimming]:
    """The design with no weight above `max_ratio` times the respondents' median, and what that changed.

    What is cut off is given to the other respondents in proportion, so that the total stays. Calibration residuals are
    kept as they were: trimmed weights no longer meet their margins exactly.
    """
    if not max_ratio >= 1:
        raise DataError(f"max_ratio must be at least 1, not {max_ratio!r}")
    order = np.argsort(design.weight)
    half = np.searchsorted(np.cumsum(design.n[order]), design.n.sum() / 2)
    cap = max_ratio * float(design.weight[order[min(half, len(order) - 1)]])
    over = design.weight > cap
    total, kept = float(design.weight @ design.n), float(design.weight[~over] @ design.n[~over])
    moved = float((design.weight[over] - cap) @ design.n[over])
    weight = np.where(over, cap, design.weight * (1 + moved / kept if kept else 1.0))
    return replace(design, weight=weight), Trimming(cap, int(design.n[over].sum()), moved / total if total else 0.0)


@dataclass(frozen=True)
class Kish:
    """What unequal weights alone cost (Kish 1965): deff = n Σw² / (Σw)², effective n = (Σw)² / Σw²."""

    n: int
    total: float
    sum_of_squares: float
    deff: float
    n_eff: float


def kish(design: Design, mask: ArrayLike | None = None) -> Kish:
    """Kish's figures of the respondents with positive weight (in the cells of `mask`)."""
    inside = design.weight > 0 if mask is None else np.asarray(mask, dtype=bool) & (design.weight > 0)
    n, weight = design.n[inside], design.weight[inside]
    total, squares = float(weight @ n), float(weight**2 @ n)
    if not squares:
        return Kish(0, 0.0, 0.0, 1.0, 0.0)
    return Kish(int(n.sum()), total, squares, float(n.sum() * squares / total**2), total**2 / squares)


def with_weights(design: Design, weight: ArrayLike) -> Design:
    """The design with given weights, one a cell; `DataError` unless they are numbers from 0 up."""
    given = np.asarray(weight, dtype=np.float64)
    if given.shape != design.weight.shape:
        raise DataError(f"expected {len(design.weight)} weights, got {given.shape}")
    bad = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if len(bad):
        raise DataError(
            f"the weight of cell {tuple(design.keys.iloc[bad[0]])} is {given[bad[0]]}; it must be 0 or more"
        )
    return replace(design, weight=given)


def _unweighted(
    keys: pd.DataFrame, n: NDArray[np.int64], rules: Rules, strata: Sequence[str], clusters: Sequence[str]
) -> Design:
    """A design without known N: weight 1 for everyone, no finite-population correction."""
    names, stratum = number_labels(labels_of(keys, strata))
    return Design(
        keys=keys,
        n=n,
        weight=np.ones(len(n)),
        stratum=stratum,
        names=tuple(" / ".join(part for part in name if part) for name in names),
        fraction=np.zeros(len(names)),
        lonely=rules.lonely,
        unit=_units(keys, stratum, clusters),
        known=np.ones(len(n), dtype=bool),
        notes=(frozenset({"unweighted"}),) * len(n),
    )


def labels_of(keys: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Each row's values of the columns, as text; `DataError` for a column that is not there."""
    for name in columns:
        if name not in keys:
            raise DataError(f"there is no key column {name!r}")
    if not columns:
        return [()] * len(keys)
    return list(zip(*([nfc(str(value)) for value in keys[name].tolist()] for name in columns), strict=True))


def number_labels(labels: Sequence[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], Codes]:
    """The distinct labels in order, and each label's number."""
    names = sorted(set(labels))
    number = {name: k for k, name in enumerate(names)}
    return names, np.array([number[label] for label in labels], dtype=np.intp)


def _totals(population: pd.DataFrame, strata: Sequence[str], column: str = "N") -> dict[tuple[str, ...], float]:
    """N by stratum, rows of the same stratum being added."""
    if column not in population:
        raise DataError(f"the population table needs a column {column!r}")
    values = pd.to_numeric(population[column], errors="coerce").to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        raise DataError(f"population row {bad[0] + 1}: {column} is {population[column].iloc[bad[0]]!r}, not 0 or more")
    totals: dict[tuple[str, ...], float] = {}
    for label, value in zip(labels_of(population, strata), values, strict=True):
        totals[label] = totals.get(label, 0.0) + float(value)
    return totals


def spread_totals(
    labels: Sequence[tuple[str, ...]],
    n: ArrayLike,
    totals: Mapping[tuple[str, ...], float],
    strata: Sequence[str],
    unknown: str | None = "",
) -> tuple[dict[tuple[str, ...], float], frozenset[tuple[str, ...]]]:
    """N by stratum when responses without a service are spread over their agency's services, and their strata.

    `labels`: (cells,) values of `strata`; `n`: (cells,) respondents; `totals`: N by stratum; `unknown`: their service
    code. With n_h respondents in the agency's answered services and u without, the u are spread in proportion to n_h:
    service h then has n_h (1 + u/Σn) respondents of N_h transactions. So each of the n_h stands for N_h/n_h · Σn/(Σn
    + u) and each of the u for ΣN/(Σn + u), which is the same as strata of N_h Σn/(Σn + u) and, for the u, ΣN u/(Σn +
    u) transactions: those are returned. An agency with a service that has responses but no N, with responses of
    unknown service only, or with an N of its own for them, is left as it is; so is everything with `unknown` None.
    """
    if unknown is None or not {"agency", "service"} <= set(strata):
        return dict(totals), frozenset()
    agency, service = list(strata).index("agency"), list(strata).index("service")
    counts = np.asarray(n)
    respondents: dict[tuple[str, ...], int] = {}
    for label, count in zip(labels, counts, strict=True):
        if count:
            respondents[label] = respondents.get(label, 0) + int(count)
    result, loose = dict(totals), set()
    for name in dict.fromkeys(label[agency] for label in respondents if label[service] == unknown):
        own = {label: count for label, count in respondents.items() if label[agency] == name}
        lost = [label for label in own if label[service] == unknown]
        served = [label for label in own if label[service] != unknown]
        if not served or any(totals.get(x, 0.0) <= 0 for x in served) or any(totals.get(x, 0.0) > 0 for x in lost):
            continue
        answered, every = sum(own[x] for x in served), sum(own.values())
        whole = sum(totals[x] for x in served)
        result |= {x: totals[x] * answered / every for x in served}
        result |= {x: whole * own[x] / every for x in lost}
        loose |= set(lost)
    return result, frozenset(loose)


def _with_word(
    own: Sequence[tuple[str, ...]],
    notes: list[frozenset[str]],
    loose: Collection[tuple[str, ...]],
    strata: Sequence[str],
) -> list[frozenset[str]]:
    """The notes of cells, those of agencies with strata `loose` with `service_spread`."""
    if not loose:
        return notes
    at = list(strata).index("agency")
    agencies = {label[at] for label in loose}
    return [note | {"service_spread"} if x[at] in agencies else note for x, note in zip(own, notes, strict=True)]


def without_spread(design: Design, strata: Sequence[str], agencies: Collection[str]) -> Design:
    """The design in which responses of `agencies` without a service are not spread: they stand for nobody.

    Their services have all their transactions back; whoever pools the others with some of these gives them a weight.
    """
    at, own = list(strata).index("agency"), labels_of(design.keys, strata)
    inside = np.array([label[at] in agencies for label in own], dtype=np.bool_)
    loose = np.array([label in design.spread for label in own], dtype=np.bool_)
    if not (inside & loose).any():
        return design
    factor, totals = np.ones(len(own)), dict(design.totals or {})
    for name in dict.fromkeys(label[at] for label, lost in zip(own, inside & loose, strict=True) if lost):
        here = np.array([label[at] == name for label in own], dtype=np.bool_)
        factor[here] = design.n[here].sum() / design.n[here & ~loose].sum()
        for label in {label for label, one in zip(own, here, strict=True) if one}:
            totals[label] = 0.0 if label in design.spread else totals[label] * factor[here][0]
    by = np.ones(len(design.names))
    by[design.stratum] = factor
    weight = np.where(inside & loose, 0.0, design.weight * factor)
    return replace(design, weight=weight, fraction=design.fraction / by, totals=totals)


def _fall_back(
    own: Sequence[tuple[str, ...]],
    known: NDArray[np.bool_],
    strata: Sequence[str],
    totals: dict[tuple[str, ...], float],
) -> tuple[list[tuple[str, ...]], list[frozenset[str]]]:
    """Strata and notes: an agency with a stratum of unknown N is one stratum, whose N is added to `totals`."""
    if "agency" not in strata:
        missing = sorted({" / ".join(label) for label, ok in zip(own, known, strict=True) if not ok})
        raise DataError(f"no transactions N for {', '.join(missing[:5])}")
    at = list(strata).index("agency")
    agencies = {label[at] for label, ok in zip(own, known, strict=True) if not ok}
    whole = dict.fromkeys(agencies, 0.0)
    for label, value in totals.items():
        if label[at] in agencies:
            whole[label[at]] += value
    labels, notes = [], []
    for label in own:
        agency = label[at]
        labels.append((agency,) if agency in agencies else label)
        reason = "equal_within_agency" if whole.get(agency, 0.0) > 0 else "no_population"
        notes.append(frozenset({reason}) if agency in agencies else frozenset[str]())
    totals.update({(agency,): value for agency, value in whole.items()})
    return labels, notes


def _units(keys: pd.DataFrame, stratum: Codes, clusters: Sequence[str]) -> Codes | None:
    """The number of each cell's sampling unit; equal names in different strata are different units."""
    if not clusters:
        return None
    labels = [(str(h), *label) for h, label in zip(stratum, labels_of(keys, clusters), strict=True)]
    return number_labels(labels)[1]


def _cluster_fraction(
    design: Design, names: list[tuple[str, ...]], population: pd.DataFrame, strata: Sequence[str], rules: Rules
) -> Design:
    """The design with the sampling fraction of clusters; 0 where their number is unknown."""
    if "clusters" not in population or not rules.fpc:
        return replace(design, fraction=np.zeros(len(names)))
    totals = _totals(population, strata, "clusters")
    known = np.array([totals.get(name, np.inf) for name in names])
    return replace(design, fraction=np.minimum(design.size / np.maximum(known, 1), 1.0))


def _columns(name: str | tuple[str, ...]) -> tuple[str, ...]:
    return (name,) if isinstance(name, str) else tuple(name)


def _targets(design: Design, columns: Sequence[str], totals: pd.DataFrame) -> tuple[Codes, Floats]:
    """Each cell's group and the groups' known totals; `DataError` when the two do not cover each other."""
    known = _totals(totals, columns)
    names, group = number_labels(labels_of(design.keys, columns))
    respondents = np.bincount(group, weights=design.n * (design.weight > 0), minlength=len(names))
    present = {name for name, count in zip(names, respondents, strict=True) if count}
    empty = sorted(name for name, value in known.items() if value > 0 and name not in present)
    if empty:
        raise DataError(f"no respondents in {' × '.join(empty[0])}, which has N = {known[empty[0]]:g}; join categories")
    unknown = sorted(present - set(known))
    if unknown:
        raise DataError(f"no total for {' × '.join(unknown[0]) or 'an unnamed category'} of {' × '.join(columns)}")
    return group, np.array([known.get(name, 0.0) for name in names])


def _scale(design: Design, group: Codes, target: Floats, weight: Floats) -> Floats:
    """Weights whose totals by group are the targets."""
    now = np.bincount(group, weights=weight * design.n, minlength=len(target))
    factor = np.divide(target, now, out=np.zeros_like(target), where=now > 0)
    return weight * factor[group]


def _bound(weight: Floats, start: Floats, bounds: tuple[float, float] | None) -> Floats:
    if bounds is None:
        return weight
    if not 0 <= bounds[0] <= 1 <= bounds[1]:
        raise DataError(f"bounds must enclose 1, not {bounds!r}")
    return np.clip(weight, start * bounds[0], start * bounds[1])


def _raking_report(
    design: Design,
    weight: Floats,
    targets: Sequence[tuple[Codes, Floats]],
    iterations: int,
    converged: bool,
    bounds: tuple[float, float] | None,
) -> Raking:
    """How raking went."""
    used = (design.weight > 0) & (design.n > 0)
    factor = weight[used] / design.weight[used]
    n = design.n[used]
    distance = 0.0
    for group, target in targets:
        now = np.bincount(group, weights=weight * design.n, minlength=len(target))
        distance = max(distance, float(np.max(np.abs(now - target)[target > 0] / target[target > 0])))
    cut = np.zeros(len(factor), dtype=bool)
    if bounds is not None:
        cut = np.isclose(factor, bounds[0], rtol=1e-12) | np.isclose(factor, bounds[1], rtol=1e-12)
    return Raking(
        converged=converged and distance < 1e-9,
        iterations=iterations,
        distance=distance,
        ratio=(float(factor.min()), float(factor.max())),
        bounded=float(n[cut].sum() / n.sum()),
    )
