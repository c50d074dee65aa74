"""Rank ranges against csranks 1.3.0, worked cases, and what must never matter."""

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.ranks import letters, rank_agencies, rank_ranges, rank_table, ranks, steady_variance
from scoring.scheme import LETTERS, DataError, Rules

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("simultaneous", [True, False])
@pytest.mark.parametrize("stepdown", [True, False])
def test_agrees_with_csranks(simultaneous: bool, stepdown: bool) -> None:
    # > csranks(estimate, diag(se^2), coverage = .95, R = 1e5, seed = 1, stepdown = stepdown, simul = simultaneous)
    r = pd.read_csv(FIXTURES / "r_ranks.csv")
    found = rank_ranges(
        r["estimate"], r["se"] ** 2, seed=1, draws=100_000, simultaneous=simultaneous, stepdown=stepdown
    )
    name = ("simul" if simultaneous else "marg") + ("_step" if stepdown else "_single")
    assert found.rank.tolist() == r["rank"].tolist()
    assert found.low.tolist() == r[f"{name}_L"].tolist()
    assert found.high.tolist() == r[f"{name}_U"].tolist()


def test_two_estimates_are_a_two_sided_z_test() -> None:
    # sd of the difference is sqrt(2): separated beyond 1.96 sqrt(2) = 2.772
    for gap, apart in ((2.70, False), (2.85, True)):
        found = rank_ranges([0.0, gap], [1.0, 1.0], seed=5, draws=40_000)
        assert found.rank.tolist() == [2, 1]
        assert found.above[1, 0] == apart
        assert (found.low.tolist(), found.high.tolist()) == (([2, 1], [2, 1]) if apart else ([1, 1], [2, 2]))


def test_covariance_decides_what_can_be_separated() -> None:
    value = [0.0, 1.0]
    apart = rank_ranges(value, [[1.0, 0.95], [0.95, 1.0]], seed=1)  # sd of the difference .32
    not_apart = rank_ranges(value, [[1.0, -0.95], [-0.95, 1.0]], seed=1)  # 1.97
    assert apart.above[1, 0]
    assert not not_apart.above.any()


def test_no_error_at_all_is_certain_and_ties_stay_ties() -> None:
    found = rank_ranges([0.9, 0.8, 0.9], [0.0, 0.0, 0.0], seed=1)
    assert found.rank.tolist() == [1, 3, 1]
    assert found.low.tolist() == [1, 3, 1]
    assert found.high.tolist() == [2, 3, 2]


def test_a_census_among_samples() -> None:
    found = rank_ranges([0.99, 0.5, 0.0], [0.0, 0.01, 0.0], seed=1)
    assert found.low.tolist() == [1, 2, 3]
    assert found.high.tolist() == [1, 2, 3]


def test_nobody_and_one() -> None:
    assert rank_ranges([], [], seed=1).rank.tolist() == []
    alone = rank_ranges([0.4], [0.1], seed=1)
    assert (alone.rank.tolist(), alone.low.tolist(), alone.high.tolist()) == ([1], [1], [1])


@pytest.mark.parametrize(
    ("value", "covariance"),
    [([1.0, 2.0], [1.0]), ([1.0, np.nan], [1.0, 1.0]), ([1.0], [-1.0]), ([[1.0]], [1.0]), ([1.0], [np.inf])],
)
def test_refuses_what_is_not_a_number(value: list[float], covariance: list[float]) -> None:
    with pytest.raises(DataError):
        rank_ranges(value, covariance, seed=1)


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=7),
    st.randoms(use_true_random=False),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_rows_shift_and_scale_do_not_matter(levels: list[int], shuffle: random.Random, joint: bool) -> None:
    value = np.array(levels, dtype=float)
    variance = 0.2 + 0.1 * np.arange(len(value))  # distinct, so that the order within ties is given
    first = rank_ranges(value, variance, seed=7, draws=500, simultaneous=joint)
    order = list(range(len(value)))
    shuffle.shuffle(order)
    again = rank_ranges(100 + 3 * value[order], 9 * variance[order], seed=7, draws=500, simultaneous=joint)
    assert again.rank.tolist() == first.rank[order].tolist()
    assert again.low.tolist() == first.low[order].tolist()
    assert again.high.tolist() == first.high[order].tolist()
    assert np.array_equal(again.above, first.above[np.ix_(order, order)])
    assert (first.low <= first.rank).all()
    assert (first.rank <= first.high).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.2))
@settings(max_examples=40, deadline=None)
def test_own_ranges_lie_within_the_joint_ones_and_stepdown_only_sharpens(value: list[float], se: float) -> None:
    variance = np.full(len(value), se**2)
    joint = rank_ranges(value, variance, seed=1, draws=4000)
    single = rank_ranges(value, variance, seed=1, draws=4000, stepdown=False)
    assert (single.low <= joint.low).all()
    assert (joint.high <= single.high).all()
    assert not (joint.above & joint.above.T).any()


def test_ranks_share_the_better_place() -> None:
    assert ranks([0.5, 0.9, 0.9, 0.1]).tolist() == [3, 1, 1, 4]


def test_letters_of_groups() -> None:
    # 4 > 1, 4 > 2 and 3 > 1 are separated: {4, 3}, {3, 2}, {2, 1}
    above = np.zeros((4, 4), dtype=bool)
    above[3, 0] = above[3, 1] = above[2, 0] = True
    assert letters([1, 2, 3, 4], above) == ["C", "BC", "AB", "A"]
    assert letters([1, 2, 3, 4], np.zeros((4, 4), dtype=bool)) == ["A"] * 4
    every = np.triu(np.ones((28, 28), dtype=bool), 1)
    assert letters(-np.arange(28), every, LETTERS["all"])[-3:] == ["Z", "A2", "B2"]
    assert letters(-np.arange(28), every)[20:24] == ["Y", "Z", "A2", "B2"]
    assert letters([], np.zeros((0, 0), dtype=bool)) == []


@pytest.mark.parametrize(("rule", "ninth"), [("clear", "J"), ("all", "I")])
def test_no_group_is_called_by_a_letter_that_reads_as_a_number(rule: str, ninth: str) -> None:
    """Nine agencies far apart: the ninth is in group J; under rules stored before there were clear letters, in I."""
    table = pd.DataFrame({
        "agency": list("abcdefghi"), "service": "", "level": "overall", "key": "all",
        "index": 90.0 - 10 * np.arange(9), "se_test": 0.1, "n": 500, "status": "ok", "bounded": False,
    })  # fmt: skip
    found = rank_agencies(table, Rules(letters=rule), seed=1)
    assert found["group"].tolist() == [*"ABCDEFGH", ninth]
    assert not set("IOVX") & set(LETTERS["clear"])


def test_estimates_sharing_a_letter_are_never_separated() -> None:
    rng = np.random.default_rng(2)
    value, variance = rng.normal(size=30), rng.uniform(0.01, 0.3, size=30)
    found = rank_ranges(value, variance, seed=1)
    label = letters(value, found.above)
    shared = np.array([[bool(set(a) & set(b)) for b in label] for a in label])
    assert shared.diagonal().all()
    assert not (shared & (found.above | found.above.T)).any()


def _table(order: list[int]) -> pd.DataFrame:
    names = np.array(["Ga", "An", "Ba", "Em", "Duc", "Chi"])[order]
    value = np.array([0.7, 0.9, 0.9, 0.2, 0.99, 0.8])[order]
    variance = np.array([1e-4, 1e-4, 1e-4, np.nan, 1e-9, 0.0])[order]
    n = np.array([50, 60, 60, 40, 29, 30])[order]
    return rank_table(list(names), value, variance, n, seed=11)


def test_table_lists_small_agencies_unranked() -> None:
    table = _table([0, 1, 2, 3, 4, 5])
    assert table["agency"].tolist() == ["An", "Ba", "Chi", "Ga", "Duc", "Em"]
    assert table["rank"].tolist()[:4] == [1, 1, 3, 4]
    assert table["low"].tolist()[:4] == [1, 1, 3, 4]
    assert table["high"].tolist()[:4] == [2, 2, 3, 4]
    assert table["group"].tolist() == ["A", "A", "B", "C", "", ""]
    assert table["status"].tolist() == ["ranked"] * 4 + ["too_few", "no_standard_error"]
    assert table["rank"].isna().tolist() == [False] * 4 + [True] * 2


@given(st.permutations(range(6)))
@settings(max_examples=20, deadline=None)
def test_table_does_not_depend_on_row_order(order: list[int]) -> None:
    pd.testing.assert_frame_equal(_table(list(order)), _table([0, 1, 2, 3, 4, 5]))


def test_table_of_nobody_large_enough() -> None:
    table = rank_table(["B", "A"], [0.5, 0.6], [0.1, 0.1], [3, 0], seed=1)
    assert table["agency"].tolist() == ["A", "B"]
    assert table["rank"].isna().all()


def test_the_seed_fixes_everything() -> None:
    rng = np.random.default_rng(0)
    value = rng.normal(size=20)
    first, second = (rank_ranges(value, np.full(20, 0.2), seed=2026) for _ in range(2))
    assert np.array_equal(first.low, second.low)
    assert np.array_equal(first.above, second.above)


def test_steady_variance_by_hand() -> None:
    # Two agencies of n = 100 at .5 with variance .0025 (deff 1): the smoothed .25 / (100 + z²) is less.
    assert steady_variance([0.5, 0.5], [0.0025, 0.0025], [100, 100]).tolist() == [0.0025, 0.0025]
    found = steady_variance([50, 98], [25, 0.01], [100, 50], scale=100)
    effective = 50 * (0.25 / 100 + 0.98 * 0.02 / 50) / (0.0025 + 0.000001)
    z2 = 1.959963984540054**2
    share = (effective * 0.98 + z2 / 2) / (effective + z2)
    assert found[0] == 25
    assert found[1] == pytest.approx(1e4 * share * (1 - share) / (effective + z2))


def test_steady_variance_leaves_censuses_and_unknowns_alone() -> None:
    found = steady_variance([0.9, 0.9, np.nan, 0.9], [0.0, np.nan, 0.1, 0.01], [10, 10, 0, 10])
    assert found[0] == 0
    assert np.isnan(found[1])
    assert found[2] == 0.1
    assert steady_variance([1.0], [0.0], [5]).tolist() == [0.0]


def test_ranges_of_each_can_be_left_out() -> None:
    value, variance, n = [90.0, 80.0, 79.0, 60.0], [4.0, 1.0, 1.0, 9.0], [100, 100, 20, 100]
    whole, joint = (rank_table("abcd", value, variance, n, seed=1, draws=2000, each=each) for each in (True, False))
    own = ["own_low", "own_high"]
    pd.testing.assert_frame_equal(joint.drop(columns=own), whole.drop(columns=own))
    assert joint[own].isna().all().all()
    assert whole[own].notna().all(axis=1).tolist() == [True, True, True, False]
