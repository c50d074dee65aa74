"""The exact attack on plain and hardened indices printed together: all whole numbers of satisfied people they allow.

Two agencies in two blocks of four weeks. The reader knows how many people each cell (block, hours) has, the weights,
and whatever is printed to the last digit; he asks of every group of fewer people than may be printed how many of them
were satisfied. What people of one cell said can be exchanged among them, so that a group is told by how many of it
come from each cell.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from scoring.hardening import harden, open_to_all
from scoring.moments import moments_from_patterns
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table
from scoring.weights import stratified

MIN_N = 5
AGENCY, BLOCK, HOURS = ["a", "a", "b", "b"], ["0", "1", "0", "0"], ["1", "1", "1", "2"]
KEYS = pd.DataFrame({"agency": AGENCY, "service": "s", "block": BLOCK, "hours": HOURS})
ONE = Scheme((Item("y", "e"),))
KNOWN = pd.DataFrame({"agency": ["a", "b"], "service": "s", "N": [90.0, 60.0]})
RULES = Rules(min_n=1, clusters="none", pooling=False)


class Reader:
    """What one reads of both agencies and the province, for every number of satisfied people of each cell."""

    def __init__(self, people: list[int]) -> None:
        self.people = np.array(people)
        self.plain = stratified(KEYS, self.people, KNOWN, RULES)
        self.hard = harden(self.plain, [20, 20], cap=0.2)
        self.every = np.array(list(product(*(range(n + 1) for n in people))))
        own = np.array(AGENCY)
        self.prints = {
            f"{name} {where}": self._index(design.weight * (np.ones(4) if not where else own == where))
            for name, design in (("plain", self.plain), ("hardened", self.hard))
            for where in ("a", "b", "")
        }

    def _index(self, weight: np.ndarray) -> np.ndarray:
        return 100 * (self.every @ weight) / (self.people @ weight)

    def allowed(self, truth: int, *names: str) -> np.ndarray:
        """The numbers of satisfied people by cell that what is printed of the truth allows."""
        same = [np.abs(self.prints[name] - self.prints[name][truth]) < 1e-9 for name in names]
        return self.every[np.all(same, axis=0)]

    def told(self, allowed: np.ndarray) -> list[set[int]]:
        """How many of each group of fewer than `MIN_N` people can have been satisfied."""
        groups = [g for g in product(*(range(min(n, MIN_N - 1) + 1) for n in self.people)) if 0 < sum(g) < MIN_N]
        found = []
        for group in groups:
            low = np.maximum(0, np.array(group) - (self.people - allowed)).sum(axis=1)
            high = np.minimum(group, allowed).sum(axis=1)
            found.append({k for one, other in set(zip(low, high, strict=True)) for k in range(one, other + 1)})
        return found


PLAIN = ("plain a", "plain b", "plain ")


def test_the_reader_works_out_what_tables_print() -> None:
    reader = Reader([5, 6, 6, 5])
    satisfied = [3, 2, 5, 1]
    at = int(np.flatnonzero((reader.every == satisfied).all(axis=1))[0])
    keys = pd.concat([KEYS, KEYS], ignore_index=True)
    counts = np.array([*satisfied, *(reader.people - satisfied)])
    made = moments_from_patterns(["4"] * 4 + ["2"] * 4, counts, keys, ONE)
    for name, opened in (("plain", None), ("hardened", [20, 20])):
        design = stratified(made.keys, made.n, KNOWN, RULES)
        design = harden(design, opened, cap=0.2) if opened else design
        table = score_table(made, ONE, KNOWN, RULES, design=design)
        whole = table[(table["level"] == "overall") & (table["service"] == "")].set_index("agency")["index"]
        for where in ("a", "b", ""):
            assert reader.prints[f"{name} {where}"][at] == pytest.approx(whole[where])
    assert reader.prints["hardened a"][at] != pytest.approx(reader.prints["plain a"][at])


def test_where_it_is_printed_nothing_is_told_beyond_the_sums_of_cells_that_may_be_printed() -> None:
    """Every cell has five or six people, so that its own sum could stand in a table; both indices tell no more."""
    reader = Reader([5, 6, 6, 5])
    assert open_to_all(AGENCY, reader.people, MIN_N) == {"a", "b", ""}
    everything = tuple(reader.prints)
    for truth in range(0, len(reader.every), 97):
        beyond = reader.told(reader.allowed(truth, *everything))
        sums = reader.told(reader.every[[truth]])
        assert all(one >= other for one, other in zip(beyond, sums, strict=True))


def test_where_a_cell_is_small_it_would_be_told_and_is_not_printed() -> None:
    """Four people outside of hours at b: its hardened index, or the province's, gives their sum away; a's does not."""
    reader = Reader([5, 6, 9, 4])
    assert open_to_all(AGENCY, reader.people, MIN_N) == {"a"}
    given_away = 0
    for truth in range(0, len(reader.every), 97):
        alone = reader.told(reader.allowed(truth, *PLAIN))
        of_b = [k for k, own in enumerate(_of_b(reader)) if own]
        printed = reader.told(reader.allowed(truth, *PLAIN, "hardened a"))
        assert [printed[k] for k in of_b] == [alone[k] for k in of_b]
        for more in ("hardened b", "hardened "):
            attacked = reader.told(reader.allowed(truth, *PLAIN, "hardened a", more))
            given_away += sum(len(attacked[k]) < len(alone[k]) for k in of_b)
    assert given_away > 100


def _of_b(reader: Reader) -> list[bool]:
    """Whether each group is of people of b alone."""
    groups = [g for g in product(*(range(min(n, MIN_N - 1) + 1) for n in reader.people)) if 0 < sum(g) < MIN_N]
    return [not any(group[:2]) for group in groups]
