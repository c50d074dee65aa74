"""What the pages under /quan-tri share: who may open them, reading forms, and telling what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.core.text import clean
from survey.models import Agency, AgencyKind, AgencyLevel, BatchKind, Role, Round
from survey.spreadsheets.read import parse_date
from survey.structure.operations.dated_change import DatedChange
from survey.structure.queries import rounds, structure
from survey.web.context import actor, today, user

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


def form_text(name: str) -> str:
    """Return one line of text from the posted form."""
    return clean(flask.request.form.get(name, ""))


def form_list(name: str) -> list[str]:
    """Return the ticked values of a list in the posted form."""
    return [clean(value) for value in flask.request.form.getlist(name)]


def form_date(name: str) -> date:
    """Return a day from the posted form; `InputError` when it is missing or none."""
    found = parse_date(form_text(name))
    if found is None:
        raise InputError("Write the day as day/month/year, for example 01/07/2026")
    return found


def form_time(name: str) -> time | None:
    """Return a time of day from the posted form, `7:30` or `7h30`; None when left empty, and for 24:00.

    `InputError` for anything else.
    """
    typed = form_text(name)
    if typed in ("", "24:00", "24h", "24h00"):
        return None
    found = re.fullmatch(r"([01]?\d|2[0-3])\s*[:hH]\s*([0-5]\d)?", typed)
    if found is None:
        raise InputError("Write the hour as 7:30 or 17:00, or leave it empty")
    return time(int(found[1]), int(found[2] or 0))


def dated_change(since: date) -> DatedChange:
    """Return a change that the person who is signed in enters now and that holds since a day."""
    return DatedChange(since, today(), actor())


def agency_of(session: orm.Session, code: str) -> Agency:
    """Return an agency, or answer 404."""
    agency = structure.find_agency(session, code)
    if agency is None:
        flask.abort(404)
    return agency


def round_of(session: orm.Session, code: str) -> Round:
    """Return a round, or answer 404."""
    round_ = rounds.find_round(session, code)
    if round_ is None:
        flask.abort(404)
    return round_


def chosen_agencies(session: orm.Session, codes: Sequence[str]) -> list[Agency]:
    """Return the agencies of posted codes, in their order; `InputError` for one that is not there."""
    agencies = structure.find_agencies(session, codes)
    missing = [code for code in codes if code not in agencies]
    if missing:
        raise InputError("There is no agency with the code %(code)s", code=missing[0])
    return [agencies[code] for code in dict.fromkeys(codes)]


def go(endpoint: str, message: str | None = None, **values: Any) -> Response:
    """Lead on after a write, with a sentence of what was done."""
    if message:
        flask.flash(message)
    return flask.redirect(flask.url_for(endpoint, **values), 303)


def kind_words() -> Mapping[str, str]:
    """Return what an agency can be by law, in words."""
    return {
        AgencyKind.PROVINCE.value: _("provincial people's committee"),
        AgencyKind.DEPARTMENT.value: _("department, board or branch"),
        AgencyKind.DISTRICT.value: _("district people's committee (until 30/6/2025)"),
        AgencyKind.COMMUNE.value: _("commune or ward people's committee"),
        AgencyKind.CENTRE.value: _("public service centre"),
    }


def level_words() -> Mapping[str, str]:
    """Return the tiers of government in words."""
    return {
        AgencyLevel.PROVINCE.value: _("province"),
        AgencyLevel.DISTRICT.value: _("district"),
        AgencyLevel.COMMUNE.value: _("commune"),
    }


def state_words() -> Mapping[str, str]:
    """Return the states of a round in words."""
    return {"draft": _("draft"), "open": _("open"), "closed": _("closed"), "published": _("published")}


def batch_words() -> Mapping[str, str]:
    """Return what an import brings, in words."""
    return {
        BatchKind.AGENCIES.value: _("Agencies"),
        BatchKind.SERVICES.value: _("Service fields"),
        BatchKind.COUNTERS.value: _("Counters"),
        BatchKind.POPULATION.value: _("Transactions of a round"),
    }
