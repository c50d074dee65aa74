"""Whose counters a person sees: all for admin, own and below for manager, own alone for staff. Others are a 404."""

from __future__ import annotations

import flask
import sqlalchemy as sa
from sqlalchemy import orm

from survey.accounts.queries.users import agencies_below
from survey.models import Agency, Counter, CounterCode, Role
from survey.printing.queries.poster_codes import codes_in_force
from survey.web.context import user

blueprint = flask.Blueprint("staff", __name__, url_prefix="/quay")
UNIT_ROLES = (Role.ADMIN, Role.MANAGER, Role.STAFF)
EMBLEM_ROLES = (Role.ADMIN, Role.MANAGER)
"""Who may change what every poster of a unit carries."""


def counter_of(session: orm.Session, counter_id: int) -> Counter:
    """Return a counter within the person's scope, or answer 404."""
    query = sa.select(Counter).join(Counter.agency).where(Counter.id == counter_id, in_scope(session))
    counter = session.scalar(query)
    if counter is None:
        flask.abort(404)
    return counter


def agency_of(session: orm.Session, code: str) -> Agency:
    """Return an agency within the person's scope, or answer 404."""
    agency = session.scalar(sa.select(Agency).where(Agency.code == code, in_scope(session)))
    if agency is None:
        flask.abort(404)
    return agency


def code_of(session: orm.Session, counter: Counter) -> CounterCode | None:
    """Return the code in force of a counter."""
    rows = codes_in_force(session, counter.agency.code)
    return next((row for row in rows if row.counter_id == counter.id), None)


def in_scope(session: orm.Session) -> sa.ColumnElement[bool]:
    """Return the condition on `Agency` for the person who is signed in."""
    person = user()
    if person.role is Role.ADMIN:
        return sa.true()
    if person.role is Role.MANAGER and person.agency_id is not None:
        return Agency.code.in_(agencies_below(session, person.agency_id))
    return Agency.id == person.agency_id


def pdf(data: bytes, name: str) -> flask.Response:
    """Return a PDF to be kept under a name."""
    answer = flask.Response(data, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
