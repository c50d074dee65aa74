"""Codes for receipts, issued to the one-stop software: the one thing that a program can change."""

from __future__ import annotations

from typing import Any

import flask

from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import ApiClient
from survey.printing.operations.issue_receipt_codes import issue_receipt_codes
from survey.printing.posters.qr import code_address
from survey.printing.queries.units import counter_by_codes
from survey.publication.api.routes import blueprint, json_reply, refuse, token_required
from survey.web.context import database, now, settings

MOST = 1000
"""Codes of one call."""


@blueprint.post("/receipt-codes")
@token_required("receipts")
def receipt_codes() -> flask.Response:
    """Issue codes to a counter for this week; the body names `agency`, `counter` and `count`."""
    agency, counter, count = _asked()
    with database().write() as session:
        try:
            found = counter_by_codes(session, agency, counter)
        except InputError as error:
            refuse(404, str(error))
        client: ApiClient = flask.g.api_client
        try:
            batch, codes = issue_receipt_codes(
                session, found, count, zone=settings().timezone, actor=Actor(now()), client=client
            )
            sent = [{"code": code, "address": code_address(settings(), code)} for code in codes]
        except InputError as error:
            refuse(409, str(error))
        body = {"batch": batch.id, "week": batch.week_on.isoformat(), "codes": sent}
    reply = json_reply(body)
    reply.status_code, reply.headers["Cache-Control"] = 201, "no-store"
    return reply


def _asked() -> tuple[str, str, int]:
    """What a body asks for; 400 for one that is none."""
    body: Any = flask.request.get_json(silent=True)
    if not isinstance(body, dict) or set(body) != {"agency", "counter", "count"}:
        refuse(400, "Send JSON with agency, counter (their codes) and count.")
    agency, counter, count = body["agency"], body["counter"], body["count"]
    named = isinstance(agency, str) and isinstance(counter, str) and "\x00" not in agency + counter
    if not named or isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
        refuse(400, f"agency and counter are texts, count is a whole number from 1 to {MOST}.")
    return agency, counter, count
