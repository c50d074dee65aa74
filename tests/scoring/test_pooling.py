"""Pooled totals: what a table prints explains every index in it, and hidden people could be anywhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.attack import recompute
from scoring.compare import against_rest
from scoring.estimate import domains, estimate, joint
from scoring.moments import moments
from scoring.pooling import Shown, pool, pooled
from scoring.scheme import DataError, Item, Rules, Scheme, figure
from scoring.table import score_table
from scoring.weights import post_stratify, stratified, with_weights
from tests.scoring.thin import Round, thin_round

PRINTED = ["n", "valid", "c1", "c2", "c3", "c4", "c5", "index", "se", "df", "lo", "hi", "n_eff", "deff"]
PRINTED += ["coverage", "population"]
ONE = Scheme((Item("y", "e"),))


def numbers(table: pd.DataFrame, columns: list[str] = PRINTED) -> np.ndarray:
    return table[columns].to_numpy(dtype=float, na_value=np.nan)


def scored(found: Round, rules: Rules, **more: object) -> pd.DataFrame:
    return score_table(found.moments, found.scheme, found.population, rules, **more)  # type: ignore[arg-type]


def shuffled(found: Round, table: pd.DataFrame, seed: int, within: str) -> Round:
    """Return the round with the hidden people of each agency (or service) dealt anew among its hidden places."""
    rng = np.random.default_rng(seed)
    gone = table[(table["status"] == "suppressed") & (table["agency"] != "") & (table["service"] != "")]
    hidden = set(zip(gone["agency"], gone["service"], strict=True))
    keys = found.keys.copy()
    inside = np.array([pair in hidden for pair in zip(keys["agency"], keys["service"], strict=True)])
    for value in keys.loc[inside, within].unique():
        rows = np.flatnonzero(inside & (keys[within] == value).to_numpy())
        # each place keeps its number of people: with other numbers other places would be hidden
        keys.loc[rows, ["agency", "service"]] = keys.loc[rng.permutation(rows), ["agency", "service"]].to_numpy()
    return Round(found.scheme, found.answers, keys, found.population)


def test_by_hand() -> None:
    """Services s (n 40, N 400), t (n 3, N 30), u (n 6, N 96): the two hidden ones weigh 126/9 = 14 each."""
    sizes = {"s": (40, 30), "t": (3, 3), "u": (6, 1)}
    keys = pd.DataFrame({"agency": "A", "service": [s for s, (n, _) in sizes.items() for _ in range(n)]})
    answers = [[5 if k < good else 2] for n, good in sizes.values() for k in range(n)]
    population = pd.DataFrame({"agency": "A", "service": ["s", "t", "u"], "N": [400, 30, 96]})
    m = moments(answers, keys, ONE)
    table = score_table(m, ONE, population, Rules())
    assert set(table.loc[table["status"] == "suppressed", "service"]) == {"t", "u"}
    row = table[(table["agency"] == "A") & (table["service"] == "") & (table["level"] == "overall")].iloc[0]
    assert row["index"] == pytest.approx(100 * (10 * 30 + 14 * 4) / (400 + 126), rel=1e-14)
    spread = [(40, 10.0, 400, 30), (9, 14.0, 126, 4)]
    p = row["index"] / 100
    var = sum((1 - n / N) * n / (n - 1) * (w / 526) ** 2 * (good * (1 - good / n)) for n, w, N, good in spread)
    assert row["se"] == pytest.approx(100 * np.sqrt(var), rel=1e-12)
    assert row["df"] == 47
    assert p == pytest.approx((300 + 56) / 526)
    before = score_table(m, ONE, population, Rules(pooling=False))
    old = before[(before["agency"] == "A") & (before["service"] == "") & (before["level"] == "overall")].iloc[0]
    assert old["index"] == pytest.approx(100 * (10 * 30 + 10 * 3 + 16 * 1) / 526, rel=1e-14)


@pytest.mark.parametrize("composition", ["pooled", "mean_items", "mean_elements"])
@pytest.mark.parametrize("statistic", ["top2", "level5"])
@pytest.mark.parametrize("min_n", [5, 20, 60])
def test_every_index_follows_from_what_is_printed(composition: str, statistic: str, min_n: int) -> None:
    rules = Rules(composition=composition, statistic=statistic, min_n=min_n)
    for seed in range(2):
        found = thin_round(seed, agencies=8)
        m = moments(found.answers, found.keys, found.scheme, features=(statistic,))
        table = score_table(m, found.scheme, found.population, rules)
        assert (table["status"] == "suppressed").any()
        again = recompute(table, found.population, found.scheme, rules)
        there = table["index"].notna().to_numpy()
        np.testing.assert_allclose(again[there], table["index"].to_numpy(dtype=float)[there], atol=1e-9, rtol=0)


def test_without_pooling_the_table_says_more_than_its_counts() -> None:
    found = thin_round(0)
    table = scored(found, Rules(pooling=False))
    again = recompute(table, found.population, found.scheme, Rules())
    wide = ((table["service"] == "") & (table["agency"] != "") & table["index"].notna()).to_numpy()
    assert (np.abs(again - table["index"].to_numpy(dtype=float, na_value=np.nan))[wide] > 1e-6).mean() > 0.3


def test_hidden_people_could_be_in_any_hidden_service() -> None:
    for seed in range(3):
        found = thin_round(seed)
        rules = Rules(min_n=5)
        table = scored(found, rules)
        moved = shuffled(found, table, seed, "agency")
        shown = (table["status"] != "suppressed").to_numpy()
        agencies = shown & (table["service"] == "").to_numpy()  # rows of services count other people now
        again = scored(moved, Rules(min_n=0), beside=table)  # the same places stay hidden
        assert (again[["status", "warnings"]] == table[["status", "warnings"]])[agencies].all(axis=None)
        np.testing.assert_allclose(numbers(again)[agencies], numbers(table)[agencies], rtol=1e-9, atol=1e-9)
        other = scored(shuffled(found, table, seed, "service"), Rules(min_n=0), beside=table)
        services = shown & (table["agency"] == "").to_numpy() & (table["service"] != "").to_numpy()
        np.testing.assert_allclose(numbers(other)[services], numbers(table)[services], rtol=1e-9, atol=1e-9)
        old = Rules(min_n=0, pooling=False)
        plain, moved_plain = scored(found, old), scored(moved, old)
        assert np.nanmax(np.abs(numbers(plain) - numbers(moved_plain))[agencies]) > 1e-3


def test_a_row_beside_a_hidden_one_tells_no_lonely_respondent() -> None:
    """By hand: of t one person answered; nobody of A answered y, where the old table still warned."""
    scheme = Scheme((Item("x", "e"), Item("y", "f")))
    keys = pd.DataFrame({"agency": ["A"] * 50 + ["B"] * 40, "service": ["s"] * 40 + ["t"] * 1 + ["u"] * 9 + ["s"] * 40})
    answers = np.column_stack([np.full(90, 5), np.where(keys["agency"] == "A", 0, 4)])
    population = pd.DataFrame({"agency": list("AAAB"), "service": list("stus"), "N": [400, 30, 90, 200]})
    m = moments(answers, keys, scheme)
    for pooling, told in ((False, True), (True, False)):
        table = score_table(m, scheme, population, Rules(pooling=pooling))
        row = table[(table["agency"] == "A") & (table["service"] == "") & (table["key"] == "y")].iloc[0]
        assert row["status"] == "no_data"
        assert ("lonely_psu" in row["warnings"]) == told
        zero = table[(table["agency"] == "A") & (table["service"] == "t") & (table["key"] == "y")].iloc[0]
        assert (zero["status"] == "suppressed") == pooling


def test_rankings_and_comparisons_use_the_pooled_design() -> None:
    found = thin_round(3)
    m = found.moments.rated()
    table = scored(found, Rules())
    design = pooled(stratified(m.keys, m.n, found.population), table)
    wanted = [figure(found.scheme, Rules(), "overall", "all")]
    code, labels = domains(m.keys, ["agency"])
    top = table[(table["level"] == "overall") & (table["service"] == "")].set_index("agency")
    shown = [k for k, name in enumerate(labels["agency"]) if top.loc[name, "status"] != "suppressed"]
    both = joint(m, design, wanted, code)
    agencies = top.loc[labels["agency"].iloc[shown]]
    np.testing.assert_allclose(100 * both.value[shown], agencies["index"].astype(float), rtol=1e-12)
    np.testing.assert_allclose(100 * np.sqrt(np.diag(both.covariance)[shown]), agencies["se"].astype(float), rtol=1e-9)
    whole = estimate(m, design, wanted)
    assert 100 * whole.value[0, 0] == pytest.approx(float(top.loc["", "index"]), rel=1e-12)
    assert 100 * whole.se[0, 0] == pytest.approx(float(top.loc["", "se"]), rel=1e-9)
    first = agencies.index[0]
    assert against_rest(m, design, wanted, first)["first"].iloc[0] == pytest.approx(float(top.loc[first, "index"]))


def test_weights_of_a_file_are_those_of_the_pooled_strata() -> None:
    found = thin_round(4)
    m, table = found.moments.rated(), scored(found, Rules())
    design = pooled(stratified(m.keys, m.n, found.population), table)
    agency = next(name.removesuffix(" / *") for name in design.names if name.endswith(" / *"))
    inside = np.array([design.names[h] == f"{agency} / *" for h in design.stratum])
    N = found.population.set_index(["agency", "service"])["N"]
    total = sum(max(N[key] if pd.notna(N[key]) else 0, 0) for key in map(tuple, m.keys[inside].to_numpy()))
    assert len(set(design.weight[inside])) == 1
    assert float((design.weight * design.n)[inside].sum()) == pytest.approx(max(total, m.n[inside].sum()))
    assert design.fraction[design.stratum[inside][0]] == pytest.approx(m.n[inside].sum() / total)


def test_groups_and_what_no_row_explains_are_not_weighted() -> None:
    found = thin_round(5, thin=0.0)
    keys = found.keys.assign(group=np.where(np.arange(len(found.keys)) % 3 == 0, "m", "f"))
    m = moments(found.answers, keys, found.scheme)
    results = scored(found, Rules())
    by = ("agency", "group")
    table = score_table(m, found.scheme, found.population, Rules(min_n=0), by=by, beside=results)
    told = table[table["group"] != ""]
    plain = 100 * (told["c4"] + told["c5"]) / told["valid"]
    np.testing.assert_allclose(told["index"].astype(float), plain.astype(float), rtol=1e-12)
    whole = table[table["group"] == ""].reset_index(drop=True)
    same = results[results["service"] == ""].reset_index(drop=True)
    np.testing.assert_allclose(numbers(whole, ["index", "se"]), numbers(same, ["index", "se"]), rtol=1e-9)
    alone = score_table(m, found.scheme, found.population, Rules(), by=("agency",))
    row = alone[(alone["agency"] != "") & (alone["level"] == "overall")]
    np.testing.assert_allclose(
        row["index"].astype(float), (100 * (row["c4"] + row["c5"]) / row["valid"]).astype(float), rtol=1e-12
    )


def test_hidden_agencies_are_one_of_the_province() -> None:
    """By hand: B (n 4, N 40) and C (n 6, N 100) are hidden; the province is A and the two together."""
    sizes = {"A": (60, 45, 600), "B": (4, 4, 40), "C": (6, 0, 100)}
    keys = pd.DataFrame({"agency": [a for a, (n, _, _) in sizes.items() for _ in range(n)], "service": "s"})
    answers = [[5 if k < good else 1] for n, good, _ in sizes.values() for k in range(n)]
    population = pd.DataFrame([(a, "s", N) for a, (_, _, N) in sizes.items()], columns=["agency", "service", "N"])
    m = moments(answers, keys, ONE)

    def province(rules: Rules) -> float:
        table = score_table(m, ONE, population, rules)
        assert set(table.loc[table["status"] == "suppressed", "agency"]) == {"B", "C"}
        return float(table[(table["agency"] == "") & (table["service"] == "")]["index"].iloc[0])

    assert province(Rules()) == pytest.approx(100 * (10 * 45 + 14 * 4) / 740)
    assert province(Rules(rollup="equal")) == pytest.approx(100 * (0.75 + 2 * 0.4) / 3)
    given = Rules(rollup="given", agency_weights={"A": 1, "B": 2, "C": 0})
    assert province(given) == pytest.approx(100 * (0.75 + 2 * 0.4) / 3)


def test_those_who_rated_nothing_are_nobody() -> None:
    keys = pd.DataFrame({"agency": "A", "service": ["s"] * 20 + ["t"] * 20})
    answers = np.array([[5]] * 10 + [[0]] * 10 + [[1]] * 20)
    population = pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [100, 100]})
    m = moments(answers, keys, ONE)
    table = score_table(m, ONE, population, Rules(min_n=5))
    top = table[(table["agency"] == "A") & (table["service"] == "") & (table["level"] == "overall")].iloc[0]
    assert (top["n"], top["index"]) == (30, pytest.approx(50))
    assert m.rated().n.tolist() == [10, 20]
    assert m.rated().rated() is not m


def test_calibrated_weights_are_averaged_over_what_is_pooled() -> None:
    found = thin_round(6)
    m, table = found.moments.rated(), scored(found, Rules())
    design = stratified(m.keys, m.n, found.population)
    services = sorted(set(m.keys["service"]))
    raked = post_stratify(design, ("service",), pd.DataFrame({"service": services, "N": [1000.0] * len(services)}))
    result = pool(raked, Shown.of(table))
    assert float(result.weight @ result.n) == pytest.approx(float(raked.weight @ raked.n))
    for stratum, name in enumerate(result.names):
        inside = result.stratum == stratum
        if name.endswith("*"):
            mean = float(raked.weight[inside] @ raked.n[inside] / raked.n[inside].sum())
            np.testing.assert_allclose(result.weight[inside], mean)
        else:
            np.testing.assert_array_equal(result.weight[inside], raked.weight[inside])


def test_a_design_of_other_cells_is_refused() -> None:
    found = thin_round(7)
    m = found.moments
    with pytest.raises(DataError, match="other cells"):
        scored(found, Rules(), design=stratified(m.keys.iloc[1:], m.n[1:], found.population))
    with pytest.raises(DataError, match="other respondents"):
        scored(found, Rules(), design=stratified(m.keys, m.n + 1, found.population))
    design = stratified(m.keys, m.rated().n, found.population)
    same = scored(found, Rules(), design=with_weights(design, design.weight))
    pd.testing.assert_frame_equal(same, scored(found, Rules()))
