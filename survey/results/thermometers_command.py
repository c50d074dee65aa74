"""Commands of the four thermometers: take figures of other instruments from a table, and print all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.core.command_language import say
from survey.core.command_line import IN_FILE, OUT_FILE, report_input_errors
from survey.core.errors import InputError
from survey.results.commands import FORMATS, write_table
from survey.web.context import database, operator


@click.command("thermometers")
@click.argument("file", type=IN_FILE)
@click.option("--by", "username", required=True, help="Account of the person who enters the figures.")
@with_appcontext
@report_input_errors
def import_thermometers(file: Path, username: str) -> None:
    """Store figures of other instruments: agency,year,instrument,value,most,n,method,source."""
    from survey.accounts.queries.users import by_username
    from survey.results.operations.import_outside_figures import import_outside_figures, known_heading
    from survey.spreadsheets.read import open_office_table

    with open_office_table(file, known_heading) as table, database().write() as session:
        person = by_username(session, username)
        if person is None:
            raise InputError("There is no account %(name)s", name=username)
        count = import_outside_figures(session, table, actor=replace(operator(), user_id=person.id))
    say("%(count)s figures of other instruments are stored.", count=count)


@click.command()
@click.option("--year", type=int, help="This year alone.")
@click.option("--agency", help="Code of one agency.")
@click.option("--format", "form", type=FORMATS, default="csv", show_default=True)
@click.option("--out", type=OUT_FILE, help="File to write; default: standard output.")
@with_appcontext
@report_input_errors
def thermometers(year: int | None, agency: str | None, form: str, out: Path | None) -> None:
    """Print the own round beside what other instruments say of the same agency and year."""
    from survey.results.thermometers_table import thermometer_table

    with database().read() as session:
        table = thermometer_table(session)
    chosen = table[(table["year"] == year) | (year is None)]
    write_table(chosen[(chosen["agency"] == agency) | (agency is None)].reset_index(drop=True), form, out)
