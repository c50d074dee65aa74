"""Strengths and weaknesses: the items of an agency against the other agencies together, for pages and reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from survey.questionnaires import Definition
from survey.results.figures import ALL_SERVICES, Figures, ShownFigure

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
    #: share of the overall result it decides, in percent
    importance: float
    #: citizens who answered with 1 or 2, with 3, and at all
    dissatisfied: int
    neutral: int
    n: int
    #: `strength`, `weakness`, `same`, `unknown`
    verdict: str
    #: `keep`, `improve`, `maintain`, `watch`, or "" when unknown
    quadrant: str


def findings(definition: Definition, figures: Figures, agency: str, table: pd.DataFrame | None) -> list[ItemFinding]:
    """Return the items of a diagnosis (`survey.results.diagnosis.diagnosis`) in its order, what to act on first."""
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
            importance=100 * _real(row["importance"]),
            dissatisfied=int(row["dissatisfied"]),
            neutral=int(row["neutral"]),
            n=int(row["n"]),
            verdict=row["verdict"],
            quadrant=row["quadrant"],
        )
        for row in table.to_dict("records")
    ]


def weaknesses(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """Return the items significantly worse than elsewhere: first what weighs much, then the rest."""
    worse = [f for f in items if f.verdict == "weakness"]
    return [f for f in worse if f.quadrant == "improve"] + [f for f in worse if f.quadrant != "improve"]


def strengths(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """Return the items significantly better than elsewhere."""
    return [f for f in items if f.verdict == "strength"]


def lowest(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """Return the agency's own lowest items, to begin with when none is worse than elsewhere."""
    return [] if weaknesses(items) else _by_index(items)[:FEW]


def highest(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    """Return the agency's own highest items, to be named when none is better than elsewhere."""
    return [] if strengths(items) else _by_index(items)[::-1][:FEW]


def _by_index(items: Sequence[ItemFinding]) -> list[ItemFinding]:
    shown = [f for f in items if f.figure is not None and f.figure.exists]
    return sorted(shown, key=lambda f: (f.figure.index if f.figure else 0.0, f.number))


def _real(value: Any) -> float:
    return math.nan if pd.isna(value) else float(value)
