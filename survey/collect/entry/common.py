"""What the pages of paper entry share: whose piles a person sees, and the entry page itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import flask
from sqlalchemy import orm
from werkzeug import Response

from survey.collect.entry import form
from survey.collect.queries import entry
from survey.core.errors import InputError
from survey.models import EntryForm, Role
from survey.questionnaires import Definition, from_canonical
from survey.web import i18n
from survey.web.context import database, error_message, user
from survey.web.reasons import ReasonForm

blueprint = flask.Blueprint("paper", __name__, url_prefix="/phieu-giay")
ROLES = (Role.ADMIN, Role.MANAGER, Role.STAFF)

View = str | Response | tuple[str, int]


def pile_row(session: orm.Session, number: int) -> entry.PileRow:
    """A pile of the person's own counters; 404 for any other."""
    found = entry.pile(session, entry.own_agencies(session, user()), number)
    if found is None:
        flask.abort(404)
    return found


def form_row(session: orm.Session, number: int, place: int) -> tuple[entry.PileRow, EntryForm]:
    """A pile and one of its forms; 404 for any other."""
    found, kept = pile_row(session, number), entry.form_of(session, number, place)
    if kept is None:
        flask.abort(404)
    return found, kept


def definition_of(found: entry.PileRow) -> Definition:
    """The questionnaire of a pile's round."""
    return from_canonical(found.round.version.content)


def entry_page(
    found: entry.PileRow, keyed: form.Keyed, place: int, mode: str, key: str = "", why: ReasonForm | None = None
) -> str:
    """The page on which one form is keyed in: `first` pass, `second` pass, or `correct`, which asks `why`."""
    content = found.round.version.content
    return flask.render_template(
        "collect/entry/entry.html",
        pile=found,
        parts=form.parts(content, i18n.current_language().code),
        keyed=keyed,
        place=place,
        mode=mode,
        key=key or secrets.token_urlsafe(18),
        focus=form.focus(keyed, from_canonical(content)),
        max_comment=form.MAX_COMMENT,
        why=why,
        total=len(from_canonical(content).slots),
    )


def read_again(
    number: int, place: int, mode: str, why: ReasonForm | None = None
) -> str | tuple[str, int] | tuple[None, str]:
    """The packed answers posted for a form that is stored already; or the page to show instead.

    A page comes back as (None, page) when nothing is wrong, and as (page, 422) when something is.
    """
    with database().read() as session:
        found, _kept = form_row(session, number, place)
        definition = definition_of(found)
        keyed = form.read(flask.request.form, definition)
        if "check" in flask.request.form:
            return None, entry_page(found, keyed, place, mode, why=why)
        if keyed.mistakes:
            return entry_page(found, keyed, place, mode, why=why), 422
        return definition.pack(keyed.answers)


def after_check(kept: EntryForm) -> str:
    """Where to go once a form was compared: to its differences, or on with the pile."""
    if kept.second is not None:
        return flask.url_for("paper.differences", number=kept.batch_id, place=kept.number)
    return flask.url_for("paper.key_in", number=kept.batch_id)


def refused(number: int, error: InputError) -> Response:
    """Go back to the pile and say why nothing was done."""
    flask.flash(error_message(error), "error")
    return flask.redirect(flask.url_for("paper.pile", number=number), 303)


def whole(text: str) -> int:
    """A whole number from 1, or 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0


Change = Callable[[orm.Session, entry.PileRow], object]
