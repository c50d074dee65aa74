"""The work list of cases: 50 a screen, filters in the address, priority words on top, steps for many at once."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.queries.users import agencies_below
from survey.core.errors import InputError, StaleEditError
from survey.core.text import clean
from survey.improvement.case_text import case_code
from survey.improvement.casework.common import EVALUATORS, SORTERS, blueprint, case_of, scope
from survey.improvement.casework.forms import ClassManyForm, TakeDownForm, theme_options
from survey.improvement.operations.keep_case import NewCase, class_case, receive_case
from survey.improvement.queries import cases
from survey.improvement.queries.cases import CaseFilter
from survey.models import Agency, CaseKind, CaseOrigin, CaseState, Role, Theme
from survey.results.comments import masked_text
from survey.results.queries import comments
from survey.web import i18n
from survey.web.context import actor, database, settings, today, user
from survey.web.i18n import local_name
from survey.web.redirects import safe_next
from survey.web.wording import CASE_STATES

PER_PAGE = 50
ARGUMENTS = ("tinh-trang", "co-quan", "chu-de", "tim")
STATES = ("open", *(state.value for state in CaseState), "overdue", "priority")


@blueprint.get("")
@role_required(*Role)
def worklist() -> str:
    """Show the list."""
    with database().read() as session:
        return _render(session)


@blueprint.post("/nhieu")
@role_required(*SORTERS)
def many() -> Response:
    """Class the ticked cases at once; those that cannot be, or that somebody changed meanwhile, are counted."""
    form = ClassManyForm().offer()
    target = safe_next(form.next.data) or flask.url_for("casework.worklist")
    if not form.validate():
        flask.flash(" ".join(mistake.advice for mistake in form.mistakes), "error")
        return flask.redirect(target, 303)
    done = failed = 0
    for number, version in form.ticked[:PER_PAGE]:
        try:
            with database().write() as session:
                case = case_of(session, number)
                if case.row_version != version:  # another's step since the list was opened
                    raise StaleEditError
                class_case(
                    session,
                    case,
                    kind=CaseKind(form.kind.data) if form.kind.data else case.kind,
                    theme=Theme(form.theme.data) if form.theme.data else case.theme,
                    on=today(),
                    actor=actor(),
                )
                done += 1
        except InputError:
            failed += 1
    flask.flash(_("Classed %(done)s cases; %(failed)s could not be.", done=done, failed=failed))
    return flask.redirect(target, 303)


@blueprint.get("/moi")
@role_required(*Role)
def new() -> str:
    """Show the form of a case taken down from paper or the telephone."""
    form = TakeDownForm(received_on=today())
    with database().read() as session:
        form.offer(_own_agencies(session))
        return flask.render_template("improvement/casework/new.html", form=form)


@blueprint.post("/moi")
@role_required(*Role)
def take_down() -> Response | tuple[str, int] | str:
    """Store a case taken down from paper or the telephone, and show the code to give to the citizen, once."""
    form = TakeDownForm()
    with database().read() as session:
        agencies = _own_agencies(session)
        form.offer(agencies)
    code = case_code(secrets.token_urlsafe(18), settings().secret_key)
    if form.validate():
        try:
            if form.received_on.data > today():
                raise InputError("This day has not come yet", field="received_on")  # noqa: TRY301
            with database().write() as session:
                agency = next(one for one in agencies if one.code == form.agency.data)
                taken = NewCase(code, agency.id, form.text.data, CaseKind(form.kind.data), CaseOrigin(form.origin.data))
                receive_case(session, taken, received_on=form.received_on.data, actor=actor())
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        i18n.shown_at(flask.url_for("casework.new"))
        return flask.render_template("improvement/casework/new.html", form=form), 422
    return flask.render_template("improvement/casework/taken.html", code=code)


@blueprint.post("/tu-y-kien/<int:number>")
@role_required(*EVALUATORS)
def from_comment(number: int) -> Response | str:
    """Make a case of a comment: its masked words; nothing leads back to the comment."""
    code = case_code(secrets.token_urlsafe(18), settings().secret_key)
    with database().write() as session:
        comment = comments.find(session, number) or flask.abort(404)
        taken = NewCase(code, comment.agency_id, masked_text(comment), origin=CaseOrigin.COMMENT)
        receive_case(session, taken, received_on=today(), actor=actor())
    flask.flash(_("A case was made of the comment."))
    return flask.redirect(flask.url_for("casework.worklist"), 303)


def _own_agencies(session: orm.Session) -> list[Agency]:
    """The agencies that this person may take a case down for: unit roles for their own and those below."""
    every = list(cases.agencies(session))
    person = user()
    if person.role in EVALUATORS:
        return every
    own = agencies_below(session, person.agency_id or 0)
    return [one for one in every if one.code in own]


def _render(session: orm.Session) -> str:
    seen, now = scope(session), today()
    asked = _asked()
    total = cases.count(session, seen, asked, now)
    pages = max(1, -(-total // PER_PAGE))
    number = min(max(1, flask.request.args.get("trang", 1, int)), pages)
    found = cases.search(session, seen, asked, now, limit=PER_PAGE, offset=PER_PAGE * (number - 1))
    return flask.render_template(
        "improvement/casework/worklist.html",
        rows=[(case, case.state is not CaseState.CLOSED and case.due_on < now) for case in found],
        counts=cases.counts(session, seen, now),
        clocks=cases.clocks(session, seen, now) if user().role is not Role.STAFF else [],
        asked=asked,
        total=total,
        number=number,
        pages=pages,
        agencies=[(one.code, local_name(one)) for one in cases.agencies(session)],
        themes=theme_options(),
        many=ClassManyForm(formdata=None, next=_address(trang=number)).offer(),
        states=CASE_STATES.here(),
        address=_address,
        may_sort=user().role in SORTERS,
        is_admin=user().role is Role.ADMIN,
    )


def _asked() -> CaseFilter:
    given = {name: clean(flask.request.args.get(name, ""))[:200] for name in ARGUMENTS}
    state = given["tinh-trang"] if given["tinh-trang"] in STATES else ""
    theme = given["chu-de"] if given["chu-de"] in set(Theme) else ""
    return CaseFilter(state=state, agency=given["co-quan"], theme=theme, words=given["tim"])


def _address(**changes: object) -> str:
    """The address of this list with some parts changed."""
    parts = {name: value for name, value in flask.request.args.items() if name in ARGUMENTS}
    parts |= {name.replace("_", "-"): str(value) for name, value in changes.items()}
    parts = {name: value for name, value in parts.items() if value}
    return flask.url_for("casework.worklist") + (f"?{urlencode(parts)}" if parts else "")
