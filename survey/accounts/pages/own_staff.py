"""Staff accounts of a manager: of the own agency and those below it, and of no higher role."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.forms import StaffForm
from survey.accounts.operations import change_user
from survey.accounts.operations.create_user import create_user
from survey.accounts.operations.invitations import DAYS, invite
from survey.accounts.queries import agencies, passkeys, users
from survey.accounts.verification import verified_recently
from survey.core.errors import InputError
from survey.models import Role, User
from survey.web.context import actor, database, error_message, settings
from survey.web.listing import asked, list_page

blueprint = flask.Blueprint("own_staff", __name__, url_prefix="/can-bo-don-vi")


@blueprint.get("")
@role_required(Role.MANAGER)
def staff() -> str:
    """List the staff of the own agency and of those below it."""
    with database().read() as session:
        return _list(session, _form(session))


@blueprint.post("")
@role_required(Role.MANAGER)
@verified_recently
def add() -> str | tuple[str, int]:
    """Make a staff account and show the link by which its owner sets the password."""
    with database().read() as session:
        form = _form(session)
    by = actor()
    if form.validate():
        try:
            with database().write() as session:
                user = create_user(
                    session,
                    username=form.username.data,
                    display_name=form.display_name.data,
                    password=None,
                    role=Role.STAFF,
                    agency_id=agencies.id_by_code(session, form.agency.data),
                    actor=by,
                )
                token, name = invite(session, user, actor=by), user.display_name
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        with database().read() as session:
            return _list(session, form), 422
    return _link(name, token)


@blueprint.post("/<int:number>/moi")
@role_required(Role.MANAGER)
@verified_recently
def invite_again(number: int) -> str:
    """Take the password of a staff account away and show a new link."""
    with database().write() as session:
        found = _own(session, number)
        token, name = invite(session, found, actor=actor()), found.display_name
    return _link(name, token)


@blueprint.post("/<int:number>/dong")
@role_required(Role.MANAGER)
def close(number: int) -> Response:
    """Close a staff account."""
    return _do(number, change_user.close_user, _("The account is closed."))


@blueprint.post("/<int:number>/mo")
@role_required(Role.MANAGER)
@verified_recently
def reopen(number: int) -> Response:
    """Open a closed staff account again."""
    return _do(number, change_user.reopen_user, _("The account is open again."))


def _do(number: int, operation: Callable[..., None], done: str) -> Response:
    try:
        with database().write() as session:
            operation(session, _own(session, number), actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
    else:
        flask.flash(done)
    return flask.redirect(flask.url_for("own_staff.staff"), code=303)


def _own(session: orm.Session, number: int) -> User:
    """A staff account of the manager's agencies; 404 for any other, whether it exists or not."""
    found = users.find(session, number)
    if found is None or found.role is not Role.STAFF or found.agency is None:
        flask.abort(404)
    if found.agency.code not in users.agencies_below(session, _agency_id()):
        flask.abort(404)
    return found


def _agency_id() -> int:
    """The agency of whoever is signed in; 404 for a manager without one."""
    own: int | None = flask.g.user.agency_id
    return own if own is not None else flask.abort(404)


def _form(session: orm.Session) -> StaffForm:
    form = StaffForm()
    mine = users.agencies_below(session, _agency_id())
    form.offer([agency for agency in agencies.open_agencies(session) if agency.code in mine])
    return form


def _list(session: orm.Session, form: StaffForm) -> str:
    mine = users.agencies_below(session, _agency_id())
    found = users.search_users(session, asked("tim"), Role.STAFF)
    page = list_page([user for user in found if user.agency is not None and user.agency.code in mine])
    factors = passkeys.owners(session)
    return flask.render_template("accounts/own_staff.html", page=page, form=form, owners=factors, words=asked("tim"))


def _link(name: str, token: str) -> str:
    link = settings().base_url + flask.url_for("invitations.accept", token=token)
    return flask.render_template("accounts/link.html", name=name, link=link, days=DAYS, back="own_staff.staff")
