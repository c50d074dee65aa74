"""Responses that came since, added to sums: the same sums, and figures equal to the last bit, as of all at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scoring.clusters import ClusterSums, cluster_sums
from scoring.moments import Moments, merge, moments, rows_among
from scoring.scheme import Rules
from scoring.table import score_table
from tests.scoring.test_clusters import with_days
from tests.scoring.thin import Round, thin_round

Added = tuple[Moments, ClusterSums]


def read(found: Round, keys: pd.DataFrame, rows: np.ndarray) -> Added:
    """Return the sums of some responses, read anew."""
    answers, own = found.answers[rows], keys.iloc[rows].reset_index(drop=True)
    clusters = cluster_sums(answers, np.ones(len(rows), dtype=int), own, found.scheme)
    return moments(answers, own[["agency", "service"]], found.scheme), clusters


def test_rows_are_found_by_their_text() -> None:
    keys = pd.DataFrame({"agency": ["a", "a", "b", "b"], "service": ["", "x", "x", "y"]}, dtype=object)
    wanted = pd.DataFrame({"service": ["y", "", "y"], "agency": ["b", "a", "b"]}, dtype=object)
    found = rows_among(keys, wanted)
    assert found is not None
    assert found.tolist() == [3, 0, 3]
    assert rows_among(keys, pd.DataFrame({"agency": ["a"], "service": ["y"]})) is None
    assert rows_among(keys, pd.DataFrame({"agency": ["c"], "service": ["x"]})) is None
    assert rows_among(keys.iloc[:0], wanted) is None
    assert rows_among(keys, pd.concat([wanted] * 50)) is None  # so many are quicker numbered anew


@pytest.mark.parametrize("seed", range(4))
def test_figures_of_sums_carried_on_are_those_of_all_responses(seed: int) -> None:
    """Batches of random responses, now of known counter-days, now of new ones and of unknown counters."""
    rng = np.random.default_rng(seed)
    found = thin_round(seed, agencies=5, services=3)
    keys = with_days(found, seed, days=20)
    keys.loc[rng.random(len(keys)) < 0.05, "counter"] = ""
    order = rng.permutation(len(keys))
    stop = len(order) * 2 // 3
    cells, clusters = read(found, keys, order[:stop])
    rules = Rules(pooling=bool(seed % 2))
    while stop < len(order):
        start, stop = stop, min(len(order), stop + int(rng.choice([1, 1, 2, 30])))
        more = read(found, keys, order[start:stop])
        before = cells.n.copy(), clusters.n.copy(), clusters.sums.copy()
        merged = merge(cells, more[0]), clusters.merge(more[1])
        assert (cells.n == before[0]).all()  # what was given is as it was
        assert (clusters.n == before[1]).all()
        assert (clusters.sums == before[2]).all()
        cells, clusters = merged
        if rng.random() < 0.2:
            table = score_table(cells, found.scheme, found.population, rules, clusters=clusters, tests=True)
    again = read(found, keys, np.arange(len(order)))
    table = score_table(cells, found.scheme, found.population, rules, clusters=clusters, tests=True)
    whole = score_table(again[0], found.scheme, found.population, rules, clusters=again[1], tests=True)
    pd.testing.assert_frame_equal(table, whole, check_exact=True)
    for name in ("n", "counts", "reached", "cross"):
        np.testing.assert_array_equal(getattr(cells, name), getattr(again[0], name))
    pd.testing.assert_frame_equal(clusters.keys, again[1].keys)
    np.testing.assert_array_equal(clusters.sums, again[1].sums)


def test_people_whom_no_row_names_hide_places_and_are_none_themselves() -> None:
    """Three of a1 named no service: with x hidden beside them, y must go as well, and the table has a flag a row."""
    people = [("a1", "x", 3), ("a1", "y", 40), ("a1", "z", 30), ("a1", "", 3), ("a2", "y", 30), ("a2", "z", 30)]
    rows = pd.DataFrame([(a, s) for a, s, n in people for _ in range(n)], columns=["agency", "service"])
    answers = np.tile([[5, 4], [2, 5]], (len(rows) // 2, 1))
    scheme = thin_round(1, items=2).scheme
    table = score_table(moments(answers, rows, scheme), scheme, None, Rules(min_n=5))
    hidden = table.loc[table["status"] == "suppressed", ["agency", "service"]].drop_duplicates()
    assert ("a1", "x") in set(hidden.itertuples(index=False, name=None))
    assert len(table) == len(table[["agency", "service", "level", "key"]].drop_duplicates())
    assert (
        table.loc[(table["agency"] == "a1") & (table["service"] == "") & (table["level"] == "overall"), "n"].item()
        == 76
    )
