"""Composition of answers: the weighted share of each level of the scale, the bar that stands beside an index.

The share of level k in item j is p_jk = Σ_c w_c n_cjk / Σ_c w_c Σ_l n_cjl over the cells c of a place, with the weights
of its index: those of the strata after pooling of what is hidden (`scoring.pooling`), and the rule by which agencies
make a wider figure. The shares of the satisfied levels therefore add to the index of the item, and they tell nothing
that the sums of the table do not tell. Source: ratio estimator of a domain, Cochran (1977), 6.2; Särndal, Swensson &
Wretman (1992), 5.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.estimate import domains, places
from scoring.moments import Moments
from scoring.pooling import Shown, pool
from scoring.scheme import DataError, Rules, nfc
from scoring.weights import Design, stratified

Floats = NDArray[np.float64]
FIRST = ("agency", "service")


def level_shares(
    moments: Moments,
    population: pd.DataFrame | None,
    table: pd.DataFrame,
    rules: Rules,
    *,
    design: Design | None = None,
    without_service: str | None = None,
) -> pd.DataFrame:
    """The weighted composition of each item's answers: `agency, service, key, s1 … sL`, in percent of the valid.

    `table`: what `scoring.table.score_table` made of the same moments, population and rules; its hidden rows have no
    shares here, and decide about pooling. One row for each item row of the table, in its order; NaN for a row that is
    hidden or that nobody answered. `design`, `without_service`: as there. Raises `DataError` for a design of other
    cells.
    """
    if rules.pooling or rules.clusters != "none":
        moments = moments.rated()
    if design is None:
        design = stratified(moments.keys, moments.n, population, rules, strata=FIRST, without_service=without_service)
    elif not design.keys.equals(moments.keys):
        raise DataError("the design is of other cells than the moments")
    scheme = moments.scheme
    shown = Shown.of(table, FIRST) if rules.pooling and rules.min_n > 1 else None
    shares: dict[tuple[Any, ...], Floats] = {}
    for columns in (c for size in range(len(FIRST) + 1) for c in combinations(FIRST, size)):
        of_place = _places(moments, design, rules, columns, shown)
        shares |= {
            (*(dict(zip(columns, place, strict=True)).get(name, "") for name in FIRST), code): values
            for place, items in of_place.items()
            for code, values in zip(scheme.codes, items, strict=True)
        }
    rows = table[table["level"] == "item"]
    nothing = np.full(scheme.scale.levels, np.nan)
    keys = list(rows[[*FIRST, "key"]].itertuples(index=False, name=None))
    found = np.array([shares.get(key, nothing) for key in keys]).reshape(len(keys), -1)
    found[rows["index"].isna().to_numpy()] = np.nan
    names = [f"s{level}" for level in range(1, scheme.scale.levels + 1)]
    return rows[[*FIRST, "key"]].reset_index(drop=True).join(pd.DataFrame(100 * found, columns=names))


def _places(
    moments: Moments, design: Design, rules: Rules, columns: Sequence[str], shown: Shown | None
) -> dict[tuple[Any, ...], Floats]:
    """The shares (items, levels) of every place that the columns make."""
    code, names = places(moments.keys, columns)
    wide = "agency" not in columns
    if wide and design.known is not None:
        code = np.where(design.known, code, -1)
    if shown is not None:
        design = pool(design, shown, columns)
    if not wide or rules.rollup == "transactions":
        return dict(zip(names, _shares(moments, design.weight, code, len(names)), strict=True))
    rest = np.zeros(len(code), dtype=np.bool_) if shown is None else shown.hides(design, columns)
    return {name: _rolled_up(moments, design, rules, code == d, rest) for d, name in enumerate(names)}


def _rolled_up(
    moments: Moments, design: Design, rules: Rules, inside: NDArray[np.bool_], rest: NDArray[np.bool_]
) -> Floats:
    """The shares of a figure that is a mean of agencies' figures; those that are hidden are one."""
    agency, labels = domains(design.keys, ["agency"])
    weight = np.ones(len(labels))
    if rules.rollup == "given":
        given = {nfc(str(name)): float(value) for name, value in rules.agency_weights.items()}
        weight = np.array([given.get(str(name), 0.0) for name in labels["agency"]])
    weight = np.append(weight, weight[np.unique(agency[inside & rest])].sum())
    code = np.where(inside, np.where(rest, len(labels), agency), -1)
    own = _shares(moments, design.weight, code, len(labels) + 1)
    entering = np.where(np.isnan(own[:, :, 0]), 0.0, weight[:, None])
    total = entering.sum(axis=0)
    mean = (entering[:, :, None] * np.nan_to_num(own)).sum(axis=0)
    result: Floats = np.full_like(mean, np.nan)
    np.divide(mean, total[:, None], out=result, where=total[:, None] > 0)
    return result


def _shares(moments: Moments, weight: Floats, code: NDArray[np.intp], size: int) -> Floats:
    """Shares (domains, items, levels); NaN where nobody answered."""
    used = (code >= 0) & (weight > 0)
    sums = np.zeros((size, *moments.counts.shape[1:]))
    np.add.at(sums, code[used], moments.counts[used] * weight[used, None, None])
    valid = sums.sum(axis=2, keepdims=True)
    result: Floats = np.full_like(sums, np.nan)
    np.divide(sums, valid, out=result, where=valid > 0)
    return result
