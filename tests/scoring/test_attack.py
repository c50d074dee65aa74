"""Somebody counts through the whole numbers that hidden services can hold, given everything a table prints."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.attack import Left, Pair, bounds, cells_of_a_breakdown, hidden_pairs, search
from scoring.disclosure import sums_of
from scoring.moments import moments
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table
from tests.scoring.thin import Round, thin_round


def pairs(found: Round, rules: Rules) -> list[Pair]:
    table = score_table(found.moments, found.scheme, found.population, rules)
    return hidden_pairs(table, found.population, found.scheme, rules)


def sizes(left: Left) -> list[int]:
    return [len(left.n), *map(len, left.valid), *map(len, left.satisfied)]


def test_by_hand() -> None:
    """n = 2 and 7 of N = 20 and 210, one item: (10·2 + 30·3)/(10·2 + 30·7) has no other solution in whole numbers."""
    pair = Pair(
        "A", (20, 210), 9, np.array([9]), np.array([5]), (np.zeros(1), np.zeros(1)), (("item", (0,), 100 * 110 / 230),)
    )  # fmt: skip
    assert search(pair, pooled=False).n == {2}
    assert search(pair, pooled=False).satisfied == ({2},)
    alone = search(pair, pooled=False, indices=False)
    assert alone.n == set(range(1, 9))
    same = Pair("A", (20, 210), 9, np.array([9]), np.array([5]), pair.shown, (("item", (0,), 100 * 5 / 9),))
    assert search(same, pooled=True) == alone


def test_the_index_of_today_gives_hidden_services_away_and_the_pooled_one_tells_nothing() -> None:
    old = Rules(pooling=False)
    exact = seen = 0
    for seed in range(2):
        found = thin_round(seed)
        for pair in pairs(found, old):
            seen += 1
            exact += len(search(pair, pooled=False).n) == 1
        for pair in pairs(found, Rules()):
            alone, more = search(pair, pooled=True, indices=False), search(pair, pooled=True)
            assert sizes(more) == sizes(alone)
    assert seen >= 6
    assert exact / seen >= 0.9


def test_rounding_is_no_defence() -> None:
    """To one decimal the search is as good: items share n, and add up to elements and the whole."""
    exact = seen = 0
    for seed in range(2):
        for pair in pairs(thin_round(seed), Rules(pooling=False)):
            rounded = tuple((level, items, round(index, 1)) for level, items, index in pair.printed)
            blurred = Pair(pair.agency, pair.population, pair.n, pair.valid, pair.satisfied, pair.shown, rounded)
            seen += 1
            exact += len(search(blurred, pooled=False, within=0.05 + 1e-9).n) == 1
    assert exact / seen >= 0.7


def people(found: Round, top: pd.DataFrame) -> np.ndarray:
    """Return how many respondents each place of a table has, hidden or not."""
    rated = found.keys[(found.answers > 0).any(axis=1)]
    return np.array(
        [
            int((((rated["agency"] == a) | (a == "")) & ((rated["service"] == s) | (s == ""))).sum())
            for a, s in zip(top["agency"], top["service"], strict=True)
        ]
    )


def attacked(found: Round, rules: Rules) -> tuple[list[bool], list[bool]]:
    """Return of every hidden service whether 5 numbers are left, and of every pair whether indices tell nothing.

    What is left follows from the sums over both keys and 1..N, and from the search.
    """
    table = score_table(found.moments, found.scheme, found.population, rules)
    top = table[table["level"] == "overall"].reset_index(drop=True)
    n, N = people(found, top), top["population"].to_numpy(dtype=float)
    hidden = (top["status"] == "suppressed").to_numpy()
    sums = sums_of(top[["agency", "service"]])
    pair = {p.agency: p for p in hidden_pairs(table, found.population, found.scheme, rules)}
    left = {agency: search(p, pooled=True) for agency, p in pair.items()}
    same = [sizes(left[a]) == sizes(search(p, pooled=True, indices=False)) for a, p in pair.items()]
    kept = []
    for cell in np.flatnonzero(hidden & (top["agency"] != "").to_numpy() & (top["service"] != "").to_numpy()):
        low, high = bounds(n, hidden, sums, int(cell), low=np.minimum(n, 1), high=np.maximum(N, n))
        numbers = round(high) - round(low) + 1
        agency = top["agency"][cell]
        numbers = min(numbers, len(left[agency].n)) if agency in left else numbers
        kept.append(numbers >= min(5, max(N[cell], n[cell])))
    return kept, same


def test_hidden_numbers_keep_five_values() -> None:
    kept, same = attacked(thin_round(0, items=4), Rules())
    assert len(kept) > 10
    assert all(kept)
    assert all(same)


@pytest.mark.slow(reason="200 tables, each attacked by linear programming and by counting")
def test_hidden_numbers_keep_five_values_on_200_tables() -> None:
    kept, same = [], []
    for seed in range(100, 300):
        more, equal = attacked(thin_round(seed, agencies=8, services=4, items=4, mean=20), Rules())
        kept += more
        same += equal
    assert len(kept) > 1000
    assert np.mean(kept) >= 0.98
    assert len(same) > 100
    assert all(same)


def test_groups_of_a_breakdown() -> None:
    """Two services, shown, by sex: a weighted index tells their cells, one of the group's own row nothing."""
    rng, scheme = np.random.default_rng(3), Scheme((Item("y", "e"),))
    exact = {False: 0, True: 0}
    for _ in range(8):
        keys = pd.DataFrame({"agency": "A", "service": ["s"] * 30 + ["t"] * 25, "group": rng.choice(["f", "m"], 55)})
        answers = rng.choice([2, 5], (55, 1), p=[0.3, 0.7])
        population = pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [300, 777]})
        m = moments(answers, keys, scheme)
        for pooling in (False, True):
            rules = Rules(min_n=0, pooling=pooling)
            results = score_table(m, scheme, population, rules)
            table = score_table(m, scheme, population, rules, by=("agency", "group"), beside=results)
            row = table[(table["agency"] == "A") & (table["group"] == "f") & (table["level"] == "item")].iloc[0]
            own = results[(results["agency"] == "A") & (results["service"] != "") & (results["level"] == "item")]
            satisfied = (own["c4"] + own["c5"]).to_numpy()
            group = (int(row["valid"]), int(row["c4"] + row["c5"]))
            weight = (10.0, 777 / 25) if not pooling else (1.0, 1.0)
            left = cells_of_a_breakdown(
                weight, own["valid"].to_numpy(), satisfied, group, float(row["index"]), 1e-9
            )  # fmt: skip
            exact[pooling] += len(left) == 1
            assert not pooling or len(left) > 5
    assert exact[False] >= 7
    assert exact[True] == 0
