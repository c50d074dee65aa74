"""The province's requests for a plan: who was asked, by which document, and who has answered."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.improvement.board import Standing, standings_of
from survey.improvement.documents.layout import BLANK, place_of
from survey.improvement.documents.request import request_letter
from survey.improvement.effects import ENDED
from survey.improvement.operations.request_plan import request_plan
from survey.improvement.pages.common import PROVINCE, READERS, blueprint, is_province, scope
from survey.improvement.pages.forms import RequestForm
from survey.improvement.queries import actions as action_queries
from survey.structure.queries import names
from survey.structure.queries import rounds as round_queries
from survey.web import i18n
from survey.web.context import actor, database, settings, today
from survey.web.i18n import local_name

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@blueprint.get("/yeu-cau")
@role_required(*READERS)
def requests() -> str:
    """List the requests, with the form of a new one for whoever speaks for the province."""
    with database().read() as session:
        return _render(session, None)


@blueprint.post("/yeu-cau")
@role_required(*PROVINCE)
def ask() -> Response | tuple[str, int]:
    """Ask agencies for a plan."""
    form = RequestForm()
    with database().read() as session:
        if not is_province(session):
            flask.abort(403)
        _offer(session, form)
    if form.validate():
        try:
            with database().write() as session:
                asked = request_plan(
                    session,
                    round_=round_queries.by_code(session, form.round.data),
                    agencies=action_queries.agencies_by_code(session, form.agencies.data),
                    due_on=form.due_on.data,
                    document=form.document.data,
                    text=form.text.data,
                    today=today(),
                    actor=actor(),
                )
                flask.flash(_("Asked %(count)s agencies for a plan.", count=len(asked)))
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        with database().read() as session:
            i18n.shown_at(flask.url_for("improvement.requests"))
            return _render(session, form), 422
    return flask.redirect(flask.url_for("improvement.requests"), code=303)


@blueprint.get("/yeu-cau/<int:number>.docx")
@role_required(*READERS)
def letter(number: int) -> flask.Response:
    """Send a request as the letter that the province signs."""
    with database().read() as session:
        visible = scope(session)
        request = next((one for one in action_queries.requests(session, visible) if one.id == number), None)
        if request is None:
            flask.abort(404)
        own = action_queries.actions_of(session, {request.agency.code})
        overdue = [one for one in own if Standing.OVERDUE in standings_of(one, None, today())]
        root = action_queries.root_agency(session)
        name = root.name if root else BLANK
        data = request_letter(
            request, name, place_of(name), overdue, request.created_at.astimezone(settings().timezone).date()
        )
    reply = flask.Response(data, mimetype=DOCX)
    reply.headers["Content-Disposition"] = f'attachment; filename="yeu-cau-{number}.docx"'
    return reply


def _offer(session: orm.Session, form: RequestForm) -> None:
    """Name the rounds that ended, and the agencies there are below the province."""
    ended = [round_ for round_ in round_queries.all_rounds(session) if round_.state in ENDED]
    form.round.options = [(round_.code, local_name(round_)) for round_ in ended]
    agencies = [one for one in names.agencies(session).values() if one.valid_to is None and one.parent_id is not None]
    form.agencies.options = sorted(((one.code, local_name(one)) for one in agencies), key=lambda option: str(option[1]))


def _render(session: orm.Session, form: RequestForm | None) -> str:
    visible, speaks = scope(session), is_province(session)
    if form is None and speaks:
        form = RequestForm(formdata=None)
        form.agencies.data = flask.request.args.getlist("co-quan")
    if form is not None:
        _offer(session, form)
    planned = {(one.agency_id, one.round_id) for one in action_queries.actions_of(session, visible)}
    asked = action_queries.requests(session, visible)
    return flask.render_template(
        "improvement/requests.html",
        form=form,
        requests=[(one, (one.agency_id, one.round_id) in planned, one.due_on < today()) for one in asked],
    )
