"""Finding: what an action begins from, the numbers of one item of an agency and the place where it is worst."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import orm

from survey.results.comments import comment_summary
from survey.results.diagnosis import diagnosis
from survey.results.figures import ALL_SERVICES
from survey.results.page_data import RoundPage
from survey.results.strengths import findings


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


def finding_of(session: orm.Session, page: RoundPage, agency: str, level: str, key: str) -> Finding:
    """What the results of a round say of one figure of an agency, cut by the disclosure rule like every page."""
    figure = page.figures.find(agency, ALL_SERVICES, level, key)
    summary = comment_summary(session, page.results, page.figures, agency)
    themes = {theme.value: number for theme, number in summary.themes} if summary else None
    if figure is None or not figure.exists:
        return Finding(themes=themes)
    base = Finding(_real(figure.index), _real(figure.lo), _real(figure.hi), figure.n, themes=themes)
    if level != "item":
        return base
    items = findings(page.definition, page.figures, agency, diagnosis(session, page.results, agency))
    item = next((one for one in items if one.key == key), None)
    if item is None:
        return base
    return Finding(
        base.index,
        base.lo,
        base.hi,
        base.n,
        rest=_real(item.rest),
        gap=_real(item.gap),
        dissatisfied=item.dissatisfied,
        verdict=item.verdict,
        themes=themes,
    )


def worst_service(page: RoundPage, agency: str, level: str, key: str) -> tuple[str, float] | None:
    """The service of an agency whose index of one figure is lowest among those shown; None for fewer than two.

    It says where to look first, not that the service differs from the others: no test stands behind it.
    """
    shown = []
    for service in page.figures.services(agency):
        figure = page.figures.find(agency, service, level, key)
        if figure is not None and figure.exists:
            shown.append((float(figure.index), service))
    if len(shown) < 2:
        return None
    index, service = min(shown)
    return service, index


def _real(value: Any) -> float | None:
    return None if value is None or not math.isfinite(float(value)) else float(value)
