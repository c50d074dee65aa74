"""Finding: the numbers that an action carries along from the results that it answers to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from survey.results.figures import ShownFigure


@dataclass(frozen=True)
class Finding:
    """The figures that an action carries along, as they were when it was entered; None where not shown."""

    index: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int | None = None
    #: index of the other agencies together, and the difference
    rest: float | None = None
    gap: float | None = None
    dissatisfied: int | None = None
    #: `weakness`, `strength`, `same`, `unknown`
    verdict: str = ""
    #: themes of the comments on the agency and how many there are; None for fewer than may be shown
    themes: Mapping[str, int | None] | None = None

    def stored(self) -> dict[str, Any]:
        """The finding as the action keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Finding | None:
        """What an action keeps; None for one that was entered without."""
        return cls(**stored) if stored else None

    @classmethod
    def from_figure(cls, figure: ShownFigure) -> Finding:
        """The numbers of a figure that is shown."""
        return cls(real_or_none(figure.index), real_or_none(figure.lo), real_or_none(figure.hi), figure.n)


def real_or_none(value: Any) -> float | None:
    """A number; None for what does not exist."""
    return None if value is None or not math.isfinite(float(value)) else float(value)
