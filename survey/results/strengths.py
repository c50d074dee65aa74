"""Strengths and weaknesses: the items of an agency against the other agencies together, for pages and reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from survey.questionnaires import Definition
from survey.results.figures import ALL_SERVICES, Figures, ShownFigure
from survey.results.statements import ITEM_WORDS, Difference, Statement, choose

FEW = 3
"""How many items of an agency are named as its own lowest or highest where no difference is sure."""


@dataclass(frozen=True)
class ItemFinding:
    """One item of an agency against the other agencies together."""

    #: its number in the questionnaire
    number: int
    key: str
    figure: ShownFigure | None
    #: index of the other agencies together, and this one's less that
    rest: float
    gap: float
    #: ends of the interval of the gap that goes with the verdict
    lo: float
    hi: float
    #: share of what citizens say of the whole that it accounts for, in percent; None where they were not asked of it
    importance: float | None
    #: how many more would be satisfied if the item were as elsewhere
    people: float
    #: citizens who answered with 1 or 2, with 3, and at all
    dissatisfied: int
    neutral: int
    n: int
    #: `strength`, `weakness`, `same`, `unknown`
    verdict: str
    #: `keep`, `improve`, `maintain`, `watch`, or "" when unknown
    quadrant: str

    @property
    def word(self) -> Statement[Difference]:
        """What is said of it beside its numbers."""
        return choose(ITEM_WORDS, self)


def findings(definition: Definition, figures: Figures, agency: str, table: pd.DataFrame | None) -> list[ItemFinding]:
    """The items of a diagnosis (`survey.results.diagnosis.diagnosis`) in its order, what to act on first."""
    if table is None:
        return []
    numbers = {item.code: k for k, item in enumerate(definition.items, 1)}
    return [
        ItemFinding(
            number=numbers[row["key"]],
            key=row["key"],
            figure=figures.find(agency, ALL_SERVICES, "item", row["key"]),
            rest=_real(row["rest"]),
            gap=_real(row["gap"]),
            lo=_real(row["lo"]),
            hi=_real(row["hi"]),
            importance=None if pd.isna(row["importance"]) else 100 * float(row["importance"]),
            people=_real(row["people"]),
            dissatisfied=int(row["dissatisfied"]),
            neutral=int(row["neutral"]),
            n=int(row["n"]),
            verdict=row["verdict"],
            quadrant=row["quadrant"],
        )
        for row in table.to_dict("records")
        if row["key"] in numbers  # the overall question may count in the index and is nothing to act on
    ]


def weaknesses(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """What is worse than elsewhere: first what weighs much (or, without importance, concerns most people)."""
    worse = [f for f in items if f.verdict == "weakness"]
    return [f for f in worse if f.quadrant == "improve"] + [f for f in worse if f.quadrant != "improve"]


def strengths(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """What is better than elsewhere."""
    return [f for f in items if f.verdict == "strength"]


def lowest(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """The agency's own lowest items, where none is worse than elsewhere; none of those done better."""
    return [] if weaknesses(items) else [f for f in _by_index(items) if f.verdict != "strength"][:FEW]


def highest(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """The agency's own highest items, where none is better than elsewhere; none of those done worse."""
    return [] if strengths(items) else [f for f in _by_index(items)[::-1] if f.verdict != "weakness"][:FEW]


def worst(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """The `FEW` items to look at first: what is worse than elsewhere, else the agency's own lowest."""
    return (weaknesses(items) or lowest(items))[:FEW]


def best(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """The `FEW` items done best: what is better than elsewhere, else the agency's own highest."""
    return (strengths(items) or highest(items))[:FEW]


def _by_index(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    shown = [f for f in items if f.figure is not None and f.figure.exists]
    return sorted(shown, key=lambda f: (f.figure.index if f.figure else 0.0, f.number))


def _real(value: Any) -> float:
    return math.nan if pd.isna(value) else float(value)
