"""The command that proves a published edition: what the stored answers give today is what was frozen."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from survey.core.command_line import plainly
from survey.core.errors import InputError
from survey.web.context import database

SHOWN = 20


@click.command("verify-publication")
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--edition", type=click.IntRange(min=1), help="Number of the edition; default: the newest.")
@with_appcontext
@plainly
def verify_publication(round_code: str, edition: int | None) -> None:
    """Compute a published edition anew and compare; exit code 1 and the differences when it is not the same."""
    from survey.collect.queries.purged import answers_purged
    from survey.publication.editions import published, recompute
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
        click.echo(f"round {round_code}, edition {found.edition}")
        click.echo(f"frozen    {found.results_hash}")
        click.echo(f"computed  {again.results_hash}")
        if again.same:
            click.echo("The results are the same.")
            return
        click.echo(
            f"{len(again.differences)} values differ; agency, service, level, key, column, frozen, now:", err=True
        )
        for d in again.differences[:SHOWN]:
            cells = (d.agency, d.service, d.level, d.key, d.column, d.frozen, d.now)
            click.echo("\t".join(str(cell) for cell in cells), err=True)
        sys.exit(1)
