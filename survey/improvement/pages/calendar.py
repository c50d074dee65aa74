"""Calendar of due days: a secret address that a person's own calendar program reads, and can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, time
from urllib.parse import urlsplit

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.operations.calendar_addresses import make_calendar_address, revoke_calendar_address
from survey.accounts.queries import calendar_addresses, users
from survey.improvement.board import OPEN
from survey.improvement.icalendar import DueDay, feed
from survey.improvement.pages.common import blueprint
from survey.improvement.queries import actions as action_queries
from survey.improvement.queries import cases as case_queries
from survey.models import Role, User
from survey.web.context import actor, database, settings, user


@blueprint.get("/lich")
@role_required()
def calendar() -> str:
    """Say what the calendar is, and let its owner make or take back the address."""
    with database().read() as session:
        return _render(session, "")


@blueprint.post("/lich")
@role_required()
def make_calendar() -> str:
    """Make a new address and show it this once."""
    with database().write() as session:
        token = make_calendar_address(session, users.by_id(session, user().id), actor=actor())
    with database().read() as session:
        return _render(session, settings().base_url + flask.url_for("improvement.calendar_feed", token=token))


@blueprint.post("/lich/thu-hoi")
@role_required()
def revoke_calendar() -> Response:
    """Take the address back."""
    with database().write() as session:
        revoked = revoke_calendar_address(session, users.by_id(session, user().id), actor=actor())
    flask.flash(_("The address opens nothing any more.") if revoked else _("There was no address."))
    return flask.redirect(flask.url_for("improvement.calendar"), code=303)


@blueprint.get("/lich/<token>.ics")
def calendar_feed(token: str) -> flask.Response:
    """Send the due days of whoever the address belongs to: it is asked for by a program that has no session."""
    with database().read() as session:
        owner = calendar_addresses.owner_of(session, token)
        if owner is None:
            flask.abort(404)
        text = feed(_("SIPAS: due days"), urlsplit(settings().base_url).hostname or "sipas", due_days(session, owner))
    reply = flask.Response(text, mimetype="text/calendar")
    reply.headers["Cache-Control"] = "private, no-store"
    return reply


def due_days(session: orm.Session, owner: User) -> list[DueDay]:
    """What a person has to look after: open actions and plans of agencies they see, cases given to them."""
    visible, base = users.visible_agencies(session, owner), settings().base_url
    days: list[DueDay] = []
    if owner.role is not Role.STAFF:
        actions = action_queries.actions_of(session, visible)
        days += [
            DueDay(
                f"action-{action.id}",
                action.what,
                action.due_on,
                base + flask.url_for("improvement.action", number=action.id),
                action.updated_at,
            )
            for action in actions
            if action.state in OPEN
        ]
        planned = {(action.agency_id, action.round_id) for action in actions}
        days += [
            DueDay(
                f"plan-{request.id}",
                _("Plan due: %(agency)s", agency=request.agency.name),
                request.due_on,
                base + flask.url_for("improvement.requests"),
                request.created_at,
            )
            for request in action_queries.requests(session, visible)
            if (request.agency_id, request.round_id) not in planned
        ]
    days += [
        DueDay(
            f"case-{number}",
            _("A report or suggestion is to be answered"),
            due_on,
            base + flask.url_for("casework.case", number=number),
            datetime.combine(received_on, time(), UTC),  # a case has no instant, so that no order is told
        )
        for number, due_on, received_on in case_queries.assigned(session, owner.id)
    ]
    return sorted(days, key=lambda due: (due.day, due.key))


def _render(session: orm.Session, address: str) -> str:
    made = calendar_addresses.made_at(session, user())
    return flask.render_template("improvement/calendar.html", made=made, address=address)
