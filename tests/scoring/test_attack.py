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


def hidden_ranges(found: Round, rules: Rules) -> list[tuple[float, float, float]]:
    """Return n, numbers left and N of every hidden service: by sums over both keys and N, and by the pair search."""
    table = score_table(found.moments, found.scheme, found.population, rules)
    top = table[table["level"] == "overall"].reset_index(drop=True)
    every = score_table(found.moments, found.scheme, found.population, Rules(min_n=0))
    n = every.loc[every["level"] == "overall", "n"].to_numpy()
    hidden = (top["status"] == "suppressed").to_numpy()
    N = top["population"].to_numpy(dtype=float)
    sums = sums_of(top[["agency", "service"]])
    result = []
    pair = {p.agency: p for p in hidden_pairs(table, found.population, found.scheme, rules)}
    for cell in np.flatnonzero(hidden & (top["agency"] != "").to_numpy() & (top["service"] != "").to_numpy()):
        low, high = bounds(n, hidden, sums, int(cell), low=np.minimum(n, 1), high=np.maximum(N, n))
        left = round(high) - round(low) + 1
        if top["agency"][cell] in pair:
            left = min(left, len(search(pair[top["agency"][cell]], pooled=True).n))
        result.append((float(n[cell]), float(left), max(float(N[cell]), float(n[cell]))))
    return result


def test_hidden_numbers_keep_five_values() -> None:
    kept = [(left, N) for seed in range(2) for _, left, N in hidden_ranges(thin_round(seed, items=4), Rules())]
    assert len(kept) > 20
    assert np.mean([left >= min(5, N) for left, N in kept]) >= 0.98


@pytest.mark.slow  # 200 tables, each attacked by linear programming and by counting
def test_hidden_numbers_keep_five_values_on_200_tables() -> None:
    kept, same = [], []
    for seed in range(100, 300):
        found = thin_round(seed, agencies=8, services=4, items=4, mean=20)
        kept += [left >= min(5.0, N) for _, left, N in hidden_ranges(found, Rules())]
        same += [
            sizes(search(pair, pooled=True)) == sizes(search(pair, pooled=True, indices=False))
            for pair in pairs(found, Rules())
        ]
    assert len(kept) > 1000
    assert np.mean(kept) >= 0.98
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
