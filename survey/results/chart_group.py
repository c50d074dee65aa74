"""Charts of one kind beside each other, each of an agency, a counter or a question: one file when downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from survey.results.bars import Bars
from survey.results.charts import Segment
from survey.results.figures import ShownFigure


@dataclass(frozen=True)
class AnswerBar:
    """The answers to a question: how many gave each, the worst first, and their parts of the bar."""

    counts: tuple[int, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class ChartGroup:
    """Charts with the code of what each is of."""

    parts: tuple[tuple[str, Any], ...]


def answer_bars(figures: Iterable[ShownFigure | None], bars: Bars) -> ChartGroup:
    """The bars of questions whose answers may be shown."""
    shown = [figure for figure in figures if figure is not None and figure.valid]
    return ChartGroup(tuple((figure.key, AnswerBar(figure.counts, bars.of(figure))) for figure in shown))
