"""Calibration: figures equal to R's `rake` and `postStratify`, and what is said of how it went, by hand."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import raking
from scoring.calibration import BALANCE, Calibration, EmptyCategoryError, MarginTotals, calibrate, r_indicator
from scoring.moments import Moments, moments, read_answers
from scoring.scheme import DataError, Item, Rules, Scheme
from scoring.table import score_table
from scoring.weights import stratified

HERE = Path(__file__).parent.parent / "fixtures"
KEYS = ["agency", "service", "gender", "age", "timeliness"]


@cache
def data() -> tuple[Moments, pd.DataFrame]:
    rows = pd.read_csv(HERE / "calibration_responses.csv", dtype=str, keep_default_na=False)
    scheme = Scheme(tuple(Item(code, "e") for code in rows.columns[len(KEYS) :]))
    answers = rows.drop(columns=KEYS).replace("", np.nan).astype(float)
    found = moments(read_answers(answers, scheme), rows[KEYS], scheme).rated()
    return found, pd.read_csv(HERE / "calibration_population.csv")


def margins(*wanted: tuple[str, str]) -> list[MarginTotals]:
    rows = pd.read_csv(HERE / "calibration_margins.csv", dtype={"category": str}, keep_default_na=False)
    found = []
    for agency, variable in wanted:
        own = rows[(rows["agency"] == agency) & (rows["variable"] == variable)]
        found.append(MarginTotals(variable, agency, dict(zip(own["category"], own["N"], strict=True))))
    return found


CASES = {
    "rake": ("rake", [("", "gender"), ("", "age"), ("", "timeliness")]),
    "rake_agency": ("rake", [("a1", "gender"), ("", "age")]),
    "post": ("poststratify", [("", "age")]),
}


def calibrated(name: str, trim_at: float = 0.0) -> Calibration:
    m, population = data()
    method, wanted = CASES[name]
    base = stratified(m.keys, m.n, population, Rules())
    return calibrate(base, margins(*wanted), method=method, trim_at=trim_at)


@pytest.mark.parametrize("name", CASES)
def test_figures_equal_those_of_r(name: str) -> None:
    """Point figures and linearised errors of the province and each agency, to 1e-9 of R's."""
    m, population = data()
    found = calibrated(name)
    assert found.converged
    assert found.distance < 1e-9
    table = score_table(m, m.scheme, population, Rules(min_n=0, clusters="none"), design=found.design)
    reference = pd.read_csv(HERE / "r_calibration.csv", keep_default_na=False)
    for row in reference[reference["design"] == name].itertuples(index=False):
        if row.level == "r_indicator":
            assert found.r_indicator == pytest.approx(float(row.index), rel=1e-9)
        elif row.level == "deff":
            assert found.deff == pytest.approx(float(row.index), rel=1e-9)
        else:
            at = (table["agency"] == row.agency) & (table["service"] == "") & (table["level"] == row.level)
            figure = table[at & (table["key"] == row.key)].iloc[0]
            assert figure["index"] == pytest.approx(float(row.index), rel=1e-9)
            assert figure["se"] == pytest.approx(float(row.se), rel=1e-9)


def test_the_margins_are_met_and_the_strata_keep_their_transactions() -> None:
    m, population = data()
    found = calibrated("rake")
    total = pd.Series(found.design.weight * found.design.n)
    by = total.groupby([m.keys["agency"].to_numpy(), m.keys["service"].to_numpy()]).sum()
    for row in population.itertuples(index=False):
        assert by[row.agency, row.service] == pytest.approx(row.N)
    told = total[(m.keys["gender"] != "").to_numpy()].groupby(m.keys["gender"][m.keys["gender"] != ""].to_numpy()).sum()
    assert told["f"] / told.sum() == pytest.approx(1900 / 4000)


def test_the_balance_by_hand() -> None:
    """Of women: 47.5 % of transactions; what their responses are, and (before - 47.5)/√(47.5 · 52.5)."""
    m, _ = data()
    balance = calibrated("rake").balance
    assert list(balance) == [name for name, _ in BALANCE]
    row = balance[(balance["variable"] == "gender") & (balance["category"] == "f")].iloc[0]
    women, men = (int(m.n[(m.keys["gender"] == code).to_numpy()].sum()) for code in "fm")
    assert row["transactions"] == 47.5
    assert row["responses"] == pytest.approx(100 * women / (women + men))
    assert row["std_before"] == pytest.approx((row["before"] - 47.5) / math.sqrt(47.5 * 52.5))
    assert abs(row["std_after"]) < 1e-9
    assert abs(row["std_before"]) > 0.05


def test_trimmed_weights_are_bounded_and_what_it_cost_is_said() -> None:
    free, cut = calibrated("rake"), calibrated("rake", trim_at=2.0)
    assert free.trimming is None
    assert free.trimmed_share == 0
    assert cut.trimming is not None
    assert 0 < cut.trimmed_share < 0.5
    assert cut.trimmed_share == cut.trimming.trimmed / 420
    assert cut.deff < free.deff
    assert cut.n_eff == pytest.approx(420 / cut.deff)
    assert cut.design.weight @ cut.design.n == pytest.approx(4000)
    assert cut.balance["std_after"].abs().max() > 1e-3  # the margins are no longer met exactly
    assert cut.r_indicator == free.r_indicator


def test_an_even_response_has_the_indicator_one_and_no_transactions_have_none() -> None:
    """R = 1 - 2 S(ρ): rates .2 and .6 of 100 each: S² = (100 · .04 + 100 · .04)/199."""
    keys = pd.DataFrame({"agency": ["a", "a"], "service": ["s", "t"]})
    even = stratified(keys, [20, 40], keys.assign(N=[100, 200]))
    uneven = stratified(keys, [20, 60], keys.assign(N=[100, 100]))
    assert r_indicator(even) == pytest.approx(1)
    assert r_indicator(uneven) == pytest.approx(1 - 2 * math.sqrt(8 / 199))
    assert math.isnan(r_indicator(stratified(keys, [20, 40], None)))


def small(n: list[int], population: pd.DataFrame | None = None) -> tuple[pd.DataFrame, list[int], pd.DataFrame | None]:
    keys = pd.DataFrame(
        {"agency": ["a", "a", "b", "b"], "service": ["s", "s", "s", "s"], "gender": ["f", "m", "f", "m"]}
    )
    return keys, n, population


def base(n: list[int], population: pd.DataFrame | None = None, rules: Rules | None = None):
    keys, counts, known = small(n, population)
    return stratified(keys, counts, known, rules)


POPULATION = pd.DataFrame({"agency": ["a", "b"], "service": ["s", "s"], "N": [100, 200]})


def test_agencies_of_their_own_are_post_strata_and_others_stay() -> None:
    """a has 10 and 10 answers of 100: 30 to 70 makes weights 3 and 7; b keeps 200/40."""
    found = calibrate(
        base([10, 10, 20, 20], POPULATION),
        [MarginTotals("gender", "a", {"f": 3, "m": 7}), MarginTotals("gender", "", {"f": 1, "m": 1})],
        method="poststratify",
    )
    assert found.design.weight.tolist() == pytest.approx([3, 7, 5, 5])
    assert found.ratio == pytest.approx((0.6, 1.4))


def test_services_as_a_margin_keep_the_agencies_alone() -> None:
    keys = pd.DataFrame({"agency": ["a", "a", "b", "b"], "service": ["s", "t", "s", "t"]})
    population = keys.assign(N=[100, 100, 100, 100])
    found = calibrate(
        stratified(keys, [10, 10, 10, 10], population), [MarginTotals("service", "", {"s": 300, "t": 100})]
    )
    assert found.converged
    assert found.design.weight.tolist() == pytest.approx([15, 5, 15, 5])


def test_agencies_without_transactions_keep_their_weights() -> None:
    found = calibrate(base([10, 10, 20, 20], POPULATION[:1]), [MarginTotals("gender", "", {"f": 30, "m": 70, "x": 0})])
    assert found.design.weight.tolist() == pytest.approx([3, 7, 1, 1])
    assert found.balance["category"].tolist() == ["f", "m"]


def test_a_category_that_all_have_is_in_balance_in_any_case() -> None:
    keys = pd.DataFrame({"agency": ["a"], "service": ["s"], "gender": ["f"]})
    found = calibrate(stratified(keys, [10], keys.assign(N=[100])), [MarginTotals("gender", "", {"f": 100})])
    assert found.balance["std_before"].tolist() == [0]


def test_contradicting_margins_are_reported_as_not_met() -> None:
    """Every woman is of a and every man of b, so the agencies' 100 and 200 and half and half cannot both hold."""
    found = calibrate(base([10, 0, 0, 20], POPULATION), [MarginTotals("gender", "", {"f": 1, "m": 1})])
    assert not found.converged
    assert found.distance > 0.1


def test_an_empty_category_is_named() -> None:
    with pytest.raises(EmptyCategoryError, match="gender = m") as error:
        calibrate(base([10, 0, 20, 0], POPULATION), [MarginTotals("gender", "", {"f": 1, "m": 1})])
    assert (error.value.variable, error.value.agency, error.value.category) == ("gender", "", "m")


@pytest.mark.parametrize(
    ("given", "method", "said"),
    [
        ([], "rake", "no margin"),
        ([MarginTotals("gender", "", {"f": 1})], "other", "method"),
        ([MarginTotals("gender", "", {"f": 1}), MarginTotals("gender", "", {"m": 1})], "rake", "twice"),
        ([MarginTotals("gender", "", {"f": 1}), MarginTotals("service", "", {"s": 1})], "poststratify", "one variable"),
        ([MarginTotals("gender", "", {"f": -1})], "rake", "not 0 or more"),
        ([MarginTotals("gender", "", {"f": 0})], "rake", "no transactions"),
        ([MarginTotals("colour", "", {"f": 1})], "rake", "colour"),
    ],
)
def test_what_cannot_be_is_refused(given: list[MarginTotals], method: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        calibrate(base([10, 10, 20, 20], POPULATION), given, method=method)


def test_margins_repair_what_they_explain_and_nothing_else() -> None:
    """The bench's worlds at their expected numbers: 83.0 are satisfied; each kind answers as often as is expected."""
    late, unhappy = (
        raking.indices(np.rint(raking.PEOPLE * raking.WORLDS[name]).astype(np.int64))
        for name in ("late 20, on time 8 %", "dissatisfied 15, satisfied 10 %")
    )
    assert pytest.approx(83) == raking.TRUTH
    # late: .2 × .2 of 5,000 and .8 × .08: 200 and 320 answer, (.55 × 200 + .9 × 320) / 520 = 76.54 without weights
    assert late[0][0, 0] == pytest.approx(76.54, abs=0.05)
    assert late[0][1:, 0] == pytest.approx(83, abs=0.1)
    # .83 × .10 and .17 × .15 answer: 76.5; on time .9 / (.9 + .1 × 1.5) = 85.71, late .55 / (.55 + .45 × 1.5) = 44.90
    assert unhappy[0][0, 0] == pytest.approx(76.5, abs=0.1)
    assert unhappy[0][1:, 0] == pytest.approx(0.8 * 85.71 + 0.2 * 44.90, abs=0.1)
    assert late[1] < 0.95 < unhappy[1]  # the R-indicator sees the margins alone
