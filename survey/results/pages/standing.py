"""The first three sentences of an agency's page, with the numbers of their pictures."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import orm

from survey.results.agency_standing import AgencyStanding, month_change, target_standing
from survey.results.control_chart import control_picture
from survey.results.expected import leagues, standing_of
from survey.results.figures import ALL_SERVICES
from survey.results.page_data import RoundPage
from survey.results.pages.control import ControlView, positions, sums_of
from survey.results.series import MONTH, series
from survey.results.statements import BAND_SENTENCES, NoBand, choose
from survey.structure.queries.targets import known_changes
from survey.web.formatters import number, signed
from survey.web.formatters import whole as whole_number


@dataclass(frozen=True)
class FirstSentences:
    """What a head reads first."""

    band: str
    month: str
    target: str


@dataclass(frozen=True)
class StandingView:
    """An agency's standing on its page."""

    standing: AgencyStanding
    control: ControlView
    sentences: FirstSentences


def standing_view(session: orm.Session, page: RoundPage, agency: str) -> StandingView:
    """What is said first of an agency."""
    found = standing_of(leagues(page.results, ranked=False), agency)
    months = series(sums_of(session, page), agency, positions(page, "overall", "all"), MONTH)
    change = month_change(months, found[0] if found else None, page.rules.confidence)
    targets = [
        target_standing(
            page.results,
            element,
            value,
            page.figures.find(agency, ALL_SERVICES, *(("element", element) if element else ("overall", "all"))),
        )
        for (code, element), value in sorted(page.results.targets.items())
        if code == agency
    ]
    standing = AgencyStanding(found, change, targets)
    marked = [one.on_day for one in known_changes(session, agency)]
    overall = targets[0].target if targets and not targets[0].element else None
    picture = control_picture(months, rebase=months.rebased_at(marked), target=overall, depth=90)
    return StandingView(
        standing, ControlView("overall", "all", _("Overall"), picture, "month-picture"), _sentences(standing)
    )


def _sentences(standing: AgencyStanding) -> FirstSentences:
    band = choose(BAND_SENTENCES, standing.expected[1] if standing.expected else NoBand())
    values = {}
    if standing.expected:
        one = standing.expected[1]
        values = {"index": number(one.index, 0), "lo": number(one.lo, 0), "hi": number(one.hi, 0)}
    change = standing.change
    month = change.sentence(
        now=number(change.now),
        before=number(change.before),
        signed=signed(change.diff),
        interval=f"({signed(change.lo)}; {signed(change.hi)})",
    )
    target = _("No target is set for this agency.")
    if standing.targets and not standing.targets[0].element:
        first = standing.targets[0]
        more = first.judgement.more
        target = first.sentence(target=number(first.target), more=whole_number(more) if more is not None else "")
    return FirstSentences(" ".join([band.here(**values), *_of_services(standing)]), month, target)


def _of_services(standing: AgencyStanding) -> list[str]:
    """What the range allows for, where it depends on the agency's services."""
    if standing.expected is None or not standing.expected[0].by_services:
        return []
    league, one = standing.expected
    return [
        _(
            "With its services, %(expected)s of 100 are expected; of all agencies of its kind together, %(centre)s.",
            expected=number(one.expected, 1),
            centre=number(league.centre, 1),
        )
    ]
