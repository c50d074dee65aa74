"""Accounts: who may sign in, as what, and the links by which people set their passwords."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.forms import InviteForm, UserForm
from survey.accounts.operations import change_user
from survey.accounts.operations.create_user import create_user
from survey.accounts.operations.invitations import DAYS, invite
from survey.accounts.pages.common import blueprint
from survey.accounts.queries import agencies, passkeys
from survey.accounts.queries import users as user_queries
from survey.accounts.verification import verified_recently
from survey.core.errors import InputError
from survey.models import Role, User
from survey.web.context import actor, database, error_message, settings
from survey.web.listing import asked, list_page


@blueprint.get("/tai-khoan")
@role_required(Role.ADMIN)
def users() -> str:
    """List the accounts, cut to a name, a role or an agency by the address."""
    with database().read() as session:
        return _list(session, _invite_form(session))


@blueprint.post("/tai-khoan")
@role_required(Role.ADMIN)
@verified_recently
def create() -> str | tuple[str, int]:
    """Make an account and show the link by which its owner sets the password."""
    with database().read() as session:
        form = _invite_form(session)
    by = actor()
    if form.validate():
        try:
            with database().write() as session:
                user = create_user(
                    session,
                    username=form.username.data,
                    display_name=form.display_name.data,
                    password=None,
                    role=Role(form.role.data),
                    agency_id=_agency_id(session, form),
                    actor=by,
                )
                token, name = invite(session, user, actor=by), user.display_name
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        with database().read() as session:
            return _list(session, form), 422
    return _show_link(name, token)


@blueprint.get("/tai-khoan/<int:number>")
@role_required(Role.ADMIN)
def user(number: int) -> str:
    """Show one account and what can be done to it."""
    with database().read() as session:
        found = _user(session, number)
        form = UserForm.of(found)
        form.offer(agencies.open_agencies(session))
        return _one(found, form)


@blueprint.post("/tai-khoan/<int:number>")
@role_required(Role.ADMIN)
@verified_recently
def change(number: int) -> Response | tuple[str, int]:
    """Change name, role or agency."""
    form = UserForm()
    with database().read() as session:
        _user(session, number)
        form.offer(agencies.open_agencies(session))
    if form.validate():
        try:
            with database().write() as session:
                found = _user(session, number)
                change_user.change_user(
                    session,
                    form.current(found, f"user:{found.username}"),
                    display_name=form.display_name.data,
                    role=Role(form.role.data),
                    agency_id=_agency_id(session, form),
                    actor=actor(),
                )
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        with database().read() as session:
            found = _user(session, number)
            return _one(found, form.merge(UserForm.of(found))), form.status
    flask.flash(_("The account was changed."))
    return flask.redirect(flask.url_for("admin.user", number=number), code=303)


@blueprint.post("/tai-khoan/<int:number>/moi")
@role_required(Role.ADMIN)
@verified_recently
def invite_again(number: int) -> str:
    """Take the password away and show a new link."""
    with database().write() as session:
        found = _user(session, number)
        token, name = invite(session, found, actor=actor()), found.display_name
    return _show_link(name, token)


@blueprint.post("/tai-khoan/<int:number>/dong")
@role_required(Role.ADMIN)
def close(number: int) -> Response:
    """Close an account."""
    return _do(number, change_user.close_user, _("The account is closed."))


@blueprint.post("/tai-khoan/<int:number>/mo")
@role_required(Role.ADMIN)
@verified_recently
def reopen(number: int) -> Response:
    """Open a closed account again."""
    return _do(number, change_user.reopen_user, _("The account is open again."))


@blueprint.post("/tai-khoan/<int:number>/dang-xuat")
@role_required(Role.ADMIN)
def sign_out(number: int) -> Response:
    """End all sessions of an account."""
    return _do(number, change_user.sign_out_everywhere, _("All sessions of the account were ended."))


@blueprint.post("/tai-khoan/<int:number>/bo-ma")
@role_required(Role.ADMIN)
@verified_recently
def drop_second_factor(number: int) -> Response:
    """Let an account sign in without one-time codes again."""
    return _do(number, change_user.drop_second_factor, _("Signing in asks for no code any more."))


def _do(number: int, operation: Callable[..., None], done: str) -> Response:
    try:
        with database().write() as session:
            operation(session, _user(session, number), actor=actor())
    except InputError as error:
        flask.flash(error_message(error), "error")
    else:
        flask.flash(done)
    return flask.redirect(flask.url_for("admin.user", number=number), code=303)


def _invite_form(session: orm.Session) -> InviteForm:
    form = InviteForm()
    form.offer(agencies.open_agencies(session))
    return form


def _list(session: orm.Session, form: InviteForm) -> str:
    role = asked("vai-tro", set(Role))
    users = user_queries.search_users(session, asked("tim"), Role(role) if role else None)
    owners = passkeys.owners(session)
    return flask.render_template(
        "accounts/users.html", page=list_page(users), roles=list(Role), form=form, owners=owners
    )


def _one(found: User, form: UserForm) -> str:
    return flask.render_template("accounts/user.html", user=found, form=form)


def _show_link(name: str, token: str) -> str:
    link = settings().base_url + flask.url_for("invitations.accept", token=token)
    return flask.render_template("accounts/link.html", name=name, link=link, days=DAYS)


def _agency_id(session: orm.Session, form: UserForm) -> int | None:
    return agencies.id_by_code(session, form.agency_code) if form.agency_code else None


def _user(session: orm.Session, number: int) -> User:
    found = user_queries.find(session, number)
    if found is None:
        flask.abort(404)
    return found
