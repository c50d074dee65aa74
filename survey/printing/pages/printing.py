"""Posters as PDF to keep and as picture to look at first: of one counter, or of all counters of an agency."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import CounterCode
from survey.printing.pages.choices import PrintChoice, chosen
from survey.printing.pages.forms import ManyPrintForm, PrintForm
from survey.printing.pages.scope import UNIT_ROLES, agency_of, blueprint, code_of, counter_of, pdf, wanted_counters
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
        data = _printed(session, [code] if code else [], choice)
        name = f"{counter.agency.code}-{counter.code}-{choice.kind}.pdf"
    return pdf(data, name)


@blueprint.get("/<int:counter_id>/xem-truoc.png")
@role_required(*UNIT_ROLES)
def preview(counter_id: int) -> flask.Response:
    """A picture of what `poster` returns."""
    with database().read() as session:
        counter = counter_of(session, counter_id)
        code = code_of(session, counter)
        data = _printed(session, [code] if code else [], _choice())
    return _pictured(data)


@blueprint.get("/co-quan/<agency>/ap-phich.pdf")
@role_required(*UNIT_ROLES)
def unit_posters(agency: str) -> flask.Response:
    """The chosen print of all counters of an agency, bookmarked."""
    with database().read() as session:
        found = agency_of(session, agency)
        choice = _choice()
        data = _printed(session, codes_in_force(session, found.code), choice)
    return pdf(data, f"{found.code}-{choice.kind}.pdf")


@blueprint.get("/co-quan/<agency>/xem-truoc.png")
@role_required(*UNIT_ROLES)
def unit_preview(agency: str) -> flask.Response:
    """A picture of the first page of what `unit_posters` returns."""
    with database().read() as session:
        found = agency_of(session, agency)
        data = _printed(session, codes_in_force(session, found.code)[:1], _choice())
    return _pictured(data)


@blueprint.get("/ap-phich.pdf")
@role_required(*UNIT_ROLES)
def all_posters() -> flask.Response:
    """The chosen print of every counter of the list, of the whole province without a filter, agency by agency."""
    with database().read() as session:
        choice = _choice(ManyPrintForm)
        wanted = {counter.id for counter in wanted_counters(session)}
        data = _printed(session, [row for row in codes_in_force(session) if row.counter_id in wanted], choice)
    return pdf(data, f"{choice.kind}.pdf")


def _choice(form_class: type[PrintForm] = PrintForm) -> PrintChoice:
    """The choice in the address; 400 for any other."""
    form = form_class.asked(flask.request.args)
    form.validate()
    choice = chosen(form)
    if form.mistakes:
        flask.abort(400, description=form.mistakes[0].advice)
    return choice


def _printed(session: orm.Session, rows: Sequence[CounterCode], choice: PrintChoice) -> bytes:
    """The PDF, each poster with its agency's emblem; 404 without codes, 409 while the address to print is not set."""
    if not rows:
        flask.abort(404)
    rounds = printable_rounds(session, today()) if choice.dates else []
    try:
        texts = [poster_text(settings(), row.counter, row.code, round_at(rounds, row.counter)) for row in rows]
    except InputError as error:
        flask.abort(409, description=error_message(error))
    agencies = {row.counter.agency_id: row.counter.agency for row in rows}
    styles = {
        number: Style(choice.variant, choice.bilingual, stored_emblem(emblem_for(session, agency)))
        for number, agency in agencies.items()
    }
    return render(choice.kind, texts, [styles[row.counter.agency_id] for row in rows], choice.shift)


def _pictured(data: bytes) -> flask.Response:
    """The first page as PNG."""
    from survey.printing.posters.preview import picture

    return flask.Response(picture(data), mimetype="image/png")
