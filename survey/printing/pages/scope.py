"""Whose counters a person sees: all for admin, own and below for manager, own alone for staff. Others are a 404."""

from __future__ import annotations

import flask
from sqlalchemy import orm

from survey.models import Agency, AgencyKind, Counter, CounterCode, Role
from survey.printing.queries import units
from survey.printing.queries.poster_codes import codes_in_force
from survey.web.context import user
from survey.web.listing import asked, word_filter

blueprint = flask.Blueprint("staff", __name__, url_prefix="/quay")
UNIT_ROLES = (Role.ADMIN, Role.MANAGER, Role.STAFF)
READERS = (*UNIT_ROLES, Role.EVALUATOR)
"""Who may read how codes were used: units of their own counters, evaluators of all."""
EMBLEM_ROLES = (Role.ADMIN, Role.MANAGER)
"""Who may change what every poster of a unit carries."""


def counter_of(session: orm.Session, counter_id: int) -> Counter:
    """A counter within the person's scope; 404 for any other."""
    counter = units.counter_of(session, user(), counter_id)
    if counter is None:
        flask.abort(404)
    return counter


def counter_to_read(session: orm.Session, counter_id: int) -> Counter:
    """A counter whose history a person may read, an evaluator that of any; 404 for others."""
    if user().role is Role.EVALUATOR:
        return units.any_counter(session, counter_id) or flask.abort(404)
    return counter_of(session, counter_id)


def agency_of(session: orm.Session, code: str) -> Agency:
    """An agency within the person's scope; 404 for any other."""
    agency = units.agency_of(session, user(), code)
    if agency is None:
        flask.abort(404)
    return agency


def wanted_counters(session: orm.Session) -> list[Counter]:
    """The open counters within the person's scope that the filter in the address asks for."""
    holds, kind, unit = word_filter(asked("tim")), asked("nhom", set(AgencyKind)), asked("co-quan")
    return [
        one
        for one in units.open_counters(session, user())
        if (not kind or one.agency.kind == kind)
        and (not unit or one.agency.code == unit)
        and holds(f"{one.name} {one.name_en or ''} {one.code} {one.agency.name} {one.agency.code}")
    ]


def code_of(session: orm.Session, counter: Counter) -> CounterCode | None:
    """The code in force of a counter."""
    rows = codes_in_force(session, counter.agency.code)
    return next((row for row in rows if row.counter_id == counter.id), None)


def pdf(data: bytes, name: str) -> flask.Response:
    """A PDF to be kept under a name."""
    answer = flask.Response(data, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
