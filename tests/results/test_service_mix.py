"""What is expected of agencies by their services, worked out by hand from printed figures."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from scoring.scheme import Rules
from survey.results.expected import League, leagues
from survey.results.funnel_chart import HEIGHT, TOP, funnel_chart

LAND, PAPERS = 60.0, 90.0
"""What every agency reaches in land, which is hard, and in papers, which are easy."""
MIX = {"a": 0.0, "b": 0.25, "c": 0.25, "d": 0.5, "e": 0.5, "f": 0.75, "all-land": 1.0, "bad": 0.0}
"""The share of land in the transactions of each; `bad` has papers alone, and reaches 70 there."""


def row(agency: str, service: str, n: float, index: float, population: float = math.nan) -> dict[str, Any]:
    return {
        "agency": agency, "service": service, "level": "overall", "key": "all", "index": index, "n": n,
        "population": population, "coverage": 100.0, "status": "ok" if math.isfinite(index) else "suppressed",
        "se_test": math.sqrt(index * (100 - index) / n), "bounded": False,
    }  # fmt: skip


def standings(rows: list[dict[str, Any]], **rules: Any) -> League:
    table = pd.DataFrame(rows)
    made: Any = SimpleNamespace(
        table=table, tested=table, rules=Rules(**rules), leagues={}, round=SimpleNamespace(code="r1")
    )
    (league,) = leagues(made)
    return league


def province(*, known: bool = True) -> list[dict[str, Any]]:
    """Eight agencies of 400 respondents and 1000 transactions, by service as `MIX` says."""
    rows = []
    for agency, land in MIX.items():
        papers = 70.0 if agency == "bad" else PAPERS
        rows.append(row(agency, "", 400, land * LAND + (1 - land) * papers, 1000 if known else math.nan))
        for service, share, index in (("land", land, LAND), ("papers", 1 - land, papers)):
            if share:
                rows.append(row(agency, service, 400 * share, index, 1000 * share if known else math.nan))
    return rows


@pytest.mark.parametrize("known", [True, False])
def test_who_has_the_hard_service_is_not_blamed_for_it(known: bool) -> None:
    """By hand: land is shown by six agencies and reaches 60 in each. Papers: shares 1, .75, .75, .5, .5, .25, 1 = 4.75.

    They reach (3.75 · 90 + 1 · 70) / 4.75 = 85.789. So `all-land` is expected at 60 and reaches 60; `bad` at 85.789 and
    reaches 70. All together: (90 + 2 · 82.5 + 2 · 75 + 67.5 + 60 + 70) / 8 = 75.3125. Adjusted: 75.31 for `all-land`,
    70 - 85.789 + 75.3125 = 59.523 for `bad`. Without transactions by service the respondents tell the mix.
    """
    league = standings(province(known=known))
    assert league.by_services
    assert league.centre == pytest.approx(75.3125)
    one = {standing.agency: standing for standing in league.standings}
    assert one["all-land"].expected == pytest.approx(60)
    assert one["all-land"].adjusted == pytest.approx(75.3125)
    assert one["bad"].expected == pytest.approx(85.7895, abs=5e-5)
    assert one["bad"].adjusted == pytest.approx(59.523, abs=5e-4)
    assert one["d"].expected == pytest.approx((60 + 85.7895) / 2, abs=5e-5)
    assert {agency: s.band for agency, s in one.items() if s.band != "expected"} == {"bad": "worse"}
    assert one["bad"].lo <= one["bad"].expected <= one["bad"].hi
    assert one["bad"].index < one["bad"].lo
    chart = funnel_chart(league, league.standings)
    at = {mark.standing.agency: mark.y for mark in chart.marks}
    assert at["all-land"] == chart.centre_y
    share = (chart.most - 59.5230) / (chart.most - chart.least)
    assert at["bad"] == pytest.approx(TOP + HEIGHT * share, abs=0.01)


def test_older_rounds_expect_the_same_of_all() -> None:
    league = standings(province(), expected_by="none")
    assert not league.by_services
    assert {standing.expected for standing in league.standings} == {league.centre}
    assert all(standing.adjusted == standing.index for standing in league.standings)


def test_hidden_services_and_those_of_few_are_one_rest_made_of_printed_figures() -> None:
    """Five agencies show papers (half of each, 90); the other half is hidden at three, and rare services at two.

    The rest of each, by hand: 2 · (index - 45) = 50, 60, 70, 80, 40, whatever its rows say; together 60. So all are
    expected at (90 + 60) / 2 = 75. A sixth has only a service of its own at 99: it is rest as well, (2.5 · 60 + 99) /
    3.5 = 71.1429, and is expected at that; then the others are at (90 + 71.1429) / 2 = 80.5714.
    """
    overall = {"a": 70.0, "b": 75.0, "c": 80.0, "d": 85.0, "e": 65.0}
    rows = [row(agency, "", 400, index, 1000) for agency, index in overall.items()]
    rows += [row(agency, "papers", 200, 90, 500) for agency in overall]
    hidden = [row(agency, service, 3, math.nan, 500) for agency, service in zip("abc", ("x", "y", "x"), strict=True)]
    few = [row("d", "rare", 200, 80, 500), row("e", "seldom", 200, 40, 500)]
    league = standings(rows + hidden + few)
    assert [standing.expected for standing in league.standings] == pytest.approx([75.0] * 5)
    without = standings(rows)
    assert [s.expected for s in without.standings] == [s.expected for s in league.standings]
    sixth = [row("f", "", 400, 99, 1000), row("f", "own", 400, 99, 1000)]
    one = {standing.agency: standing.expected for standing in standings(rows + hidden + few + sixth).standings}
    assert one["f"] == pytest.approx(71.142857)
    assert one["a"] == pytest.approx(80.571429)


def test_where_no_service_is_shared_the_same_is_expected_of_all() -> None:
    rows = [row(a, s, 400, 70 + k, 1000) for k, a in enumerate("abcdef") for s in ("", f"only-{a}")]
    league = standings(rows)
    assert not league.by_services
    assert {standing.expected for standing in league.standings} == {league.centre}
