"""The administrator's page of programs that read by the API."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.accounts.verification import verified_recently
from survey.core.errors import InputError
from survey.models import Role
from survey.publication.forms import SCOPE_NAMES, ClientForm
from survey.publication.operations.api_clients import create_api_client, revoke_api_client
from survey.publication.queries.api_clients import all_clients, find
from survey.web.context import actor, database

blueprint = flask.Blueprint("api_clients", __name__, url_prefix="/quan-tri/api")


@blueprint.get("")
@role_required(Role.ADMIN)
def clients() -> str:
    """List the programs."""
    return _page(ClientForm())


@blueprint.post("")
@role_required(Role.ADMIN)
@verified_recently
def create() -> str | tuple[str, int]:
    """Make a client; its token stands on this one page."""
    form = ClientForm()
    if form.validate():
        try:
            with database().write() as session:
                client, token = create_api_client(session, name=form.name.data, scopes=form.scope.data, actor=actor())
                name = client.name
        except InputError as error:
            form.refuse(error)
    if form.mistakes:
        return _page(form), 422
    return _page(ClientForm(formdata=None), token, name)


@blueprint.post("/<int:number>/thu-hoi")
@role_required(Role.ADMIN)
def revoke(number: int) -> Response:
    """Make a client's token open nothing."""
    with database().write() as session:
        client = find(session, number)
        if client is None:
            flask.abort(404)
        revoke_api_client(session, client, actor=actor())
    flask.flash(_("The token opens nothing any more."))
    return flask.redirect(flask.url_for("api_clients.clients"), code=303)


def _page(form: ClientForm, token: str = "", token_name: str = "") -> str:
    with database().read() as session:
        return flask.render_template(
            "publication/api/clients.html",
            clients=all_clients(session),
            form=form,
            token_shown=token,
            token_name=token_name,
            scope_names=SCOPE_NAMES,
        )
