"""Hidden groups stay hidden: tables are attacked by their own sums."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import disclosure
from scoring.attack import Attack, Lines, bounds
from scoring.disclosure import (
    HIDDEN,
    DisclosureRule,
    may_show,
    protect,
    protect_groups,
    protect_table,
    sums_of,
    suppress,
)
from scoring.scheme import DataError, Item, Rules, Scheme

AT = ["agency", "service"]
BEFORE = DisclosureRule(whole=False)
"""The rule of editions from before places were hidden whole."""


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


@pytest.mark.slow(reason="attacks 80 tables by linear programming")
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
    hidden = protect_table(table, BEFORE)
    assert hidden[: len(keys)].sum() == 4
    assert not hidden[len(keys) :].any()
    table.loc[(table["agency"] == "A0") & (table["service"] == "") & (table["key"] == "all"), "n"] = 50
    assert protect_table(table, BEFORE)[: len(keys)].sum() >= 2


def test_the_rule_in_words() -> None:
    rule = DisclosureRule.of(Rules(min_n=6, min_n_interval=20, max_width=25))
    assert [rule.shows(n) for n in (0, 5, 6)] == [True, False, True]
    assert rule.shows_interval(20, 24.9)
    assert not rule.shows_interval(19, 1)
    assert not rule.shows_interval(500, 25)


SCHEME = Scheme((Item("a1", "a"), Item("a2", "a"), Item("b1", "b"), Item("b2", "b"), Item("c1", "c", "other")))


@st.composite
def reaches(draw: st.DrawFn) -> tuple[int, int, list[list[int]]]:
    """Return agencies, services, and for each of their cells how many respondents answered each item."""
    agencies, services = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    answered = st.lists(st.sampled_from([1, 3, 4, 7, 30]), min_size=5, max_size=5)
    size = agencies * services
    cells = draw(st.lists(st.one_of(answered, st.just([0] * 5)), min_size=size, max_size=size))
    return agencies, services, cells


@pytest.mark.slow(reason="attacks 50 tables by linear programming")
@given(reaches())
@settings(max_examples=50, deadline=None)
def test_subtracting_places_and_figures_at_once_gives_no_hidden_figure_away(
    drawn: tuple[int, int, list[list[int]]],
) -> None:
    """Answers are sums both of places and of items; the attack solves for all of them together."""
    agencies, services, cells = drawn
    reached = np.array(cells).reshape(agencies, services, 5)
    keys, _ = _places(reached[:, :, 0])
    figures = list(SCHEME.levels)
    answers = np.array([[_places(reached[:, :, i])[1] for i in SCHEME.levels[f]] for f in figures[-5:]])[:, 0].T
    # everyone answers one item or the other: the respondents of a figure are its answers
    n = np.stack([answers[:, list(SCHEME.levels[f])].sum(axis=1) for f in figures], axis=1)
    table = pd.DataFrame(
        [(*k, *f) for k in keys.to_numpy().tolist() for f in figures], columns=["agency", "service", "level", "key"]
    ).assign(n=n.ravel())
    hidden = protect_table(table, BEFORE, scheme=SCHEME)
    assert hidden[((table["n"] > 0) & (table["n"] < 5)).to_numpy()].all()
    assert not hidden[(table["n"] == 0).to_numpy()].any()
    if not hidden.any():
        return
    width = len(figures)
    sums = [(t * width + f, [p * width + f for p in parts]) for t, parts in sums_of(keys) for f in range(width)]
    below = {("overall", "all"): [("aspect", "service"), ("aspect", "other")]}
    below |= {("aspect", "service"): [("element", "a"), ("element", "b")], ("aspect", "other"): [("element", "c")]}
    below |= {("element", e): [("item", i.code) for i in SCHEME.items if i.element == e] for e in "abc"}
    for place in range(len(keys)):
        for whole, parts in below.items():
            sums.append((place * width + figures.index(whole), [place * width + figures.index(p) for p in parts]))
    small = table["n"].to_numpy()[hidden] < 5  # others only cover for these
    assert not (_known(table["n"].to_numpy(), hidden, sums) & small).any()


def test_items_of_an_element_go_together_and_their_element_stays() -> None:
    keys, n = _places(np.array([[30, 40], [60, 70]]))
    figures = list(SCHEME.levels)
    table = pd.DataFrame([(*k, *f) for k in keys.to_numpy().tolist() for f in figures], columns=[*AT, "level", "key"])
    table["n"] = np.repeat(n, len(figures))
    few = (table["agency"] == "A0") & (table["service"] == "S0") & (table["key"] == "a1")
    table.loc[few, "n"] = 3
    gone = table[protect_table(table, BEFORE, scheme=SCHEME)]
    assert set(gone["key"]) == {"a1", "a2"}
    assert set(zip(gone["agency"], gone["service"], strict=True)) == {
        (a, s) for a in ("A0", "A1") for s in ("S0", "S1")
    }


@given(reaches())
@settings(max_examples=10, deadline=None)
def test_a_hidden_place_is_hidden_whole_and_each_figure_stays_unknown(drawn: tuple[int, int, list[list[int]]]) -> None:
    agencies, services, cells = drawn
    reached = np.array(cells).reshape(agencies, services, 5)
    reached[0, 0, 1:3] = 0  # nobody of the first place answered two items
    keys, _ = _places(reached[:, :, 0])
    figures = list(SCHEME.levels)
    n = np.stack([_places(reached[:, :, list(SCHEME.levels[f])].max(axis=2))[1] for f in figures], axis=1)
    population = np.where(n[:, 0] > 0, 2 * n[:, 0] + 3, 40).astype(float)
    table = pd.DataFrame([(*k, *f) for k in keys.to_numpy().tolist() for f in figures], columns=[*AT, "level", "key"])
    table = table.assign(n=n.ravel(), population=np.repeat(population, len(figures)))
    hidden = protect_table(table, scheme=SCHEME).reshape(n.shape)
    assert (hidden.all(axis=1) == hidden.any(axis=1)).all()
    gone = hidden[:, 0]
    assert gone[((n > 0) & (n < 5)).any(axis=1)].all()
    assert not gone[n[:, 0] == 0].any()
    sums = [(t, list(p)) for t, p in sums_of(keys)]
    for place in np.flatnonzero(gone):
        for figure in {n[:, f].tobytes(): f for f in np.flatnonzero(n[place] > 0)[::-1]}.values():
            known = {"low": np.minimum(n[:, 0], 1), "high": population} if figure == 0 else {}
            low, high = bounds(n[:, figure], gone, sums, int(place), **known)
            assert low - 1e-6 <= n[place, figure] <= high + 1e-6
            assert high - low >= (min(4, population[place] - 1) if figure == 0 else 5) - 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_looking_at_all_figures_at_once_hides_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least that any figure has of a place makes the search short; without it the same places are hidden."""
    random = np.random.default_rng(seed)
    people = random.poisson(random.gamma(0.8, 12, size=(12, 5)))
    every = [people, *(random.binomial(people, share) for share in random.uniform(0.3, 1, size=8))]
    keys, n = _places(people)
    sizes = np.stack([_places(one)[1] for one in every], axis=1)
    rows = [(*k, "item" if f else "overall", f"i{f}") for k in keys.to_numpy().tolist() for f in range(len(every))]
    table = pd.DataFrame(rows, columns=[*AT, "level", "key"]).assign(n=sizes.ravel(), population=np.repeat(3 * n, 9))
    quick = protect_table(table)
    monkeypatch.setattr(disclosure, "_wide_by_figure", lambda size, *rest: np.zeros(size.shape, dtype=np.bool_))
    assert (protect_table(table) == quick).all()
    assert quick.any()


def test_a_hidden_number_lies_between_1_and_n() -> None:
    """By hand: 4 and 2 of a total of 6 are 1..5 each, but when N of the second is 3, only 3..5 and 1..3."""
    table = pd.DataFrame({"agency": ["", "A", "B", "C"], "level": "overall", "key": "all", "n": [46, 4, 2, 40]})
    hidden = [protect_table(table.assign(population=N), by=("agency",)) for N in ([99, 9, 9, 90], [99, 90, 3, 6])]
    assert [h.tolist() for h in hidden] == [[False, True, True, False], [False, True, True, True]]
    ends = {"low": np.array([0, 1, 1, 1]), "high": np.array([99, 90, 3, 90])}
    assert bounds([46, 4, 2, 40], [False, True, True, False], [(0, [1, 2, 3])], 1, **ends) == (3, 5)


@pytest.mark.parametrize("unnamed", [0, 1, 4, 5])
def test_those_whom_no_row_names_are_protected_like_a_row(unnamed: int) -> None:
    """By hand: 60 and 40 of 101 leave one person without a service, whose answers were the difference of three rows.

    With 5 unnamed nobody is small; with 1 or 4 the smallest service goes with them, and what that asks for.
    """
    keys, n = _places(np.array([[60, 40], [50, 30], [45, 20]]))
    n = n + np.where((keys["service"] == "") & keys["agency"].isin(["", "A0"]), unnamed, 0)
    table = keys.assign(level="overall", key="all", n=n)
    hidden = protect_table(table)
    assert hidden.any() == (unnamed in (1, 4))
    rows = table[~hidden].set_index(AT)["n"]
    for total in [place for place in rows.index if "" in place]:
        k = 1 if not total[1] else 0
        parts = [p for p in rows.index if p[k] and p[1 - k] == total[1 - k] and p != total]
        rest = rows[total] - rows[parts].sum()
        assert rest == 0 or rest >= 5
    assert not protect_table(table, BEFORE).any()  # editions from before stay as they are


@given(st.lists(st.sampled_from([0, 0, 1, 2, 4, 5, 9, 40]), max_size=9), st.sampled_from([0, 10, 30]))
def test_groups_of_a_total_cannot_be_worked_out(n: list[int], least: int) -> None:
    hidden = protect_groups(n, least=least)
    size = np.array(n, dtype=int)
    assert hidden[(size > 0) & (size < max(5, least))].all()
    assert not hidden[size == 0].any()
    if hidden.any() and (~hidden & (size > 0)).any():
        assert hidden.sum() >= 2
        assert size[hidden].sum() >= 5


def test_groups_negative_and_the_question_in_short() -> None:
    with pytest.raises(DataError, match="negative"):
        protect_groups([-1, 3])
    assert protect_groups([3, 40, 50]).tolist() == [True, True, False]
    assert not protect_groups([3, 40], DisclosureRule(min_n=0)).any()
    assert [may_show(n, Rules()) for n in (0, 4, 5)] == [True, False, True]


def test_agencies_above_others_are_their_sums() -> None:
    agencies = ["", "P", "Q", "A", "B", "C"]
    n = np.array([203, 103, 100, 3, 100, 100])
    keys = pd.DataFrame({"agency": agencies})
    sums = sums_of(keys, {"A": "P", "B": "P", "C": "Q"})
    assert {t: list(p) for t, p in sums} == {0: [1, 2], 1: [3, 4], 2: [5]}
    assert np.flatnonzero(protect(n, sums)).tolist() == [3, 4]
    table = keys.assign(level="overall", key="all", n=n)
    parents = {"A": "P", "B": "P", "C": "Q"}
    assert np.flatnonzero(protect_table(table, by=("agency",), parents=parents)).tolist() == [3, 4]


def test_an_agency_without_transactions_covers_for_nobody() -> None:
    table = pd.DataFrame({"agency": ["", "A", "B", "C"], "level": "overall", "key": "all", "n": [103, 3, 100, 40]})
    table["warnings"] = ["", "", "", "no_population"]
    assert np.flatnonzero(protect_table(table, by=("agency",))).tolist() == [1, 2]
    table["warnings"] = ""
    assert np.flatnonzero(protect_table(table, by=("agency",))).tolist() == [1, 3]


GROUPED = ["agency", "group"]


def _grouped(inner: list[list[int]]) -> pd.DataFrame:
    keys, n = _places(np.array(inner))
    return keys.rename(columns={"service": "group"}).assign(level="overall", key="all", n=n)


def test_what_another_table_tells_covers_for_nothing() -> None:
    """By hand: A1 is its only group and told as a whole, so that hiding the group would help no other."""
    table = _grouped([[3, 50], [60, 0]])
    known = table["group"] == ""
    gone = table[protect_table(table, by=GROUPED, known=known)]
    assert list(zip(gone["agency"], gone["group"], strict=True)) == [("", "S0"), ("", "S1"), ("A0", "S0"), ("A0", "S1")]
    assert protect_table(table, by=GROUPED).sum() > 4  # where nothing else is told, wholes can go


def test_where_all_else_is_told_hiding_ends() -> None:
    """By hand: with all wholes and one group told, 3, 1, 1, 1 can each move by 1 alone, and nothing more can go."""
    table = _grouped([[3, 1, 9], [1, 1, 9]])
    secret = ((table["agency"] != "") & table["group"].isin(["S0", "S1"])).to_numpy()
    assert protect_table(table, by=GROUPED, known=~secret)[secret].all()


def test_what_is_hidden_elsewhere_stays_so_and_covers() -> None:
    table = _grouped([[3, 50], [60, 20]])
    gone = table["agency"] == "A1"
    known = (table["group"] == "") & ~gone
    hidden = protect_table(table, by=GROUPED, known=known, gone=gone)
    assert hidden[gone].all()
    assert hidden.sum() == 3 + 2  # the two of A0
    other = protect_table(_grouped([[30, 50], [60, 20]]), by=GROUPED, gone=gone)
    assert other.sum() == 6  # what is hidden alone in a sum needs another


@pytest.mark.slow(reason="attacks 60 tables by linear programming")
@given(
    st.integers(1, 5).flatmap(
        lambda rows: st.lists(
            st.lists(st.sampled_from([0, 0, 1, 2, 4, 5, 9, 40]), min_size=3, max_size=3), min_size=rows, max_size=rows
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_no_small_group_can_be_worked_out_beside_the_wholes(inner: list[list[int]]) -> None:
    """Wholes are told where they are not small themselves; nobody answered in empty groups is told as well."""
    table = _grouped(inner)
    n, whole = table["n"].to_numpy(), (table["group"] == "").to_numpy()
    before = protect_table(table[whole].reset_index(drop=True), by=("agency",))
    gone = table["agency"].isin(table["agency"][whole][before]).to_numpy() & (n > 0)
    hidden = protect_table(table, by=GROUPED, known=whole & ~gone, gone=gone)
    assert hidden[(n > 0) & (n < 5)].all()
    assert not hidden[whole & ~gone].any()
    sums = [(t, list(p)) for t, p in sums_of(table[GROUPED])]
    for cell in np.flatnonzero(hidden & (n < 5)):
        low, high = bounds(n, hidden, sums, int(cell))
        assert high - low >= 5 - 1e-6, table.iloc[cell]


def test_hidden_rows_keep_no_word_that_tells_n() -> None:
    table = pd.DataFrame({"agency": ["A"], "service": [""], "level": ["overall"], "key": ["all"], "n": [1]})
    for name in HIDDEN:
        table[name] = 1.0
    table["status"], table["interval"], table["warnings"] = "lonely_psu", "beta", "lonely_psu low_coverage"
    row = suppress(table, DisclosureRule()).iloc[0]
    assert (row["status"], row["interval"], row["warnings"]) == ("suppressed", "", "low_coverage")
    assert row[["n", *HIDDEN]].isna().all()


@pytest.mark.slow(reason="solves two linear programmes for each hidden cell of 50 tables")
@given(
    st.integers(2, 5).flatmap(
        lambda rows: st.lists(
            st.lists(st.sampled_from([0, 1, 2, 3, 5, 9, 30]), min_size=3, max_size=3), min_size=rows, max_size=rows
        )
    ),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=50, deadline=None)
def test_quick_ranges_are_those_of_linear_programming(inner: list[list[int]], seed: int) -> None:
    keys, n = _places(np.array(inner))
    sums = sums_of(keys)
    lines = Lines.read(sums)
    hidden = (np.random.default_rng(seed).random(len(n)) < 0.5) & (n > 0)
    attack = Attack(n, hidden, lines)
    for cell in np.flatnonzero(hidden).tolist():
        low, high = bounds(n, hidden, lines, cell)
        for least in (1, 3, 6, 12, 25, 60):  # the larger take several chains together
            assert attack.wide(cell, least) == (high - low >= least - 1e-6), (cell, least)


@pytest.mark.slow(reason="solves a linear programme for each hidden cell of 150 tables")
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([1, 2, 5, 9, 30])), min_size=2, max_size=9
    ),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_quick_ranges_of_any_sums(entries: list[tuple[int, int, int]], seed: int) -> None:
    """Each entry is a part of one sum or two; the totals are sums' alone, or parts of the next sum."""
    parts = [[k for k, (one, two, _) in enumerate(entries) if line in (one, two)] for line in range(5)]
    size = [n for _, _, n in entries]
    sums: list[tuple[int, list[int]]] = []
    rng = np.random.default_rng(seed)
    for members in parts:
        if members:
            before = [sums[-1][0]] if sums and rng.random() < 0.5 else []
            sums.append((len(size), members + before))
            size.append(sum(size[k] for k in members + before))
    n, lines = np.array(size), Lines.read(sums)
    hidden = rng.random(len(n)) < 0.7
    attack = Attack(n, hidden, lines)
    for cell in np.flatnonzero(hidden).tolist():
        low, high = bounds(n, hidden, lines, cell)
        for least in (1, 3, 6, 12, 25):
            assert attack.wide(cell, least) == (high - low >= least - 1e-6), (cell, least)


def test_three_ways_of_adding_up() -> None:
    names = ["", "x", "y"]
    rows = [(a, s, c) for a in names for s in names for c in names]
    inner = {(a, s, c): 10 for a in "xy" for s in "xy" for c in "xy"} | {("x", "x", "x"): 2}
    n = [sum(v for key, v in inner.items() if all(k in ("", p) for k, p in zip(row, key, strict=True))) for row in rows]
    keys = pd.DataFrame(rows, columns=["agency", "service", "channel"])
    hidden = protect(n, sums_of(keys))
    assert hidden.sum() >= 8
    assert not _known(np.array(n), hidden, [(t, list(p)) for t, p in sums_of(keys)]).any()


def test_entries_that_share_both_sums_are_not_counted_twice() -> None:
    """By hand: the first, 4, can rise by 11 and fall by 1: all its squares are closed by the same entry of 1."""
    n = np.array([4, 3, 9, 2, 9, 1, 100, 100, 100, 100])
    sums = [(6, [0, 1, 2]), (7, [0, 3, 4]), (8, [1, 2, 5]), (9, [3, 4, 5])]
    lines, hidden = Lines.read(sums), np.array([True] * 6 + [False] * 4)
    attack = Attack(n, hidden, lines)
    near = Attack(n, hidden, lines, low=np.maximum(n - 1, 0), high=n + 2)
    ends = {"low": np.maximum(n - 1, 0), "high": n + 2}
    for cell in range(6):
        low, high = bounds(n, hidden, lines, cell, **ends)
        assert [near.wide(cell, least) for least in (1, 2, 3, 4)] == [high - low >= k for k in (1, 2, 3, 4)]
    assert bounds(n, hidden, lines, 0) == pytest.approx((3, 15))
    assert [attack.wide(0, least) for least in (1, 12, 13)] == [True, True, False]


@pytest.mark.parametrize(("min_n", "seconds"), [(5, 5), (60, 30), (175, 30)])
def test_a_large_table_is_quick(min_n: int, seconds: float) -> None:
    rng = np.random.default_rng(4)
    keys, n = _places(rng.negative_binomial(1, 0.01, (300, 5)))
    table = pd.concat(
        [keys.assign(level=level, key=key, n=n) for level, key in SCHEME.levels for _ in (0,)], ignore_index=True
    )
    start = time.perf_counter()
    hidden = protect_table(table, DisclosureRule(min_n=min_n), scheme=SCHEME)
    assert time.perf_counter() - start < seconds  # a tenth of that on a quiet machine: benchmarks/README.md
    assert hidden.any()
