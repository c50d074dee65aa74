"""Statements of pages and reports: one of each set holds, and holds exactly where the test behind it says so."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scoring.compare import in_families
from scoring.ranks import letters, rank_ranges
from scoring.targets import Judgement
from survey.results import statements
from survey.results.control_chart import control_picture
from survey.results.league_table import IndexChange
from survey.results.series import Series
from survey.results.statements import (
    ASSURANCE_SENTENCES,
    BAND_SENTENCES,
    RANK_SENTENCES,
    TARGET_SENTENCES,
    TARGET_WORDS,
    NoBand,
    RankRange,
    Sentence,
    Statement,
    choose,
)
from survey.results.weak_places import WeakPlace, Where

OF_DIFFERENCES = [
    statements.CHANGE_WORDS,
    statements.MOVE_WORDS,
    statements.CHANGE_SENTENCES,
    statements.PUBLIC_CHANGE_SENTENCES,
    statements.CONTRAST_WORDS,
    statements.SHORT_CONTRAST_WORDS,
    statements.ITEM_WORDS,
]
ENDS = st.floats(-100, 100) | st.just(0.0)


@given(one=ENDS, other=ENDS, missing=st.booleans())
def test_one_statement_of_each_set_holds_for_any_interval(one: float, other: float, missing: bool) -> None:
    lo, hi = (math.nan, math.nan) if missing else (min(one, other), max(one, other))
    change = IndexChange(before=50.0, diff=math.nan, lo=lo, hi=hi, sure=False)
    for known in OF_DIFFERENCES:
        assert [s.code for s in known if s.holds(change)] == [choose(known, change).code]


@given(st.none() | st.tuples(st.integers(1, 99), st.integers(0, 20)))
def test_one_statement_holds_for_any_ranks(ranks: tuple[int, int] | None) -> None:
    row = RankRange() if ranks is None else RankRange(ranks[0], ranks[0] + ranks[1])
    assert [s.code for s in RANK_SENTENCES if s.holds(row)] == [choose(RANK_SENTENCES, row).code]


@pytest.mark.parametrize("assurance", ["reaches", "misses", "hit_and_miss", "unknown"])
def test_one_statement_holds_for_any_assurance(assurance: str) -> None:
    picture = replace(control_picture(Series((), (), (), ())), assurance=assurance)
    assert [s.code for s in ASSURANCE_SENTENCES if s.holds(picture)] == [assurance]


@pytest.mark.parametrize("method", ["bh", "sidak"])
def test_what_is_said_of_a_difference_is_what_its_adjusted_test_says(method: str) -> None:
    """Forty families of 15 tests each, adjusted by scipy (Benjamini-Hochberg) and by Šidák's formula."""
    rng = np.random.default_rng(20261130)
    said, expected = [], []
    for _ in range(40):
        diff, se, df = rng.normal(0, 6, 15), rng.uniform(1, 4, 15), rng.integers(5, 400, 15)
        p = 2 * stats.t.sf(np.abs(diff) / se, df)
        reject = stats.false_discovery_control(p) <= 0.05 if method == "bh" else p <= 1 - 0.95 ** (1 / 15)
        table = in_families(
            pd.DataFrame({"diff": diff, "se": se, "df": df, "p": p}), ["one"] * 15, method=method, confidence=0.95
        )
        changes = [
            IndexChange(50.0, float(row.diff), float(row.lo_family), float(row.hi_family), sure=False)
            for row in table.itertuples()
        ]
        said += [change.word.code for change in changes]
        expected += list(np.where(~reject, "same", np.where(diff > 0, "above", "below")))
    assert said == expected
    assert {"above", "below", "same"} == set(said)


def test_ranks_that_do_not_overlap_and_shared_letters_mean_what_is_said() -> None:
    """ "The data tell which is better": a chain of pairs told apart leads from one to the other; a letter: no pair."""
    rng = np.random.default_rng(7)
    disjoint = shared = 0
    for _ in range(40):
        value, se = rng.normal(80, 5, 10), rng.uniform(0.5, 3, 10)
        ranges = rank_ranges(value, np.diag(se**2), seed=3, draws=2_000)
        reach = ranges.above.copy()
        for _step in range(4):
            reach |= (reach.astype(int) @ reach.astype(int)) > 0
        group = letters(value, ranges.above)
        for a, b in combinations(range(10), 2):
            if ranges.high[a] < ranges.low[b]:
                disjoint += 1
                assert reach[a, b]
            if set(group[a]) & set(group[b]):
                shared += 1
                assert not ranges.above[a, b]
                assert not ranges.above[b, a]
    assert disjoint > 50
    assert shared > 50


def test_every_statement_has_a_condition_and_stands_in_one_file() -> None:
    every = [
        s
        for known in (
            *OF_DIFFERENCES,
            RANK_SENTENCES,
            BAND_SENTENCES,
            TARGET_SENTENCES,
            TARGET_WORDS,
            statements.WHERE_SENTENCES,
        )
        for s in known
    ]
    every += [one for one in vars(statements).values() if isinstance(one, Sentence) and not isinstance(one, Statement)]
    assert all(len(one.condition.split()) > 4 for one in every)
    sentences = {one.message for one in every if len(one.message.split()) > 3}
    outside = [path for folder in ("templates", "survey") for path in Path(folder).rglob("*.*")]
    texts = [p.read_text() for p in outside if p.suffix in (".html", ".py") and p.name != "statements.py"]
    assert len(sentences) > 12
    assert not [one for one in sentences for text in texts if f'_("{one}")' in text]


@pytest.mark.parametrize(("tests", "found", "said"), [(0, 0, "unknown"), (4, 0, "none"), (4, 2, "found")])
def test_one_sentence_holds_of_where_an_item_is_worse(tests: int, found: int, said: str) -> None:
    place = WeakPlace("kenh", "qr", 50.0, 30, -20.0, -30.0, -10.0)
    where = Where((place,) * found, tests)
    assert [s.code for s in statements.WHERE_SENTENCES if s.holds(where)] == [said]


@pytest.mark.parametrize("band", ["better", "expected", "worse", ""])
def test_one_sentence_holds_of_every_band(band: str) -> None:
    assert [s.code for s in BAND_SENTENCES if s.holds(NoBand(band))] == [band or "none"]


@pytest.mark.parametrize(
    ("verdict", "more", "code", "word"),
    [
        ("reached", None, "reached", "reached"),
        ("not_reached", None, "not_reached", "not_reached"),
        ("cannot_tell", 40, "more", "unknown"),
        ("cannot_tell", None, "at", "unknown"),
        ("no_interval", None, "no_interval", "unknown"),
    ],
)
def test_one_sentence_holds_of_every_judgement_of_a_target(
    verdict: str, more: int | None, code: str, word: str
) -> None:
    judged = Judgement(verdict, more)
    assert [s.code for s in TARGET_SENTENCES if s.holds(judged)] == [code]
    assert [s.code for s in TARGET_WORDS if s.holds(judged)] == [word]
