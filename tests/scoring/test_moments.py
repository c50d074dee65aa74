"""Moments against plain loops over respondents; merging, patterns, SQL; refusals."""

from __future__ import annotations

import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.moments import (
    LOOKUP,
    Moments,
    enough_answers,
    merge,
    moments,
    moments_from_codes,
    moments_from_patterns,
    read_answers,
)
from scoring.scheme import DataError, Item, Scheme

SCHEME = Scheme((Item("a1", "a", "policy"), Item("a2", "a", "policy"), Item("b1", "b"), Item("c1", "c")))
EVERY = ("top2", "score", "level1", "level2", "level3", "level4", "level5")
SAMPLE = st.lists(st.tuples(st.integers(0, 2), *[st.integers(0, 5)] * 4), min_size=1, max_size=90)


def keys(cells: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"agency": [f"A{c}" for c in cells], "service": [f"S{c % 2}" for c in cells]})


def split(rows: list[tuple[int, ...]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=np.uint8)
    return table[:, 1:], table[:, 0]


def same(first: Moments, second: Moments) -> None:
    pd.testing.assert_frame_equal(first.keys, second.keys)
    for name in ("n", "counts", "reached", "cross"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@settings(max_examples=40, deadline=None)
@given(SAMPLE)
def test_moments_are_what_a_loop_over_respondents_adds_up(rows: list[tuple[int, ...]]) -> None:
    answers, cells = split(rows)
    found = moments(answers, keys(cells), SCHEME, features=EVERY)
    for c, name in enumerate(found.keys["agency"]):
        part = answers[[f"A{x}" == name for x in cells]]
        vectors = [np.array([LOOKUP[f][a] for f in found.features for a in person]) for person in part]
        assert found.n[c] == len(part)
        np.testing.assert_array_equal(found.cross[c], sum(np.outer(z, z) for z in vectors))
        np.testing.assert_array_equal(found.sums[c], sum(vectors))
        for k in range(1, 6):
            np.testing.assert_array_equal(found.counts[c, :, k - 1], (part == k).sum(axis=0))
        for g, items in enumerate(SCHEME.groups.values()):
            assert found.reached[c, g] == sum(any(person[i] for i in items) for person in part)


@settings(max_examples=40, deadline=None)
@given(SAMPLE, st.lists(st.integers(0, 3), min_size=90, max_size=90))
def test_the_whole_is_the_merge_of_any_parts_in_any_order(rows: list[tuple[int, ...]], parts: list[int]) -> None:
    answers, cells = split(rows)
    part = np.array(parts[: len(rows)])
    pieces = [moments(answers[part == p], keys(cells[part == p]), SCHEME) for p in np.unique(part)]
    whole = moments(answers, keys(cells), SCHEME)
    same(merge(*pieces), whole)
    same(merge(*reversed(pieces)), whole)


@settings(max_examples=30, deadline=None)
@given(SAMPLE, st.randoms(use_true_random=False))
def test_the_order_of_respondents_does_not_matter(rows: list[tuple[int, ...]], random: object) -> None:
    answers, cells = split(rows)
    order = np.array(sorted(range(len(rows)), key=lambda _: random.random()))  # type: ignore[attr-defined]
    same(moments(answers[order], keys(cells[order]), SCHEME), moments(answers, keys(cells), SCHEME))


@settings(max_examples=20, deadline=None)
@given(SAMPLE)
def test_patterns_grouped_by_the_database_are_the_same_moments(rows: list[tuple[int, ...]]) -> None:
    answers, cells = split(rows)
    texts = ["".join(".12345"[a] for a in person) + "x9" for person in answers]
    table = keys(cells).assign(answers=texts)
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE response (agency, service, answers)")
        db.executemany("INSERT INTO response VALUES (?, ?, ?)", table.itertuples(index=False, name=None))
        grouped = pd.DataFrame(
            db.execute("SELECT agency, service, answers, count(*) FROM response GROUP BY 1, 2, 3").fetchall(),
            columns=["agency", "service", "answers", "count"],
        )
    db.close()
    got = moments_from_patterns(
        grouped["answers"].tolist(), grouped["count"].to_numpy(), grouped[["agency", "service"]], SCHEME
    )
    same(got, moments(answers, keys(cells), SCHEME))


def test_chunks_of_more_than_a_million_add_up() -> None:
    rng = np.random.default_rng(7)
    answers = rng.integers(0, 6, (1_100_000, 4), dtype=np.uint8)
    codes = rng.integers(0, 3, len(answers))
    cells = keys(np.arange(3))
    found = moments_from_codes(answers, codes, cells, SCHEME)
    for c in range(3):
        z = np.hstack([answers[codes == c] >= 4, answers[codes == c] > 0]).astype(float)
        np.testing.assert_array_equal(found.cross[c], z.T @ z)


def test_patterns_given_no_times_make_no_cell() -> None:
    found = moments_from_patterns(["5511", "1111"], np.array([0, 3]), keys(np.array([0, 1])), SCHEME)
    assert list(found.keys["agency"]) == ["A1"]
    assert found.n.tolist() == [3]


def test_no_responses_are_no_cells() -> None:
    none = moments(np.zeros((0, 4)), keys(np.zeros(0, dtype=int)), SCHEME)
    assert len(none.n) == 0
    empty = moments_from_patterns([], np.zeros(0, dtype=int), keys(np.zeros(0, dtype=int)), SCHEME)
    some = moments([[5, 4, 0, 1]], keys(np.array([1])), SCHEME)
    same(merge(none, some, empty), some)


def test_collapsing_a_column_adds_its_cells() -> None:
    base = keys(np.array([0, 0, 1]))
    fine = moments([[5, 4, 0, 1], [1, 1, 1, 1], [3, 3, 3, 3]], base.assign(sex=["F", None, "M"]), SCHEME)
    assert fine.keys["sex"].tolist() == ["", "F", "M"]
    same(fine.collapse(["agency", "service"]), moments([[5, 4, 0, 1], [1, 1, 1, 1], [3, 3, 3, 3]], base, SCHEME))


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([[6, 1, 1, 1]], "0..5"),
        (np.array([[9, 1, 1, 1]], dtype=np.uint8), "not 9"),
        ([[1, 2]], "must be"),
        ([[1.5, 1, 1, 1]], "0..5"),
    ],
)
def test_answers_outside_the_scale_are_refused(answers: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        moments(answers, keys(np.array([0])), SCHEME)  # type: ignore[arg-type]


def test_keys_that_do_not_fit_are_refused() -> None:
    one = [[1, 1, 1, 1]]
    with pytest.raises(DataError, match="'service'"):
        moments(one, pd.DataFrame({"agency": ["A"]}), SCHEME)
    with pytest.raises(DataError, match="responses but keys"):
        moments(one, keys(np.array([0, 1])), SCHEME)
    with pytest.raises(DataError, match="cell numbers"):
        moments_from_codes(one, [3], keys(np.array([0])), SCHEME)
    with pytest.raises(DataError, match="whole number"):
        moments_from_patterns(["1111"], [-1], keys(np.array([0])), SCHEME)
    with pytest.raises(DataError, match="rows of keys"):
        moments_from_patterns(["1111"], [1], keys(np.array([0, 1])), SCHEME)
    with pytest.raises(DataError, match="shorter"):
        moments_from_patterns(["111"], [1], keys(np.array([0])), SCHEME)
    with pytest.raises(DataError, match="unknown feature"):
        moments(one, keys(np.array([0])), SCHEME, features=("top3",))
    with pytest.raises(DataError, match="do not hold 'score'"):
        moments(one, keys(np.array([0])), SCHEME).feature("score")
    with pytest.raises(DataError, match="can be merged"):
        merge(moments(one, keys(np.array([0])), SCHEME), moments(one, keys(np.array([0])), SCHEME, features=("score",)))


def test_tables_are_read_item_by_item_and_the_first_wrong_cell_is_named() -> None:
    table = pd.DataFrame({"a1": [1, None], "a2": ["5", ""], "b1": [0, 2], "c1": [4.0, 3.0]})
    assert read_answers(table, SCHEME).tolist() == [[1, 5, 0, 4], [0, 0, 2, 3]]
    with pytest.raises(DataError, match="row 2, column 'b1'"):
        read_answers(table.assign(b1=[1, 7]), SCHEME)
    with pytest.raises(DataError, match="'c1' is missing"):
        read_answers(table.drop(columns="c1"), SCHEME)


def test_a_response_needs_an_answer_and_the_share_asked_for() -> None:
    answers = [[0, 0, 0, 0], [5, 0, 0, 0], [5, 5, 0, 0]]
    assert enough_answers(answers, SCHEME, 0).tolist() == [False, True, True]
    assert enough_answers(answers, SCHEME, 0.5).tolist() == [False, False, True]
