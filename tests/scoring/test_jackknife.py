"""Delete-a-unit jackknife against linearisation: every kind of figure, design and calibration."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from scoring.compare import between
from scoring.estimate import domains, estimate, joint
from scoring.jackknife import jackknife, values
from scoring.moments import Moments, moments
from scoring.scheme import DataError, Item, Rules, Scheme, figures
from scoring.weights import Design, post_stratify, rake, stratified

SCHEME = Scheme((Item("a", "x"), Item("b", "x"), Item("c", "y"), Item("d", "y")))
FEATURES = ("top2", "score", "level3")


@cache
def sample() -> tuple[Moments, pd.DataFrame]:
    """Return 240 respondents in 4 strata and 40 clusters, one cell each; people of a cluster answer alike."""
    rng = np.random.default_rng(12)
    n = 240
    keys = pd.DataFrame(
        {"agency": np.repeat(["A", "B"], n // 2), "service": np.tile(np.repeat(["s", "t"], 6), n // 12)}
    )
    keys["day"] = [f"{k:02d}" for k in np.arange(n) // 6]
    keys["sex"] = rng.choice(["f", "m"], n)
    keys["id"] = [f"{k:03d}" for k in range(n)]
    mood = rng.normal(size=n // 6)[np.arange(n) // 6] * 0.6 + rng.normal(size=n) * 0.7
    answers = 1 + np.searchsorted([-1.6, -0.9, -0.3, 0.8], mood[:, None] + rng.normal(size=(n, 4)) * 0.8)
    answers[rng.random((n, 4)) < 0.15] = 0
    population = pd.DataFrame({"agency": list("AABB"), "service": list("stst"), "N": [400, 900, 300, 700]})
    return moments(answers, keys, SCHEME, features=FEATURES), population


def design(clusters: tuple[str, ...] = (), fpc: bool = True) -> Design:
    m, population = sample()
    return stratified(m.keys, m.n, population, Rules(fpc=fpc), clusters=clusters)


@pytest.mark.parametrize("clusters", [(), ("day",)])
@pytest.mark.parametrize("composition", ["pooled", "mean_elements", "custom"])
@pytest.mark.parametrize("statistic", FEATURES)
def test_jackknife_and_linearisation_agree(statistic: str, composition: str, clusters: tuple[str, ...]) -> None:
    m, _ = sample()
    rules = Rules(composition=composition, element_weights={"x": 3, "y": 1} if composition == "custom" else {})
    wanted, used = figures(SCHEME, rules)[:4], design(clusters)
    code = domains(m.keys, ["agency"])[0]
    linear = estimate(m, used, wanted, code, statistic=statistic)
    replicated = jackknife(lambda w: values(m, w, wanted, code, statistic=statistic), used)
    assert_allclose(values(m, used.weight, wanted, code, statistic=statistic), linear.value, rtol=1e-12)
    assert_allclose(np.sqrt(replicated), linear.se, rtol=0.03 if not clusters else 0.08)


def test_domains_that_cut_across_strata() -> None:
    m, _ = sample()
    wanted, code = figures(SCHEME, Rules())[:2], np.where(m.keys["sex"] == "f", 0, -1)
    linear = estimate(m, design(), wanted, code)
    assert_allclose(np.sqrt(jackknife(lambda w: values(m, w, wanted, code), design())), linear.se, rtol=0.03)


def test_differences_and_weighted_means_of_agencies() -> None:
    m, _ = sample()
    wanted, code = figures(SCHEME, Rules())[:1], domains(m.keys, ["agency"])[0]
    replicated = jackknife(lambda w: values(m, w, wanted, code)[:, 0] @ [1, -1], design(fpc=False))
    assert 100 * np.sqrt(replicated) == pytest.approx(between(m, design(), wanted, "A", "B")["se"].iloc[0], rel=0.03)
    share = np.array([0.7, 0.3])
    both = joint(m, design(), wanted, code).covariance
    replicated = jackknife(lambda w: share @ values(m, w, wanted, code)[:, 0], design())
    assert np.sqrt(replicated) == pytest.approx(np.sqrt(share @ both @ share), rel=0.03)


@pytest.mark.parametrize("kind", ["post", "rake"])
def test_calibrated_weights(kind: str) -> None:
    """Every replicate is calibrated anew; linearisation has the residuals instead."""
    m, _ = sample()
    sex = pd.DataFrame({"sex": ["f", "m"], "N": [1500, 800]})
    agency = pd.DataFrame({"agency": ["A", "B"], "N": [1300, 1000]})

    def calibrated(base: Design) -> Design:
        return post_stratify(base, ["sex"], sex) if kind == "post" else rake(base, {"sex": sex, "agency": agency})[0]

    wanted = figures(SCHEME, Rules())[:1]
    base = design(("day",))
    linear = estimate(m, calibrated(base), wanted).se[0, 0]
    replicated = jackknife(lambda w: values(m, calibrated(replace(base, weight=w)).weight, wanted), base)
    assert np.sqrt(replicated[0, 0]) == pytest.approx(linear, rel=0.08)


def test_a_mean_by_hand_with_the_correction() -> None:
    keys = pd.DataFrame({"agency": ["A"] * 5, "service": list("sssst"), "id": list("abcde")})
    used = stratified(keys, np.ones(5), pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [10, 1]}))
    y = np.array([1.0, 2.0, 4.0, 9.0, 5.0])
    found = jackknife(lambda w: np.array([w @ y, w @ (2 * y)]), used)
    total = 100 * (1 - 0.4) * y[:4].var(ddof=1) / 4  # N² (1 - f) s²/n; the single unit of t is complete
    assert_allclose(found, [total, 4 * total], rtol=1e-12)


def test_cells_of_several_respondents_are_refused() -> None:
    m, population = sample()
    few = m.collapse(["agency", "service"])
    with pytest.raises(DataError, match="one cell for each"):
        jackknife(lambda w: w.sum(), stratified(few.keys, few.n, population))
    assert np.isnan(values(few, few.n * 0.0, figures(SCHEME, Rules())[:1])).all()


@pytest.mark.slow(reason="300 samples, each with both variances")
def test_both_are_unbiased() -> None:
    rng = np.random.default_rng(9)
    keys = pd.DataFrame({"agency": "A", "service": np.repeat(["s", "t"], 30), "id": [f"{k:02d}" for k in range(60)]})
    wanted, found = figures(SCHEME, Rules())[:1], []
    for _ in range(300):
        person = rng.beta(3, 1, (60, 1))
        m = moments(np.where(rng.random((60, 4)) < person, 5, 1), keys, SCHEME)
        used = stratified(m.keys, m.n, None)
        linear = estimate(m, used, wanted)
        jack = jackknife(lambda w, m=m: values(m, w, wanted)[0, 0], used)
        found.append((linear.value[0, 0], linear.variance[0, 0], float(jack)))
    value, linear_mean, jack_mean = np.array(found).T
    truth = value.var(ddof=1)  # Monte Carlo error of a variance from 300: 8 %
    assert linear_mean.mean() == pytest.approx(truth, rel=0.2)
    assert jack_mean.mean() == pytest.approx(linear_mean.mean(), rel=0.01)
