"""Every row of R's reference values for the SIPAS data (r_sipas.csv), from moments alone.

R 4.2.2, survey 4.1-1; the script is tests/fixtures/r_sipas.R. Estimates and standard errors to 1e-9 relative,
intervals to 1e-7.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scoring.estimate import Estimates, domains, estimate, joint
from scoring.intervals import interval
from scoring.moments import Moments, moments, read_answers
from scoring.scheme import Item, Rules, Scheme, figure, figures
from scoring.weights import Design, kish, post_stratify, rake, stratified

HERE = Path(__file__).parent.parent / "fixtures"
KEYS = ["agency", "service", "sex", "age", "counter"]
DESIGNS = ("strat_fpc", "strat_nofpc", "clus_counter", "unweighted", "post_sexage", "rake_sexageagency")
NOT_OFFERED = {"likelihood", "asin"}  # interval methods of R that we do not have


def margin(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / name).rename(columns={"Freq": "N"})


@cache
def data() -> tuple[Scheme, Moments, pd.DataFrame]:
    rows = pd.read_csv(HERE / "sipas_wave1.csv")
    items = pd.read_csv(HERE / "sipas_items.csv")
    scheme = Scheme(tuple(Item(code, element) for code, element in items.itertuples(index=False)))
    found = moments(read_answers(rows, scheme), rows[KEYS], scheme, features=("top2", "score"))
    return scheme, found, pd.read_csv(HERE / "sipas_pop1.csv")


@cache
def design(name: str) -> Design:
    _, m, population = data()
    strata = ("service",)
    if name == "strat_nofpc":  # svydesign(ids = ~1, strata = ~service, weights = ~w)
        return stratified(m.keys, m.n, population, Rules(fpc=False), strata=strata)
    if name == "clus_counter":  # svydesign(ids = ~counter, strata = ~service, weights = ~w)
        return stratified(m.keys, m.n, population, Rules(), strata=strata, clusters=("counter",))
    if name == "unweighted":  # svydesign(ids = ~1, weights = ~1)
        return stratified(m.keys, m.n, None, Rules(), strata=())
    base = stratified(
        m.keys, m.n, population, Rules(), strata=strata
    )  # svydesign(ids = ~1, strata = ~service, fpc = ~N)
    if name == "post_sexage":  # postStratify(strat_fpc, ~sex + age, cells_sex_age)
        return post_stratify(base, ("sex", "age"), margin("cells_sex_age.csv"))
    if name == "rake_sexageagency":  # rake(strat_fpc, list(~sex, ~age, ~agency), …, control = list(epsilon = 1e-10))
        margins = {column: margin(f"margin_{column}.csv") for column in ("sex", "age", "agency")}
        raked, report = rake(base, margins)
        assert report.converged
        return raked
    return base


@cache
def estimates(name: str, statistic: str, composition: str, columns: tuple[str, ...]) -> tuple[Estimates, list[str]]:
    scheme, m, _ = data()
    rules = Rules()
    if composition == "custom":
        weights = pd.read_csv(HERE / "sipas_dimension_weights.csv").set_index("dimension")["weight"].to_dict()
        rules = Rules(composition="custom", element_weights=weights)
    code, labels = domains(m.keys, columns)
    names = [row[0] for row in labels.itertuples(index=False, name=None)] if columns else ["ALL"]
    return estimate(m, design(name), figures(scheme, rules), code, statistic=statistic), names


def columns_of(domain: str) -> tuple[tuple[str, ...], str]:
    if domain == "ALL":
        return (), domain
    if domain.startswith("sex="):
        return ("sex",), domain.removeprefix("sex=")
    return (("service",) if "-" in domain else ("agency",)), domain


def ours(row: pd.Series) -> dict[str, float | str]:
    statistic = "score" if row["stat"].endswith("score") else "top2"
    composite = row["stat"].startswith("composite")
    columns, place = columns_of(row["domain"])
    found, names = estimates(row["design"], statistic, "custom" if composite else "pooled", columns)
    level = "item" if row["stat"].startswith("item") else "element"
    key = ("overall", "all") if composite or row["variable"] == "all" else (level, row["variable"])
    k = [(f.level, f.key) for f in found.figures].index(key)
    d = names.index(place)
    scale = 100 if statistic == "score" else 1
    return {
        "value": found.value[d, k] * scale,
        "se": found.se[d, k] * scale,
        "df": found.df[d, k],
        "n": found.n[d, k],
        "n_kish": found.n_kish[d, k],
        "status": found.status[d, k],
        "scale": scale,
    }


@pytest.mark.parametrize("name", DESIGNS)
def test_estimate_error_df_and_n_are_those_of_r(name: str) -> None:
    reference = pd.read_csv(HERE / "r_sipas.csv")
    rows = reference[reference["design"] == name]
    assert len(rows) > 100
    for _, row in rows.iterrows():
        mine = ours(row)
        where = tuple(row[["domain", "stat", "variable", "method"]])
        assert mine["df"] == row["df"], where
        if np.isnan(row["estimate"]):  # A03-S2 has no answers on feedback: R says NaN, we say so in words
            assert mine["status"] == "no_data", where
            continue
        assert mine["value"] == pytest.approx(row["estimate"], rel=1e-9), where
        assert mine["se"] == pytest.approx(row["se"], rel=1e-9, abs=1e-15), where
        if not row["stat"].startswith("composite"):  # R's n of a composite is all rows, ours those with an answer
            assert mine["n"] == row["n"], where


METHODS = {"t": "t", "mean": "t", "beta": "beta", "logit": "logit", "xlogit": "logit"}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_intervals_are_those_of_r(method: str) -> None:
    reference = pd.read_csv(HERE / "r_sipas.csv")
    assert set(reference["method"]) - set(METHODS) == NOT_OFFERED
    rows = reference[(reference["method"] == method) & reference["lo"].notna()]
    assert len(rows) > 50
    compared = 0
    for _, row in rows.iterrows():
        mine = ours(row)
        where = tuple(row[["design", "domain", "stat", "variable", "method"]])
        scale = mine["scale"]
        census = mine["status"] == "census"
        lo, hi = interval(
            mine["value"] / scale, mine["se"] / scale, mine["n"], mine["df"], METHODS[method],
            n_kish=mine["n_kish"], census=census,
        )  # fmt: skip
        if mine["status"] == "zero_variance":  # R gives NaN or width 0: we do not copy that
            assert hi - lo > 0, where
            continue
        # R's Wald interval runs over the ends of the scale, ours is clipped
        expected = np.clip([row["lo"] / scale, row["hi"] / scale], 0, 1)
        assert [float(lo), float(hi)] == pytest.approx(expected, rel=1e-7, abs=1e-9), where
        compared += 1
    assert compared > 50


def test_weights_are_those_of_r_for_every_respondent() -> None:
    rows = pd.read_csv(HERE / "sipas_wave1.csv")[KEYS].astype(str)
    reference = pd.read_csv(HERE / "r_sipas_weights.csv", skipinitialspace=True)
    names = {"w": "strat_fpc", "post": "post_sexage", "rake": "rake_sexageagency"}
    for column, name in names.items():
        cells = data()[1].keys.assign(weight=design(name).weight)
        mine = rows.merge(cells, on=KEYS, how="left", validate="many_to_one")["weight"]
        # R raked to 1e-10 of the margins, we to 1e-13 of the weights
        np.testing.assert_allclose(mine, reference[column], rtol=1e-8 if column == "rake" else 1e-12)


def test_kish_figures_are_those_of_r() -> None:
    reference = pd.read_csv(HERE / "r_sipas_kish.csv").set_index("stat")
    for column, name in {"w_base": "strat_fpc", "w_rake": "rake_sexageagency"}.items():
        mine = kish(design(name))
        got = [mine.total, mine.sum_of_squares, mine.n, mine.deff, mine.n_eff]
        np.testing.assert_allclose(got, reference[column], rtol=1e-9)


def test_the_vector_of_agencies_has_rs_errors_and_no_covariance_across_strata() -> None:
    # svyby(~num_all, ~agency, denominator = ~den_all, strat_fpc, svyratio, covmat = TRUE)
    scheme, m, _ = data()
    code, _ = domains(m.keys, ["agency"])
    found = joint(m, design("strat_fpc"), [figure(scheme, Rules(), "overall", "all")], code)
    reference = pd.read_csv(HERE / "r_sipas_agencies.csv")
    np.testing.assert_allclose(found.value, reference["estimate"], rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), reference["se"], rtol=1e-9)
    off = found.covariance - np.diag(np.diag(found.covariance))
    assert np.abs(off).max() < 1e-18


@pytest.mark.parametrize("name", DESIGNS)
def test_the_diagonal_of_the_covariance_is_the_variance(name: str) -> None:
    scheme, m, _ = data()
    wanted = figures(scheme, Rules())
    code, _ = domains(m.keys, ["agency"])
    found = estimate(m, design(name), wanted, code)
    both = joint(m, design(name), wanted, code)
    np.testing.assert_allclose(np.diag(both.covariance), found.variance.ravel(), rtol=1e-9, atol=1e-20)
