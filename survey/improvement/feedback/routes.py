"""Addresses of a citizen's case: write one, follow it by its code, say whether the reply helped.

No cookie, no script, no account. Requests here leave no line in the server's log (`g.unlogged`), so that no log tells
when a case came or that the same telephone rated a moment before.
"""

from __future__ import annotations

import secrets

import flask
from flask_babel import gettext as _
from limits import parse
from sqlalchemy import orm
from werkzeug.wrappers import Response as Reply

from survey.core.errors import InputError
from survey.improvement.case_text import case_code, parse_case_code
from survey.improvement.operations.keep_case import NOT_HANDLED, NewCase, rate_reply, receive_case
from survey.improvement.queries import cases
from survey.models import Agency, Case, CaseKind, CaseState
from survey.models.cases import MAX_CASE
from survey.web.context import database, error_message, settings, today
from survey.web.security import caller, limiter

blueprint = flask.Blueprint("cases", __name__, url_prefix="/phan-anh")

PER_ADDRESS = parse("20 per hour")
"""Rate limit of cases from one address: an office behind one connection stays below."""
LOOKING = "30 per 5 minutes"
"""Rate limit of looking up codes from one address: 57 bits are not found by trying."""
OFFERED = (CaseKind.REPORT, CaseKind.SUGGESTION)
KEY_LENGTH = (16, 64)
HONEYPOT = "website"

View = str | tuple[str, int] | Reply


@blueprint.before_request
def _leave_no_line() -> None:
    flask.g.unlogged = True


@blueprint.get("")
def write() -> View:
    """Show the form."""
    typed = flask.request.args.get("ma", "").strip()
    if typed:
        code = parse_case_code(typed)
        if code is None:
            return _form(_("That is not a whole code. It looks like PA-7K3M-Q2XA-9D4T."), status=422)
        return flask.redirect(flask.url_for("cases.follow", code=code), 303)
    return _form()


@blueprint.post("")
def send() -> View:
    """Store a case once, and lead to its page; show the form again, the text kept, when something is wrong."""
    given = flask.request.form
    key = given.get("key", "")
    if not KEY_LENGTH[0] <= len(key) <= KEY_LENGTH[1]:
        return _form(_("Please press the button once more."), given, status=422)
    kind = given.get("kind", CaseKind.REPORT.value)
    kind = kind if kind in OFFERED else CaseKind.REPORT.value
    code = case_code(key, settings().secret_key)
    with database().read() as session:
        agency = _agency(session, given.get("agency", ""))
    if agency is None:
        return _form(_("Please choose the agency."), given, status=422)
    if not limiter.limiter.hit(PER_ADDRESS, "case", caller()):
        flask.g.retry_after = PER_ADDRESS.get_expiry()
        return _form(_("Too many at once. Please wait, then press the button again."), given, status=429)
    if not given.get(HONEYPOT):
        try:
            with database().write() as session:
                receive_case(
                    session, NewCase(code, agency.id, given.get("text", ""), CaseKind(kind)), received_on=today()
                )
        except InputError as error:
            return _form(error_message(error), given, status=422)
    return flask.redirect(flask.url_for("cases.follow", code=code, moi=1), 303)


@blueprint.get("/<code>")
@limiter.limit(LOOKING)
def follow(code: str) -> View:
    """Show how far a case has come, and its reply."""
    with database().read() as session:
        return _show(_case(session, code), code)


@blueprint.post("/<code>/tra-loi")
@limiter.limit(LOOKING)
def rate(code: str) -> View:
    """Keep whether the reply helped."""
    given = flask.request.form
    with database().read() as session:
        case = _case(session, code)
        if given.get("helped") not in {"1", "0"}:
            return _show(case, code, _("Please choose yes or no.")), 422
    try:
        with database().write() as session:
            rate_reply(
                session,
                _case(session, code),
                helped=given["helped"] == "1",
                why=given.get("why", ""),
                on=today(),
            )
    except InputError as error:
        with database().read() as session:
            return _show(_case(session, code), code, error_message(error)), 422
    return flask.redirect(flask.url_for("cases.follow", code=code), 303)


def _case(session: orm.Session, typed: str) -> Case:
    code = parse_case_code(typed)
    return (cases.by_code(session, code) if code else None) or flask.abort(404)


def _agency(session: orm.Session, code: str) -> Agency | None:
    return next((one for one in cases.agencies(session) if one.code == code), None)


def _form(advice: str = "", given: object = None, *, status: int = 200) -> tuple[str, int]:
    filled = given if given is not None else flask.request.args
    key = str(filled.get("key", "")) if given is not None else ""  # type: ignore[attr-defined]
    with database().read() as session:
        page = flask.render_template(
            "improvement/feedback/write.html",
            advice=advice,
            agencies=cases.agencies(session),
            kinds=[kind.value for kind in OFFERED],
            filled=filled,
            key=key if len(key) >= KEY_LENGTH[0] else secrets.token_urlsafe(18),
            most=MAX_CASE,
            months=settings().case_months,
            honeypot=HONEYPOT,
        )
    return page, status


def _show(case: Case, code: str, advice: str = "") -> str:
    answered = case.state is CaseState.CLOSED and bool(case.reply)
    return flask.render_template(
        "improvement/feedback/follow.html",
        case=case,
        code=parse_case_code(code),
        fresh=flask.request.args.get("moi") == "1" and case.state is CaseState.NEW,
        answered=answered,
        elsewhere=case.kind if case.kind in NOT_HANDLED else None,
        late=case.state is not CaseState.CLOSED and case.due_on < today(),
        advice=advice,
    )
