"""What the checks of places found before an edition was frozen, and the hardened index beside the plain one.

Agencies and checks are kept for evaluators; readers are told how many places were looked at, and what the checks can
see. Editions of before that have nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import orm

from survey.models import Publication
from survey.results.compute import RoundResults
from survey.results.headline import hardened_indices
from survey.results.headline_index import HeadlineIndex, HeadlineIndices
from survey.results.places import SMALLEST_POINTS, PlaceLook, look_at_places
from survey.results.queries.place_decisions import decisions


@dataclass(frozen=True)
class FrozenPlaces:
    """What an edition keeps of the places that were looked at."""

    #: agencies with enough responses to be looked at
    looked_at: int
    #: code of each agency with something to ask → its checks, the value of each and its limit
    flagged: dict[str, dict[str, list[float]]]
    #: those of them on which an evaluator had decided
    decided: int
    #: code of an agency ("" for the province) → hardened index
    hardened: dict[str, float]
    #: movements that the checks see with an even chance, in points
    smallest: dict[str, float]
    #: the same agencies → ends of the hardened index's interval; empty in editions of before
    bounds: dict[str, list[float | None]] = field(default_factory=dict)
    #: those of them whose hardened index everyone may read
    for_all: list[str] = field(default_factory=list)

    @property
    def indices(self) -> HeadlineIndices:
        """The hardened indices as pages show them."""
        figures = {}
        for code, index in self.hardened.items():
            low, high = (np.nan if end is None else end for end in self.bounds.get(code, (None, None)))
            figures[code] = HeadlineIndex(index, low, high)
        return HeadlineIndices(figures, frozenset(self.for_all))


def places_to_freeze(session: orm.Session, results: RoundResults) -> dict[str, Any]:
    """The places of a round as an edition keeps them (`FrozenPlaces`, as JSON)."""
    look = look_at_places(session, results)
    flagged = look.flagged
    decided = decisions(session, results.round.id)
    found = hardened_indices(session, results, look)
    return {
        "looked_at": look.looked_at,
        "flagged": {code: _checks(look, code) for code in flagged},
        "decided": sum(code in decided for code in flagged),
        "hardened": {code: one.index for code, one in found.figures.items()},
        "bounds": {code: [_known(one.lo), _known(one.hi)] for code, one in found.figures.items()},
        "for_all": sorted(found.for_all),
        "smallest": dict(SMALLEST_POINTS),
    }


def places_of(publication: Publication) -> FrozenPlaces | None:
    """What an edition keeps of the places that were looked at; None for editions of before that."""
    found = publication.parsed.get("places")
    return FrozenPlaces(**found) if found else None


def _checks(look: PlaceLook, agency: str) -> dict[str, list[float]]:
    """The checks beyond their limit: value and limit, to four decimals."""
    at, found = look.agencies.index(agency), look.findings
    return {
        name: [round(float(values[at]), 4), found.limits[name]]
        for name, values in found.values.items()
        if np.isfinite(values[at]) and values[at] > found.limits[name]
    }


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
