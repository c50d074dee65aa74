"""Accounts in bulk: a table of people becomes invitations, printed as slips with one-time links to hand over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import flask
from flask_babel import lazy_gettext as _
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.operations.invitations import DAYS
from survey.accounts.operations.invite_people import (
    Invited,
    invite_expired_again,
    invite_people,
    look_at_people,
)
from survey.accounts.people_table import HEADINGS, MOST_PEOPLE, ROLE_NAMES, Person, known_heading
from survey.accounts.queries import agencies
from survey.accounts.queries.invitations import people_with_expired_links
from survey.accounts.verification import verified_recently
from survey.core.errors import CellError, InputError, TableError
from survey.models import Role
from survey.printing.invitation_sheets import slips_of
from survey.printing.pages.scope import pdf
from survey.printing.posters.invitation_slips import InvitationSlip, render_invitations
from survey.structure.table_templates import Template, workbook_of
from survey.web.context import actor, database, error_message, now, settings
from survey.web.fields import File
from survey.web.forms import Form
from survey.web.uploads import Upload, Uploads, takes_upload

blueprint = flask.Blueprint("people", __name__, url_prefix="/quan-tri/moi-nhieu-nguoi")
SHOWN = 20
SHOWN_ERRORS = 100
FILE_NAME = "phieu-moi.pdf"


class PeopleForm(Form):
    """A table of people."""

    file = File(
        _("Table of people"),
        hint=_("Excel (.xlsx, .xls), OpenDocument (.ods) or CSV, at most 10 MB."),
        accept=".csv,.txt,.tsv,.xlsx,.xls,.ods",
    )


@dataclass(frozen=True)
class PeoplePreview:
    """Whom a table would invite, or why it cannot be."""

    people: Sequence[Person] = ()
    problem: str = ""
    cells: Sequence[CellError] = field(default_factory=tuple)


@blueprint.get("")
@role_required(Role.ADMIN)
def start() -> str:
    """Take a table of people, and tell how many links are too old."""
    return _page(PeopleForm(formdata=None))


@blueprint.get("/mau.xlsx")
@role_required(Role.ADMIN)
def template() -> Response:
    """The template of the table, with lists of roles and agencies."""
    with database().read() as session:
        names = [agency.name for agency in agencies.open_agencies(session)]
    data = workbook_of(Template(list(HEADINGS.values()), [], {1: list(ROLE_NAMES.values()), 2: names}))
    reply = flask.make_response(data)
    reply.mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    reply.headers.set("Content-Disposition", "attachment", filename="mau-tai-khoan.xlsx")
    return reply


@blueprint.post("")
@takes_upload
@role_required(Role.ADMIN)
def send_table() -> Response | tuple[str, int]:
    """Keep a table and lead to whom it would invite."""
    form = PeopleForm()
    try:
        upload = Uploads(settings().storage).receive(form.file.data, actor=actor())
    except InputError as error:
        form.refuse(error, "file")
        return _page(form), 422
    return flask.redirect(flask.url_for("people.preview", token=upload.token), 303)


@blueprint.get("/<token>")
@role_required(Role.ADMIN)
def preview(token: str) -> Response | tuple[str, int]:
    """Show whom a table would invite; nothing is stored."""
    upload = _upload_of(token)
    if upload is None:
        return _back()
    try:
        with database().read() as session, upload.table(known_heading) as table:
            people = look_at_people(session, table)
    except TableError as error:
        return _preview(upload, PeoplePreview(cells=error.cells)), 422
    except InputError as error:
        return _preview(upload, PeoplePreview(problem=error_message(error))), 422
    return _preview(upload, PeoplePreview(people)), 200


@blueprint.post("/<token>")
@role_required(Role.ADMIN)
@verified_recently
def confirm(token: str) -> Response:
    """Make the accounts of a table, all or none, and send their slips."""
    uploads = Uploads(settings().storage)
    upload = _upload_of(token)
    if upload is None:
        return _back()
    try:
        with database().write() as session, upload.table(known_heading) as table:
            slips = _slips(invite_people(session, table, actor=actor()))
    except InputError as error:
        flask.flash(error_message(error).split("\n")[0], "error")
        return flask.redirect(flask.url_for("people.preview", token=token), 303)
    uploads.discard(upload)
    return pdf(render_invitations(slips), FILE_NAME)


@blueprint.post("/het-han")
@role_required(Role.ADMIN)
@verified_recently
def invite_expired() -> Response:
    """Make new links for everybody whose last one is too old, and send their slips."""
    try:
        with database().write() as session:
            slips = _slips(invite_expired_again(session, actor=actor()))
    except InputError as error:
        flask.flash(error_message(error), "error")
        return _back()
    return pdf(render_invitations(slips), FILE_NAME)


def _slips(invited: Sequence[Invited]) -> list[InvitationSlip]:
    """What the slips say. They are drawn once all is stored: codes take seconds, for which nobody is to wait."""

    def address(token: str) -> str:
        return settings().base_url.rstrip("/") + flask.url_for("invitations.accept", token=token)

    return slips_of(invited, address, now().astimezone(settings().timezone))


def _page(form: PeopleForm) -> str:
    with database().read() as session:
        expired = len(people_with_expired_links(session, now()))
    return flask.render_template(
        "printing/people.html", form=form, expired=expired, headings=HEADINGS, roles=ROLE_NAMES, most=MOST_PEOPLE,
        days=DAYS,
    )  # fmt: skip


def _preview(upload: Upload, looked_at: PeoplePreview) -> str:
    with database().read() as session:
        names = agencies.names(session)
    return flask.render_template(
        "printing/people_preview.html",
        upload=upload,
        preview=looked_at,
        names=names,
        shown=SHOWN,
        shown_errors=SHOWN_ERRORS,
        days=DAYS,
    )


def _upload_of(token: str) -> Upload | None:
    """The table that waits, or say that it is gone."""
    try:
        return Uploads(settings().storage).get(token, actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
        return None


def _back() -> Response:
    return flask.redirect(flask.url_for("people.start"), 303)
