"""Shown totals without a trace of what they hide: everything hidden inside a total is one stratum, of weight ΣN/Σn.

An index weighted by transactions is one equation more than the sums of its table: with the digits of an agency's index
a reader counts through the whole numbers that two hidden services can hold, and mostly one solution is left
(`scoring.attack.search`). Where the hidden strata of a total have one weight, the index is a function of what stands
in the table, its totals and N, and tells nothing besides, at any number of digits.

- an agency: each shown service is a stratum, all others of the agency are one;
- a service: each agency that is shown with this service is a stratum, all others are one;
- the province: each shown service of an agency is a stratum, and what is left of every shown agency; all else is one;
- whatever no rows of the table explain (a group of a breakdown; an agency whose services the table does not list) is
  one stratum: the index is satisfied/valid of its own row.

Weights that were calibrated before are averaged over what is pooled: `pool` comes after `rake` and before clusters.

Source: post-stratum collapsing, Cochran (1977), 5A.9; Kalton & Flores-Cervantes (2003), "Weighting methods", Journal of
Official Statistics 19 (collapsing of cells).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.disclosure import SUPPRESSED
from scoring.scheme import MAX_LEVELS
from scoring.weights import Design, labels_of, number_labels, without_spread

REST = "*"
"""Stands in the name of a pooled stratum for what is not told apart."""
WHOLE_AGENCY = frozenset({"equal_within_agency", "no_population"})
"""Notes of cells whose stratum is their agency, for want of N."""

NO_PLACE = frozenset(
    (
        *("level", "key", "n", "valid", "c1", "c2", "c3", "c4", "c5", "index", "se", "df", "lo", "hi"),
        *("status", "n_eff", "deff", "deff_plan", "coverage", "population", "interval", "warnings"),
        *("se_test", "df_test", "bounded", *(f"c{k}" for k in range(6, MAX_LEVELS + 1))),
    )
)
"""Columns of a score table that do not name a place."""

Place = tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """What readers see of the strata. Build with `Shown.of`."""

    #: columns that name a stratum
    strata: tuple[str, ...]
    #: strata that have a row of their own, shown
    places: frozenset[Place]
    #: agencies whose row is shown
    agencies: frozenset[str]

    @classmethod
    def of(
        cls, table: pd.DataFrame, strata: Sequence[str] = ("agency", "service"), hidden: ArrayLike | None = None
    ) -> Shown:
        """What a score table shows; `hidden`: rows (rows,) that are not shown, if the table does not say."""
        gone = np.asarray(table["status"] == SUPPRESSED if hidden is None else hidden, dtype=np.bool_)
        at = np.flatnonzero(~gone & (table["level"] == "overall").to_numpy())
        names = [str(name) for name in table if name not in NO_PLACE]
        rows = list(zip(*(table[name].to_numpy(dtype=object)[at].tolist() for name in names), strict=True))
        return cls(tuple(strata), *cls._seen(names, rows, strata))

    @classmethod
    def _seen(
        cls, names: Sequence[str], rows: Sequence[Place], strata: Sequence[str]
    ) -> tuple[frozenset[Place], frozenset[str]]:
        """The strata and the agencies among places that are shown; `names`: what their columns are."""
        full, whole = [name in strata for name in names], [name == "agency" for name in names]
        own = [names.index(name) for name in strata]
        named = [[str(text) != "" for text in row] for row in rows]
        places = (tuple(row[k] for k in own) for row, there in zip(rows, named, strict=True) if there == full)
        at = names.index("agency")
        return frozenset(places), frozenset(row[at] for row, there in zip(rows, named, strict=True) if there == whole)

    def hides(self, design: Design, columns: Sequence[str]) -> NDArray[np.bool_]:
        """Which cells (cells,) belong to agencies that are not shown beside a total named by `columns`.

        Beside a service: agencies of which the service is not shown; beside a group, all.
        """
        if not set(columns) <= set(self.strata):
            return np.ones(len(design.n), dtype=np.bool_)
        if not columns:
            return np.array([str(name) not in self.agencies for name in design.keys["agency"]], dtype=np.bool_)
        return np.array([label not in self.places for label in labels_of(design.keys, self.strata)], dtype=np.bool_)


def pool(design: Design, shown: Shown, columns: Sequence[str] = ()) -> Design:
    """The design in which all that a total hides is one stratum.

    `columns`: what names the totals, () for the province. The design of () is right for agencies as well (all
    of an agency's row that is shown), and so for ranks, comparisons, diagnosis, microdata weights and scripts; rows of
    services have `("service",)`, groups of a breakdown their own columns. Weights of a pooled stratum: ΣN/Σn, or the
    mean of those that were calibrated before (residuals of the calibration stay as they were). Responses without a
    service are hidden with the hidden services of their agency; they are spread over its services only where all of
    these are shown, so that no weight tells how many they are.
    """
    if design.spread:
        own = zip(labels_of(design.keys, shown.strata), design.n, strict=True)
        at = shown.strata.index("agency")
        covered = {x[at] for x, n in own if n and x not in design.spread and x not in shown.places}
        design = without_spread(design, shown.strata, covered)
    base = tuple(name for name in columns if name in shown.strata)
    named = list(_names(design, shown, _Kind(base, len(base) < len(columns))))
    return _restratified(design, [stratum for stratum, _ in named], [lot for _, lot in named])


def pooled(design: Design, table: pd.DataFrame, strata: Sequence[str] = ("agency", "service")) -> Design:
    """The design that goes with a score table whose rules say `pooling`: of its province and its agencies.

    `design`: of the same moments (`Moments.rated`), as `scoring.weights.stratified` (and `rake`) made it. Use it for
    `estimate`, `joint`, `contrast`, `against_rest`, `diagnose`, and as weights and strata of files.
    """
    return pool(design, Shown.of(table, strata))


@dataclass(frozen=True)
class _Kind:
    """What kind of totals a design is for."""

    #: columns of strata among those that name the totals
    base: tuple[str, ...]
    #: groups that are no strata are told apart: nothing explains their strata
    grouped: bool

    @property
    def wide(self) -> bool:
        """Whether agencies stand between the strata and the total."""
        return not self.base and not self.grouped


def _names(design: Design, shown: Shown, kind: _Kind) -> Iterator[tuple[Place, Place]]:
    """Yield each cell's stratum after pooling, and the name by which its N is known.

    The first word of a stratum is `own` for what is told apart, `rest` for what is not.
    """
    keys, strata = design.keys, shown.strata
    agencies = keys["agency"].astype(str).tolist() if "agency" in strata else [""] * len(keys)
    notes = design.notes or (frozenset[str](),) * len(keys)
    known = np.ones(len(keys), dtype=np.bool_) if design.known is None else design.known
    own, place = labels_of(keys, strata), labels_of(keys, kind.base)
    for label, total, agency, words, ok in zip(own, place, agencies, notes, known, strict=True):
        whole, visible = bool(words & WHOLE_AGENCY), agency in shown.agencies
        if not ok or (whole and ("agency" in kind.base or (kind.wide and visible))):
            yield ("own", agency), (agency,)
        elif label in shown.places and not kind.grouped and (visible or not whole):
            yield ("own", *label), label
        else:
            name = ("rest", agency) if kind.wide and visible else ("rest", *total)
            yield name, (agency,) if whole and not kind.base else label


def _restratified(design: Design, strata: Sequence[Place], lots: Sequence[Place]) -> Design:
    """The design with other strata, `lots` naming the N of the cells; what is pooled gets one weight."""
    names, stratum = number_labels(strata)
    size = len(names)
    rest = np.array([name[0] == "rest" for name in names])
    n = np.bincount(stratum, weights=design.n, minlength=size)
    fraction = np.zeros(size)
    fraction[stratum] = design.fraction[design.stratum]
    sampled = np.bincount(stratum, weights=design.n * design.fraction[design.stratum], minlength=size)
    mean = np.bincount(stratum, weights=design.n * design.weight, minlength=size) / np.maximum(n, 1)
    short = np.bincount(stratum, weights=np.isin(design.stratum, list(design.short)), minlength=size) > 0
    pooled_fraction = sampled / np.maximum(n, 1)
    if design.totals is not None and not design.adjustments:
        transactions = np.zeros(size)
        for h, lot in set(zip(stratum.tolist(), lots, strict=True)):
            transactions[h] += design.totals.get(lot, 0.0)
        used = np.where(transactions > 0, np.maximum(transactions, n), n)
        mean, pooled_fraction = used / np.maximum(n, 1), np.where(sampled > 0, n / np.maximum(used, 1), 0.0)
        short = np.where(rest, (transactions > 0) & (transactions < n), short)
    return replace(
        design,
        weight=np.where(rest[stratum], mean[stratum], design.weight),
        stratum=stratum,
        names=tuple(" / ".join([*filter(None, name[1:]), *[REST] * (name[0] == "rest")]) for name in names),
        fraction=np.where(rest, pooled_fraction, fraction),
        short=frozenset(int(h) for h in np.flatnonzero(short)),
    )
