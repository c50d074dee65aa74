"""The command that loads the demonstration province."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from survey.core.command_language import say
from survey.core.command_line import report_input_errors, work_bar
from survey.core.errors import InputError
from survey.web.context import database, now, settings


@click.command()
@click.option(
    "--full", is_flag=True, help="75 communes, 20 departments, 12 fields and 256 counters, with services few ask for."
)
@with_appcontext
@report_input_errors
def demo(full: bool) -> None:
    """Load the demonstration province into an empty database and print the evaluator's sign-in, once."""
    from survey.demo import province
    from survey.demo.operations.load_demo import PROGRESS, load_demo
    from survey.migrations import upgrade

    if settings().production:
        raise InputError("Demonstration data are never loaded in production")
    upgrade(database())
    cast = province.FULL if full else province.SMALL
    label = f"Inventing a province with {sum(cast.responses):,} answers …".replace(",", " ")
    with database().write() as session, work_bar(label, PROGRESS, err=True) as progress:
        made = load_demo(session, now=now(), zone=settings().zone, progress=progress, cast=cast)
    say("%(count)s invented responses are loaded; every page says so.", count=made.responses)
    say("A counter's form:  %(address)s", address=f"{settings().base_url}/K/{made.counter_code}")
    say("Evaluator:         %(name)s", name=made.username)
    say("Other roles:       %(names)s", names=", ".join(username for username, _ in made.others))
    say("Password:          %(password)s   (of all of them; shown this once)", password=made.password)
