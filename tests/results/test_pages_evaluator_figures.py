"""Number formats and chart coordinates, worked out by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pandas as pd
import pytest
from flask import Flask

from scoring.estimate import STATUS
from scoring.table import STATUS as TABLE_STATUS
from survey.core.numbers import fixed
from survey.results.bars import UNWEIGHTED
from survey.results.charts import ChartRow, adds_up, interval_chart, place, stacked_bar
from survey.results.figures import Figures
from survey.web import formatters, wording

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        (83.44, 1, "83,4", "83.4"),
        (83.45, 1, "83,5", "83.5"),  # half up, though binary floats would round 83.45 down
        (1234567, 0, "1.234.567", "1,234,567"),
        (-0.04, 1, "0,0", "0.0"),
        (100, 2, "100,00", "100.00"),
        (NAN, 1, "–", "–"),
        (None, 1, "–", "–"),
        (math.inf, 1, "–", "–"),
    ],
)
def test_numbers_follow_the_language(app: Flask, value: float | None, decimals: int, vi: str, en: str) -> None:
    with app.test_request_context("/"):
        assert formatters.number(value, decimals) == vi
    with app.test_request_context("/?lang=en"):
        assert formatters.number(value, decimals) == en


def test_percent_and_interval(app: Flask) -> None:
    with app.test_request_context("/"):
        assert formatters.percent(11.11) == "11,1\u00a0%"
        assert formatters.percent(None) == "–"
        assert formatters.interval(81.2, 85.3) == "(81,2–85,3)"
        assert formatters.interval(NAN, 85.3) == ""
    with app.test_request_context("/?lang=en"):
        assert formatters.percent(11.11) == "11.1%"


def test_days_are_those_of_the_zone(app: Flask) -> None:
    late = datetime(2026, 3, 31, 18, 30, tzinfo=UTC)  # half past one of the next morning in Vietnam
    with app.test_request_context("/"):
        assert formatters.day(late) == "01/04/2026"
        assert formatters.moment(late) == "01/04/2026 01:30"
        assert formatters.day(None) == "–"


def test_the_axis_runs_from_edge_to_edge() -> None:
    assert [place(v) for v in (0, 50, 100)] == [2.0, 50.0, 98.0]
    assert [place(v) for v in (-5, 105)] == [2.0, 98.0]
    assert [place(v) for v in (NAN, None)] == [None, None]


def test_a_chart_has_one_row_for_each_figure_over_one_axis() -> None:
    chart = interval_chart([ChartRow("a", 50, 25, 75, reference=100.0), ChartRow("b", NAN, NAN, NAN)])
    first, second = chart.marks
    # from 20 to 100, that is 80 points on 96 percent of the width: 25 lies at 2 + 5 × 1.2, 50 at 2 + 30 × 1.2
    assert (first.low, first.dot, first.high, first.reference) == (8.0, 38.0, 68.0, 98.0)
    assert (second.low, second.dot, second.high, second.reference) == (None, None, None, None)
    assert second.y - first.y == chart.floor / 2
    assert [tick.text for tick in chart.ticks] == ["20", "40", "60", "80", "100"]
    assert chart.has_reference
    assert not interval_chart([ChartRow("a", 50, 25, 75)]).has_reference


@pytest.mark.parametrize(
    ("rows", "axis", "labels"),
    [
        ([(82, 80.5, 83.1)], (70, 90), (70, 75, 80, 85, 90)),
        ([(82, 80.5, 83.1), (66, 61, 71)], (60, 90), (60, 70, 80, 90)),
        ([(99, 97, 100)], (80, 100), (80, 85, 90, 95, 100)),
        ([(0, 0, 2)], (0, 20), (0, 5, 10, 15, 20)),
        ([(12, 9.5, 15), (97, 95, 99)], (0, 100), (0, 25, 50, 75, 100)),
        ([(NAN, NAN, NAN)], (0, 100), (0, 25, 50, 75, 100)),
    ],
)
def test_an_axis_fits_its_data(
    rows: list[tuple[float, float, float]], axis: tuple[int, int], labels: tuple[int, ...]
) -> None:
    """Whole tens around all that is drawn, twenty points at least."""
    found = interval_chart([ChartRow("a", *row) for row in rows]).axis
    assert (found.least, found.most) == axis
    assert found.labels == labels
    assert found.whole == (axis == (0, 100))


def test_a_bar_is_whole_and_labels_only_what_fits() -> None:
    segments = stacked_bar([1, 0, 3, 0, 16])
    assert [(s.level, s.count, s.share, s.x, s.width) for s in segments] == [
        (1, 1, 5.0, 0.0, 5.0),
        (3, 3, 15.0, 5.0, 15.0),
        (5, 16, 80.0, 20.0, 80.0),
    ]
    assert [s.labelled for s in segments] == [False, True, True]


def test_a_bar_without_answers_is_empty() -> None:
    assert stacked_bar([0, 0, 0, 0, 0]) == ()


def test_every_word_of_the_result_table_is_explained(app: Flask) -> None:
    known = {
        *STATUS,
        *TABLE_STATUS,
        "unweighted",
        "no_population",
        "equal_within_agency",
        "renormalised",
        "low_coverage",
    }
    with app.test_request_context("/"):
        assert {word for word in known if wording.FIGURE_WORDS(word) == word} == set()
        vietnamese = {word: wording.FIGURE_WORDS(word) for word in known}
    with app.test_request_context("/?lang=en"):
        assert {word for word in known if wording.FIGURE_WORDS(word) == vietnamese[word]} == set()


def test_a_suppressed_figure_has_neither_numbers_nor_marks() -> None:
    row = {"agency": "a", "service": "", "level": "overall", "key": "all", "n": pd.NA, "valid": pd.NA}
    row |= {f"c{k}": pd.NA for k in range(1, 6)}
    row |= dict.fromkeys(("index", "se", "df", "lo", "hi", "n_eff", "coverage"), NAN)
    row |= {"population": 90.0, "status": "suppressed", "warnings": "lonely_psu low_coverage"}
    figure = Figures(pd.DataFrame([row])).overall("a")
    assert figure is not None
    assert (figure.n, figure.valid, figure.counts, UNWEIGHTED.of(figure), figure.dot) == (None, None, (), (), None)
    assert math.isnan(figure.response_rate)
    assert figure.words == ("suppressed", "lonely_psu", "low_coverage")
    assert not figure.exists


@pytest.mark.parametrize(
    ("counts", "written", "adds"),
    [
        # whole percents would make 13 + 13 + 25 + 50 = 101, and 33 + 33 + 33 = 99
        ([1, 1, 2, 4, 0], ["12.5", "12.5", "25.0", "50.0"], True),
        ([0, 0, 1, 1, 1], ["33.3", "33.3", "33.3"], False),
        ([1, 0, 3, 0, 16], ["5", "15", "80"], True),
    ],
)
def test_a_bar_takes_a_decimal_where_whole_percents_do_not_add_up(
    counts: list[int], written: list[str], adds: bool
) -> None:
    bar = stacked_bar(counts)
    assert [fixed(s.share, s.decimals, english=True) for s in bar] == written
    assert adds_up(bar) is adds
