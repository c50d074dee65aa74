"""Addresses of published results: editions as they were frozen. Nothing here knows who reads; nothing sets a cookie."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any, cast
from urllib.parse import quote

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.models import Publication
from survey.publication.editions import decided_in, exclusions_of, replaced_rules
from survey.publication.page_data import frozen_page, hidden_agencies_of, public_table
from survey.publication.public.card import CARD_HEIGHT, CARD_WIDTH, wrapped
from survey.publication.public.dataset import dataset
from survey.publication.queries.editions import edition_before, published, published_rounds
from survey.results.as_csv import csv_text
from survey.results.as_json import json_text
from survey.results.charts import interval_chart
from survey.results.comparisons import agency_ranks
from survey.results.figures import ALL_SERVICES, OVERALL, PROVINCE, chart_row
from survey.results.page_data import RoundPage
from survey.results.statements import INTERVAL, RANKS
from survey.web import i18n
from survey.web.context import database, settings

blueprint = flask.Blueprint("published", __name__, url_prefix="/ket-qua")


@blueprint.get("")
def rounds() -> str:
    """List the published rounds."""
    with database().read() as session:
        return flask.render_template("publication/public/rounds.html", rounds=published_rounds(session))


@blueprint.get("/<round_code>", endpoint="results", defaults={"number": None})
@blueprint.get("/<round_code>/an-ban/<int:number>", endpoint="edition")
def results(round_code: str, number: int | None) -> flask.Response:
    """Show a published round to everyone: its latest edition, or the one asked for."""
    with database().read() as session:
        publication, page = _load(session, round_code, number)
        latest, _latest_page = _load(session, round_code)
        hidden = hidden_agencies_of(page)
        ranks = agency_ranks(page.results)
        order = [str(agency) for agency in ranks["agency"] if str(agency) not in hidden]
        columns = [OVERALL, *(("element", element.code) for element in page.definition.elements)]
        elements = [
            chart_row(page.label(*column), page.figures.find(PROVINCE, ALL_SERVICES, *column)) for column in columns
        ]
        league_of = dict(zip(ranks["agency"], ranks["league"], strict=True))
        charts = [
            (
                league,
                interval_chart(
                    [chart_row(page.agency_name(a), page.figures.overall(a), page.figures.overall()) for a in part]
                ),
            )
            for league, part in groupby(order, lambda agency: league_of[agency])
        ]
        body = flask.render_template(
            "publication/public/results.html",
            page=page,
            publication=publication,
            latest=latest,
            columns=columns,
            agencies=order,
            hidden=sorted(hidden, key=page.agency_name),
            ranks={str(row["agency"]): row for row in ranks.to_dict("records")},
            element_chart=interval_chart(elements),
            agency_charts=charts,
            leagues=page.results.leagues,
            interval_sentence=INTERVAL,
            ranks_sentence=RANKS,
            confidence=100 * page.results.rules.confidence,
            base=settings().public_base_url,
            batches=decided_in(publication),
            exclusions=exclusions_of(publication),
            new_rules=replaced_rules(publication, edition_before(session, publication)),
            dataset=json.dumps(_dataset(publication, page), ensure_ascii=False).replace("<", "\\u003c"),
        )
    return _public(flask.make_response(body))


@blueprint.get("/<round_code>/ket-qua.csv", defaults={"number": None})
@blueprint.get("/<round_code>/an-ban/<int:number>/ket-qua.csv")
def as_csv(round_code: str, number: int | None) -> flask.Response:
    """Send the figures of the page as CSV."""
    with database().read() as session:
        publication, page = _load(session, round_code, number)
        table = public_table(page)
        name = _("SIPAS results %(name)s", name=f"{round_code}-{publication.edition}") + ".csv"
    response = flask.Response(csv_text(table, spreadsheet=True), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"sipas-{round_code}.csv")
    response.headers["Content-Disposition"] += f"; filename*=UTF-8''{quote(name)}"
    return _public(response)


@blueprint.get("/<round_code>/ket-qua.json", defaults={"number": None})
@blueprint.get("/<round_code>/an-ban/<int:number>/ket-qua.json")
def as_json(round_code: str, number: int | None) -> flask.Response:
    """Send the figures of the page as JSON."""
    with database().read() as session:
        table = public_table(_load(session, round_code, number)[1])
    return _public(flask.Response(json_text(table), mimetype="application/json"))


@blueprint.get("/<round_code>/dataset.jsonld")
def as_dataset(round_code: str) -> flask.Response:
    """Describe the published data to search engines and open-data portals (schema.org Dataset)."""
    with database().read() as session:
        text = json.dumps(_dataset(*_load(session, round_code)), ensure_ascii=False, indent=1)
    return _public(flask.Response(text, mimetype="application/ld+json"))


@blueprint.get("/<round_code>/the.svg", defaults={"agency": PROVINCE})
@blueprint.get("/<round_code>/the/<agency>.svg")
def card(round_code: str, agency: str) -> flask.Response:
    """Draw the card of an agency (or the province) that other sites may show as a picture."""
    with database().read() as session:
        publication, page = _load(session, round_code)
        figure = page.figures.overall(agency)
        if figure is None or agency in hidden_agencies_of(page):
            flask.abort(404)
        body = flask.render_template(
            "publication/public/card.svg",
            page=page,
            publication=publication,
            figure=figure,
            title=wrapped(page.agency_name(agency)),
            width=CARD_WIDTH,
            height=CARD_HEIGHT,
        )
    response = flask.Response(body, mimetype="image/svg+xml")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _public(response)


def _load(session: orm.Session, round_code: str, number: int | None = None) -> tuple[Publication, RoundPage]:
    """An edition of a round and its page; 404 for what was never published, as if it did not exist."""
    publication = published(session, round_code, number)
    if publication is None:
        flask.abort(404)
    return publication, frozen_page(session, publication, i18n.current_language().code)


def _dataset(publication: Publication, page: RoundPage) -> dict[str, Any]:
    """The schema.org description with absolute addresses where the public address is known."""
    base = settings().public_base_url
    links = {
        kind: base + flask.url_for(endpoint, round_code=page.round.code)
        for kind, endpoint in (("page", "results"), ("csv", "as_csv"), ("json", "as_json"))
        for endpoint in (f"published.{endpoint}",)
    }
    return dataset(publication, page, links)


def _public(response: flask.Response) -> flask.Response:
    """Let caches keep a published page for a few minutes: a link that is shared widely costs little."""
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return cast(flask.Response, response.make_conditional(flask.request))
