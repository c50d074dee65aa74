"""The hardened index, worked out by hand on cells small enough for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.hardening import CLOSED, OPEN, OTHER, harden, response_factors, usual_closed_share
from scoring.moments import moments
from scoring.scheme import DataError, Item, Rules, Scheme
from scoring.table import score_table
from scoring.weights import stratified


def counts(**kinds: list[float]) -> np.ndarray:
    """One agency's answers: each kind by block."""
    names = {"other": OTHER, "inside": OPEN, "outside": CLOSED}
    size = max(map(len, kinds.values()))
    table = np.zeros((1, size, 3))
    for name, values in kinds.items():
        table[0, :, names[name]] = values
    return table


def test_blocks_count_by_their_days_and_thin_ones_lean_on_the_whole() -> None:
    # lean 1 / 10 and 1 / 30, and 2 / 36 of their sum: .107407 and .040741, 2 in all; times 36 / 2
    factor = response_factors(counts(inside=[8, 28]), [1, 1], 0.1)
    assert factor[0, :, OPEN] == pytest.approx([1.933333, 0.733333], abs=1e-6)
    # a block of two open days counts a tenth of one of twenty: lean 2 / 12 and 20 / 12, 2 / 20 of 22 / 12
    factor = response_factors(counts(inside=[10, 10]), [2, 20], 0.1)
    assert factor[0, :, OPEN] * 22 / 20 == pytest.approx([0.35, 1.85])
    empty = response_factors(counts(inside=[10, 0]), [1, 1], 0.1)
    assert empty[0, 0, OPEN] == pytest.approx(1)


def test_closed_hours_count_at_most_as_in_the_median_agency() -> None:
    # 90 within hours allow 10 at a tenth: a sixth of the 60; of 150 answers these are worth 15
    factor = response_factors(counts(inside=[90], outside=[60], other=[0]), [20], 0.1)
    assert factor[0, 0, [OPEN, CLOSED]].tolist() == pytest.approx([1.5, 0.25])
    fewer = response_factors(counts(inside=[95], outside=[5]), [20], 0.1)
    assert fewer[0, 0, [OPEN, CLOSED]].tolist() == pytest.approx([1, 1])
    alone = response_factors(counts(inside=[0], outside=[60], other=[10]), [20], 0.1)
    assert alone[0, 0].tolist() == pytest.approx([1, 1, 1])


def test_the_usual_share_is_the_median_agencys() -> None:
    # 2 of 20, 6 of 20, 10 of 25; nine live answers are too few to count, and paper is no live answer
    pairs = [(18, 2), (14, 6), (15, 10), (0, 9)]
    table = np.concatenate([counts(inside=[i], outside=[o], other=[50]) for i, o in pairs])
    assert usual_closed_share(table) == 0.3
    assert usual_closed_share(table[3:]) == 0


def test_factors_keep_mean_and_cap_whatever_the_answers() -> None:
    rng = np.random.default_rng(8)
    table = rng.poisson(rng.gamma(1, 20, (200, 7, 3))).astype(float)
    days = rng.integers(1, 21, 7)
    factor = response_factors(table, days, 0.08)
    weight = table * factor
    assert weight.sum(axis=(1, 2)) == pytest.approx(table.sum(axis=(1, 2)))
    # by block, what leans on the whole lets a little more through
    one = response_factors(table.sum(axis=1, keepdims=True), [1], 0.08) * table.sum(axis=1, keepdims=True)
    assert (one[:, 0, CLOSED] / one[:, 0, [OPEN, CLOSED]].sum(axis=1)).max() <= 0.08 + 1e-12
    for wrong in (1.0, -0.1):
        with pytest.raises(DataError, match="cap"):
            response_factors(table, days, wrong)
    with pytest.raises(DataError, match="must be"):
        response_factors(table, days[:3], 0.1)


def test_a_hardened_design_gives_a_hardened_table() -> None:
    scheme = Scheme(items=(Item("a", "e"),))
    keys = pd.DataFrame(
        {"agency": "A", "service": ["s"] * 40 + ["t"] * 4, "block": ["0"] * 10 + ["1"] * 34, "hours": "1"}
    )
    answers = np.array([[4]] * 10 + [[4]] * 15 + [[2]] * 15 + [[4]] * 4, np.uint8)
    found = moments(answers, keys, scheme)
    population = pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [300.0, 100.0]})
    rules = Rules(min_n=1, clusters="none")
    plain = stratified(found.keys, found.n, population, rules)
    hard = harden(plain, [1, 1], cap=0.1)
    # 10 and 34 answers: lean 1 / 12 and 1 / 36, and 2 / 44 of their sum .111111: .0883838 and .0328283
    # s: 10 of .0883838 and 30 of .0328283, satisfied .883838 + 15 × .0328283 of 1.868687: 73.6486 %; t: 100 %
    table = score_table(found, scheme, population, rules, design=hard)
    overall = table[(table["level"] == "overall") & (table["agency"] == "A")].set_index("service")["index"]
    assert overall["s"] == pytest.approx(73.6486, abs=1e-4)
    assert overall[""] == pytest.approx((300 * 73.6486 + 100 * 100) / 400, abs=1e-4)
    weights = pd.Series(hard.weight * hard.n).groupby(found.keys["service"]).sum()
    assert weights.tolist() == pytest.approx([300, 100])  # services go on counting by their transactions
    with pytest.raises(DataError, match="hours"):
        harden(stratified(found.keys.drop(columns="hours"), found.n, population, rules), [1, 1])
    with pytest.raises(DataError, match="not there"):
        harden(plain, [1])
