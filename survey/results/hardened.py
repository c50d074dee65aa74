"""Hardened indices (`scoring.hardening`) as pages and editions hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from survey.results.charts import PlacedInterval


@dataclass(frozen=True)
class HardenedIndex(PlacedInterval):
    """A hardened overall index with its interval, NaN where there is none; a cell of a page draws it."""

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
class Hardened:
    """The hardened indices of a round, by agency; "" for the province."""

    figures: Mapping[str, HardenedIndex]
    #: those that readers below evaluator and the public may have
    for_all: frozenset[str]

    def read_by_all(self) -> dict[str, HardenedIndex]:
        """Those that everyone may read."""
        return {code: figure for code, figure in self.figures.items() if code in self.for_all}
