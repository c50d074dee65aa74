"""The administrator's page of programs that read by the API."""

from __future__ import annotations

import flask
from flask_babel import gettext as _
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import ApiClient, Role
from survey.publication.operations.api_clients import SCOPES, create_api_client, revoke_api_client
from survey.publication.queries.api_clients import all_clients
from survey.web.context import actor, database, error_message

blueprint = flask.Blueprint("api_clients", __name__, url_prefix="/quan-tri/api")


@blueprint.get("")
@role_required(Role.ADMIN)
def clients() -> str:
    """List the programs."""
    return _page()


@blueprint.post("")
@role_required(Role.ADMIN)
def create() -> str | tuple[str, int]:
    """Make a client; its token stands on this one page."""
    form = flask.request.form
    try:
        with database().write() as session:
            client, token = create_api_client(
                session,
                name=form.get("name", ""),
                scopes=[scope for scope in SCOPES if scope in form.getlist("scope")],
                actor=actor(),
            )
            name = client.name
    except InputError as error:
        return _page(error=error_message(error)), 422
    return _page(token=token, token_name=name)


@blueprint.post("/<int:number>/thu-hoi")
@role_required(Role.ADMIN)
def revoke(number: int) -> Response:
    """Make a client's token open nothing."""
    with database().write() as session:
        client = session.get(ApiClient, number)
        if client is None:
            flask.abort(404)
        revoke_api_client(session, client, actor=actor())
    flask.flash(_("The token opens nothing any more."))
    return flask.redirect(flask.url_for("api_clients.clients"), code=303)


def _page(error: str = "", token: str = "", token_name: str = "") -> str:
    with database().read() as session:
        return flask.render_template(
            "publication/api/clients.html",
            clients=all_clients(session),
            error=error,
            token=token,
            token_name=token_name,
        )
