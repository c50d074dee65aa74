"""Counter-days as sampling units: against row-level arithmetic, against respondents as units, and added up in parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from scoring.clusters import ClusterSums, cluster_effect, cluster_sums, clustered, join_days, likeness
from scoring.estimate import domains, estimate, joint
from scoring.moments import moments
from scoring.pooling import pooled
from scoring.scheme import DataError, Item, Rules, Scheme, figure
from scoring.table import score_table
from scoring.weights import Design, post_stratify, stratified
from tests.scoring.test_pooling import PRINTED, numbers, shuffled
from tests.scoring.thin import Round, thin_round

ONE = Scheme((Item("y", "e"),))


def with_days(found: Round, seed: int, counters: int = 2, days: int = 15) -> pd.DataFrame:
    """Return the keys with a counter and a day; a counter serves all services."""
    rng = np.random.default_rng(seed)
    size = len(found.keys)
    counter = [f"c{k}" for k in rng.integers(0, counters, size)]
    return found.keys.assign(counter=counter, day=[f"2026-03-{d:02}" for d in rng.integers(1, days + 1, size)])


def sums(found: Round, keys: pd.DataFrame) -> ClusterSums:
    return cluster_sums(found.answers, np.ones(len(keys), dtype=int), keys, found.scheme)


def scored(found: Round, keys: pd.DataFrame, rules: Rules, **more: object) -> pd.DataFrame:
    return score_table(found.moments, found.scheme, found.population, rules, clusters=sums(found, keys), **more)  # type: ignore[arg-type]


def by_rows(design: Design, found: Round, unit: np.ndarray, inside: np.ndarray, items: list[int]) -> tuple[float, int]:
    """Return the variance of an index and its df, respondent by respondent, with nothing of the package."""
    number = {tuple(row): k for k, row in enumerate(design.keys[["agency", "service"]].to_numpy())}
    cell = np.array([number[tuple(row)] for row in found.keys.to_numpy()])
    h, w = design.stratum[cell], design.weight[cell] * inside
    top, valid = (found.answers[:, items] >= 4).sum(axis=1), (found.answers[:, items] > 0).sum(axis=1)
    ratio = (w * top).sum() / (w * valid).sum()
    u = w * (top - ratio * valid) / (w * valid).sum()
    e = np.zeros(len(u))
    for stratum in set(h[inside]):
        of = h == stratum
        m = len(set(unit[of]))
        e[of] = (u[of] - u[of].mean()) * np.sqrt((1 - design.fraction[stratum]) * m / (m - 1))
    totals = pd.Series(e).groupby(unit).sum()
    seen = inside & (valid > 0)
    return float((totals**2).sum()), len(set(unit[inside & seen]))


def test_against_row_level_arithmetic() -> None:
    found = thin_round(11, agencies=5, services=3, thin=0.0)
    keys = with_days(found, 1)
    m = found.moments
    design = clustered(stratified(m.keys, m.n, found.population), sums(found, keys), 1)
    unit = pd.factorize(keys["agency"] + keys["counter"] + keys["day"])[0]
    wanted = [figure(found.scheme, Rules(), "overall", "all"), figure(found.scheme, Rules(), "item", "q1")]
    code, labels = domains(m.keys, ["agency"])
    got = estimate(m, design, wanted, code)
    whole = estimate(m, design, wanted)
    for d, agency in enumerate(labels["agency"]):
        inside = (found.keys["agency"] == agency).to_numpy()
        for k, items in enumerate((list(range(8)), [1])):
            var, units = by_rows(design, found, unit, inside, items)
            assert got.variance[d, k] == pytest.approx(var, rel=1e-11)
            assert got.df[d, k] == units - 1  # its services share their counters: one part
    var, units = by_rows(design, found, unit, np.ones(len(unit), dtype=bool), [1])
    assert whole.variance[0, 1] == pytest.approx(var, rel=1e-11)
    assert whole.df[0, 1] == units - len(labels)
    both = joint(m, design, wanted, code)
    np.testing.assert_allclose(np.diag(both.covariance), got.variance.ravel(), rtol=1e-12)
    women = np.where(np.arange(len(m.n)) % 2 == 0, 0, -1)  # a domain that cuts through agencies
    part = estimate(m, design, wanted, women)
    inside = np.isin(found.keys["agency"] + found.keys["service"], (m.keys["agency"] + m.keys["service"])[women == 0])
    assert part.variance[0, 0] == pytest.approx(by_rows(design, found, unit, inside, list(range(8)))[0], rel=1e-11)


def test_clusters_of_one_person_are_respondents() -> None:
    found = thin_round(12, thin=0.2)
    keys = found.keys.assign(counter=[f"{k:06}" for k in range(len(found.keys))], day="")
    rules = Rules(min_n=5)
    one, other = scored(found, keys, rules), score_table(found.moments, found.scheme, found.population, rules)
    assert (one["status"] == other["status"]).all()
    np.testing.assert_allclose(numbers(one), numbers(other), rtol=1e-9, atol=1e-9)


def test_sums_add_up_in_any_order() -> None:
    found = thin_round(13)
    keys = with_days(found, 3)
    every = sums(found, keys)
    part = np.random.default_rng(0).integers(0, 3, len(keys))
    parts = [
        cluster_sums(found.answers[part == k], np.ones((part == k).sum(), dtype=int), keys[part == k], found.scheme)
        for k in (2, 0, 1)
    ]
    merged = parts[0].merge(*parts[1:])
    pd.testing.assert_frame_equal(merged.keys, every.keys)
    assert (merged.n == every.n).all()
    assert (merged.sums == every.sums).all()
    texts = ["".join(map(str, row)) for row in found.answers]
    counted = keys.assign(answers=texts).groupby([*keys.columns, "answers"]).size().reset_index(name="times")
    packed = cluster_sums(counted["answers"].tolist(), counted["times"].to_numpy(), counted[list(keys)], found.scheme)
    assert (packed.sums == every.sums).all()
    assert every.collapse(list(keys)).keys.equals(every.keys)
    assert int(every.n.sum()) == int(found.moments.rated().n.sum())
    with pytest.raises(DataError, match="same"):
        every.merge(cluster_sums([[5]], [1], keys.iloc[:1], ONE))


def test_days_of_few_people_are_joined_with_the_next() -> None:
    days = {"c1": [6, 2, 1, 3, 9, 2], "c2": [1, 1], "c3": [5, 4]}
    rows = [("A", "s", c, f"d{k}") for c, sizes in days.items() for k in range(len(sizes))]
    keys = pd.DataFrame(rows, columns=["agency", "service", "counter", "day"])
    n = [size for sizes in days.values() for size in sizes]
    got = join_days(keys, n, 5)
    assert got.tolist() == [0, 1, 1, 1, 2, 2, 3, 3, 4, 4]
    assert join_days(keys, n, 0).tolist() == list(range(10))


def test_a_hidden_person_of_the_same_counter_and_day_changes_nothing() -> None:
    for seed in (21, 22):
        found = thin_round(seed)
        keys = with_days(found, seed, counters=1, days=6)
        rules = Rules(min_n=5)
        table = scored(found, keys, rules)
        gone = table[(table["status"] == "suppressed") & (table["agency"] != "") & (table["service"] != "")]
        hidden = set(zip(gone["agency"], gone["service"], strict=True))
        inside = np.array([pair in hidden for pair in zip(keys["agency"], keys["service"], strict=True)])
        moved, rng = keys.copy(), np.random.default_rng(seed)
        for rows in moved[inside].groupby(["agency", "counter", "day"]).indices.values():
            at = np.flatnonzero(inside)[rows]
            moved.iloc[at, 1] = moved.iloc[rng.permutation(at), 1].to_numpy()
        assert (moved["service"] != keys["service"]).any()
        again = scored(
            Round(found.scheme, found.answers, moved[["agency", "service"]], found.population),
            moved,
            Rules(min_n=0),
            beside=table,
        )
        agencies = ((table["service"] == "") & (table["status"] != "suppressed")).to_numpy()
        joined = scored(found, keys, Rules(min_n=0), beside=table)  # min_n is also that of joined days
        np.testing.assert_allclose(numbers(again)[agencies], numbers(joined)[agencies], rtol=1e-9, atol=1e-9)
        assert (again[["status", "warnings"]] == joined[["status", "warnings"]])[agencies].all(axis=None)


def test_equal_answers_of_a_counter_day_widen_the_error() -> None:
    """60 counter-days of 20 people who all answer alike are 60 answers, not 1,200."""
    day = np.repeat(np.arange(60), 20)
    good = np.random.default_rng(1).random(60) < 0.8
    keys = pd.DataFrame({"agency": "A", "service": "s", "counter": "c", "day": [f"{d:03}" for d in day]})
    answers = np.where(good[day], 5, 1)[:, None]
    m = moments(answers, keys[["agency", "service"]], ONE)
    population = pd.DataFrame({"agency": ["A"], "service": ["s"], "N": [10**9]})
    found = cluster_sums(answers, np.ones(1200, dtype=int), keys, ONE)
    row = score_table(m, ONE, population, Rules(), clusters=found).iloc[0]
    p = good.mean()
    assert float(row["se"]) == pytest.approx(100 * np.sqrt(p * (1 - p) / 59), rel=1e-6)
    assert row["df"] == 59
    plain = score_table(m, ONE, population, Rules(clusters="none"), clusters=found).iloc[0]
    assert float(plain["se"]) == pytest.approx(100 * np.sqrt(p * (1 - p) / 1199), rel=1e-6)
    design = clustered(stratified(m.keys, m.n, population), found)
    told = likeness(m, design, figure(ONE, Rules(), "overall", "all"), np.zeros(1)).iloc[0]
    assert told["icc"] == pytest.approx(1.0)
    assert told["deff"] == pytest.approx(1199 / 59, rel=1e-6)
    assert (told["n"], told["clusters"], told["size"]) == (1200, 60, 20)
    assert cluster_effect(0.05, 11) == pytest.approx(1.5)


@pytest.mark.parametrize("lonely", ["adjust", "average", "certainty", "fail"])
def test_a_single_day_of_a_service(lonely: str) -> None:
    keys = pd.DataFrame({"agency": "A", "service": ["s"] * 40 + ["t"] * 10, "counter": ["c"] * 40 + ["d"] * 10})
    keys["day"] = [f"{k % 8}" for k in range(40)] + ["0"] * 10
    answers = np.where(np.arange(50) % 3 == 0, 2, 5)[:, None]
    m = moments(answers, keys[["agency", "service"]], ONE)
    population = pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [400, 100]})
    found = cluster_sums(answers, np.ones(50, dtype=int), keys, ONE)
    rules = Rules(lonely=lonely, min_n=0)

    def se() -> tuple[float, str]:
        table = score_table(m, ONE, population, rules, clusters=found)
        row = table[(table["agency"] == "A") & (table["service"] == "") & (table["level"] == "overall")].iloc[0]
        return float(row["se"]), row["warnings"]

    if lonely == "fail":
        with pytest.raises(DataError, match="single sampling unit"):
            se()
        return
    top, p = answers[:, 0] >= 4, None
    p = (10 * top[:40].sum() + 10 * top[40:].sum()) / 500
    u = 10 * (top - p) / 500
    e = (u[:40] - u[:40].mean()) * np.sqrt(0.9 * 8 / 7)
    own = float((pd.Series(e).groupby(np.arange(40) % 8).sum() ** 2).sum())
    more = {"adjust": own + 0.9 * u[40:].sum() ** 2, "average": 2 * own, "certainty": own}[lonely]
    got, words = se()
    assert got == pytest.approx(100 * np.sqrt(more), rel=1e-10)
    assert "lonely_psu" in words


def test_calibrated_weights_with_clusters_of_one_are_as_without() -> None:
    found = thin_round(14, agencies=4)
    m = found.moments.rated()
    keys = found.keys.assign(counter=[f"{k:06}" for k in range(len(found.keys))], day="")
    services = sorted(set(m.keys["service"]))
    totals = pd.DataFrame({"service": services, "N": [1000.0 + 100 * k for k in range(len(services))]})
    design = post_stratify(stratified(m.keys, m.n, found.population), ("service",), totals)
    both = clustered(design, sums(found, keys), 0)
    wanted = [figure(found.scheme, Rules(), "overall", "all")]
    code, _ = domains(m.keys, ["agency"])
    np.testing.assert_allclose(
        estimate(m, both, wanted, code).variance, estimate(m, design, wanted, code).variance, rtol=1e-9
    )
    np.testing.assert_allclose(joint(m, both, wanted).covariance, joint(m, design, wanted).covariance, rtol=1e-9)
    with pytest.raises(DataError, match="several domains"):
        joint(m, both, wanted, code)


def refusals() -> Iterator[tuple[str, object]]:
    found = thin_round(15, agencies=3)
    keys = with_days(found, 4)
    m = found.moments.rated()
    design = stratified(m.keys, m.n, found.population)
    yield "other respondents", lambda: clustered(design, sums(found, keys).select(np.arange(20) < 9), 5)
    yield "clusters are by", lambda: clustered(design, sums(found, keys.assign(sex="F")), 5)
    yield "key column 'day'", lambda: sums(found, keys.drop(columns="day"))
    yield "do not fit", lambda: cluster_sums(found.answers, [1], keys, found.scheme)


@pytest.mark.parametrize("k", range(4))
def test_what_does_not_fit_is_refused(k: int) -> None:
    message, work = list(refusals())[k]
    with pytest.raises(DataError, match=message):
        work()  # type: ignore[operator]


def test_the_pooled_design_keeps_its_clusters() -> None:
    found = thin_round(16)
    keys = with_days(found, 5)
    table, m = scored(found, keys, Rules()), found.moments.rated()
    design = pooled(clustered(stratified(m.keys, m.n, found.population), sums(found, keys), 5), table)
    whole = estimate(m, design, [figure(found.scheme, Rules(), "overall", "all")])
    top = table[(table["agency"] == "") & (table["service"] == "") & (table["level"] == "overall")].iloc[0]
    assert 100 * whole.se[0, 0] == pytest.approx(float(top["se"]), rel=1e-10)
    assert whole.df[0, 0] == top["df"]
    assert len(PRINTED) == 16
    assert shuffled(found, table, 0, "agency").keys.shape == found.keys.shape
