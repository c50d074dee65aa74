"""What the pages under /quan-tri share: who may open them, reading forms, and telling what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Agency, Role, Round, Service
from survey.structure.operations.dated_change import DatedChange
from survey.structure.queries import rounds, structure
from survey.web import wording
from survey.web.context import actor, database, today, user
from survey.web.forms import Form
from survey.web.i18n import local_name
from survey.web.navigation import FIRST_STEPS
from survey.web.queries.installation import read_has_begun

ResultT = TypeVar("ResultT")

blueprint = flask.Blueprint("structure", __name__, url_prefix="/quan-tri")
STRUCTURE_EDITORS = (Role.ADMIN,)
"""Who keeps agencies, services and counters."""
ROUND_EDITORS = (Role.ADMIN, Role.EVALUATOR)
"""Who keeps rounds and their transactions."""


@blueprint.get("")
@role_required(*ROUND_EDITORS)
def home() -> str:
    """Lead to what a person may keep."""
    return flask.render_template("structure/home.html", is_keeper=user().role in STRUCTURE_EDITORS)


def submit(form: Form, operation: Callable[[orm.Session], ResultT]) -> ResultT | None:
    """Run an operation for a form that is valid, in one transaction; return its result.

    None when the form says what is wrong: beside the field that the operation's refusal names, else above all.
    """
    if not form.validate():
        return None
    try:
        with database().write() as session:
            return operation(session)
    except InputError as error:
        form.refuse(error)
        return None


def options(named: Iterable[Agency | Service | Round]) -> list[tuple[str, str]]:
    """Things with a code as the options of a choice, in the words of the page's language."""
    return [(one.code, local_name(one)) for one in named]


def dated_change(since: date) -> DatedChange:
    """A change that the person who is signed in enters now and that holds since a day."""
    return DatedChange(since, today(), actor())


def agency_of(session: orm.Session, code: str) -> Agency:
    """An agency; 404 for any other."""
    agency = structure.find_agency(session, code)
    if agency is None:
        flask.abort(404)
    return agency


def round_of(session: orm.Session, code: str) -> Round:
    """A round; 404 for any other."""
    round_ = rounds.find_round(session, code)
    if round_ is None:
        flask.abort(404)
    return round_


def chosen_agencies(session: orm.Session, codes: Sequence[str]) -> list[Agency]:
    """The agencies of posted codes, in their order; `InputError` for one that is not there."""
    agencies = structure.find_agencies(session, codes)
    missing = [code for code in codes if code not in agencies]
    if missing:
        raise InputError("There is no agency with the code %(code)s", field="into", code=missing[0])
    return [agencies[code] for code in dict.fromkeys(codes)]


def go(endpoint: str, message: str | None = None, **values: Any) -> Response:
    """Lead on after a write, with a sentence of what was done."""
    if message:
        flask.flash(message)
    return flask.redirect(flask.url_for(endpoint, **values), 303)


def go_on(session: orm.Session, message: str, endpoint: str, **values: Any) -> Response:
    """Lead on after a step: back to the first steps while no round has begun, else to the page of what was done."""
    if user().role in STRUCTURE_EDITORS and not read_has_begun(session):
        return go(FIRST_STEPS, message)
    return go(endpoint, message, **values)


def kind_words() -> Mapping[str, str]:
    """What an agency can be by law, in words."""
    return wording.AGENCY_KINDS.here()


def level_words() -> Mapping[str, str]:
    """The tiers of government in words."""
    return wording.AGENCY_LEVELS.here()


def state_words() -> Mapping[str, str]:
    """The states of a round in words."""
    return wording.ROUND_STATES.here()


def scope_words(round_: Round) -> str:
    """Where a round is held, in a few words."""
    scope = round_.scope
    if not scope:
        return str(_("everywhere"))
    if "kinds" in scope:
        words = kind_words()
        return ", ".join(words[kind] for kind in scope["kinds"])
    if "agencies" in scope:
        return str(ngettext("at %(num)d agency", "at %(num)d agencies", len(scope["agencies"])))
    return str(ngettext("at %(num)d counter", "at %(num)d counters", len(scope["counters"])))


def batch_words() -> Mapping[str, str]:
    """What an import brings, in words."""
    return wording.BATCH_KINDS.here()
