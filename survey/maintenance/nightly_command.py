"""The command of every night, and the process that runs it where no timer does."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from survey.core.command_line import report_input_errors
from survey.web.context import database, now, settings

HOUR = 2
"""Local hour at which the night's work is done."""
STEP = 30.0
"""Seconds after which a waiting process looks whether the server that started it is still there."""


@click.command()
@click.option(
    "--wait", is_flag=True, help="Stay, and run each night at 2 o'clock; ends with the server that started it."
)
@with_appcontext
@report_input_errors
def nightly(wait: bool) -> None:
    """Do each night's work: mask overdue comments, and rewrite recent ones so that their order tells nothing."""
    if not wait:
        _run()
        return
    server = os.getppid()
    due = next_night(now(), settings().timezone)
    while os.getppid() == server:
        if now() >= due:
            _run()
            due = next_night(now(), settings().timezone)
        time.sleep(STEP)


def next_night(moment: datetime, zone: ZoneInfo) -> datetime:
    """The next local 2 o'clock after a moment."""
    local = moment.astimezone(zone)
    due = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return due if due > local else due + timedelta(days=1)


def _run() -> None:
    from survey.maintenance.operations.nightly import run_nightly

    for line in run_nightly(database(), now(), settings().timezone, case_months=settings().case_months):
        click.echo(line)
