"""One action: what it is, its history and evidence, and each step that this person may take."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts import audit_words
from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.improvement.board import BoardRow, standings_of
from survey.improvement.effects import effects_of
from survey.improvement.evidence_files import check_file
from survey.improvement.finding_record import Finding
from survey.improvement.operations import judge_action, keep_action
from survey.improvement.operations.keep_evidence import keep_evidence
from survey.improvement.pages import forms
from survey.improvement.pages.common import (
    EDITORS,
    PROVINCE,
    READERS,
    action_of,
    blueprint,
    definitions_of,
    is_province,
    titles_of,
)
from survey.improvement.queries import actions as action_queries
from survey.models import Action, ActionState
from survey.models.followup import MAX_EVIDENCE
from survey.web import i18n
from survey.web.context import actor, database, today, user
from survey.web.forms import EditForm, Form
from survey.web.uploads import takes_upload

FormT = TypeVar("FormT", bound=Form)
STEPS: dict[str, type[Form]] = {
    "change": forms.ChangeForm,
    "extend": forms.ExtensionForm,
    "note": forms.NoteForm,
    "evidence": forms.EvidenceForm,
    "done": forms.DoneForm,
    "drop": forms.DropForm,
    "judge": forms.JudgeForm,
    "withdraw": forms.WithdrawForm,
}
"""The form of each step, by its name on the page."""


FIXED = frozenset({"agency", "round", "element", "item"})
"""Facts of an action that are codes in the log and never change."""


@blueprint.get("/<int:number>")
@role_required(*READERS)
def action(number: int) -> str:
    """Show an action."""
    with database().read() as session:
        return _render(session, number)


@blueprint.post("/<int:number>/sua")
@role_required(*EDITORS)
def change(number: int) -> Response | tuple[str, int]:
    """Change what an open action says."""

    def work(session: orm.Session, found: Action, form: forms.ChangeForm) -> None:
        form.current(found, f"action:{number}")
        keep_action.change_action(session, found, wording=form.wording(), actor=actor())

    form = forms.ChangeForm(ids="-change")
    form.offer()
    return _take(number, "change", form, work)


@blueprint.post("/<int:number>/gia-han")
@role_required(*EDITORS)
def extend(number: int) -> Response | tuple[str, int]:
    """Move the due day, with the reason."""

    def work(session: orm.Session, found: Action, form: forms.ExtensionForm) -> None:
        keep_action.extend_action(
            session, found, due_on=form.due_on.data, reason=form.reason.data, today=today(), actor=actor()
        )

    return _take(number, "extend", forms.ExtensionForm(ids="-extend"), work)


@blueprint.post("/<int:number>/tien-do")
@role_required(*EDITORS)
def note(number: int) -> Response | tuple[str, int]:
    """Write down how it is getting on."""

    def work(session: orm.Session, found: Action, form: forms.NoteForm) -> None:
        keep_action.note_progress(session, found, text=form.text.data, actor=actor())

    return _take(number, "note", forms.NoteForm(ids="-note"), work)


@blueprint.post("/<int:number>/minh-chung")
@takes_upload
@role_required(*EDITORS)
def add_evidence(number: int) -> Response | tuple[str, int]:
    """Keep a file that shows what was done."""

    def work(session: orm.Session, found: Action, form: forms.EvidenceForm) -> None:
        with contextlib.closing(form.file.data) as sent:
            checked = check_file(sent.stream.read(MAX_EVIDENCE + 1), sent.filename or "")
        already = len(action_queries.evidence(session, found.id))
        keep_evidence(session, found, checked, already=already, actor=actor())

    return _take(number, "evidence", forms.EvidenceForm(ids="-evidence"), work)


@blueprint.get("/<int:number>/minh-chung/<int:place>")
@role_required(*READERS)
def evidence(number: int, place: int) -> Response:
    """Send a file of evidence, as an attachment whatever it is."""
    with database().read() as session:
        found = action_queries.evidence_file(session, action_of(session, number).id, place) if place > 0 else None
        if found is None:
            flask.abort(404)
        return flask.send_file(
            io.BytesIO(found.data), mimetype=found.media_type, as_attachment=True, download_name=found.name
        )


@blueprint.post("/<int:number>/xong")
@role_required(*EDITORS)
def done(number: int) -> Response | tuple[str, int]:
    """Report it as done."""

    def work(session: orm.Session, found: Action, form: forms.DoneForm) -> None:
        keep_action.report_done(session, found, evidence=form.evidence.data, actor=actor())

    return _take(number, "done", forms.DoneForm(ids="-done"), work)


@blueprint.post("/<int:number>/bo")
@role_required(*EDITORS)
def drop(number: int) -> Response | tuple[str, int]:
    """Give it up."""

    def work(session: orm.Session, found: Action, form: forms.DropForm) -> None:
        keep_action.drop_action(session, found, reason=form.reason.data, actor=actor())

    return _take(number, "drop", forms.DropForm(ids="-drop"), work)


@blueprint.post("/<int:number>/duyet")
@role_required(*PROVINCE)
def judge(number: int) -> Response | tuple[str, int]:
    """Accept it, or return it with a remark."""

    def work(session: orm.Session, found: Action, form: forms.JudgeForm) -> None:
        if form.decision.data == "accept":
            workers = action_queries.workers(session, found.id)
            judge_action.accept_action(session, found, remark=form.remark.data, workers=workers, actor=actor())
        else:
            judge_action.return_action(session, found, remark=form.remark.data, actor=actor())

    return _take(number, "judge", forms.JudgeForm(ids="-judge"), work, province=True)


@blueprint.post("/<int:number>/rut-duyet")
@role_required(*PROVINCE)
def withdraw(number: int) -> Response | tuple[str, int]:
    """Take an acceptance back."""

    def work(session: orm.Session, found: Action, form: forms.WithdrawForm) -> None:
        judge_action.withdraw_acceptance(session, found, reason=form.reason.data, actor=actor())

    return _take(number, "withdraw", forms.WithdrawForm(ids="-withdraw"), work, province=True)


def _take(
    number: int,
    step: str,
    form: FormT,
    work: Callable[[orm.Session, Action, FormT], None],
    *,
    province: bool = False,
) -> Response | tuple[str, int]:
    """Take a step of an action for a form that is valid; else show the action with the form that says what is wrong."""
    with database().read() as session:
        action_of(session, number)
        if province and not is_province(session):
            flask.abort(403)
    if form.validate():
        try:
            with database().write() as session:
                work(session, action_of(session, number), form)
        except InputError as error:
            form.refuse(error)
    at = flask.url_for("improvement.action", number=number)
    if form.mistakes:
        with database().read() as session:
            i18n.shown_at(at)
            return _render(session, number, {step: form}), form.status if isinstance(form, EditForm) else 422
    flask.flash(_("Saved: action %(number)s.", number=number))
    return flask.redirect(at, code=303)


def _changeable(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Facts without those that stand at the head of the page, in words, and never change."""
    return {key: fact for key, fact in (facts or {}).items() if key not in FIXED}


def _render(session: orm.Session, number: int, refused: dict[str, Any] | None = None) -> str:
    found = action_of(session, number)
    definitions = definitions_of([found])
    effect = effects_of(session, [found]).get(found.id)
    row = BoardRow(found, titles_of([found], definitions)[found.id], effect, standings_of(found, effect, today()))
    fresh = forms.ChangeForm(formdata=None, ids="-change", obj=found)
    fresh.offer()
    fresh.opened_for(found)
    empty = {name: kind(formdata=None, ids=f"-{name}") for name, kind in STEPS.items()} | {"change": fresh}
    if refused and isinstance(refused.get("change"), EditForm):
        refused["change"].merge(fresh)
    editor = user().role in EDITORS
    working = found.state in keep_action.OPEN
    waiting = found.state is ActionState.DONE and found.accepted_at is None
    speaks = is_province(session)
    return flask.render_template(
        "improvement/action.html",
        row=row,
        action=found,
        finding=Finding.of(found.figures),
        events=action_queries.events(session, number),
        files=action_queries.evidence(session, number),
        forms=empty | (refused or {}),
        changes=lambda before, after: audit_words.changes(_changeable(before), _changeable(after), {}, {}),
        refused=next(iter((refused or {}).values()), None),
        may_work=editor and working,
        may_attach=editor and found.accepted_at is None and found.state is not ActionState.DROPPED,
        may_judge=speaks and waiting,
        may_withdraw=speaks and found.accepted_at is not None,
    )
