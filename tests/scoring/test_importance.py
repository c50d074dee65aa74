"""Importance from an overall question: worked weights, R² shared out, planted items, intervals that hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from scoring.importance import overall_importance, people_behind, relative_weights
from scoring.scheme import DataError


def test_relative_weights_by_hand() -> None:
    # Two predictors correlated by r: Λ has (√(1+r) ± √(1-r))/2; with r = .6, r_y = (.5, .2): β = Λ⁻¹ r_y.
    a, b = (np.sqrt(1.6) + np.sqrt(0.4)) / 2, (np.sqrt(1.6) - np.sqrt(0.4)) / 2
    beta = np.array([a * 0.5 - b * 0.2, a * 0.2 - b * 0.5]) / (a**2 - b**2)
    expected = [a**2 * beta[0] ** 2 + b**2 * beta[1] ** 2, b**2 * beta[0] ** 2 + a**2 * beta[1] ** 2]
    assert_allclose(relative_weights([[1, 0.6, 0.5], [0.6, 1, 0.2], [0.5, 0.2, 1]]), expected, rtol=1e-12)
    # and they share out R² = r' R⁻¹ r = (.25 + .04 - 2·.6·.1)/.64
    assert sum(expected) == pytest.approx((0.25 + 0.04 - 0.12) / 0.64)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_relative_weights_share_out_r2(seed: int, items: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(50, items)) @ rng.normal(size=(items, items))
    y = x @ rng.normal(size=items) + rng.normal(size=50)
    weights = relative_weights(np.corrcoef(np.c_[x, y].T))
    design = np.c_[np.ones(50), x]
    fit = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert weights.sum() == pytest.approx(np.var(fit) / np.var(y), rel=1e-6)
    assert (weights >= 0).all()


def citizens(
    n: int, seed: int, weight: tuple[float, ...] = (1.0, 0.5, 0.0)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    agency = np.array(list("ABCD"))[rng.integers(0, 4, n)]
    shift = np.where(np.isin(agency, ["A", "B"]), 0.8, 0.0)
    feel = rng.normal(size=(n, len(weight)))
    whole = feel @ np.array(weight) + rng.normal(size=n) + shift
    answers = 1 + np.searchsorted([-1.5, -0.5, 0.3, 1.2], feel + shift[:, None])
    return answers, 1 + np.searchsorted([-2, -1, 0, 1], whole), agency


def test_planted_importance_is_found() -> None:
    answers, whole, agency = citizens(4000, 1)
    found = overall_importance(answers, whole, agency, keys=["a", "b", "c"], seed=2)
    assert found is not None
    assert found.share.sum() == pytest.approx(1)
    assert list(np.argsort(-found.share)) == [0, 1, 2]
    assert found.share[0] == pytest.approx(0.8, abs=0.04)  # 1² : .5² : 0
    assert found.share[2] < 0.02
    assert (found.lo <= found.share).all()
    assert (found.share <= found.hi).all()
    assert found.lo[0] > found.hi[1]
    frame = found.to_frame()
    assert frame["key"].tolist() == ["a", "b", "c"]
    assert "3 items" in repr(found)
    again = overall_importance(answers, whole, agency, seed=2)
    assert again is not None
    assert_allclose(again.hi, found.hi)


def test_complete_answers_agree_with_pandas() -> None:
    answers, whole, agency = citizens(500, 3)
    frame = pd.DataFrame(np.c_[answers, whole]).astype(float)
    centred = frame - frame.groupby(agency).transform("mean")
    raw = relative_weights(centred.corr().to_numpy())
    found = overall_importance(answers, whole, agency)
    assert found is not None
    assert_allclose(found.share, raw / raw.sum(), rtol=1e-9)
    assert found.r2 == pytest.approx(raw.sum())


def test_counts_stand_for_repeated_rows_and_missing_answers_are_left_out() -> None:
    answers, whole, agency = citizens(120, 4)
    answers[::11, 1] = 0
    whole[::13] = 0
    twice = [np.repeat(x, 2, axis=0) for x in (answers, whole, agency)]
    one = overall_importance(answers, whole, agency, counts=np.full(120, 2))
    two = overall_importance(*twice)
    assert one is not None
    assert two is not None
    assert_allclose(one.share, two.share, rtol=1e-9)
    assert one.n == 2 * (whole > 0).sum()


def test_it_is_not_told_where_it_cannot_be() -> None:
    answers, whole, agency = citizens(200, 5)
    assert overall_importance(answers[:60], whole[:60], agency[:60]) is None
    assert overall_importance(answers, np.full(200, 5), agency) is None
    assert overall_importance(np.full((200, 2), 4), whole, agency) is None
    assert overall_importance(answers, np.zeros(200), agency) is None
    with pytest.raises(DataError, match="200"):
        overall_importance(answers, whole[:9], agency)
    with pytest.raises(DataError, match="keys"):
        overall_importance(answers, whole, agency, keys=["a"])


@pytest.mark.slow(reason="100 samples of 1,000 citizens, each with a jackknife of 40 groups")
def test_intervals_hold() -> None:
    big = overall_importance(*citizens(60_000, 6))
    assert big is not None
    held = np.zeros(3)
    for seed in range(100):
        found = overall_importance(*citizens(1000, 100 + seed), seed=seed)
        assert found is not None
        held += (found.lo <= big.share) & (big.share <= found.hi)
    assert (held[:2] >= 88).all()


def test_people_behind() -> None:
    assert people_behind([-12.5, 0.0, 3.0], [80, 80, 80]).tolist() == [10.0, 0.0, 0.0]
