"""Addresses of published results: editions as they were frozen. Nothing here knows who reads; nothing sets a cookie."""

from __future__ import annotations

import json
from typing import Any

import flask
from sqlalchemy import orm
from werkzeug.wrappers import Response as Reply

from survey.core.text import clean
from survey.publication.editions import decided_in, exclusions_of, replaced_rules
from survey.publication.looked_at import places_of
from survey.publication.page_data import public_frames, public_headline
from survey.publication.public.common import blueprint, described, load, shown_edition
from survey.publication.public.kept import find_edition, send
from survey.publication.public.told import EditionTold
from survey.publication.queries.editions import EditionSeen, by_key, published_rounds
from survey.results.charts import interval_chart
from survey.results.comparisons import agency_ranks
from survey.results.figures import ALL_SERVICES, OVERALL, PROVINCE, chart_row
from survey.results.page_data import RoundPage
from survey.results.place_sentences import smallest_movement
from survey.results.statements import INTERVAL, RANKS
from survey.results.unanswered import HOLDS, unanswered
from survey.web import i18n
from survey.web.context import database, settings

HTML = "text/html"
LONGEST_SEARCH = 100


@blueprint.get("")
def rounds() -> str:
    """List the published rounds."""
    with database().read() as session:
        return flask.render_template("publication/public/rounds.html", rounds=published_rounds(session))


@blueprint.get("/<round_code>", endpoint="results", defaults={"number": None})
@blueprint.get("/<round_code>/an-ban/<int:number>", endpoint="edition")
def results(round_code: str, number: int | None) -> flask.Response:
    """Show a published round to everyone: its latest edition, or the one asked for. Cards first, tables behind."""
    i18n.shown_at(flask.request.path)
    with database().read() as session:
        seen = find_edition(session, round_code, number)

        def draw() -> str:
            return _draw_results(session, seen)

        return send(session, seen, ("results", number is None), draw, HTML)


@blueprint.get("/<round_code>/<agency>", endpoint="agency", defaults={"number": None})
@blueprint.get("/<round_code>/an-ban/<int:number>/<agency>", endpoint="edition_agency")
def agency_page(round_code: str, agency: str, number: int | None) -> flask.Response:
    """Show what people say of one agency, and what it does about it."""
    i18n.shown_at(flask.request.path)
    with database().read() as session:
        seen = find_edition(session, round_code, number)
        edition = shown_edition(session, seen)
        one = edition.find(agency)
        if one is None:
            flask.abort(404)

        def draw() -> str:
            publication, page = load(session, seen)
            return flask.render_template(
                "publication/public/agency.html",
                page=page,
                one=one,
                edition=edition,
                seen=seen,
                number=number,
                base=settings().public_base_url,
                headline=public_headline(page),
                frames=public_frames(publication, page),
            )

        return send(session, seen, ("agency", agency, number is None), draw, HTML)


@blueprint.get("/<round_code>/tim")
def find_agency(round_code: str) -> str | Reply:
    """Find an agency by a part of its name, typed with marks or without; lead on where only one has it."""
    typed = clean(flask.request.args.get("ten", ""))[:LONGEST_SEARCH]
    with database().read() as session:
        edition = shown_edition(session, find_edition(session, round_code))
    found, hidden = edition.search(typed)
    if len(found) == 1 and not hidden:
        return flask.redirect(flask.url_for("published.agency", round_code=round_code, agency=found[0].code), 303)
    return flask.render_template(
        "publication/public/search.html",
        typed=typed,
        found=found,
        hidden=hidden,
        edition=edition,
        carried=i18n.language_key()[1],
    )


def _draw_results(session: orm.Session, seen: EditionSeen) -> str:
    publication, page = load(session, seen)
    before = None if seen.before is None else by_key(session, seen.before)
    edition = shown_edition(session, seen)
    return flask.render_template(
        "publication/public/results.html",
        page=page,
        publication=publication,
        edition=edition,
        carried=i18n.language_key()[1],
        seen=seen,
        **_tables(page, edition),
        frames=public_frames(publication, page),
        base=settings().public_base_url,
        licence=settings().data_licence,
        batches=decided_in(publication),
        exclusions=exclusions_of(publication),
        places=places_of(publication),
        smallest=smallest_movement,
        new_rules=replaced_rules(publication, before),
        dataset=json.dumps(described(publication, page), ensure_ascii=False).replace("<", "\\u003c"),
    )


def _tables(page: RoundPage, edition: EditionTold) -> dict[str, Any]:
    """What the charts and the table behind the cards are drawn from."""
    ranks = {str(row["agency"]): row for row in agency_ranks(page.results).to_dict("records")}
    columns = [OVERALL, *(("element", element.code) for element in page.definition.elements)]
    elements = [chart_row(page.label(*of), page.figures.find(PROVINCE, ALL_SERVICES, *of)) for of in columns]
    whole = page.figures.overall()
    charts = [
        (league, interval_chart([chart_row(one.name, one.figure, whole) for one in part]))
        for league, part in edition.leagues
    ]
    return {
        "agencies": [one.code for one in edition.agencies],
        "agency_charts": charts,
        "columns": columns,
        "ranks": ranks,
        "element_chart": interval_chart(elements),
        "leagues": page.results.leagues,
        "interval_sentence": INTERVAL,
        "unanswered": unanswered(whole),
        "unanswered_sentence": HOLDS,
        "headline": public_headline(page),
        "ranks_sentence": RANKS,
        "confidence": 100 * page.results.rules.confidence,
    }
