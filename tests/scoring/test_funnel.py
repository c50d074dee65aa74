"""Funnels: R's FunnelPlotR, bands by hand, small agencies, case mix, and who may be among the best."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scoring.funnel import common_errors, effective_answers, expected_by_mix, mean_funnel, share_funnel
from scoring.ranks import rank_ranges
from scoring.scheme import DataError

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_a_funnel_of_shares_is_that_of_r() -> None:
    given = pd.read_csv(FIXTURES / "r_funnel.csv", skipinitialspace=True)
    found = share_funnel(100 * given["satisfied"] / given["n"], given["n"])
    assert found.dispersion == pytest.approx(given["phi"][0], rel=1e-12)
    frame = found.to_frame()
    for column in ("lo", "hi", "outer_lo", "outer_hi"):
        # R prints quantiles of six digits
        np.testing.assert_allclose(frame[column], 100 * given[column], rtol=1e-6)
    spread = np.sqrt(1 + 4 * given["n"] * given["tau2"])
    np.testing.assert_allclose(frame["z"], given["z"] / spread, rtol=1e-9)


HEARTS = {
    "Bristol": (143, 41), "Leicester": (187, 25), "Leeds": (323, 24), "Oxford": (122, 23), "Guys": (164, 25),
    "Liverpool": (405, 42), "Southampton": (239, 24), "Great Ormond St": (482, 53), "Newcastle": (195, 26),
    "Harefield": (177, 25), "Birmingham": (581, 58), "Brompton": (301, 31),
}  # fmt: skip
"""Children's heart surgery in twelve English hospitals, 1991-1995: operations, deaths within thirty days. Spiegelhalter
(2019), The Art of Statistics, fig. 2.5; his file 02-5-child-heart-surgery-1991-x.csv."""


def test_of_the_hospitals_of_the_bristol_inquiry_bristol_alone_is_worse_than_expected() -> None:
    """By hand from eqs. 3-5 of Spiegelhalter (2005): 397 of 3,319 died; 24 of 323 in Leeds."""
    operations, deaths = np.array(list(HEARTS.values()), dtype=float).T
    found = share_funnel(100 * (operations - deaths) / operations, operations)
    assert found.centre == pytest.approx(100 * (3319 - 397) / 3319)
    bands = dict(zip(HEARTS, found.band, strict=True))
    assert (bands.pop("Bristol"), bands.pop("Leeds"), set(bands.values())) == ("worse", "better", {"expected"})
    distance = (np.arcsin(np.sqrt(1 - deaths / operations)) - np.arcsin(np.sqrt(1 - 397 / 3319))) * 2 * operations**0.5
    assert distance[0] < -5  # without the spread between hospitals
    ordered = np.sort(distance)
    # type 7 quantiles of twelve at .1 and .9: 1.1 and 9.9 places from the first
    low, high = ordered[1] + 0.1 * (ordered[2] - ordered[1]), ordered[9] + 0.9 * (ordered[10] - ordered[9])
    phi = np.mean(np.minimum(np.maximum(distance, low), high) ** 2)
    weight = 4 * operations
    tau2 = (12 * phi - 11) / (weight.sum() - (weight**2).sum() / weight.sum())
    assert found.dispersion == pytest.approx(phi)
    np.testing.assert_allclose(found.z, distance / np.sqrt(1 + weight * max(tau2, 0)))


def test_without_spread_between_agencies_limits_are_those_of_chance() -> None:
    """By hand: three agencies at 80, 80, 86 of 100 answers, around 82; asin scale, s = 1 / 20."""
    found = share_funnel([80, 80, 86], [100, 100, 100])
    assert found.centre == pytest.approx(82)
    middle = np.arcsin(np.sqrt(0.82))
    low, high = found.limits([100], 0.95)
    assert low[0] == pytest.approx(100 * np.sin(middle - 1.959963985 / 20) ** 2)
    assert high[0] == pytest.approx(100 * np.sin(middle + 1.959963985 / 20) ** 2)
    assert found.band == ["expected"] * 3


def test_a_commune_of_forty_is_as_expected_where_a_city_is_not() -> None:
    shares, sizes = [80.0] * 12 + [70.0, 70.0], [400] * 12 + [40, 4000]
    found = share_funnel(shares, sizes, centre=80)
    assert found.band[-2:] == ["expected", "worse"]
    assert found.z[-1] < found.z[-2]


def test_two_outliers_do_not_excuse_themselves() -> None:
    """Thirty agencies as chance makes them, one far off: winsorising keeps the spread between the others at nothing."""
    steady = 80 + 2 * np.tile([-1.0, 0.0, 1.0], 10)
    found = share_funnel([*steady, 55.0], [400] * 31, centre=80)
    assert found.dispersion < 1
    assert found.band[-1] == "worse"


def test_means_of_any_scale() -> None:
    found = mean_funnel([4.0, 4.1, 3.0], [0.1, 0.1, 0.1], centre=4.0)
    assert found.band == ["expected", "expected", "expected"]  # of three, the spread between them explains it
    many = mean_funnel([4.0, 4.1] * 10 + [3.0], [0.1] * 21, centre=4.0)
    assert many.band[-1] == "worse"
    assert many.band.count("worse") == 1
    low, high = many.limits([100.0], 0.95)
    assert (low[0], high[0]) == pytest.approx((4 - 0.1959964, 4 + 0.1959964))


def test_an_agency_with_the_hard_service_is_expected_to_be_lower() -> None:
    """Land 60 %, papers 90 % everywhere: who does land alone is expected at 60."""
    expected = expected_by_mix([[60, 0], [0, 90], [30, 45]], [[100, 0], [0, 100], [50, 50]])
    np.testing.assert_allclose(expected, [60, 90, 75])
    assert np.isnan(expected_by_mix([[1, 1], [0, 0]], [[2, 2], [0, 0]])[1])


@pytest.mark.parametrize(
    "call",
    [
        lambda: share_funnel([80], [0]),
        lambda: share_funnel([180], [10]),
        lambda: mean_funnel([1.0], [0.0]),
        lambda: expected_by_mix([1, 2], [3, 4]),
    ],
)
def test_what_is_no_funnel_is_refused(call) -> None:
    with pytest.raises(DataError):
        call()


def test_who_may_be_among_the_best_is_who_csranks_says() -> None:
    agencies = pd.read_csv(FIXTURES / "r_sipas_agencies.csv")
    sets = pd.read_csv(FIXTURES / "r_taubest.csv")
    for stepdown in (True, False):
        found = rank_ranges(agencies["estimate"], agencies["se"] ** 2, seed=1, stepdown=stepdown)
        for k in range(1, 7):
            wanted = sets[(sets["tau"] == k) & (sets["stepdown"] == stepdown)].set_index("agency")
            assert found.may_be_best(k).tolist() == wanted["may_be_best"].loc[agencies["agency"]].tolist()
            assert found.may_be_worst(k).tolist() == wanted["may_be_worst"].loc[agencies["agency"]].tolist()


def test_effective_answers_and_common_errors_follow_what_firm_agencies_have_together() -> None:
    """By hand: 100 of variance 50 and 400 of 12.5 at 50 % have twice the variance of chance (25, 6.25)."""
    found = effective_answers([50, 50, 50], [50, 12.5, 900], [100, 400, 10])
    np.testing.assert_allclose(found, [50, 200, 5])  # ten respondents lend nothing
    np.testing.assert_allclose(common_errors([50, 12.5, 900], [100, 400, 10]) ** 2, [50, 12.5, 500])
    assert np.isnan(effective_answers([50], [50], [10])).all()
    assert np.isnan(common_errors([50], [10])).all()


def test_a_funnel_says_in_a_line_what_it_holds() -> None:
    """(80 + 80 + 86) / 3 = 82; with a hundred people each a standard error is 3.8 points."""
    assert repr(share_funnel([80, 80, 86], [100, 100, 100])) == "Funnel of 3 around 82.00: 0 better, 0 worse"
