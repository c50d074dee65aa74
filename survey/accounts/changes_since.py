"""What others changed since a page was opened: lines of the audit log, for a form whose save was stale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import flask

from survey.accounts import audit_words
from survey.accounts.queries import agencies, users
from survey.accounts.queries.audit import of_subject
from survey.web.context import database
from survey.web.forms import CHANGES_SINCE

MOST = 10


@dataclass(frozen=True)
class Change:
    """Who did what, when, and the facts that differ; `who` is empty for the command line."""

    at: datetime
    who: str
    what: str
    facts: Sequence[audit_words.FactChange]


def init_app(app: flask.Flask) -> None:
    """Let forms ask for it."""
    app.extensions[CHANGES_SINCE] = changes_since


def changes_since(subject: str, since: datetime) -> list[Change]:
    """The newest changes of a subject since an instant, newest first, at most `MOST`."""
    with database().read() as session:
        names, people = agencies.names(session), users.people(session)
        return [
            Change(
                line.event.at,
                line.user.display_name if line.user else "",
                audit_words.action(line.event.action),
                audit_words.changes(line.event.before, line.event.after, names, people),
            )
            for line in of_subject(session, subject, since, MOST)
        ]
