"""Piles: which there are, a new one, its state, its end, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.collect.entry.common import ROLES, Change, View, blueprint, pile_row, refused
from survey.collect.entry.forms import FindForm, PileForm, PlaceForm
from survey.collect.entry.spot import open_samples
from survey.collect.operations.enter_form import Pile, begin_pile, end_pile
from survey.collect.operations.undo_responses import withdraw_batch
from survey.collect.queries import entry
from survey.core.errors import InputError
from survey.models import Channel, Counter, Round
from survey.structure.operations.withdraw import Why
from survey.structure.queries.rounds import local_day
from survey.structure.queries.withdrawals import withdrawals_of_batch
from survey.web import i18n
from survey.web.context import actor, database, now, user
from survey.web.formatters import named_with_days
from survey.web.i18n import local_name
from survey.web.reasons import ReasonForm


@blueprint.get("")
@role_required(*ROLES)
def piles() -> str:
    """List the unit's piles, and ask for round and counter of a new one."""
    with database().read() as session:
        own = entry.own_agencies(session, user())
        return flask.render_template(
            "collect/entry/piles.html",
            piles=entry.piles(session, own),
            samples=sum(len(row.left) for row in open_samples(session)),
            form=_place_form(entry.entry_rounds(session), entry.entry_counters(session, own)),
        )


@blueprint.get("/moi")
@role_required(*ROLES)
def new() -> str:
    """Ask for service, agency, channel, day and sample of a new pile."""
    with database().read() as session:
        round_, counter = _round_and_counter(session, flask.request.args)
        form = PileForm(form_date=_last_day(round_))
        form.offer(round_, counter, _last_day(round_))
        return _new_page(round_, counter, form)


@blueprint.post("/moi")
@role_required(*ROLES)
def begin() -> View:
    """Begin a pile."""
    form, posted = PileForm(), flask.request.form
    with database().read() as session:
        round_, counter = _round_and_counter(session, posted)
        form.offer(round_, counter, _last_day(round_))
    if form.validate():
        try:
            with database().write() as session:
                pile_ = _pile(*_round_and_counter(session, posted), form)
                number = begin_pile(session, pile_, actor=actor()).batch_id
            return flask.redirect(flask.url_for("paper.key_in", number=number), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        round_, counter = _round_and_counter(session, posted)
        i18n.shown_at(flask.url_for("paper.new", dot=round_.code, quay=counter.id))
        return _new_page(round_, counter, form), 422


@blueprint.get("/<int:number>")
@role_required(*ROLES)
def pile(number: int) -> str:
    """Show a pile: how many forms, how well the second passes agree, what is still to be done."""
    with database().read() as session:
        return _pile_page(session, number, ReasonForm())


@blueprint.post("/<int:number>/xong")
@role_required(*ROLES)
def end(number: int) -> View:
    """Note that a pile is done."""
    return _change(
        number,
        lambda session, found: end_pile(session, found.entry, actor=actor()),
        _("The pile is done. Keep the paper until the round is published."),
    )


@blueprint.post("/<int:number>/huy")
@role_required(*ROLES)
def undo(number: int) -> View:
    """Take a pile back, with the reason; of one that counts, ask an evaluator to."""
    form = ReasonForm()
    if form.validate():
        try:
            with database().write() as session:
                batch = pile_row(session, number).batch
                count = withdraw_batch(session, batch, Why(form.chosen, form.note.data), actor=actor())
            if count is None:
                flask.flash(_("An evaluator reads your reason and decides; until then the pile counts as before."))
            else:
                flask.flash(_("The pile was taken back; its forms are no longer counted."))
            return flask.redirect(flask.url_for("paper.pile", number=number), 303)
        except InputError as error:
            form.refuse(error)
    with database().read() as session:
        return _pile_page(session, number, form), 422


def _change(number: int, change: Change, done: str) -> View:
    """Change a pile and say so on its page."""
    try:
        with database().write() as session:
            change(session, pile_row(session, number))
    except InputError as error:
        return refused(number, error)
    flask.flash(done)
    return flask.redirect(flask.url_for("paper.pile", number=number), 303)


def _pile_page(session: orm.Session, number: int, why: ReasonForm) -> str:
    return flask.render_template(
        "collect/entry/pile.html",
        pile=pile_row(session, number),
        waiting=entry.waiting(session, number),
        find_form=FindForm(formdata=None),
        why=why,
        asked=withdrawals_of_batch(session, number),
    )


def _round_and_counter(session: orm.Session, sent: Mapping[str, str]) -> tuple[Round, Counter]:
    """The round and the counter of one's own that were chosen; 404 for others."""
    code = sent.get("dot", "")
    round_ = next((one for one in entry.entry_rounds(session) if one.code == code), None)
    chosen = sent.get("quay", "")
    counter_id = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10 else 0
    counter = entry.entry_counter(session, entry.own_agencies(session, user()), counter_id)
    if round_ is None or counter is None:
        flask.abort(404)
    return round_, counter


def _pile(round_: Round, counter: Counter, form: PileForm) -> Pile:
    """The pile that was asked for."""
    agencies = {agency.code: agency.id for agency in counter.deciding_agencies or [counter.agency]}
    services = {service.code: service.id for service in counter.services}
    service_id = services.get(form.service.data)
    return Pile(
        round_,
        counter,
        counter.decided_by(service_id) or agencies[form.agency.data],
        service_id,
        Channel(form.channel.data),
        form.form_date.data,
    )


def _place_form(rounds: Sequence[Round], counters: Sequence[Counter]) -> PlaceForm:
    form = PlaceForm(formdata=None)
    form.round.options = [(one.code, named_with_days(one)) for one in rounds]
    form.counter.options = [(str(one.id), f"{local_name(one)} – {local_name(one.agency)}") for one in counters]
    return form


def _new_page(round_: Round, counter: Counter, form: PileForm) -> str:
    return flask.render_template("collect/entry/new.html", round=round_, counter=counter, form=form)


def _last_day(round_: Round) -> date:
    """The last day that forms can be of: today while the round is open."""
    return min(round_.last_day, local_day(round_, now()))
