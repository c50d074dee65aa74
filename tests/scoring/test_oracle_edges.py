"""Degenerate cases, plain binomial intervals and real data (California API) against R survey 4.1-1 and R 4.2.2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scoring.estimate import Estimates, estimate, variance
from scoring.intervals import clopper_pearson, interval, wilson
from scoring.moments import moments
from scoring.scheme import DataError, Figure, Item, Part, Rules, Scheme
from scoring.weights import Design, post_stratify, rake, stratified

HERE = Path(__file__).parent.parent / "fixtures"
ONE = Scheme((Item("y", "e"),))
ITEM = Figure("item", "y", (Part((0,), 1.0),))
EDGE = pd.read_csv(HERE / "r_edge.csv")
CASES = sorted(set(EDGE["case"]))


def edge(case: str, rule: str) -> Estimates:
    rows = pd.read_csv(HERE / "edge_cases.csv")
    rows = rows[rows["case"] == case]
    keys = pd.DataFrame({"agency": "A", "service": rows["st"]})
    m = moments(np.where(rows[["y"]].to_numpy() == 1, 5, 1), keys, ONE)
    population = rows.drop_duplicates("st").rename(columns={"st": "service"})[["service", "N"]]
    rules = Rules(lonely=rule, fpc=case != "lonely_nofpc")
    return estimate(m, stratified(m.keys, m.n, population, rules, strata=("service",)), [ITEM])


@pytest.mark.parametrize("rule", ["adjust", "average", "certainty"])
@pytest.mark.parametrize("case", CASES)
def test_estimates_and_errors_are_those_of_r(case: str, rule: str) -> None:
    # svydesign(ids = ~1, strata = ~st, weights = ~w, fpc = ~N); options(survey.lonely.psu = rule); svymean(~y)
    row = EDGE[(EDGE["case"] == case) & (EDGE["rule"] == rule)].iloc[0]
    found = edge(case, rule)
    assert found.value[0, 0] == pytest.approx(row["estimate"], rel=1e-12)
    assert found.se[0, 0] == pytest.approx(row["se"], rel=1e-9, abs=1e-15)
    assert found.df[0, 0] == row["df"]
    lo, hi = interval(found.value[0, 0], found.se[0, 0], found.n[0, 0], found.df[0, 0], "beta",
                      n_kish=found.n_kish[0, 0], census=found.status[0, 0] == "census")  # fmt: skip
    if case == "census":  # R says (.5, .5), a known quirk: the interval of a census is its index
        assert found.status[0, 0] == "census"
        assert (float(lo), float(hi)) == (found.value[0, 0], found.value[0, 0])
    elif case in ("all_one", "all_zero"):  # R says NaN: ours is exact with Kish's n_eff of 10 equal weights
        assert found.status[0, 0] == "zero_variance"
        bound = 0.025 ** (1 / 10)
        assert (lo, hi) == (pytest.approx((bound, 1)) if case == "all_one" else pytest.approx((0, 1 - bound)))
    else:
        assert (lo, hi) == pytest.approx((row["beta_lo"], row["beta_hi"]), rel=1e-7)


@pytest.mark.parametrize("case", CASES)
def test_fail_refuses_lonely_strata_and_nothing_else(case: str) -> None:
    row = EDGE[(EDGE["case"] == case) & (EDGE["rule"] == "fail")].iloc[0]
    if np.isnan(row["estimate"]):
        with pytest.raises(DataError, match="single sampling unit"):
            edge(case, "fail")
    else:
        assert edge(case, "fail").se[0, 0] == pytest.approx(row["se"], rel=1e-9, abs=1e-15)


def test_lonely_strata_are_told() -> None:
    assert edge("lonely", "adjust").status[0, 0] == "lonely_psu"
    assert edge("half_census", "adjust").status[0, 0] == "ok"


def test_binomial_intervals_are_those_of_r() -> None:
    # prop.test(x, n, correct = FALSE, conf.level = level); binom.test(x, n, conf.level = level)
    rows = pd.read_csv(HERE / "r_binomial.csv")
    for level, part in rows.groupby("level"):
        lo, hi = wilson(part["x"], part["n"], float(level))
        np.testing.assert_allclose(np.c_[lo, hi], part[["wilson_lo", "wilson_hi"]], rtol=1e-9, atol=1e-15)
        lo, hi = clopper_pearson(part["x"], part["n"], float(level))
        np.testing.assert_allclose(np.c_[lo, hi], part[["cp_lo", "cp_hi"]], rtol=1e-7, atol=1e-15)


API = pd.read_csv(HERE / "r_api.csv")


def api(name: str) -> tuple[pd.DataFrame, Design]:
    """The rows and the design of an API sample, one respondent a cell."""
    source = name.split("_")[0]
    rows = pd.read_csv(HERE / f"{source}.csv")
    rows["service"] = rows["stype"] if source == "apistrat" else "all"
    total = rows.groupby("service")["pw"].sum().round(2)
    # the published weights sum to 6194.0000 and so on: N is the stratum's fpc, for clusters the number of districts
    population = rows.groupby("service", as_index=False)[["fpc"]].first().rename(columns={"fpc": "N"})
    if source == "apiclus1":
        population = population.rename(columns={"N": "clusters"}).assign(N=total.to_numpy())
    clusters = ("dnum",) if source == "apiclus1" else ()
    design = stratified(rows, np.ones(len(rows)), population, Rules(), strata=("service",), clusters=clusters)
    stype = pd.DataFrame({"stype": ["E", "H", "M"], "N": [4421, 755, 1018]})
    wide = pd.DataFrame({"sch.wide": ["No", "Yes"], "N": [1072, 5122]})
    if name.endswith("_post"):
        design = post_stratify(design, ("stype",), stype)
    if name.endswith("_rake"):
        design, _ = rake(design, {"stype": stype, "sch.wide": wide})
    return rows, design


def ratio(
    top: np.ndarray, bottom: np.ndarray, inside: np.ndarray, rows: pd.DataFrame, design: Design
) -> tuple[float, float]:
    """Σwy/Σwx of a domain and its standard error, from the package's one `variance` of contributions."""
    from scoring.estimate import _calibrate

    w = design.weight * inside
    r = float(w @ top / (w @ bottom))
    u = (w * (top - r * bottom) / (w @ bottom))[:, None]
    u = _calibrate(u, design)
    result, _ = variance(u, np.zeros_like(u), design, np.zeros(len(rows), dtype=np.intp), 1)
    return r, float(np.sqrt(result[0, 0]))


def columns(rows: pd.DataFrame, stat: str, variable: str) -> tuple[np.ndarray, np.ndarray]:
    """Numerator and denominator of svymean, svyratio or svyciprop."""
    one = np.ones(len(rows))
    if stat == "mean":
        return rows[variable].to_numpy(float), one
    if stat == "ratio":
        return rows["api.stu"].to_numpy(float), rows["enroll"].to_numpy(float)
    return (rows["awards"] == "Yes").to_numpy(float), one


@pytest.mark.parametrize(
    "name", ["apistrat", "apisrs", "apiclus1", "apiclus1_post", "apiclus1_rake", "apistrat_rake"]
)  # apiclus2 is a two-stage design, which is not offered
def test_real_data_have_rs_figures(name: str) -> None:
    rows, design = api(name)
    reference = API[API["design"] == name]
    seen = 0
    for _, row in reference.iterrows():
        inside = np.ones(len(rows)) if row["domain"] == "ALL" else (rows["stype"] == row["domain"][-1]).to_numpy(float)
        if row["stat"] == "total":
            continue  # totals are not offered: every figure is a ratio
        top, bottom = columns(rows, row["stat"], row["variable"])
        value, se = ratio(top, bottom, inside, rows, design)
        # apistrat's printed weights have single precision (44.2099990844727 for 4421/100): so have R's figures
        close = 1e-6 if name.startswith("apistrat") or "clus1" in name else 1e-9
        assert value == pytest.approx(row["estimate"], rel=close), tuple(row)
        assert se == pytest.approx(row["se"], rel=close), tuple(row)
        seen += 1
    assert seen > 20
