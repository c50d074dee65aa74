"""One case: masked for everybody, as it was written for the handler and the approver; and the steps each may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts import audit_words
from survey.accounts.auth import role_required
from survey.accounts.queries import agencies as agency_queries
from survey.accounts.queries import users
from survey.core.errors import InputError
from survey.improvement.casework import forms
from survey.improvement.casework.common import (
    EVALUATORS,
    PROVINCE,
    SORTERS,
    UNITS,
    blueprint,
    case_of,
    is_province,
    may_read,
    scope,
)
from survey.improvement.operations import keep_case
from survey.improvement.queries import cases
from survey.models import Case, CaseKind, CaseState, Role, Theme
from survey.web import i18n
from survey.web.context import actor, database, today, user
from survey.web.forms import EditForm

FormT = TypeVar("FormT", bound=EditForm)


@blueprint.get("/<int:number>")
@role_required(*Role)
def case(number: int) -> str:
    """Show a case, masked."""
    with database().read() as session:
        return _render(session, number)


@blueprint.post("/<int:number>/nguyen-van")
@role_required(*UNITS)
def read(number: int) -> str:
    """Show what the citizen wrote, and write down who read it."""
    with database().write() as session:
        found = case_of(session, number)
        if not may_read(session, found):
            flask.abort(403)
        keep_case.note_reading(session, found, actor=actor())
    with database().read() as session:
        i18n.shown_at(flask.url_for("casework.case", number=number))
        return _render(session, number, raw=True)


@blueprint.post("/<int:number>/phan-loai")
@role_required(*SORTERS)
def sort(number: int) -> Response | tuple[str, int]:
    """Say of what kind it is and what it speaks of."""

    def work(session: orm.Session, found: Case, form: forms.ClassForm) -> None:
        theme = Theme(form.theme.data) if form.theme.data else None
        keep_case.class_case(session, found, kind=CaseKind(form.kind.data), theme=theme, on=today(), actor=actor())

    form = forms.ClassForm(ids="-sort")
    form.offer()
    return _take(number, "sort", form, work)


@blueprint.post("/<int:number>/giao")
@role_required(*SORTERS)
def assign(number: int) -> Response | tuple[str, int]:
    """Name who handles it."""

    def work(session: orm.Session, found: Case, form: forms.AssignForm) -> None:
        handler = users.find(session, int(form.handler.data)) if form.handler.data else None
        keep_case.assign_case(session, found, owner=form.owner.data, handler=handler, on=today(), actor=actor())

    form = forms.AssignForm(ids="-assign")
    with database().read() as session:
        form.offer(_handlers(session, case_of(session, number)))
    return _take(number, "assign", form, work)


@blueprint.post("/<int:number>/chuyen")
@role_required(*SORTERS)
def hand_over(number: int) -> Response | tuple[str, int]:
    """Hand it to the agency that is competent; or let a priority case go to its agency."""

    def work(session: orm.Session, found: Case, form: forms.HandOverForm) -> None:
        to = next(one for one in cases.agencies(session) if one.code == form.agency.data)
        keep_case.hand_over(session, found, to=to, reason=form.reason.data, on=today(), actor=actor())

    form = forms.HandOverForm(ids="-hand_over")
    with database().read() as session:
        form.offer(cases.agencies(session))
    return _take(number, "hand_over", form, work, after="casework.worklist")


@blueprint.post("/<int:number>/tra-loi")
@role_required(*UNITS)
def reply(number: int) -> Response | tuple[str, int]:
    """Write the reply."""

    def work(session: orm.Session, found: Case, form: forms.ReplyForm) -> None:
        keep_case.write_reply(session, found, text=form.reply.data, on=today(), actor=actor())

    return _take(number, "reply", forms.ReplyForm(ids="-reply"), work, allowed=_is_handler)


@blueprint.post("/<int:number>/duyet")
@role_required(*PROVINCE)
def approve(number: int) -> Response | tuple[str, int]:
    """Approve the reply, or send it back with a remark."""

    def work(session: orm.Session, found: Case, form: forms.ApproveForm) -> None:
        if form.decision.data == "approve":
            keep_case.approve_reply(session, found, on=today(), actor=actor())
        else:
            keep_case.return_reply(session, found, remark=form.remark.data, on=today(), actor=actor())

    return _take(number, "approve", forms.ApproveForm(ids="-approve"), work, allowed=_is_approver)


def _is_handler(_session: orm.Session, found: Case) -> bool:
    return found.handler_id == user().id


def _is_approver(session: orm.Session, _found: Case) -> bool:
    return is_province(session)


def _take(
    number: int,
    step: str,
    form: FormT,
    work: Callable[[orm.Session, Case, FormT], None],
    after: str = "casework.case",
    allowed: Callable[[orm.Session, Case], bool] = lambda _session, _case: True,
) -> Response | tuple[str, int]:
    """Take a step of a case for a form that is valid; else show the case with the form that says what is wrong."""
    with database().read() as session:
        if not allowed(session, case_of(session, number)):
            flask.abort(403)
    if form.validate():
        try:
            with database().write() as session:
                work(session, form.current(case_of(session, number), f"case:{number}"), form)
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        with database().read() as session:
            i18n.shown_at(flask.url_for("casework.case", number=number))
            return _render(session, number, {step: form}), form.status
    flask.flash(_("The case is saved."))
    where = {"number": number} if after == "casework.case" else {}
    return flask.redirect(flask.url_for(after, **where), code=303)  # type: ignore[arg-type]


def _handlers(session: orm.Session, found: Case) -> list[Any]:
    """The accounts that a case can be given to: of its agency, of those above that see it and of those below."""
    visible = users.agencies_below(session, found.agency_id)
    return [
        one
        for one in cases.handlers(session, None)
        if one.agency is not None and (one.agency.code in visible or one.id == user().id)
    ]


def _render(session: orm.Session, number: int, refused: dict[str, EditForm] | None = None, *, raw: bool = False) -> str:
    found = case_of(session, number)
    still, person = found.state is not CaseState.CLOSED, user()
    sort_form = forms.ClassForm(formdata=None, ids="-sort", obj=found)
    sort_form.offer()
    assign_form = forms.AssignForm(formdata=None, ids="-assign", owner=found.owner, handler=found.handler_id)
    assign_form.offer(_handlers(session, found))
    over_form = forms.HandOverForm(formdata=None, ids="-hand_over", agency=found.agency.code)
    over_form.offer(cases.agencies(session))
    fresh: dict[str, EditForm] = {
        "sort": sort_form,
        "assign": assign_form,
        "hand_over": over_form,
        "reply": forms.ReplyForm(formdata=None, ids="-reply", reply=found.reply),
        "approve": forms.ApproveForm(formdata=None, ids="-approve"),
    }
    for step, form in fresh.items():
        form.opened_for(found)
        if refused and step in refused:
            refused[step].merge(form)
    names, people = agency_queries.names(session), users.people(session)
    waits = found.state is CaseState.REPLIED
    return flask.render_template(
        "improvement/casework/case.html",
        case=found,
        raw=found.text if raw else None,
        late=still and found.due_on < today(),
        events=cases.events(session, number),
        remark=cases.last_remark(session, number) if found.state is CaseState.WORKING else "",
        changes=lambda facts: (
            audit_words.changes(facts.get("before"), facts.get("after"), names, people) if facts else []
        ),
        forms=fresh | (refused or {}),
        refused=next(iter((refused or {}).values()), None),
        may_sort=still and person.role in SORTERS,
        may_read=may_read(session, found) and bool(found.text) and not raw,
        may_reply=still and not waits and found.handler_id == person.id,
        may_approve=waits and is_province(session),
        held=not found.released,
        evaluator=person.role in EVALUATORS,
        scope=scope(session),
    )
