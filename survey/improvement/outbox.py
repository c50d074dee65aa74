"""The outbox's way out: each working day a reminder for whoever wants one, handed to the mail server once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from survey.core.config import Settings
from survey.core.db import Database
from survey.improvement import smtp
from survey.improvement.operations.keep_case import calendar_of
from survey.improvement.operations.keep_mail import claim_message, queue_message, settle_message
from survey.improvement.queries import mail
from survey.improvement.queries.todo import todo
from survey.improvement.reminder import reminder
from survey.models import MailState


def write_reminders(database: Database, day: date, links: Mapping[str, str], language: str) -> int:
    """Write a day's reminders for all who want one and have something waiting; return how many are new."""
    with database.write() as session:
        if not calendar_of(session).works(day):
            return 0
        written = 0
        for person in mail.unwritten(session, day):
            message = reminder(todo(session, person, day), day, links, language)
            if message is not None:
                written += queue_message(session, person.id, day, *message)
        return written


def empty_outbox(database: Database, settings: Settings, day: date, clock: Callable[[], datetime]) -> tuple[int, int]:
    """Send what waits of a day; return how many went and how many did not.

    Each message is claimed in a transaction of its own before it is handed over, so that a process that dies between
    sends none twice: what it had in hand is not known to have arrived, and is not tried again.
    """
    with database.read() as session:
        waiting = mail.queued(session, day)
    if not waiting:
        return 0, 0
    sent, failed, lost = 0, 0, False
    with smtp.connection(settings) as server:
        for number in waiting:
            with database.write() as session:
                outgoing = claim_message(session, number, clock())
            if outgoing is None:
                continue
            try:
                smtp.send(server, outgoing, settings.mail_from, clock())
                state, error = MailState.SENT, ""
            except smtp.RefusedForNowError as refused:
                state, error = MailState.QUEUED, str(refused)
            except (smtp.RefusedError, smtp.LostError) as refused:
                state, error = MailState.FAILED, str(refused)
                lost = isinstance(refused, smtp.LostError)
            with database.write() as session:
                settle_message(session, number, state, error)
            sent, failed = sent + (state is MailState.SENT), failed + (state is not MailState.SENT)
            if lost:  # the others still wait, for the next time
                break
    return sent, failed
