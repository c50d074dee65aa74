"""Leagues and expected ranges: communes are compared with communes, and by as much as their answers can tell."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from scoring.scheme import Rules
from survey.results.comparisons import agency_ranks
from survey.results.expected import leagues, standing_of
from survey.results.funnel_chart import HEIGHT, TOP, funnel_chart

#: 400 respondents each, whose errors are those of 400 independent answers; one far below, one of forty
SHARES = {"a": 80.0, "b": 80.0, "c": 80.0, "d": 80.0, "e": 80.0, "f": 80.0, "low": 60.0, "small": 70.0}
N = dict.fromkeys(SHARES, 400) | {"small": 40}


def results(shares: dict[str, float], n: dict[str, int], of: dict[str, str], **rules: Any) -> Any:
    rows = [
        {"agency": a, "service": "", "level": "overall", "key": "all", "index": p, "n": n[a], "status": "ok",
         "se_test": math.sqrt(p * (100 - p) / n[a]), "bounded": False}
        for a, p in shares.items()
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    return SimpleNamespace(
        table=table, tested=table, rules=Rules(**rules), leagues=of, round=SimpleNamespace(code="r1")
    )


def test_bands_follow_the_published_formulas() -> None:
    """By hand (Spiegelhalter 2005): errors of asin √p are 1 / (2 √400) = .025 and 1 / (2 √40) = .0791.

    The centre is Σ n p / Σ n = (6 · 400 · 80 + 400 · 60 + 40 · 70) / 2840 = 77.04; asin √.7704 = 1.0711. Distances:
    80 %: (1.1071 - 1.0711) / .025 = 1.44 (six times), 60 %: (.8861 - 1.0711) / .025 = -7.40, 70 % of forty: (.9912 -
    1.0711) / .0791 = -1.01. Sorted -7.40, -1.01, 1.44, ...: the tenth at the low end begins at .7 of the way from
    -7.40 to -1.01, -2.93. φ = (2.93² + 1.01² + 6 · 1.44²) / 8 = 2.76. w = 4n: Σw = 11360, Σw² = 17945600; τ² =
    (8 · 2.76 - 7) / (11360 - 1580) = .00154. z of 60 %: -.1850 / √(.000625 + .00154) = -3.98; of 80 %: .77; of forty:
    -.0799 / √(.00625 + .00154) = -.91. So one is worse than expected, and forty answers at 70 % are as expected.
    """
    (league,) = leagues(results(SHARES, N, {}))
    assert league.centre == pytest.approx(77.04, abs=0.005)
    assert league.dispersion == pytest.approx(2.76, abs=0.01)
    assert {one.agency for one in league.standings if one.band == "worse"} == {"low"}
    assert league.count("better") == 0
    found = standing_of([league], "small")
    assert found is not None
    # ends of the range of forty: sin²(1.0711 ± 1.96 · √(.00625 + .00154)) = sin²(.8981) and sin²(1.2441)
    assert (found[1].lo, found[1].hi) == (pytest.approx(61.2, abs=0.1), pytest.approx(89.7, abs=0.1))
    assert found[1].band == "expected"


def test_ranks_and_ranges_stay_within_a_kind_of_agency() -> None:
    """A department of 99 % is first among departments and moves nothing among communes; one of its kind has no rank."""
    of = dict.fromkeys(SHARES, "commune") | {"s1": "department", "s2": "department", "centre": "centre"}
    shares = SHARES | {"s1": 99.0, "s2": 50.0, "centre": 90.0}
    both = results(shares, N | dict.fromkeys(("s1", "s2", "centre"), 400), of)
    ranks = agency_ranks(both).set_index("agency")
    assert list(dict.fromkeys(ranks["league"])) == ["department", "commune", "centre"]
    assert (ranks.loc["s1", "low"], ranks.loc["s1", "high"], ranks.loc["s2", "low"]) == (1, 1, 2)
    assert ranks.loc["a", "low"] == 1
    assert ranks.loc["low", "low"] == 7  # six are surely above it; forty answers at 70 % cannot be told from it
    assert (ranks.loc["centre", "status"], ranks.loc["centre", "group"]) == ("alone", "")
    assert pd.isna(ranks.loc["centre", "rank"])
    assert [one.code for one in leagues(both)] == ["commune"]  # two departments tell no spread
    alone = leagues(results(SHARES, N, {}))[0]
    assert [(s.agency, s.band, s.lo) for s in leagues(both)[0].standings] == [
        (s.agency, s.band, s.lo) for s in alone.standings
    ]
    assert (alone.k, set(alone.may_be_worst)) == (1, {"low", "small"})
    assert set(alone.may_be_best) == {"a", "b", "c", "d", "e", "f", "small"}


def test_without_firm_errors_nothing_is_expected() -> None:
    """Agencies of 20 respondents lend no design effect, and a hidden one is not among them."""
    assert leagues(results(SHARES, dict.fromkeys(SHARES, 20), {})) == []
    few = {agency: SHARES[agency] for agency in "abcd"}
    assert leagues(results(few | {"x": math.nan}, N | {"x": 3}, {})) == []


def test_the_picture_has_each_agency_at_its_place() -> None:
    (league,) = leagues(results(SHARES, N, {}))
    chart = funnel_chart(league, league.standings, target=86.0)
    assert (chart.least, chart.most) == (55, 95)  # around 60 %, and the 91 that the range reaches
    at = {mark.standing.agency: mark for mark in chart.marks}
    assert at["a"].y == TOP + HEIGHT * 15 / 40
    assert at["low"].y == TOP + HEIGHT * 35 / 40
    assert chart.target_y == TOP + HEIGHT * 9 / 40
    assert at["small"].x < at["a"].x == at["low"].x
    assert [mark.standing.agency for mark in chart.outside] == ["low"]
