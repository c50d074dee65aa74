"""What is expected of agencies by their mix of services, from printed figures alone (indirect standardisation)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.funnel import expected_by_mix

Floats = NDArray[np.float64]

LEAST = 1e-9
"""The share of an agency's transactions below which a remainder is what rounding left."""


def mix_cells(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of figures that a mix is made of: the overall index of each service of each agency, if shown.

    `service` is text; a hidden service has no row here, whoever looks.
    """
    rows = table[(table["level"] == "overall") & (table["agency"] != "") & (table["service"] != "")]
    return rows[rows["index"].notna()]


def expected_of_services(rows: pd.DataFrame, cells: pd.DataFrame, *, fewest: int) -> Floats | None:
    """What is expected of the p agencies of a league, in percentage points; None where no service tells.

    `rows`: their overall rows, `cells`: `mix_cells`. A service that at least `fewest` of them show is a kind of its
    own; one that fewer have would be held against itself, so these and what is hidden are one further kind, the rest.
    An agency's mix is by transactions where these are known by service, else by respondents; its respondents are spread
    over the kinds by its mix, so that the expected figures have the same mean over respondents as the indices.
    """
    place = {str(agency): i for i, agency in enumerate(rows["agency"])}
    own = cells[cells["agency"].isin(place)]
    shown = own["service"].value_counts()
    column = {str(service): j for j, service in enumerate(sorted(shown.index[shown >= fewest]))}
    own = own[own["service"].isin(column)]
    if not len(own):
        return None
    at = (_places(own["agency"], place), _places(own["service"], column))
    index, n = _numbers(rows, "index"), _numbers(rows, "n")
    share = _shares(rows, own, at, n, len(column))
    value = np.zeros_like(share)
    value[at] = _numbers(own, "index")
    rest = share[:, -1]
    left = index - (share * value).sum(axis=1)
    value[:, -1] = np.clip(np.divide(left, rest, out=np.zeros_like(rest), where=rest > 0), 0, 100)
    size = n[:, None] * share
    return expected_by_mix(size * value / 100, size)


def _shares(
    rows: pd.DataFrame, own: pd.DataFrame, at: tuple[NDArray[np.intp], NDArray[np.intp]], n: Floats, kinds: int
) -> Floats:
    """The mix (p, kinds + 1) of each agency, the rest last; rows sum to 1."""
    people, transactions = np.zeros((len(rows), kinds)), np.full((len(rows), kinds), np.nan)
    people[at], transactions[at] = _numbers(own, "n"), _numbers(own, "population")
    reached = _numbers(rows, "population") * _numbers(rows, "coverage") / 100
    there = people > 0
    known = (reached > 0) & ((transactions > 0) | ~there).all(axis=1)
    weight = np.where(known[:, None], np.where(there, transactions, 0), people)
    total = np.maximum(np.where(known, reached, n), weight.sum(axis=1))
    share = np.asarray(weight / total[:, None])
    rest = 1 - share.sum(axis=1)
    return np.column_stack([share, np.where(rest > LEAST, rest, 0)])


def _places(names: Sequence[object] | pd.Series, place: dict[str, int]) -> NDArray[np.intp]:
    return np.array([place[str(name)] for name in names], dtype=np.intp)


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    return table[name].to_numpy(dtype=np.float64, na_value=np.nan)
