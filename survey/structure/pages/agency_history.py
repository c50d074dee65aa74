"""What happens to agencies: a new name, a merger, a split, an end, each from a day on."""

from __future__ import annotations

from datetime import date

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Agency
from survey.structure.operations.change_agency import AgencyFacts, add_agency, end_agency
from survey.structure.operations.merge_agencies import Moved, merge_agencies, split_agency
from survey.structure.operations.rename import rename_agency
from survey.structure.pages.common import (
    STRUCTURE_EDITORS,
    agency_of,
    blueprint,
    chosen_agencies,
    dated_change,
    form_date,
    form_list,
    form_text,
    go,
)
from survey.structure.queries import structure
from survey.web.context import actor, database, error_message, today

PARTS = 4
"""New agencies a split's form has room for."""


@blueprint.route("/co-quan/<agency>/doi-ten", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def rename(agency: str) -> Response | str | tuple[str, int]:
    """Give an agency a new name from a day on."""
    if flask.request.method == "GET":
        return _page("rename", agency)
    try:
        with database().write() as session:
            found = agency_of(session, agency)
            rename_agency(session, found, form_text("name"), form_text("name_en"), dated_change(form_date("since")))
            message = _("It is called %(name)s now. Rounds that began before keep the old name.", name=found.name)
    except InputError as error:
        return _page("rename", agency, error_message(error)), 422
    return go("structure.agency", message, agency=agency)


@blueprint.route("/co-quan/<agency>/ket-thuc", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def end(agency: str) -> Response | str | tuple[str, int]:
    """End an agency from whom nobody takes over."""
    if flask.request.method == "GET":
        return _page("end", agency)
    try:
        with database().write() as session:
            found = agency_of(session, agency)
            end_agency(session, found, dated_change(form_date("since")))
            message = _("%(name)s has ended. Its results stay.", name=found.name)
    except InputError as error:
        return _page("end", agency, error_message(error)), 422
    return go("structure.agency", message, agency=agency)


@blueprint.route("/co-quan/<agency>/sap-nhap", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def merge(agency: str) -> Response | str | tuple[str, int]:
    """Merge an agency, alone or with others, into one that exists or into a new one."""
    if flask.request.method == "GET":
        return _page("merge", agency)
    try:
        with database().write() as session:
            found, since = agency_of(session, agency), form_date("since")
            merged = [found, *chosen_agencies(session, [code for code in form_list("with") if code != agency])]
            if form_text("into"):
                successor = chosen_agencies(session, [form_text("into")])[0]
            else:
                successor = _new(session, found, form_text("new_code"), form_text("new_name"), since)
            moved = merge_agencies(session, merged, successor, dated_change(since), follow=_follow(since))
            code, message = successor.code, _done(_("%(name)s takes over.", name=successor.name), moved)
    except InputError as error:
        return _page("merge", agency, error_message(error)), 422
    return go("structure.agency", message, agency=code)


@blueprint.route("/co-quan/<agency>/chia-tach", methods=["GET", "POST"])
@role_required(*STRUCTURE_EDITORS)
def split(agency: str) -> Response | str | tuple[str, int]:
    """Split an agency into several: existing ones, new ones, or both."""
    if flask.request.method == "GET":
        return _page("split", agency)
    try:
        with database().write() as session:
            found, since = agency_of(session, agency), form_date("since")
            parts = [
                _new(session, found, form_text(f"new_code_{k}"), form_text(f"new_name_{k}"), since)
                for k in range(1, PARTS + 1)
                if form_text(f"new_code_{k}") or form_text(f"new_name_{k}")
            ]
            parts += chosen_agencies(session, form_list("into"))
            moved = split_agency(session, found, parts, dated_change(since), follow=_follow(since))
            takers = ", ".join(part.name for part in parts)
            message = _done(_("%(names)s take over from %(name)s.", names=takers, name=found.name), moved)
    except InputError as error:
        return _page("split", agency, error_message(error)), 422
    return go("structure.agency", message, agency=agency)


def _follow(since: date) -> bool:
    """Say whether counters and accounts follow; `InputError` for a day to come, since they would do so at once."""
    if form_text("follow") and since > today():
        raise InputError(
            "Counters and accounts follow at once, so not before %(day)s: do it on that day, or leave the box empty",
            day=f"{since:%d/%m/%Y}",
        )
    return bool(form_text("follow"))


def _new(session: orm.Session, like: Agency, code: str, name: str, since: date) -> Agency:
    """Add the agency that takes over: of the same kind, tier and place as the one that ends."""
    if not code and not name:
        raise InputError("Choose the agency that takes over, or give the code and name of a new one")
    facts = AgencyFacts(name, like.kind, like.level, like.parent.code if like.parent else "", valid_from=since)
    return add_agency(session, code, facts, actor=actor())


def _done(first: str, moved: Moved) -> str:
    """Return what was done, and what followed."""
    if not any((moved.counters, moved.deciding, moved.accounts, moved.below)):
        return first
    return f"{first} " + str(
        _(
            "Followed: counters %(counters)d, places where it decides %(deciding)d, accounts %(accounts)d, "
            "agencies below %(below)d.",
            counters=moved.counters,
            deciding=moved.deciding,
            accounts=moved.accounts,
            below=moved.below,
        )
    )


def _page(what: str, code: str, problem: str | None = None) -> str:
    with database().read() as session:
        found = agency_of(session, code)
        others = [one for one in structure.in_force(session, today()) if one.id != found.id]
        siblings = [one for one in others if one.parent_id == found.parent_id and one.level is found.level]
        page: str = flask.render_template(
            f"structure/{what}.html",
            agency=found,
            others=others,
            siblings=siblings,
            parts=range(1, PARTS + 1),
            values=flask.request.form,
            today=today(),
            problem=problem,
        )
        return page
