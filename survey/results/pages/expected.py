"""What is expected of the agencies of a league: the first picture of the overview, and its numbers as a file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import flask
from flask_babel import gettext as _
from flask_babel import ngettext

from survey.accounts.auth import role_required
from survey.results.agency_standing import TargetStanding, target_standing
from survey.results.as_csv import csv_text
from survey.results.expected import ExpectedStanding, League, leagues
from survey.results.expected_table import expected_table
from survey.results.funnel_chart import FunnelChart, funnel_chart
from survey.results.page_data import RoundPage
from survey.results.pages.pages import RESULT_READERS, blueprint, load
from survey.web.context import database


@dataclass(frozen=True)
class LeagueView:
    """The leagues of a round and the one that is looked at, as one person may see them."""

    leagues: list[League]
    league: League | None = None
    #: the agencies this person may see
    shown: tuple[ExpectedStanding, ...] = ()
    chart: FunnelChart | None = None
    title: str = ""
    #: overall targets of the agencies shown, where any is set
    targets: Mapping[str, TargetStanding] = field(default_factory=dict)


def league_view(page: RoundPage) -> LeagueView:
    """The league asked for by `?loai=`, the largest one when none is; those of others are left out."""
    mine = set(page.agencies)
    found = [one for one in leagues(page.results) if any(s.agency in mine for s in one.standings)]
    if not found:
        return LeagueView([])
    asked = flask.request.args.get("loai")
    largest = max(found, key=lambda one: len(one.standings))
    league = next((one for one in found if one.code == asked), largest)
    shown = tuple(standing for standing in league.standings if standing.agency in mine)
    targets = {
        agency: target_standing(page.results, "", value, page.figures.overall(agency))
        for (agency, element), value in page.results.targets.items()
        if not element and agency in mine
    }
    common = {targets[one.agency].target if one.agency in targets else None for one in league.standings}
    # a target is one of the index itself, and has no height among adjusted figures
    target = common.pop() if len(common) == 1 and not league.by_services else None
    chart = funnel_chart(league, shown, target=target)
    return LeagueView(found, league, shown, chart, _title(league), targets)


def _title(league: League) -> str:
    """What the picture shows, in a sentence."""
    better, worse = league.count("better"), league.count("worse")
    if not better and not worse:
        if league.by_services:
            return str(_("All are within the range expected of their services and number of responses"))
        return str(_("All are within the range expected of their number of responses"))
    parts = []
    if worse:
        parts.append(ngettext("%(num)s is worse than expected", "%(num)s are worse than expected", worse))
    if better:
        parts.append(ngettext("%(num)s is better than expected", "%(num)s are better than expected", better))
    return str(_("Of %(count)s: %(parts)s", count=len(league.standings), parts="; ".join(parts)))


@blueprint.get("/<round_code>/muc-mong-doi.csv")
@role_required(*RESULT_READERS)
def expected_download(round_code: str) -> flask.Response:
    """Send the expected ranges and bands of all leagues as CSV, with all digits."""
    with database().read() as session:
        page = load(session, round_code)
        table = expected_table(page.results, set(page.agencies))
        table.insert(2, "name", [page.agency_name(agency) for agency in table["agency"]])
    name = _("SIPAS expected ranges %(name)s", name=page.round.code) + ".csv"
    body = io.BytesIO(csv_text(table, spreadsheet=True).encode())
    return flask.send_file(body, mimetype="text/csv", as_attachment=True, download_name=name, etag=False)
