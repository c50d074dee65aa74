"""The tree of agencies, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.models import Agency, AgencyKind, AgencyLevel
from survey.structure.operations.change_agency import AgencyFacts, add_agency, edit_agency
from survey.structure.pages.common import (
    STRUCTURE_EDITORS,
    agency_of,
    blueprint,
    go,
    kind_words,
    level_words,
    options,
    submit,
)
from survey.structure.pages.forms import AgencyForm
from survey.structure.queries import structure
from survey.structure.queries.reorganisation import counters_with_old_names
from survey.web.context import actor, database, today
from survey.web.listing import asked, list_page, word_filter
from survey.web.wording import AGENCY_KINDS


@blueprint.get("/co-quan")
@role_required(*STRUCTURE_EDITORS)
def agencies() -> str:
    """Show the agencies as a tree; with `?tat-ca=1` those that ended too."""
    ended = flask.request.args.get("tat-ca") == "1"
    with database().read() as session:
        top = structure.tree(session, today(), ended=ended)
        every = [branch.agency for branch in top for branch in branch.walk()]
        words, kind = asked("tim"), asked("nhom", set(AgencyKind))
        holds = word_filter(words)
        wanted = [
            one
            for one in every
            if (not kind or one.kind == kind) and holds(f"{one.name} {one.name_en or ''} {one.code}")
        ]
        return flask.render_template(
            "structure/agencies.html",
            top=top,
            count=len(every),
            ended=ended,
            words=words,
            kind=kind,
            kinds=AGENCY_KINDS.here().items(),
            page=list_page(wanted) if words or kind else None,
        )


@blueprint.get("/co-quan/them")
@role_required(*STRUCTURE_EDITORS)
def new_agency() -> str:
    """Show the form for an agency, below another one with `?duoi=CODE`."""
    empty = {"parent": flask.request.args.get("duoi", ""), "kind": "department", "level": "province"}
    with database().read() as session:
        return _page(None, _form(session, None, empty), session)


@blueprint.post("/co-quan/them")
@role_required(*STRUCTURE_EDITORS)
def create_agency() -> Response | tuple[str, int]:
    """Add an agency."""
    with database().read() as session:
        form = _form(session, None)
    added = submit(form, lambda session: _add(session, form))
    if added is None:
        with database().read() as session:
            return _page(None, form, session), 422
    code, name = added
    return go("structure.agency", _("%(name)s was added.", name=name), agency=code)


@blueprint.get("/co-quan/<agency>")
@role_required(*STRUCTURE_EDITORS)
def agency(agency: str) -> str:
    """Show an agency with its history, and what is known of it as a form."""
    with database().read() as session:
        shown = agency_of(session, agency)
        return _page(shown, _opened(session, shown), session)


@blueprint.post("/co-quan/<agency>")
@role_required(*STRUCTURE_EDITORS)
def update_agency(agency: str) -> Response | tuple[str, int]:
    """Correct what is known of an agency."""
    with database().read() as session:
        form = _form(session, agency_of(session, agency))
    changed = submit(
        form,
        lambda session: edit_agency(
            session, form.current(agency_of(session, agency), f"agency:{agency}"), _facts(form), actor=actor()
        ),
    )
    if changed is None:
        with database().read() as session:
            shown = agency_of(session, agency)
            return _page(shown, form.merge(_opened(session, shown)), session), form.status
    return go("structure.agency", _("Saved.") if changed else _("Nothing was changed."), agency=agency)


def _add(session: orm.Session, form: AgencyForm) -> tuple[str, str]:
    """Add the agency of a form; return its code and name."""
    agency = add_agency(session, form.code.data, _facts(form), actor=actor())
    return agency.code, agency.name


def _facts(form: AgencyForm) -> AgencyFacts:
    """What a valid form says of an agency."""
    return AgencyFacts(
        name=form.name.data,
        kind=AgencyKind(form.kind.data),
        level=AgencyLevel(form.level.data),
        parent=form.parent.data,
        name_en=form.name_en.data,
        valid_from=form.valid_from.data,
    )


def _values_of(agency: Agency) -> dict[str, object]:
    return {
        "name": agency.name,
        "name_en": agency.name_en,
        "kind": agency.kind.value,
        "level": agency.level.value,
        "parent": agency.parent.code if agency.parent else "",
        "valid_from": agency.valid_from,
    }


def _opened(session: orm.Session, agency: Agency) -> AgencyForm:
    """The form of an agency as it is stored, never as it was sent."""
    return _form(session, agency, _values_of(agency)).opened_for(agency)


def _form(session: orm.Session, agency: Agency | None, values: Mapping[str, object] | None = None) -> AgencyForm:
    """The form of an agency, or of one to come; a code is given once, so that the former has none."""
    form = AgencyForm() if values is None else AgencyForm(formdata=None, data=values)
    parents = [one for one in structure.in_force(session, today()) if agency is None or one.id != agency.id]
    if agency is not None and agency.parent is not None and agency.parent not in parents:
        parents.append(agency.parent)
    form.parent.options = options(parents)
    form.kind.options, form.level.options = list(kind_words().items()), list(level_words().items())
    if agency is not None:
        del form.code
    return form


def _page(agency: Agency | None, form: AgencyForm, session: orm.Session) -> str:
    return flask.render_template(
        "structure/agency.html",
        agency=agency,
        form=form,
        has_ended=agency is not None and structure.has_ended(agency, today()),
        past=structure.past(session, agency) if agency else None,
        old_names=counters_with_old_names(session, agency) if agency else (),
    )
