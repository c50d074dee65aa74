"""The table's contract: columns, places, intervals that are not shown, small cells, coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.estimate import domains, estimate, joint
from scoring.intervals import choose, interval
from scoring.moments import moments
from scoring.scheme import DataError, Item, Rules, Scheme, figure
from scoring.table import COLUMNS, score_table
from scoring.weights import stratified

SCHEME = Scheme((Item("a1", "a"), Item("b1", "b")))


def responses(sizes: dict[tuple[str, str], int]) -> tuple[np.ndarray, pd.DataFrame]:
    """Answers of which every third is not satisfied."""
    rows = [(a, s) for (a, s), size in sizes.items() for _ in range(size)]
    answers = np.where(np.arange(len(rows))[:, None] % 3 == 0, [[2, 3]], [[4, 5]])
    return answers, pd.DataFrame(rows, columns=["agency", "service"])


def population(sizes: dict[tuple[str, str], int]) -> pd.DataFrame:
    return pd.DataFrame([(a, s, 10 * n + 40) for (a, s), n in sizes.items()], columns=["agency", "service", "N"])


def table(sizes: dict[tuple[str, str], int], rules: Rules | None = None, n: pd.DataFrame | None = None) -> pd.DataFrame:
    answers, keys = responses(sizes)
    known = population(sizes) if n is None else n
    return score_table(moments(answers, keys, SCHEME), SCHEME, known, rules).set_index(
        ["agency", "service", "level", "key"]
    )


def test_columns_and_places() -> None:
    got = table({("A", "s"): 40, ("A", "t"): 40, ("B", "s"): 40}).reset_index()
    assert list(got.columns) == [name for name, _ in COLUMNS]
    places = set(zip(got["agency"], got["service"], strict=True))
    assert places == {("", ""), ("", "s"), ("", "t"), ("A", ""), ("A", "s"), ("A", "t"), ("B", ""), ("B", "s")}
    assert len(got) == 8 * len(SCHEME.levels)


def test_a_further_column_makes_further_places_at_the_end() -> None:
    answers, keys = responses({("A", "s"): 60})
    keys["channel"] = ["qr", "paper"] * 30
    m = moments(answers, keys, SCHEME)
    got = score_table(m, SCHEME, population({("A", "s"): 60}), Rules(), by=("agency", "channel"))
    assert got.columns[-1] == "channel"
    assert set(got["channel"]) == {"", "qr", "paper"}
    with pytest.raises(DataError, match="no key column 'zone'"):
        score_table(m, SCHEME, None, by=("zone",))


def test_auto_shows_no_interval_it_cannot_keep() -> None:
    sizes = {("A", "s"): 29, ("B", "s"): 300}
    auto = table(sizes)
    assert auto.loc["A", "s", "overall", "all"]["status"] == "small_n"
    assert pd.isna(auto.loc["A", "s", "overall", "all"]["lo"])
    assert auto.loc["B", "s", "overall", "all"]["status"] == "ok"
    assert table({("A", "s"): 33}).loc["A", "s", "overall", "all"]["status"] == "wide"
    named = table(sizes, Rules(interval="wilson"))
    assert named["lo"].notna().all()


def test_small_cells_go_with_what_gives_them_away() -> None:
    sizes = {("A", "s"): 3, ("A", "t"): 50, ("A", "u"): 60, ("B", "s"): 70, ("B", "t"): 80, ("B", "u"): 90}
    got = table(sizes)
    overall = got.xs(("overall", "all"), level=("level", "key"))
    hidden = set(overall.index[overall["status"] == "suppressed"])
    assert ("A", "s") in hidden
    for agency in "AB":  # in no row and no column is exactly one figure hidden
        assert sum((agency, s) in hidden for s in "stu") != 1
    for service in "stu":
        assert sum((a, service) in hidden for a in "AB") != 1
    assert overall.loc[list(hidden), ["n", "index", "se", "c1"]].isna().all().all()
    assert (table(sizes, Rules(min_n=0))["status"] != "suppressed").all()


def test_coverage_is_the_share_of_transactions_in_strata_with_responses() -> None:
    n = pd.DataFrame({"agency": ["A", "A"], "service": ["s", "t"], "N": [300, 100]})
    got = table({("A", "s"): 40}, n=n)
    row = got.loc["A", "", "overall", "all"]
    assert row["coverage"] == 75
    assert row["population"] == 400
    assert "low_coverage" in row["warnings"]
    assert got.loc["A", "t", "overall", "all"]["status"] == "no_data"


def test_a_part_without_answers_is_no_figure_unless_asked_and_then_flagged() -> None:
    answers, keys = responses({("A", "s"): 40})
    answers[:, 1] = 0
    m = moments(answers, keys, SCHEME)
    n = population({("A", "s"): 40})
    at = ["agency", "service", "level", "key"]
    plain = score_table(m, SCHEME, n, Rules(composition="mean_elements")).set_index(at)
    assert plain.loc["A", "s", "overall", "all"]["status"] == "no_data"
    rules = Rules(composition="mean_elements", renormalise=True)
    other = score_table(m, SCHEME, n, rules).set_index(at)
    assert other.loc["A", "s", "overall", "all"]["index"] == other.loc["A", "s", "item", "a1"]["index"]
    assert "renormalised" in other.loc["A", "s", "overall", "all"]["warnings"]


def test_the_default_method() -> None:
    assert [choose("top2"), choose("level1"), choose("score"), choose("top2", 3)] == ["jeffreys", "jeffreys", "t", "t"]
    with pytest.raises(DataError, match="no interval method 'auto'"):
        interval(0.5, 0.1, 10, 9, "auto")


def test_level_shares_add_up_to_all() -> None:
    answers, keys = responses({("A", "s"): 40})
    m = moments(answers, keys, SCHEME, features=("level2", "level3", "level4", "level5", "level1"))
    design = stratified(m.keys, m.n, population({("A", "s"): 40}))
    figures = [figure(SCHEME, Rules(), "overall", "all")]
    shares = [estimate(m, design, figures, statistic=f"level{k}").value[0, 0] for k in range(1, 6)]
    assert sum(shares) == pytest.approx(1)
    assert shares[0] == 0


@pytest.mark.parametrize("lonely", ["adjust", "average", "certainty"])
def test_the_covariance_follows_the_rule_for_lonely_strata(lonely: str) -> None:
    answers, keys = responses({("A", "s"): 6, ("A", "t"): 1, ("B", "s"): 7})
    m = moments(answers, keys, SCHEME)
    n = population({("A", "s"): 6, ("A", "t"): 1, ("B", "s"): 7})
    design = stratified(m.keys, m.n, n, Rules(lonely=lonely))
    wanted = [figure(SCHEME, Rules(), "overall", "all"), figure(SCHEME, Rules(), "item", "a1")]
    code, _ = domains(m.keys, ["agency"])
    one, both = estimate(m, design, wanted, code), joint(m, design, wanted, code)
    np.testing.assert_allclose(np.diag(both.covariance), one.variance.ravel(), rtol=1e-9, atol=1e-20)


def test_domains_that_do_not_fit_are_refused() -> None:
    answers, keys = responses({("A", "s"): 6})
    m = moments(answers, keys, SCHEME)
    design = stratified(m.keys, m.n, None)
    with pytest.raises(DataError, match="domain has"):
        estimate(m, design, [figure(SCHEME, Rules(), "overall", "all")], [0, 1, 2])
    with pytest.raises(DataError, match="no key column 'zone'"):
        domains(m.keys, ["zone"])
