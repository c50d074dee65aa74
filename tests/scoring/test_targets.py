"""Targets: judged by the interval, and how many more respondents would tell, by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.targets import Judgement, judge


@pytest.mark.parametrize(
    ("index", "lo", "hi", "target", "verdict"),
    [
        (90, 86, 94, 86, "reached"),
        (90, 85.9, 94, 86, "cannot_tell"),
        (80, 76, 85.9, 86, "not_reached"),
        (80, 76, 86, 86, "cannot_tell"),
        (math.nan, math.nan, math.nan, 86, "no_interval"),
        (80, math.nan, math.nan, 86, "no_interval"),
    ],
)
def test_the_interval_judges(index: float, lo: float, hi: float, target: float, verdict: str) -> None:
    assert judge(index, lo, hi, target, n=100).verdict == verdict


def test_how_many_more_would_tell() -> None:
    """By hand: 100 respondents reach 4 points up; 2 points take (4/2)² times as many.

    Of N = 1000: 1/n' = 1/1000 + (1/100 - 1/1000) / 4 = .00325, n' = 307.7. Above the target the lower side counts:
    90 less 3 against 89 takes 9 times as many. At the target no number tells.
    """
    assert judge(80, 76, 84, 82, n=100) == Judgement("cannot_tell", 300)
    assert judge(80, 76, 84, 82, n=100, population=1000) == Judgement("cannot_tell", 208)
    assert judge(80, 76, 84, 82, n=100, population=1000, fpc=False) == Judgement("cannot_tell", 300)
    assert judge(90, 87, 96, 89, n=50) == Judgement("cannot_tell", 400)
    assert judge(82, 76, 84, 82, n=100) == Judgement("cannot_tell")


@given(st.floats(20, 80), st.floats(0.5, 15), st.floats(-14, 14), st.integers(10, 2000), st.integers(2001, 10**6))
def test_so_many_more_is_the_least_number_that_tells(
    index: float, reach: float, away: float, n: int, population: int
) -> None:
    """The law: a half-width shrinks as √(1/n - 1/N); with `more` it is no longer than the gap, with one less it is."""
    found = judge(index, index - reach, index + reach, index + away, n=n, population=population)
    if found.more is None:
        return

    def shrunk(size: int) -> float:
        return reach * math.sqrt(max(0.0, 1 / size - 1 / population) / (1 / n - 1 / population))

    assert shrunk(n + found.more) <= abs(away) + 1e-6
    if found.more > 1:
        assert shrunk(n + found.more - 1) >= abs(away) - 1e-6
