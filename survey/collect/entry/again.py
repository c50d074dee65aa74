"""Forms that are stored already: the second pass over the sample, settling differences, corrections."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask_babel import gettext as _
from sqlalchemy import orm

from survey.accounts.auth import role_required
from survey.collect.entry import form
from survey.collect.entry.common import (
    ROLES,
    View,
    after_check,
    blueprint,
    definition_of,
    entry_page,
    form_row,
    pile_row,
    read_again,
    refused,
)
from survey.collect.entry.forms import FindForm, SettleForm, picks_form
from survey.collect.operations.correct_form import Corrected, correct_form, settle_form
from survey.collect.operations.enter_form import check_form, differing
from survey.collect.queries import entry
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import EntryForm
from survey.questionnaires import BLANK, Definition
from survey.questionnaires.definition import HIDDEN
from survey.structure.operations.withdraw import Why
from survey.web import i18n
from survey.web.context import actor, database, now, user
from survey.web.reasons import ReasonForm


@blueprint.get("/<int:number>/phieu/<int:place>/lan-hai")
@role_required(*ROLES)
def second(number: int, place: int) -> View:
    """Ask for a form of the sample once more, without showing what was keyed in first."""
    with database().read() as session:
        found, kept = form_row(session, number, place)
        if kept.compared is not None:
            return flask.redirect(after_check(kept))
        return entry_page(found, form.Keyed(), place, "second")


@blueprint.post("/<int:number>/phieu/<int:place>/lan-hai")
@role_required(*ROLES)
def compare(number: int, place: int) -> View:
    """Compare the second pass with the first."""
    read = read_again(number, place, "second")
    if not isinstance(read, str):
        return read[1] if read[0] is None else read
    try:
        with database().write() as session:
            found, kept = form_row(session, number, place)
            differ = check_form(session, found.entry, kept, read, actor=actor())
            target = after_check(kept)
    except InputError as error:
        return refused(number, error)
    if not differ:
        flask.flash(_("Form %(number)d: both passes agree.", number=place))
    return flask.redirect(target, 303)


@dataclass(frozen=True)
class AnswerDifference:
    """A question at which two passes differ, in words."""

    code: str
    number: int
    text: str
    first: str
    second: str


@blueprint.get("/<int:number>/phieu/<int:place>/doi-chieu")
@role_required(*ROLES)
def differences(number: int, place: int) -> View:
    """Show where two passes differ, to be settled by what stands on the paper."""
    with database().read() as session:
        found, kept = form_row(session, number, place)
        if kept.second is None:
            return flask.redirect(after_check(kept))
        return _differences_page(session, found, kept, _settle_form(definition_of(found), session, kept))


@blueprint.post("/<int:number>/phieu/<int:place>/doi-chieu")
@role_required(*ROLES)
def settle(number: int, place: int) -> View:
    """Keep for each question the pass that the paper proves right."""
    with database().read() as session:
        found, kept = form_row(session, number, place)
        if kept.second is None:
            return flask.redirect(after_check(kept), 303)
        definition = definition_of(found)
        picks = _settle_form(definition, session, kept)
        if not picks.validate():
            return _differences_page(session, found, kept, picks), 422
        settled = _settled(definition, entry.stored_answers(session, kept), kept.second, picks)
    try:
        with database().write() as session:
            found, kept = form_row(session, number, place)
            by = user().id
            corrected = settle_form(session, found.entry, found.round, kept, settled, actor=Actor(now(), by))
            target = after_check(kept)
    except InputError as error:
        return refused(number, error)
    flask.flash(_corrected(place, corrected))
    return flask.redirect(target, 303)


def _settle_form(definition: Definition, session: orm.Session, kept: EntryForm) -> SettleForm:
    first = entry.stored_answers(session, kept)
    positions = differing(first, kept.second or first)
    return picks_form({definition.slots[position].code: position + 1 for position in positions})()


def _settled(definition: Definition, first: str, second_pass: str, picks: SettleForm) -> str:
    """The answers settled on, packed."""
    settled = list(first)
    for position in differing(first, second_pass):
        if picks.picks(definition.slots[position].code).data == "2":
            settled[position] = second_pass[position]
    # a question may appear or vanish with the answer it hangs on
    answers = {s.code: a for s, a in zip(definition.slots, settled, strict=True) if a not in (BLANK, HIDDEN)}
    return definition.pack(answers)


@blueprint.get("/<int:number>/phieu")
@role_required(*ROLES)
def find(number: int) -> View:
    """Go to a form by its running number."""
    asked = FindForm.asked(flask.request.args)
    place = asked.number.data if asked.validate() else 0
    with database().read() as session:
        pile_row(session, number)
        if entry.form_of(session, number, place) is None:
            flask.flash(_("This pile has no form of that number."), "error")
            return flask.redirect(flask.url_for("paper.pile", number=number))
    return flask.redirect(flask.url_for("paper.correct_page", number=number, place=place))


@blueprint.get("/<int:number>/phieu/<int:place>/sua")
@role_required(*ROLES)
def correct_page(number: int, place: int) -> View:
    """Show a form as it was keyed in, to be corrected by the paper."""
    with database().read() as session:
        found, kept = form_row(session, number, place)
        if kept.sampled and kept.compared is None:
            flask.flash(_("Form %(number)d is in the sample: key it in a second time first.", number=place))
            return flask.redirect(flask.url_for("paper.second", number=number, place=place))
        keyed = form.keyed_again(definition_of(found), entry.stored_answers(session, kept))
        return entry_page(found, keyed, place, "correct", why=ReasonForm(formdata=None))


@blueprint.post("/<int:number>/phieu/<int:place>/sua")
@role_required(*ROLES)
def correct(number: int, place: int) -> View:
    """Replace what was keyed in for a form."""
    why = ReasonForm()
    read = read_again(number, place, "correct", why)
    if not isinstance(read, str):
        return read[1] if read[0] is None else read
    if not why.validate():
        with database().read() as session:
            found, _kept = form_row(session, number, place)
            keyed = form.read(flask.request.form, definition_of(found))
            return entry_page(found, keyed, place, "correct", why=why), 422
    try:
        with database().write() as session:
            found, kept = form_row(session, number, place)
            reason = Why(why.chosen, why.note.data)
            changed = correct_form(session, found.entry, found.round, kept, read, reason, actor=actor())
    except InputError as error:
        return refused(number, error)
    flask.flash(_corrected(place, changed))
    return flask.redirect(flask.url_for("paper.pile", number=number), 303)


def _corrected(place: int, outcome: Corrected) -> str:
    if outcome is Corrected.WAITS:
        return str(
            _("The correction of form %(number)d waits for an evaluator; until then it counts as before.", number=place)
        )
    if outcome is Corrected.DONE:
        return str(_("Form %(number)d is corrected.", number=place))
    return str(_("Form %(number)d stays as it was.", number=place))


def _differences_page(session: orm.Session, found: entry.PileRow, kept: EntryForm, picks: SettleForm) -> str:
    """The page that sets both passes side by side."""
    definition, first = definition_of(found), entry.stored_answers(session, kept)
    language = i18n.current_language().code
    fields = [one for part in form.parts(found.round.version.content, language) for one in part.fields]

    def words(code: str, answer: str) -> str:
        if answer == BLANK:
            return str(_("left blank"))
        return str(_("not asked")) if answer == HIDDEN else definition.labels(code)[answer].get(language)

    second_pass = kept.second or first
    rows = [
        AnswerDifference(one.code, one.number, one.text, words(one.code, first[at]), words(one.code, second_pass[at]))
        for at in differing(first, second_pass)
        for one in fields
        if one.number == at + 1
    ]
    return flask.render_template(
        "collect/entry/differences.html",
        pile=found,
        place=kept.number,
        rows=rows,
        picks=picks,
    )
