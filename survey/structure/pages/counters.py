"""Counters: the list, adding one with its public code, what it handles, closing it."""

from __future__ import annotations

from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Agency, Counter
from survey.structure.operations.change_counter import CounterFacts, add_counter, edit_counter, set_counter_active
from survey.structure.pages.common import STRUCTURE_EDITORS, agency_of, blueprint, form_list, form_text, go
from survey.structure.queries import structure
from survey.web.context import actor, database, error_message, today


@blueprint.get("/quay")
@role_required(*STRUCTURE_EDITORS)
def counters() -> str:
    """List all counters under their agencies."""
    with database().read() as session:
        return flask.render_template(
            "structure/counters.html",
            units=structure.counters_by_agency(session),
            agencies=structure.in_force(session, today()),
        )


@blueprint.route("/quay/them", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def new_counter() -> Response | str | tuple[str, int]:
    """Add a counter to an agency (`?co-quan=CODE`)."""
    code = flask.request.args.get("co-quan", "")
    if flask.request.method == "GET":
        with database().read() as session:
            return _form(session, agency_of(session, code), None, {}, [], [], None)
    try:
        with database().write() as session:
            counter = add_counter(session, agency_of(session, code), _sent_facts(), actor=actor())
            message = _("%(name)s was added, with a code for its poster.", name=counter.name)
    except InputError as error:
        with database().read() as session:
            ticked = form_list("services"), form_list("deciding")
            return _form(
                session, agency_of(session, code), None, flask.request.form, *ticked, error_message(error)
            ), 422
    return go("structure.counters", message)


@blueprint.route("/quay/<int:counter_id>", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def counter(counter_id: int) -> Response | str | tuple[str, int]:
    """Show a counter and change what it handles."""
    if flask.request.method == "GET":
        with database().read() as session:
            found = _counter_of(session, counter_id)
            values = {
                "code": found.code,
                "name": found.name,
                "name_en": found.name_en or "",
                "kiosk": "1" if found.kiosk else "",
            }
            services, deciding = [s.code for s in found.services], [a.code for a in found.deciding_agencies]
            return _form(session, found.agency, found, values, services, deciding, None)
    try:
        with database().write() as session:
            found = _counter_of(session, counter_id)
            changed = edit_counter(session, found, _sent_facts(), actor=actor())
    except InputError as error:
        with database().read() as session:
            found = _counter_of(session, counter_id)
            ticked = form_list("services"), form_list("deciding")
            return _form(session, found.agency, found, flask.request.form, *ticked, error_message(error)), 422
    return go("structure.counters", _("Saved.") if changed else _("Nothing was changed."))


@blueprint.post("/quay/<int:counter_id>/trang-thai")
@role_required(*STRUCTURE_EDITORS)
def switch_counter(counter_id: int) -> Response:
    """Close a counter or open it again."""
    active = form_text("active") == "1"
    with database().write() as session:
        found = _counter_of(session, counter_id)
        set_counter_active(session, found, active, actor=actor())
        name = found.name
    return go(
        "structure.counters",
        _("%(name)s is open again.", name=name)
        if active
        else _("%(name)s is closed. Its posters show a friendly page; take them down.", name=name),
    )


def _sent_facts() -> CounterFacts:
    return CounterFacts(
        code=form_text("code"),
        name=form_text("name"),
        name_en=form_text("name_en"),
        services=form_list("services"),
        deciding=form_list("deciding"),
        kiosk=bool(form_text("kiosk")),
    )


def _counter_of(session: orm.Session, counter_id: int) -> Counter:
    counter = structure.find_counter(session, counter_id)
    if counter is None:
        flask.abort(404)
    return counter


def _form(
    session: orm.Session,
    agency: Agency,
    found: Counter | None,
    values: Any,
    services: list[str],
    deciding: list[str],
    problem: str | None,
) -> str:
    """Show the form; what a counter has stays tickable though it ended since."""
    offered = [one for one in structure.services(session) if one.active or one.code in services]
    agencies = list(structure.in_force(session, today()))
    if found is not None:
        agencies += [one for one in found.deciding_agencies if one not in agencies]
    return flask.render_template(
        "structure/counter.html",
        agency=agency,
        counter=found,
        values=values,
        services=offered,
        agencies=agencies,
        ticked_services=services,
        ticked_agencies=deciding,
        problem=problem,
    )
