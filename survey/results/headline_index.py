"""The headline of a round that is not the plain index (hardened or calibrated) as pages and editions hold it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from survey.results.charts import PlacedInterval


@dataclass(frozen=True)
class HeadlineIndex(PlacedInterval):
    """An overall index beside the plain one with its interval, NaN where there is none; a cell of a page draws it."""

    index: float
    lo: float
    hi: float
    words: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether there is an index."""
        return math.isfinite(self.index)

    @property
    def thin(self) -> bool:
        """Whether it has no interval."""
        return not (math.isfinite(self.lo) and math.isfinite(self.hi))


@dataclass(frozen=True, eq=False)
class HeadlineIndices:
    """The hardened or calibrated indices of a round, by agency; "" for the province."""

    figures: Mapping[str, HeadlineIndex]
    #: those that readers below evaluator and the public may have
    for_all: frozenset[str]

    @classmethod
    def of(cls, table: pd.DataFrame, for_all: frozenset[str]) -> HeadlineIndices:
        """The overall indices of a result table, of the province and of each agency that has one."""
        overall = table[(table["service"] == "") & (table["level"] == "overall") & table["index"].notna()]
        columns = (overall[name].tolist() for name in ("agency", "index", "lo", "hi"))
        figures = {
            str(agency): HeadlineIndex(float(index), float(lo), float(hi))
            for agency, index, lo, hi in zip(*columns, strict=True)
        }
        return cls(figures, for_all)

    def read_by_all(self) -> dict[str, HeadlineIndex]:
        """Those that everyone may read."""
        return {code: figure for code, figure in self.figures.items() if code in self.for_all}
