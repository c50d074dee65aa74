"""The command of the worker."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from survey.core.command_line import report_input_errors
from survey.web.context import database, now, settings


@click.command("run")
@click.option("--with-server", is_flag=True, help="End with the server that started it.")
@click.option(
    "--once",
    "worker",
    metavar="NAME",
    help="Do the job that waits longest under this name, or else look again through a round that changed, and end.",
)
@with_appcontext
@report_input_errors
def run_jobs(with_server: bool, worker: str | None) -> None:
    """Make the files that people asked for, one after the other, each in a process of its own; stays for ever."""
    from survey.files.jobs.worker import run_next, search_again, stay

    if worker:
        if not run_next(database(), settings(), now, worker):
            search_again(database(), settings(), now())
        return
    stay(database(), settings(), now, with_server=with_server)
