"""Small cells: estimates of an agency's service with few answers that borrow from the cells like it, and say so.

For evaluators alone: what a model adds is no answer of a citizen, and beside the direct figures it would be taken for
one. Never ranked, never tested, in no file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import orm

from scoring.scheme import DataError
from scoring.small_area import SmallArea, benchmark, small_area, smoothed_variance
from survey.core.cache import cached
from survey.results.compute import RoundResults


@dataclass(frozen=True)
class BorrowedEstimate:
    """A cell of few answers, in percentage points."""

    agency: str
    service: str
    n: int
    #: the cell's own index
    direct: float
    value: float
    lo: float
    hi: float
    #: the share that the model contributes, in percent
    model_share: float


def borrowed_estimates(session: orm.Session, results: RoundResults) -> list[BorrowedEstimate]:
    """The estimates of the cells with fewer respondents than an interval needs, by agency and service.

    Cells under `min_n` have no figure and enter nothing. Empty where there are too few cells, or none of firm error.
    """
    return cached(session, ("borrowed", results.stamp), lambda: estimates_of(results))


def estimates_of(results: RoundResults) -> list[BorrowedEstimate]:
    """The estimates from a round's results: crossed effects of agency and service, benchmarked to the agency."""
    table = results.table if results.tested is None else results.tested
    whole = table[(table["level"] == "overall") & (table["agency"] != "")]
    cells = whole[whole["service"] != ""]
    shown = cells[cells["index"].notna() & cells["n"].notna()]
    if "se_test" not in table or not len(shown):
        return []
    index, n, error = (shown[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("index", "n", "se_test"))
    firm = results.rules.min_n_interval
    agency, agencies = pd.factorize(shown["agency"])
    service, _ = pd.factorize(shown["service"])
    try:
        found = small_area(
            index, smoothed_variance(index, error**2, n, firm=firm), crossed=(agency, service),
            confidence=results.rules.confidence,
        )  # fmt: skip
    except DataError:
        return []
    held = _benchmarked(found, shown, whole, cells, agency, np.asarray(agencies, dtype=object))
    frame = held.to_frame().clip(lower=0)
    few = np.flatnonzero(n < firm)
    return [
        BorrowedEstimate(
            agency=str(shown["agency"].iloc[k]),
            service=str(shown["service"].iloc[k]),
            n=int(n[k]),
            direct=float(index[k]),
            value=min(100.0, float(frame["value"].iloc[k])),
            lo=min(100.0, float(frame["lo"].iloc[k])),
            hi=min(100.0, float(frame["hi"].iloc[k])),
            model_share=100 * float(frame["model_share"].iloc[k]),
        )
        for k in few
    ]


def _benchmarked(
    found: SmallArea,
    shown: pd.DataFrame,
    whole: pd.DataFrame,
    cells: pd.DataFrame,
    agency: np.ndarray,
    agencies: np.ndarray,
) -> SmallArea:
    """Estimates that add up to the agency's figure, where all its services are shown and their N is known."""
    size = shown["population"].to_numpy(dtype=np.float64, na_value=np.nan)
    total = np.bincount(agency, weights=np.nan_to_num(size), minlength=len(agencies))
    complete = cells.groupby("agency")["index"].apply(lambda part: bool(part.notna().all()))
    known = ~pd.Series(np.isnan(size) | (size <= 0)).groupby(agency).any().to_numpy()
    figures = whole[whole["service"] == ""].set_index("agency")["index"]
    totals = np.array(
        [
            float(figures.get(code, np.nan)) if complete[code] and known[k] else np.nan
            for k, code in enumerate(agencies)
        ],
        dtype=np.float64,
    )
    weights = np.divide(np.nan_to_num(size), total[agency], out=np.zeros(len(size)), where=total[agency] > 0)
    return benchmark(found, weights, agency, totals, np.ones(len(size), dtype=np.bool_))
