"""Command of the plan: responses that each agency's service needs, and receipts to print."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.core.command_language import say, translated
from survey.core.command_line import OUT_FILE, report_input_errors
from survey.results.commands import write_table
from survey.web.context import database


@click.command("plan")
@click.option("--round", "round_code", required=True, help="Code of the round that is planned.")
@click.option("--margin", type=float, help="Half-width of each interval that is wanted, in percentage points.")
@click.option("--change", type=float, help="Change since the round before that is to be told, in percentage points.")
@click.option("--power", type=float, default=0.8, show_default=True, help="Probability of telling that change.")
@click.option("--answering", type=float, help="Answers per 100 receipts; default: as in the round before.")
@click.option("--out", type=OUT_FILE, help="File to write (CSV); default: standard output.")
@with_appcontext
@report_input_errors
def plan(
    round_code: str,
    margin: float | None,
    change: float | None,
    power: float,
    answering: float | None,
    out: Path | None,
) -> None:
    """Plan a round: the responses that each agency's service needs, and receipts to print a week, as CSV."""
    from survey.results.response_plan import Aim, response_plan
    from survey.structure.queries.rounds import by_code

    aim = Aim(margin, change, power, answering)
    with database().read() as session:
        found = response_plan(session, by_code(session, round_code), aim)
        planned_from = found.before.code if found.before else translated("no round before")
    write_table(found.to_frame(), "csv", out)
    receipts = (
        translated("unknown (say --answering)") if found.receipts_per_week is None else f"{found.receipts_per_week}"
    )
    say(
        "%(needed)s responses in %(weeks)s weeks, receipts a week: %(receipts)s; from %(before)s",
        needed=found.needed,
        weeks=found.weeks,
        receipts=receipts,
        before=planned_from,
        err=True,
    )
