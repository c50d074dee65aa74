"""Commands of publication: verify an edition against the stored answers, give programs access to the API."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from survey.core.command_language import say
from survey.core.command_line import report_input_errors
from survey.core.errors import InputError
from survey.publication.operations.api_clients import SCOPES
from survey.web.context import database, operator

SHOWN = 20
"""How many differences `verify` prints."""


@click.command("verify")
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--edition", type=click.IntRange(min=1), help="Number of the edition; default: the newest.")
@with_appcontext
@report_input_errors
def verify_publication(round_code: str, edition: int | None) -> None:
    """Compute a published edition anew and compare; exit code 1 and the differences when it is not the same."""
    from survey.collect.queries.purged import answers_purged
    from survey.publication.editions import recompute
    from survey.publication.queries.editions import published
    from survey.structure.queries import rounds

    with database().read() as session:
        rounds.by_code(session, round_code)
        found = published(session, round_code, edition)
        if found is None:
            raise InputError("Round %(code)s has no such published edition", code=round_code)
        if answers_purged(session, round_code):
            raise InputError(
                "The raw answers of round %(code)s were deleted for their age; only the frozen edition is left",
                code=round_code,
            )
        again = recompute(session, found)
        say("round %(round)s, edition %(edition)s", round=round_code, edition=found.edition)
        say("frozen    %(hash)s", hash=found.results_hash)
        say("computed  %(hash)s", hash=again.results_hash)
        if again.same:
            say("The results are the same.")
            return
        say(
            "%(count)s values differ; agency, service, level, key, column, frozen, now:",
            count=len(again.differences),
            err=True,
        )
        for d in again.differences[:SHOWN]:
            cells = (d.agency, d.service, d.level, d.key, d.column, d.frozen, d.now)
            click.echo("\t".join(str(cell) for cell in cells), err=True)
        sys.exit(1)


@click.command("create")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, default=["published"], show_default=True)
@with_appcontext
@report_input_errors
def create_client(name: str, scopes: tuple[str, ...]) -> None:
    """Create a client and print its token, which is shown this once."""
    from survey.publication.operations.api_clients import create_api_client

    with database().write() as session:
        client, token = create_api_client(session, name=name, scopes=scopes, actor=operator())
        click.echo(f"{client.id}\t{token}")


@click.command("revoke")
@click.argument("number", type=int)
@with_appcontext
@report_input_errors
def revoke_client(number: int) -> None:
    """Make the token of client NUMBER open nothing."""
    from survey.publication.operations.api_clients import revoke_api_client
    from survey.publication.queries.api_clients import by_number

    with database().write() as session:
        revoke_api_client(session, by_number(session, number), actor=operator())


@click.command("list")
@with_appcontext
@report_input_errors
def list_clients() -> None:
    """List clients: number, name, scopes, day made, day revoked."""
    from survey.publication.queries.api_clients import all_clients

    with database().read() as session:
        for client in all_clients(session):
            revoked = client.revoked_at.date() if client.revoked_at else ""
            cells = (client.id, client.name, " ".join(client.scopes), client.created_at.date(), revoked)
            click.echo("\t".join(map(str, cells)))
