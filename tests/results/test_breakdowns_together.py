"""All breakdowns of a round at once, its results beside them: nothing hidden follows from all that is shown.

The reader knows every count that any page shows, that counts are sums over the same citizens, and that none is below 0.
Unknown to the reader is how many citizens there are of each agency, service, channel, way of filing and counter
together: every count shown is a sum of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from scoring.disclosure import SUPPRESSED, DisclosureRule
from scoring.moments import moments
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table
from survey.results.group_sizes import GROUP, GroupSizes

SCHEME = Scheme((Item("a", "one"), Item("b", "one"), Item("c", "two")))
RULES = Rules(min_n=5)
BREAKDOWNS = ("channel", "filing", "counter")
VALUES = {
    "agency": ("a1", "a2", "a3"),
    "service": ("s1", "s2"),
    "channel": ("qr", "paper"),
    "filing": ("online", "desk"),
    "counter": ("k1", "k2"),
}
CELLS = tuple(product(*VALUES.values()))
WORKED_OUT = {
    0: 3,
    1: 1,
    2: 12,
    9: 1,
    10: 3,
    11: 60,
    13: 60,
    24: 1,
    25: 1,
    26: 1,
    27: 3,
    28: 3,
    29: 12,
    30: 12,
    31: 12,
    37: 1,
    38: 1,
    39: 3,
    40: 3,
    41: 3,
    42: 60,
    46: 3,
    47: 12,
}
"""Citizens by position in `CELLS`: what the results hid to cover for a small agency stood open by counter."""
LEAST = 1 - 1e-6
"""A hidden number is known when nothing but one whole number is left."""


@dataclass(frozen=True)
class Shown:
    """One figure somewhere: which citizens it counts, and whether it is shown."""

    #: (cells,) of `CELLS`
    counts: np.ndarray
    level: str
    key: str
    n: int
    hidden: bool


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[int], int]:
    """Return how many citizens there are of each cell, and a seed for their answers."""
    few, many = draw(st.sampled_from([(0, 0, 0, 1, 3), (0, 1, 2, 4), (0, 0, 2, 9)])), st.sampled_from([0, 0, 3, 12, 60])
    size = st.one_of(st.sampled_from(few), many)
    return draw(st.lists(size, min_size=len(CELLS), max_size=len(CELLS))), draw(st.integers(0, 999))


def citizens(sizes: list[int], seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return who answered, and what."""
    frame = pd.DataFrame([cell for cell, n in zip(CELLS, sizes, strict=True) for _ in range(n)], columns=list(VALUES))
    random = np.random.default_rng(seed)
    answers = random.integers(1, 6, (len(frame), 3)) * (random.random((len(frame), 3)) < random.choice([0.6, 0.95]))
    return frame, answers


def everything_shown(frame: pd.DataFrame, answers: np.ndarray) -> list[Shown]:
    """Return every figure of the results and of all breakdowns, for the province and the agencies, as pages show it."""
    found = moments(answers, frame[["agency", "service"]], SCHEME)
    table = score_table(found, SCHEME, None, RULES)
    plain = score_table(found, SCHEME, None, Rules(min_n=0))["n"].to_numpy()
    every = list(of_table(table.assign(n=plain), ("agency", "service"), (table["status"] == SUPPRESSED).to_numpy()))
    for dimension in BREAKDOWNS:
        keys = frame[["agency", "service"]].assign(**{GROUP: frame[dimension]})
        found = moments(answers, keys, SCHEME)
        for part in VALUES["agency"] if dimension == "counter" else (None,):
            by = ("agency", GROUP) if part is None else ("service", GROUP)
            own = found if part is None else found.select((found.keys["agency"] == part).to_numpy())
            if not len(own.n):
                continue
            sizes = GroupSizes.of(own, by, place=part or "")
            hidden = sizes.hidden(DisclosureRule.of(RULES), SCHEME, table).T.ravel()
            every += of_table(
                sizes.table().rename(columns={GROUP: dimension}), ("agency", "service", dimension), hidden
            )
    return every


def of_table(table: pd.DataFrame, by: tuple[str, ...], hidden: np.ndarray) -> Iterator[Shown]:
    """Yield the figures of a table."""
    at = [list(VALUES).index(name) for name in by]
    for row, gone in zip(table.to_dict("records"), hidden, strict=True):
        inside = [all(row[name] in ("", cell[k]) for name, k in zip(by, at, strict=True)) for cell in CELLS]
        yield Shown(np.array(inside), str(row["level"]), str(row["key"]), int(row["n"]), bool(gone))


def small(figure: Shown) -> bool:
    return figure.hidden and 0 < figure.n < RULES.min_n


@pytest.mark.slow(reason="attacks a table by linear programming")
@given(rounds())
@settings(max_examples=15, deadline=None)
@example(([0] * 47 + [3], 1))
@example(([WORKED_OUT.get(k, 0) for k in range(len(CELLS))], 60))
def test_no_small_number_of_citizens_can_be_worked_out(drawn: tuple[list[int], int]) -> None:
    """Figure by figure, by linear programming: the least and the most that all counts shown leave a hidden one."""
    frame, answers = citizens(*drawn)
    if not len(frame):
        return
    every = everything_shown(frame, answers)
    assert not [figure for figure in every if 0 < figure.n < RULES.min_n and not figure.hidden]
    for level, key in SCHEME.levels:
        own = [figure for figure in every if (figure.level, figure.key) == (level, key)]
        told = {figure.counts.tobytes(): figure for figure in own if not figure.hidden}
        wanted = {figure.counts.tobytes(): figure for figure in own if small(figure)}
        for secret in wanted.values():
            low, high = left_open(secret, list(told.values()))
            assert high - low >= LEAST, (level, key, secret)


def left_open(secret: Shown, told: list[Shown]) -> tuple[float, float]:
    """Return the least and the most that a hidden number can be."""
    rows = np.array([figure.counts for figure in told], dtype=float).reshape(len(told), len(CELLS))
    right = np.array([figure.n for figure in told], dtype=float)
    ends = []
    for way in (1, -1):
        tied = {"A_eq": rows, "b_eq": right} if told else {}
        found = linprog(way * secret.counts.astype(float), **tied, bounds=(0, None), method="highs")
        ends.append(way * found.fun if found.status == 0 else np.inf)
    return ends[0], ends[1]


@pytest.mark.slow(reason="attacks a table by linear programming")
@given(rounds())
@settings(max_examples=25, deadline=None)
@example(([WORKED_OUT.get(k, 0) for k in range(len(CELLS))], 60))
def test_no_combination_of_answer_counts_gives_a_small_figure(drawn: tuple[list[int], int]) -> None:
    """Answers add up over items as well: does any combination of all counts of answers shown give a hidden one?"""
    frame, answers = citizens(*drawn)
    if not len(frame):
        return
    every = everything_shown(frame, answers)
    items = {name: np.isin(np.arange(3), positions) for name, positions in SCHEME.levels.items()}
    shown = [figure for figure in every if not figure.hidden]
    told = np.array([spread(figure, items) for figure in shown], dtype=bool).reshape(len(shown), 3 * len(CELLS))
    empty = np.array([figure.n == 0 for figure in shown], dtype=bool)
    open_ = ~told[empty].any(axis=0)  # a sum of 0 tells that all its parts are 0
    basis = row_space(told[:, open_].astype(float))
    for figure in every:
        if small(figure):
            goal = spread(figure, items)[open_].astype(float)
            assert np.linalg.norm(goal - basis.T @ (basis @ goal)) > 1e-6, figure


def spread(figure: Shown, items: dict[tuple[str, str], np.ndarray]) -> np.ndarray:
    """Return which answers a figure counts, (cells · items,)."""
    return np.outer(figure.counts, items[figure.level, figure.key]).ravel()


def row_space(matrix: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis (rank, columns) of the rows."""
    _, strength, rows = np.linalg.svd(np.unique(matrix, axis=0), full_matrices=False)
    return rows[strength > 1e-9 * max(strength.max(initial=0), 1)]
