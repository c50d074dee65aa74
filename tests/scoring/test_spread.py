"""Responses without a service are spread over the services of their agency (decision 6)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from scoring.estimate import estimate
from scoring.moments import moments
from scoring.scheme import Item, Rules, Scheme, figures
from scoring.table import score_table
from scoring.weights import spread_totals, stratified

ONE = Scheme((Item("q", "e"),))
KEYS = pd.DataFrame({"agency": ["A"] * 60 + ["B"] * 20, "service": ["s"] * 20 + ["t"] * 30 + [""] * 10 + ["s"] * 20})
ANSWERS = np.r_[[5] * 10, [1] * 10, [5] * 27, [1] * 3, [5] * 6, [1] * 4, [5] * 15, [1] * 5][:, None]
POPULATION = pd.DataFrame({"agency": ["A", "A", "A", "B"], "service": ["s", "t", "u", "s"], "N": [600, 300, 100, 400]})


def test_weights_by_hand() -> None:
    m = moments(ANSWERS, KEYS, ONE)
    design = stratified(m.keys, m.n, POPULATION, without_service="")
    weight = dict(zip(zip(m.keys["agency"], m.keys["service"], strict=True), design.weight, strict=True))
    # 50 with a service, 10 without: service s has 20 · 1.2 = 24 respondents of 600, t has 36 of 300
    assert weight["A", "s"] == pytest.approx(600 / 24)
    assert weight["A", "t"] == pytest.approx(300 / 36)
    assert weight["A", ""] == pytest.approx((20 / 50) * 600 / 24 + (30 / 50) * 300 / 36) == pytest.approx(900 / 60)
    assert weight["B", "s"] == 20
    assert float(design.weight @ m.n) == pytest.approx(1300)
    # the sampling fractions are those of the respondents with their share of the others; strata in order of their names
    assert_allclose(design.fraction, [10 / 150, 24 / 600, 36 / 300, 20 / 400])
    words = dict(zip(zip(m.keys["agency"], m.keys["service"], strict=True), design.notes, strict=True))
    assert "service_spread" in words["A", "t"]
    assert not words["B", "s"]


def test_the_index_is_that_of_copies_shared_out() -> None:
    """The same figure as if each response without a service stood in every service with its part."""
    m = moments(ANSWERS, KEYS, ONE)
    design = stratified(m.keys, m.n, POPULATION, without_service="")
    found = estimate(m, design, figures(ONE, Rules())[:1], np.where(m.keys["agency"] == "A", 0, -1)).value[0, 0]
    unknown = 0.6
    s, t = (10 + 4 * unknown) / 24, (27 + 6 * unknown) / 36
    assert found == pytest.approx((600 * s + 300 * t) / 900)


def test_one_response_without_a_service_does_not_unweight_its_agency() -> None:
    keys, answers = KEYS.drop(range(51, 60)).reset_index(drop=True), np.delete(ANSWERS, range(51, 60), axis=0)
    tables = [
        score_table(moments(answers, keys, ONE), ONE, POPULATION, Rules(min_n=0), without_service=unknown)
        for unknown in ("", None)
    ]
    spread, before = (t[(t["agency"] == "A") & (t["level"] == "overall")].set_index("service") for t in tables)
    plain = 100 * (600 * 0.5 + 300 * 0.9) / 900
    assert spread.loc["", "index"] == pytest.approx(plain, abs=0.8)
    assert before.loc["", "index"] > plain + 8  # 38 of 51, whatever the services' sizes
    assert "service_spread" in spread.loc["", "warnings"]
    assert "equal_within_agency" in before.loc["", "warnings"]
    assert spread.loc["s", "index"] == 50
    assert (spread.loc["", "coverage"], before.loc["", "coverage"]) == (90, 100)  # nobody answered for u
    assert spread.loc["", "population"] == 1000


def test_another_code_may_stand_for_unknown() -> None:
    keys = KEYS.replace({"service": {"": "?"}})
    m = moments(ANSWERS, keys, ONE)
    design = stratified(m.keys, m.n, POPULATION, without_service="?")
    assert float(design.weight @ m.n) == pytest.approx(1300)


@pytest.mark.parametrize(
    ("labels", "n", "totals"),
    [
        ([("A", "s"), ("A", "")], [5, 2], {}),  # a service without N
        ([("A", "")], [5], {("A", "s"): 9.0}),  # nobody with a service
        ([("A", "s"), ("A", "")], [5, 2], {("A", "s"): 9.0, ("A", ""): 4.0}),  # they have an N of their own
        ([("A", "s"), ("A", "")], [5, 0], {("A", "s"): 9.0}),  # nobody without
    ],
)
def test_where_nothing_can_be_spread_it_is_not(
    labels: list[tuple[str, str]], n: list[int], totals: dict[tuple[str, str], float]
) -> None:
    found, loose = spread_totals(labels, n, totals, ("agency", "service"))
    assert found == totals
    assert not loose


def test_beside_hidden_services_they_are_one_stratum_with_these() -> None:
    """So that no weight tells how many of the hidden responses have no service (decision 6, pooling)."""
    population = pd.DataFrame({"agency": "A", "service": list("stv"), "N": [500, 60, 40]})
    tables = []
    for hidden in (["t"] * 3 + ["v"] * 4 + [""] * 6, ["t"] * 4 + ["v"] * 4 + [""] * 5):  # one moves: nothing changes
        keys = pd.DataFrame({"agency": "A", "service": ["s"] * 50 + hidden})
        answers = np.r_[[5] * 40, [1] * 10, [5] * 6, [1] * 7][:, None]
        table = score_table(moments(answers, keys, ONE), ONE, population, Rules(), without_service="")
        tables.append(table.drop(columns="warnings"))
    row = tables[0].query("agency == 'A' and service == '' and level == 'overall'").iloc[0]
    assert row["index"] == pytest.approx(100 * (500 * 40 / 50 + 100 * 6 / 13) / 600)
    assert set(tables[0].query("agency == 'A' and service == 't'")["status"]) == {"suppressed"}
    pd.testing.assert_frame_equal(*tables)
