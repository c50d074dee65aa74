"""Hidden groups stay hidden: tables are attacked by their own sums."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.disclosure import DisclosureRule, bounds, protect, protect_table, sums_of
from scoring.scheme import DataError, Rules


def _places(inner: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Return keys and respondents of a table of agencies × services with all its margins."""
    rows = {}
    for a in ["", *(f"A{i}" for i in range(inner.shape[0]))]:
        for s in ["", *(f"S{j}" for j in range(inner.shape[1]))]:
            part = inner[[int(a[1:])] if a else slice(None)][:, [int(s[1:])] if s else slice(None)]
            rows[a, s] = int(part.sum())
    return pd.DataFrame(list(rows), columns=["agency", "service"]), np.array(list(rows.values()))


def _known(n: np.ndarray, hidden: np.ndarray, sums: list[tuple[int, list[int]]]) -> np.ndarray:
    """Return which hidden cells the sums determine exactly: their unit vector lies in the row space."""
    columns = np.flatnonzero(hidden)
    matrix = np.zeros((len(sums), len(n)))
    for k, (total, parts) in enumerate(sums):
        matrix[k, total] = 1
        matrix[k, parts] = -1
    part = matrix[:, columns]
    projector = np.linalg.pinv(part) @ part
    return np.isclose(np.diag(projector), 1.0)


@given(
    st.integers(1, 5).flatmap(
        lambda rows: st.integers(1, 4).flatmap(
            lambda columns: st.lists(
                st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 20, 80]), min_size=columns, max_size=columns),
                min_size=rows,
                max_size=rows,
            )
        )
    )
)
@settings(max_examples=80, deadline=None)
def test_no_hidden_cell_can_be_worked_out(inner: list[list[int]]) -> None:
    keys, n = _places(np.array(inner))
    sums = [(t, list(p)) for t, p in sums_of(keys)]
    hidden = protect(n, sums)
    assert hidden[(n > 0) & (n < 5)].all()
    assert not hidden[n == 0].any()
    if hidden.any():
        assert not _known(n, hidden, sums).any()
    for cell in np.flatnonzero(hidden):
        low, high = bounds(n, hidden, sums, int(cell))
        assert low <= n[cell] + 1e-6
        assert high - low >= 5 - 1e-6
    for total, parts in sums:
        gone = [c for c in parts if hidden[c]]
        assert hidden[total] or not gone or n[gone].sum() >= 5


def test_smallest_neighbours_go_and_the_rest_stays() -> None:
    keys, n = _places(np.array([[3, 40, 50], [60, 70, 80], [30, 20, 90]]))
    hidden = protect(n, sums_of(keys))
    gone = {tuple(row) for row in keys[hidden].to_numpy()}
    assert ("A0", "S0") in gone
    assert len(gone) == 4
    assert not any("" in row for row in gone)


def test_nothing_small_hides_nothing_and_rows_do_not_matter() -> None:
    keys, n = _places(np.array([[10, 20], [30, 0]]))
    assert not protect(n, sums_of(keys)).any()


def test_a_single_small_agency_takes_all_its_totals_along() -> None:
    keys, n = _places(np.array([[3]]))
    assert protect(n, sums_of(keys)).all()


def test_cells_without_sums() -> None:
    assert protect([3, 9, 0], []).tolist() == [True, False, False]
    assert bounds([3], [True], [], 0) == (0.0, np.inf)


def test_wrong_sums_and_keys_are_refused() -> None:
    with pytest.raises(DataError, match="parts"):
        protect([3, 1], [(0, [1])])
    with pytest.raises(DataError, match="negative"):
        protect([-1], [])
    with pytest.raises(DataError, match="once"):
        sums_of(pd.DataFrame({"agency": ["a", "a"]}))


def test_table_figure_by_figure_with_unnamed_rest() -> None:
    keys, n = _places(np.array([[3, 40], [60, 70]]))
    whole = keys.assign(level="overall", key="all", n=n)
    other = keys.assign(level="item", key="x", n=np.where(n > 0, n + 100, 0))
    table = pd.concat([whole, other], ignore_index=True)
    hidden = protect_table(table)
    assert hidden[: len(keys)].sum() == 4
    assert not hidden[len(keys) :].any()
    table.loc[(table["agency"] == "A0") & (table["service"] == "") & (table["key"] == "all"), "n"] = 50
    assert protect_table(table)[: len(keys)].sum() >= 2


def test_the_rule_in_words() -> None:
    rule = DisclosureRule.of(Rules(min_n=6, min_n_interval=20, max_width=25))
    assert [rule.shows(n) for n in (0, 5, 6)] == [True, False, True]
    assert rule.shows_interval(20, 24.9)
    assert not rule.shows_interval(19, 1)
    assert not rule.shows_interval(500, 25)
