"""Flags: thresholds by hand, the scan statistic against its exact cases and a simulation."""

import numpy as np
import pandas as pd
import pytest

from scoring.quality import (
    FLAGS,
    LEAVE_OUT,
    TOLD,
    QualityRules,
    bursts,
    duplicate_text,
    flags,
    scan_p_value,
    sensitivity,
    straight_lines,
    suspicious,
)
from scoring.scheme import DataError


def test_flags_by_hand() -> None:
    answers = np.array([[4] * 10, [4] * 7 + [0] * 3, [5, 4] * 5, [0] * 10, [3] * 8 + [0, 0]])
    found = flags(
        answers, duration_s=[9.9, 7.0, None, 1.0, 60.0], comment=["a", "", None, 3, "b"],
        rules=QualityRules(min_answered_share=0.75),
    )  # fmt: skip
    assert found["answered"].tolist() == [1.0, 0.7, 1.0, 0.0, 0.8]
    assert found["too_few_answers"].tolist() == [False, True, False, True, False]
    assert found["straight_line"].tolist() == [True, False, False, False, True]
    assert found["straight_middle"].tolist() == [True, False, False, False, True]
    assert list(found.columns) == ["answered", *FLAGS[:4], "straight_line", *FLAGS[4:]]
    assert found["too_fast"].tolist() == [True, False, False, False, False]
    assert not found[["burst", "duplicate_text"]].any(axis=None)
    assert not flags(answers)["too_fast"].any()
    assert flags(np.zeros((0, 3)))["burst"].tolist() == []
    with pytest.raises(DataError):
        flags([1, 2])


def test_scan_statistic_exact_cases() -> None:
    # All n within w: n w^(n-1) - (n-1) w^n
    assert scan_p_value(4, 4, 0.1) == pytest.approx(4 * 0.1**3 - 3 * 0.1**4)
    assert [scan_p_value(1, 3, 0.1), scan_p_value(1, 0, 0.1), scan_p_value(5, 4, 0.1)] == [1.0, 0.0, 0.0]
    assert scan_p_value(3, 4, 1.0) == 1.0


def test_scan_statistic_against_simulation() -> None:
    rng = np.random.default_rng(1)
    time = np.sort(rng.random((20_000, 30)), axis=1)
    share = 0.03
    reached = (time[:, 5:] - time[:, :-5] <= share).any(axis=1).mean()  # six within a window
    assert scan_p_value(6, 30, share) == pytest.approx(reached, abs=0.01)


def test_a_burst_is_flagged_and_an_even_flow_is_not() -> None:
    even = pd.date_range("2026-03-02 07:30", periods=50, freq="17min")
    burst = pd.date_range("2026-03-03 14:00", periods=12, freq="20s")
    time = pd.Series([*even, *burst, *even])
    counter = ["A"] * 62 + ["B"] * 50
    found = flags(np.full((112, 2), 4), counter=counter, submitted_at=time)["burst"].to_numpy()
    assert found[50:62].all()
    assert found.sum() <= 14  # at most a neighbour of the burst besides
    assert not found[62:].any()
    order = np.random.default_rng(0).permutation(112)
    assert (bursts(np.array(counter)[order], time.iloc[order].reset_index(drop=True)) == found[order]).all()


def test_alpha_is_shared_by_as_many_counters_as_are_told() -> None:
    """A window of nine among forty: flagged while alpha over the number of counters is above its p-value."""
    even = pd.date_range("2026-03-02 07:30", periods=31, freq="16min")
    time = pd.Series([*even, *pd.date_range("2026-03-02 17:00", periods=9, freq="30s")])
    rules = QualityRules()
    p = scan_p_value(9, 40, rules.window / (60 * rules.day_hours))
    most = int(rules.alpha / p)
    answers, counter = np.full((40, 2), 4), ["A"] * 40
    for counters, found in ((most, 9), (most + 1, 0), (None, 9)):
        assert bursts(counter, time, counters=counters).sum() == found
        assert flags(answers, counter=counter, submitted_at=time, counters=counters)["burst"].sum() == found


def test_unknown_counters_and_times_are_not_flagged() -> None:
    time = ["2026-03-02 08:00"] * 20 + [None]
    assert not bursts(["", None] * 10 + ["A"], time).any()


def test_repeated_comments() -> None:
    long = "Cán bộ hướng dẫn rất tận tình"
    found = duplicate_text([long, "  cán bộ   hướng dẫn rất tận tình", "tốt", "tốt", None, long + " ạ"])
    assert found.tolist() == [True, True, False, False, False, False]


def test_sensitivity_is_the_difference_of_the_two_tables() -> None:
    keys = {"service": "", "level": "overall", "key": "all"}
    every = pd.DataFrame([{"agency": a, **keys, "n": n, "index": x} for a, n, x in (("A", 9, 80.0), ("B", 5, np.nan))])
    left = pd.DataFrame([{"agency": "A", **keys, "n": 7, "index": 75.0}])
    found = sensitivity(every, left)
    assert found["change"].iloc[0] == -5.0
    assert found["n_left"].tolist() == [7, 0]
    assert found["change"].isna().tolist() == [False, True]


def test_straight_lines_are_told_apart_by_their_answer() -> None:
    answers = np.array([[5] * 8, [1] * 8, [3] * 8, [4] * 8, [5] * 7 + [0], [5] * 7 + [4], [0] * 8])
    assert straight_lines(answers).tolist() == ["best", "worst", "middle", "middle", "", "", ""]
    assert straight_lines(answers, min_items=7).tolist() == ["best", "worst", "middle", "middle", "best", "", ""]
    assert straight_lines([[4, 4, 4]], min_items=3, levels=4).tolist() == ["best"]
    found = flags(np.repeat(answers[:3], [8, 1, 1], axis=0))
    assert found[["straight_best", "straight_worst", "straight_middle"]].sum().tolist() == [8, 1, 1]


def test_no_answer_is_a_reason_to_leave_a_response_out() -> None:
    answers = np.array([[5] * 8, [5] * 8, [4, 5] * 4])
    found = flags(answers, duration_s=[100, 2, 100])
    assert suspicious(found).tolist() == [False, True, False]  # both lines are told, only the fast one is left out
    assert suspicious(found, []).tolist() == [False] * 3
    assert not set(TOLD) & set(LEAVE_OUT)
    with pytest.raises(DataError, match="straight_best"):
        suspicious(found, ["straight_best"])
