"""Weights: what is known, what is missing, what is refused, and what calibration reports."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.estimate import domains, estimate
from scoring.moments import Moments, moments
from scoring.scheme import DataError, Item, Rules, Scheme, figure
from scoring.table import score_table
from scoring.weights import kish, post_stratify, rake, stratified, trim, with_weights

ONE = Scheme((Item("y", "e"),))
KEYS = pd.DataFrame(
    {
        "agency": ["A", "A", "A", "A", "B", "B", "B", "B"],
        "service": ["s", "s", "t", "t", "s", "s", "s", "s"],
        "sex": ["F", "M", "F", "M", "F", "M", "F", "M"],
    }
)
ANSWERS = [[5], [1], [4], [4], [5], [5], [2], [0]]
N = pd.DataFrame({"agency": ["A", "A", "B"], "service": ["s", "t", "s"], "N": [20, 60, 40]})


def sample() -> Moments:
    return moments(ANSWERS, KEYS, ONE)


def design(population: pd.DataFrame | None = N, **rules: object):
    m = sample()
    return stratified(m.keys, m.n, population, Rules(**rules))  # type: ignore[arg-type]


def test_a_respondent_stands_for_n_over_n() -> None:
    found = design()
    assert found.weight.tolist() == [10, 10, 30, 30, 10, 10]
    assert found.fraction.tolist() == [0.1, pytest.approx(1 / 30), 0.1]
    assert float(found.weight @ found.n) == 120


def test_by_hand() -> None:
    # A: s has 1 of 2 satisfied (N 20), t 2 of 2 (N 60): 10·1 + 30·2 = 70 of 80; B: 2 of 3 answers
    m = sample()
    code, _ = domains(m.keys, ["agency"])
    found = estimate(m, design(), [figure(ONE, Rules(), "overall", "all")], code)
    assert found.value.ravel().tolist() == [pytest.approx(70 / 80), pytest.approx(2 / 3)]
    # only stratum A/s varies: u = ±10·(1/2)/80, Σ(u - ū)² = 2·(1/16)², times 2/1 and 1 - 2/20
    u = np.array([10 * (1 - 7 / 8) / 80, 10 * (0 - 7 / 8) / 80])
    assert found.variance[0, 0] == pytest.approx(0.9 * 2 * ((u - u.mean()) ** 2).sum())
    assert found.df[:, 0].tolist() == [2, 3]


def test_a_service_without_n_makes_its_agency_one_stratum_with_what_is_known() -> None:
    population = pd.DataFrame({"agency": ["A", "B"], "service": ["s", "s"], "N": [80, 40]})
    found = design(population)
    assert found.weight.tolist() == [20, 20, 20, 20, 10, 10]
    assert found.names == ("A", "B / s")
    assert found.notes[0] == {"equal_within_agency"}
    assert found.notes[-1] == frozenset()


def test_an_agency_without_n_has_its_own_figure_and_no_part_in_the_province() -> None:
    table = score_table(sample(), ONE, N[N["agency"] == "A"], Rules(min_n=0))
    overall = table[table["level"] == "overall"].set_index(["agency", "service"])
    assert overall.loc[("B", ""), "index"] == pytest.approx(200 / 3)
    assert "no_population" in overall.loc[("B", ""), "warnings"]
    assert overall.loc[("", ""), "index"] == pytest.approx(100 * 70 / 80)


def test_more_responses_than_transactions_are_told() -> None:
    found = design(N.assign(N=[20, 60, 1]))
    assert found.weight[-1] == 1
    assert [found.names[h] for h in found.short] == ["B / s"]
    table = score_table(sample(), ONE, N.assign(N=[20, 60, 1]), Rules(interval="beta", min_n=0))
    row = table[(table["agency"] == "B") & (table["service"] == "") & (table["level"] == "overall")].iloc[0]
    assert row["status"] == "population_below_sample"


def test_without_a_population_everyone_counts_the_same() -> None:
    found = design(None)
    assert set(found.weight) == {1.0}
    assert set(found.fraction) == {0.0}
    assert found.notes[0] == {"unweighted"}


@pytest.mark.parametrize("value", [-1, np.nan, np.inf, "many"])
def test_an_n_that_is_no_number_is_refused_with_its_row(value: object) -> None:
    with pytest.raises(DataError, match="row 2"):
        design(N.astype({"N": object}).assign(N=[20, value, 40]))


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="needs a column 'N'"):
        design(N.rename(columns={"N": "transactions"}))
    m = sample()
    with pytest.raises(DataError, match="no key column 'zone'"):
        stratified(m.keys, m.n, N, strata=("zone",))
    with pytest.raises(DataError, match="no transactions N for t"):
        stratified(m.keys, m.n, N[N["service"] == "s"], strata=("service",))


def test_clusters_are_units_with_a_correction_only_when_their_number_is_known() -> None:
    m = sample()
    plain = stratified(m.keys, m.n, N, strata=("agency",), clusters=("sex",))
    assert plain.size.tolist() == [2, 2]
    assert plain.fraction.tolist() == [0, 0]
    known = stratified(m.keys, m.n, N.assign(clusters=[4, 4, 10]), strata=("agency",), clusters=("sex",))
    assert known.fraction.tolist() == [0.25, 0.2]


def test_post_stratified_weights_have_the_known_totals() -> None:
    found = post_stratify(design(), ("sex",), pd.DataFrame({"sex": ["F", "M"], "N": [90, 30]}))
    women = (found.keys["sex"] == "F").to_numpy()
    assert float((found.weight * found.n)[women].sum()) == pytest.approx(90)
    assert float((found.weight * found.n)[~women].sum()) == pytest.approx(30)


def test_calibration_refuses_empty_and_unknown_categories_by_name() -> None:
    with pytest.raises(DataError, match="no respondents in X, which has N = 5"):
        post_stratify(design(), ("sex",), pd.DataFrame({"sex": ["F", "M", "X"], "N": [90, 25, 5]}))
    with pytest.raises(DataError, match="no total for M of sex"):
        post_stratify(design(), ("sex",), pd.DataFrame({"sex": ["F"], "N": [120]}))
    with pytest.raises(DataError, match="same total: 120, 119"):
        rake(design(), margins(119))
    with pytest.raises(DataError, match="enclose 1"):
        rake(design(), margins(), bounds=(1.1, 2))


def margins(total: int = 120) -> dict[str, pd.DataFrame]:
    return {
        "sex": pd.DataFrame({"sex": ["F", "M"], "N": [80, 40]}),
        "agency": pd.DataFrame({"agency": ["A", "B"], "N": [70, total - 70]}),
    }


def test_raking_meets_its_margins_and_says_how() -> None:
    found, report = rake(design(), margins())
    assert report.converged
    assert report.distance < 1e-12
    for column, totals in margins().items():
        got = pd.Series(found.weight * found.n).groupby(found.keys[column]).sum()
        np.testing.assert_allclose(got, totals["N"])
    bounded, cut = rake(design(), margins(), bounds=(0.9, 1.1))
    assert not cut.converged
    assert cut.bounded > 0
    factor = bounded.weight / design().weight
    assert factor.min() >= 0.9 - 1e-12
    assert factor.max() <= 1.1 + 1e-12


def test_trimming_keeps_the_total_and_says_what_it_moved() -> None:
    start = with_weights(design(), [1, 1, 1, 1, 1, 50])  # n = 1, 1, 1, 1, 2, 2
    found, report = trim(start, 5)
    assert report.cap == 5
    assert report.trimmed == 2
    assert report.moved == pytest.approx(90 / 106)
    assert float(found.weight @ found.n) == pytest.approx(106)
    with pytest.raises(DataError, match="at least 1"):
        trim(start, 0.5)


def test_kish_by_hand() -> None:
    found = kish(with_weights(design(), [1, 1, 1, 1, 2, 0]))
    assert (found.n, found.total, found.sum_of_squares) == (6, 8, 12)
    assert found.n_eff == pytest.approx(64 / 12)
    assert found.deff == pytest.approx(6 * 12 / 64)
    assert kish(design(), np.zeros(6)).n_eff == 0


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_weights_below_0_or_missing_are_refused(bad: float) -> None:
    with pytest.raises(DataError, match="must be 0 or more"):
        with_weights(design(), [1, 1, 1, 1, 1, bad])
    with pytest.raises(DataError, match="expected 6"):
        with_weights(design(), [1])


def test_the_province_from_its_agencies_equal_or_given() -> None:
    a, b = 70 / 80, 2 / 3
    for rules, expected in (
        # by transactions: Σ w·satisfied / Σ w·answered, where one of B's four answered nothing
        (Rules(min_n=0, pooling=False), 100 * (70 + 20) / (80 + 30)),
        # B's three who did stand for its 40 transactions
        (Rules(min_n=0), 100 * (70 + 40 * 2 / 3) / (80 + 40)),
        (Rules(min_n=0, rollup="equal"), 100 * (a + b) / 2),
        (Rules(min_n=0, rollup="given", agency_weights={"A": 3, "B": 1}), 100 * (3 * a + b) / 4),
        (Rules(min_n=0, rollup="given", agency_weights={"A": 1}), 100 * a),
        (Rules(min_n=0, rollup="given", agency_weights={"B": 2}), 100 * b),
    ):
        table = score_table(sample(), ONE, N, rules)
        top = table[(table["agency"] == "") & (table["service"] == "") & (table["level"] == "overall")].iloc[0]
        assert top["index"] == pytest.approx(expected)


def test_the_error_of_an_equal_province_is_that_of_independent_agencies() -> None:
    table = score_table(sample(), ONE, N, Rules(min_n=0, rollup="equal", interval="t"))
    overall = table[(table["level"] == "overall") & (table["service"] == "")].set_index("agency")["se"]
    assert overall[""] == pytest.approx(np.hypot(overall["A"], overall["B"]) / 2)


def test_published_composition_of_two_aspects() -> None:
    """Policy and service of the 39-item form make the published overall under the mean of items (weights 23 and 16)."""
    published = [(83.84, 84.09, 83.94), (83.46, 83.72, 83.57), (86.51, 86.49, 86.50)]
    scheme = Scheme(
        tuple(Item(f"p{i}", "p", "policy") for i in range(23)) + tuple(Item(f"s{i}", "s") for i in range(16))
    )
    for policy, service, overall in published:
        # 10 000 people who answer every item alike within an aspect: their shares are the published ones exactly
        answers = np.ones((10_000, 39), dtype=np.uint8)
        answers[: round(100 * policy), :23] = 5
        answers[: round(100 * service), 23:] = 5
        m = moments(answers, pd.DataFrame({"agency": ["A"] * 10_000, "service": "s"}), scheme)
        for rules in (
            Rules(composition="mean_items"),
            Rules(composition="custom", aspect_weights={"policy": 23, "service": 16}),
        ):
            table = score_table(m, scheme, None, rules).set_index(["agency", "service", "level", "key"])["index"]
            assert table["", "", "aspect", "policy"] == pytest.approx(policy)
            assert table["", "", "aspect", "service"] == pytest.approx(service)
            assert table["", "", "overall", "all"] == pytest.approx(overall, abs=0.0051)


@pytest.mark.parametrize(
    ("total", "satisfied", "percent"),
    [(7725, 7588, 98.23), (7725, 117, 1.51), (7725, 20, 0.26), (4669, 4550, 97.45), (4669, 78, 1.67), (4669, 41, 0.88)],
)
def test_published_counts_give_the_published_percentages(total: int, satisfied: int, percent: float) -> None:
    answers = np.where(np.arange(total)[:, None] < satisfied, 4, 3)
    m = moments(answers, pd.DataFrame({"agency": ["A"] * total, "service": "s"}), ONE)
    assert score_table(m, ONE, None)["index"].iloc[0] == pytest.approx(percent, abs=0.0051)
