"""Accounts: who may sign in, as what, and the links by which people set their passwords."""

from __future__ import annotations

from collections.abc import Callable

import flask
import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.operations import change_user
from survey.accounts.operations.create_user import create_user
from survey.accounts.operations.invitations import DAYS, invite
from survey.accounts.pages.common import blueprint
from survey.accounts.queries.users import search_users
from survey.core.errors import InputError
from survey.models import Agency, Role, User
from survey.web.context import actor, database, error_message, settings

UNIT_ROLES = {Role.MANAGER, Role.STAFF}


@blueprint.get("/tai-khoan")
@role_required(Role.ADMIN)
def users() -> str:
    """List the accounts, cut to a name, a role or an agency by the address."""
    return _list()


@blueprint.post("/tai-khoan")
@role_required(Role.ADMIN)
def create() -> str | tuple[str, int]:
    """Make an account and show the link by which its owner sets the password."""
    form = flask.request.form
    try:
        role = _role(form.get("role", ""))
        with database().write() as session:
            user = create_user(
                session,
                username=form.get("username", ""),
                display_name=form.get("display_name", ""),
                password=None,
                role=role,
                agency_id=_agency(session, role, form.get("agency", "")),
                actor=actor(),
            )
            token = invite(session, user, actor=actor())
            name = user.display_name
    except InputError as error:
        return _list(error=error_message(error)), 422
    return _show_link(name, token)


@blueprint.get("/tai-khoan/<int:number>")
@role_required(Role.ADMIN)
def user(number: int) -> str:
    """Show one account and what can be done to it."""
    with database().read() as session:
        return _one(session, _user(session, number))


@blueprint.post("/tai-khoan/<int:number>")
@role_required(Role.ADMIN)
def change(number: int) -> Response | tuple[str, int]:
    """Change name, role or agency."""
    form = flask.request.form
    try:
        with database().write() as session:
            found, role = _user(session, number), _role(form.get("role", ""))
            change_user.change_user(
                session,
                found,
                display_name=form.get("display_name", ""),
                role=role,
                agency_id=_agency(session, role, form.get("agency", "")),
                actor=actor(),
            )
    except InputError as error:
        with database().read() as session:
            return _one(session, _user(session, number), error_message(error)), 422
    flask.flash(_("The account was changed."))
    return flask.redirect(flask.url_for("admin.user", number=number), code=303)


@blueprint.post("/tai-khoan/<int:number>/moi")
@role_required(Role.ADMIN)
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


def _list(error: str = "") -> str:
    args = flask.request.args
    with database().read() as session:
        role = args.get("vai-tro", "")
        found = search_users(session, args.get("tim", ""), Role(role) if role in set(Role) else None)
        return flask.render_template(
            "accounts/users.html", users=found, agencies=_agencies(session), roles=list(Role), error=error
        )


def _one(session: orm.Session, found: User, error: str = "") -> str:
    return flask.render_template(
        "accounts/user.html", user=found, agencies=_agencies(session), roles=list(Role), error=error
    )


def _show_link(name: str, token: str) -> str:
    link = settings().base_url + flask.url_for("invitations.accept", token=token)
    return flask.render_template("accounts/link.html", name=name, link=link, days=DAYS)


def _agencies(session: orm.Session) -> list[Agency]:
    return list(session.scalars(sa.select(Agency).where(Agency.valid_to.is_(None)).order_by(Agency.name)))


def _role(given: str) -> Role:
    if given not in set(Role):
        raise InputError("Choose a role")
    return Role(given)


def _agency(session: orm.Session, role: Role, code: str) -> int | None:
    """Return the agency's id for a role that belongs to one; for others what was chosen does not matter."""
    if role not in UNIT_ROLES:
        return None
    found = session.scalar(sa.select(Agency.id).where(Agency.code == code))
    if found is None:
        raise InputError("Choose the agency that this person belongs to")
    return found


def _user(session: orm.Session, number: int) -> User:
    found = session.get(User, number)
    if found is None:
        flask.abort(404)
    return found
