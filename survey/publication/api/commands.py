"""`flask --app app api-client …`: programs that may read by the API."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from survey.core.command_line import plainly
from survey.core.errors import InputError
from survey.models import ApiClient
from survey.publication.operations.api_clients import SCOPES, create_api_client, revoke_api_client
from survey.publication.queries.api_clients import all_clients
from survey.web.context import database, now


@click.group("api-client", cls=AppGroup)
def api_client() -> None:
    """Let programs in by the API, and shut them out."""


@api_client.command("create")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, default=["published"], show_default=True)
@plainly
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Make a client and print its token, which is shown this once."""
    with database().write() as session:
        client, token = create_api_client(session, name=name, scopes=scopes, now=now())
        click.echo(f"{client.id}\t{token}")


@api_client.command("revoke")
@click.argument("number", type=int)
@plainly
def revoke(number: int) -> None:
    """Make the token of client NUMBER open nothing."""
    with database().write() as session:
        client = session.get(ApiClient, number)
        if client is None:
            raise InputError("There is no API client %(number)d", number=number)
        revoke_api_client(session, client, now=now())


@api_client.command("list")
@plainly
def list_clients() -> None:
    """List clients: number, name, scopes, day made, day revoked."""
    with database().read() as session:
        for client in all_clients(session):
            revoked = client.revoked_at.date() if client.revoked_at else ""
            cells = (client.id, client.name, " ".join(client.scopes), client.created_at.date(), revoked)
            click.echo("\t".join(map(str, cells)))
