"""A probability sample at the counter: who is invited, its index, and how far wall codes select themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.selection import measured
from scoring.scheme import DataError
from scoring.selection import FrameIndex, first_asked, frame_index, pooled_selection, selection, slip_numbers


def frame(n: int, index: float, se: float) -> FrameIndex:
    return FrameIndex(n, index, se, n - 1.0, np.nan, np.nan)


def test_of_every_run_of_tickets_one_gets_a_receipt() -> None:
    numbers = slip_numbers(7, 700, seed=1)
    assert [(number - 1) // 7 for number in numbers] == list(range(100))
    assert numbers == slip_numbers(7, 700, seed=1)  # drawn again by whoever knows the seed
    assert numbers != slip_numbers(7, 700, seed=2)
    assert slip_numbers(1, 3, seed=1) == [1, 2, 3]
    with pytest.raises(DataError):
        slip_numbers(0, 10, seed=1)


def test_every_ticket_has_the_same_chance_also_in_the_last_run() -> None:
    """Of ten tickets by threes each is drawn in a third of 6,000 weeks (sd .61 points): the tenth as well."""
    times = np.zeros(11)
    for seed in range(6000):
        times[slip_numbers(3, 10, seed)] += 1
    assert times[1:] / 6000 == pytest.approx(np.full(10, 1 / 3), abs=4 * 0.0061)


def test_who_is_asked_first_has_the_same_chance_as_anyone() -> None:
    """Of every three who leave each is the first of a third of 6,000 days (sd .61 points), and a day is drawn again."""
    first = [first_asked(3, f"2026-03-{seed}", seed) for seed in range(6000)]
    assert np.bincount(first)[1:] / 6000 == pytest.approx(np.full(3, 1 / 3), abs=4 * 0.0061)
    # printf '1:2026-03-02' | sha256sum | cut -c1-16
    assert first_asked(10, "2026-03-02", 1) == 1 + 0x9D0AD7FD06B5931F % 10
    assert first_asked(1, "2026-03-02", 1) == 1
    with pytest.raises(DataError):
        first_asked(0, "2026-03-02", 1)


def test_the_index_of_a_frame_and_its_band() -> None:
    # 80, 70, 90 on days of their own: the error of a simple mean, 10 / sqrt(3); t of 2 degrees is 4.30265
    one = frame_index([80, 70, 90], ["a", "b", "c"])
    assert (one.n, one.index, one.df) == (3, 80, 2)
    assert one.se == pytest.approx(10 / np.sqrt(3))
    assert (one.lo, one.hi) == (pytest.approx(80 - 4.30265 * 5.7735, abs=1e-3), 100)
    assert frame_index([80, 70, 90], ["a", "b", "c"], band=4).lo == pytest.approx(one.lo - 4)
    # two days, deviations together 75 and -75: sqrt(2 / 1 * 2 * 75^2) / 4 = 37.5
    assert frame_index([100, 100, 0, 50], ["a", "a", "b", "b"]).se == pytest.approx(37.5)
    assert np.isnan(frame_index([100, 50], ["a", "a"]).se)  # one day tells no error
    assert frame_index([], []).n == 0


def test_two_frames_are_compared_by_the_test_of_welch() -> None:
    found = selection(frame(40, 90, 3), frame(11, 84, 4))
    assert found is not None
    welch = stats.ttest_ind_from_stats(90, 3 * np.sqrt(40), 40, 84, 4 * np.sqrt(11), 11, equal_var=False)
    assert (found.difference, found.se) == (6, 5)
    assert found.p == pytest.approx(welch.pvalue)
    df = 25**2 / (81 / 39 + 256 / 10)
    assert found.seen_from == pytest.approx(5 * (stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)))
    assert selection(frame(40, 90, 3), frame(4, 84, 4)) is None  # four people are too few


def test_agencies_with_few_answers_are_told_together() -> None:
    wall = [frame(100, 90, 2), frame(80, 88, 2), frame(50, 95, 1)]
    sample = [frame(100, 84, 2), frame(25, 86, 3), frame(0, np.nan, np.nan)]
    found = pooled_selection(wall, sample, [300, 100, 500])
    assert found is not None
    # 3/4 of 6 and 1/4 of 2; the third agency has no receipt; 9/16 x 8 + 1/16 x 13 = 5.3125
    assert (found.difference, found.agencies) == (5, 2)
    assert found.se == pytest.approx(np.sqrt(5.3125))
    # with three people the second takes the variance of a person of the first, 2^2 x 100 = 400: 400 / 3
    few = pooled_selection(wall[:2], [sample[0], frame(3, 86, np.nan)], [300, 100])
    assert few is not None
    assert few.se == pytest.approx(np.sqrt(9 / 16 * 8 + (4 + 400 / 3) / 16))
    assert pooled_selection(wall[2:], sample[2:], [500]) is None


def test_the_simulation_gives_what_the_method_page_says() -> None:
    """400 of its 4,000 rounds: bounds are three standard errors around the table's figures."""
    got = measured(5, 400)
    assert got["wall"] < 2
    assert got["receipts"] == pytest.approx(84.5, abs=5.5)
    assert got["banded"] > 93


def test_scores_and_clusters_of_other_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="one length"):
        frame_index([100.0, 0.0], ["a"])
