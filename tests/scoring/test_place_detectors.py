"""Detectors of places, each on arrays small enough to be worked out by hand (the sums stand in the comments)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scoring.detectors import LIMITS, Earlier, PlaceRows, detect, open_days
from scoring.detectors.change import index_change, rate_change
from scoring.detectors.channels import contrast, contrasts
from scoring.detectors.hours import closed_run
from scoring.detectors.rows import IMPORT, KIOSK, PAPER, QR, RECEIPT, centred, distance
from scoring.detectors.unlike import Shape, Usual, features, learn_features, learn_shape, misshapen, shape, unlike
from scoring.detectors.volume import WeeklySums, busy_run, expected_answers, expected_band, season, weekly_sums
from scoring.detectors.windows import Runs
from scoring.funnel import robust_spread
from scoring.scheme import DataError

WEEKS = 12
WORKDAYS = np.arange(7 * WEEKS) % 7 < 5
LEVEL = {0: 1, 25: 2, 50: 3, 75: 4, 100: 5}


def rows(agencies: int = 1, **columns: Any) -> PlaceRows:
    """Rows of 10 main items and 2 of a block, all answered with the level of `score`."""
    n = len(columns["day"])
    score = np.broadcast_to(columns.pop("score", 75), n)
    items = np.repeat(np.array([[LEVEL[int(s)]] for s in score], np.int8), 12, axis=1)
    given: dict[str, Any] = {
        "agency": np.zeros(n, int),
        "open": np.ones(n, bool),
        "channel": np.full(n, QR),
        "items": items,
        "main": np.arange(12) < 10,
        "respondent": np.ones((n, 2), np.int8),
        "duration": np.full(n, 100.0),
        "open_days": WORKDAYS,
    }
    return PlaceRows(agencies=agencies, **(given | columns))


def test_the_robust_spread_is_that_of_the_median_distance() -> None:
    # distances from the median 4: 3 2 1 0 1 2 96, their median 2; 2 / sqrt(4 + tau²) = .6745 gives tau² = 4.792
    centre, tau = robust_spread([1, 2, 3, 4, 5, 6, 100, np.nan], [2] * 8)
    assert (centre, tau) == (4.0, pytest.approx(2.1891, abs=1e-4))
    assert robust_spread([1, 2, 3, 4, 5, 6, 100], [3] * 7)[1] == 0  # 2 / 3 is below .6745
    with pytest.raises(DataError, match="at least one"):
        robust_spread([np.nan], [1])


def test_a_funnel_needs_twenty_agencies_a_contrast_eight() -> None:
    few = (np.arange(19.0), np.ones(19))
    assert np.isnan(centred(few)).all()
    assert distance(few, centred(few)).tolist() == [0] * 19
    assert centred((np.arange(20.0), np.ones(20)))[0] == 9.5
    assert centred((np.arange(7.0), np.ones(7)), (0, 2)) == (0, 2)
    assert centred((np.arange(8.0), np.ones(8)), (0, 2))[0] == 3.5
    # (5 - 1) / sqrt(3² + 4²)
    assert distance((np.array([5.0, np.nan]), np.array([3.0, 3.0])), (1.0, 4.0)).tolist() == [0.8, 0]


def test_a_day_on_which_the_province_is_silent_is_a_holiday() -> None:
    days = np.tile(np.flatnonzero(WORKDAYS), 8)  # eight agencies answer on every workday
    agency = np.repeat(np.arange(8), WORKDAYS.sum())
    keep = days != 9  # but for a Wednesday, on which one is stuffed and a quarter of eight are needed
    agency, days = np.r_[agency[keep], np.zeros(50, int)], np.r_[days[keep], np.full(50, 9)]
    found = open_days(agency, days, WORKDAYS)
    assert np.flatnonzero(WORKDAYS & ~found).tolist() == [9]
    both = open_days(np.r_[agency, 1], np.r_[days, 9], WORKDAYS)
    assert both.tolist() == WORKDAYS.tolist()
    assert not found[5]  # a Saturday nobody is scheduled for


def test_a_run_of_closed_hours_stands_out_of_the_own_weeks() -> None:
    # one answer a week outside of hours, ten in weeks 4 and 5: median 1, .4 mean = .4 × 30 / 12 = 1
    weekly = np.array([1, 1, 1, 1, 10, 10, 1, 1, 1, 1, 1, 1])
    given = rows(day=np.repeat(7 * np.arange(WEEKS), weekly), open=np.zeros(weekly.sum(), bool))
    run = closed_run(given)
    # two weeks: (20 - 2) / sqrt(2 + .5 × 2 + 1) = 9; one week: 9 / sqrt(2.5); three: 18 / sqrt(5.5)
    assert (run.value[0], run.begin[0], run.end[0]) == (pytest.approx(9.0), 4, 6)
    assert (run.seen[0], run.expected[0]) == (20, 2)
    paper = rows(day=given.day, open=given.open, channel=np.full(len(given.day), PAPER))
    assert closed_run(paper).value[0] == 0  # paper is typed in whenever there is time


def test_runs_leave_six_weeks_outside() -> None:
    longest = {weeks: int((Runs.of(weeks).end - Runs.of(weeks).begin).max(initial=0)) for weeks in (1, 4, 12, 26, 40)}
    assert longest == {1: 0, 4: 2, 12: 6, 26: 20, 40: 20}
    assert Runs.of(4).sums(np.array([[1.0, 2, 4, 8]])).tolist() == [[1, 3, 2, 6, 4, 12, 8]]


def test_a_busy_run_multiplies_volume_and_index() -> None:
    # eight answers of 50 on each Monday, in weeks 5 and 6 24 of 100
    weekly = np.where(np.isin(np.arange(WEEKS), [5, 6]), 24, 8)
    score = np.repeat(np.where(weekly > 8, 100, 50), weekly)
    sums = weekly_sums(rows(day=np.repeat(7 * np.arange(WEEKS), weekly), score=score))
    # median rate 8 / 5 a day is above half the mean, 128 / 60 / 2: E = 8 a week, but for its season of 1
    even = np.ones(WEEKS)
    assert expected_answers(sums, even)[0] == pytest.approx(np.full(WEEKS, 8.0))
    run = busy_run(sums, even)
    # z_v = 32 / sqrt(16 + .32 × 128 + 1) = 4.2033
    # z_i = 50 / sqrt(400 (1/48 + 1/80) + (12.25 + 2.25) (2 × 576 / 48² + 10 × 64 / 80²) + 4) = 50 / 5.1023 = 9.7995
    assert (run.begin[0], run.end[0], run.seen[0], run.expected[0]) == (5, 7, 48, 16)
    assert run.value[0] == pytest.approx(np.sqrt(4.2033 * 9.7995), abs=1e-3)
    calm = weekly_sums(rows(day=np.repeat(7 * np.arange(WEEKS), weekly)))  # a campaign: more of the same
    assert busy_run(calm, even).value[0] == 0


def test_the_season_is_the_median_of_the_agencies_and_holidays_have_none() -> None:
    n = np.array([[10.0, 20, 10, 0], [10, 20, 10, 0], [50, 10, 10, 0]])
    sums = WeeklySums(n, n, 75 * n, n**2, np.array([5.0, 5, 5, 0]))
    # of the round's rate: 10 / 40 × 3 = .75 twice, 50 / 70 × 3 = 2.14; 1.5, 1.5, .43; .75, .75, .43
    assert season(sums) == pytest.approx([0.75, 1.5, 0.75, 1.0])


def test_channels_are_compared_where_both_have_five() -> None:
    channel = np.repeat([QR, KIOSK, RECEIPT, PAPER, IMPORT], [10, 10, 10, 4, 5])
    score = np.where(channel == RECEIPT, 100, 75)
    given = rows(day=np.zeros(39, int), channel=channel, score=score)
    found = contrasts(given)
    # receipts less QR and kiosk: 25 points, 20 sqrt(1.3 / 10 + 1.3 / 20) = 8.832
    assert (found["receipt_wall"][0][0], found["receipt_wall"][1][0]) == (25, pytest.approx(8.8318, abs=1e-4))
    assert np.isnan(found["paper_live"][0][0])
    # imports 75, live (20 × 75 + 10 × 100) / 30
    assert found["import_live"][0][0] == pytest.approx(75 - 2500 / 30)
    assert np.isnan(contrast(given, channel == KIOSK, ~given.open)[0][0])
    # 9 of 39 brought in: log(9.5 / 30.5), sqrt(1 / 9.5 + 1 / 30.5)
    share, error = given.share(channel >= PAPER)
    assert (share[0], error[0]) == (pytest.approx(-1.1664, abs=1e-4), pytest.approx(0.3716, abs=1e-4))


def test_features_are_those_of_the_forms() -> None:
    items = np.full((6, 12), 5, np.int8)
    items[1, 0], items[2, 3], items[3, 10:], items[4, :5] = 0, -1, 0, 3
    respondent = np.array([[1, 0]] * 4 + [[2, 0]] * 2, np.int8)
    found = features(rows(day=np.zeros(6, int), items=items, respondent=respondent))
    x = {name: float(7 / (1 + np.exp(-value[0][0])) - 0.5) for name, value in found.items()}  # undo the log odds of six
    counts = {"complete": 4, "do_not_know": 1, "straight_line": 3, "block_blank": 1, "skipped_0": 0, "first_0": 4}
    assert {name: round(x[name], 6) for name in counts} == counts
    assert (round(x["skipped_1"], 6), round(x["first_1"], 6)) == (6, 0)
    # five of six spread nothing at a mean of 5, where nothing is usual; the other 1 at a mean of 4, where .55 is
    assert found["spread"][0][0] == pytest.approx((1 - 0.55) / 6)
    # a hundred seconds for 13, 12, 13, 11, 13 and 13 questions answered
    assert found["duration"][0][0] == pytest.approx(np.log(100) - np.log([13, 12, 13, 11, 13, 13]).mean())
    assert len(found) == 4 + 4 + 3


def test_forms_sent_after_one_tap_or_early_change_no_feature() -> None:
    """Six forms gone through, then four with the overall question alone and two sent after 5 of 10 main items."""
    items = np.full((12, 12), 5, np.int8)
    items[1, 0], items[2, 3], items[3, 10:], items[4, :5] = 0, -1, 0, 3
    items[6:10], items[10:, 5:] = 0, 0
    respondent = np.array([[1, 0]] * 4 + [[2, 0]] * 2 + [[0, 0]] * 6, np.int8)
    duration = np.r_[np.full(6, 100.0), np.full(6, 4.0)]
    every = rows(day=np.zeros(12, int), items=items, respondent=respondent, duration=duration)
    through = rows(day=np.zeros(6, int), items=items[:6], respondent=respondent[:6])
    for name, (value, error) in features(through).items():
        assert features(every)[name] == (pytest.approx(value), pytest.approx(error)), name
    # whoever rated nothing stands at no end of the scores: of eight scored, all but one have 100
    assert shape(every).ends["highest"][0][0] == pytest.approx(np.log(7.5 / 1.5))


def test_strange_in_a_combination_is_farther_than_each_by_itself() -> None:
    usual = Usual({"a": (0.0, 0.0), "b": (0.0, 0.0)}, np.eye(2))
    ones = np.ones(1)
    assert unlike({"a": (3 * ones, ones), "b": (4 * ones, ones)}, usual)[0] == 5
    assert Usual(dict.fromkeys(map(str, range(17)), (0.0, 1.0)), np.eye(17)).limit == pytest.approx(8.0)
    assert 5 < usual.limit < 8
    # two features that always go together (correlation 1, kept .8): the inverse of [[1, .8], [.8, 1]] is
    # [[1, -.8], [-.8, 1]] / .36, so that (2, -2) is sqrt(2 × 4 × 1.8 / .36) = 6.32 away, (2, 2) only sqrt(8 × .2 / .36)
    values = np.tile([-1.0, 1.0], 20)
    learnt = learn_features({"a": (values, np.full(40, 9.0)), "b": (values, np.full(40, 9.0))})
    pair = {"a": (np.array([18.0, 18]), np.full(2, 9.0)), "b": (np.array([18.0, -18]), np.full(2, 9.0))}
    assert unlike(pair, learnt) == pytest.approx([2.10819, 6.32456], abs=1e-5)


def test_too_many_at_an_end_for_the_middle_stand_out() -> None:
    middle = np.linspace(70, 90, 30)
    line = -2 + 0.1 * (middle - 80)
    bent = line.copy()
    bent[7] += 2
    errors = np.full(30, 0.2)
    straight = (line, errors)
    given = Shape(middle, {"high": (bent, errors), "low": straight, "highest": straight})
    value = misshapen(given, learn_shape(given))
    # 2 / (.2 sqrt(1.3)) = 8.771
    assert value[7] == pytest.approx(8.7706, abs=1e-3)
    assert np.delete(value, 7).max() < 1e-3
    few = Shape(middle[:5], {name: (y[:5], s[:5]) for name, (y, s) in given.ends.items()})
    assert misshapen(few, learn_shape(few)).tolist() == [0] * 5


def test_the_middle_half_is_by_rank() -> None:
    given = rows(day=np.zeros(8, int), score=[0, 0, 50, 75, 75, 100, 100, 100])
    found = shape(given)
    assert found.middle[0] == 75  # ranks 2 to 5: 50, 75, 75, 100
    # three of eight at either end
    assert [found.ends[end][0][0] for end in ("high", "low")] == pytest.approx([np.log(3.5 / 5.5)] * 2)


def test_the_last_round_is_compared_by_rate_and_index() -> None:
    given = rows(day=np.zeros(100, int), score=100)
    earlier = Earlier(*(np.array([value]) for value in (50.0, 90.0, 1000.0, 2000.0)))
    rate, error = rate_change(given, earlier)
    # log(100.5 / 2000) - log(50.5 / 1000), and sqrt(1 / 100.5 + 1 / 50.5)
    assert (rate[0], error[0]) == (pytest.approx(-0.00496, abs=1e-5), pytest.approx(0.17248, abs=1e-5))
    moved, of = index_change(given, earlier)
    assert (moved[0], of[0]) == (10, pytest.approx(20 * np.sqrt(0.03)))
    unknown = Earlier(*(np.array([value]) for value in (50.0, 90.0, np.nan, 2000.0)))
    assert np.isnan(rate_change(given, unknown)[0][0])


def province(agencies: int, extra: int = 0) -> PlaceRows:
    """Agencies with ten answers a week, one of them at home; `extra` answers of 100 in a night of week 8 at one."""
    rng = np.random.default_rng(4)
    n = agencies * WEEKS * 10
    agency = np.r_[np.repeat(np.arange(agencies), WEEKS * 10), np.zeros(extra, int)]
    day = np.r_[np.tile(np.repeat(7 * np.arange(WEEKS), 10) + np.tile(np.arange(10) % 5, WEEKS), agencies)]
    day = np.r_[day, np.full(extra, 57)]
    opened = np.r_[np.arange(n) % 10 > 0, np.zeros(extra, bool)]
    score = np.r_[rng.choice([50, 75, 100], n), np.full(extra, 100)]
    return rows(agencies, agency=agency, day=day, open=opened, score=score)


def test_a_place_is_looked_at_by_all_checks_and_told_by_the_strongest() -> None:
    honest = detect(province(24))
    assert not honest.flagged.any()
    assert honest.looked_at.all()
    assert set(honest.values) == set(LIMITS) - {"last_round"}
    assert repr(honest) == "Findings of 24 agencies, 0 of them to look at"
    stuffed = detect(province(24, extra=40))
    assert np.flatnonzero(stuffed.flagged).tolist() == [0]
    # 41 where .4 of the mean 52 / 12, 1.733, is expected: 39.267 / sqrt(1.733 + .5 × 1.733² + 1)
    assert {"closed_run", "closed_share"} <= set(stuffed.exceeded(0))
    assert stuffed.values["closed_run"][0] == pytest.approx(19.08, abs=1e-2)
    assert (stuffed.closed_run.begin[0], stuffed.closed_run.end[0]) == (8, 9)
    assert stuffed.exceeded(1) == []
    few = detect(province(5, extra=40))
    assert few.values["closed_share"].tolist() == [0] * 5
    assert few.exceeded(0)[0] == "closed_run"  # its own weeks need no other agency


def test_a_small_agency_is_not_looked_at() -> None:
    given = rows(2, agency=np.r_[np.zeros(19, int), np.ones(20, int)], day=np.r_[np.full(19, 5), np.full(20, 5)])
    given = rows(2, agency=given.agency, day=given.day, open=np.zeros(39, bool))
    found = detect(given)
    assert found.looked_at.tolist() == [False, True]
    assert found.exceeded(0) == []


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="outside"):
        rows(day=np.array([7 * WEEKS]))
    with pytest.raises(DataError, match="not there"):
        rows(day=np.array([0]), agency=np.array([1]))
    with pytest.raises(DataError, match="a row for each"):
        rows(day=np.array([0]), duration=np.ones(2))


def test_nineteen_of_twenty_weeks_lie_in_the_band_around_what_is_expected() -> None:
    """By hand: 1.96 √(100 + 0.38² · 100² + 1) = 77.04 around a hundred; around nothing √1."""
    low, high = expected_band(np.array([0.0, 100.0]))
    assert low.tolist() == pytest.approx([0.0, 22.96], abs=0.01)
    assert high.tolist() == pytest.approx([1.96, 177.04], abs=0.01)
