"""The package in a notebook: its names, keys of any names, results that tell what they are, other answer scales."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import scoring
from scoring.compare import changes
from scoring.estimate import domains, estimate
from scoring.moments import lookup, moments, moments_from_patterns, peak, read_answers
from scoring.ranks import rank_ranges
from scoring.scheme import DataError, Item, Rules, Scale, Scheme, figures
from scoring.weights import stratified

ROOT = Path(__file__).parents[2]


def test_the_names_of_the_package() -> None:
    assert len(scoring.__all__) >= 10
    for name in scoring.__all__:
        assert getattr(scoring, name).__doc__
        assert name in dir(scoring)
    assert scoring.compare.changes is changes  # a module
    assert scoring.ranks.rank_ranges is rank_ranges
    assert callable(scoring.compare)  # type: ignore[unreachable]
    with pytest.raises(AttributeError, match="nothing"):
        scoring.nothing  # noqa: B018


@pytest.mark.slow(reason="a fresh interpreter loads numpy, scipy and pandas")
def test_importing_loads_nothing_and_never_scipy_stats() -> None:
    code = (
        "import sys, scoring; assert not [m for m in sys.modules if m.startswith(('scipy', 'numpy', 'pandas'))];"
        "scoring.score; scoring.compare; scoring.ranks; scoring.plan; assert callable(scoring.compare);"
        "assert 'scipy.stats' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


SCHEME = Scheme((Item("q1", "care"), Item("q2", "care"), Item("q3", "food")))


def answers(seed: int, low: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"hospital": np.repeat(["H1", "H2", "H3"], 60), "ward": np.tile(["x", "y"], 90)})
    chance = np.repeat([low, 0.75, 0.9], 60)[:, None]
    rows[["q1", "q2", "q3"]] = np.where(rng.random((180, 3)) < chance, 5, 2)
    rows["sex"] = np.tile(["f", "f", "m"], 60)
    return rows


WARDS = pd.DataFrame({"hospital": np.repeat(["H1", "H2", "H3"], 2), "ward": ["x", "y"] * 3, "N": [900, 300] * 3})


def test_keys_may_have_any_names() -> None:
    found = scoring.score(answers(1), SCHEME, WARDS, by=["hospital", "ward"])
    frame = found.to_frame()
    assert list(frame.columns[:2]) == ["hospital", "ward"]
    assert "se_test" not in frame
    assert set(frame["hospital"]) == {"", "H1", "H2", "H3"}
    usual = answers(1).rename(columns={"hospital": "agency", "ward": "service"})
    same = scoring.score(usual, SCHEME, WARDS.rename(columns={"hospital": "agency", "ward": "service"})).to_frame()
    pd.testing.assert_frame_equal(frame, same.rename(columns={"agency": "hospital", "service": "ward"}))
    assert "180 responses" in repr(found)
    assert "3 × hospital, 2 × ward" in repr(found)


def test_one_key_three_keys_and_none() -> None:
    alone = scoring.score(answers(1), SCHEME, WARDS.groupby("hospital", as_index=False)["N"].sum(), by=["hospital"])
    assert "service" not in alone.to_frame()
    three = scoring.score(answers(1), SCHEME, WARDS, by=["hospital", "ward", "sex"]).to_frame()
    assert set(three["sex"]) == {"", "f", "m"}
    whole = three[(three["hospital"] == "H1") & (three["sex"] == "") & (three["ward"] == "")]
    two = scoring.score(answers(1), SCHEME, WARDS, by=["hospital", "ward"]).to_frame()
    assert_allclose(
        whole["index"].to_numpy(float), two[(two["hospital"] == "H1") & (two["ward"] == "")]["index"].to_numpy(float)
    )
    with pytest.raises(DataError, match="at least one"):
        scoring.score(answers(1), SCHEME, by=[])
    with pytest.raises(DataError, match="responses have no column 'town'"):
        scoring.score(answers(1), SCHEME, by=["town"])
    with pytest.raises(DataError, match="population have no column 'N'"):
        scoring.score(answers(1), SCHEME, WARDS[["hospital"]], by=["hospital"])


def test_rounds_are_compared_and_ranked() -> None:
    before, now = (
        scoring.score(answers(k, low), SCHEME, WARDS, by=["hospital", "ward"]) for k, low in ((1, 0.5), (2, 0.9))
    )
    found = scoring.compare(now, before)
    row = found.to_frame().query("hospital == 'H1' and ward == '' and level == 'overall'").iloc[0]
    assert row["verdict"] == "above"
    assert (row["family"], row["tests"]) == ("agencies / overall / all", 3)
    assert row["lo_family"] < row["lo"] < row["hi"] < row["hi_family"]
    assert repr(found).startswith("Comparison of 84 figures at 95 %")
    ranking = scoring.ranks(before, seed=1)
    assert ranking.to_frame()["hospital"].tolist() == ["H3", "H2", "H1"]
    assert repr(ranking).startswith("Ranking of 3 (0 without rank): H3 first")
    few = scoring.score(answers(1).iloc[::4], SCHEME, by=["hospital"])
    assert repr(scoring.ranks(few)) == "Ranking of 0: none has enough respondents"
    assert rank_ranges([1.0], [1.0], seed=1).to_frame()["low"].tolist() == [1]
    with pytest.raises(DataError, match="other keys"):
        scoring.compare(now, few)


def test_a_plan() -> None:
    asked = scoring.plan({"x": 900, "y": 100})
    assert asked.n == {"x": 257, "y": 29}  # 1000/(1 + 1000 · .0025) = 285.7
    assert asked.to_frame()["n"].sum() == 286
    assert scoring.plan({"x": 900, "y": 100}, minimum=80).n["y"] == 80
    wide = scoring.plan({"x": 900, "y": 100}, width=0.1, share=0.8, deff=0.5)
    assert wide.half_width <= 0.1
    assert repr(wide).startswith("Plan: ask ")
    assert scoring.plan({}).half_width == 0


def test_responses_with_too_few_answers_do_not_count() -> None:
    rows = answers(1)
    rows.loc[:29, ["q1", "q2"]] = None
    found = scoring.score(rows, SCHEME, WARDS, Rules(min_answered_share=0.5), by=["hospital", "ward"])
    assert found.moments.n.sum() == 150


# Other scales


@pytest.mark.parametrize(
    "scale", [Scale(), Scale(4, 3), Scale(7, 6), Scale(11, 9, first=0), Scale(2, 1, first=0), Scale(15, 8), Scale(5, 3)]
)
def test_moments_of_any_scale_are_sums_of_outer_products(scale: Scale) -> None:
    rng = np.random.default_rng(7)
    table = rng.integers(0, scale.levels + 1, (150, 3))
    scheme = Scheme(SCHEME.items, scale)
    names = ("top2", "score", "level2")
    keys = pd.DataFrame({"agency": rng.choice(["A", "B"], 150), "service": "s"})
    found = moments(table, keys, scheme, features=names)
    values = lookup(scale)
    for c, agency in enumerate(found.keys["agency"]):
        part = table[(keys["agency"] == agency).to_numpy()]
        z = np.concatenate([np.array(values[name])[part] for name in found.features], axis=1)
        assert (found.cross[c] == z.T @ z).all()
        assert (found.sums[c] == z.sum(axis=0)).all()
        for k in range(1, scale.levels + 1):
            assert (found.counts[c, :, k - 1] == (part == k).sum(axis=0)).all()
    assert values["top2"] == tuple(int(a >= scale.cut - scale.first + 1) for a in range(scale.levels + 1))
    assert peak("score", scale) == scale.levels - 1


def test_a_ten_point_scale_by_hand() -> None:
    scheme = Scheme((Item("q", "e"),), Scale(levels=11, cut=9, first=0))
    rows = pd.DataFrame({"shop": ["A"] * 40, "q": [10, 9, 8, 0] * 10})
    found = scoring.score(rows, scheme, by=["shop"]).to_frame().query("shop == 'A' and level == 'overall'").iloc[0]
    assert found["index"] == 50  # 9 and 10
    assert [found[f"c{k}"] for k in (1, 9, 10, 11)] == [10, 10, 10, 10]
    score = scoring.score(rows, scheme, rules=Rules(statistic="score"), by=["shop"]).table.iloc[0]
    assert score["index"] == pytest.approx(100 * (10 + 9 + 8) / 40)
    hidden = scoring.score(rows.iloc[:3], scheme, by=["shop"]).to_frame()
    assert hidden[["index", "c9", "c11"]].isna().all(axis=None)
    assert read_answers(pd.DataFrame({"q": [0, 10, None, ""]}), scheme)[:, 0].tolist() == [1, 11, 0, 0]
    with pytest.raises(DataError, match=r"is not 0\.\.10"):
        read_answers(pd.DataFrame({"q": [11]}), scheme)
    with pytest.raises(DataError, match="9 levels"):
        moments_from_patterns(["1"], [1], pd.DataFrame({"agency": ["A"], "service": "s"}), scheme)
    with pytest.raises(DataError, match="unknown feature"):
        moments([[1]], pd.DataFrame({"agency": ["A"], "service": "s"}), Scheme(scheme.items), features=["level6"])


@pytest.mark.parametrize(("levels", "cut", "first"), [(1, 1, 1), (16, 4, 1), (5, 1, 1), (5, 6, 1)])
def test_scales_that_say_nothing_are_refused(levels: int, cut: int, first: int) -> None:
    with pytest.raises(DataError):
        Scale(levels, cut, first)


def test_a_figure_of_four_levels_has_the_error_of_its_rows() -> None:
    rng = np.random.default_rng(3)
    table = rng.integers(1, 5, (60, 3))
    scheme = Scheme(SCHEME.items, Scale(4, 3))
    m = moments(table, pd.DataFrame({"agency": ["A"] * 60, "service": "s"}), scheme, features=["score"])
    found = estimate(m, stratified(m.keys, m.n, None), figures(scheme, Rules())[:1], statistic="score")
    means = ((table - 1) / 3).mean(axis=1)
    assert found.value[0, 0] == pytest.approx(means.mean())
    assert found.se[0, 0] == pytest.approx(means.std(ddof=1) / np.sqrt(60))
    assert domains(m.keys, [])[0].tolist() == [0]
