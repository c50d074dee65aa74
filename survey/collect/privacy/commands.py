"""The command that deletes what is older than it needs to be."""

from __future__ import annotations

from datetime import datetime

import click
from flask.cli import with_appcontext

from survey.collect.operations import purge as operations
from survey.core.command_line import plainly
from survey.core.config import Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.web import context
from survey.web.context import database, settings
from survey.web.uploads import Uploads

KINDS = ("comments", "responses", "uploads")


@click.command()
@click.option(
    "--what", "kinds", multiple=True, type=click.Choice(KINDS), help="May be repeated; default: comments, uploads."
)
@click.option(
    "--older-than-months",
    "months",
    type=click.IntRange(min=operations.LEAST_MONTHS),
    help=f"Default: {operations.COMMENT_MONTHS} for comments, {operations.RESPONSE_MONTHS} for responses.",
)
@click.option("--comment", "number", type=click.IntRange(min=1), help="Delete this one comment and nothing else.")
@click.option("--yes", is_flag=True, help="Delete; without it only the counts are shown.")
@with_appcontext
@plainly
def purge(kinds: tuple[str, ...], months: int | None, number: int | None, yes: bool) -> None:
    """Delete old comments, raw answers of long published rounds, and files left over; shows counts without --yes."""
    now = context.now()
    if number is not None and (kinds or months):
        raise InputError("--comment goes with no other choice")
    if number is not None:
        if yes:
            with database().write() as session:
                operations.purge_comment(session, number, now=now)
        click.echo(f"comment {number}\t{'deleted' if yes else 'would be deleted'}")
    else:
        _purge(database(), settings(), kinds or ("comments", "uploads"), months, now, yes=yes)
    if yes:
        _empty_the_log(database())
        click.echo("Backups made before still hold what was deleted, until they are deleted themselves.")
    else:
        click.echo("Nothing was deleted; --yes does it.")


def _purge(
    database: Database, settings: Settings, kinds: tuple[str, ...], months: int | None, now: datetime, *, yes: bool
) -> None:
    today = now.astimezone(settings.timezone).date()
    if "comments" in kinds:
        before = operations.months_before(today, months or operations.COMMENT_MONTHS)
        with database.read() as session:
            count = operations.old_comments(session, before)
        if yes:
            with database.write() as session:
                count = operations.purge_comments(session, before, now=now)
        click.echo(f"comments received before {before}\t{count}")
    if "responses" in kinds:
        before = operations.months_before(today, months or operations.RESPONSE_MONTHS)
        with database.read() as session:
            found = operations.old_rounds(session, before)
        if yes:
            for round_ in found:  # a transaction a round: citizens who answer meanwhile do not wait for all of them
                with database.write() as session:
                    operations.purge_responses(session, [round_], now=now)
        for round_ in found:
            click.echo(f"responses of round {round_.code}, closed {round_.closes_on}\t{round_.responses}")
        if not found:
            click.echo(f"responses of published rounds that closed before {before}\t0")
    if "uploads" in kinds:
        uploads = Uploads(settings.instance_dir)
        count = len(uploads.left_over(now))
        if yes:
            uploads.prune(now)
        click.echo(f"uploaded files left over\t{count}")


def _empty_the_log(database: Database) -> None:
    """Move SQLite's log into the database, so that deleted text is in neither."""
    if database.engine.dialect.name == "sqlite":
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
