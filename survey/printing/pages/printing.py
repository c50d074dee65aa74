"""Posters as PDF to keep and as picture to look at first: of one counter, or of all counters of an agency."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Agency, CounterCode
from survey.printing.pages.choices import PrintChoice, chosen
from survey.printing.pages.forms import PrintForm
from survey.printing.pages.scope import UNIT_ROLES, agency_of, blueprint, code_of, counter_of, pdf
from survey.printing.posters.document import render
from survey.printing.posters.texts import poster_text, stored_emblem
from survey.printing.posters.words import Style
from survey.printing.queries.poster_codes import codes_in_force, emblem_for, printable_rounds
from survey.structure.queries.scope import round_at
from survey.web.context import database, error_message, settings, today


@blueprint.get("/<int:counter_id>/ap-phich.pdf")
@role_required(*UNIT_ROLES)
def poster(counter_id: int) -> flask.Response:
    """The chosen print of a counter."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        code = code_of(session, counter)
        choice = _choice()
        data = _printed(session, counter.agency, [code] if code else [], choice)
        name = f"{counter.agency.code}-{counter.code}-{choice.kind}.pdf"
    return pdf(data, name)


@blueprint.get("/<int:counter_id>/xem-truoc.png")
@role_required(*UNIT_ROLES)
def preview(counter_id: int) -> flask.Response:
    """A picture of what `poster` returns."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        code = code_of(session, counter)
        data = _printed(session, counter.agency, [code] if code else [], _choice())
    return _pictured(data)


@blueprint.get("/co-quan/<agency>/ap-phich.pdf")
@role_required(*UNIT_ROLES)
def unit_posters(agency: str) -> flask.Response:
    """The chosen print of all counters of an agency, bookmarked."""
    with database().read() as session:
        found = agency_of(session, agency)
        choice = _choice()
        data = _printed(session, found, codes_in_force(session, found.code), choice)
    return pdf(data, f"{found.code}-{choice.kind}.pdf")


@blueprint.get("/co-quan/<agency>/xem-truoc.png")
@role_required(*UNIT_ROLES)
def unit_preview(agency: str) -> flask.Response:
    """A picture of the first page of what `unit_posters` returns."""
    with database().read() as session:
        found = agency_of(session, agency)
        data = _printed(session, found, codes_in_force(session, found.code)[:1], _choice())
    return _pictured(data)


def _choice() -> PrintChoice:
    """The choice in the address; 400 for any other."""
    form = PrintForm.asked(flask.request.args)
    form.validate()
    choice = chosen(form)
    if form.mistakes:
        flask.abort(400, description=form.mistakes[0].advice)
    return choice


def _printed(session: orm.Session, agency: Agency, rows: Sequence[CounterCode], choice: PrintChoice) -> bytes:
    """The PDF; 404 where there is no code, 409 while the address to print is not set."""
    if not rows:
        flask.abort(404)
    rounds = printable_rounds(session, today()) if choice.dates else []
    try:
        texts = [poster_text(settings(), row.counter, row.code, round_at(rounds, row.counter)) for row in rows]
    except InputError as error:
        flask.abort(409, description=error_message(error))
    style = Style(choice.variant, choice.bilingual, stored_emblem(emblem_for(session, agency)))
    return render(choice.kind, texts, style, choice.shift)


def _pictured(data: bytes) -> flask.Response:
    """The first page as PNG."""
    from survey.printing.posters.preview import picture

    return flask.Response(picture(data), mimetype="image/png")
