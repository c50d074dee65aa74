"""Commands of answers: import a file of responses, take an import back, delete what is older than it needs to be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from survey.collect.operations import purge as operations
from survey.core.actor import Actor
from survey.core.command_language import say, translated
from survey.core.command_line import IN_FILE, progress_bar, report_input_errors
from survey.core.config import BACKUP_MONTHS, Settings
from survey.core.db import Database
from survey.core.errors import InputError
from survey.core.file_store import remove_of_round
from survey.core.text import clean
from survey.web.context import database, now, operator, settings, today
from survey.web.uploads import Uploads

if TYPE_CHECKING:
    from survey.collect.operations.import_responses import Checked, Source

KINDS = ("comments", "responses", "uploads")
"""What `purge --what` takes."""


@click.command("responses")
@click.argument("file", type=IN_FILE)
@click.option("--round", "round_code", required=True, help="Code of the round the responses belong to.")
@click.option(
    "--map",
    "map_file",
    type=IN_FILE,
    help="YAML file that says which column is a question; the rest is guessed.",
)
@click.option("--heading-row", type=click.IntRange(0, 30), default=0, help="Row of the headings, if it is not found.")
@click.option("--dry-run", is_flag=True, help="Check the file and store nothing.")
@with_appcontext
@report_input_errors
def import_responses(file: Path, round_code: str, map_file: Path | None, heading_row: int, *, dry_run: bool) -> None:
    """Add responses from a table, all of them or none; the same file twice, or grown, adds what is new."""
    from survey.collect.operations.import_responses import (
        Source,
        check_rows,
        file_hash,
        refuse,
        spool,
        store_rows,
    )
    from survey.collect.queries import imports
    from survey.spreadsheets.column_map import ColumnMap, load_map, parse_map
    from survey.spreadsheets.guess_columns import guess_map, known_headings
    from survey.spreadsheets.read import open_office_table
    from survey.spreadsheets.response_rows import KEYS, RowReader
    from survey.structure.queries import rounds
    from survey.structure.queries.scope import refuse_outside

    source = Source(clean(file.name), file_hash(file))
    with database().read() as session:
        frame = imports.frame(rounds.by_code(session, round_code), now())
        places = imports.places(session)
    known = (*(slot.code for slot in frame.definition.slots), *KEYS)
    columns = load_map(map_file, known) if map_file else ColumnMap()
    headings = known_headings(frame.definition, columns)
    if not columns.headings:
        with open_office_table(file, headings, heading_row) as table:
            columns = columns.over(parse_map(guess_map(table, frame.definition, places), known, source.name))
    with spool() as spooled:
        with progress_bar(file) as advance, open_office_table(file, headings, heading_row, advance) as table:
            checked = check_rows(table, RowReader(table, columns, frame, places), spooled)
        _tell_problems(checked, source)
        with database().read() as session:
            round_ = rounds.by_code(session, round_code)
            refuse(checked, round_, source)
            refuse_outside(session, round_, checked.agencies)
        if dry_run:
            say("%(count)s responses can be imported; nothing was stored", count=checked.rows)
            return
        with database().write() as session:
            round_ = rounds.by_code(session, round_code)
            done = store_rows(session, spooled, checked, source, round_, actor=operator())
    counts = {"added": done.added, "known": done.known, "batch": done.batch_id}
    if done.batch_id:
        say("%(added)s responses added as batch %(batch)s, %(known)s had been imported before", counts)
    else:
        say("%(added)s responses added, %(known)s had been imported before", counts)
    for row in checked.left_out.shown:
        say("Left out: row %(row)s (%(text)s)", row=row.row, text=row.text, err=True)
    if checked.reader.empty or checked.reader.unfinished:
        counts = {"empty": checked.reader.empty, "unfinished": checked.reader.unfinished}
        say("Left out: %(empty)s without any rating, %(unfinished)s not finished", counts)


@click.command("undo")
@click.argument("batch_id", type=int)
@click.option("--why", required=True, help="Reason, read by evaluators beside what was taken back.")
@with_appcontext
@report_input_errors
def undo_import(batch_id: int, why: str) -> None:
    """Take back an import of responses: at once while it waits, else as soon as an evaluator agrees."""
    from survey.collect.operations.undo_responses import withdraw_batch
    from survey.collect.queries import imports
    from survey.models import WithdrawalReason
    from survey.structure.operations.withdraw import Why

    with database().write() as session:
        reason = Why(WithdrawalReason.OTHER, why)
        count = withdraw_batch(session, imports.batch_by_number(session, batch_id), reason, actor=operator())
    if count is None:
        say(
            "Batch %(batch)s counts until an evaluator agrees to take it back, under “What was taken back”",
            batch=batch_id,
        )
        return
    say("Batch %(batch)s was taken back: %(count)s responses are no longer counted", batch=batch_id, count=count)


def _tell_problems(checked: Checked, source: Source) -> None:
    """Raise `InputError` listing the wrong cells, if there are any."""
    problems = checked.reader.problems
    if not problems.total:
        return
    lines = [f"{p.address}: {p.text!r} {p.template % dict(p.values)}" for p in problems.shown]
    if problems.total > len(problems.shown):
        lines.append(f"… and {problems.total - len(problems.shown)} more")
    raise InputError(
        "%(source)s was not imported; nothing was stored. Correct these cells and try again:\n%(cells)s",
        source=source.name,
        cells="\n".join(lines),
    )


@click.command()
@click.option(
    "--what", "kinds", multiple=True, type=click.Choice(KINDS), help="May be repeated; default: comments, uploads."
)
@click.option(
    "--older-than-months",
    "months",
    type=click.IntRange(min=operations.LEAST_MONTHS),
    help="Default: 24 for comments, 60 for responses.",
)
@click.option("--comment", "number", type=click.IntRange(min=1), help="Delete this one comment and nothing else.")
@click.option("--yes", is_flag=True, help="Delete; without it only the counts are shown.")
@with_appcontext
@report_input_errors
def purge(kinds: tuple[str, ...], months: int | None, number: int | None, yes: bool) -> None:
    """Delete old comments, raw answers of long published rounds, and files left over; shows counts without --yes."""
    if number is not None and (kinds or months):
        raise InputError("--comment goes with no other choice")
    if number is not None:
        if yes:
            with database().write() as session:
                operations.purge_comment(session, number, actor=operator())
        say(
            "comment %(number)s\t%(what)s",
            number=number,
            what=translated("deleted") if yes else translated("would be deleted"),
        )
    else:
        _purge(database(), settings(), kinds or ("comments", "uploads"), months, yes=yes)
    if yes:
        database().count_responses_again()  # fewer now, and none of them lost
        left = operations.discard_deleted(database())
        say(
            "Backups made before still hold what was deleted, until they are deleted themselves: with "
            "`--keep-months %(months)s` the last of them %(months)s months from today.",
            months=BACKUP_MONTHS,
        )
        for line in left:
            click.echo(line)
    else:
        say("Nothing was deleted; --yes does it.")


def _purge(database: Database, settings: Settings, kinds: tuple[str, ...], months: int | None, *, yes: bool) -> None:
    moment, day = now(), today()
    if "comments" in kinds:
        before = operations.months_before(day, months or operations.COMMENT_MONTHS)
        with database.read() as session:
            count = operations.old_comments(session, before)
        if yes:
            with database.write() as session:
                count = operations.purge_comments(session, before, actor=Actor(moment))
        say("comments received before %(day)s\t%(count)s", day=before, count=count)
    if "responses" in kinds:
        before = operations.months_before(day, months or operations.RESPONSE_MONTHS)
        with database.read() as session:
            found = operations.old_rounds(session, before)
        if yes:
            for round_ in found:  # a transaction a round: citizens who answer meanwhile do not wait for all of them
                with database.write() as session:
                    operations.purge_responses(session, [round_], actor=Actor(moment))
                remove_of_round(settings.storage, round_.id)  # microdata are among them
        for round_ in found:
            found_here = {"round": round_.code, "day": round_.closes_on, "count": round_.responses}
            say("responses of round %(round)s, closed %(day)s\t%(count)s", found_here)
        if not found:
            say("responses of published rounds that closed before %(day)s\t0", day=before)
    if "uploads" in kinds:
        uploads = Uploads(settings.storage)
        count = len(uploads.left_over(moment))
        if yes:
            uploads.prune(moment)
        say("uploaded files left over\t%(count)s", count=count)
