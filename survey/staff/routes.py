"""Counters of one's own unit: see, print, replace and withdraw their codes. Another unit's counter is a 404."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import flask
import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.auth import role_required
from survey.config import Settings
from survey.db import Database
from survey.errors import InputError
from survey.models import Agency, Counter, Role, User
from survey.operations.rotate_code import revoke_codes, rotate_code
from survey.queries.poster_codes import codes_in_force
from survey.queries.users import agencies_below

blueprint = flask.Blueprint("staff", __name__, url_prefix="/quay")
UNIT_ROLES = (Role.ADMIN, Role.MANAGER, Role.STAFF)


@blueprint.get("")
@role_required(*UNIT_ROLES)
def counters() -> str:
    """List the open counters a person is responsible for, with the code in force of each."""
    with _database().read() as session:
        query = sa.select(Counter).join(Counter.agency).where(Counter.active.is_(True), _in_scope(session))
        found = session.scalars(query.order_by(Agency.code, Counter.code)).all()
        codes = {row.counter_id: row.code for row in codes_in_force(session)}
        return flask.render_template("staff/counters.html", counters=found, codes=codes)


@blueprint.get("/<int:counter_id>/ap-phich.pdf")
@role_required(*UNIT_ROLES)
def poster(counter_id: int) -> Response:
    """Show the poster of a counter as a PDF, ready to print."""
    from survey.posters.document import Kind, render
    from survey.posters.qr import code_address
    from survey.posters.words import PosterText, Style, Variant

    try:
        kind = Kind(flask.request.args.get("size", "A4"))
        variant = Variant(flask.request.args.get("variant", "standard"))
    except ValueError:
        flask.abort(404)
    with _database().read() as session:
        counter = _counter(session, counter_id)
        code = next((row.code for row in codes_in_force(session) if row.counter_id == counter.id), None)
        if code is None:
            flask.abort(404)
        settings = cast(Settings, flask.current_app.config["SETTINGS"])
        try:
            address = code_address(settings, code)
        except InputError as error:
            flask.abort(409, description=str(error))
        names = (counter.agency.name_en or "", counter.name_en or "")
        text = PosterText(counter.agency.name, counter.name, address, *names)
        style = Style(variant, bilingual="bilingual" in flask.request.args)
        name = f"{counter.agency.code}-{counter.code}-{kind}.pdf"
    answer = flask.Response(render(kind, [text], style), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=name)
    return answer


@blueprint.post("/<int:counter_id>/doi-ma")
@role_required(*UNIT_ROLES)
def rotate(counter_id: int) -> Response:
    """Give a counter a fresh code; its old posters stop working."""
    with _database().write() as session:
        counter = _counter(session, counter_id)
        rotate_code(session, counter, now=datetime.now(UTC), user_id=_user().id)
    flask.flash(_("The counter has a new code. Print the new poster and take the old one down."))
    return flask.redirect(flask.url_for("staff.counters"))


@blueprint.post("/<int:counter_id>/thu-hoi")
@role_required(*UNIT_ROLES)
def revoke(counter_id: int) -> Response:
    """Withdraw a counter's code."""
    with _database().write() as session:
        counter = _counter(session, counter_id)
        revoke_codes(session, counter, now=datetime.now(UTC), user_id=_user().id)
    flask.flash(_("The code is withdrawn. Its posters no longer take answers."))
    return flask.redirect(flask.url_for("staff.counters"))


def _counter(session: orm.Session, counter_id: int) -> Counter:
    """Return a counter within the person's scope, or answer 404."""
    query = sa.select(Counter).join(Counter.agency).where(Counter.id == counter_id, _in_scope(session))
    counter = session.scalar(query)
    if counter is None:
        flask.abort(404)
    return counter


def _in_scope(session: orm.Session) -> sa.ColumnElement[bool]:
    """Return the condition on `Agency`: all for admin, own and below for manager, own alone for staff."""
    user = _user()
    if user.role is Role.ADMIN:
        return sa.true()
    if user.role is Role.MANAGER and user.agency_id is not None:
        return Agency.code.in_(agencies_below(session, user.agency_id))
    return Agency.id == user.agency_id


def _user() -> User:
    return cast(User, flask.g.user)


def _database() -> Database:
    return cast(Database, flask.current_app.extensions["database"])
