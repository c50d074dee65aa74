"""The command that loads the demonstration province."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from survey.core.command_line import report_input_errors, work_bar
from survey.core.errors import InputError
from survey.web.context import database, now, settings


@click.command()
@with_appcontext
@report_input_errors
def demo() -> None:
    """Load the demonstration province into an empty database and print the evaluator's sign-in, once."""
    from survey.demo.operations.load_demo import PROGRESS, load_demo
    from survey.migrations import upgrade

    if settings().production:
        raise InputError("Demonstration data are never loaded in production")
    upgrade(database())
    label = "Inventing a province with 20 000 answers …"
    with database().write() as session, work_bar(label, PROGRESS, err=True) as progress:
        made = load_demo(session, now=now(), zone=settings().zone, progress=progress)
    click.echo(f"{made.responses} invented responses are loaded; every page says so.")
    click.echo(f"A counter's form:  {settings().base_url}/K/{made.counter_code}")
    click.echo(f"Evaluator:         {made.username}")
    click.echo(f"Password:          {made.password}   (shown this once)")
