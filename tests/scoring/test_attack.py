"""Somebody counts through the whole numbers that hidden services can hold, given everything a table prints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scoring.attack import Left, Rest, Row, cells_of_a_breakdown, rests, search
from scoring.moments import moments
from scoring.scheme import Item, Rules, Scheme
from scoring.table import score_table
from tests.scoring.thin import Round, thin_round
from tests.support.attackers import Found, attacked


def hidden(found: Round, rules: Rules, *, two: int = 10**9, three: int = 10) -> list[Rest]:
    """Return totals with two hidden parts, and with three that have few respondents."""
    table = score_table(found.moments, found.scheme, found.population, rules)
    every = rests(table, found.population, found.scheme, rules, most=3)
    return [rest for rest in every if rest.n <= (two if len(rest.places) == 2 else three)]


def exact(left: tuple[Left, ...]) -> bool:
    return all(len(place.n) == 1 for place in left)


def shown(rest: Rest, *columns: str) -> Rest:
    """Return what a reader has who is shown only some columns."""
    kept = {"index": {"index"}, "se": {"se"}, "n_eff": {"n_eff"}, "interval": {"lo", "hi"}}
    names = set().union(*(kept[name] for name in columns))
    blank = {name: np.nan for name in ("se", "lo", "hi", "df", "n_eff") if name not in names}
    return replace(rest, printed=tuple(replace(row, **blank) for row in rest.printed))


def test_by_hand() -> None:
    """n = 2 and 7 of N = 20 and 210, one item: (10·2 + 30·3)/(10·2 + 30·7) has no other solution in whole numbers."""
    places = (("A", "s"), ("A", "t"))
    rest = Rest(
        ("A", ""), places, (20, 210), 9, np.array([9]), np.array([5]), (), (Row("item", (0,), 100 * 110 / 230),)
    )
    first, second = search(rest, pooled=False)
    assert (first.n, first.satisfied) == ({2}, ({2},))
    assert (second.n, second.satisfied) == ({7}, ({3},))
    alone = search(rest, pooled=False, indices=False)
    assert alone[0].n == set(range(1, 9))
    same = replace(rest, printed=(Row("item", (0,), 100 * 5 / 9),))
    assert search(same, pooled=True) == alone


def test_the_standard_error_by_hand() -> None:
    """Pooled, w = 230/9, p = 5/9: Var = (1 - 9/230)·9/8·Σ(a - p)²/81 with Σ(a - p)² = 5·16/81 + 4·25/81 = 20/9."""
    se = 100 * np.sqrt((1 - 9 / 230) * 9 / 8 * (20 / 9) / 81)
    rest = Rest(
        ("A", ""),
        (("A", "s"), ("A", "t")),
        (20, 210),
        9,
        np.array([9]),
        np.array([5]),
        (),
        (Row("item", (0,), 100 * 5 / 9, se=se, df=8),),
    )
    assert [len(place.n) for place in search(rest, pooled=True)] == [8, 8]
    wrong = replace(rest, printed=(replace(rest.printed[0], se=se + 1e-6),))
    assert search(wrong, pooled=True)[0].n == set()


def test_all_that_is_printed_gives_hidden_services_away_and_once_pooled_nothing() -> None:
    """By index, standard error, effective answers or interval alone: of two and of three hidden services."""
    found = thin_round(0)
    plain = hidden(found, Rules(pooling=False), two=40)
    assert {len(rest.places) for rest in plain} == {2, 3}
    for columns in (("index",), ("se",), ("n_eff",), ("interval",)):
        seen = [shown(rest, *columns) for rest in plain]
        if columns == ("interval",):
            seen = [rest for rest in seen if any(not np.isnan(row.lo) for row in rest.printed)]
        how = {"indices": columns == ("index",), "errors": columns != ("index",)}
        assert seen
        assert all(exact(search(rest, pooled=False, **how)) for rest in seen), columns
    for rest in hidden(found, Rules(), two=40):
        assert search(rest, pooled=True) == search(rest, pooled=True, indices=False, errors=False)


def test_rounding_is_no_defence() -> None:
    """To one decimal the search is as good: items share n, and add up to elements and the whole."""
    hits = []
    for seed in (1, 2):
        for rest in hidden(thin_round(seed), Rules(pooling=False), two=15, three=0):
            blurred = tuple(replace(row, index=round(row.index, 1)) for row in rest.printed)
            left = search(replace(rest, printed=blurred), pooled=False, errors=False, within=0.05 + 1e-9)
            hits.append(exact(left))
    assert np.mean(hits) >= 0.7


def attack(found: Round, rules: Rules, **limits: int) -> Found:
    m = found.moments
    table = score_table(m, found.scheme, found.population, rules)
    truth = score_table(m, found.scheme, found.population, replace(rules, min_n=0), beside=table)
    return attacked(table, truth, found.population, found.scheme, rules, **limits)


def test_hidden_numbers_keep_five_values() -> None:
    found = attack(thin_round(0, items=4), Rules(), candidates=40, sample=12)
    assert len(found.values) > 10
    assert found.kept == 1
    assert found.told
    assert not any(found.told)


def test_a_table_that_hides_figure_by_figure_leaves_too_few_values() -> None:
    """The rule of before: zeros shown, 0 respondents thought possible; the same attack then has its finds."""
    old, few = Rules(pooling=False), 0
    for seed in range(2):
        found = thin_round(seed, agencies=8, items=4, mean=12.0)
        m = found.moments
        table = score_table(m, found.scheme, found.population, old)
        truth = score_table(m, found.scheme, found.population, replace(old, min_n=0))
        few += len(attacked(table, truth, found.population, found.scheme, old, candidates=0, three=0).few)
    assert few > 0


@pytest.mark.slow(reason="200 tables, each attacked by linear programming and by counting")
def test_hidden_numbers_keep_five_values_on_200_tables() -> None:
    every = [
        attack(thin_round(seed, agencies=8, services=4, items=4, mean=20), Rules(), sample=2, candidates=16, three=7)
        for seed in range(100, 300)
    ]
    values, few = (sum(len(getattr(found, name)) for found in every) for name in ("values", "few"))
    told = [one for found in every for one in found.told]
    assert values > 400
    assert 1 - few / values >= 0.98
    assert len(told) > 200
    assert not any(told)


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
