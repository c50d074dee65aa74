"""What those who did not answer could change: worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.nonresponse import COLUMNS, effective_size, tipping_point, with_limits, worst_and_best

FIGURE = {
    "agency": "A",
    "n": 300,
    "population": 1000.0,
    "index": 80.0,
    "lo": 76.0,
    "hi": 83.5,
    "valid": 600,
    "c1": 0,
    "c2": 36,
    "c3": 60,
    "c4": 304,
    "c5": 200,
}


def test_worst_and_best_case_of_manski() -> None:
    """84 of 100 of 300 of 1 000 people are 252 satisfied: 252 with none of the other 700, 952 with all of them."""
    assert worst_and_best(84.0, 300.0, 1000.0) == (pytest.approx(25.2), pytest.approx(95.2))
    assert worst_and_best(84.0, 1000.0, 1000.0) == (pytest.approx(84), pytest.approx(84))


def test_the_tipping_point_moves_the_index_of_everybody_by_the_distance() -> None:
    """84 of the 300, and 5.714 points less of the 700: .3 · 84 + .7 · 78.286 = 80."""
    x = tipping_point(4.0, 300.0, 1000.0)
    assert 0.3 * 84 + 0.7 * (84 - x) == pytest.approx(80)


@pytest.mark.parametrize(("bias", "people"), [(2, 314.8), (5, 53.2), (10, 13.41)])
def test_the_effective_size_of_meng(bias: int, people: float) -> None:
    """p = .84, N = 5 000: S² = .1344 · 5000/4999 = .134427; 1/(.02²/S² + 1/5000) = 1/(.0029756 + .0002) = 314.9."""
    assert effective_size(84.0, bias, 5000.0) == pytest.approx(people, rel=1e-3)


def test_a_sample_of_that_size_has_the_error_of_the_bias() -> None:
    """Var of a simple random sample without replacement: S²/m · (1 - m/N)."""
    m, p, N = effective_size(84.0, 5, 5000.0), 0.84, 5000
    assert p * (1 - p) * N / (N - 1) / m * (1 - m / N) == pytest.approx(0.05**2)


def test_columns_of_a_table() -> None:
    """504 of 600 answers are satisfied: 84 %. The interval 76 to 83.5 of the weighted index 80: 4/.7 and 3.5/.7."""
    found = with_limits(pd.DataFrame([FIGURE])).iloc[0]
    assert (found["bound_low"], found["bound_high"]) == (pytest.approx(25.2), pytest.approx(95.2))
    assert (found["holds_down"], found["holds_up"]) == (pytest.approx(4 / 0.7), pytest.approx(5))
    assert with_limits(pd.DataFrame([FIGURE]), "score").iloc[0]["bound_low"] == pytest.approx(24)


@pytest.mark.parametrize(
    "change", [{"n": None}, {"population": np.nan}, {"population": 200.0}, {"index": np.nan}, {"population": 0.0}]
)
def test_nothing_is_said_of_what_is_not_shown(change: dict[str, float | None]) -> None:
    table = pd.DataFrame([FIGURE | change]).astype({"n": "Int64"})
    assert with_limits(table)[[name for name, _ in COLUMNS]].isna().all(axis=None)


def test_a_census_has_no_tipping_point() -> None:
    found = with_limits(pd.DataFrame([FIGURE | {"population": 300.0}])).iloc[0]
    assert np.isnan(found["holds_down"])
    assert found["bound_low"] == found["bound_high"] == pytest.approx(84)
