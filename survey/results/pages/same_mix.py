"""Bands at the same mix of channels, or of other groups, beside the plain ones: for evaluators."""

from __future__ import annotations

import flask

from survey.accounts.auth import role_required
from survey.results.breakdowns import CHANNEL, Dimension
from survey.results.page_data import RoundPage
from survey.results.pages.groups import dimension_title
from survey.results.pages.pages import REVIEWERS, blueprint, load
from survey.results.same_mix import chosen_by_rule, mix_dimensions, mix_standings
from survey.web.context import database
from survey.web.listing import address, asked, list_page

BY_RULE = "quy-tac"
"""Asks for the dimensions that the round's rules name."""


@blueprint.get("/<round_code>/cung-co-cau")
@role_required(*REVIEWERS)
def same_mix(round_code: str) -> str:
    """Show each agency's index and band at its league's mix (`?theo=`, else of what the rules name) by the plain ones.

    Without rules that name any it is the mix of channels. One league at a time: that of `?loai=`, else the largest.
    """
    with database().read() as session:
        page = load(session, round_code)
        offered, named = mix_dimensions(page.results), chosen_by_rule(page.results)
        code = flask.request.args.get("theo", BY_RULE if named else CHANNEL)
        chosen = named if code == BY_RULE else [one for one in offered if one.code == code]
        if not chosen:
            flask.abort(404)
        options = [(one.code, dimension_title(page, one)) for one in offered]
        if named:
            options.insert(0, (BY_RULE, titles(page, named)))
        found = {league.code: rows for league, rows in mix_standings(session, page.results, chosen)}
        largest = max(found, key=lambda one: len(found[one]), default="")
        league = asked("loai", found) or largest
        return flask.render_template(
            "results/same_mix.html",
            page=page,
            league=league,
            listed=list_page(found.get(league, [])),
            leagues=[(one, len(rows), address(loai=one)) for one, rows in found.items()],
            code=code,
            options=options,
        )


def titles(page: RoundPage, chosen: list[Dimension]) -> str:
    """The titles of several dimensions in one line."""
    return " + ".join(dimension_title(page, one) for one in chosen)
