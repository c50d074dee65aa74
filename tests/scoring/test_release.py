"""Releases to unit roles: every increment of every number is 0 or at least k, the close included."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scoring.release import BLOCK, block_size, coarse_days, releasable, round_down, withdrawable


def test_by_hand_the_newest_of_every_item_stay_behind() -> None:
    """Two items, k = 2; the second is skipped by the 2nd and 5th of six: 1 0 1 1 0 1. After the 3rd response both have
    two answers gone, and behind it 3 and 2: that is the longest prefix, for after the 4th only one of item 2 is left.
    """
    answered = np.array([[1, 1], [1, 0], [1, 1], [1, 1], [1, 0], [1, 1]], dtype=bool)
    assert releasable(answered, 2) == 3
    assert releasable(answered[:5], 2) == 0  # 1 0 1 1 0: no place leaves two of item 2 on both sides
    assert releasable(answered, 3) == 0


def test_an_item_that_nobody_rated_holds_nothing_up() -> None:
    answered = np.tile(np.array([True, False]), (4, 1))
    assert releasable(answered, 2) == 2


def test_what_cannot_be_decided_is_refused() -> None:
    with pytest.raises(ValueError, match="rated nothing"):
        releasable(np.zeros((3, 2), dtype=bool), 2)
    with pytest.raises(ValueError, match="at least 1"):
        releasable(np.ones((3, 2), dtype=bool), 0)
    with pytest.raises(ValueError, match="one row a response"):
        releasable(np.ones(3, dtype=bool), 1)
    assert releasable(np.ones((0, 4), dtype=bool), 5) == 0


@given(
    hnp.arrays(
        np.bool_, st.tuples(st.integers(1, 60), st.integers(1, 5)), elements=st.sampled_from([True, True, False])
    ),
    st.integers(1, 6),
)
def test_every_item_gains_nothing_or_k_and_keeps_nothing_or_k(answered: np.ndarray, k: int) -> None:
    answered = answered[answered.any(axis=1)]
    count = releasable(answered, k)
    gone, left = answered[:count].sum(axis=0), answered[count:].sum(axis=0)
    assert all(n == 0 or n >= k for n in gone)
    if count:
        assert all(n == 0 or n >= k for n in left)
        assert count >= k
        assert len(answered) - count >= k


def test_exclusions_leave_together_or_not_at_all() -> None:
    assert not withdrawable(np.ones((4, 2), dtype=bool), 5)
    assert withdrawable(np.ones((5, 2), dtype=bool), 5)
    four_of_the_second = np.array([[1, 1]] * 4 + [[1, 0]], dtype=bool)
    assert not withdrawable(four_of_the_second, 5)
    assert withdrawable(np.array([[1, 0]] * 5, dtype=bool), 5)
    assert not withdrawable(np.ones((0, 2), dtype=bool), 5)


def test_coarse_counts_by_hand() -> None:
    """3 before, then 1, 1, 7 and 2: running totals 4, 5, 12, 14 are 0, 5, 10, 10 in blocks of five."""
    days = [(date(2026, 3, day), count) for day, count in ((2, 1), (3, 1), (4, 7), (5, 2))]
    assert coarse_days(days, 3) == [(date(2026, 3, 3), 5), (date(2026, 3, 4), 5)]
    assert [round_down(n) for n in (0, 4, 5, 14)] == [0, 0, 5, 10]
    assert (block_size(0), block_size(5), block_size(20)) == (BLOCK, 5, 20)


@given(st.lists(st.integers(0, 12), max_size=20), st.integers(0, 30), st.integers(1, 9))
def test_coarse_days_add_up_to_the_coarse_total(counts: list[int], before: int, block: int) -> None:
    days = [(date(2026, 3, day + 1), count) for day, count in enumerate(counts)]
    steps = coarse_days(days, before, block)
    assert all(step >= block and step % block == 0 for _, step in steps)
    assert sum(step for _, step in steps) == round_down(before + sum(counts), block) - round_down(before, block)


def stream(a_day: float, days: int, k: int, *, one_tap: float, seed: int) -> tuple[list[int], list[float]]:
    """Simulate an agency's open round under nightly releases: 16 items, 14 skipped by 8 %, two by 40 %.

    A share `one_tap` of people rates the first item alone. Every 50th response is excluded three days after it came.
    Return the increments of every printed number (n and each item's answers) from night to night and to the final
    table, and the delays in days of those released before the close.
    """
    random = np.random.default_rng(seed)
    skip = np.array([0.08] * 14 + [0.4] * 2)
    waiting: list[tuple[int, np.ndarray]] = []
    live: list[tuple[int, np.ndarray]] = []
    excluded: set[int] = set()
    answers: dict[int, np.ndarray] = {}
    increments: list[int] = []
    delays: list[float] = []
    shown = np.zeros(17, dtype=int)
    number = 0
    for day in range(days):
        for _ in range(random.poisson(a_day)):
            row = random.random(16) >= skip
            if random.random() < one_tap:
                row = np.arange(16) == 0
            if row.any():
                waiting.append((number, row))
                answers[number] = row
                number += 1
        excluded |= {one for one in answers if one % 50 == 0 and one < number - 3 * a_day}
        waiting = [one for one in waiting if one[0] not in excluded]
        leaving = [row for one, row in live if one in excluded]
        if leaving and withdrawable(np.array(leaving), k):
            live = [one for one in live if one[0] not in excluded]
        else:
            count = releasable(np.array([row for _, row in waiting]).reshape(-1, 16), k)
            delays += [day - one[0] / max(a_day, 1e-9) for one in waiting[:count]]
            live, waiting = live + waiting[:count], waiting[count:]
        now = np.array([len(live), *(np.array([row for _, row in live]).reshape(-1, 16).sum(axis=0))])
        increments += (now - shown).tolist()
        shown = now
    final = [row for one, row in answers.items() if one not in excluded]
    last = np.array([len(final), *(np.array(final).reshape(-1, 16).sum(axis=0))])
    entering = [row for one, row in waiting]
    leaving = [row for one, row in live if one in excluded]
    steps = [np.array([len(rows), *np.array(rows).reshape(-1, 16).sum(axis=0)]) for rows in (entering, leaving)]
    assert ((shown + steps[0] - steps[1]) == last).all()
    return [*increments, *steps[0].tolist()] if live else increments, delays


@pytest.mark.parametrize("a_day", [2, 5, 20, 40])
@pytest.mark.parametrize("one_tap", [0.0, 0.3])
def test_nobody_is_exposed_in_sixty_days(a_day: float, one_tap: float) -> None:
    """Every step of n and of each item is 0, at least 5, or (exclusions) at most -5; the close is a step as well."""
    for seed in range(3):
        increments, _delays = stream(a_day, 60, 5, one_tap=one_tap, seed=seed)
        assert [step for step in increments if -5 < step < 5 and step != 0] == []


def test_the_rule_that_looks_at_n_alone_exposes_people() -> None:
    """The attack: with five new responses released at once, items that people skip move by one to four answers."""
    random = np.random.default_rng(0)
    rows = random.random((60, 16)) >= np.array([0.08] * 14 + [0.4] * 2)
    steps = [rows[start : start + 5].sum(axis=0) for start in range(0, 60, 5)]
    assert sum(0 < n < 5 for step in steps for n in step) > 20
