"""Readers who want to know more than a table says: what they can try, for tests of everything that is printed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from scoring.attack import Left, Lines, rests, search
from scoring.disclosure import SUPPRESSED, sums_of
from scoring.scheme import Rules, Scheme

PLACE = ["agency", "service"]
PRINTED = ["n", "valid", "c1", "c2", "c3", "c4", "c5", "index", "se", "df", "lo", "hi", "n_eff", "deff", "deff_plan"]
PRINTED += ["coverage", "population", "se_test", "df_test"]


def numbers(table: pd.DataFrame) -> np.ndarray:
    """Return all numbers that a table prints, (rows, columns)."""
    columns = [name for name in PRINTED if name in table]
    return table[columns].to_numpy(dtype=float, na_value=np.nan)


@dataclass(frozen=True)
class Found:
    """What attacks on one table left."""

    #: numbers of respondents that each hidden place can still have, by place, and whether that is little
    values: dict[tuple[str, str], int]
    few: frozenset[tuple[str, str]]
    #: for each search: whether figures told more than sums
    told: list[bool]

    @property
    def kept(self) -> float:
        """Share of hidden places whose number of respondents keeps `min_n` values, or as many as N allows."""
        return 1 - len(self.few) / max(len(self.values), 1)


def attacked(
    table: pd.DataFrame,
    truth: pd.DataFrame,
    population: pd.DataFrame,
    scheme: Scheme,
    rules: Rules,
    *,
    sample: int = 10**9,
    candidates: int = 120,
    three: int = 14,
) -> Found:
    """Attack a table by all sums together and by exact search.

    `truth`: the same table with nothing hidden; `sample`: hidden places to work out bounds of; `candidates`, `three`:
    respondents of two and of three hidden places together up to which every whole number is tried.
    """
    left: dict[tuple[str, str], Left] = {}
    told = []
    for rest in rests(table, population, scheme, rules, most=3):
        if rest.n > (candidates if len(rest.places) == 2 else three):
            continue
        alone = search(rest, pooled=True, indices=False, errors=False)
        more = search(rest, pooled=True)
        told.append(more != alone)
        for place, one in zip(rest.places, more, strict=True):
            if place not in left or len(one.n) < len(left[place].n):
                left[place] = one
    sums = _Sums(table, truth)
    hidden = [place for place in sums.hidden if all(place) and place[1] != UNNAMED]
    chosen = hidden[:: max(1, len(hidden) // sample)] if hidden else []
    most = table.set_index(PLACE)["population"].groupby(level=[0, 1]).first()
    values = {place: min(sums.values(place), len(left[place].n) if place in left else 10**9) for place in chosen}
    few = {place for place, count in values.items() if count < min(rules.min_n, max(most.loc[place], sums.true(place)))}
    return Found(values, frozenset(few), told)


UNNAMED = "?"
"""Those who named no service: nobody's row has them, and the reader does not know how many there are."""


def _with_unnamed(
    places: pd.DataFrame, n: np.ndarray, total: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return places, respondents (places, figures) and transactions, those of unknown service by agency included."""
    rows, more = [], []
    for agency in places["agency"].unique():
        inside = (places["agency"] == agency).to_numpy()
        whole = inside & (places["service"] == "").to_numpy()
        rest = n[whole].sum(axis=0) - n[inside & ~whole].sum(axis=0)
        if (rest > 0).any() and (inside & ~whole).any():
            rows.append((agency, UNNAMED))
            more.append(rest)
    if not rows:
        return places, n, total
    every = pd.concat([places, pd.DataFrame(rows, columns=PLACE)], ignore_index=True)
    return every, np.concatenate([n, np.array(more)]), np.concatenate([total, np.full(len(rows), np.nan)])


class _Sums:
    """All counts of respondents that a table prints, at every level at once, as linear equations."""

    def __init__(self, table: pd.DataFrame, truth: pd.DataFrame) -> None:
        places = truth[PLACE].drop_duplicates().reset_index(drop=True)
        self._n = truth.pivot_table(index=PLACE, columns=["level", "key"], values="n", sort=False, aggfunc="first")
        self._n = self._n.reindex(pd.MultiIndex.from_frame(places)).to_numpy(dtype=float)
        gone = set(table.loc[table["status"] == SUPPRESSED, PLACE].itertuples(index=False, name=None))
        N = truth.groupby(PLACE, sort=False)["population"].first().reindex(pd.MultiIndex.from_frame(places)).to_numpy()
        places, self._n, N = _with_unnamed(places, self._n, N)
        gone |= set(places[places["service"] == UNNAMED].itertuples(index=False, name=None))
        self._places = list(places.itertuples(index=False, name=None))
        self.hidden = [place for place in self._places if place in gone]
        self._mask = np.array([place in gone for place in self._places])
        self._lines = Lines.read(sums_of(places))
        self._most = np.where(np.nan_to_num(N) > 0, np.maximum(np.nan_to_num(N), self._n[:, 0]), np.inf)

    def true(self, place: tuple[str, str]) -> int:
        return int(self._n[self._places.index(place), 0])

    def values(self, place: tuple[str, str]) -> int:
        """Return how many numbers of respondents a hidden place can have, as far as all sums tell together.

        Unknown are the respondents of every hidden place, of each figure: 1 to N of the whole, at most as many of an
        element, at most so many of each of its items.
        """
        cell = self._places.index(place)
        reach = self._lines.component(self._mask, cell)
        width, size = self._n.shape[1], len(reach)
        at = {int(c): k for k, c in enumerate(reach)}
        rows = sorted({line for c in reach.tolist() for line, _ in self._lines.of.get(c, ())})
        sign = sparse.lil_array((len(rows), size))
        for k, line in enumerate(rows):
            for part in self._lines.parts[line].tolist():
                if part in at:
                    sign[k, at[part]] = -1
            if self._lines.total[line] in at:
                sign[k, at[self._lines.total[line]]] = 1
        sign = sign.tocsr()
        known = np.concatenate([sign @ self._n[reach, k] for k in range(width)])
        equal = sparse.block_diag([sign] * width, format="csr")
        # figure k of a place has no more respondents than the whole place
        below = sparse.hstack(
            [
                sparse.vstack([-sparse.identity(size)] * (width - 1)),
                sparse.block_diag([sparse.identity(size)] * (width - 1)),
            ],
            format="csr",
        )
        spans = [(min(1.0, self._n[c, 0]), self._most[c]) for c in reach.tolist()] + [(0.0, None)] * (
            size * (width - 1)
        )
        goal = np.zeros(size * width)
        goal[at[cell]] = 1.0
        ends = []
        for way in (1, -1):
            found = linprog(
                way * goal,
                A_eq=equal,
                b_eq=known,
                A_ub=below if width > 1 else None,
                b_ub=np.zeros(size * (width - 1)) if width > 1 else None,
                bounds=spans,
                method="highs",
            )
            assert found.status in (0, 3), found.message
            ends.append(way * found.fun if found.status == 0 else np.inf)
        return int(min(np.floor(ends[1] + 1e-6) - np.ceil(ends[0] - 1e-6) + 1, 10**9))
