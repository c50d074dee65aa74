"""Sums of numbered keys are those of texts, and a whole added up from its parts is one pass over everybody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scoring.clusters import ClusterSums, clustered
from scoring.estimate import estimate
from scoring.moments import Moments, moments
from scoring.partition import Labelled, partition_sums
from scoring.release import moves_many
from scoring.scheme import DataError, Rules, figures
from scoring.table import whole_rows
from scoring.weights import Design, stratified
from scoring.whole import part_totals, whole_estimates
from tests.scoring.test_clusters import sums, with_days
from tests.scoring.thin import Round, thin_round

OPEN = Rules(min_n=0, pooling=False)


def numbered(keys: pd.DataFrame) -> dict[str, Labelled]:
    """Key columns by number, their labels in the order in which they come."""
    columns = {}
    for name in keys:
        codes, labels = pd.factorize(keys[name])
        columns[str(name)] = Labelled.of(codes, labels.tolist())
    return columns


def by_cell(found: Moments, name: str) -> pd.DataFrame:
    """What moments hold of each cell, in the order of the cells' names."""
    values = np.asarray(getattr(found, name)).reshape(len(found.n), -1)
    return found.keys.join(pd.DataFrame(values)).sort_values(list(found.keys)).reset_index(drop=True)


def by_day(found: ClusterSums) -> pd.DataFrame:
    """Counter-days with what they hold, in the order of their names; those of people alone have made-up names."""
    keys = found.keys.assign(n=found.n).join(pd.DataFrame(found.sums))
    return keys.sort_values(list(keys)).reset_index(drop=True)


@pytest.mark.parametrize("unknown", [False, True], ids=["counters known", "some not"])
def test_numbered_keys_give_the_sums_of_texts(unknown: bool) -> None:
    round_ = thin_round(1)
    keys = with_days(round_, 1)
    if unknown:
        keys.loc[keys.index[::3], "counter"] = ""
    found, days = partition_sums(round_.answers.astype(np.uint8), numbered(keys), round_.scheme)
    expected = moments(round_.answers, round_.keys, round_.scheme)
    for name in ("n", "sums", "counts", "within"):
        pd.testing.assert_frame_equal(by_cell(found, name), by_cell(expected, name), check_dtype=False)
    assert days is not None
    pd.testing.assert_frame_equal(by_day(days), by_day(sums(round_, keys)), check_dtype=False)


def test_without_counters_there_are_no_days() -> None:
    round_ = thin_round(2)
    found, days = partition_sums(round_.answers.astype(np.uint8), numbered(round_.keys), round_.scheme)
    assert days is None
    assert int(found.n.sum()) == int((round_.answers > 0).any(axis=1).sum())


def test_columns_that_do_not_fit_are_refused() -> None:
    round_ = thin_round(2)
    with pytest.raises(DataError, match="responses but keys 'agency'"):
        partition_sums(round_.answers[:-1].astype(np.uint8), numbered(round_.keys), round_.scheme)


def test_labels_are_sorted_joined_selected_and_left_out() -> None:
    one = Labelled.of(np.array([0, 1, 1]), ["b", "a"])
    assert one.labels.tolist() == ["a", "b"]
    assert one.labels[one.codes].tolist() == ["b", "a", "a"]
    both = Labelled.joined([one, Labelled.of(np.array([0]), ["c"])])
    assert both.labels[both.codes].tolist() == ["b", "a", "a", "c"]
    some = both.select(np.array([False, True, False, True])).compact()
    assert (some.labels.tolist(), some.codes.tolist()) == (["a", "c"], [0, 1])


def designed(found: Round, keys: pd.DataFrame, rules: Rules, rows: np.ndarray) -> tuple[Moments, Design]:
    """The moments of some respondents and the design of their strata."""
    part = replace(found, answers=found.answers[rows], keys=found.keys[rows].reset_index(drop=True))
    own = moments(part.answers, part.keys, found.scheme)
    design = stratified(own.keys, own.n, found.population, rules)
    if rules.clusters != "none":
        design = clustered(design, sums(part, keys[rows].reset_index(drop=True)), rules.min_n)
    return own, design


@pytest.mark.parametrize("rules", [OPEN, replace(OPEN, clusters="none")], ids=["counter-days", "respondents"])
def test_a_whole_is_added_up_from_its_agencies(rules: Rules) -> None:
    """Strata lie within an agency, so that half of the agencies and the other half are parts."""
    round_ = thin_round(3)
    keys, wanted = with_days(round_, 3), figures(round_.scheme, rules)
    first = (pd.factorize(round_.keys["agency"])[0] % 2 == 0).astype(bool)
    halves = [part_totals(*designed(round_, keys, rules, rows), wanted, rules) for rows in (first, ~first)]
    found = whole_estimates(halves[0].merge(halves[1]), round_.scheme, wanted, rules)
    everybody = estimate(
        *designed(round_, keys, rules, np.ones(len(first), dtype=bool)), wanted, statistic=rules.statistic
    )
    for name in ("value", "variance", "n", "valid", "counts", "n_kish", "df", "least", "most"):
        np.testing.assert_allclose(getattr(found, name), getattr(everybody, name), rtol=1e-9, atol=1e-15, err_msg=name)
    assert found.status.tolist() == everybody.status.tolist()


def test_rows_of_a_whole_say_how_much_of_it_answered_and_hide_the_few() -> None:
    round_ = thin_round(3)
    rules = replace(OPEN, clusters="none")
    wanted, everybody = figures(round_.scheme, rules), np.ones(len(round_.keys), dtype=bool)
    totals = part_totals(*designed(round_, with_days(round_, 3), rules, everybody), wanted, rules)
    found = whole_estimates(totals, round_.scheme, wanted, rules)
    table = whole_rows(found, wanted, rules, 1000.0, 500.0)
    np.testing.assert_allclose(table["index"].to_numpy(dtype=float), 100 * found.value[0])
    assert set(table["coverage"]) == {50.0}
    assert set(table["population"]) == {1000}
    assert table["warnings"].str.contains("low_coverage").all()
    most = int(totals.n.max())
    hidden = whole_rows(found, wanted, replace(rules, min_n=most + 1), 1000.0, 1000.0)
    assert set(hidden["status"]) == {"suppressed"}
    assert hidden["index"].isna().all()


def test_parts_that_do_not_add_up_are_refused() -> None:
    round_ = thin_round(3)
    rules = replace(OPEN, rollup="equal", clusters="none")
    part = designed(round_, with_days(round_, 3), rules, np.ones(len(round_.keys), dtype=bool))
    with pytest.raises(DataError, match="added up from parts without raking"):
        part_totals(*part, figures(round_.scheme, rules), rules)


def test_many_move_together_where_every_cell_and_item_has_many() -> None:
    """Five people, of whom all rated the first item and three the second."""
    rated = np.array([[True, True]] * 3 + [[True, False]] * 2)
    assert not moves_many(rated, [["a"] * 5], 5)  # three of the second item
    assert moves_many(rated[:, :1], [["a"] * 5], 5)
    assert not moves_many(rated[:, :1], [["a"] * 5, ["x"] * 4 + ["y"]], 5)  # one by another channel
    assert moves_many(np.vstack([rated[:, :1]] * 2), [["a"] * 5 + ["b"] * 5], 5)
    assert not moves_many(rated[:0], [[]], 5)
