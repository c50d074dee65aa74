"""The first pass: one form after another."""

from __future__ import annotations

import re

import flask
from flask_babel import gettext as _
from flask_babel import ngettext

from survey.accounts.auth import role_required
from survey.collect.entry import form
from survey.collect.entry.common import ROLES, View, blueprint, definition_of, entry_page, pile_row, refused, whole
from survey.collect.operations.enter_form import Entered, enter_form
from survey.collect.queries import entry
from survey.core.errors import InputError
from survey.questionnaires import Definition
from survey.web.context import actor, database
from survey.web.forms import Mistake

_KEY = re.compile(r"[A-Za-z0-9_-]{24}")


@blueprint.get("/<int:number>/nhap")
@role_required(*ROLES)
def key_in(number: int) -> View:
    """Show the entry page of the pile's next form."""
    with database().read() as session:
        found = pile_row(session, number)
        if found.entry.ended_at or found.batch.undone_at:
            return flask.redirect(flask.url_for("paper.pile", number=number))
        return entry_page(found, form.Keyed(), found.batch.rows + 1, "first")


@blueprint.post("/<int:number>/nhap")
@role_required(*ROLES)
def store(number: int) -> View:
    """Store a form and go on to the next; the same page sent twice stores one."""
    posted = flask.request.form
    key = posted.get("key", "")
    place = whole(posted.get("number", ""))
    with database().read() as session:
        found = pile_row(session, number)
        definition = definition_of(found)
        keyed = form.read(posted, definition)
        if "check" in posted or _KEY.fullmatch(key) is None:
            keyed.mistakes = keyed.mistakes if keyed.typed else []
            return entry_page(found, keyed, found.batch.rows + 1, "first", key if _KEY.fullmatch(key) else "")
        if keyed.mistakes:
            return entry_page(found, keyed, found.batch.rows + 1, "first", key), 422
    answers = definition.pack(keyed.answers)
    try:
        with database().write() as session:
            found = pile_row(session, number)
            outcome = enter_form(
                session,
                found.entry,
                found.round,
                number=place,
                key=key,
                answers=answers,
                comment=keyed.comment,
                actor=actor(),
            )
            kept = entry.form_of(session, number, place)
            to_check = kept is not None and kept.sampled and kept.compared is None
    except InputError as error:
        return refused(number, error)
    if outcome is Entered.NUMBER_TAKEN:
        return _next_number(number, place, keyed, key), 409
    if outcome is Entered.STORED:
        flask.flash(_stored(place, definition, keyed))
    if to_check:
        return flask.redirect(flask.url_for("paper.second", number=number, place=place), 303)
    return flask.redirect(flask.url_for("paper.key_in", number=number), 303)


def _next_number(number: int, place: int, keyed: form.Keyed, key: str) -> str:
    """The page again under the next free number, answers kept."""
    with database().read() as session:
        found = pile_row(session, number)
        following = found.batch.rows + 1
        advice = _(
            "Number %(taken)d was keyed in elsewhere meanwhile. Write number %(next)d on this form.",
            taken=place,
            next=following,
        )
        keyed.mistakes.append(Mistake("number", advice))
        return entry_page(found, keyed, following, "first", key)


def _stored(place: int, definition: Definition, keyed: form.Keyed) -> str:
    """Say what was stored, so that a slip shows at once."""
    shown = definition.visible(keyed.answers)
    answered = sum(1 for code in keyed.answers if code in shown)
    blank = len(shown) - answered
    kept = _("Form %(number)d is stored.", number=place)
    counts = ngettext("%(num)d answer", "%(num)d answers", answered)
    left = ngettext("%(num)d left blank.", "%(num)d left blank.", blank)
    return f"{kept} {counts}, {left}"
