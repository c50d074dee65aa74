"""Control charts: limits and signs of the NHS's and of qicharts2's R packages, rebasing, targets, laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.control_charts import ControlChart, p_prime_chart, xmr_chart
from scoring.scheme import DataError

FIXTURES = Path(__file__).parents[1] / "fixtures"
NHS = pd.read_csv(FIXTURES / "r_spc.csv", skipinitialspace=True)
RULES = {
    "Common Cause": ("", 0),
    "Below LCL": ("outside", -1),
    "Above UCL": ("outside", 1),
    "7 Point Trend (Increasing)": ("trend", 1),
    "2 in 3 Below CL": ("two_of_three", -1),
}


@pytest.mark.parametrize("series", sorted(set(NHS["series"])))
def test_limits_and_signs_are_those_of_the_nhs(series: str) -> None:
    wanted = NHS[NHS["series"] == series]
    chart = xmr_chart(wanted["y"])
    np.testing.assert_allclose(chart.centre, wanted["centre"], rtol=1e-12)
    for side, column in ((chart.lower, "lower"), (chart.upper, "upper")):
        # R has no limits for a flat series; they stand at its value
        np.testing.assert_allclose(side, wanted[column].fillna(wanted["centre"]), rtol=1e-12)
    assert list(zip(chart.sign, chart.direction, strict=True)) == [RULES[rule] for rule in wanted["rule"]]


def test_p_prime_limits_are_those_of_the_published_weeks() -> None:
    """Mohammed et al. (2013): a p chart would call nearly all of the twenty weeks special, p′ none."""
    weeks = pd.read_csv(FIXTURES / "r_p_prime.csv", skipinitialspace=True)
    chart = p_prime_chart(weeks["seen"], weeks["n"])
    for side, column in ((chart.centre, "centre"), (chart.lower, "lower"), (chart.upper, "upper")):
        np.testing.assert_allclose(side, 100 * weeks[column], rtol=1e-12)
    assert not (chart.sign == "outside").any()


@pytest.mark.parametrize(
    ("values", "sign", "where"),
    [
        # around 80 with neighbours 2 apart: one sigma is 2.66 * 2 / 3 = 1.77
        ([81, 79] * 6 + [90] + [81, 79] * 6, "outside", {12}),
        ([76, 84] * 8 + [81, 82, 81, 82, 81, 82, 81] + [76, 84] * 8, "run", set(range(15, 23))),
        ([80, 76, 82, 77] * 3 + [75, 76, 77, 78, 79, 80, 81] + [76, 81, 77, 82] * 3, "trend", set(range(12, 19))),
    ],
)
def test_each_sign(values: list[float], sign: str, where: set[int]) -> None:
    chart = xmr_chart(values)
    assert where <= {i for i, found in enumerate(chart.sign) if found == sign}
    assert {int(chart.direction[i]) for i in where} == {1}


def test_a_trend_of_six_or_a_run_of_six_is_no_sign() -> None:
    assert not (xmr_chart([75, 76, 77, 78, 79, 80, 75, 81, 74, 82]).sign == "trend").any()
    assert not (xmr_chart([79, 81, 79, 81, 81.5, 81, 81.5, 81, 79, 78, 79]).sign == "run").any()


def test_a_known_change_begins_limits_of_its_own() -> None:
    low, high = [70, 71, 69, 70, 71, 69, 70, 71], [85, 86, 84, 85, 86, 84, 85, 86]
    whole, cut = xmr_chart(low + high), xmr_chart(low + high, rebase=[8])
    assert (whole.sign != "").any()
    assert (cut.sign == "").all()
    np.testing.assert_allclose(cut.centre, [np.mean(low)] * 8 + [np.mean(high)] * 8)
    apart = xmr_chart(high)
    np.testing.assert_allclose(cut.upper[8:], apart.upper)


@pytest.mark.parametrize(("target", "said"), [(70, "reaches"), (90, "misses"), (80.2, "hit_and_miss")])
def test_a_target_is_reached_missed_or_hit_by_chance(target: float, said: str) -> None:
    # mean 80, mean moving range 2: limits 80 - 5.32 and 80 + 5.32
    assert xmr_chart([79, 81] * 8).assurance(target) == said


def test_without_points_nothing_is_said_of_a_target() -> None:
    assert xmr_chart([]).assurance(80) == "unknown"


def test_a_p_prime_chart_of_unanimous_periods_is_flat() -> None:
    chart = p_prime_chart([10, 20, 5], [10, 20, 5])
    assert chart.lower.tolist() == chart.upper.tolist() == [100.0] * 3
    assert chart.to_frame()["sign"].tolist() == [""] * 3


@pytest.mark.parametrize(
    "call",
    [
        lambda: xmr_chart([80, np.nan]),
        lambda: xmr_chart([80, 81, 82], rebase=[3]),
        lambda: xmr_chart([80, 81, 82], rebase=[2, 1]),
        lambda: p_prime_chart([1, 2], [2, 0]),
        lambda: p_prime_chart([3], [2]),
    ],
)
def test_what_is_no_series_is_refused(call) -> None:
    with pytest.raises(DataError):
        call()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=40), st.integers(1, 50))
def test_turning_a_series_upside_down_turns_its_signs(values: list[int], shift: int) -> None:
    chart, turned = xmr_chart(values), xmr_chart([-(value + shift) for value in values])
    assert chart.sign.tolist() == turned.sign.tolist()
    assert chart.direction.tolist() == (-turned.direction).tolist()
    np.testing.assert_allclose(chart.upper - chart.centre, turned.centre - turned.lower, atol=1e-9)


def test_a_chart_says_what_it_is() -> None:
    chart = xmr_chart([81, 79] * 6 + [90] + [81, 79] * 6)
    assert isinstance(chart, ControlChart)
    assert repr(chart) == "ControlChart of 25 points, 1 with a sign"
