"""`flask --app app export`: the files of a round."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.core.command_line import plainly
from survey.core.errors import InputError
from survey.files.exports.files import KINDS, Export, files
from survey.web.context import database, now


@click.command()
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--what", type=click.Choice([*KINDS, "all"]), default="all", show_default=True)
@click.option("--english", is_flag=True, help="Give the workbook a second header row, in English.")
@click.option("--semicolon", is_flag=True, help="Write CSV for a Vietnamese Excel: semicolons and decimal commas.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into.")
@with_appcontext
@plainly
def export(round_code: str, what: str, english: bool, semicolon: bool, out: Path) -> None:
    """Write a round's files: workbook, tables, anonymised microdata, codebook and scripts (docs/data-dictionary.md)."""
    from survey.files.exports.content import load_content
    from survey.results.as_csv import SEMICOLON, SPREADSHEET

    kinds: tuple[str, ...] = KINDS if what == "all" else (what,)
    if semicolon and "scripts" in kinds and what == "all":
        kinds = tuple(kind for kind in kinds if kind != "scripts")  # they read commas
    with database().read() as session:
        content = load_content(session, round_code)
        out.mkdir(parents=True, exist_ok=True)
        work = sum(content.results.responses * times for times in _rows_written(kinds))
        with click.progressbar(length=max(work, 1), label=f"{round_code}", file=sys.stderr) as bar:
            task = Export(
                session=session,
                content=content,
                now=now(),
                dialect=SEMICOLON if semicolon else SPREADSHEET,
                english=english,
                progress=bar.update,
            )
            written = [(out / name, writer) for name, writer in files(task, kinds)]
            for path, writer in written:
                part = path.with_name(path.name + ".part")
                try:
                    writer(part)
                    part.replace(path)
                except OSError as error:
                    raise InputError(
                        "%(path)s cannot be written: %(why)s", path=path, why=error.strerror or error
                    ) from error
                finally:
                    part.unlink(missing_ok=True)
    for path, _ in written:
        click.echo(str(path))


def _rows_written(kinds: tuple[str, ...]) -> list[int]:
    """Return how often each kind writes every response."""
    return [{"sav": 1, "microdata": 2}.get(kind, 0) for kind in kinds]
