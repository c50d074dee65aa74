"""`flask --app app paper-form`: the questionnaire of a round on paper."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.core.command_line import plainly
from survey.core.errors import InputError
from survey.printing.questionnaire.sheets import round_form
from survey.web.context import database


@click.command("paper-form")
@click.option("--round", "round_code", required=True, help="Code of the round.")
@click.option("--agency", help="Code of the agency that runs the counter; without one, lines to write on.")
@click.option("--counter", help="Code of the counter.")
@click.option("--bilingual", is_flag=True, help="Vietnamese with English beneath.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PDF to write.")
@with_appcontext
@plainly
def paper_form(round_code: str, agency: str | None, counter: str | None, bilingual: bool, out: Path) -> None:
    """Write the form of a round as PDF: same items, codes and order as on the screen, boxes to cross."""
    from survey.printing.queries.units import counter_by_codes
    from survey.structure.queries import rounds

    if (agency is None) != (counter is None):
        raise InputError("Say both --agency and --counter, or neither")
    with database().read() as session:
        found = counter_by_codes(session, agency, counter) if agency and counter else None
        data = round_form(rounds.by_code(session, round_code), found, bilingual=bilingual)
    part = out.with_name(out.name + ".part")
    part.write_bytes(data)
    part.replace(out)
    click.echo(f"The form of round {round_code} is in {out}")
