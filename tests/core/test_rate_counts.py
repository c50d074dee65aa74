"""Counting for rate limits: fixed windows that are forgotten when they end."""

from __future__ import annotations

import pytest

from survey.web import rate_counts
from survey.web.rate_counts import RateCounts


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(rate_counts.time, "time", lambda: now[0])
    return now


def test_a_window_begins_with_its_first_count_and_ends(clock) -> None:
    counts = RateCounts()
    assert [counts.incr("a", 60) for _ in range(3)] == [1, 2, 3]
    assert counts.incr("b", 60, amount=5) == 5
    assert (counts.get("a"), counts.get_expiry("a"), counts.get("unknown")) == (3, 1060.0, 0)
    clock[0] = 1059.9
    assert counts.incr("a", 60) == 4
    clock[0] = 1060.0
    assert counts.get("a") == 0
    assert counts.incr("a", 60) == 1


def test_a_clock_set_back_locks_nobody_out(clock) -> None:
    counts = RateCounts()
    counts.incr("a", 60, amount=1000)
    clock[0] = -80_000.0
    assert counts.incr("a", 60) == 1


def test_what_has_ended_is_thrown_away(clock) -> None:
    counts = RateCounts()
    for number in range(1000):
        counts.incr(f"key {number}", 30)
    counts.incr("long", 300)
    clock[0] += 61
    counts.incr("new", 30)
    assert counts.reset() == 2
    assert counts.get("long") == 0
    counts.incr("new", 30)
    counts.clear("new")
    assert counts.get("new") == 0
