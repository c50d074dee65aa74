"""What an action begins from: the numbers of one figure of an agency, and the place where it is worst."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import orm

from survey.improvement.finding_record import Finding, real_or_none
from survey.results.comments import comment_summary
from survey.results.diagnosis import diagnosis
from survey.results.figures import ALL_SERVICES
from survey.results.page_data import RoundPage
from survey.results.strengths import findings


def finding_of(session: orm.Session, page: RoundPage, agency: str, level: str, key: str) -> Finding:
    """What the results of a round say of one figure of an agency, cut by the disclosure rule like every page."""
    figure = page.figures.find(agency, ALL_SERVICES, level, key)
    summary = comment_summary(session, page.results, page.figures, agency)
    themes = {theme.value: number for theme, number in summary.themes} if summary else None
    if figure is None or not figure.exists:
        return Finding(themes=themes)
    base = replace(Finding.from_figure(figure), themes=themes)
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
        rest=real_or_none(item.rest),
        gap=real_or_none(item.gap),
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
