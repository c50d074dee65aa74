"""What stands beside an index: design effects, bounds of parts without an error, clips, names of methods, statuses."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from scoring.compare import against_rest, bounded_variance
from scoring.estimate import domains, estimate
from scoring.intervals import METHOD_NAMES, choose, clopper_pearson, computed, interval, steady_effect
from scoring.moments import moments, read_answers
from scoring.scheme import INTERVALS, DataError, Figure, Item, Part, Rules, Scheme, figure, figures
from scoring.table import COLUMNS, score_table
from scoring.weights import stratified

ROOT = Path(__file__).parents[2]
ONE = Scheme((Item("q", "e"),))
TWO = Scheme((Item("a", "x"), Item("b", "y")))


def table(
    answers: np.ndarray, keys: pd.DataFrame, scheme: Scheme, n: pd.DataFrame | None, rules: Rules
) -> pd.DataFrame:
    features = rules.features
    found = score_table(moments(answers, keys, scheme, features=features), scheme, n, rules)
    return found.set_index(["agency", "service", "level", "key"])


# Design effects


@pytest.mark.parametrize(
    ("statistic", "r"),
    [("score", (0.5343348391041023, 0.0231280597997241, 1.1707046774281653)),
     ("top2", (0.4043396816110389, 0.0374753900501934, 1.1603803500974181))],
)  # fmt: skip
def test_design_effects_are_those_of_r(statistic: str, r: tuple[float, float, float]) -> None:
    # > d$y <- findInterval(d$api00, c(500, 600, 700, 800)) / 4     (and d$t <- d$y >= .75)
    # > svymean(~y, svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = d), deff = "replace")
    rows = pd.read_csv(ROOT / "tests/fixtures/apistrat.csv")
    answers = np.searchsorted([500, 600, 700, 800], rows["api00"], side="right")[:, None] + 1
    keys = pd.DataFrame({"agency": "A", "service": rows["stype"]})
    m = moments(answers, keys, ONE, features=("score",) if statistic == "score" else ("top2",))
    population = keys.assign(N=rows["fpc"]).drop_duplicates()
    found = estimate(m, stratified(m.keys, m.n, population), figures(ONE, Rules())[:1], statistic=statistic)
    got = (found.value[0, 0], found.se[0, 0], found.deff[0, 0])
    assert_allclose(got, r, rtol=1e-7)  # R has the weights as published, 44.2099990844727 for 44.21
    assert found.n_eff[0, 0] == pytest.approx(200 / r[2], rel=1e-6)


def test_a_random_sample_of_4000_counts_for_4000() -> None:
    rng = np.random.default_rng(1)
    answers = rng.choice([1, 2, 3, 4, 5], p=[0.02, 0.05, 0.13, 0.5, 0.3], size=(4000, 1))
    keys = pd.DataFrame({"agency": ["A"] * 4000, "service": "s"})
    row = table(answers, keys, ONE, None, Rules(statistic="score")).loc[("A", "", "overall", "all")]
    assert row["n_eff"] == pytest.approx(4000)
    assert row["deff"] == pytest.approx(1)


def test_compositions_count_the_answers_behind_them() -> None:
    """Two items answered independently count twice; answered alike, once."""
    rng = np.random.default_rng(2)
    keys = pd.DataFrame({"agency": ["A"] * 3000, "service": "s"})
    independent = np.where(rng.random((3000, 2)) < 0.7, 5, 1)
    for answers, n_eff in ((independent, 6000), (np.repeat(independent[:, :1], 2, axis=1), 3000)):
        row = table(answers, keys, TWO, None, Rules(composition="mean_elements")).loc[("A", "", "overall", "all")]
        assert row["n_eff"] == pytest.approx(n_eff, rel=0.05)
        assert row["deff"] == pytest.approx(6000 / n_eff, rel=0.05)


def test_kish_and_the_planner_have_their_own_factors() -> None:
    answers = np.array([[5, 5], [5, 1], [1, 1], [5, 5], [1, 5], [5, 5], [5, 5], [1, 1]] * 5)
    keys = pd.DataFrame({"agency": ["A"] * 40, "service": "s"})
    row = table(answers, keys, TWO, None, Rules()).loc[("A", "", "overall", "all")]
    p, variance = row["index"] / 100, (row["se"] / 100) ** 2
    assert row["deff"] == pytest.approx(variance / (p * (1 - p) / 79))  # 80 answers
    assert row["deff_plan"] == pytest.approx(variance / (p * (1 - p) / 40))  # 40 respondents
    assert row["n_eff"] * row["deff"] == pytest.approx(80)


# Former definitions


def test_old_rules_give_the_old_columns() -> None:
    keys = pd.DataFrame({"agency": ["A"] * 40, "service": ["s"] * 39 + ["t"]})
    answers = np.where(np.arange(40)[:, None] % 4 == 0, 1, 5)
    n = pd.DataFrame({"agency": ["A", "A"], "service": ["s", "t"], "N": [42, 3]})
    old, new = (table(answers, keys, ONE, n, Rules(definitions=k, min_n=0)) for k in (1, 2))
    assert list(old.reset_index().columns) == [name for name, _ in COLUMNS if name != "deff_plan"]
    assert list(new.reset_index().columns) == [name for name, _ in COLUMNS]
    place = ("A", "", "overall", "all")
    assert (old.loc[place, "status"], new.loc[place, "status"]) == ("lonely_psu", "ok")
    assert "lonely_psu" in new.loc[place, "warnings"]
    p, variance = old.loc[place, "index"] / 100, (old.loc[place, "se"] / 100) ** 2
    assert old.loc[place, "n_eff"] == pytest.approx(p * (1 - p) / variance)
    assert old.loc[place, "deff"] == pytest.approx(40 * variance / (p * (1 - p)))
    assert (old.loc[place, "se"], old.loc[place, "index"]) == (new.loc[place, "se"], new.loc[place, "index"])
    # 30 satisfied of 40 were seen, 5 of 45 transactions are left
    assert new.loc[place, ["lo", "hi"]].tolist() == pytest.approx([100 * 30 / 45, 100 * 35 / 45])
    assert old.loc[place, "lo"] < 65
    with pytest.raises(DataError, match="definitions"):
        Rules(definitions=3)


# Parts without an error of their own


def test_a_stratum_with_one_respondent_is_bounded() -> None:
    answers = np.array([[5]] * 30 + [[1]] * 10 + [[5]])
    keys = pd.DataFrame({"agency": ["A"] * 41, "service": ["s"] * 40 + ["t"]})
    m = moments(answers, keys, ONE)
    design = stratified(m.keys, m.n, pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [300, 100]}))
    found = estimate(m, design, figures(ONE, Rules())[:1])
    index = 0.75 * 0.75 + 0.25
    found_by_adjust = 0.99 * (0.25 * (1 - index)) ** 2
    assert found.value[0, 0] == pytest.approx(index)
    assert found.allowance[0, 0] == pytest.approx(0.99 * 0.25**2 / 4 - found_by_adjust)
    assert bounded_variance(found)[0][0, 0] == pytest.approx(found.variance[0, 0] + found.allowance[0, 0])
    for lonely in ("average", "certainty"):
        other = stratified(m.keys, m.n, pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [300, 100]}),
                           Rules(lonely=lonely))  # fmt: skip
        assert estimate(m, other, figures(ONE, Rules())[:1]).allowance[0, 0] == 0


@pytest.mark.parametrize("rollup", ["equal", "given"])
def test_an_agency_of_one_respondent_adds_a_bound_to_the_province(rollup: str) -> None:
    answers = np.array([[5]] * 60 + [[1]] * 40 + [[5]])
    keys = pd.DataFrame({"agency": ["A"] * 100 + ["B"], "service": "s"})
    n = pd.DataFrame({"agency": ["A", "B"], "service": "s", "N": [10**9, 10**9]})
    weights = {"A": 0.9, "B": 0.1} if rollup == "given" else {}
    rules = Rules(rollup=rollup, agency_weights=weights, interval="t", min_n=0)
    row = table(answers, keys, ONE, n, rules).loc[("", "", "overall", "all")]
    a, b = (0.9, 0.1) if rollup == "given" else (0.5, 0.5)
    plain = a**2 * 0.24 / 99
    assert row["se"] == pytest.approx(100 * np.sqrt(plain))
    half = stats.t.ppf(0.975, 99) * 100 * np.sqrt(plain + b**2 / 4)
    assert row["hi"] - row["index"] == pytest.approx(min(half, 100 - row["index"]), rel=1e-6)
    auto = table(answers, keys, ONE, n, Rules(rollup=rollup, agency_weights=weights, min_n=0))
    # Kish's n of the shares: 1 / (.25/100 + .25/1) = 3.96, or 1 / (.81/100 + .01/1) = 55.2
    assert auto.loc[("", "", "overall", "all"), "status"] == ("small_n" if rollup == "equal" else "ok")


def test_an_agency_whose_answers_agree_adds_a_bound_too() -> None:
    answers = np.array([[5]] * 60 + [[1]] * 40 + [[5]] * 8)
    keys = pd.DataFrame({"agency": ["A"] * 100 + ["B"] * 8, "service": "s"})
    n = pd.DataFrame({"agency": ["A", "B"], "service": "s", "N": [10**9, 10**9]})
    row = table(answers, keys, ONE, n, Rules(rollup="equal", interval="t")).loc[("", "", "overall", "all")]
    rare = ((1 - 0.025 ** (1 / 8)) / stats.norm.ppf(0.975)) ** 2
    half = stats.t.ppf(0.975, 106) * 100 * np.sqrt(0.25 * (0.24 / 99 + rare))
    assert row["hi"] - row["index"] == pytest.approx(min(half, 100 - row["index"]), rel=1e-6)


def test_thresholds_look_at_kish_s_n() -> None:
    answers = np.array([[5]] * 25 + [[1]] * 15 + [[5]] * 3 + [[1]] * 2)
    keys = pd.DataFrame({"agency": ["A"] * 45, "service": ["s"] * 40 + ["t"] * 5})
    n = pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [400, 4000]})
    place = ("A", "", "overall", "all")
    assert table(answers, keys, ONE, n, Rules()).loc[place, "status"] == "small_n"
    assert table(answers, keys, ONE, n, Rules(definitions=1)).loc[place, "status"] != "small_n"


# Near a census


def test_the_interval_keeps_to_what_the_last_citizen_can_change() -> None:
    answers = np.array([[5]] * 97 + [[1]] * 2)
    keys = pd.DataFrame({"agency": ["A"] * 99, "service": "s"})
    row = table(answers, keys, ONE, keys[:1].assign(N=100), Rules()).loc[("A", "", "overall", "all")]
    assert row["index"] == pytest.approx(100 * 97 / 99)
    assert (row["lo"], row["hi"]) == (pytest.approx(97), pytest.approx(98))
    free = table(answers, keys, ONE, keys[:1].assign(N=100), Rules(fpc=False)).loc[("A", "", "overall", "all")]
    assert free["lo"] < 96
    assert free["hi"] > 98.5


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_bounds_hold_whatever_the_others_answer(data: st.DataObject) -> None:
    """The index of everybody lies within `least`..`most`, strata of any size, compositions, mean scores."""
    sizes = data.draw(st.lists(st.tuples(st.integers(2, 5), st.integers(0, 3)), min_size=1, max_size=3))
    seed, statistic = data.draw(st.integers(0, 99)), data.draw(st.sampled_from(["top2", "score"]))
    rng = np.random.default_rng(seed)
    seen = [rng.integers(1, 6, (n, 2)) for n, _ in sizes]
    rest = [rng.choice([1, 5], (more, 2)) for _, more in sizes]
    services = [str(k) for k in range(len(sizes))]

    def of(parts: list[np.ndarray]) -> tuple[np.ndarray, pd.DataFrame]:
        where = np.repeat(services, [len(part) for part in parts])
        return np.concatenate(parts), pd.DataFrame({"agency": "A", "service": where})

    population = pd.DataFrame({"agency": "A", "service": services, "N": [n + more for n, more in sizes]})
    wanted = figures(TWO, Rules(composition="mean_elements"))
    found, everyone = (
        estimate(m, stratified(m.keys, m.n, population), wanted, statistic=statistic)
        for m in (
            moments(*of(parts), TWO, features=(statistic,))
            for parts in (seen, [np.concatenate(pair) for pair in zip(seen, rest, strict=True)])
        )
    )
    assert (found.least - 1e-12 <= everyone.value).all()
    assert (everyone.value <= found.most + 1e-12).all()
    assert (found.least <= found.value + 1e-12).all()
    assert (found.value <= found.most + 1e-12).all()
    assert_allclose(everyone.least, everyone.value)


# Names of methods


def test_every_method_has_a_name_and_the_page_says_no_other() -> None:
    assert set(METHOD_NAMES) == {*INTERVALS[1:], "clopper_pearson", "census"}
    assert choose("top2") == "jeffreys"
    assert "Jeffreys" in METHOD_NAMES[choose("top2")]
    page = (ROOT / "docs/methodology.md").read_text(encoding="utf-8")
    for code, name in METHOD_NAMES.items():
        assert f"| `{code}` | {name} |" in page


@pytest.mark.parametrize("method", INTERVALS)
def test_the_name_is_that_of_what_was_computed(method: str) -> None:
    """Every interval of a table is computed again from the textbook formula of the method its row names."""
    rng = np.random.default_rng(6)
    answers = rng.choice([2, 4, 5], p=[0.15, 0.5, 0.35], size=(400, 2))
    answers[:80, 0] = 5  # all alike in the first agency
    keys = pd.DataFrame({"agency": np.repeat(list("ABCDE"), 80), "service": "s"})
    m = moments(answers, keys, TWO)
    population = pd.DataFrame({"agency": list("ABCDE"), "service": "s", "N": [900, 900, 900, 900, 80]})
    got = score_table(m, TWO, population, Rules(interval=method)).set_index(["agency", "service", "level", "key"])
    code, labels = domains(m.keys, ["agency"])
    wanted = figures(TWO, Rules())
    found = estimate(m, stratified(m.keys, m.n, population), wanted, code)
    names = set()
    for d, k in np.ndindex(found.value.shape):
        row = got.loc[(labels["agency"].iloc[d], "", wanted[k].level, wanted[k].key)]
        lo, hi = _textbook(row["interval"], found, d, k)
        if row["status"] == "census":
            assert (row["interval"], row["lo"], row["hi"]) == ("", row["index"], row["index"])
            continue
        assert row["interval"] in METHOD_NAMES
        names.add(row["interval"])
        assert_allclose([row["lo"], row["hi"]], [100 * lo, 100 * hi], rtol=1e-7, err_msg=row["interval"])
    assert names == ({"jeffreys"} if method in ("auto", "jeffreys") else {method, "clopper_pearson"})


def _textbook(name: str, found: object, d: int, k: int) -> tuple[float, float]:
    p, se, n, df = (float(getattr(found, x)[d, k]) for x in ("value", "se", "n", "df"))  # type: ignore[attr-defined]
    answers, kish = float(found.valid[d, k]), float(found.n_kish[d, k])  # type: ignore[attr-defined]
    t = stats.t.ppf(0.975, df)
    ratio = (stats.t.ppf(0.975, n - 1) / t) ** 2
    if name == "clopper_pearson":
        size = kish
    elif name == "jeffreys":
        effect = steady_effect(*(np.array([x]) for x in (p, se, n, kish, answers)))[0]
        size = answers / effect * ratio
    else:
        size = p * (1 - p) / se**2 * ratio if se else 0.0
    yes, no = p * size, (1 - p) * size
    if name == "jeffreys":
        beta = stats.beta(yes + 0.5, no + 0.5)
        return (0 if p == 0 else beta.ppf(0.025)), (1 if p == 1 else beta.ppf(0.975))
    if name in ("beta", "clopper_pearson"):
        return (
            0 if yes <= 0 else stats.beta.ppf(0.025, yes, no + 1),
            1 if no <= 0 else stats.beta.ppf(0.975, yes + 1, no),
        )
    if name == "wilson":
        z = stats.norm.ppf(0.975)
        centre, half = yes + z**2 / 2, z * np.sqrt(yes * no / size + z**2 / 4)
        return (centre - half) / (size + z**2), (centre + half) / (size + z**2)
    if name == "logit":
        centre, half = np.log(p / (1 - p)), t * se / (p * (1 - p))
        return 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))
    return max(p - t * se, 0), min(p + t * se, 1)


def test_names_of_special_cases() -> None:
    assert computed(1.0, 0.0, 9, "beta").item() == "clopper_pearson"
    assert computed(1.0, 0.0, 9, "jeffreys").item() == "jeffreys"
    assert computed(0.5, 0.1, 0, "t").item() == ""
    assert computed(0.5, 0.0, 0, "t", census=True).item() == "census"
    lo, _ = interval(1.0, 0.0, 20, 19, "wilson")
    assert lo == clopper_pearson(20, 20)[0]


# Keys


def test_composed_and_decomposed_spellings_are_one_agency() -> None:
    name = "Sở Y tế Sơn La"
    other = unicodedata.normalize("NFD", name)
    assert name != other
    keys = pd.DataFrame({"agency": [name] * 20 + [other] * 20 + ["B"] * 20, "service": "s"})
    answers = np.where(np.arange(60)[:, None] % 3 == 0, 1, 5)
    m = moments(answers, keys, ONE)
    assert m.keys["agency"].tolist() == ["B", name]
    population = pd.DataFrame({"agency": [other, "B"], "service": "s", "N": [100, 100]})
    got = score_table(m, ONE, population, Rules(rollup="given", agency_weights={other: 1.0}))
    rows = got[got["level"] == "overall"].set_index(["agency", "service"])
    assert rows.loc[(name, ""), "population"] == 100
    assert set(rows.index.get_level_values("agency")) == {"", "B", name}
    assert rows.loc[("", ""), "index"] == rows.loc[(name, ""), "index"]
    design = stratified(m.keys, m.n, population)
    assert against_rest(m, design, figures(ONE, Rules())[:1], other)["n_first"].tolist() == [40]
    item = unicodedata.normalize("NFD", "độ")
    assert read_answers(pd.DataFrame({item: [5]}), Scheme((Item("độ", "e"),))).tolist() == [[5]]


def test_figures_as_a_frame() -> None:
    m = moments(np.array([[5], [1]]), pd.DataFrame({"agency": ["A", "B"], "service": "s"}), ONE)
    wanted = [figure(ONE, Rules(), "overall", "all"), Figure("item", "q", (Part((0,), 1.0),))]
    found = estimate(m, stratified(m.keys, m.n, None), wanted, domains(m.keys, ["agency"])[0])
    assert repr(found) == "Estimates(2 domains × 2 figures)"
    assert found.to_frame()["value"].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert repr(m) == "Moments(2 responses to 1 items, 2 cells by agency, service)"
    assert repr(stratified(m.keys, m.n, None, clusters=["agency"])) == "Design(2 respondents in 2 strata, 2 clusters)"
