"""Comparisons against R survey 4.1-1 and p.adjust, worked cases, degenerate cases."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from scoring.compare import (
    adjust,
    against_rest,
    benjamini_hochberg,
    between,
    bounded_variance,
    changes,
    contrast,
    difference_tests,
    each_against_rest,
    holm,
)
from scoring.estimate import domains, estimate
from scoring.moments import Moments, moments, read_answers
from scoring.scheme import DataError, Figure, Item, Rules, Scheme, figure, figures
from scoring.weights import Design, post_stratify, stratified

FIXTURES = Path(__file__).parents[1] / "fixtures"


@cache
def scheme() -> Scheme:
    items = pd.read_csv(FIXTURES / "sipas_items.csv")
    return Scheme(tuple(Item(i, d) for i, d in zip(items["item"], items["dimension"], strict=True)))


@cache
def wave(k: int) -> tuple[Moments, Design]:
    frame = pd.read_csv(FIXTURES / f"sipas_wave{k}.csv")
    m = moments(read_answers(frame, scheme()), frame[["agency", "service"]], scheme())
    return m, stratified(m.keys, m.n, pd.read_csv(FIXTURES / f"sipas_pop{k}.csv"))


def score(k: int, agencies: bool) -> pd.DataFrame:
    """Return a score table of one wave in the columns `changes` reads."""
    m, design = wave(k)
    wanted = [f for f in figures(scheme(), Rules()) if f.level in ("overall", "element")]
    code, labels = domains(m.keys, ["agency"] if agencies else [])
    found = estimate(m, design, wanted, code)
    rows = [
        {
            "agency": labels["agency"].iloc[d] if agencies else "",
            "service": "",
            "level": f.level,
            "key": f.key,
            "index": found.value[d, j],
            "se": found.se[d, j],
            "df": found.df[d, j],
            "lo": found.value[d, j] - 2 * found.se[d, j],
            "hi": found.value[d, j] + 2 * found.se[d, j],
            "status": found.status[d, j],
        }
        for d in range(len(labels))
        for j, f in enumerate(wanted)
    ]
    return pd.DataFrame(rows)


def test_adjusted_p_values_agree_with_r() -> None:
    # > p.adjust(p, "holm"); p.adjust(p, "BH")
    r = pd.read_csv(FIXTURES / "r_padjust.csv")
    assert_allclose(holm(r["p"]), r["holm"], rtol=1e-14)
    assert_allclose(benjamini_hochberg(r["p"]), r["bh"], rtol=1e-14)


def test_adjusting_nothing_and_nonsense() -> None:
    assert holm([]).tolist() == []
    assert benjamini_hochberg([]).tolist() == []
    for wrong in ([1.2], [-0.1], [np.nan], [[0.5]]):
        with pytest.raises(DataError):
            holm(wrong)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusting_never_lowers_a_p_value_and_holm_is_the_stricter(p: list[float]) -> None:
    value = np.array(p)
    strict, loose = holm(p), benjamini_hochberg(p)
    assert (strict >= value).all()
    assert (strict <= np.minimum(1, value * len(p)) + 1e-12).all()
    assert (loose <= strict + 1e-12).all()
    order = np.argsort(value, kind="stable")
    assert (np.diff(strict[order]) >= 0).all()


def test_year_on_year_agrees_with_r() -> None:
    # > svycontrast(svytotal(~n1 + d1 + n2 + d2, strata = wave x service), quote(n2/d2 - n1/d1)); p.adjust over agencies
    r = pd.read_csv(FIXTURES / "r_sipas_yoy.csv").set_index(["domain", "variable"])
    now, before = (pd.concat([score(k, True), score(k, False)], ignore_index=True) for k in (2, 1))
    found = changes(now, before, fpc=True)  # the fixture's design has the correction
    assert list(found["agency"]) == list(now["agency"])
    rows = found[(found["agency"] == "") | (found["level"] == "overall")]
    assert len(rows) == len(r) == 18
    expected = r.loc[[(a or "ALL", k) for a, k in zip(rows["agency"], rows["key"], strict=True)]]
    for name in ("diff", "se", "t", "p", "lo", "hi"):
        assert_allclose(rows[name].to_numpy(float), expected[name], rtol=1e-9, atol=1e-12, err_msg=name)
    assert rows["df"].tolist() == expected["df"].tolist()
    overall = rows["agency"].to_numpy() != ""
    assert_allclose(rows["p_holm"][overall].to_numpy(float), expected["p_holm"][overall], rtol=1e-9)
    assert_allclose(rows["p_bh"][overall].to_numpy(float), expected["p_bh"][overall], rtol=1e-9)
    # the province's own index is one question; its elements are a family, adjusted as the agencies are
    province = rows[~overall]
    assert (
        province.loc[province["level"] == "overall", "p_holm"].tolist()
        == province.loc[province["level"] == "overall", "p"].tolist()
    )
    elements = province[province["level"] == "element"]
    assert_allclose(elements["p_holm"].to_numpy(float), holm(elements["p"].to_numpy(float)))
    assert set(elements["family"]) == {"province / element"}
    assert set(found["warnings"]) == {""}


def _row(
    agency: str, index: float | None, se: float | None, status: str = "ok", **more: float | None
) -> dict[str, object]:
    row: dict[str, object] = {"agency": agency, "service": "", "level": "overall", "key": "all", "index": index}
    return row | {"se": se, "df": 50, "lo": None, "hi": None, "status": status} | more


def test_changes_without_a_test_say_so() -> None:
    now = [
        _row("new", 80.0, 2.0),
        _row("single", 80.0, None, "no_df", df=0),
        _row("census", 80.0, 0.0, "census"),
        _row("census_same", 70.0, 0.0, "census"),
        _row("all", 100.0, 0.0, "zero_variance", lo=90.0, hi=100.0),
        _row("all_unknown", 100.0, 0.0, "zero_variance"),
        _row("empty", None, None, "no_data"),
        _row("plain", 80.0, 3.0),
    ]
    before = [
        _row("gone", 80.0, 2.0),
        _row("single", 70.0, 2.0),
        _row("census", 70.0, 0.0, "census"),
        _row("census_same", 70.0, 0.0, "census"),
        _row("all", 90.0, 1.0),
        _row("all_unknown", 90.0, 1.0),
        _row("empty", 70.0, 1.0),
        _row("plain", 70.0, 4.0),
    ]
    found = changes(pd.DataFrame(now), pd.DataFrame(before), families=("a", "b"), fpc=True).set_index("agency")
    assert found["status"].to_dict() == {
        "new": "no_data", "single": "no_test", "census": "exact", "census_same": "exact", "all": "zero_variance",
        "all_unknown": "no_test", "empty": "no_data", "plain": "ok", "gone": "no_data",
    }  # fmt: skip
    assert found.loc["plain", ["diff", "se", "t", "df"]].tolist() == [10.0, 5.0, 2.0, 100.0]
    assert found.loc["plain", "p"] == pytest.approx(2 * stats.t.sf(2, 100))
    assert found.loc["census", ["p", "lo", "hi"]].tolist() == [0.0, 10.0, 10.0]
    assert found.loc["census_same", "p"] == 1.0
    # the interval's long arm of 10 points over 1.96 stands in for the standard error
    assert found.loc["all", "se"] == pytest.approx(np.hypot(10 / stats.norm.ppf(0.975), 1))
    assert found.loc["single", "diff"] == 10.0
    assert found.loc[["single", "all_unknown", "new"], ["se", "t", "p", "lo", "hi", "df"]].isna().all(axis=None)
    assert found.loc["new", "now"] == 80.0
    assert set(found["warnings"]) == {"other_questionnaire"}
    numbers = found[["before", "now", "diff", "se", "df", "t", "p", "lo", "hi", "p_holm", "p_bh"]]
    assert not any(isinstance(x, float) and np.isnan(x) for x in numbers.astype(object).to_numpy().ravel())


def test_adjusting_without_groups_takes_all_rows() -> None:
    table = adjust(pd.DataFrame({"p": [0.01, 0.02, 0.5]}))
    assert_allclose(table["p_holm"].to_numpy(float), [0.03, 0.04, 0.5])
    assert adjust(pd.DataFrame({"p": pd.Series([None, None], dtype="Float64")}))["p_holm"].isna().all()


def _pooled_counts(agencies: Sequence[str]) -> tuple[float, float]:
    """Return index and variance of a union of agencies, straight from the rows (Cochran 1977, 6.3)."""
    frame = pd.read_csv(FIXTURES / "sipas_wave1.csv")
    y = frame[list(scheme().codes)]
    top, given_ = (y >= 4).sum(axis=1), y.notna().sum(axis=1)
    inside = frame["agency"].isin(agencies)
    w = frame["N"] / frame["n"] * inside
    ratio = (w * top).sum() / (w * given_).sum()
    u = w * (top - ratio * given_) / (w * given_).sum()
    by = u.groupby(frame["service"])
    n, population = by.size(), frame.groupby("service")["N"].first()
    return ratio, float(((1 - n / population) * n * by.var(ddof=1)).sum())


def test_agency_against_the_rest_of_the_province() -> None:
    m, design = wave(1)
    found = against_rest(m, design, [figure(scheme(), Rules(), "overall", "all")], "A06", fpc=True).iloc[0]
    others = sorted(set(m.keys["agency"]) - {"A06"})
    (a, var_a), (b, var_b) = _pooled_counts(["A06"]), _pooled_counts(others)
    assert found["diff"] == pytest.approx(100 * (a - b), rel=1e-10)
    assert found["se"] == pytest.approx(100 * np.sqrt(var_a + var_b), rel=1e-10)
    assert found["df"] == 2801 - 36


def test_each_against_the_rest_is_one_after_the_other() -> None:
    m, design = wave(1)
    wanted = figures(scheme(), Rules())
    found = each_against_rest(m, design, wanted)
    names = list(dict.fromkeys(m.keys["agency"]))
    assert found["agency"].tolist() == [name for name in names for _ in wanted]
    for name in names:
        own = found[found["agency"] == name].drop(columns="agency").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, against_rest(m, design, wanted, name))


def test_two_agencies_are_mirrored_and_fpc_can_be_left_out() -> None:
    m, design = wave(1)
    wanted = figures(scheme(), Rules())
    one, other = (between(m, design, wanted, *pair, fpc=True) for pair in (("A01", "A06"), ("A06", "A01")))
    assert_allclose(one["diff"].to_numpy(float), -other["diff"].to_numpy(float), atol=1e-12)
    assert_allclose(one["p"].to_numpy(float), other["p"].to_numpy(float), rtol=1e-9)
    bare = between(m, design, wanted, "A01", "A06")
    assert (bare["se"] > one["se"]).all()
    assert bare["diff"].tolist() == one["diff"].tolist()


def test_weights_that_tie_two_agencies_bring_their_covariance_in() -> None:
    frame = pd.read_csv(FIXTURES / "sipas_wave1.csv").assign(half=lambda f: f["resp"].str[-1].isin(list("02468")) * 1)
    m = moments(read_answers(frame, scheme()), frame[["agency", "service", "half"]], scheme())
    design = stratified(m.keys, m.n, pd.read_csv(FIXTURES / "sipas_pop1.csv"))
    total = float(design.weight @ design.n)
    tied = post_stratify(design, ["half"], pd.DataFrame({"half": ["0", "1"], "N": [0.3 * total, 0.7 * total]}))
    overall = [figure(scheme(), Rules(), "overall", "all")]
    loose = between(m, tied, overall, "A01", "A06").iloc[0]
    domain = np.where(m.keys["agency"] == "A01", 0, np.where(m.keys["agency"] == "A06", 1, -1))
    apart = estimate(m, tied, overall, domain).variance.sum()
    assert abs(loose["se"] ** 2 / 1e4 - apart) > 1e-9  # the covariance is there, and not 0


def test_a_stratum_shared_by_two_domains_ties_them() -> None:
    m, design = wave(1)
    frame = pd.read_csv(FIXTURES / "sipas_wave1.csv")
    split = moments(read_answers(frame, scheme()), frame[["agency", "service", "sex"]], scheme())
    cells = stratified(split.keys, split.n, pd.read_csv(FIXTURES / "sipas_pop1.csv"))
    domain = np.where(split.keys["sex"] == "F", 0, 1)
    found = contrast(split, cells, [figure(scheme(), Rules(), "overall", "all")], domain, fpc=True).iloc[0]
    y = frame[list(scheme().codes)]
    top, valid = (y >= 4).sum(axis=1), y.notna().sum(axis=1)
    w, u = frame["N"] / frame["n"], pd.Series(0.0, index=frame.index)
    for side, sign in (("F", 1), ("M", -1)):
        d = w * (frame["sex"] == side)
        u += sign * d * (top - (d * top).sum() / (d * valid).sum() * valid) / (d * valid).sum()
    by = u.groupby(frame["service"])
    n, population = by.size(), frame.groupby("service")["N"].first()
    expected = np.sqrt(((1 - n / population) * n * by.var(ddof=1)).sum())
    assert found["se"] == pytest.approx(100 * expected, rel=1e-9)
    assert design.unit is None
    assert len(m.n) == 36


def _tiny(answers: list[list[int]], agencies: list[str], population: dict[str, int] | None) -> tuple[Moments, Design]:
    two = Scheme((Item("a", "e"), Item("b", "e")))
    m = moments(np.array(answers), pd.DataFrame({"agency": agencies, "service": "s"}), two)
    table = population and pd.DataFrame({"agency": list(population), "service": "s", "N": list(population.values())})
    return m, stratified(m.keys, m.n, table if population else None)


def test_equal_answers_have_a_bounded_error() -> None:
    m, design = _tiny([[5, 5]] * 20 + [[5, 1], [1, 1], [4, 2], [2, 5]], ["A"] * 20 + ["B"] * 4, None)
    found = between(m, design, [Figure("overall", "all", figures(m.scheme, Rules())[0].parts)], "A", "B").iloc[0]
    assert found["status"] == "zero_variance"
    rare = (1 - 0.025 ** (1 / 20)) / stats.norm.ppf(0.975)
    var_b = estimate(m, design, [figures(m.scheme, Rules())[0]], np.array([-1, 0])).variance[0, 0]
    assert found["se"] == pytest.approx(100 * np.sqrt(rare**2 + var_b))


def test_nothing_known_is_said_so() -> None:
    m, design = _tiny([[5, 0], [4, 0], [5, 5], [1, 2]], ["A", "A", "B", "C"], {"A": 9, "B": 1, "C": 4})
    wanted = figures(m.scheme, Rules())
    item_b = between(m, design, wanted, "A", "B", fpc=True).set_index(["level", "key"]).loc[("item", "b")]
    assert item_b["status"] == "no_data"
    assert pd.isna(item_b["diff"])
    assert item_b["n_first"] == 0
    alone = between(m, design, wanted, "A", "C", fpc=True).iloc[0]
    assert alone["status"] == "no_test"
    assert alone["diff"] == 100.0
    assert pd.isna(alone["p"])
    census = _tiny([[5, 5], [1, 1]], ["A", "B"], {"A": 1, "B": 1})
    assert between(*census, wanted, "A", "B", fpc=True)["status"].tolist() == ["exact"] * len(wanted)


def test_agencies_without_n_are_not_part_of_the_rest() -> None:
    m, design = _tiny(
        [[5, 5], [5, 1], [1, 1], [4, 2], [2, 2], [2, 2]], ["A", "A", "B", "B", "C", "C"], {"A": 9, "B": 9}
    )
    overall = figures(m.scheme, Rules())[:1]
    assert against_rest(m, design, overall, "A").iloc[0]["n_second"] == 2
    assert against_rest(m, replace(design, known=None), overall, "A").iloc[0]["n_second"] == 4


def test_one_sided_comparisons_are_refused() -> None:
    m, design = _tiny([[5, 5], [5, 1]], ["A", "A"], {"A": 9})
    overall = figures(m.scheme, Rules())[:1]
    with pytest.raises(DataError, match="both sides"):
        against_rest(m, design, overall, "A")
    with pytest.raises(DataError, match="'B'"):
        against_rest(m, design, overall, "B")
    with pytest.raises(DataError, match="'B'"):
        between(m, design, overall, "A", "B")
    assert len(each_against_rest(m, design, overall)) == 0


def test_bound_for_equal_middle_answers_reaches_the_far_end_of_the_scale() -> None:
    one = Scheme((Item("a", "e"),))
    m = moments(np.full((30, 1), 4), pd.DataFrame({"agency": ["A"] * 30, "service": "s"}), one, features=("score",))
    found = estimate(m, stratified(m.keys, m.n, None), figures(one, Rules())[:1], statistic="score")
    var, zero = bounded_variance(found)
    assert zero.all()
    assert np.sqrt(var[0, 0]) == pytest.approx((1 - 0.025 ** (1 / 30)) * 0.75 / stats.norm.ppf(0.975))


def test_differences_alone() -> None:
    found = difference_tests([1.0], [0.0], [0.25], [10]).iloc[0]
    assert found["t"] == 2.0
    assert found["hi"] - 1 == pytest.approx(0.5 * stats.t.ppf(0.975, 10))
