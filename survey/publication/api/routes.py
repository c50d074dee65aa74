"""`/api/v1`: rounds, agencies, results, distributions, ranks. openapi.yaml beside this file describes it.

All of it is read; codes for receipts (`survey.publication.api.receipts`) have a scope of their own. A client of scope
`published` reads what everyone can read on the published pages; one of scope `results` reads what evaluators read. Both
see figures by the one path and under the one disclosure rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import flask
import pandas as pd
import yaml
from limits import parse
from sqlalchemy import orm
from werkzeug.exceptions import HTTPException

from scoring.scheme import LEVELS
from survey.accounts.operations.rate_counts import count_calls
from survey.accounts.queries.rate_counts import counted
from survey.core.errors import InputError
from survey.models import ApiClient, Round
from survey.publication.api.actions import action_rows
from survey.publication.api.diagnosis import diagnosis_rows, rates_sent
from survey.publication.api.figures import (
    distribution_rows,
    expected_rows,
    frame_rows,
    headline_rows,
    rank_rows,
    result_rows,
    target_rows,
)
from survey.publication.operations.name_decision import facts_of
from survey.publication.page_data import frozen_page, public_frames, public_headline, public_rows
from survey.publication.queries import api_clients
from survey.publication.queries.editions import published, published_rounds
from survey.results.comparisons import agency_ranks
from survey.results.compute import RoundResults, round_results
from survey.results.expected_table import expected_table
from survey.results.frames import Frames, frames_for
from survey.results.headline import headline_for
from survey.results.headline_index import HeadlineIndex
from survey.results.target_table import target_table
from survey.structure.queries import names
from survey.structure.queries import rounds as round_queries
from survey.web.context import database, now
from survey.web.security import next_of, within

View = TypeVar("View", bound=Callable[..., Any])

blueprint = flask.Blueprint("api", __name__, url_prefix="/api/v1")
RATE = parse("120 per minute")
PROBLEM = "application/problem+json"
READERS = ("published", "results")
"""Scopes that read."""


def token_required(*scopes: str) -> Callable[[View], View]:
    """Let a view be called with `Authorization: Bearer TOKEN` only, of a client that has one of the scopes.

    The client is in `g.api_client`.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            client = _client()
            if not set(scopes) & set(client.scopes):
                refuse(403, f"This token has not the scope {' or '.join(scopes)}.")
            flask.g.api_client = client
            return view(*args, **kwargs)

        guarded.token_required = True  # type: ignore[attr-defined]
        return cast(View, guarded)

    return guard


def _client() -> ApiClient:
    """Whose token was sent; 401 for none, 429 beyond the limit."""
    scheme, _space, token = flask.request.headers.get("Authorization", "").partition(" ")
    with database().read() as session:
        client = api_clients.by_token(session, token.strip()) if scheme.lower() == "bearer" else None
        session.expunge_all()
    if client is None:
        # by address: each wrong token is another one, and would have a limit of its own
        if not within(RATE, "api"):
            refuse(429, f"At most {RATE}.")
        refuse(401, "A valid token is needed: Authorization: Bearer TOKEN.")
    if not _may_call(client):
        refuse(429, f"At most {RATE}.")
    return client


def _may_call(client: ApiClient) -> bool:
    """Count a call of a client; say whether it is within the limit of all servers together.

    The count in the database goes up by a lease of several calls, which the server then hands out from its memory:
    a write for each call would wait for the disk each time.
    """
    key, instant, window = f"api:{client.id}", now(), timedelta(seconds=RATE.get_expiry())
    lease = max(1, RATE.amount // 6)
    if next_of(key, RATE.get_expiry()) % lease == 1 % lease:
        total = database().write_together(lambda session: count_calls(session, key, instant, window, lease))
    else:
        with database().read_autocommit() as session:
            total = counted(session, key, instant, window)[0]
    return total <= RATE.amount


@blueprint.get("/openapi.json")
def openapi() -> flask.Response:
    """Send the description of the API (OpenAPI 3.1)."""
    text = Path(__file__).with_name("openapi.yaml").read_text("utf-8")
    return json_reply(yaml.safe_load(text), public=True)


@blueprint.get("/rounds")
@token_required(*READERS)
def rounds() -> flask.Response:
    """List the rounds the client may read, the newest first."""
    with database().read() as session:
        found = list(round_queries.all_rounds(session)) if _sees_all() else published_rounds(session)
        return json_reply({"rounds": [_summary(session, round_) for round_ in found]})


@blueprint.get("/rounds/<round_code>")
@token_required(*READERS)
def round_detail(round_code: str) -> flask.Response:
    """Tell what a round is: dates, questionnaire, rules, responses, edition."""
    with database().read() as session:
        results, headline = _results(session, round_code)[0], _headline(session, round_code)
        round_ = round_queries.by_code(session, round_code)
        detail = _summary(session, round_) | {
            "rules": results.rules.to_mapping(),
            "responses": results.responses,
            "transactions": results.transactions,
            "excluded": results.excluded,
            "channels": results.channels,
        }
        if headline is not None:  # its headline: other rounds say nothing of it
            detail[results.rules.headline] = headline_rows(headline)
        frames = _frames(session, round_code)
        if frames is not None:
            detail["frames"] = frame_rows(frames)
        return json_reply(detail)


@blueprint.get("/agencies")
@token_required(*READERS)
def agencies() -> flask.Response:
    """List the agencies, past ones too."""
    with database().read() as session:
        found = names.agencies(session)
        code_of = {agency.id: agency.code for agency in found.values()}
        rows = [
            {
                "code": agency.code,
                "name": agency.name,
                "name_en": agency.name_en,
                "kind": agency.kind.value,
                "level": agency.level.value,
                "parent": code_of.get(agency.parent_id or 0),
                "valid_from": agency.valid_from.isoformat(),
                "valid_to": agency.valid_to.isoformat() if agency.valid_to else None,
                "successor": code_of.get(agency.successor_id or 0),
            }
            for agency in found.values()
        ]
        return json_reply({"agencies": rows})


@blueprint.get("/rounds/<round_code>/results")
@token_required(*READERS)
def results(round_code: str) -> flask.Response:
    """Send indices with their intervals; `agency`, `service`, `level`, `key` in the query narrow them down."""
    with database().read() as session:
        found, table = _results(session, round_code)
        return json_reply({"round": found.round.code, "results": result_rows(_narrowed(table), found.rules.statistic)})


@blueprint.get("/rounds/<round_code>/distributions")
@token_required(*READERS)
def distributions(round_code: str) -> flask.Response:
    """Send the counts of the five answers; narrowed as `results`."""
    with database().read() as session:
        found, table = _results(session, round_code)
        return json_reply({"round": found.round.code, "distributions": distribution_rows(_narrowed(table))})


@blueprint.get("/rounds/<round_code>/ranks")
@token_required(*READERS)
def ranks(round_code: str) -> flask.Response:
    """Send the agencies' rank ranges."""
    with database().read() as session:
        found, table = _results(session, round_code)
        shown = set(table["agency"])
        return json_reply({"round": found.round.code, "ranks": rank_rows(agency_ranks(found), shown)})


@blueprint.get("/rounds/<round_code>/expected")
@token_required("results")
def expected(round_code: str) -> flask.Response:
    """Send which agencies are better or worse than expected in their league; none where leagues are too small."""
    with database().read() as session:
        found, table = _results(session, round_code)
        rows = expected_rows(expected_table(found, set(table["agency"])))
        return json_reply({"round": found.round.code, "expected": rows})


@blueprint.get("/rounds/<round_code>/targets")
@token_required(*READERS)
def targets(round_code: str) -> flask.Response:
    """Send the targets of a round, each with its figure and what the data say of it."""
    with database().read() as session:
        found, table = _results(session, round_code)
        return json_reply({"round": found.round.code, "targets": target_rows(target_table(found, table))})


@blueprint.get("/rounds/<round_code>/diagnosis")
@token_required("results")
def diagnosis(round_code: str) -> flask.Response:
    """Send what is said of the worst and best items of the province, or of the agencies named by `agency`."""
    with database().read() as session:
        found, table = _results(session, round_code)
        return json_reply({"round": found.round.code, "diagnosis": diagnosis_rows(session, found, _agencies(table))})


@blueprint.get("/rounds/<round_code>/rates")
@token_required("results")
def rates(round_code: str) -> flask.Response:
    """Send how many in a hundred were late, on time, early, apologised to, filed how; narrowed by `agency`."""
    with database().read() as session:
        found, table = _results(session, round_code)
        wanted = _agencies(table) if flask.request.args else None
        return json_reply({"round": found.round.code, "rates": rates_sent(session, found, wanted)})


@blueprint.get("/actions")
@token_required(*READERS)
def actions() -> flask.Response:
    """Send the actions to improve: all with their effects, or the accepted ones of published rounds."""
    with database().read() as session:
        return json_reply({"actions": action_rows(session, everything=_sees_all())})


@blueprint.errorhandler(HTTPException)
def problem(error: HTTPException) -> flask.Response:
    """An error as programs read it (RFC 9457), without a page."""
    if error.response is not None:
        return cast(flask.Response, error.response)
    body = {"type": "about:blank", "status": error.code, "title": error.name, "detail": error.description}
    response = flask.Response(json.dumps(body, ensure_ascii=False), status=error.code, mimetype=PROBLEM)
    if error.code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="SIPAS"'
    if error.code == 429:
        response.headers["Retry-After"] = "60"
    return response


def _results(session: orm.Session, round_code: str) -> tuple[RoundResults, pd.DataFrame]:
    """A round's results and the rows of them the client may read; 404 for what it may not know of."""
    try:
        round_queries.by_code(session, round_code)
    except InputError:
        refuse(404, "There is no such round, or this token may not read it.")
    publication = published(session, round_code)
    if _sees_all():
        found = round_results(session, round_code)
        return found, found.table
    if publication is None:
        refuse(404, "There is no such round, or this token may not read it.")
    page = frozen_page(session, publication, "vi")
    return page.results, public_rows(page)


def _headline(session: orm.Session, round_code: str) -> dict[str, HeadlineIndex] | None:
    """The hardened or calibrated indices the client may read; None where the plain index is the headline."""
    publication = published(session, round_code)
    if _sees_all() or publication is None:
        return headline_for(session, round_results(session, round_code), limited=not _sees_all())
    return public_headline(frozen_page(session, publication, "vi"))


def _frames(session: orm.Session, round_code: str) -> Frames | None:
    """People chosen by chance beside those who chose to answer, as far as the client may read it; None without any."""
    publication = published(session, round_code)
    if _sees_all() or publication is None:
        return frames_for(session, round_results(session, round_code), limited=not _sees_all())
    return public_frames(publication, frozen_page(session, publication, "vi"))


def _agencies(table: pd.DataFrame) -> list[str]:
    """The agencies that the query names by `agency`, the province ("") without any; 404 for one without figures."""
    unknown = sorted(set(flask.request.args) - {"agency"})
    if unknown:
        refuse(400, f"Unknown parameter {unknown[0]}; known are agency.")
    named = flask.request.args.getlist("agency") or [""]
    if set(named) - set(table["agency"]):
        refuse(404, "An agency that is named has no figures in this round.")
    return list(dict.fromkeys(named))


def _narrowed(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that the query asks for; an unknown parameter is refused, so that none is ignored silently."""
    known = ("agency", "service", "level", "key")
    unknown = sorted(set(flask.request.args) - set(known))
    if unknown:
        refuse(400, f"Unknown parameter {unknown[0]}; known are {', '.join(known)}.")
    for name in known:
        values = flask.request.args.getlist(name)
        wrong = sorted(set(values) - set(LEVELS)) if name == "level" else []
        if wrong:
            refuse(400, f"Unknown level {wrong[0]}; known are {', '.join(LEVELS)}.")
        if values:
            table = table[table[name].isin(values)]
    return table


def _summary(session: orm.Session, round_: Round) -> dict[str, Any]:
    publication = published(session, round_.code)
    return {
        "code": round_.code,
        "name": round_.name,
        "name_en": round_.name_en,
        "opens_on": round_.opens_on.isoformat(),
        "closes_on": round_.last_day.isoformat(),
        "zone": round_.zone,
        "state": round_.state.value,
        "questionnaire": {"code": round_.version.questionnaire.code, "version": round_.version.number},
        "edition": publication.edition if publication else None,
        "results_hash": publication.results_hash if publication else None,
        "decision": facts_of(publication) if publication and publication.decision_number else None,
    }


def _sees_all() -> bool:
    client: ApiClient = flask.g.api_client
    return "results" in client.scopes


def json_reply(body: Any, *, public: bool = False) -> flask.Response:
    """JSON with an ETag; the same body asked for again costs a 304."""
    response = flask.Response(json.dumps(body, ensure_ascii=False, allow_nan=False), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300" if public else "private, no-cache"
    if not public:
        response.vary.add("Authorization")
    response.add_etag()
    return cast(flask.Response, response.make_conditional(flask.request))


def refuse(status: int, why: str) -> NoReturn:
    """Answer with an error and its reason."""
    flask.abort(status, description=why)
