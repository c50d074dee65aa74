"""Tests of change ask about the office, not about the period: no correction, a tolerance, families with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from benchmarks.false_alarms import false_alarms
from scoring.compare import (
    adjust,
    between,
    changed_figures,
    changes,
    difference_tests,
    family_names,
    in_families,
    without_correction,
)
from scoring.estimate import estimate
from scoring.moments import Moments, moments
from scoring.ranks import rank_agencies, rank_ranges, rank_table, ranks
from scoring.scheme import DataError, Item, Rules, Scheme, figures
from scoring.table import TEST_ERRORS, score_table
from scoring.weights import stratified

ONE = Scheme((Item("q", "e"),))
TWO = Scheme((Item("a", "x"), Item("b", "x"), Item("c", "y")))


def office(satisfied: int, of: int, transactions: int, rules: Rules | None = None) -> pd.DataFrame:
    answers = np.array([[5]] * satisfied + [[1]] * (of - satisfied))
    keys = pd.DataFrame({"agency": ["A"] * of, "service": "s"})
    population = pd.DataFrame({"agency": ["A"], "service": ["s"], "N": [transactions]})
    return score_table(moments(answers, keys, ONE), ONE, population, rules, tests=True)


def overall(table: pd.DataFrame, agency: str = "A") -> pd.Series:
    rows = table[(table["agency"] == agency) & (table["service"] == "") & (table["level"] == "overall")]
    return rows.iloc[0]


def test_a_census_of_ten_with_one_better_answer_is_no_sure_change() -> None:
    now, before = office(9, 10, 10), office(8, 10, 10)
    assert overall(now)["status"] == "census"
    found = overall(changes(now, before))
    # p(1 - p)/(n - 1) of both: .09/9 + .16/9; t = .1/√(.25/9) = .6 with 18 degrees of freedom
    assert found["t"] == pytest.approx(0.6)
    assert found["p"] == pytest.approx(2 * stats.t.sf(0.6, 18))
    assert found["verdict"] == "same"
    sure = overall(changes(now, before, fpc=True))
    assert (sure["status"], sure["p"]) == ("exact", 0.0)


def test_the_interval_of_the_period_keeps_the_correction_and_the_test_does_not() -> None:
    row = overall(office(80, 100, 200))
    assert row["se"] == pytest.approx(100 * np.sqrt(0.16 / 99 * 0.5))
    assert row["se_test"] == pytest.approx(100 * np.sqrt(0.16 / 99))
    assert row["df_test"] == 99
    assert not row["bounded"]


def test_answers_that_agree_are_bounded_in_tests() -> None:
    row = overall(office(20, 20, 20))
    assert row["bounded"]
    assert row["se_test"] == pytest.approx(100 * (1 - 0.025 ** (1 / 20)) / stats.norm.ppf(0.975))
    assert overall(changes(office(20, 20, 20), office(15, 20, 20)))["status"] == "zero_variance"


def test_tables_without_errors_for_tests_are_refused() -> None:
    plain = office(9, 10, 10).drop(columns=[name for name, _ in TEST_ERRORS])
    with pytest.raises(DataError, match="tests=True"):
        changes(plain, plain)
    with pytest.raises(DataError, match="tests=True"):
        rank_agencies(plain, seed=1)


def test_figures_that_are_not_shown_have_no_errors_for_tests() -> None:
    table = office(2, 3, 50)
    assert set(table["status"]) == {"suppressed"}
    assert table[["se_test", "df_test"]].isna().all(axis=None)
    assert not table["bounded"].any()


def test_rounding_is_no_difference() -> None:
    found = difference_tests([30.000000000000004, 30.0 + 2e-9], 30.0, 0.0, 10, exact=True)
    assert found["p"].tolist() == [1.0, 0.0]
    assert found["diff"].iloc[0] == 0.0
    tiny = difference_tests([30.0 + 7e-15], [30.0], [1e-30], [10]).iloc[0]
    assert (tiny["t"], tiny["p"]) == (0.0, 1.0)
    values = [30.000000000000004, 30.0, 29.0]
    assert ranks(values).tolist() == [1, 1, 3]
    assert rank_ranges(values, [0.0, 0.0, 0.0], seed=1).high.tolist() == [2, 2, 3]
    table = rank_table(["B", "A"], values[:2], [0.0, 0.0], [100, 100], seed=1)
    assert table["rank"].tolist() == [1, 1]
    assert table["group"].tolist() == ["A", "A"]


@pytest.mark.parametrize(("n", "of", "expected"), [(50, 500, 6.3), (90, 100, 53.5), (60, 60, 100.0)])
def test_false_alarms(n: int, of: int, expected: float) -> None:
    # normal approximation with the correction: P(|z| > 1.96 √(1 - n/N)); without it the level holds
    found = false_alarms(n, of, pairs=600, seed=5)
    assert found["with"] == pytest.approx(expected, abs=4.5)
    assert found["without"] <= 6.5


def test_ranks_of_agencies_are_about_the_process() -> None:
    answers = np.array([[5]] * 57 + [[1]] * 3 + [[5]] * 40 + [[1]] * 20 + [[5]] * 10)
    keys = pd.DataFrame({"agency": ["A"] * 60 + ["B"] * 60 + ["C"] * 10, "service": "s"})
    population = pd.DataFrame({"agency": list("ABC"), "service": "s", "N": [60, 60, 1000]})
    table = score_table(moments(answers, keys, ONE), ONE, population, tests=True)
    period, process = (rank_agencies(table, seed=3, fpc=fpc).set_index("agency") for fpc in (True, False))
    assert period.loc["A", ["low", "high"]].tolist() == [1, 1]  # complete counts: .95 is above .67
    assert process.loc["A", ["low", "high"]].tolist() == [1, 1]  # 28 points, 4 standard errors
    assert process.loc["C", "status"] == "too_few"
    closer = table.assign(index=table["index"].mask((table["agency"] == "B"), 90.0))
    assert rank_agencies(closer, seed=3, fpc=True).set_index("agency").loc["A", "high"] == 1
    assert rank_agencies(closer, seed=3).set_index("agency").loc["A", "high"] == 2


def test_strata_asked_completely_do_not_make_the_rule_fail_refuse() -> None:
    keys = pd.DataFrame({"agency": ["A", "A"], "service": ["s", "t"]})
    m = moments(np.array([[5], [1], [5]]), keys.iloc[[0, 1, 1]], ONE)
    design = stratified(m.keys, m.n, keys.assign(N=[1, 9]), Rules(lonely="fail"))
    assert estimate(m, without_correction(design), figures(ONE, Rules())[:1]).variance[0, 0] > 0
    lonely = stratified(m.keys, m.n, keys.assign(N=[5, 9]), Rules(lonely="fail"))
    assert without_correction(lonely).lonely == "fail"


# Families


def rows(p: list[float], df: float = 1e9) -> pd.DataFrame:
    """Return tests with the given p-values, standard error 1."""
    diff = stats.t.isf(np.array(p) / 2, df)
    return pd.DataFrame({"diff": diff, "se": 1.0, "df": df, "p": p})


def test_sidak_by_hand() -> None:
    found = in_families(rows([0.02, 0.04, 0.001]), ["f", "f", "g"])
    assert_allclose(found["p_family"], [1 - 0.98**2, 1 - 0.96**2, 0.001], rtol=1e-9)
    half = stats.norm.ppf((1 + np.sqrt(0.95)) / 2)
    assert_allclose(found["hi_family"] - found["diff"], [half, half, stats.norm.ppf(0.975)], rtol=1e-6)
    assert found["verdict"].tolist() == ["above", "same", "above"]
    assert found["tests"].tolist() == [2, 2, 1]


def test_screening_by_hand() -> None:
    # Benjamini & Hochberg of .001, .02, .03, .5: adjusted .004, .04, .04, .5; R = 3 of 4 at 5 %
    found = in_families(rows([0.001, 0.02, 0.03, 0.5]), ["f"] * 4, method="bh")
    assert_allclose(found["p_family"], [0.004, 0.04, 0.04, 0.5], rtol=1e-9)
    assert_allclose(found["diff"] - found["lo_family"], stats.norm.ppf(1 - 0.05 * 3 / 4 / 2), rtol=1e-6)
    assert found["verdict"].tolist() == ["above", "above", "above", "same"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(1e-9, 1), min_size=1, max_size=9),
    st.sampled_from(["sidak", "bh"]),
    st.sampled_from([3.0, 40.0, 900.0]),
    st.randoms(use_true_random=False),
)
def test_no_interval_contradicts_its_verdict(p: list[float], method: str, df: float, random: object) -> None:
    table = rows(p, df)
    table["diff"] *= np.resize([1, -1], len(p))
    found = in_families(table, ["f"] * len(p), method=method)
    outside = (found["lo_family"] > 0) | (found["hi_family"] < 0)
    assert (outside == found["verdict"].isin(["above", "below"])).all()
    clear = (found["p_family"] - 0.05).abs() > 1e-6
    assert (outside == (found["p_family"] < 0.05))[clear].all()
    assert (found["p_family"] >= table["p"] - 1e-12).all()
    more = in_families(table, list(range(len(p))), method=method)  # a family of its own each: nothing to adjust
    assert_allclose(more["p_family"].to_numpy(float), p, rtol=1e-6)


def test_simultaneous_intervals_hold_together() -> None:
    """5 % of the families have an interval that misses, also where the tests go together (correlation .5)."""
    rng = np.random.default_rng(4)
    common, own = rng.normal(size=(2000, 1)), rng.normal(size=(2000, 6))
    diff = (np.sqrt(0.5) * common + np.sqrt(0.5) * own).ravel()
    table = pd.DataFrame({"diff": diff, "se": 1.0, "df": 1e9, "p": 2 * stats.norm.sf(np.abs(diff))})
    found = in_families(table, np.repeat(np.arange(2000), 6))
    missed = ((found["lo_family"] > 0) | (found["hi_family"] < 0)).to_numpy(bool).reshape(-1, 6).any(axis=1)
    assert 0.03 <= missed.mean() <= 0.055
    plain = (table["p"].to_numpy() < 0.05).reshape(-1, 6).any(axis=1)
    assert plain.mean() > 0.15  # what happens without families


def test_what_has_no_test_has_no_verdict_and_complete_counts_are_exact() -> None:
    tests = difference_tests([1.0, np.nan, 5.0, 4.0], [0.0, 1.0, 4.0, 4.0], [np.nan, 1, 0, 0], 9, exact=[0, 0, 1, 1])
    found = in_families(tests, ["f"] * 4)
    assert found["verdict"].tolist() == ["unknown", "unknown", "above", "same"]
    assert found["tests"].tolist() == [2] * 4
    assert found["lo_family"].isna().tolist() == [True, True, False, False]
    with pytest.raises(DataError, match="method"):
        in_families(tests, ["f"] * 4, method="none")


def test_families_are_named_by_the_question() -> None:
    places = [("", "", "overall", "all"), ("", "", "element", "x"), ("", "s", "overall", "all")]
    places += [("A", "", "element", "x"), ("A", "s", "element", "x")]
    table = pd.DataFrame(places, columns=["agency", "service", "level", "key"])
    assert family_names(table).tolist() == [
        "province / overall", "province / element", "services / overall / all", "agencies / element / x",
        "agencies / s / element / x",
    ]  # fmt: skip
    assert family_names(table, "within").tolist() == [
        "province / overall", "province / element", "province / s / overall", "A / element", "A / s / element",
    ]  # fmt: skip
    with pytest.raises(DataError, match="question"):
        family_names(table, "why")


def test_province_elements_are_adjusted() -> None:
    """A raw p of .043 among five elements is no change: Šidák .20, Holm .17 at least."""
    found = in_families(rows([0.043, 0.3, 0.5, 0.7, 0.9]), ["province / element"] * 5)
    assert found["p_family"].iloc[0] == pytest.approx(1 - 0.957**5, rel=1e-9)
    assert found["verdict"].iloc[0] == "same"
    assert found["lo_family"].iloc[0] < 0
    assert adjust(found, ["family"])["p_holm"].iloc[0] == pytest.approx(0.215)


# Versions


def scored(scheme: Scheme, share: float) -> pd.DataFrame:
    size = 100
    satisfied = (np.arange(size) < share * size)[:, None]
    answers = np.where(np.repeat(satisfied, len(scheme.items), axis=1), 5, 1)
    answers[::7] = 3
    keys = pd.DataFrame({"agency": ["A"] * size, "service": "s"})
    return score_table(moments(answers, keys, scheme), scheme, None, tests=True)


def test_a_removed_item_breaks_what_it_was_part_of_and_nothing_else() -> None:
    fewer = Scheme((Item("a", "x"), Item("c", "y")))
    assert changed_figures(fewer, TWO) == {
        ("overall", "all"), ("aspect", "service"), ("element", "x"), ("item", "b"),
    }  # fmt: skip
    found = changes(scored(fewer, 0.9), scored(TWO, 0.5), schemes=(fewer, TWO))
    row = found[(found["agency"] == "A") & (found["service"] == "")].set_index(["level", "key"])
    for place in (("overall", "all"), ("element", "x")):
        assert row.loc[place, "status"] == "other_items"
        assert row.loc[place, "warnings"] == "other_items"
        assert row.loc[place, "verdict"] == "unknown"
        assert row.loc[place, ["diff", "p", "lo", "lo_family"]].isna().all()
        assert row.loc[place, ["before", "now"]].notna().all()
    for place in (("element", "y"), ("item", "a"), ("item", "c")):
        assert (row.loc[place, "status"], row.loc[place, "warnings"]) == ("ok", "")
        assert row.loc[place, "verdict"] == "above"
    assert row.loc[("item", "b"), "status"] == "no_data"
    assert changed_figures(TWO, TWO) == frozenset()


def _pair() -> tuple[Moments, pd.DataFrame]:
    keys = pd.DataFrame({"agency": ["A"] * 10 + ["B"] * 10, "service": "s"})
    answers = np.array([[5]] * 9 + [[1]] + [[5]] * 8 + [[1]] * 2)
    return moments(answers, keys, ONE), pd.DataFrame({"agency": ["A", "B"], "service": "s", "N": [10, 10]})


def test_two_complete_agencies_are_compared_as_offices_by_default() -> None:
    m, population = _pair()
    design = stratified(m.keys, m.n, population)
    wanted = figures(ONE, Rules())[:1]
    found = between(m, design, wanted, "A", "B").iloc[0]
    assert (found["status"], found["t"]) == ("ok", pytest.approx(0.6))
    assert between(m, design, wanted, "A", "B", fpc=True).iloc[0]["status"] == "exact"
