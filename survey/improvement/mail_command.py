"""The command that sends reminders: it alone opens a connection, from a timer of its own."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from survey.core.command_language import say
from survey.core.command_line import report_input_errors
from survey.core.errors import InputError
from survey.web.context import database, now, page_address, settings, today


@click.command("send")
@with_appcontext
@report_input_errors
def send_mail() -> None:
    """Write today's reminders into the outbox and send them: one a person a day, on working days."""
    from survey.improvement.outbox import empty_outbox, write_reminders

    if not settings().smtp_host:
        raise InputError("No mail is sent: SMTP_HOST is not set (docs/operations.md, Mail)")
    links = {
        "board": page_address("improvement.board"),
        "cases": page_address("casework.worklist"),
        "stop": page_address("improvement.mail"),
    }
    written = write_reminders(database(), today(), links, settings().languages[0])
    say("reminders written\t%(count)s", count=written)
    sent, failed = empty_outbox(database(), settings(), today(), now)
    say("reminders sent\t%(count)s", count=sent)
    say("reminders not sent\t%(count)s", count=failed)
