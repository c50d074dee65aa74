"""Composition of answers: by hand, and its satisfied shares add to the index under every rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.composition import level_shares
from scoring.moments import moments
from scoring.scheme import DataError, Item, Rules, Scheme
from scoring.table import score_table
from scoring.weights import stratified
from tests.scoring.thin import thin_round

ONE = Scheme((Item("y", "e"),))
LEVELS = ["s1", "s2", "s3", "s4", "s5"]


def test_by_hand_two_services_of_weights_ten_and_two() -> None:
    """Service s: 40 of N 400, 30 say 5 and 10 say 2; service t: 40 of N 80, 10 say 4, 20 say 3, 10 say 1."""
    keys = pd.DataFrame({"agency": "A", "service": ["s"] * 40 + ["t"] * 40})
    answers = [[5]] * 30 + [[2]] * 10 + [[4]] * 10 + [[3]] * 20 + [[1]] * 10
    population = pd.DataFrame({"agency": "A", "service": ["s", "t"], "N": [400, 80]})
    m = moments(answers, keys, ONE)
    table = score_table(m, ONE, population, Rules())
    shares = level_shares(m, population, table, Rules()).set_index(["agency", "service", "key"])
    by_weight = [100 * one / 480 for one in (2 * 10, 10 * 10, 2 * 20, 2 * 10, 10 * 30)]
    assert shares.loc[("A", "", "y"), LEVELS].tolist() == pytest.approx(by_weight, rel=1e-14)
    assert shares.loc[("A", "s", "y"), LEVELS].tolist() == pytest.approx([0, 25, 0, 0, 75], rel=1e-14)
    assert shares.loc[("", "", "y"), LEVELS].tolist() == pytest.approx(by_weight, rel=1e-14)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(pooling=False),
        Rules(rollup="equal"),
        Rules(rollup="given", agency_weights={"A00": 3.0, "A01": 1.0, "A02": 0.5}),
        Rules(min_n=20),
        Rules(min_n=0),
    ],
    ids=["default", "not pooled", "equal", "given", "min_n 20", "min_n 0"],
)
def test_satisfied_shares_add_to_the_index_wherever_it_is_shown(rules: Rules) -> None:
    found = thin_round(20261130)
    table = score_table(found.moments, found.scheme, found.population, rules)
    shares = level_shares(found.moments, found.population, table, rules)
    items = table[table["level"] == "item"].reset_index(drop=True)
    assert shares[["agency", "service", "key"]].equals(items[["agency", "service", "key"]])
    index = items["index"].to_numpy(dtype=float, na_value=np.nan)
    assert np.isfinite(index).sum() > 20
    np.testing.assert_allclose(shares[["s4", "s5"]].sum(axis=1, skipna=False), index, atol=1e-9)
    np.testing.assert_allclose(shares[LEVELS].sum(axis=1, skipna=False), np.where(np.isnan(index), np.nan, 100.0))


def test_a_design_of_other_cells_is_refused() -> None:
    keys = pd.DataFrame({"agency": ["A"] * 40, "service": "s"})
    m = moments([[5]] * 40, keys, ONE)
    table = score_table(m, ONE, None, Rules())
    other = moments([[5]] * 40, keys.assign(service="t"), ONE)
    design = stratified(other.keys, other.n, None, Rules())
    with pytest.raises(DataError, match="other cells"):
        level_shares(m, None, table, Rules(), design=design)
