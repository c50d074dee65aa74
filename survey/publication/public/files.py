"""Published figures as files: CSV, JSON, the description of the data, and the card that other sites may show."""

from __future__ import annotations

import json
from urllib.parse import quote

import flask
from flask_babel import gettext as _

from survey.publication.page_data import public_table
from survey.publication.public.card import CARD_HEIGHT, CARD_WIDTH, wrapped
from survey.publication.public.common import blueprint, described, load, shown_edition
from survey.publication.public.kept import find_edition, send
from survey.results.as_csv import csv_text
from survey.results.as_json import json_text
from survey.results.figures import PROVINCE
from survey.web.context import database, settings


@blueprint.get("/<round_code>/ket-qua.csv", defaults={"number": None})
@blueprint.get("/<round_code>/an-ban/<int:number>/ket-qua.csv")
def as_csv(round_code: str, number: int | None) -> flask.Response:
    """Send the figures of the page as CSV."""
    with database().read() as session:
        seen = find_edition(session, round_code, number)

        def draw() -> str:
            return csv_text(public_table(*load(session, seen)), spreadsheet=True)

        response = send(session, seen, "csv", draw, "text/csv")
    name = _("SIPAS results %(name)s", name=f"{round_code}-{seen.edition}") + ".csv"
    response.headers.set("Content-Disposition", "attachment", filename=f"sipas-{round_code}.csv")
    response.headers["Content-Disposition"] += f"; filename*=UTF-8''{quote(name)}"
    return _licensed(response)


@blueprint.get("/<round_code>/ket-qua.json", defaults={"number": None})
@blueprint.get("/<round_code>/an-ban/<int:number>/ket-qua.json")
def as_json(round_code: str, number: int | None) -> flask.Response:
    """Send the figures of the page as JSON."""
    with database().read() as session:
        seen = find_edition(session, round_code, number)

        def draw() -> str:
            return json_text(public_table(*load(session, seen)))

        return _licensed(send(session, seen, "json", draw, "application/json"))


@blueprint.get("/<round_code>/dataset.jsonld")
def as_dataset(round_code: str) -> flask.Response:
    """Describe the published data to search engines and open-data portals (schema.org Dataset)."""
    with database().read() as session:
        seen = find_edition(session, round_code)

        def draw() -> str:
            return json.dumps(described(*load(session, seen)), ensure_ascii=False, indent=1)

        return send(session, seen, "dataset", draw, "application/ld+json")


@blueprint.get("/<round_code>/the.svg", defaults={"agency": PROVINCE})
@blueprint.get("/<round_code>/the/<agency>.svg")
def card(round_code: str, agency: str) -> flask.Response:
    """Draw the card of an agency (or the province) that other sites may show as a picture."""
    with database().read() as session:
        seen = find_edition(session, round_code)
        edition = shown_edition(session, seen)
        one = edition.find(agency) if agency else edition.province
        if one is None:
            flask.abort(404)

        def draw() -> str:
            return flask.render_template(
                "publication/public/card.svg",
                round=edition.round,
                figure=one.figure,
                title=wrapped(one.name),
                width=CARD_WIDTH,
                height=CARD_HEIGHT,
            )

        response = send(session, seen, ("card", agency), draw, "image/svg+xml")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _licensed(response: flask.Response) -> flask.Response:
    """Name the licence beside the file (RFC 8288, relation `license`): a table has no place for it."""
    response.headers["Link"] = f'<{settings().data_licence}>; rel="license"'
    return response
