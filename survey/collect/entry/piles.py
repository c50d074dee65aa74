"""Piles: which there are, a new one, its state, its end, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.collect.entry.common import ROLES, Change, View, blueprint, pile_row, refused
from survey.collect.operations.enter_form import CHANNELS, Pile, begin_pile, end_pile
from survey.collect.operations.undo_responses import undo_responses
from survey.collect.queries import entry
from survey.core.errors import InputError
from survey.models import Channel, Counter, Round
from survey.spreadsheets.read import parse_date
from survey.web.context import database, error_message, now, user

USUAL_SAMPLE = 10


@blueprint.get("")
@role_required(*ROLES)
def piles() -> str:
    """List the unit's piles, and ask for round and counter of a new one."""
    with database().read() as session:
        own = entry.own_agencies(session, user())
        return flask.render_template(
            "collect/entry/piles.html",
            piles=entry.piles(session, own),
            rounds=entry.entry_rounds(session),
            counters=entry.entry_counters(session, own),
        )


@blueprint.get("/moi")
@role_required(*ROLES)
def new() -> str:
    """Ask for service, agency, channel, day and sample of a new pile."""
    with database().read() as session:
        round_, counter = _round_and_counter(session, flask.request.args)
        return _new_page(round_, counter, {}, "")


@blueprint.post("/moi")
@role_required(*ROLES)
def begin() -> View:
    """Begin a pile."""
    posted = flask.request.form
    try:
        with database().write() as session:
            round_, counter = _round_and_counter(session, posted)
            made = begin_pile(session, _pile(round_, counter, posted), now=now(), user_id=user().id)
            number = made.batch_id
    except InputError as error:
        with database().read() as session:
            round_, counter = _round_and_counter(session, posted)
            return _new_page(round_, counter, posted, error_message(error)), 422
    return flask.redirect(flask.url_for("paper.key_in", number=number), 303)


@blueprint.get("/<int:number>")
@role_required(*ROLES)
def pile(number: int) -> str:
    """Show a pile: how many forms, how well the second passes agree, what is still to be done."""
    with database().read() as session:
        found = pile_row(session, number)
        return flask.render_template("collect/entry/pile.html", pile=found, waiting=entry.waiting(session, number))


@blueprint.post("/<int:number>/xong")
@role_required(*ROLES)
def end(number: int) -> View:
    """Note that a pile is done."""
    return _change(
        number,
        lambda session, found: end_pile(session, found.entry, now=now(), user_id=user().id),
        _("The pile is done. Keep the paper until the round is published."),
    )


@blueprint.post("/<int:number>/huy")
@role_required(*ROLES)
def undo(number: int) -> View:
    """Take a pile back."""
    return _change(
        number,
        lambda session, found: undo_responses(session, found.batch, now=now(), user_id=user().id),
        _("The pile was taken back; its forms are no longer counted."),
    )


def _change(number: int, change: Change, done: str) -> View:
    """Change a pile and say so on its page."""
    try:
        with database().write() as session:
            change(session, pile_row(session, number))
    except InputError as error:
        return refused(number, error)
    flask.flash(done)
    return flask.redirect(flask.url_for("paper.pile", number=number), 303)


def _round_and_counter(session: orm.Session, sent: Mapping[str, str]) -> tuple[Round, Counter]:
    """Return the round and the counter of one's own that were chosen; 404 for others."""
    code = sent.get("dot", "")
    round_ = next((one for one in entry.entry_rounds(session) if one.code == code), None)
    chosen = sent.get("quay", "")
    counter_id = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10 else 0
    counter = entry.entry_counter(session, entry.own_agencies(session, user()), counter_id)
    if round_ is None or counter is None:
        flask.abort(404)
    return round_, counter


def _pile(round_: Round, counter: Counter, posted: Mapping[str, str]) -> Pile:
    """Return the pile that was asked for; `InputError` for what does not belong to the counter."""
    agencies = {agency.code: agency.id for agency in counter.deciding_agencies or [counter.agency]}
    services = {service.code: service.id for service in counter.services}
    agency = posted.get("agency", "") or (next(iter(agencies)) if len(agencies) == 1 else "")
    service = posted.get("service", "") or (next(iter(services)) if len(services) == 1 else "")
    if agency not in agencies:
        raise InputError("Choose the agency that decides on the dossiers of this pile")
    if service and service not in services:
        raise InputError("Choose a field that this counter handles")
    if services and not service:
        raise InputError("Choose the field of the dossiers of this pile")
    day = parse_date(posted.get("day", "").strip())
    if day is None:
        raise InputError("Write the day of the forms as day/month/year, for example 25/11/2026")
    every = posted.get("every", "").strip() or "0"
    channel = posted.get("channel", "")
    return Pile(
        round_,
        counter,
        agencies[agency],
        services.get(service),
        Channel(channel) if channel in {one.value for one in CHANNELS} else Channel.QR,
        day,
        int(every) if every.isascii() and every.isdecimal() and len(every) < 6 else -1,
    )


def _new_page(round_: Round, counter: Counter, sent: Mapping[str, str], error: str) -> str:
    today = now().astimezone(ZoneInfo(round_.zone)).date()
    last: date = min(round_.closes_on, today)
    return flask.render_template(
        "collect/entry/new.html",
        round=round_,
        counter=counter,
        channels=CHANNELS,
        sent=sent,
        error=error,
        last_day=last,
        usual_sample=USUAL_SAMPLE,
    )
