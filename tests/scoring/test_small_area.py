"""Small-area estimates: R's sae, statsmodels' crossed effects, the benchmark by hand, coverage by simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.small_area import measured
from scoring.scheme import DataError
from scoring.small_area import benchmark, small_area, smoothed_variance

FIXTURES = Path(__file__).parents[1] / "fixtures"
CELLS = pd.read_csv(FIXTURES / "fay_herriot_cells.csv", skipinitialspace=True)
REFERENCE = pd.read_csv(FIXTURES / "r_fay_herriot.csv", skipinitialspace=True)


@pytest.mark.parametrize("model", ["mean", "x"])
def test_estimates_and_errors_are_those_of_r(model: str) -> None:
    line = None if model == "mean" else np.column_stack([np.ones(len(CELLS)), CELLS["x"]])
    wanted = REFERENCE[REFERENCE["model"] == model]
    found = small_area(CELLS["y"], CELLS["v"], line=line)
    assert found.components[0] == pytest.approx(wanted["sigma2"].iloc[0], rel=1e-9)
    assert found.coefficients[0] == pytest.approx(wanted["b0"].iloc[0], rel=1e-9)
    np.testing.assert_allclose(found.value, wanted["eblup"], rtol=1e-9)
    np.testing.assert_allclose(found.mse, wanted["mse"], rtol=1e-8)


def test_crossed_effects_are_those_of_another_implementation() -> None:
    """statsmodels' MixedLM stops at five digits."""
    given = pd.read_csv(FIXTURES / "crossed_cells.csv")
    found = small_area(given["y"], given["v"], crossed=[given["agency"], given["field"]])
    np.testing.assert_allclose(
        found.components, given.loc[0, ["own", "of_agency", "of_field"]].astype(float), rtol=2e-4
    )
    assert found.coefficients[0] == pytest.approx(given["mean"][0], abs=1e-4)
    np.testing.assert_allclose(found.value, given["eblup"], atol=2e-4)


def test_a_cell_of_many_answers_keeps_its_own_figure() -> None:
    variance = np.array([0.001, 400.0, *([20.0] * 20)])
    direct = np.array([95.0, 95.0, *np.linspace(70, 90, 20)])
    found = small_area(direct, variance)
    assert found.value[0] == pytest.approx(95.0, abs=0.01)
    assert found.model_share[0] < 0.01
    assert found.model_share[1] > 0.8
    assert 80 < found.value[1] < 85


def test_cells_that_differ_by_chance_alone_get_the_common_mean() -> None:
    """Alternating by one point with a sampling variance of 25: nothing is left for the cells."""
    found = small_area([80.0, 81.0] * 10, [25.0] * 20)
    assert found.components[0] == 0
    np.testing.assert_allclose(found.value, 80.5)
    np.testing.assert_allclose(found.model_share, 1 - 1 / 20)


def test_the_benchmark_adds_up_by_hand() -> None:
    """Two free cells of equal error and weights .5 and .25 move by 2 : 1; the fixed one stays."""
    found = small_area([80.0, 82.0, 90.0, 76.0, 81.0], [25.0] * 5)
    weights, groups = [0.5, 0.25, 0.25, 0.5, 0.5], [0, 0, 0, 1, 1]
    moved = benchmark(found, weights, groups, [83.0, np.nan], [True, True, False, True, True])
    gap = 83.0 - (0.5 * found.value[0] + 0.25 * found.value[1] + 0.25 * found.value[2])
    steps = moved.value - found.value
    assert steps[0] == pytest.approx(gap * 0.5 / (0.5**2 + 0.25**2))
    assert steps[1] == pytest.approx(steps[0] / 2)
    assert steps[2:].tolist() == [0, 0, 0]
    assert np.dot(weights[:3], moved.value[:3]) == pytest.approx(83.0)
    np.testing.assert_allclose(moved.mse - found.mse, steps**2)


def test_smoothed_variances_come_from_firm_cells() -> None:
    """Two firm cells at 80 % of 100 with variances 24 and 24: design effect 1.5, so 16 * 1.5 * 100 / 10 for ten."""
    found = smoothed_variance([80.0, 80.0, 10.0], [24.0, 24.0, 1.0], [100, 100, 10])
    assert found[2] == pytest.approx(1.5 * 80 * 20 / 10)
    assert np.isnan(smoothed_variance([80.0], [1.0], [10])).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: small_area([80.0, np.nan, 81.0, 82.0], [1.0] * 4),
        lambda: small_area([80.0, 81.0, 82.0, 83.0], [1.0, 0.0, 1.0, 1.0]),
        lambda: small_area([80.0, 81.0], [1.0, 1.0]),
        lambda: small_area([80.0] * 4, [1.0] * 4, crossed=[[0, 0, 1, 1], [0, 1, 0, 1]]),
    ],
)
def test_what_cannot_be_modelled_is_refused(call) -> None:
    with pytest.raises(DataError):
        call()


@pytest.mark.slow(reason="simulation: a hundred fits of 240 cells")
@pytest.mark.parametrize(("tail", "least"), [("normal", 93.0), ("heavy", 90.0)])
def test_coverage_and_error(tail: str, least: float) -> None:
    found = measured(tail, replicates=50, seed=7)
    assert least <= found["coverage"] <= 97.0
    assert found["ratio"] <= 0.65
