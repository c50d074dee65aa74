"""The tree of agencies, and what is known of each."""

from __future__ import annotations

from typing import Any

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Agency, AgencyKind, AgencyLevel
from survey.structure.operations.change_agency import AgencyFacts, add_agency, edit_agency
from survey.structure.pages.common import (
    STRUCTURE_EDITORS,
    agency_of,
    blueprint,
    form_date,
    form_text,
    go,
    kind_words,
    level_words,
)
from survey.structure.queries import structure
from survey.web.context import actor, database, error_message, today


@blueprint.get("/co-quan")
@role_required(*STRUCTURE_EDITORS)
def agencies() -> str:
    """Show the agencies as a tree; with `?tat-ca=1` those that ended too."""
    ended = flask.request.args.get("tat-ca") == "1"
    with database().read() as session:
        top = structure.tree(session, today(), ended=ended)
        count = sum(1 for branch in top for _each in branch.walk())
        return flask.render_template("structure/agencies.html", top=top, count=count, ended=ended)


@blueprint.route("/co-quan/them", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def new_agency() -> Response | str | tuple[str, int]:
    """Add an agency."""
    if flask.request.method == "GET":
        with database().read() as session:
            empty = {"parent": flask.request.args.get("duoi", ""), "kind": "department", "level": "province"}
            return _form(session, None, empty, None)
    try:
        with database().write() as session:
            agency = add_agency(session, form_text("code"), sent_facts(), actor=actor())
            code, message = agency.code, _("%(name)s was added.", name=agency.name)
    except InputError as error:
        with database().read() as session:
            return _form(session, None, flask.request.form, error_message(error)), 422
    return go("structure.agency", message, agency=code)


@blueprint.route("/co-quan/<agency>", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def agency(agency: str) -> Response | str | tuple[str, int]:
    """Show an agency with its history, and correct what is known of it."""
    if flask.request.method == "GET":
        with database().read() as session:
            found = agency_of(session, agency)
            return _form(session, found, _facts_of(found), None)
    try:
        with database().write() as session:
            changed = edit_agency(session, agency_of(session, agency), sent_facts(), actor=actor())
    except InputError as error:
        with database().read() as session:
            return _form(session, agency_of(session, agency), flask.request.form, error_message(error)), 422
    return go("structure.agency", _("Saved.") if changed else _("Nothing was changed."), agency=agency)


def sent_facts(since: str = "valid_from") -> AgencyFacts:
    """Return what the posted form says of an agency."""
    try:
        kind, level = AgencyKind(form_text("kind")), AgencyLevel(form_text("level"))
    except ValueError as error:
        raise InputError("Choose what the agency is, and its tier") from error
    return AgencyFacts(
        name=form_text("name"),
        kind=kind,
        level=level,
        parent=form_text("parent"),
        name_en=form_text("name_en"),
        valid_from=form_date(since) if form_text(since) else None,
    )


def _facts_of(agency: Agency) -> dict[str, str]:
    return {
        "name": agency.name,
        "name_en": agency.name_en or "",
        "kind": agency.kind.value,
        "level": agency.level.value,
        "parent": agency.parent.code if agency.parent else "",
        "valid_from": agency.valid_from.isoformat(),
    }


def _form(session: orm.Session, found: Agency | None, values: Any, problem: str | None) -> str:
    parents = [one for one in structure.in_force(session, today()) if found is None or one.id != found.id]
    if found is not None and found.parent is not None and found.parent not in parents:
        parents.append(found.parent)
    return flask.render_template(
        "structure/agency.html",
        agency=found,
        has_ended=found is not None and structure.has_ended(found, today()),
        past=structure.past(session, found) if found else None,
        values=values,
        problem=problem,
        parents=parents,
        kinds=kind_words(),
        levels=level_words(),
    )
