"""Commands: import a file of responses, and take an import back."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.collect.operations.import_responses import Checked, Source, check_rows, file_hash, refuse, spool, store_rows
from survey.collect.operations.undo_responses import undo_responses
from survey.collect.queries import imports
from survey.core.command_line import IN_FILE, plainly, progress_bar
from survey.core.errors import InputError
from survey.core.text import clean
from survey.spreadsheets.column_map import ColumnMap, load_map
from survey.spreadsheets.read import open_table
from survey.spreadsheets.response_rows import KEYS, RowReader
from survey.structure.queries import rounds
from survey.web import context
from survey.web.context import database


@click.command("import-responses")
@click.argument("file", type=IN_FILE)
@click.option("--round", "round_code", required=True, help="Code of the round the responses belong to.")
@click.option("--map", "map_file", type=IN_FILE, help="YAML file that says which column is which question.")
@click.option("--dry-run", is_flag=True, help="Check the file and store nothing.")
@with_appcontext
@plainly
def import_responses(file: Path, round_code: str, map_file: Path | None, *, dry_run: bool) -> None:
    """Add responses from a CSV or XLSX file, all of them or none; the same file twice adds nothing."""
    now = context.now()
    source = Source(clean(file.name), file_hash(file))
    with database().read() as session:
        frame = imports.frame(rounds.by_code(session, round_code), now)
        places = imports.places(session)
    known = (*(slot.code for slot in frame.definition.slots), *KEYS)
    columns = load_map(map_file, known) if map_file else ColumnMap()
    with spool() as spooled:
        with progress_bar(file) as advance, open_table(file, progress=advance) as table:
            checked = check_rows(table, RowReader(table, columns, frame, places), spooled)
        _tell_problems(checked, source)
        with database().read() as session:
            refuse(checked, rounds.by_code(session, round_code), source)
        if dry_run:
            click.echo(f"{checked.rows} responses can be imported; nothing was stored")
            return
        with database().write() as session:
            round_ = rounds.by_code(session, round_code)
            done = store_rows(session, spooled, checked, source, round_, now=now)
    batch = f" as batch {done.batch_id}" if done.batch_id else ""
    click.echo(f"{done.added} responses added{batch}, {done.known} had been imported before")
    if checked.reader.empty or checked.reader.unfinished:
        click.echo(f"Left out: {checked.reader.empty} without any rating, {checked.reader.unfinished} not finished")


@click.command("undo-import")
@click.argument("batch_id", type=int)
@with_appcontext
@plainly
def undo_import(batch_id: int) -> None:
    """Take back an import of responses: they are kept, but no longer counted."""
    from survey.models import ImportBatch

    with database().write() as session:
        batch = session.get(ImportBatch, batch_id)
        if batch is None:
            raise InputError("There is no batch %(id)d", id=batch_id)
        count = undo_responses(session, batch, now=context.now())
    click.echo(f"Batch {batch_id} was taken back: {count} responses are no longer counted")


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
