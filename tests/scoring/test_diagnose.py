"""Strengths and weaknesses: worked importances, a planted weakness, degenerate items."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from scoring.compare import holm
from scoring.diagnose import diagnose, importances, quadrants, within_agency
from scoring.moments import Moments, moments
from scoring.scheme import DataError, Item, Scheme
from scoring.weights import stratified


def _moments(answers: np.ndarray, agency: list[str] | np.ndarray) -> Moments:
    scheme = Scheme(tuple(Item(f"q{k}", "e") for k in range(answers.shape[1])))
    return moments(answers.astype(np.uint8), pd.DataFrame({"agency": agency, "service": "s"}), scheme)


def test_correlations_within_agencies_match_pandas() -> None:
    rng = np.random.default_rng(3)
    agency = np.repeat(["A", "B"], [60, 90])
    latent = rng.normal(size=150) + (agency == "B")
    answers = np.where(latent[:, None] + rng.normal(size=(150, 4)) > 0, 5, 2)
    z = pd.DataFrame(answers >= 4).astype(float)
    centred = z - z.groupby(agency).transform("mean")
    correlation, spread = within_agency(_moments(answers, agency))
    assert_allclose(correlation, centred.corr().to_numpy(), atol=1e-12)
    assert_allclose(spread, np.sqrt((centred**2).sum() / 148), rtol=1e-12)


def test_two_items_by_hand() -> None:
    # Equal spreads and any correlation: half each.
    answers = np.array([[5, 5]] * 4 + [[1, 1]] * 4 + [[5, 1], [1, 5]])
    assert_allclose(importances(_moments(answers, ["A"] * 10)), [0.5, 0.5])
    # Uncorrelated: each item's share of the variance, .25 : .1875
    answers = np.array([[5, 5], [5, 5], [5, 5], [5, 1], [1, 5], [1, 5], [1, 5], [1, 1]])
    assert_allclose(importances(_moments(answers, ["A"] * 8)), [4 / 7, 3 / 7], rtol=1e-12)


def test_collinear_constant_and_empty_items() -> None:
    answers = np.array([[5, 5, 5, 0], [1, 1, 5, 0], [5, 5, 5, 0], [1, 1, 5, 0]])
    assert_allclose(importances(_moments(answers, ["A"] * 4)), [0.5, 0.5, 0, 0], atol=1e-12)
    assert_allclose(importances(_moments(np.full((3, 2), 5), ["A"] * 3)), [0.5, 0.5])


def _planted() -> tuple[Moments, np.ndarray]:
    rng = np.random.default_rng(8)
    agency = np.repeat(["A", "B", "C"], 200)
    chance = np.full((600, 5), 0.8)
    chance[agency == "A", 1], chance[agency == "A", 3] = 0.45, 0.98
    answers = np.where(rng.random((600, 5)) < chance, 4, rng.integers(1, 4, (600, 5)))
    answers[agency == "A", 4] = 0
    return _moments(answers, agency), answers[agency == "A"]


@pytest.mark.parametrize("correction", ["bh", "holm"])
def test_a_planted_weakness_and_strength_are_found(correction: str) -> None:
    m, own = _planted()
    found = diagnose(m, stratified(m.keys, m.n, None), "A", correction=correction).set_index("key")
    assert found["verdict"].to_dict() == {
        "q1": "weakness", "q3": "strength", "q0": "same", "q2": "same", "q4": "unknown",
    }  # fmt: skip
    assert list(found.index[:2]) == ["q1", "q3"]
    assert found.loc["q1", "n"] == 200
    assert found.loc["q1", "dissatisfied"] == (own[:, 1] <= 2).sum()
    assert found.loc["q1", "neutral"] == (own[:, 1] == 3).sum()
    assert found.loc["q1", "index"] == pytest.approx(100 * (own[:, 1] >= 4).mean())
    assert found["importance"].sum() == pytest.approx(1)
    assert found.loc["q1", "priority"] == pytest.approx(found.loc["q1", "gap"] * found.loc["q1", "importance"])
    assert found.loc["q4", "quadrant"] == ""
    if correction == "holm":
        tested = found.drop(index="q4")
        assert_allclose(tested["p_adjusted"].to_numpy(float), holm(tested["p"].to_numpy(float)))


def test_given_importance_orders_and_is_checked() -> None:
    m, _ = _planted()
    design = stratified(m.keys, m.n, None)
    given = diagnose(m, design, "A", importance={"q0": 1, "q1": 0, "q2": 1, "q3": 2, "q4": 0}).set_index("key")
    assert given.loc["q3", "importance"] == 0.5
    assert given.loc["q1", "priority"] == 0
    for wrong in ({"q0": 1.0}, dict.fromkeys(m.scheme.codes, 0.0), dict.fromkeys(m.scheme.codes, -1.0)):
        with pytest.raises(DataError):
            diagnose(m, design, "A", importance=wrong)
    with pytest.raises(DataError):
        diagnose(m, design, "A", correction="none")


def test_quadrants() -> None:
    found = quadrants(np.array([0.4, 0.4, 0.1, 0.1, 0.0]), np.array([1.0, -1.0, 0.0, -2.0, np.nan]))
    assert found == ["keep", "improve", "maintain", "watch", ""]
